/* Turns: when they begin, and what comes next. */
#include "ask_private.h"

#include <blotter/core/alloc.h>
#include <blotter/core/hash.h>

#include <stdlib.h>
#include <string.h>

#define S_US ((int64_t)1000000)

/* --- life ------------------------------------------------------------------------------------ */

static void add_turn(struct ask *ask, enum ask_kind kind, size_t index,
                     const struct backend_section *section)
{
    struct ask_turn *turn = &ask->turns[ask->turn_count++];
    *turn = (struct ask_turn){.target = {kind, index},
                              .section = section,
                              .page = 1,
                              .last_us = MOMENT_NEVER,
                              .poll_us = MOMENT_NEVER};
    window_init(&turn->window, section->quota, 4);
}

struct ask *ask_new(const struct ask_settings *settings)
{
    struct ask *ask = mem_calloc(1, sizeof *ask);
    const struct backend *backend = settings->backend;
    ask->settings = *settings;
    ask->backend = backend;
    ask->opens_ms = INT64_MIN;
    buf_init(&ask->path, BACKEND_ADDRESS_MAX);
    window_init(&ask->window, backend->quota, 3);
    ask_values_init(ask);
    for (size_t i = 0; i < backend->discover_count; i++) {
        add_turn(ask, ASK_DISCOVER, i, &backend->discover[i]);
    }
    for (size_t i = 0; i < RESOURCE_COUNT; i++) {
        if (backend->panes[i].get.path != NULL && (settings->wanted & RESOURCE_BIT(i)) != 0) {
            add_turn(ask, ASK_PANE, i, &backend->panes[i]);
        }
    }
    if (backend->clock.present && settings->keep_asking) {
        add_turn(ask, ASK_CLOCK, 0, &backend->clock);
    }
    for (size_t i = 0; i < backend->quotes_count; i++) {
        add_turn(ask, ASK_QUOTES, i, &backend->quotes[i]);
    }
    return ask;
}

void ask_free(struct ask *ask)
{
    if (ask == NULL) {
        return;
    }
    for (size_t i = 0; i < ask->turn_count; i++) {
        window_done(&ask->turns[i].window);
        free(ask->turns[i].next);
    }
    window_done(&ask->window);
    ask_values_done(ask);
    buf_done(&ask->path);
    free(ask);
}

/* --- turns ----------------------------------------------------------------------------------- */

static void plan_polls(struct ask *ask, struct moment now)
{
    for (size_t i = 0; i < ask->turn_count; i++) {
        ask_plan_poll(ask, &ask->turns[i], now);
    }
}

/* --- inputs ---------------------------------------------------------------------------------- */

void ask_start(struct ask *ask, struct moment now)
{
    ask->running = true;
    for (size_t i = 0; i < ask->turn_count; i++) {
        struct ask_turn *turn = &ask->turns[i];
        bool by_itself = turn->target.kind == ASK_CLOCK || turn->target.kind == ASK_QUOTES;
        if (by_itself) {
            ask_want(turn, now);
        }
    }
    plan_polls(ask, now);
}

void ask_stop(struct ask *ask)
{
    ask->running = false;
}

void ask_pane(struct ask *ask, struct moment now, enum resource resource)
{
    struct ask_turn *turn = ask_turn_of(ask, ASK_PANE, resource);
    if (turn != NULL && ask->running) {
        ask_want(turn, now);
        bool held = !turn->wanted || ask->stopped;
        if (held) {
            ask_give_up(turn, ask->stopped ? &ask->fault : &turn->fault);
        }
    }
}

void ask_pane_cancel(struct ask *ask, struct moment now, enum resource resource)
{
    struct ask_turn *turn = ask_turn_of(ask, ASK_PANE, resource);
    if (turn == NULL || !turn->wanted) {
        return;
    }
    if (turn->request != 0) {
        ask->cancel = turn->request;
        ask->cancel_target = turn->target;
        turn->request = 0;
        window_end(&turn->window, now.mono_us);
        window_end(&ask->window, now.mono_us);
    }
    ask_end(ask, turn, now);
}

void ask_want_stream(struct ask *ask)
{
    ask->want_stream = true;
}

void ask_stream(struct ask *ask, struct moment now, bool up)
{
    if (ask->stream_up != up) {
        ask->stream_up = up;
        plan_polls(ask, now);
    }
}

void ask_manual(struct ask *ask, struct moment now)
{
    ask->stopped = false;
    ask->renewed = false;
    ask->renewal = ask->renewal == ASK_LOGIN_RENEWING ? ASK_LOGIN_RENEWING : ASK_LOGIN_FINE;
    for (size_t i = 0; i < ask->turn_count; i++) {
        struct ask_turn *turn = &ask->turns[i];
        turn->stopped = false;
        turn->rediscovered = false;
        if (turn->target.kind == ASK_CLOCK || turn->target.kind == ASK_QUOTES) {
            ask_want(turn, now);
        }
    }
}

void ask_clock(struct ask *ask, struct moment now, bool open, int64_t next_ms)
{
    ask->closed = !open;
    ask->opens_ms = next_ms;
    plan_polls(ask, now);
}

