/*
 * alarm: what somebody who is not looking wants to be told: a rejection, a fill, a stop or target
 * passed, a price, the day's loss, the margin. Each is told once per crossing and again only after
 * it went back by ALARM_BACK; never because of a figure that is stale. Of the first rows nothing is
 * told: it did not happen just now. Pure.
 */
#ifndef BLOTTER_CORE_ALARM_H
#define BLOTTER_CORE_ALARM_H

#include <blotter/core/event.h>
#include <blotter/core/money.h>

#define ALARM_QUEUE_MAX 64  /* not yet taken; further ones are counted only */
#define ALARM_RULES_MAX 256 /* own prices */
#define ALARM_BACK 0.002    /* of the level: how far a figure has to go back */
#define ALARM_TEXT_MAX 128

enum alarm_kind {
    ALARM_REJECTED,
    ALARM_FILLED,
    ALARM_STOP,
    ALARM_TARGET,
    ALARM_PRICE, /* the server's alertPrice, or one of the user's own */
    ALARM_DAY_LOSS,
    ALARM_MARGIN,
    ALARM_KINDS
};

/* "order_rejected", "order_filled", "stop_passed", "target_passed", "price_crossed", "day_loss",
 * "margin_high". Static storage. */
const char *alarm_kind_name(enum alarm_kind kind);

struct alarm {
    enum alarm_kind kind;
    enum order_side side;        /* orders */
    char symbol[64];             /* as sent; "" for the day and the margin */
    char id[64];                 /* the row's */
    char reason[ALARM_TEXT_MAX]; /* as sent: why an order was rejected; "" */
    double quantity;             /* orders; NAN */
    double value; /* the price, the average of a fill, the day's P&L, the margin in percent */
    double level; /* what it passed; NAN for orders */
    int64_t at_ms;
};

/* One of the user's prices; several may have the same symbol. */
struct alarm_rule {
    char symbol[64];
    double level;
    bool above;
};

struct alarm_settings {
    bool fill;
    double day_loss; /* -10000; NAN: not told */
    double margin;   /* 80 percent; NAN: not told */
    const struct alarm_rule *rules;
    size_t rule_count;
};

/* Reads "> 3000, < 2800" as rules for a symbol, at most capacity; returns how many, 0 when it is
 * not written so. */
size_t alarm_rules_parse(const char *symbol, const char *text, struct alarm_rule *ret,
                         size_t capacity);

struct alarms;

struct alarms *alarms_new(const struct alarm_settings *settings); /* copies it */
void alarms_free(struct alarms *alarms);                          /* NULL is fine */

/* Other settings; what was told stays told. */
void alarms_set(struct alarms *alarms, const struct alarm_settings *settings);

struct alarm_view {
    const struct snapshot *orders, *positions, *items, *account; /* NULL: not known, or stale */
    const struct money *money;                                   /* NULL: not known, or stale */
    int64_t now_ms;
};

/* What is shown now. */
void alarms_take(struct alarms *alarms, const struct alarm_view *view);

/* An event about an order: one that is in no list (of a server that cuts it) is told of as well.
 * orders: the rows shown, with what the event came to; NULL: none yet. */
void alarms_event(struct alarms *alarms, const struct event *event, const struct snapshot *orders,
                  int64_t now_ms);

/* Something that is in no list. */
void alarms_add(struct alarms *alarms, const struct alarm *alarm);

/* The next one that is due; false when none. */
bool alarms_next(struct alarms *alarms, struct alarm *ret);

/* Whether a position's price has reached its stop (target), and was there or is not back far
 * enough: was is the answer before. */
bool position_is_beyond_stop(const struct position *position, bool was);
bool position_is_beyond_target(const struct position *position, bool was);

#endif
