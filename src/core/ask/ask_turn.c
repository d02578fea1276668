/* A turn: when it is wanted, at its end, and due by itself. */
#include "ask_private.h"

#include <stdlib.h>

#define S_US ((int64_t)1000000)
#define DOUBLINGS_MAX 10
#define RETRY_FIRST_US ((int64_t)5000000)
#define RETRY_LAST_US ((int64_t)60000000)

struct ask_turn *ask_turn_of(const struct ask *ask, enum ask_kind kind, size_t index)
{
    for (size_t i = 0; i < ask->turn_count; i++) {
        const struct ask_turn *turn = &ask->turns[i];
        if (turn->target.kind == kind && turn->target.index == index) {
            return (struct ask_turn *)(uintptr_t)turn;
        }
    }
    return NULL;
}

void ask_want(struct ask_turn *turn, struct moment now)
{
    if (!turn->wanted && !turn->stopped) {
        turn->wanted = true;
        turn->since_us = now.mono_us;
    }
}

void ask_rewind(struct ask_turn *turn)
{
    free(turn->next);
    turn->next = NULL;
    turn->at = 0;
    turn->page = 1;
    turn->under_way = false;
    turn->mixed = false;
}

void ask_end(struct ask *ask, struct ask_turn *turn, struct moment now)
{
    turn->wanted = turn->outdated;
    turn->since_us = turn->outdated ? now.mono_us : turn->since_us;
    turn->outdated = false;
    ask_rewind(turn);
    ask_plan_poll(ask, turn, now);
}

int64_t ask_interval_us(const struct ask *ask, const struct ask_turn *turn)
{
    const struct backend_section *section = turn->section;
    bool stream = ask->backend->stream.present;
    if (turn->target.kind == ASK_CLOCK) {
        return ASK_CLOCK_S * S_US;
    }
    if (turn->target.kind == ASK_DISCOVER || !ask->settings.keep_asking) {
        return MOMENT_NEVER;
    }
    int64_t poll_s = section->poll_s;
    if (poll_s == 0 && stream && !ask->stream_up) {
        poll_s = ASK_POLL_S;
    } else if (ask->closed) {
        poll_s = section->poll_closed_s;
    } else if (ask->stream_up) {
        poll_s = section->poll_stream_s;
    }
    return poll_s > 0 ? poll_s * S_US : MOMENT_NEVER;
}

void ask_plan_poll(struct ask *ask, struct ask_turn *turn, struct moment now)
{
    int64_t interval_us = ask_interval_us(ask, turn);
    int64_t from_us = turn->last_us != MOMENT_NEVER ? turn->last_us : now.mono_us;
    turn->poll_us = interval_us == MOMENT_NEVER ? MOMENT_NEVER : from_us + interval_us;
    bool changes_soon =
        ask->opens_ms > now.wall_ms && ask->opens_ms - now.wall_ms < (int64_t)ASK_CLOCK_S * 1000;
    if (turn->target.kind == ASK_CLOCK && changes_soon) {
        int64_t change_us = now.mono_us + (ask->opens_ms - now.wall_ms) * 1000;
        int64_t least_us = from_us + ASK_CLOCK_LEAST_S * S_US; /* one that is always about to */
        change_us = change_us > least_us ? change_us : least_us;
        turn->poll_us = change_us < turn->poll_us ? change_us : turn->poll_us;
    }
}

void ask_give_up(struct ask_turn *turn, const struct fault *fault)
{
    turn->wanted = false;
    turn->gives_up = true;
    turn->fault = *fault;
    ask_rewind(turn);
}

void ask_fail_all(struct ask *ask, const struct fault *fault, struct moment now)
{
    for (size_t i = 0; i < ask->turn_count; i++) {
        struct ask_turn *turn = &ask->turns[i];
        if (!turn->wanted || turn->request != 0) {
            continue;
        }
        if (turn->target.kind == ASK_PANE) {
            ask_give_up(turn, fault);
        } else {
            ask_end(ask, turn, now);
        }
    }
}

int64_t ask_wait_us(int failures)
{
    int64_t wait_us = RETRY_FIRST_US << (failures < DOUBLINGS_MAX ? failures : DOUBLINGS_MAX);
    return wait_us < RETRY_LAST_US ? wait_us : RETRY_LAST_US;
}
