/*
 * model: the rows of a decoded body. A snapshot is immutable once made and counted by reference;
 * its strings are NUL-terminated UTF-8 exactly as the server sent them (NUL -> U+FFFD) and must be
 * cleaned before they are shown. Missing numbers are NAN, missing times MODEL_NO_TIME, missing
 * strings "". Source: wire-protocol, "Reads".
 */
#ifndef BLOTTER_CORE_MODEL_H
#define BLOTTER_CORE_MODEL_H

#include <blotter/core/span.h>
#include <blotter/core/resource.h>

#define MODEL_NO_TIME INT64_MIN

/* What every row starts with. */
struct row {
    const char *id;
    struct span raw; /* the row as the server sent it, for the detail view; ptr NULL for a row
                             only an event told of */
    bool provisional;     /* shows figures from an event that no response has confirmed yet */
    bool patched;         /* the log of events wrote in it */
    uint64_t version;     /* rows of one id with the same version are equal in everything but raw's
                             place: who has seen one need not look at the other */
};

struct order {
    struct row row;
    const char *symbol, *type, *side, *product, *status, *failure_reason;
    const char *stock_name, *instrument_id;
    int64_t quantity, filled;
    double price, average_price, ltp;
    int64_t created_ms, executed_ms; /* wall clock, ms since 1970 UTC */
};

struct position {
    struct row row;
    const char *symbol, *status, *product, *stock_name, *instrument_id, *segment;
    int64_t quantity; /* negative = short; 0 = closed */
    double average_price, current_price, current_value, invested_value;
    double unrealized_pnl, day_pnl, realized_pnl, booked_pnl;
    double stop_loss, target;
    bool is_closed;
    int64_t created_ms;
};

struct account {
    struct row row;
    const char *client_id, *user_id;
    double balance, available_margin, used_margin;
    int64_t created_ms, updated_ms;
};

struct watch_item {
    struct row row;
    const char *watchlist_id, *symbol, *name, *exchange, *segment, *instrument_id;
    const char *option_type, *expiry, *alert_type;
    double ltp, open, high, low, close, volume, change, change_percent;
    double strike_price, alert_price;
    double sort_order;
    int64_t updated_ms; /* the quote's time */
    size_t list;        /* index into snapshot.lists */
};

struct watchlist {
    const char *id, *name;
    size_t first, count; /* its items: snapshot rows [first, first + count) */
};

struct snapshot {
    enum resource resource;
    size_t row_count;
    union {
        struct order *orders;
        struct position *positions;
        struct account *account; /* row_count 0 when the server has none for this user */
        struct watch_item *items;
        void *rows;
    };
    size_t list_count; /* watchlists only */
    struct watchlist *lists;
};

/* Bytes of one row of a resource. */
size_t model_row_size(enum resource resource);

/* Row i of a snapshot as its common head. i < row_count. */
struct row *model_row(const struct snapshot *snapshot, size_t i);

/* The index of the row with that id, or row_count. Expected O(1). */
size_t model_find(const struct snapshot *snapshot, const char *id);

struct snapshot *snapshot_ref(struct snapshot *snapshot);
void snapshot_unref(struct snapshot *snapshot); /* NULL is fine */

/* Rows and texts of its own, one reference: what is shown now, kept while the engine goes on. */
struct snapshot *snapshot_copy(const struct snapshot *snapshot);

#endif
