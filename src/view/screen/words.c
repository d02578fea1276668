#include "events.h"
#include "frame.h"
#include "parts.h"
#include "tape_pane.h"
#include "words.h"

#include <stdio.h>
#include <string.h>

#define POLL_SECONDS_MAX 600

/* --- the connection, in words --------------------------------------------------------------- */

static void clock_text(const struct screen_input *input, int64_t wall_ms, char out[FORMAT_MAX])
{
    format_time(&input->format, wall_ms, input->now.wall_ms, out);
}

static void word_set(struct conn_word *word, enum role role, const char *text)
{
    word->role = role;
    snprintf(word->text, sizeof word->text, "%s", text);
    snprintf(word->shortest, sizeof word->shortest, "%s", text);
    word->more[0] = '\0';
    word->why[0] = '\0';
}

/* A token that was turned down anywhere is turned down everywhere. */
static const struct fault *auth_fault(const struct screen_input *input)
{
    if (input->conn != NULL && input->conn->phase != CONN_LIVE &&
        input->conn->fault.kind == FAULT_AUTH) {
        return &input->conn->fault;
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if (input->panes[i].fault.kind == FAULT_AUTH) {
            return &input->panes[i].fault;
        }
    }
    return NULL;
}

/* How far polls are apart: as told, else from the last answer of any kind to the next poll. */
static int64_t poll_seconds(const struct screen_input *input)
{
    int64_t last_ms = MODEL_NO_TIME;
    if (input->poll_every_ms > 0) {
        return input->poll_every_ms / 1000;
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const struct pane_state *pane = &input->panes[i];
        last_ms = pane->confirmed_ms > last_ms ? pane->confirmed_ms : last_ms;
        last_ms = pane->fault_ms > last_ms ? pane->fault_ms : last_ms;
    }
    bool known = last_ms != MODEL_NO_TIME && input->poll_next_ms > last_ms;
    return known ? (input->poll_next_ms - last_ms + 500) / 1000 : 0;
}

static void say_polling(const struct screen_input *input, struct conn_word *ret)
{
    int64_t seconds = poll_seconds(input);
    char at[FORMAT_MAX];
    clock_text(input, input->poll_next_ms, at);
    word_set(ret, ROLE_CONN_WARN, "◍ POLLING");
    if (seconds > 0 && seconds <= POLL_SECONDS_MAX) {
        snprintf(ret->text, sizeof ret->text, "◍ POLLING %llds", (long long)seconds);
    }
    snprintf(ret->more, sizeof ret->more, "next %s", at);
    if (input->conn->phase == CONN_SILENT) {
        snprintf(ret->why, sizeof ret->why, "not a byte comes on the stream");
    } else if (input->conn->fault.kind != FAULT_NONE) {
        snprintf(ret->why, sizeof ret->why, "no stream: %.140s", input->conn->fault.text);
    }
}

/* --- a backend that is asked ---------------------------------------------------------------- */

static int64_t wall_of(const struct screen_input *input, int64_t mono_us)
{
    return input->now.wall_ms + (mono_us - input->now.mono_us) / 1000;
}

/* The fault when nothing gets through: the latest of what came of requests was an outage. */
static const struct fault *outage_of(const struct screen_input *input)
{
    const struct fault *fault = NULL;
    int64_t heard_ms = INT64_MIN, failed_ms = INT64_MIN;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const struct pane_state *pane = &input->panes[i];
        bool wanted = input->wanted == 0 || (input->wanted & RESOURCE_BIT(i)) != 0;
        bool outage = fault_is_outage(pane->fault.kind);
        if (!wanted) {
            continue;
        }
        if (outage && pane->fault_ms >= failed_ms) {
            fault = &pane->fault;
            failed_ms = pane->fault_ms;
        }
        bool refused = pane->fault.kind != FAULT_NONE && !outage && pane->fault_ms > heard_ms;
        heard_ms = refused ? pane->fault_ms : heard_ms;
        heard_ms = pane->confirmed_ms > heard_ms ? pane->confirmed_ms : heard_ms;
    }
    return failed_ms > heard_ms ? fault : NULL;
}

