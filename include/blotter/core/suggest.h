/*
 * suggest: the known word somebody probably meant: "(did you mean 'color'?)". Pure.
 */
#ifndef BLOTTER_CORE_SUGGEST_H
#define BLOTTER_CORE_SUGGEST_H

#include <stddef.h>

/* Words longer than this are never compared: nobody mistypes them by two letters. */
#define SUGGEST_WORD_MAX 63

struct suggest {
    const char *typed; /* not owned */
    const char *best;  /* the nearest candidate so far, NULL while none is near enough; not owned */
    size_t distance;
};

void suggest_init(struct suggest *suggest, const char *typed);

/* Offers a candidate, which has to live as long as the result is used. Case does not matter. */
void suggest_offer(struct suggest *suggest, const char *candidate);

#endif
