/*
 * delta: a body as what it has in common with an earlier one, in the gdiff format (see
 * core/gdiff.h, which undoes it).
 */
#ifndef BLOTTER_MOCK_DELTA_H
#define BLOTTER_MOCK_DELTA_H

#include "text.h"

void delta_make(const char *old, size_t old_len, const char *new, size_t new_len,
                struct text *into);

#endif
