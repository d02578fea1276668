/*
 * money_private: what the book and the sums share.
 */
#ifndef BLOTTER_MONEY_PRIVATE_H
#define BLOTTER_MONEY_PRIVATE_H

#include <blotter/core/money.h>

/* The currency that a position's amounts are in; "" when the server names none. */
void money_copy_currency(const struct position *position, char out[MONEY_CURRENCY_BYTES]);

/* What the book has of an id; NULL when nothing (or there is no book). */
const struct money_closed *money_book_find(const struct money_book *book, const char *id);

#endif
