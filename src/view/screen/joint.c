/* Several accounts as one: their panes' rows, times and faults, their tapes. */
#include "frame.h"
#include "parts.h"

#include <blotter/core/alloc.h>
#include <blotter/core/join.h>

#include <stdio.h>
#include <stdlib.h>

struct screen_joint {
    struct join *rows[RESOURCE_COUNT];
    struct tapes *tapes;
    struct screen_input *held; /* while the screen is paused, OWNERS_MAX; NULL: it never was */
};

struct screen_joint *screen_joint_new(void)
{
    struct screen_joint *joint = mem_calloc(1, sizeof *joint);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        joint->rows[i] = join_new((enum resource)i);
    }
    joint->tapes = tapes_new();
    return joint;
}

void screen_joint_free(struct screen_joint *joint)
{
    if (joint != NULL) {
        for (int i = 0; i < RESOURCE_COUNT; i++) {
            join_free(joint->rows[i]);
        }
        tapes_free(joint->tapes);
        free(joint->held);
        free(joint);
    }
}

static bool is_shown(const struct screen_accounts *accounts, size_t i)
{
    return accounts->shown == SCREEN_ALL_ACCOUNTS || accounts->shown == i;
}

/* --- one state of many ------------------------------------------------------------------------ */

static int64_t earlier(int64_t a, int64_t b)
{
    return a == MODEL_NO_TIME || (b != MODEL_NO_TIME && b < a) ? b : a;
}

/* That an account is out of reach stands on top and with its name; every pane need not say it. */
static bool is_news(const struct screen_input *one, const struct pane_state *state)
{
    bool live = one->conn == NULL || one->conn->phase == CONN_LIVE;
    return state->fault.kind != FAULT_NONE && (live || !fault_is_outage(state->fault.kind));
}

/* The first that failed is told, by its name. */
static void add_fault(struct pane_state *all, const struct pane_state *one,
                      const struct owner *owner)
{
    if (all->fault.kind == FAULT_NONE && one->fault.kind != FAULT_NONE) {
        all->fault = one->fault;
        snprintf(all->fault.text, sizeof all->fault.text, "%s: %.*s", owner->name,
                 (int)(sizeof all->fault.text - OWNER_NAME_BYTES - 3), one->fault.text);
        all->fault_ms = one->fault_ms;
        all->retry_ms = one->retry_ms;
    }
}

/* All of it is stale when every account's is; what is not is true as of the earliest of them. */
static void add_state(struct pane_state *all, const struct pane_state *one)
{
    bool fresh = !one->stale && one->shown != NULL;
    all->fetching |= one->fetching;
    all->dirty |= one->dirty;
    all->cached &= one->cached;
    all->version = memo_mix(all->version, one->version);
    all->confirmed_ms = earlier(all->confirmed_ms, one->confirmed_ms);
    if (fresh && all->stale) {
        all->shown_ms = MODEL_NO_TIME;
        all->stale = false;
    }
    if (fresh || all->stale) {
        all->shown_ms = earlier(all->shown_ms, one->shown_ms);
    }
    all->fetch_us = one->fetch_us > all->fetch_us ? one->fetch_us : all->fetch_us;
}

static void join_pane(struct screen_joint *joint, const struct screen_accounts *accounts,
                      enum resource resource, struct pane_state *ret)
{
    struct join_part parts[OWNERS_MAX];
    struct pane_state all = {.stale = true,
                             .cached = true,
                             .confirmed_ms = MODEL_NO_TIME,
                             .shown_ms = MODEL_NO_TIME,
                             .fault_ms = MODEL_NO_TIME,
                             .retry_ms = MODEL_NO_TIME};
    size_t count = 0;
    for (size_t i = 0; i < accounts->count; i++) {
        const struct pane_state *one = &accounts->of[i].panes[resource];
        if (is_shown(accounts, i)) {
            add_state(&all, one);
            if (is_news(&accounts->of[i], one)) {
                add_fault(&all, one, accounts->owners[i]);
            }
            parts[count++] = (struct join_part){one->shown, accounts->owners[i], one->version,
                                                one->stale && one->shown != NULL};
        }
    }
    join_take(joint->rows[resource], parts, count);
    all.shown = join_shown(joint->rows[resource]);
    for (size_t i = 0; i < accounts->count && all.shown == NULL; i++) {
        add_fault(&all, &accounts->of[i].panes[resource], accounts->owners[i]);
    }
    all.stale = all.stale && all.shown != NULL;
    *ret = all;
}

