/*
 * asking_private: what the parts of asking share: asking.c (life, requests, what is planned) and
 * asking_answer.c (what an answer says).
 */
#ifndef BLOTTER_CLIENT_ASKING_PRIVATE_H
#define BLOTTER_CLIENT_ASKING_PRIVATE_H

#include "asking.h"
#include "asking_gone.h"
#include "asking_symbols.h"

#include <blotter/core/buf.h>

#define ROWS_BYTES_MAX ((size_t)64 << 20) /* of a pane, all its answers together */
#define OUT_MAX (BACKEND_DISCOVER_MAX + RESOURCE_COUNT + 1 + BACKEND_QUOTES_MAX)
#define QUOTES_KEPT_MAX 32 /* answers with quotes that are told again after a read */

/* A request that is out. */
struct out {
    uint64_t request; /* http's; 0: none */
    uint64_t id;      /* the planner's */
    struct ask_target target;
    size_t host;
    bool first, page;
    char *path;
};

/* What has come of a pane's turn so far. */
struct part {
    struct buf rows;
    size_t from; /* where those of the present answer, all its pages, begin */
    uint64_t covers;
    bool covers_known;
};

struct asking {
    struct loop *loop;
    struct asking_settings settings;
    struct asking_handler handler;
    struct adapt *adapt;
    const struct backend *backend;
    struct ask *ask;
    struct http *https[BACKEND_HOSTS_MAX];
    struct loop_timer *timer;
    struct loop_timer *compiler;
    struct fault broken; /* the jq does not compile; FAULT_NONE: it does, or nobody has tried */
    struct out outs[OUT_MAX];
    struct part parts[RESOURCE_COUNT];
    struct asking_symbols *symbols;
    struct asking_gone *gone;
    struct kept {
        size_t section, at;
        char *updates;
    } kept[QUOTES_KEPT_MAX];
    size_t kept_count;
    size_t quotes_at[BACKEND_QUOTES_MAX]; /* which answer of its turn the present one is */
    bool symbols_due;
    bool running;
};

/* --- asking_answer.c */
void asking_fail(struct asking *asking, struct ask_target target, const struct fault *fault);
void asking_compile(struct asking *asking);
void asking_answer(void *user, uint64_t request, const struct http_answer *answer);
/* The clock's function with the time; the watchlists by the user's own lists; no rows at all. */
void asking_read_time(struct asking *asking);
void asking_read_lists(struct asking *asking);
void asking_read_nothing(struct asking *asking, enum resource resource);
/* Quotes that came before. */
void asking_tell_quotes(struct asking *asking);

#endif
