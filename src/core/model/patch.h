/*
 * patch: what is shown of a resource = the last server snapshot + a log of operations told by
 * events (R8). An operation is shown at once and goes when a response covers it.
 */
#ifndef BLOTTER_CORE_PATCH_H
#define BLOTTER_CORE_PATCH_H

#include <blotter/core/event.h>
#include <blotter/core/fault.h>
#include <blotter/core/model.h>

#define PATCH_LOG_MAX 65536

struct patch_log;
struct prices;

/* An operation's place in the order of things. */
struct patch_stamp {
    uint64_t seq;  /* order of arrival */
    uint64_t id;   /* the server's order, 0 when unknown */
    int64_t at_us; /* when it arrived */
};

/* A response's. */
struct patch_answer {
    uint64_t seq;    /* when its request began, in the order of arrival */
    uint64_t id;     /* the last event that it contains, as the server says; 0 when unknown */
    int64_t now_us;  /* when it came */
    int64_t read_us; /* it is a copy that a cache made then; 0: it is none */
};

struct patch_result {
    bool valid;    /* the payload could be read (also true when it names nothing to patch) */
    bool changed;  /* something shown changed */
    bool overflow; /* the log is full: only a new response can tell */
    size_t rows;   /* objects the payload held */
};

/* A log that shows nothing yet and holds at most max operations. */
struct patch_log *patch_log_new(enum resource resource, size_t max);
void patch_log_free(struct patch_log *log);

/* Whose answers are taken: those that name another are refused. NULL: anybody's. Borrowed. */
void patch_log_set_user(struct patch_log *log, const char *user);

/* Where the moments of prices are kept, for all panes. NULL: nowhere. Borrowed. */
void patch_log_set_prices(struct patch_log *log, struct prices *prices);

/* Whose rows say of which instrument a position is: its price goes to that one's rows here. NULL:
 * nobody's. Borrowed. */
void patch_log_set_positions(struct patch_log *log, const struct patch_log *positions);

/* The prices that another pane's answer has just brought, for rows of the same instruments; stamp:
 * of the answer's request. Both have a base. Whether a row shown changed. */
bool patch_log_take_prices(struct patch_log *log, const struct patch_log *from,
                           struct patch_stamp stamp);

/*
 * Applies an event's payload. An invalid one changes nothing. held: 0, or the id that what is held
 * says it contains, this event's or a later one, though it does not show it.
 */
struct patch_result patch_log_event(struct patch_log *log, const struct event *event,
                                    struct patch_stamp stamp, uint64_t held);

/* Whether what is held shows what an event says; also true when there is nothing to compare. */
bool patch_log_shows(struct patch_log *log, const struct event *event, struct patch_stamp stamp);

/* What a response did. */
struct patch_change {
    bool changed;          /* what is shown may be other than before */
    size_t contradictions; /* operations that gave way to what the server kept saying */
    uint64_t claimed_seq;  /* the latest event that it claims to contain and does not show */
    bool doubt;            /* it does not show what it should: it is older than it seems */
    bool fresh;            /* that is news */
    bool marked;           /* rows are marked as the server was believed against an event */
    bool missing;          /* among those are rows that are not there to be marked */
    bool lied;             /* the server's ids are no proof */
};

/*
 * Puts a response under the log: operations that it confirms go, the others are applied on top
 * again. A response should know what arrived before it began and what its id includes; one that
 * shows otherwise confirms nothing (R14). Takes the reference, which must be the only one:
 * operations are written in the snapshot's own rows.
 */
struct patch_change patch_log_rebase(struct patch_log *log, struct snapshot *base,
                                     struct patch_answer response);

/* The same with the response's body, of which only what is new is decoded. False with the fault set
 * and nothing changed when it cannot be shown. */
bool patch_log_answer(struct patch_log *log, struct span body, struct patch_answer response,
                      struct patch_change *ret, struct fault *ret_fault);

/* The base that is there has been confirmed by an equal response. */
struct patch_change patch_log_cover(struct patch_log *log, struct patch_answer response);

/* A response is on its way (or not any more): it may bring rows that events speak of already. */
void patch_log_await(struct patch_log *log, bool awaiting);

/* Server ids mean nothing any more: only arrival counts. */
void patch_log_forget_ids(struct patch_log *log);

/* Forgets everything. */
void patch_log_clear(struct patch_log *log);

/* What is to be shown; NULL before the first base. Lives until the next call with this log. */
const struct snapshot *patch_log_shown(const struct patch_log *log);
/* The last response; its body is as the server sent it, its rows are what is shown. */
const struct snapshot *patch_log_base(const struct patch_log *log);
/* Operations that nothing has confirmed. */
size_t patch_log_count(const struct patch_log *log);

/* Whether a storm has left something to be given back, and that. now_us: the present. */
bool patch_log_is_heavy(const struct patch_log *log);
void patch_log_trim(struct patch_log *log, int64_t now_us);

/* True when what is shown equals the base's body and the log, computed anew: for tests. */
bool patch_log_consistent(const struct patch_log *log);

#endif
