/* shape: how each broker's answers and events look, from its published reference. */
#ifndef BLOTTER_TESTS_BROKER_SHAPE_H
#define BLOTTER_TESTS_BROKER_SHAPE_H

#include "book.h"

#include <blotter/core/buf.h>

enum shape_event { SHAPE_NEW, SHAPE_PART, SHAPE_FILL, SHAPE_CANCEL };

struct shape {
    const char *name;
    struct book_symbol symbols[BOOK_SYMBOLS_MAX];
    size_t symbol_count;
    long first_id;
    const char *header, *value; /* what every request must carry; %s in it is the token */
    const char *refused;        /* body of 401 */
    int refused_status;         /* 401, 403 */
    int requests, seconds;      /* the limit; by address where by_path is set */
    const char *quick_path;     /* an address with a limit of its own; NULL: none */
    int quick_seconds;
    bool by_path;
    const char *busy;         /* body of 429 */
    const char *left, *reset; /* headers of the limit; NULL: none. */
    int reset_scale;          /* reset is seconds since 1970 times this */
    const char *stream;       /* path; NULL: none */
    const char *media;        /* of the stream */
    /* Appends the body of a path; false: 404. */
    bool (*answer)(const struct book *book, const char *path, struct buf *out);
    /* Appends what the stream says of an order. id is the message's own. */
    void (*event)(const struct book *book, const struct book_order *order, enum shape_event kind,
                  long id, struct buf *out);
    /* Appends a sign of life. */
    void (*alive)(const struct book *book, struct buf *out);
};

/* NULL when there is none of that name. */
const struct shape *shape_find(const char *name);
extern const struct shape shape_alpaca, shape_oanda, shape_kite, shape_trading212, shape_tradier;

/* Whether the path is that, with or without a query. */
bool shape_is(const char *path, const char *wanted);
/* "2026-11-28T01:38:16.142Z" */
void shape_time(struct buf *out, const char *name, int64_t ms);

#endif