static void join_tapes(struct screen_joint *joint, struct screen_accounts *accounts)
{
    struct tapes_part parts[OWNERS_MAX];
    for (size_t i = 0; i < accounts->count; i++) {
        parts[i] = (struct tapes_part){accounts->of[i].tape, accounts->owners[i]};
    }
    tapes_take(joint->tapes, parts, accounts->count);
    accounts->tapes = joint->tapes;
}

/* --- what else is shown ------------------------------------------------------------------------
 */

/* Of one account, what it would show alone. */
static void take_one(const struct screen_input *one, struct screen_input *ret)
{
    ret->conn = one->conn;
    ret->asking = one->asking;
    ret->polling = one->polling;
    ret->poll_next_ms = one->poll_next_ms;
    ret->poll_every_ms = one->poll_every_ms;
    ret->event_log = one->event_log;
    ret->tape = NULL; /* entries are numbered among those of all */
    ret->history = one->history;
    ret->book = one->book;
    ret->day = one->day;
    ret->event_latency = one->event_latency;
    ret->fetch_latency = one->fetch_latency;
    ret->badge = one->badge;
    ret->host = one->host;
    ret->client = one->client;
}

static void add_counts(const struct screen_input *one, struct screen_input *ret)
{
    ret->wanted |= one->wanted;
    ret->cut |= one->cut;
    ret->events += one->events;
    ret->errors += one->errors;
}

/* While the screen is paused, every account shows what it did when that began. */
static void hold(struct screen_joint *joint, const struct screen *screen,
                 struct screen_accounts *accounts)
{
    if (!screen->paused) {
        return;
    }
    if (joint->held == NULL) {
        joint->held = mem_calloc(OWNERS_MAX, sizeof *joint->held);
    }
    for (size_t i = 0; i < accounts->count; i++) {
        const struct screen_input *live = &accounts->of[i];
        joint->held[i] = *live;
        for (int r = 0; r < RESOURCE_COUNT && i < screen->held_count; r++) {
            joint->held[i].panes[r] = held_pane(screen, i, live, (enum resource)r);
            joint->held[i].events = screen->held[i].events;
        }
    }
    accounts->of = joint->held;
}

static size_t chosen(const struct screen *screen, const struct screen_accounts *accounts)
{
    for (size_t i = 0; i < accounts->count; i++) {
        if (accounts->owners[i]->key == screen->account) {
            return i;
        }
    }
    return SCREEN_ALL_ACCOUNTS;
}

void screen_joint_fill(struct screen_joint *joint, const struct screen *screen,
                       struct screen_accounts *accounts, struct screen_input *ret)
{
    accounts->shown = chosen(screen, accounts);
    hold(joint, screen, accounts);
    ret->accounts = accounts;
    ret->wanted = ret->cut = 0;
    for (size_t i = 0; i < accounts->count; i++) {
        if (is_shown(accounts, i)) {
            add_counts(&accounts->of[i], ret);
        }
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        join_pane(joint, accounts, (enum resource)i, &ret->panes[i]);
    }
    join_tapes(joint, accounts);
    struct screen_input none;
    screen_input_init(&none);
    take_one(&none, ret);
    ret->looked_ms = accounts->count > 0 ? accounts->of[0].looked_ms : MODEL_NO_TIME;
    if (accounts->shown != SCREEN_ALL_ACCOUNTS) {
        take_one(&accounts->of[accounts->shown], ret);
    }
}
