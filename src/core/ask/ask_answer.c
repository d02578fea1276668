/* What an answer means for what is asked next. */
#include "ask_private.h"

#include <blotter/core/alloc.h>
#include <blotter/core/hash.h>

#include <stdlib.h>
#include <string.h>

#define HOLD_FIRST_MS ((int64_t)1000)
#define HOLD_LAST_MS ((int64_t)60000)
#define DOUBLINGS_MAX 10
#define FAR_FUTURE_MS INT64_C(1000000000000000) /* some time in the year 33658 */

/* --- limits ---------------------------------------------------------------------------------- */

/* A header's number, its fraction cut; false when it is none. */
static bool number_of(const char *text, int64_t *ret)
{
    if (text == NULL) {
        return false;
    }
    while (*text == ' ') {
        text++;
    }
    int64_t value = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9' && value < INT64_MAX / 20; at++) {
        value = value * 10 + (*at - '0');
    }
    *ret = value;
    return at > text && (*at == '\0' || *at == '.' || *at == ' ' || *at == ',' || *at == ';');
}

/* How long until the limits begin anew; -1 when the answer does not say. */
static int64_t reset_ms(const struct ask *ask, const struct ask_answer *answer, struct moment now)
{
    int64_t value, wait_ms = -1;
    if (!number_of(answer->reset, &value)) {
        return -1;
    }
    value = value < FAR_FUTURE_MS ? value : FAR_FUTURE_MS;
    switch (ask->backend->reset_kind) {
    case BACKEND_RESET_UNIX:
        wait_ms = value * 1000 + 999 - now.wall_ms; /* some time in that second */
        break;
    case BACKEND_RESET_UNIX_MS:
        wait_ms = value - now.wall_ms;
        break;
    case BACKEND_RESET_SECONDS:
        wait_ms = value * 1000;
        break;
    case BACKEND_RESET_NONE:
        return -1;
    }
    wait_ms = wait_ms < 0 ? 0 : wait_ms;
    return wait_ms < ASK_HOLD_MAX_MS ? wait_ms : ASK_HOLD_MAX_MS;
}

static void hold(int64_t *hold_us, struct moment now, int64_t wait_ms)
{
    int64_t until_us = now.mono_us + wait_ms * 1000;
    *hold_us = until_us > *hold_us ? until_us : *hold_us;
}

/* Nothing is left: of the section's own quota, where it has one, else of the host's. */
static void note_remaining(struct ask *ask, struct ask_turn *turn, const struct ask_answer *answer,
                           struct moment now)
{
    int64_t remaining;
    int64_t wait_ms = reset_ms(ask, answer, now);
    if (wait_ms < 0 || !number_of(answer->remaining, &remaining) || remaining > 0) {
        return;
    }
    bool own = turn->section->quota.requests > 0;
    hold(own ? &turn->hold_us : &ask->hosts[turn->section->get.host].hold_us, now, wait_ms);
}

/* How long the host wants us to wait. */
static int64_t patience_ms(const struct ask *ask, struct ask_host *host,
                           const struct ask_answer *answer, struct moment now)
{
    int64_t asked_ms = answer->fault->retry_after_ms;
    int64_t until_ms = reset_ms(ask, answer, now);
    asked_ms = asked_ms > until_ms ? asked_ms : until_ms;
    if (asked_ms < HOLD_FIRST_MS) { /* "at once" is no answer from who says that it is too much */
        asked_ms =
            HOLD_FIRST_MS << (host->refusals < DOUBLINGS_MAX ? host->refusals : DOUBLINGS_MAX);
        asked_ms = asked_ms < HOLD_LAST_MS ? asked_ms : HOLD_LAST_MS;
    }
    host->refusals++;
    return asked_ms < ASK_HOLD_MAX_MS ? asked_ms : ASK_HOLD_MAX_MS;
}

void ask_too_many(struct ask *ask, struct moment now, int64_t retry_after_ms)
{
    struct ask_host *host = &ask->hosts[ask->backend->stream.get.host];
    const struct fault fault = {.retry_after_ms = retry_after_ms};
    const struct ask_answer answer = {.fault = &fault};
    hold(&host->hold_us, now, patience_ms(ask, host, &answer, now));
}

