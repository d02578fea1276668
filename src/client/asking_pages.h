/*
 * asking_pages: the pages of one answer as one list. What moved from one page to the next between
 * two requests stands in both: it is kept once, where it came first.
 */
#ifndef BLOTTER_CLIENT_ASKING_PAGES_H
#define BLOTTER_CLIENT_ASKING_PAGES_H

#include <blotter/core/buf.h>

/* rows are JSON objects with commas between; those from from on are of the pages together. Rows
 * without an id are all kept. */
void asking_pages_join(struct buf *rows, size_t from);

#endif
