#include <blotter/core/alloc.h>
#include <blotter/core/seen.h>

#include <stdlib.h>

#define PASSED_FIRST 16 /* a power of two, as what it grows to */

void seen_done(struct seen *seen)
{
    free(seen->versions);
    free(seen->passed);
    *seen = (struct seen){0};
}

void seen_begin(struct seen *seen, size_t rows)
{
    if (rows > seen->room) {
        seen->versions = mem_realloc_array(seen->versions, rows, sizeof *seen->versions);
        seen->room = rows;
    }
    if (seen->passed == NULL) {
        seen->passed_room = PASSED_FIRST;
        seen->passed = mem_realloc_array(NULL, PASSED_FIRST, sizeof *seen->passed);
    }
    seen->moved = 0;
}

/* Room for as many rows more; those up to i keep their places. */
static void pass_more(struct seen *seen, size_t i)
{
    size_t room = seen->passed_room * 2;
    uint64_t *passed = mem_realloc_array(NULL, room, sizeof *passed);
    for (size_t back = 0; back < seen->passed_room && back <= i; back++) {
        passed[(i - back) & (room - 1)] = seen->passed[(i - back) & (seen->passed_room - 1)];
    }
    free(seen->passed);
    seen->passed = passed;
    seen->passed_room = room;
}

bool seen_skips(struct seen *seen, size_t i, uint64_t version)
{
    size_t mask = seen->passed_room - 1;
    if (seen->moved == 0 && i < seen->before_count && seen->versions[i] == version &&
        version != 0) { /* nearly always */
        seen->passed[i & mask] = version;
        return true;
    }
    bool known = false;
    for (size_t by = 0; by < 2 && !known; by++) { /* where it was, or one further: one came in */
        size_t was = i - seen->moved - by;        /* wraps around below 0, which is no place */
        known = version != 0 && was < seen->before_count &&
                version == (was == i ? seen->versions[i] : seen->passed[was & mask]);
        seen->moved += known ? by : 0;
    }
    seen->passed[i & mask] = i < seen->before_count ? seen->versions[i] : 0;
    seen->versions[i] = version;
    if (seen->moved + 2 > seen->passed_room) {
        pass_more(seen, i);
    }
    return known;
}

void seen_end(struct seen *seen, size_t rows)
{
    seen->before_count = rows;
    if (seen->passed_room > PASSED_FIRST) {
        free(seen->passed);
        seen->passed = NULL;
    }
}

void seen_forget(struct seen *seen)
{
    seen->before_count = 0;
}
