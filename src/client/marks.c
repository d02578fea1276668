#include "marks.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>

/* Where it stands, or the free place for it. */
static size_t place(const struct marks *marks, uint64_t mark)
{
    size_t at = (size_t)(mark ^ mark >> 32) & (marks->room - 1);
    while (marks->slots[at] != 0 && marks->slots[at] != mark) {
        at = (at + 1) & (marks->room - 1);
    }
    return at;
}

static void grow(struct marks *marks)
{
    struct marks old = *marks;
    marks->room = old.room > 0 ? old.room * 2 : 256;
    marks->slots = mem_calloc(marks->room, sizeof *marks->slots);
    for (size_t i = 0; i < old.room; i++) {
        if (old.slots[i] != 0) {
            marks->slots[place(marks, old.slots[i])] = old.slots[i];
        }
    }
    free(old.slots);
}

static uint64_t taken(uint64_t mark)
{
    return mark != 0 ? mark : 1;
}

bool marks_add(struct marks *marks, uint64_t mark)
{
    if (marks->count * 2 >= marks->room) {
        grow(marks);
    }
    size_t at = place(marks, taken(mark));
    bool is_new = marks->slots[at] == 0;
    marks->slots[at] = taken(mark);
    marks->count += is_new;
    return is_new;
}

bool marks_has(const struct marks *marks, uint64_t mark)
{
    return marks->count > 0 && marks->slots[place(marks, taken(mark))] != 0;
}

void marks_done(struct marks *marks)
{
    free(marks->slots);
    *marks = (struct marks){0};
}
