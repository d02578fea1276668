/*
 * complete: what the words of a row come to. Words become classes here and nowhere else.
 */
#ifndef BLOTTER_CORE_COMPLETE_H
#define BLOTTER_CORE_COMPLETE_H

#include <blotter/core/model.h>

/* After the members of a row were read or written over. */
void row_complete(enum resource resource, struct row *row);

/* It will not work again. */
bool class_is_over(enum order_class class);

/* A string as an order's class; false for any other value. */
bool span_class(struct span value, enum order_class *ret);

#endif