static void say_held(const struct screen_input *input, struct conn_word *ret)
{
    int64_t left_us = input->asking->held_until_us - input->now.mono_us;
    word_set(ret, ROLE_CONN_WARN, "◍ HELD");
    snprintf(ret->text, sizeof ret->text, "◍ HELD %lld s", ((long long)left_us + 999999) / 1000000);
    snprintf(ret->shortest, sizeof ret->shortest, "%s", ret->text);
    snprintf(ret->more, sizeof ret->more, "│ too many requests");
}

/* Polled: there is no stream, or it was refused. */
static void say_asking(const struct screen_input *input, struct conn_word *ret)
{
    const struct ask_state *asking = input->asking;
    const struct conn_status *conn = input->conn;
    char at[FORMAT_MAX];
    word_set(ret, ROLE_CONN_WARN, "◍ POLL");
    if (asking->poll_ms > 0) {
        snprintf(ret->text, sizeof ret->text, "◍ POLL %lld s", (long long)asking->poll_ms / 1000);
        snprintf(ret->shortest, sizeof ret->shortest, "%s", ret->text);
    }
    if (asking->poll_us != MOMENT_NEVER) {
        clock_text(input, wall_of(input, asking->poll_us), at);
        snprintf(ret->more, sizeof ret->more, "next %s", at);
    }
    if (asking->closed && asking->opens_ms > input->now.wall_ms) {
        clock_text(input, asking->opens_ms, at);
        snprintf(ret->why, sizeof ret->why, "market closed, opens %s", at);
    } else if (asking->closed) {
        snprintf(ret->why, sizeof ret->why, "market closed");
    } else if (conn != NULL && conn->fault.kind != FAULT_NONE) {
        snprintf(ret->why, sizeof ret->why, "no stream: %.140s", conn->fault.text);
    }
}

static void say_unreachable(const struct fault *fault, struct conn_word *ret)
{
    word_set(ret, ROLE_CONN_BAD, "✗ OFFLINE");
    snprintf(ret->text, sizeof ret->text, "✗ OFFLINE %.140s", fault->text);
}

/* False when what is said of streams holds here as well. */
static bool say_of_backend(const struct screen_input *input, struct conn_word *ret)
{
    const struct conn_status *conn = input->conn;
    bool live = conn != NULL && conn->phase == CONN_LIVE;
    bool begins = conn != NULL && conn->attempt <= 1 &&
                  (conn->phase == CONN_CONNECTING || conn->phase == CONN_SILENT);
    const struct fault *outage = input->asking != NULL ? outage_of(input) : NULL;
    if (input->asking == NULL) {
        return false;
    }
    if (input->asking->held_until_us != MOMENT_NEVER) {
        say_held(input, ret);
    } else if (outage != NULL && !live) {
        say_unreachable(outage, ret);
    } else if (!live && !begins) {
        say_asking(input, ret);
    } else {
        return false;
    }
    return true;
}

static void say_offline(const struct screen_input *input, struct conn_word *ret)
{
    const struct conn_status *conn = input->conn;
    char at[FORMAT_MAX], key[16];
    key_of(input, ACTION_REVALIDATE_ALL, key, sizeof key);
    word_set(ret, ROLE_CONN_BAD, "✗ OFFLINE");
    snprintf(ret->why, sizeof ret->why, "%.140s", conn->fault.text);
    if (conn->phase == CONN_WAITING) {
        clock_text(input, conn->retry_at_ms, at);
        snprintf(ret->more, sizeof ret->more, "│ try %d, next %s (%s now)", conn->attempt + 1, at,
                 key);
    } else if (conn->phase == CONN_CONNECTING) {
        snprintf(ret->more, sizeof ret->more, "│ try %d", conn->attempt);
    } else {
        snprintf(ret->more, sizeof ret->more, "│ %s tries again", key);
    }
}

