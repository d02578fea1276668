/*
 * ask: when a backend is asked for what. Knows the backend's quotas, polls, discoveries, pages and
 * clock; makes no request itself: it is told what happened and when, and answers with actions and
 * one next deadline. Pure. Source: blotter-backend(5), LIMITS and ASKING.
 *
 * What is asked is a turn: of a discovery, of a pane, of the clock, of quotes. A turn is one
 * request, or one for each value that its address names and each page that follows, one at a time.
 * A pane's turn begins when the owner wants it; discoveries, clock and quotes begin by themselves.
 *
 * A quota of N requests in S seconds is kept in any S seconds, counted from when an answer was
 * there: however long requests take to arrive, a server that counts never counts more. Of the
 * quota of all requests three quarters are used; the rest is for the user's other programs.
 */
#ifndef BLOTTER_CORE_ASK_H
#define BLOTTER_CORE_ASK_H

#include <blotter/core/backend.h>
#include <blotter/core/fault.h>
#include <blotter/core/moment.h>

#define ASK_SYMBOLS_MAX 2000 /* symbols whose quotes are asked for; further ones are left out */
#define ASK_CLOCK_S 60       /* how often the clock is asked */
#define ASK_CLOCK_LEAST_S 5  /* and what lies between two times at least, whatever it says */
#define ASK_POLL_S 10        /* for what has no poll of its own and no stream either */
#define ASK_HOLD_MAX_MS ((int64_t)3600 * 1000)

struct ask;

struct ask_settings {
    const struct backend *backend; /* borrowed as long as the ask lives */
    resource_mask wanted;
    bool keep_asking; /* false: each pane is read once, nothing is polled */
};

struct ask *ask_new(const struct ask_settings *settings);
void ask_free(struct ask *ask);

/* The user gives {name} once for all: it is not discovered. Before ask_start. */
void ask_set_value(struct ask *ask, const char *name, const char *value);

enum ask_kind { ASK_DISCOVER, ASK_PANE, ASK_CLOCK, ASK_QUOTES };

struct ask_target {
    enum ask_kind kind;
    size_t index; /* of the discovery, the resource, or the quotes section */
};

/* --- inputs ---------------------------------------------------------------------------------- */

void ask_start(struct ask *ask, struct moment now);
void ask_stop(struct ask *ask);

/* This pane is to be read; or not any more. Its turn ends with ASK_WHOLE or ASK_FAILED. */
void ask_pane(struct ask *ask, struct moment now, enum resource resource);
void ask_pane_cancel(struct ask *ask, struct moment now, enum resource resource);

/* The stream's path is to be known: what it names is discovered. */
void ask_want_stream(struct ask *ask);
/* The stream is up, or not: polls are slower beside it. */
void ask_stream(struct ask *ask, struct moment now, bool up);

/* The stream's request was refused for want of a login, as an answer of 401. */
void ask_login_refused(struct ask *ask, struct moment now);

/* The stream's request was one too many (429): its host is to be left alone, as after an answer. */
void ask_too_many(struct ask *ask, struct moment now, int64_t retry_after_ms);

/* What the user asks for by hand: what was stopped may be asked again. Quotas and holds stay. */
void ask_manual(struct ask *ask, struct moment now);

/* The symbols of which quotes are wanted, each once. segment "": none. Texts are copied. */
struct ask_symbol {
    const char *symbol, *segment;
};
void ask_symbols(struct ask *ask, struct moment now, const struct ask_symbol *symbols,
                 size_t count);

/* What the clock says; next_ms: when that changes, INT64_MIN when it does not say. */
void ask_clock(struct ask *ask, struct moment now, bool open, int64_t next_ms);

/* The commands that give the secrets were run again; ok: there are others now. */
void ask_renewed(struct ask *ask, struct moment now, bool ok);

/* What came of a request. */
struct ask_answer {
    const struct fault *fault; /* NULL: it was good, and could be read */
    int status;                /* 0: there was none */
    bool expired;              /* it says that the login has run out */
    const char *remaining;     /* the headers that [limits] names; NULL: not sent */
    const char *reset;
    const char *next;          /* the path of the next page; NULL: none, or none of ours */
    bool foreign;              /* it names a next page, at another origin */
    const char *const *values; /* of a discovery */
    size_t value_count;
};

enum ask_outcome {
    ASK_NONE,   /* nobody waits for it any more */
    ASK_MORE,   /* the turn goes on: what came is a part of it */
    ASK_WHOLE,  /* the turn is at its end */
    ASK_AGAIN,  /* it will be asked again; nothing of it counts */
    ASK_FAILED, /* the turn is over; *ret_fault says why, and when it makes sense again */
};

enum ask_outcome ask_answered(struct ask *ask, struct moment now, uint64_t request,
                              const struct ask_answer *answer, struct fault *ret_fault);

/* --- outputs --------------------------------------------------------------------------------- */

enum ask_action_kind {
    ASK_SEND,    /* a request */
    ASK_CANCEL,  /* give that request up */
    ASK_POLL,    /* the pane is due: answered by ask_pane, if the owner wants it */
    ASK_TIME,    /* the clock's function is due, which needs no request: ask_clock answers */
    ASK_RENEW,   /* run the commands that give the secrets: ask_renewed answers */
    ASK_EMPTY,   /* the pane's turn is at its end: its address names something there is none of */
    ASK_GIVE_UP, /* the pane's turn is over: fault */
};

struct ask_action {
    enum ask_action_kind kind;
    struct ask_target target;
    uint64_t request;          /* ASK_SEND, ASK_CANCEL */
    bool first;                /* of its turn */
    bool page;                 /* it goes on with the answer before */
    size_t host;               /* index into the backend's hosts */
    const char *path;          /* lives until the next call */
    const struct fault *fault; /* the same */
};

bool ask_next(struct ask *ask, struct moment now, struct ask_action *ret);
int64_t ask_deadline(const struct ask *ask); /* monotonic us, MOMENT_NEVER when none */

/* Appends the stream's path; false while what it names is not known. */
bool ask_stream_path(const struct ask *ask, struct buf *out);

/* Whether the last whole turn of a pane left pages out. */
bool ask_is_cut(const struct ask *ask, enum resource resource);

/* How far the polls of a pane are apart now; 0: it is not polled. */
int64_t ask_poll_ms(const struct ask *ask, enum resource resource);

struct ask_state {
    bool stopped;          /* the login was refused: nothing is asked until the user says so */
    bool quotes_open;      /* quotes that are wanted have not come yet */
    bool closed;           /* the market is */
    int64_t opens_ms;      /* when the clock changes, wall; INT64_MIN: not known */
    int64_t held_until_us; /* a host asked for patience; MOMENT_NEVER: none did */
    int64_t poll_ms; /* how far the polls of the orders (else of the most frequent) are apart */
    int64_t poll_us; /* when the next poll of any pane is due; MOMENT_NEVER */
};
void ask_state(const struct ask *ask, struct moment now, struct ask_state *ret);

#endif
