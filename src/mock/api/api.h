/*
 * api: the routes. Takes a call, answers it. Knows no sockets.
 * The order of checks: path (404), method (405), token (401), userId (403), body (400), books.
 */
#ifndef BLOTTER_MOCK_API_H
#define BLOTTER_MOCK_API_H

#include "answers.h"
#include "auth.h"
#include "base/dice.h"
#include "bases.h"
#include "call.h"
#include "fault/faults.h"
#include "stream/emitter.h"

#include <stddef.h>

#define API_ROUTES 16
#define API_STATUSES 24

struct api {
    struct db *db;
    struct auth *auth;
    struct answers *answers;
    struct bases *bases;     /* for deltas of reads */
    struct emitter *emitter; /* for the counters; may be NULL */
    struct faults *faults;   /* may be NULL */
    struct dice dice;
    int64_t orders_limit;
    bool extensions, allow_sql;
    bool open_only; /* closed positions are not listed */
    int64_t started_ms;
    uint64_t requests;
    struct {
        const char *path; /* its pattern, "other" for what has no route; NULL: nothing counted */
        struct api_count {
            int status;
            uint64_t count;
        } counts[API_STATUSES];
    } routes[API_ROUTES];
    uint64_t methods[CALL_METHODS];
    int streams_open;
};

typedef void (*api_fn)(struct api *api, struct call *call);

/* Answers the call, or sets is_stream. Sets status always. */
void api_answer(struct api *api, struct call *call);

/* Finds the call's route, for its counters, without answering it. */
void api_find(struct call *call);

/* Counts an answer for /__mock/stats: once per request, when its status is known. */
void api_count(struct api *api, const struct call *call);

/* The writes, in writes.c and watchlists.c. */
void orders_place(struct api *api, struct call *call);
void orders_modify(struct api *api, struct call *call);
void orders_cancel(struct api *api, struct call *call);
void positions_close(struct api *api, struct call *call);
void positions_guard(struct api *api, struct call *call);
void watchlists_create(struct api *api, struct call *call);
void watchlists_rename(struct api *api, struct call *call);
void watchlists_delete(struct api *api, struct call *call);
void watchlists_add_item(struct api *api, struct call *call);
void watchlists_remove_item(struct api *api, struct call *call);

/* What only the mock has, in admin.c. */
void admin_stats(struct api *api, struct call *call);
void admin_sql(struct api *api, struct call *call);
void admin_fault_list(struct api *api, struct call *call);
void admin_fault_set(struct api *api, struct call *call);

#endif