/* --- the login ------------------------------------------------------------------------------- */

static void refuse_login(struct ask *ask, const struct fault *fault, struct moment now)
{
    ask->stopped = true;
    ask->renewal = ASK_LOGIN_FINE;
    ask->fault = *fault;
    ask->fault.kind = FAULT_AUTH;
    ask_fail_all(ask, &ask->fault, now);
}

/* True when it is to be asked again with other secrets. */
static bool renew_login(struct ask *ask, uint64_t login, const struct fault *fault,
                        struct moment now)
{
    if (login < ask->login || ask->renewal != ASK_LOGIN_FINE) {
        return true; /* it was sent with those before */
    }
    if (ask->renewed) {
        refuse_login(ask, fault, now);
        return false;
    }
    ask->renewal = ASK_LOGIN_REFUSED;
    ask->fault = *fault;
    return true;
}

void ask_login_refused(struct ask *ask, struct moment now)
{
    struct fault fault;
    fault_set(&fault, FAULT_AUTH, 401, "the stream's login was refused (HTTP 401)");
    if (!ask->stopped) {
        renew_login(ask, ask->login, &fault, now);
    }
}

void ask_renewed(struct ask *ask, struct moment now, bool ok)
{
    if (ask->renewal != ASK_LOGIN_RENEWING) {
        return;
    }
    ask->renewal = ASK_LOGIN_FINE;
    if (!ok) {
        struct fault fault = ask->fault;
        refuse_login(ask, &fault, now);
        return;
    }
    ask->login++;
    ask->renewed = true;
    for (size_t i = 0; i < ask->value_count; i++) {
        ask->values[i].known = ask->values[i].fixed;
    }
}

/* --- good answers ---------------------------------------------------------------------------- */

/* A page that was asked for already is none that follows. */
static bool is_circle(const struct ask_turn *turn, const char *path)
{
    uint64_t mark = hash_text(HASH_START, path);
    size_t i = 0;
    while (i < turn->seen_count && turn->seen[i] != mark) {
        i++;
    }
    return i < turn->seen_count;
}

/* True when another page is to be asked for. *ret_foreign: it cannot be, being somewhere else. */
static bool turn_page(struct ask_turn *turn, const struct ask_answer *answer, bool *ret_foreign)
{
    const char *next = answer->next;
    free(turn->next);
    turn->next = NULL;
    bool more = next != NULL ? !is_circle(turn, next) : answer->foreign;
    more = more && turn->target.kind == ASK_PANE;
    bool wanted = more && turn->page < turn->section->pages;
    bool goes_on = wanted && next != NULL;
    turn->cut = turn->cut || (more && !wanted);
    *ret_foreign = wanted && !goes_on;
    if (goes_on) {
        turn->next = mem_dup(next, strlen(next));
        turn->page++;
    }
    return goes_on;
}

/* Parts of a turn that were asked for by the old values do not go together with new ones. */
static void begin_anew(struct ask *ask, const struct ask_value *value)
{
    for (size_t i = 0; i < ask->turn_count; i++) {
        struct ask_turn *turn = &ask->turns[i];
        const char *path = turn->section->get.path;
        if (turn->under_way && path != NULL && backend_names(path, value->name)) {
            turn->mixed = turn->request != 0;
            if (!turn->mixed) {
                ask_rewind(turn);
            }
        }
    }
}

static void take_values(struct ask *ask, size_t index, const struct ask_answer *answer)
{
    struct ask_value *value = &ask->values[index];
    if (ask_value_set(value, answer->values, answer->value_count)) {
        begin_anew(ask, value);
    }
}

