/* Which columns a table has, and which it shows. */
#include "table.h"

#include <string.h>

size_t table_column_total(const struct table *table)
{
    size_t count;
    const struct column *columns = columns_of(table->pane, &count);
    bool owned = count > 0 && (columns[count - 1].flags & COLUMN_OWNER) != 0;
    return owned && table->owner_count < 2 ? count - 1 : count;
}

size_t table_columns(const struct table *table, bool narrow, uint8_t out[COLUMNS_MAX])
{
    size_t count, all = table_column_total(table), used = 0;
    const struct column *columns = columns_of(table->pane, &count);
    bool owned = all == count && all > 0 && columns[all - 1].show == COLUMN_DEFAULT &&
                 (columns[all - 1].flags & COLUMN_OWNER) != 0;
    /* Whose row it is always stands there; those chosen for one account do not have it. */
    if (owned && memchr(table->chosen, (int)all - 1, table->chosen_count) == NULL) {
        out[used++] = (uint8_t)(all - 1);
    }
    for (size_t i = 0; i < table->chosen_count; i++) {
        out[used] = table->chosen[i];
        used += table->chosen[i] < all;
    }
    if (table->chosen_count > 0 && used > 0) {
        return used;
    }
    all -= owned;
    for (size_t i = 0; i < all; i++) {
        enum column_show show = columns[i].show;
        if (show == COLUMN_DEFAULT || show == (narrow ? COLUMN_NARROW : COLUMN_WIDE)) {
            out[used++] = (uint8_t)i;
        }
    }
    return used;
}
