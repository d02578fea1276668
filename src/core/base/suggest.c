#include <blotter/core/suggest.h>

#include <string.h>

static char lower(char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (char)(byte - 'A' + 'a') : byte;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t min = a < b ? a : b;
    return min < c ? min : c;
}

/* Optimal string alignment: insert, delete, replace and swap of neighbours cost one each. */
static size_t distance_of(const char *a, size_t a_len, const char *b, size_t b_len)
{
    size_t rows[3][SUGGEST_WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b_len; j++) {
        last[j] = j;
    }
    for (size_t i = 1; i <= a_len; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t replace = lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1;
            row[j] = least(last[j] + 1, row[j - 1] + 1, last[j - 1] + replace);
            if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
                lower(a[i - 2]) == lower(b[j - 1]) && before[j - 2] + 1 < row[j]) {
                row[j] = before[j - 2] + 1;
            }
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[b_len];
}

/* How many slips a word of that length may hold before a guess is only noise. */
static size_t slips_allowed(size_t len)
{
    return len < 3 ? 1 : len < 9 ? 2 : 3;
}

void suggest_init(struct suggest *suggest, const char *typed)
{
    suggest->typed = typed;
    suggest->best = NULL;
    suggest->distance = slips_allowed(strlen(typed)) + 1;
}

void suggest_offer(struct suggest *suggest, const char *candidate)
{
    size_t typed_len = strlen(suggest->typed), len = strlen(candidate);
    if (typed_len > SUGGEST_WORD_MAX || len > SUGGEST_WORD_MAX ||
        strcmp(suggest->typed, candidate) == 0) {
        return;
    }
    size_t distance = distance_of(suggest->typed, typed_len, candidate, len);
    /* A guess that shares no letter with what was typed is no help. */
    if (distance < suggest->distance && distance < (len > typed_len ? len : typed_len)) {
        suggest->distance = distance;
        suggest->best = candidate;
    }
}