static enum ask_outcome take_good(struct ask *ask, struct ask_turn *turn,
                                  const struct ask_answer *answer, struct moment now)
{
    bool foreign = false;
    ask->hosts[turn->section->get.host].refusals = 0;
    ask->renewed = ask->renewed && turn->login < ask->login;
    turn->failures = 0;
    turn->rediscovered = false;
    if (turn->target.kind == ASK_DISCOVER) {
        take_values(ask, turn->target.index, answer);
    }
    if (turn->mixed) {
        ask_rewind(turn);
        return ASK_AGAIN;
    }
    if (turn->at == 0 && turn->page == 1) {
        turn->cut = false;
    }
    if (turn_page(turn, answer, &foreign)) {
        return ASK_MORE;
    }
    if (foreign) {
        fault_set(&turn->fault, FAULT_DECODE, 0, "the next page is at another origin");
        ask_end(ask, turn, now);
        return ASK_FAILED;
    }
    turn->page = 1;
    if (turn->target.kind != ASK_DISCOVER && ++turn->at < ask_parts(ask, turn)) {
        return ASK_MORE;
    }
    ask_end(ask, turn, now);
    return ASK_WHOLE;
}

/* --- bad answers ----------------------------------------------------------------------------- */

/* Those that cannot be asked without this discovery. */
static void fail_dependents(struct ask *ask, const struct ask_turn *discovery,
                            const struct fault *fault, struct moment now)
{
    for (size_t i = 0; i < ask->turn_count; i++) {
        struct ask_turn *turn = &ask->turns[i];
        if (!turn->wanted || turn->request != 0 || turn == discovery ||
            ask_missing(ask, turn->section->get.path) != discovery) {
            continue;
        }
        if (turn->target.kind == ASK_PANE) {
            ask_give_up(turn, fault);
        } else {
            ask_end(ask, turn, now);
        }
    }
}

/* Turns that nobody else repeats come again later. */
static void plan_again(struct ask *ask, struct ask_turn *turn, struct moment now)
{
    int64_t wait_us = ask_wait_us(turn->failures);
    turn->failures++;
    ask_end(ask, turn, now);
    if (turn->target.kind == ASK_CLOCK || turn->target.kind == ASK_QUOTES) {
        int64_t again_us = now.mono_us + wait_us;
        turn->poll_us =
            again_us > turn->poll_us && turn->poll_us != MOMENT_NEVER ? turn->poll_us : again_us;
        hold(&turn->hold_us, now, wait_us / 1000);
    }
}

static enum ask_outcome take_refusal(struct ask *ask, struct ask_turn *turn,
                                     const struct ask_answer *answer, struct moment now)
{
    bool login = answer->status == 401 || answer->expired;
    if (login && renew_login(ask, turn->login, answer->fault, now)) {
        ask_rewind(turn);
        return ASK_AGAIN;
    }
    bool address = !login && (answer->status == 403 || answer->status == 404);
    if (address && !turn->rediscovered && ask_forget_values(ask, turn)) {
        turn->rediscovered = true;
        ask_rewind(turn);
        return ASK_AGAIN;
    }
    turn->gives_up = false; /* what it came to is told by the outcome */
    turn->fault = login ? ask->fault : *answer->fault;
    turn->stopped = turn->stopped || (!login && answer->status == 403);
    if (answer->status == 429) {
        struct ask_host *host = &ask->hosts[turn->section->get.host];
        int64_t wait_ms = patience_ms(ask, host, answer, now);
        hold(&host->hold_us, now, wait_ms);
        turn->fault.retry_after_ms = wait_ms;
    }
    plan_again(ask, turn, now);
    if (turn->target.kind == ASK_DISCOVER) {
        fail_dependents(ask, turn, &turn->fault, now);
    }
    return ASK_FAILED;
}

enum ask_outcome ask_answered(struct ask *ask, struct moment now, uint64_t request,
                              const struct ask_answer *answer, struct fault *ret_fault)
{
    struct ask_turn *turn = NULL;
    for (size_t i = 0; i < ask->turn_count && turn == NULL && request != 0; i++) {
        turn = ask->turns[i].request == request ? &ask->turns[i] : NULL;
    }
    if (turn == NULL) {
        return ASK_NONE;
    }
    turn->request = 0;
    window_end(&turn->window, now.mono_us);
    window_end(&ask->window, now.mono_us);
    note_remaining(ask, turn, answer, now);
    enum ask_outcome outcome = answer->fault == NULL ? take_good(ask, turn, answer, now)
                                                     : take_refusal(ask, turn, answer, now);
    if (outcome == ASK_FAILED) {
        *ret_fault = turn->fault;
    }
    return outcome;
}
