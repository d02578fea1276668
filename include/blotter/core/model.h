/*
 * model: the rows of a decoded body. A snapshot is immutable once made and counted by reference;
 * its strings are NUL-terminated UTF-8 exactly as the server sent them (NUL -> U+FFFD) and must be
 * cleaned before they are shown. Missing numbers are NAN, missing times MODEL_NO_TIME, missing
 * strings "". Source: blotter-api(7), READS.
 */
#ifndef BLOTTER_CORE_MODEL_H
#define BLOTTER_CORE_MODEL_H

#include <blotter/core/owner.h>
#include <blotter/core/resource.h>
#include <blotter/core/span.h>

#define MODEL_NO_TIME INT64_MIN

/* What every row starts with. */
struct row {
    const char *id;
    struct span raw;  /* the row as the server sent it, for the detail view; ptr NULL for a row
                              only an event told of */
    const char *user; /* whose it is said to be; "" when it is not */
    bool provisional; /* shows figures from an event that no response has confirmed yet */
    bool patched;     /* the log of events wrote in it */
    bool mixed;       /* figures in it are of other moments than those made from them */
    bool stale;       /* of an account whose rows nothing vouches for, among others */
    uint64_t version; /* rows of one id with the same version are equal in everything but raw's
                         place: who has seen one need not look at the other */
    const struct owner *owner; /* the account; NULL where there is only one */
};

/* What an order's status comes to, whatever the server calls it. */
enum order_class {
    ORDER_OPEN,
    ORDER_PART, /* open, and filled in part */
    ORDER_DONE,
    ORDER_DEAD, /* cancelled, expired, replaced */
    ORDER_REJECTED,
    ORDER_UNKNOWN,
    ORDER_CLASS_COUNT
};

/* The status, with class unknown, of an order that a list of open ones holds no more. */
#define ORDER_GONE "gone"

/* A position's valueCurrency: the account's, which its answer does not name. */
#define CURRENCY_OF_ACCOUNT "account"

enum order_side { ORDER_SIDE_UNKNOWN, ORDER_BUY, ORDER_SELL };

struct order {
    struct row row;
    const char *symbol, *type, *side, *product, *status, *failure_reason; /* as sent */
    const char *stock_name, *instrument_id, *exchange, *segment;
    const char *parent_id; /* the order it is a leg of; "" for none */
    const char *currency;  /* of its prices and amounts; "": the account's */
    double quantity, filled;
    double notional; /* the money it is for, in place of a quantity */
    double price, average_price, ltp, bid, ask;
    double multiplier;               /* units a contract stands for; NAN: 1 */
    int64_t created_ms, executed_ms; /* wall clock, ms since 1970 UTC */
    int64_t updated_ns;              /* when the server last changed it, ns since 1970 UTC */
    enum order_class told;           /* as sent; ORDER_CLASS_COUNT: not sent */
    enum order_class class;          /* that, or what the status says */
    bool gone;                       /* a list of open orders holds it no more (ORDER_GONE) */
    enum order_side direction;       /* what side says */
};

struct position {
    struct row row;
    const char *symbol, *status, *product, *stock_name, *instrument_id, *exchange, *segment;
    const char *currency;       /* of its prices and amounts; "": the account's */
    const char *value_currency; /* of value, cost and P&L; "": the same */
    double quantity;            /* negative = short; 0 = closed */
    double multiplier;          /* units a contract stands for; NAN: 1 */
    double bid, ask;
    double average_price, current_price, current_value, invested_value;
    double unrealized_pnl, day_pnl, realized_pnl, booked_pnl;
    double stop_loss, target;
    bool is_closed;
    /* As the server sent it, its profit is what we would make of its price, its value, its cost. */
    bool adds_up, value_adds_up, cost_adds_up;
    int64_t created_ms;
    int64_t updated_ns; /* as of an order */
};

struct account {
    struct row row;
    const char *client_id;
    const char *currency; /* also that of every row that names none */
    double net_liq;       /* what it would be worth with everything closed, as the server says */
    double balance, available_margin, used_margin;
    int64_t created_ms, updated_ms;
};

enum alert_kind { ALERT_CROSSING, ALERT_ABOVE, ALERT_BELOW };

struct watch_item {
    struct row row;
    const char *watchlist_id, *symbol, *name, *exchange, *segment, *instrument_id;
    const char *option_type, *expiry, *alert_type;
    double ltp, bid, ask, open, high, low, close, volume, change, change_percent;
    double strike_price, alert_price;
    double sort_order;
    int64_t updated_ms;    /* the quote's time */
    size_t list;           /* index into snapshot.lists */
    enum alert_kind alert; /* what alert_type says */
};

struct watchlist {
    const char *id, *name, *user;
    size_t first, count;       /* its items: snapshot rows [first, first + count) */
    const struct owner *owner; /* as a row's */
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
    const char *user;  /* whose the answer says it is; NULL when it does not say */
    size_t list_count; /* watchlists only */
    struct watchlist *lists;
};

/* Bytes of one row of a resource. */
size_t model_row_size(enum resource resource);

/* Row i of a snapshot as its common head. i < row_count. */
struct row *model_row(const struct snapshot *snapshot, size_t i);

/* The index of the row with that id, or row_count. Expected O(1). */
size_t model_find(const struct snapshot *snapshot, const char *id);

/* The same among the rows of row i's account. */
size_t model_find_beside(const struct snapshot *snapshot, size_t i, const char *id);

/* A 64-bit hash of an id and whose it is, never 0. */
uint64_t model_key(const char *id, const struct owner *owner);
/* The same from the key that the row has without an owner. */
uint64_t model_key_owned(uint64_t key, const struct owner *owner);

/* Frees it: each has one owner. The texts that it shares with others live on. */
void snapshot_unref(struct snapshot *snapshot); /* NULL is fine */

/* Rows of several lists of one resource (NULL is one without rows, but not the first) that pick
 * wants, with texts of their own; pick NULL: all of them. Watchlists lose their lists. */
struct snapshot *snapshot_pick(const struct snapshot *const *from, size_t count,
                               bool (*pick)(const struct row *row, const void *user),
                               const void *user);

/* Row i of a snapshot that was picked becomes a copy of another one; the texts of the former stay
 * in memory until the snapshot goes. */
void snapshot_renew(struct snapshot *picked, size_t i, const struct row *row);

/* Rows and texts of its own: what is shown now, kept while the engine goes on. */
struct snapshot *snapshot_copy(const struct snapshot *snapshot);

#endif
