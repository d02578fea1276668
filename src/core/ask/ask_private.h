/*
 * ask_private: what the parts of asking share: ask_turn.c (one turn), ask_value.c (discovered
 * values, symbols, addresses), ask_answer.c (what an answer means), ask.c (what comes next).
 */
#ifndef BLOTTER_CORE_ASK_PRIVATE_H
#define BLOTTER_CORE_ASK_PRIVATE_H

#include "window.h"

#include <blotter/core/ask.h>

#define ASK_TURNS_MAX (BACKEND_DISCOVER_MAX + RESOURCE_COUNT + 1 + BACKEND_QUOTES_MAX)
#define ASK_VALUES_MAX (BACKEND_DISCOVER_MAX + 16)
#define ASK_PAGES_SEEN_MAX 64 /* later pages of one part are compared with these */

/* What {NAME} stands for. */
struct ask_value {
    char *name;
    char *values[BACKEND_VALUES_MAX];
    size_t count;
    bool known;
    bool fixed; /* by the user */
};

struct ask_turn {
    struct ask_target target;
    const struct backend_section *section;
    bool wanted;      /* waits, or is under way */
    int64_t since_us; /* since when */
    bool under_way;   /* something of it was asked */
    bool outdated;    /* and there is more to ask for since: it is asked once more */
    bool mixed;       /* and what its address names is something else since: it begins anew */
    uint64_t request; /* 0: none is out */
    uint64_t login;   /* the secrets' number with which that was sent */
    size_t at;        /* which of the combinations of values and symbols */
    int64_t page;
    char *next;                        /* the page's path; NULL: the first */
    uint64_t seen[ASK_PAGES_SEEN_MAX]; /* pages of this part, so that they do not go in a circle */
    size_t seen_count;
    bool cut;
    bool stopped;      /* this address was refused: until the user asks */
    bool rediscovered; /* after a refusal what it names was discovered anew, once */
    bool gives_up;     /* the owner is to be told the fault */
    struct fault fault;
    int failures;
    int64_t hold_us; /* not before */
    int64_t last_us; /* when it last began; MOMENT_NEVER: never */
    int64_t poll_us; /* when it is due by itself; MOMENT_NEVER: not */
    struct window window;
};

struct ask_host {
    int64_t hold_us;
    int refusals; /* of too many requests, in a row */
};

enum ask_renewal { ASK_LOGIN_FINE, ASK_LOGIN_REFUSED, ASK_LOGIN_RENEWING };

struct ask {
    struct ask_settings settings;
    const struct backend *backend;
    bool running;
    bool want_stream;
    bool stream_up;
    bool closed;
    int64_t opens_ms;
    enum ask_renewal renewal;
    bool renewed; /* and nothing has been good since */
    bool stopped;
    uint64_t login; /* a number of the secrets in force */
    uint64_t next_request;
    uint64_t cancel; /* a request to be given up; 0: none */
    struct ask_target cancel_target;
    struct window window;
    struct ask_host hosts[BACKEND_HOSTS_MAX];
    struct ask_turn turns[ASK_TURNS_MAX];
    size_t turn_count;
    struct ask_value values[ASK_VALUES_MAX];
    size_t value_count;
    char **symbols; /* with their segments behind, each with its NUL */
    size_t symbol_count;
    struct buf path; /* of the last action */
    struct fault fault;
};

/* --- ask_turn.c */
struct ask_turn *ask_turn_of(const struct ask *ask, enum ask_kind kind, size_t index);
/* A turn that is wanted from now on, unless it is already. */
void ask_want(struct ask_turn *turn, struct moment now);
/* The first of a turn's requests is the next. */
void ask_rewind(struct ask_turn *turn);
/* A turn is at its end; its next one by itself is planned. */
void ask_end(struct ask *ask, struct ask_turn *turn, struct moment now);
/* Its owner is told the fault. */
void ask_give_up(struct ask_turn *turn, const struct fault *fault);
/* All panes that wait fail by this; the other turns are no longer wanted. */
void ask_fail_all(struct ask *ask, const struct fault *fault, struct moment now);
int64_t ask_interval_us(const struct ask *ask, const struct ask_turn *turn);
void ask_plan_poll(struct ask *ask, struct ask_turn *turn, struct moment now);
/* How long to wait after so many failures in a row before. */
int64_t ask_wait_us(int failures);

/* --- ask_value.c */
void ask_values_init(struct ask *ask);
void ask_values_done(struct ask *ask);
/* True when they are others than before. */
bool ask_value_set(struct ask_value *value, const char *const *values, size_t count);
/* What its address names is to be discovered anew. False when it names nothing of that sort. */
bool ask_forget_values(struct ask *ask, const struct ask_turn *turn);
/* The first discovery that its address needs and that is not known; NULL when none is. */
struct ask_turn *ask_missing(struct ask *ask, const char *path);
/* Into how many requests the turn falls, pages not counted. 0: there is nothing to ask for. */
size_t ask_parts(const struct ask *ask, const struct ask_turn *turn);
/* The path of the turn's present request; false when it cannot be made. */
bool ask_path(const struct ask *ask, const struct ask_turn *turn, struct buf *out);

#endif