static void say_retry(const struct screen_input *input, struct conn_word *ret)
{
    char at[FORMAT_MAX];
    clock_text(input, input->conn->retry_at_ms, at);
    word_set(ret, ROLE_CONN_WARN, "○ RETRY");
    snprintf(ret->text, sizeof ret->text, "○ RETRY %d at %s", input->conn->attempt + 1, at);
    snprintf(ret->shortest, sizeof ret->shortest, "○ RETRY %d", input->conn->attempt + 1);
    if (input->conn->fault.kind != FAULT_NONE) {
        snprintf(ret->why, sizeof ret->why, "%.140s", input->conn->fault.text);
    }
}

static void say_ended(const struct screen_input *input, struct conn_word *ret)
{
    if (input->conn->fault.kind != FAULT_NONE) {
        say_offline(input, ret);
        return;
    }
    word_set(ret, ROLE_CONN_WARN, "○ ENDED");
    snprintf(ret->more, sizeof ret->more, "by the server");
}

static void say_live(const struct screen_input *input, struct conn_word *ret)
{
    char at[FORMAT_MAX];
    bool heard =
        input->conn->heard_ms != INT64_MIN; /* a time of day stays true without waking us */
    clock_text(input, heard ? input->conn->heard_ms : input->conn->live_since_ms, at);
    word_set(ret, ROLE_CONN_LIVE, "● LIVE");
    if (input->conn->quiet) {
        long long seconds = (input->now.wall_ms - input->conn->quiet_since_ms) / 1000;
        word_set(ret, ROLE_CONN_WARN, "● LIVE?");
        snprintf(ret->text, sizeof ret->text, "● LIVE, quiet for %lld s", seconds);
        snprintf(ret->shortest, sizeof ret->shortest, "● QUIET %llds", seconds);
    }
    snprintf(ret->more, sizeof ret->more, "%s %s", heard ? "heard" : "since", at);
}

/* Nothing gets through, and not just for the moment. */
static bool is_offline(const struct conn_status *conn)
{
    return conn->phase != CONN_LIVE && conn->attempt >= 2 && fault_is_outage(conn->fault.kind);
}

static void say_accounts(const struct screen_input *input, struct conn_word *ret);

void conn_word_make(const struct screen_input *input, struct conn_word *ret)
{
    if (screen_is_joint(input)) {
        say_accounts(input, ret);
        return;
    }
    const struct conn_status *conn = input->conn;
    const struct fault *auth = auth_fault(input);
    word_set(ret, ROLE_CONN_WARN, "◌ CONNECTING");
    if (input->day != NULL) {
        word_set(ret, ROLE_CONN_WARN, "▮▮ PAST");
        snprintf(ret->text, sizeof ret->text, "▮▮ PAST DAY %.10s", input->day);
        snprintf(ret->more, sizeof ret->more, "from the daybook, no server is asked");
    } else if (auth != NULL) {
        word_set(ret, ROLE_CONN_BAD, "✗ AUTH");
        snprintf(ret->text, sizeof ret->text, "✗ AUTH token rejected");
        snprintf(ret->why, sizeof ret->why, "%.140s", auth->text);
    } else if (say_of_backend(input, ret)) {
        return;
    } else if (conn == NULL) {
        word_set(ret, ROLE_CONN_WARN, "○ NO STREAM");
    } else if (conn->phase == CONN_LIVE) {
        say_live(input, ret);
    } else if (is_offline(conn)) {
        say_offline(input, ret);
    } else if (input->polling) {
        say_polling(input, ret);
    } else if (conn->phase == CONN_WAITING) {
        say_retry(input, ret);
    } else if (conn->phase == CONN_ENDED) {
        say_ended(input, ret);
    } else if (conn->phase == CONN_SILENT) {
        snprintf(ret->more, sizeof ret->more, "answered, not a byte yet");
    } else if (conn->attempt > 1) {
        snprintf(ret->more, sizeof ret->more, "try %d", conn->attempt);
    }
}

