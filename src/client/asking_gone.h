/*
 * asking_gone: orders of a list that holds open ones only. One that is gone from it stays, with the
 * status "gone": what became of it nobody says.
 */
#ifndef BLOTTER_CLIENT_ASKING_GONE_H
#define BLOTTER_CLIENT_ASKING_GONE_H

#include <blotter/core/buf.h>

#define ASKING_GONE_MAX 1000 /* orders that stay; further ones are forgotten, the oldest first */

struct asking_gone;

struct asking_gone *asking_gone_new(void);
void asking_gone_free(struct asking_gone *gone); /* NULL is fine */

/* rows: objects separated by commas, as they came. Those that are gone are put behind them. */
void asking_gone_add(struct asking_gone *gone, struct buf *rows);

#endif
