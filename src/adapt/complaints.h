/*
 * complaints: every fault of a backend's files, collected and then printed in the order of the
 * lines: "FILE:LINE: sentence".
 */
#ifndef BLOTTER_ADAPT_COMPLAINTS_H
#define BLOTTER_ADAPT_COMPLAINTS_H

#include <blotter/core/buf.h>
#include <blotter/core/suggest.h>

#define COMPLAINTS_MAX 200 /* further ones are counted, not kept */

/* Where something stands. line 0: the file as a whole. */
struct place {
    const char *path; /* borrowed: lives longer than the complaints */
    int line;
};

struct complaint {
    struct place at;
    char *text;
};

struct complaints {
    struct complaint rows[COMPLAINTS_MAX];
    size_t count, more;
};

void complaints_done(struct complaints *complaints);

/* Adds one; the same sentence at the same place is not said twice. Always false, so that
 * `return complain(…)` refuses. */
bool complain(struct complaints *complaints, struct place at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Appends " (did you mean 'x'?)" to the sentence added last. Always false. */
bool complain_guess(struct complaints *complaints, const struct suggest *suggest);

/* Appends all of them to out, one a line, fit for a terminal. */
void complaints_print(struct complaints *complaints, struct buf *out);

#endif