/* Of several accounts: how many are live, and what is wrong with the first that is not. */
static void say_accounts(const struct screen_input *input, struct conn_word *ret)
{
    const struct screen_accounts *accounts = input->accounts;
    struct conn_word word, first = {.role = ROLE_CONN_LIVE};
    size_t live = 0, off = accounts->count;
    for (size_t i = 0; i < accounts->count; i++) {
        conn_word_make(&accounts->of[i], &word);
        live += word.role == ROLE_CONN_LIVE;
        bool worse =
            word.role != ROLE_CONN_LIVE &&
            (off == accounts->count || (word.role == ROLE_CONN_BAD && first.role != ROLE_CONN_BAD));
        first = worse ? word : first;
        off = worse ? i : off;
    }
    memset(ret, 0, sizeof *ret);
    ret->role = live == accounts->count ? ROLE_CONN_LIVE : live > 0 ? ROLE_CONN_WARN : first.role;
    snprintf(ret->text, sizeof ret->text, "%s %zu/%zu", live > 0 ? "● LIVE" : "○ LIVE", live,
             accounts->count);
    snprintf(ret->shortest, sizeof ret->shortest, "%s", ret->text);
    if (off < accounts->count) {
        snprintf(ret->more, sizeof ret->more, "│ %s %.60s %.60s", accounts->owners[off]->name,
                 first.text, first.more);
        snprintf(ret->why, sizeof ret->why, "%s", first.why);
    }
}

/* --- why there is nothing to see ------------------------------------------------------------ */

static void not_loaded(const struct frame *frame, const struct pane_state *state, char *out,
                       size_t capacity)
{
    char at[FORMAT_MAX];
    if (state->fault.kind == FAULT_NONE) {
        snprintf(out, capacity, "first load…");
        return;
    }
    int len = snprintf(out, capacity, "not loaded: %s", state->fault.text);
    if (state->retry_ms != MODEL_NO_TIME && len > 0 && (size_t)len < capacity) {
        clock_text(frame->input, state->retry_ms, at);
        snprintf(out + len, capacity - (size_t)len, " · next try %s", at);
    }
}

void empty_reason(const struct frame *frame, enum pane pane, char *out, size_t capacity)
{
    out[0] = '\0';
    if (pane == PANE_EVENTS) {
        bool event_log = frame->screen->strip.event_log;
        size_t count = event_log ? events_count(frame->screen, frame->input)
                                 : tape_pane_count(frame->screen, frame->input);
        const char *empty = event_log ? "no events yet" : pane_info(pane)->empty;
        snprintf(out, capacity, "%s", count == 0 ? empty : "");
        return;
    }
    struct pane_state state = screen_pane(frame->screen, frame->input, (enum resource)pane);
    const struct table *table = &frame->screen->tables[pane];
    if (state.shown == NULL) {
        not_loaded(frame, &state, out, capacity);
    } else if (pane == PANE_WATCHLIST && state.shown->list_count == 0) {
        snprintf(out, capacity, "no watchlists");
    } else if (table->total == 0) {
        snprintf(out, capacity, "%s", pane_info(pane)->empty);
    } else if (table->order_count == 0) {
        snprintf(out, capacity, "filter hides %zu", table->total);
    }
}

void key_of(const struct screen_input *input, enum action action, char *out, size_t capacity)
{
    const char *keys = input->keys != NULL ? input->keys[action] : action_info(action)->keys;
    size_t len = 0;
    while (keys != NULL && keys[len] != '\0' && keys[len] != ' ' && len + 1 < capacity) {
        out[len] = keys[len];
        len++;
    }
    out[len] = '\0';
}
