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

/* An operation's or a response's place in the order of things. */
struct patch_stamp {
    uint64_t seq; /* order of arrival; for a response: when its request began */
    uint64_t id;  /* the server's order, 0 when unknown */
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

/* Applies an event's payload. An invalid one changes nothing. */
struct patch_result patch_log_event(struct patch_log *log, const struct event *event,
                                    struct patch_stamp stamp);

struct patch_change {
    bool changed;          /* what is shown may be other than before */
    size_t contradictions; /* covered operations that said otherwise than the response */
};

/*
 * Puts a response under the log: operations that it covers go, the others are applied on top
 * again. A response covers what arrived before it began and what its id includes. Takes the
 * reference, which must be the only one: operations are written in the snapshot's own rows.
 */
struct patch_change patch_log_rebase(struct patch_log *log, struct snapshot *base,
                                     struct patch_stamp response);

/* The same with the response's body, of which only what is new is decoded. False with the fault set
 * and nothing changed when it cannot be shown. */
bool patch_log_answer(struct patch_log *log, struct span body, struct patch_stamp response,
                      struct patch_change *ret, struct fault *ret_fault);

/* The base that is there has been confirmed by an equal response. */
struct patch_change patch_log_cover(struct patch_log *log, struct patch_stamp response);

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
size_t patch_log_count(const struct patch_log *log);

/* True when what is shown equals the base's body and the log, computed anew: for tests. */
bool patch_log_consistent(const struct patch_log *log);

#endif
