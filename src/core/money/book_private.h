/*
 * book_private: what the sums ask of the book and of each other.
 */
#ifndef BLOTTER_BOOK_PRIVATE_H
#define BLOTTER_BOOK_PRIVATE_H

#include <blotter/core/book.h>
#include <blotter/core/money.h>

/* The currency that a position's amounts are in; "" when the server names none. */
void money_copy_currency(const struct position *position, char out[MONEY_CURRENCY_BYTES]);

/* What the book has of an id; NULL when nothing (or there is no book). */
const struct money_closed *money_book_find(const struct money_book *book, const char *id);

/* What of an order still waits, at its limit, else at the last price; NAN: not known. */
double money_order_waits(const struct order *order);

#endif
