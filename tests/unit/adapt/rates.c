/*
 * How often the shipped backends ask: played through on a clock of our own, against the table in
 * blotter-backend(5) and what their systems allow.
 */
#include <blotter/adapt/adapt.h>
#include <blotter/core/ask.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define STEP_US INT64_C(50000)
#define MINUTE_US INT64_C(60000000)
#define MINUTES 20
#define SENT_MAX 100000

/* How it is played. */
struct play {
    bool stream, closed, pressed;
};

/* When requests went out, and by which section. */
struct sent {
    int64_t at_us[SENT_MAX];
    const struct backend_section *section[SENT_MAX];
    size_t count;
};

static char page[1 << 16];

static struct adapt *open_backend(const char *name)
{
    struct buf sentences;
    struct adapt_source source = {.shipped_dir = BACKENDS};
    buf_init(&sentences, ADAPT_SENTENCES_MAX);
    struct adapt *adapt = adapt_load(name, &source, &sentences);
    if (adapt == NULL) {
        fail_msg("%s", sentences.data);
    }
    buf_done(&sentences);
    return adapt;
}

static const struct backend_section *section_of(const struct backend *backend,
                                                struct ask_target target)
{
    switch (target.kind) {
    case ASK_DISCOVER:
        return &backend->discover[target.index];
    case ASK_PANE:
        return &backend->panes[target.index];
    case ASK_QUOTES:
        return &backend->quotes[target.index];
    case ASK_CLOCK:
    default:
        return &backend->clock;
    }
}

/* Everything is answered at once, a value a discovery. */
static void act(struct ask *ask, struct moment now, const struct ask_action *action,
                const struct play *play, struct sent *sent, const struct backend *backend)
{
    static const char *const values[] = {"x"};
    struct ask_answer answer = {.status = 200, .values = values, .value_count = 1};
    struct fault fault;
    if (action->kind == ASK_POLL) {
        ask_pane(ask, now, (enum resource)action->target.index);
    } else if (action->kind == ASK_TIME) {
        ask_clock(ask, now, !play->closed, INT64_MIN);
    } else if (action->kind == ASK_SEND) {
        assert_true(sent->count < SENT_MAX);
        sent->at_us[sent->count] = now.mono_us;
        sent->section[sent->count++] = section_of(backend, action->target);
        if (action->target.kind == ASK_CLOCK) {
            ask_clock(ask, now, !play->closed, INT64_MIN);
        }
        ask_answered(ask, now, action->request, &answer, &fault);
    }
}

static void play(const struct backend *backend, const struct play *play, struct sent *sent)
{
    static const struct ask_symbol symbols[] = {
        {"A", "us_equity"}, {"B", "crypto"}, {"C", "equity"}, {"D", ""}};
    struct ask_settings settings = {backend, RESOURCE_ALL, true};
    struct ask *ask = ask_new(&settings);
    struct moment now = {.mono_us = 1, .wall_ms = 1};
    struct ask_action action;
    sent->count = 0;
    ask_start(ask, now);
    ask_symbols(ask, now, symbols, COUNT(symbols));
    ask_stream(ask, now, play->stream);
    for (int64_t at_us = 0; at_us < MINUTES * MINUTE_US; at_us += STEP_US) {
        now = (struct moment){.mono_us = 1 + at_us, .wall_ms = 1 + at_us / 1000};
        for (int i = 0; i < RESOURCE_COUNT && (at_us == 0 || play->pressed); i++) {
            ask_pane(ask, now, (enum resource)i);
        }
        if (play->pressed) {
            ask_manual(ask, now);
        }
        while (ask_next(ask, now, &action)) {
            act(ask, now, &action, play, sent, backend);
        }
    }
    ask_free(ask);
}

/* The most in any minute but the first, in which everything is asked once. */
static size_t most_a_minute(const struct sent *sent)
{
    size_t most = 0, first = 0;
    for (size_t i = 0; i < sent->count; i++) {
        while (sent->at_us[i] - sent->at_us[first] >= MINUTE_US) {
            first++;
        }
        if (sent->at_us[first] > MINUTE_US && i + 1 - first > most) {
            most = i + 1 - first;
        }
    }
    return most;
}

/* At most so many in any window of the quota. section NULL: of all. */
static void check_quota(const struct sent *sent, struct backend_quota quota,
                        const struct backend_section *section, int64_t at_most)
{
    size_t first = 0;
    int64_t within = 0;
    for (size_t i = 0; i < sent->count && quota.requests > 0; i++) {
        within += section == NULL || sent->section[i] == section;
        for (; sent->at_us[i] - sent->at_us[first] >= quota.seconds * 1000000; first++) {
            within -= section == NULL || sent->section[first] == section;
        }
        assert_true(within <= at_most);
    }
}

static void check_quotas(const struct backend *backend, const struct sent *sent)
{
    const struct backend_quota *quota = &backend->quota;
    check_quota(sent, *quota, NULL, quota->requests * 3 / 4);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const struct backend_section *section = &backend->panes[i];
        check_quota(sent, section->quota, section, section->quota.requests);
    }
    for (size_t i = 0; i < backend->quotes_count; i++) {
        const struct backend_section *section = &backend->quotes[i];
        check_quota(sent, section->quota, section, section->quota.requests);
    }
}

static size_t rate(const struct backend *backend, struct play how, struct sent *sent)
{
    play(backend, &how, sent);
    check_quotas(backend, sent);
    return most_a_minute(sent);
}

/* Appends the row to missing when the page has another. */
static void compare_row(const char *name, const struct backend *backend, struct sent *sent,
                        struct buf *missing)
{
    char streamed[16] = "-", closed[16] = "-", row[128];
    size_t polled = rate(backend, (struct play){.stream = false}, sent);
    size_t pressed = rate(backend, (struct play){.pressed = true}, sent);
    if (backend->stream.present) {
        snprintf(streamed, sizeof streamed, "%zu",
                 rate(backend, (struct play){.stream = true}, sent));
    }
    if (backend->clock.present) {
        snprintf(closed, sizeof closed, "%zu", rate(backend, (struct play){.closed = true}, sent));
    }
    snprintf(row, sizeof row, "\n.It Cm %s Ta %zu Ta %s Ta %s Ta %zu\n", name, polled, streamed,
             closed, pressed);
    if (strstr(page, row) == NULL) {
        buf_append_text(missing, row);
    }
}

static void test_requests_a_minute(void **state)
{
    (void)state;
    static const char *const names[] = {"alpaca",  "oanda",        "kite",
                                        "tradier", "tradier-live", "trading212"};
    FILE *file = fopen(MAN_DIR "/blotter-backend.5", "r");
    assert_non_null(file);
    page[fread(page, 1, sizeof page - 1, file)] = '\0';
    fclose(file);
    struct sent *sent = malloc(sizeof *sent);
    struct buf missing;
    buf_init(&missing, 1 << 16);
    for (size_t i = 0; i < COUNT(names); i++) {
        struct adapt *adapt = open_backend(names[i]);
        compare_row(names[i], adapt_backend(adapt), sent, &missing);
        adapt_free(adapt);
    }
    free(sent);
    if (missing.len > 0) {
        fail_msg("the page does not say%s", missing.data);
    }
    buf_done(&missing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests_a_minute),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
