#include <blotter/core/alloc.h>
#include <blotter/core/seen.h>

#include <stdlib.h>

void seen_done(struct seen *seen)
{
    free(seen->versions);
    free(seen->before);
    *seen = (struct seen){0};
}

void seen_begin(struct seen *seen, size_t rows)
{
    uint64_t *before = seen->versions;
    seen->versions = seen->before;
    seen->before = before;
    if (rows > seen->room) {
        seen->versions = mem_realloc_array(seen->versions, rows, sizeof *seen->versions);
        seen->before = mem_realloc_array(seen->before, rows, sizeof *seen->before);
        seen->room = rows;
    }
    seen->moved = 0;
}

bool seen_skips(struct seen *seen, size_t i, uint64_t version)
{
    seen->versions[i] = version;
    for (size_t by = 0; by < 2; by++) {    /* where it was, or one further: a row came in front */
        size_t was = i - seen->moved - by; /* wraps around below 0, which is no place */
        if (version != 0 && was < seen->before_count && seen->before[was] == version) {
            seen->moved += by;
            return true;
        }
    }
    return false;
}

void seen_end(struct seen *seen, size_t rows)
{
    seen->before_count = rows;
}

void seen_forget(struct seen *seen)
{
    seen->before_count = 0;
}
