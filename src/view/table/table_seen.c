/* Rows whose attention the user has seen, also in earlier runs. */
#include "table_private.h"

#include <string.h>

bool table_has_seen(const struct table *table, uint64_t key)
{
    size_t i = 0;
    while (i < table->seen_count && table->seen[i] != key) {
        i++;
    }
    return i < table->seen_count;
}

void table_note_seen(struct table *table, uint64_t key)
{
    if (table_has_seen(table, key)) {
        return;
    }
    if (table->seen_count == TABLE_SEEN_MAX) {
        memmove(table->seen, table->seen + 1, sizeof table->seen - sizeof *table->seen);
        table->seen_count--;
    }
    table->seen[table->seen_count++] = key;
}
