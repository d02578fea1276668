/*
 * tape: what happened, as one entry each: an order placed, changed, filled, cancelled, rejected; a
 * position closed; a stop passed; the stream back. Never a tick. Made of events and, where none
 * came, of what rows differ by; the same thing told by both, or twice, is one entry. Pure.
 *
 * An entry may be completed after it was added (a reason that only the rows tell, events that a
 * stream replays): then tape_first_changed names it.
 */
#ifndef BLOTTER_CORE_TAPE_H
#define BLOTTER_CORE_TAPE_H

#include <blotter/core/event.h>
#include <blotter/core/model.h>
#include <blotter/core/moment.h>

#define TAPE_MAX 1000 /* entries kept; the oldest go */
#define TAPE_KNOWN_MAX                                                                             \
    16384              /* orders and positions remembered each; then all but the last rows'        \
                        */
#define TAPE_ID_MAX 48 /* bytes of an id, NUL included; a longer one is cut */
#define TAPE_SYMBOL_MAX 48
#define TAPE_TEXT_MAX 128

enum tape_kind {
    TAPE_PLACED,
    TAPE_CHANGED,
    TAPE_PARTIAL,
    TAPE_FILLED,
    TAPE_CANCELLED,
    TAPE_REJECTED,
    TAPE_CLOSED,
    TAPE_STOP,   /* a position's price is beyond its stop */
    TAPE_TARGET, /* … beyond its target */
    TAPE_ALERT,  /* anything else that somebody wanted to be told */
    TAPE_STREAM,
    TAPE_KINDS
};

enum tape_side { TAPE_NO_SIDE, TAPE_BUY, TAPE_SELL };

/* Figures that are not known, or mean nothing for the kind, are NAN; texts "". */
struct tape_entry {
    uint64_t number;   /* counts from 1 */
    uint32_t versions; /* how often it was added or completed: another number, other words */
    enum tape_kind kind;
    enum tape_side side;
    int64_t wall_ms;      /* when it happened, as far as that is known, else when it was seen */
    int64_t took_ms;      /* fills: since placing; streams: the silence; MODEL_NO_TIME: not known */
    char id[TAPE_ID_MAX]; /* the order's or position's */
    char symbol[TAPE_SYMBOL_MAX];
    char type[16];           /* the order's, as sent */
    double quantity, filled; /* of an order; streams: events replayed in filled */
    double price;            /* fills: the average; orders: the limit; stops: the LTP */
    double limit;            /* fills: the limit; stops and targets: the level */
    double quantity_before, limit_before; /* changes */
    double ltp;                           /* the symbol's last traded price then */
    double amount;                        /* closings: what was realised */
    char text[TAPE_TEXT_MAX];             /* a reason, an alert's words; as sent, to be cleaned */
};

struct tape;

struct tape *tape_new(void);
void tape_free(struct tape *tape); /* NULL is fine */

/* An entry of which nothing is known but its kind. */
void tape_entry_init(struct tape_entry *ret, enum tape_kind kind, int64_t wall_ms);

/* --- what is told ----------------------------------------------------------------------------- */

/* An event of the stream, and whether the rows shown contained it already. Ticks cost nothing. */
void tape_event(struct tape *tape, struct moment now, const struct event *event, bool covered);

/*
 * Orders or positions as they are now shown. Of the first rows nothing is told but what differs
 * from what tape_remember told; later whatever no event said. fresh: the server's answer, not the
 * disk cache's rows.
 */
void tape_rows(struct tape *tape, struct moment now, const struct snapshot *rows, bool fresh);

/* The stream was lost, or is open (again). */
void tape_stream(struct tape *tape, struct moment now, bool open);

/* Where the last traded price of a symbol is asked for, for entries that are told without one; NAN
 * when it is not known. NULL: nowhere. */
void tape_set_prices(struct tape *tape, double (*price)(const void *user, const char *symbol),
                     const void *user);

/* Anything else: a stop, a target, an alert. Its number is assigned and returned. */
uint64_t tape_add(struct tape *tape, const struct tape_entry *entry);

/* An order as an earlier run has last seen it: working, or over. Before the first rows. */
void tape_remember(struct tape *tape, const struct order *order);

/*
 * Entries that an earlier run kept, the oldest first: they come before all others, and what they
 * tell of is not told again. Counts are of this run.
 */
void tape_restore(struct tape *tape, const struct tape_entry *entries, size_t count);

/* --- what there is ---------------------------------------------------------------------------- */

uint64_t tape_total(const struct tape *tape); /* entries ever added */
size_t tape_count(const struct tape *tape);   /* entries held */

/* The entry i back from the newest (0 = newest), NULL past the end. Lives until the next input. */
const struct tape_entry *tape_at(const struct tape *tape, size_t i);

/* The entry with a number; NULL when it has gone. Lives until the next input. */
const struct tape_entry *tape_numbered(const struct tape *tape, uint64_t number);

/*
 * What makes an entry the same for two that saw it: its kind, whom it is about, and how it stood.
 * NUL-terminated.
 */
#define TAPE_KEY_MAX 192
void tape_key(const struct tape *tape, const struct tape_entry *entry, char out[TAPE_KEY_MAX]);

/* The lowest number of an entry that was added or completed since the last call; 0: none was. */
uint64_t tape_first_changed(struct tape *tape);
/* That one could not be taken in: it is told again. */
void tape_keep_changed(struct tape *tape, uint64_t number);
/* The price when an order was placed, as told then, also in an earlier run; NAN: not known. */
double tape_placed_at(const struct tape *tape, const char *id);
/* How many entries are from before this run; another number once they have been restored. */
uint64_t tape_kept(const struct tape *tape);

/* Another number whenever an entry came or was completed. */
uint64_t tape_version(const struct tape *tape);

/* How many of each kind there were ever, and what their closings made: the difference of two says
 * what happened in between, however much it was. */
struct tape_counts {
    uint64_t of[TAPE_KINDS];
    double closed_amount;    /* of the closings whose amount is known */
    uint64_t closed_unknown; /* the others */
};
struct tape_counts tape_counts(const struct tape *tape);

/* --- words ------------------------------------------------------------------------------------ */

/* "placed", "filled": the names of the daybook and of BLOTTER_EVENT. */
const char *tape_kind_name(enum tape_kind kind);
bool tape_kind_parse(const char *name, enum tape_kind *ret);

#define TAPE_FIGURE_MAX 64
#define TAPE_SHOWN_MAX 96

/* How figures become text: grouping, hidden amounts. */
enum tape_figure { TAPE_QUANTITY, TAPE_PRICE, TAPE_AMOUNT };
struct tape_style {
    void (*figure)(const void *user, enum tape_figure kind, double value,
                   char out[TAPE_FIGURE_MAX]);
    /* How a symbol is shown; NULL: as sent. */
    void (*symbol)(const void *user, const char *symbol, char out[TAPE_SHOWN_MAX]);
    const void *user;
    bool no_reasons; /* a server's reason may name amounts */
};

struct tape_words {
    const char *word; /* "FILLED"; static storage */
    char line[256];   /* "SELL 40 TCS @ 4,118.20" */
    char more[256];   /* "limit 4,115.00, 3 s after placing"; "" when there is nothing more */
};

/* style NULL: plain figures. Texts of the server stand in it as they were sent. */
void tape_words_make(const struct tape_entry *entry, const struct tape_style *style,
                     struct tape_words *ret);

/* "3 s", "4 min", "1 h 22"; "0.4 s" under a second; "" when not known. */
void tape_duration(int64_t ms, char out[TAPE_FIGURE_MAX]);

#endif