/* --- what comes next ------------------------------------------------------------------------- */

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When a turn's request may go out; MOMENT_NEVER while that depends on something else. */
static int64_t due_us(struct ask *ask, const struct ask_turn *turn, int64_t now_us)
{
    if (!turn->wanted || turn->request != 0 || turn->section->get.path == NULL ||
        ask_missing(ask, turn->section->get.path) != NULL) {
        return MOMENT_NEVER;
    }
    int64_t free_us =
        later(window_free_us(&ask->window, now_us), window_free_us(&turn->window, now_us));
    return later(free_us, later(turn->hold_us, ask->hosts[turn->section->get.host].hold_us));
}

/* Discoveries first, for others wait for them; then who has waited longest. */
static bool goes_before(const struct ask_turn *a, const struct ask_turn *b)
{
    bool a_first = a->target.kind == ASK_DISCOVER, b_first = b->target.kind == ASK_DISCOVER;
    return a_first != b_first ? a_first : a->since_us < b->since_us;
}

static struct ask_turn *missing_of_stream(struct ask *ask)
{
    return ask->want_stream ? ask_missing(ask, ask->backend->stream.get.path) : NULL;
}

/* When a discovery that the stream alone waits for is tried again. */
static int64_t again_us(const struct ask_turn *turn)
{
    return turn->failures == 0 ? INT64_MIN : turn->last_us + ask_wait_us(turn->failures - 1);
}

/* What waiting turns and the stream need is wanted as well. */
static void want_missing(struct ask *ask, struct moment now)
{
    for (size_t i = 0; i < ask->turn_count; i++) {
        struct ask_turn *missing =
            ask->turns[i].wanted ? ask_missing(ask, ask->turns[i].section->get.path) : NULL;
        if (missing != NULL) {
            ask_want(missing, now);
        }
    }
    struct ask_turn *missing = missing_of_stream(ask);
    if (missing != NULL && again_us(missing) <= now.mono_us) {
        ask_want(missing, now);
    }
}

/* A turn of which there is nothing to ask is at its end. */
static bool end_empty(struct ask *ask, struct moment now, struct ask_action *ret)
{
    for (size_t i = 0; i < ask->turn_count; i++) {
        struct ask_turn *turn = &ask->turns[i];
        const char *path = turn->section->get.path;
        if (!turn->wanted || turn->request != 0 || path == NULL || ask_missing(ask, path) != NULL ||
            ask_parts(ask, turn) > 0) {
            continue;
        }
        turn->last_us = now.mono_us;
        ask_end(ask, turn, now);
        if (turn->target.kind == ASK_PANE) {
            *ret = (struct ask_action){.kind = ASK_EMPTY, .target = turn->target};
            return true;
        }
    }
    return false;
}

static bool take_poll(struct ask *ask, struct moment now, struct ask_action *ret)
{
    for (size_t i = 0; i < ask->turn_count; i++) {
        struct ask_turn *turn = &ask->turns[i];
        if (turn->poll_us > now.mono_us) {
            continue;
        }
        turn->poll_us = MOMENT_NEVER;
        if (turn->target.kind != ASK_PANE) {
            ask_want(turn, now);
        } else if (!turn->wanted && !turn->stopped) {
            turn->last_us = now.mono_us; /* the next one, should nobody want this one */
            ask_plan_poll(ask, turn, now);
            *ret = (struct ask_action){.kind = ASK_POLL, .target = turn->target};
            return true;
        }
    }
    return false;
}

static bool take_time(struct ask *ask, struct moment now, struct ask_action *ret)
{
    struct ask_turn *turn = ask_turn_of(ask, ASK_CLOCK, 0);
    if (turn == NULL || !turn->wanted || turn->section->get.path != NULL) {
        return false;
    }
    turn->last_us = now.mono_us;
    ask_end(ask, turn, now);
    *ret = (struct ask_action){.kind = ASK_TIME, .target = turn->target};
    return true;
}

static bool take_fault(struct ask *ask, struct ask_action *ret)
{
    for (size_t i = 0; i < ask->turn_count; i++) {
        struct ask_turn *turn = &ask->turns[i];
        if (turn->gives_up) {
            turn->gives_up = false;
            *ret = (struct ask_action){
                .kind = ASK_GIVE_UP, .target = turn->target, .fault = &turn->fault};
            return true;
        }
    }
    return false;
}

static void note_page(struct ask_turn *turn, const char *path)
{
    turn->seen_count = turn->page == 1 ? 0 : turn->seen_count;
    if (turn->seen_count < ASK_PAGES_SEEN_MAX) {
        turn->seen[turn->seen_count++] = hash_text(HASH_START, path);
    }
}

