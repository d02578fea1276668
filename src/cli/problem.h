/*
 * problem: why the program cannot do what it was asked, as the sentence that goes to stderr.
 */
#ifndef BLOTTER_CLI_PROBLEM_H
#define BLOTTER_CLI_PROBLEM_H

#include <blotter/core/suggest.h>

#include <stdbool.h>

#define PROBLEM_BYTES 1024

struct problem {
    bool located; /* the text begins with "file:line:" and wants no program name before it */
    char text[PROBLEM_BYTES]; /* without a newline; fit for a terminal whatever was quoted */
};

/* Sets the sentence. Always returns false, so that `return problem_set(…)` refuses. */
bool problem_set(struct problem *problem, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Puts the account's name before the sentence, unless a place stands there; NULL: none. */
void problem_name(struct problem *problem, const char *account);

/* Says it on stderr, with the program's name before it unless it begins with a place. */
void problem_print(const struct problem *problem);

/* Appends " (did you mean 'x'?)" when there is a guess. Returns false. */
bool problem_suggest(struct problem *problem, const struct suggest *suggest);

#endif