static bool send(struct ask *ask, struct ask_turn *turn, struct moment now, struct ask_action *ret)
{
    buf_clear(&ask->path);
    if (!ask_path(ask, turn, &ask->path)) {
        struct fault fault;
        fault_set(&fault, FAULT_CONFIG, 0, "the address of %s cannot be made: it is too long",
                  turn->section->name);
        if (turn->target.kind == ASK_PANE) {
            ask_give_up(turn, &fault);
        } else {
            turn->stopped = true;
            ask_end(ask, turn, now);
        }
        return false;
    }
    note_page(turn, ask->path.data);
    turn->request = ++ask->next_request;
    turn->login = ask->login;
    if (!turn->under_way) {
        turn->last_us = now.mono_us;
        ask_plan_poll(ask, turn, now);
    }
    *ret = (struct ask_action){.kind = ASK_SEND,
                               .target = turn->target,
                               .request = turn->request,
                               .first = !turn->under_way,
                               .page = turn->page > 1,
                               .host = turn->section->get.host,
                               .path = ask->path.data};
    turn->under_way = true;
    window_start(&turn->window);
    window_start(&ask->window);
    return true;
}

static bool take_send(struct ask *ask, struct moment now, struct ask_action *ret)
{
    for (;;) {
        struct ask_turn *best = NULL;
        for (size_t i = 0; i < ask->turn_count; i++) {
            struct ask_turn *turn = &ask->turns[i];
            if (due_us(ask, turn, now.mono_us) <= now.mono_us &&
                (best == NULL || goes_before(turn, best))) {
                best = turn;
            }
        }
        if (best == NULL) {
            return false;
        }
        if (send(ask, best, now, ret)) {
            return true;
        }
    }
}

bool ask_next(struct ask *ask, struct moment now, struct ask_action *ret)
{
    if (ask->cancel != 0) {
        *ret = (struct ask_action){
            .kind = ASK_CANCEL, .target = ask->cancel_target, .request = ask->cancel};
        ask->cancel = 0;
        return true;
    }
    if (!ask->running) {
        return false;
    }
    if (take_fault(ask, ret)) {
        return true;
    }
    if (ask->renewal == ASK_LOGIN_REFUSED) {
        ask->renewal = ASK_LOGIN_RENEWING;
        *ret = (struct ask_action){.kind = ASK_RENEW};
        return true;
    }
    if (ask->renewal != ASK_LOGIN_FINE || ask->stopped) {
        return false;
    }
    if (take_poll(ask, now, ret) || take_time(ask, now, ret)) {
        return true;
    }
    want_missing(ask, now);
    return end_empty(ask, now, ret) || take_send(ask, now, ret) || take_fault(ask, ret);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t ask_deadline(const struct ask *ask)
{
    struct ask *mutable = (struct ask *)(uintptr_t)ask;
    int64_t deadline = MOMENT_NEVER;
    if (!ask->running || ask->stopped || ask->renewal != ASK_LOGIN_FINE) {
        return deadline;
    }
    for (size_t i = 0; i < ask->turn_count; i++) {
        const struct ask_turn *turn = &ask->turns[i];
        deadline = earlier(deadline, turn->poll_us);
        deadline = earlier(deadline, due_us(mutable, turn, INT64_MIN));
    }
    const struct ask_turn *missing = missing_of_stream(mutable);
    if (missing != NULL && !missing->wanted) {
        deadline = earlier(deadline, again_us(missing));
    }
    return deadline;
}

int64_t ask_poll_ms(const struct ask *ask, enum resource resource)
{
    const struct ask_turn *turn = ask_turn_of(ask, ASK_PANE, resource);
    int64_t interval_us = turn != NULL ? ask_interval_us(ask, turn) : MOMENT_NEVER;
    return interval_us == MOMENT_NEVER ? 0 : interval_us / 1000;
}

bool ask_is_cut(const struct ask *ask, enum resource resource)
{
    const struct ask_turn *turn = ask_turn_of(ask, ASK_PANE, resource);
    return turn != NULL && turn->cut;
}

void ask_state(const struct ask *ask, struct moment now, struct ask_state *ret)
{
    *ret = (struct ask_state){.stopped = ask->stopped,
                              .closed = ask->closed,
                              .opens_ms = ask->opens_ms,
                              .held_until_us = MOMENT_NEVER,
                              .poll_us = MOMENT_NEVER};
    for (size_t i = 0; i < ask->backend->host_count; i++) {
        const struct ask_host *host = &ask->hosts[i];
        if (host->hold_us > now.mono_us) {
            bool first = ret->held_until_us == MOMENT_NEVER;
            ret->held_until_us = first ? host->hold_us : later(ret->held_until_us, host->hold_us);
        }
    }
    int64_t shortest_us = MOMENT_NEVER;
    for (size_t i = 0; i < ask->turn_count; i++) {
        const struct ask_turn *turn = &ask->turns[i];
        ret->quotes_open |= turn->target.kind == ASK_QUOTES && turn->wanted;
        if (turn->target.kind == ASK_PANE) {
            bool orders = turn->target.index == RESOURCE_ORDERS;
            int64_t interval_us = ask_interval_us(ask, turn);
            ret->poll_us = earlier(ret->poll_us, turn->poll_us);
            shortest_us = earlier(shortest_us, interval_us);
            ret->poll_ms =
                orders && interval_us != MOMENT_NEVER ? interval_us / 1000 : ret->poll_ms;
        }
    }
    if (ret->poll_ms == 0 && shortest_us != MOMENT_NEVER) {
        ret->poll_ms = shortest_us / 1000;
    }
}
