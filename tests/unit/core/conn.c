#include <blotter/core/conn.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S INT64_C(1000000) /* a second in microseconds */

static struct moment at_ms(int64_t ms)
{
    return (struct moment){.mono_us = ms * 1000, .wall_ms = 5000000 + ms};
}

static struct conn *open_conn(void)
{
    struct conn_settings settings;
    conn_settings_default(&settings);
    settings.seed = 7;
    return conn_new(&settings);
}

static struct fault network_fault(void)
{
    struct fault fault;
    fault_set(&fault, FAULT_CONNECT, 0, "connection refused");
    return fault;
}

static void go_live(struct conn *conn, int64_t ms)
{
    conn_start(conn, at_ms(ms));
    conn_take_action(conn);
    conn_answered(conn, 200, "text/event-stream", -1, at_ms(ms));
    assert_int_equal(conn_status(conn)->phase, CONN_SILENT);
    conn_bytes(conn, at_ms(ms));
    assert_int_equal(conn_status(conn)->phase, CONN_LIVE);
}

/* Answered, and the first byte is here. */
static void live_at(struct conn *conn, int64_t ms)
{
    conn_answered(conn, 200, "text/event-stream", -1, at_ms(ms));
    conn_bytes(conn, at_ms(ms));
    assert_int_equal(conn_status(conn)->phase, CONN_LIVE);
}

static void test_content_types(void **state)
{
    (void)state;
    static const struct {
        const char *type;
        bool is_stream;
    } rows[] = {
        {"text/event-stream", true},
        {"TEXT/Event-Stream", true},
        {"text/event-stream;", true},
        {"text/event-stream; charset=utf-8", true},
        {"text/event-stream ;charset=utf-8", true},
        {" \ttext/event-stream\t ", true},
        {"text/event-stream;x bogus", true},
        {"text/event-stream;charset=\"a,b\"", true},
        {"text/html, text/event-stream", true},
        {"text/event-stream, bogus", true},
        {"text/event-stream, */*", true},
        {"text/event-stream, text/html", false},
        {"text/event-stream2", false},
        {"text/event-strea", false},
        {"text/event-stream/x", false},
        {"text/ event-stream", false},
        {"text /event-stream", false},
        {"text/event stream", false},
        {"event-stream", false},
        {"application/json", false},
        {"x bogus", false},
        {";text/event-stream", false},
        {"\"text/event-stream\"", false},
        {"", false},
        {NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (conn_type_is_stream(rows[i].type) != rows[i].is_stream) {
            print_error("'%s'\n", rows[i].type != NULL ? rows[i].type : "(none)");
            fail();
        }
    }
}

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *type;
        int64_t retry_after_ms;
        enum conn_phase phase;
        enum conn_action action;
        enum fault_kind kind;
        int64_t wait_ms;
    } rows[] = {
        {200, "text/event-stream", -1, CONN_SILENT, CONN_NOTHING, FAULT_NONE, 75000},
        {200, "text/html", -1, CONN_ENDED, CONN_CLOSE, FAULT_TYPE, -1},
        {200, NULL, -1, CONN_ENDED, CONN_CLOSE, FAULT_TYPE, -1},
        {204, NULL, -1, CONN_ENDED, CONN_CLOSE, FAULT_HTTP, -1},
        {201, "text/event-stream", -1, CONN_ENDED, CONN_CLOSE, FAULT_HTTP, -1},
        {205, "text/event-stream", -1, CONN_ENDED, CONN_CLOSE, FAULT_HTTP, -1},
        {301, "text/event-stream", -1, CONN_ENDED, CONN_CLOSE, FAULT_HTTP, -1},
        {304, "text/event-stream", -1, CONN_ENDED, CONN_CLOSE, FAULT_HTTP, -1},
        {400, NULL, 5, CONN_ENDED, CONN_CLOSE, FAULT_HTTP, -1},
        {401, "text/event-stream", -1, CONN_ENDED, CONN_CLOSE, FAULT_AUTH, -1},
        {403, NULL, -1, CONN_ENDED, CONN_CLOSE, FAULT_AUTH, -1},
        {404, NULL, -1, CONN_ENDED, CONN_CLOSE, FAULT_HTTP, -1},
        {408, NULL, -1, CONN_WAITING, CONN_CLOSE, FAULT_HTTP, 1000},
        {425, NULL, -1, CONN_WAITING, CONN_CLOSE, FAULT_HTTP, 1000},
        {429, NULL, -1, CONN_WAITING, CONN_CLOSE, FAULT_HTTP, 1000},
        {429, NULL, 9000, CONN_WAITING, CONN_CLOSE, FAULT_HTTP, 9000},
        {429, NULL, 0, CONN_WAITING, CONN_CLOSE, FAULT_HTTP, 1000},
        {429, NULL, INT64_MAX, CONN_WAITING, CONN_CLOSE, FAULT_HTTP, 86400000},
        {500, "text/event-stream", -1, CONN_WAITING, CONN_CLOSE, FAULT_HTTP, 1000},
        {503, NULL, 3000, CONN_WAITING, CONN_CLOSE, FAULT_HTTP, 3000},
        {599, NULL, -1, CONN_WAITING, CONN_CLOSE, FAULT_HTTP, 1000},
        {600, NULL, -1, CONN_ENDED, CONN_CLOSE, FAULT_HTTP, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conn *conn = open_conn();
        conn_start(conn, at_ms(100));
        assert_int_equal(conn_take_action(conn), CONN_CONNECT);
        conn_answered(conn, rows[i].status, rows[i].type, rows[i].retry_after_ms, at_ms(200));
        const struct conn_status *status = conn_status(conn);
        assert_int_equal(status->phase, rows[i].phase);
        assert_int_equal(status->fault.kind, rows[i].kind);
        assert_int_equal(conn_take_action(conn), rows[i].action);
        assert_int_equal(conn_take_action(conn), CONN_NOTHING);
        assert_int_equal(conn_deadline_us(conn),
                         rows[i].wait_ms < 0 ? MOMENT_NEVER : (200 + rows[i].wait_ms) * 1000);
        if (status->phase == CONN_WAITING) {
            assert_int_equal(status->retry_at_ms, 5000200 + rows[i].wait_ms);
        }
        conn_free(conn);
    }
}

/* Every input in every phase: only what the table allows does anything. */
static void put_into(struct conn *conn, enum conn_phase phase)
{
    struct fault fault = network_fault();
    if (phase != CONN_IDLE) {
        conn_start(conn, at_ms(0));
    }
    if (phase == CONN_SILENT) {
        conn_answered(conn, 200, "text/event-stream", -1, at_ms(0));
    } else if (phase == CONN_LIVE) {
        live_at(conn, 0);
    } else if (phase == CONN_WAITING) {
        conn_lost(conn, &fault, at_ms(0));
    } else if (phase == CONN_ENDED) {
        conn_stop(conn, at_ms(0));
    }
    conn_take_action(conn);
    assert_int_equal(conn_status(conn)->phase, phase);
}

enum step {
    START,
    STOP,
    ANSWER_OK,
    ANSWER_500,
    ANSWER_404,
    LOST,
    LOST_AUTH,
    TICK,
    RETRY_NOW,
    WAY_OPEN,
    RESUMED,
    BYTES,
    REFUSE,
    STEPS
};

static void do_step(struct conn *conn, enum step step)
{
    struct fault fault = network_fault();
    struct moment late = at_ms(100000);
    switch (step) {
    case START:
        conn_start(conn, late);
        break;
    case STOP:
        conn_stop(conn, late);
        break;
    case ANSWER_OK:
        conn_answered(conn, 200, "text/event-stream", -1, late);
        break;
    case ANSWER_500:
        conn_answered(conn, 500, NULL, -1, late);
        break;
    case ANSWER_404:
        conn_answered(conn, 404, NULL, -1, late);
        break;
    case LOST:
        conn_lost(conn, NULL, late);
        break;
    case LOST_AUTH:
        fault.kind = FAULT_AUTH;
        conn_lost(conn, &fault, late);
        break;
    case TICK:
        conn_tick(conn, late);
        break;
    case RETRY_NOW:
        conn_retry_now(conn, late);
        break;
    case WAY_OPEN:
        conn_way_open(conn, late);
        break;
    case RESUMED:
        conn_resumed(conn, late);
        break;
    case BYTES:
        conn_bytes(conn, late);
        break;
    case REFUSE:
        conn_refuse(conn, &fault, late);
        break;
    case STEPS:
    default:
        break;
    }
}

static void test_every_input_in_every_phase(void **state)
{
    (void)state;
    /* one letter per phase: idle connecting silent live waiting ended; the phase after, in the same
     * order, capital when a new request is made for it */
    static const char *const after[STEPS] = {
        [START] = "CcslwC",      [STOP] = "eeeeee",       [ANSWER_OK] = "isslwe",
        [ANSWER_500] = "iwslwe", [ANSWER_404] = "ieslwe", [LOST] = "iwwwwe",
        [LOST_AUTH] = "iewwwe",  [TICK] = "iwwwCe",       [RETRY_NOW] = "iCCCCe",
        [WAY_OPEN] = "iCslCe",   [RESUMED] = "iCCCCe",    [BYTES] = "icllwe",
        [REFUSE] = "iceewe",
    };
    static const char letters[] = "icslwe";
    for (int step = 0; step < STEPS; step++) {
        for (int phase = CONN_IDLE; phase <= CONN_ENDED; phase++) {
            struct conn *conn = open_conn();
            put_into(conn, (enum conn_phase)phase);
            do_step(conn, (enum step)step);
            const struct conn_status *status = conn_status(conn);
            char wanted = after[step][phase];
            if (letters[status->phase] != (wanted == 'C' ? 'c' : wanted)) {
                print_error("step %d in %c: now %c\n", step, letters[phase],
                            letters[status->phase]);
                fail();
            }
            bool open = phase == CONN_CONNECTING || phase == CONN_SILENT || phase == CONN_LIVE;
            bool gone = status->phase == CONN_WAITING || status->phase == CONN_ENDED;
            assert_int_equal(conn_take_action(conn), wanted == 'C'  ? CONN_CONNECT
                                                     : open && gone ? CONN_CLOSE
                                                                    : CONN_NOTHING);
            conn_free(conn);
        }
    }
}

static int64_t wait_of(const struct conn *conn, int64_t now_ms)
{
    assert_int_equal(conn_status(conn)->phase, CONN_WAITING);
    return conn_deadline_us(conn) / 1000 - now_ms;
}

static void try_again(struct conn *conn, int64_t *now_ms)
{
    int64_t wait_ms = wait_of(conn, *now_ms);
    conn_tick(conn, at_ms(*now_ms + wait_ms - 1));
    assert_int_equal(conn_status(conn)->phase, CONN_WAITING);
    *now_ms += wait_ms;
    conn_tick(conn, at_ms(*now_ms));
    assert_int_equal(conn_status(conn)->phase, CONN_CONNECTING);
}

static struct conn *seeded_conn(uint64_t seed, int64_t retry_ms)
{
    struct conn_settings settings;
    conn_settings_default(&settings);
    settings.seed = seed;
    settings.retry_ms = retry_ms;
    return conn_new(&settings);
}

/* A server that answers, but not with a stream, is asked less and less often. */
static void test_refusals_double(void **state)
{
    (void)state;
    int64_t highest = 0;
    bool differs = false;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct conn *conn = seeded_conn(seed, 1000);
        int64_t now_ms = 0;
        int64_t top_ms = 1000;
        int64_t last_ms = 0;
        conn_start(conn, at_ms(0));
        for (int attempt = 1; attempt <= 70; attempt++) {
            assert_int_equal(conn_status(conn)->attempt, attempt);
            conn_answered(conn, 502, NULL, -1, at_ms(now_ms));
            int64_t wait_ms = wait_of(conn, now_ms);
            assert_in_range(wait_ms, 1000, top_ms);
            differs = differs || (attempt > 2 && wait_ms != last_ms);
            highest = wait_ms > highest ? wait_ms : highest;
            last_ms = wait_ms;
            top_ms = top_ms * 2 < 30000 ? top_ms * 2 : 30000;
            try_again(conn, &now_ms);
        }
        conn_free(conn);
    }
    assert_true(differs);
    assert_true(highest > 28000);
}

/* Where nobody answers: after the first delay every 3 to 5 s for five minutes, then up to 30 s. */
static void test_an_outage_is_probed(void **state)
{
    (void)state;
    static const enum fault_kind kinds[] = {FAULT_CONNECT, FAULT_RESOLVE, FAULT_TIMEOUT,
                                            FAULT_NETWORK};
    int64_t highest = 0, lowest = INT64_MAX;
    for (uint64_t seed = 1; seed <= 50; seed++) {
        struct fault fault = network_fault();
        fault.kind = kinds[seed % 4];
        struct conn *conn = seeded_conn(seed, 1000);
        int64_t now_ms = 0;
        conn_start(conn, at_ms(0));
        conn_lost(conn, &fault, at_ms(0));
        assert_int_equal(wait_of(conn, 0), 1000);
        try_again(conn, &now_ms);
        while (now_ms <= 300000) {
            conn_lost(conn, &fault, at_ms(now_ms));
            int64_t wait_ms = wait_of(conn, now_ms);
            assert_in_range(wait_ms, 3000, 5000);
            lowest = wait_ms < lowest ? wait_ms : lowest;
            try_again(conn, &now_ms);
        }
        for (int64_t top_ms = 10000, i = 0; i < 30; i++, top_ms *= top_ms < 30000 ? 2 : 1) {
            conn_lost(conn, &fault, at_ms(now_ms));
            int64_t wait_ms = wait_of(conn, now_ms);
            assert_in_range(wait_ms, 3000, top_ms < 30000 ? top_ms : 30000);
            highest = wait_ms > highest ? wait_ms : highest;
            try_again(conn, &now_ms);
        }
        conn_free(conn);
    }
    assert_true(lowest < 3200);
    assert_true(highest > 28000);
}

/* Opens a stream that lives so long, with or without a first byte; returns what is waited then. */
static int64_t live_and_end(struct conn *conn, int64_t *now_ms, int64_t lives_ms, bool byte)
{
    if (conn_status(conn)->phase == CONN_WAITING) {
        try_again(conn, now_ms);
    }
    conn_answered(conn, 200, "text/event-stream", -1, at_ms(*now_ms));
    if (byte) {
        conn_bytes(conn, at_ms(*now_ms));
        assert_int_equal(conn_status(conn)->attempt, 0);
        assert_int_equal(conn_status(conn)->live_since_ms, 5000000 + *now_ms);
    }
    *now_ms += lives_ms;
    conn_lost(conn, NULL, at_ms(*now_ms));
    return wait_of(conn, *now_ms);
}

/* Streams that end early are waited for longer and longer, until one has held; one that lived for
 * some seconds is not waited for much longer than that. */
static void test_streams_that_end(void **state)
{
    (void)state;
    static const struct {
        int64_t lives_ms;
        bool byte;
        int64_t least_highest_ms, most_ms;
    } rows[] = {
        {0, false, 25000, 30000},    {0, true, 25000, 30000},     {900, true, 25000, 30000},
        {1000, true, 1800, 2000},    {10000, true, 18000, 20000}, {25000, true, 25000, 30000},
        {29999, true, 25000, 30000}, {30000, true, 1000, 1000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conn *conn = seeded_conn(i + 1, 1000);
        int64_t now_ms = 0, highest_ms = 0;
        conn_start(conn, at_ms(0));
        for (int life = 0; life < 60; life++) {
            int64_t wait_ms = live_and_end(conn, &now_ms, rows[i].lives_ms, rows[i].byte);
            assert_true(life > 2 || !rows[i].byte || wait_ms == 1000);
            assert_in_range(wait_ms, 1000, rows[i].most_ms);
            highest_ms = wait_ms > highest_ms ? wait_ms : highest_ms;
        }
        assert_true(highest_ms >= rows[i].least_highest_ms);
        /* one that held forgives all */
        assert_int_equal(live_and_end(conn, &now_ms, 30000, true), 1000);
        assert_int_equal(conn_status(conn)->lost_at_ms, 5000000 + now_ms);
        try_again(conn, &now_ms);
        struct fault fault = network_fault();
        conn_lost(conn, &fault, at_ms(now_ms));
        assert_int_equal(wait_of(conn, now_ms), 1000);
        conn_free(conn);
    }
}

/* What the server says counts from a second on; less is only for the user to want. */
static void test_the_retry_field(void **state)
{
    (void)state;
    static const struct {
        int64_t ours_ms, retry_ms, wait_ms;
    } rows[] = {
        {1000, 0, 1000},
        {1000, 1, 1000},
        {1000, 250, 1000},
        {1000, 60000, 60000},
        {1000, INT64_MAX, 86400000},
        {100, 0, 100},
        {100, 250, 250},
        {5000, 0, 1000},
        {5000, 2000, 2000},
        {0, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conn *conn = seeded_conn(7, rows[i].ours_ms);
        struct fault fault = network_fault();
        go_live(conn, 0);
        conn_retry_field(conn, rows[i].retry_ms);
        conn_lost(conn, NULL, at_ms(10));
        assert_int_equal(wait_of(conn, 10), rows[i].wait_ms);
        int64_t now_ms = 10;
        for (int failure = 0; failure < 12; failure++) {
            try_again(conn, &now_ms);
            conn_lost(conn, &fault, at_ms(now_ms));
            assert_true(wait_of(conn, now_ms) >= rows[i].wait_ms);
            assert_true(wait_of(conn, now_ms) <=
                        (rows[i].wait_ms > 30000 ? rows[i].wait_ms : 30000));
        }
        conn_free(conn);
    }
}

/* However short its streams and whatever it asks for: in a minute no more than a few are opened. */
static void test_no_server_makes_us_press_it(void **state)
{
    (void)state;
    struct conn *conn = open_conn();
    int64_t now_ms = 0;
    int opened = 0;
    conn_start(conn, at_ms(0));
    while (now_ms < 60000) {
        opened++;
        conn_answered(conn, 200, "text/event-stream", -1, at_ms(now_ms));
        conn_bytes(conn, at_ms(now_ms));
        conn_retry_field(conn, 0);
        conn_lost(conn, NULL, at_ms(now_ms));
        try_again(conn, &now_ms);
    }
    assert_in_range(opened, 4, 15);
    conn_free(conn);
}

/* Another request has come through. */
static void test_the_way_is_open(void **state)
{
    (void)state;
    struct fault fault = network_fault();
    struct conn *conn = open_conn();
    int64_t now_ms = 0;
    go_live(conn, 0);
    now_ms = 40000;
    conn_lost(conn, &fault, at_ms(now_ms));
    conn_way_open(conn, at_ms(now_ms + 100)); /* the end of a live stream: the delay stands */
    try_again(conn, &now_ms);
    conn_lost(conn, &fault, at_ms(now_ms)); /* a second at least, whatever gets through */
    try_again(conn, &now_ms);
    conn_lost(conn, &fault, at_ms(now_ms));
    assert_true(wait_of(conn, now_ms) >= 3000);
    conn_way_open(conn, at_ms(now_ms + 200));
    assert_int_equal(wait_of(conn, now_ms), 1000);
    assert_int_equal(conn_status(conn)->retry_at_ms, 5000000 + now_ms + 1000);
    now_ms += 1000;
    conn_tick(conn, at_ms(now_ms));
    conn_lost(conn, &fault, at_ms(now_ms));
    conn_way_open(conn, at_ms(now_ms + 2000)); /* in the same turn */
    assert_int_equal(conn_status(conn)->phase, CONN_CONNECTING);
    now_ms += 2000;
    conn_answered(conn, 503, NULL, 60000, at_ms(now_ms)); /* it said when */
    conn_way_open(conn, at_ms(now_ms + 5000));
    assert_int_equal(wait_of(conn, now_ms), 60000);
    conn_free(conn);
}

/* The end of a stream is its own matter, until others fail as well. */
static void test_an_outage_noticed_by_others(void **state)
{
    (void)state;
    for (int closed = 0; closed < 2; closed++) {
        struct conn *conn = open_conn();
        go_live(conn, 0);
        conn_retry_field(conn, 300000);
        conn_lost(conn, NULL, at_ms(40000));
        if (closed) {
            conn_way_closed(conn);
        }
        conn_way_open(conn, at_ms(42000));
        assert_int_equal(conn_status(conn)->phase, closed ? CONN_CONNECTING : CONN_WAITING);
        conn_free(conn);
    }
}

static void test_a_hanging_request_is_made_anew_once(void **state)
{
    (void)state;
    struct conn *conn = open_conn();
    conn_start(conn, at_ms(0));
    conn_take_action(conn);
    conn_way_open(conn, at_ms(2999));
    assert_int_equal(conn_take_action(conn), CONN_NOTHING);
    conn_way_open(conn, at_ms(3000));
    assert_int_equal(conn_take_action(conn), CONN_CONNECT);
    conn_way_open(conn, at_ms(20000)); /* a server that takes its time has to be let */
    assert_int_equal(conn_take_action(conn), CONN_NOTHING);
    assert_int_equal(conn_status(conn)->phase, CONN_CONNECTING);
    conn_free(conn);
}

/* A gateway without a route says 404 or shows a page for a minute: that ends no day. */
static void test_what_ended_for_good_comes_back(void **state)
{
    (void)state;
    static const struct {
        int status;
        const char *type;
    } rows[] = {
        {400, NULL}, {404, NULL}, {410, NULL}, {200, "text/html"},
        {204, NULL}, {401, NULL}, {403, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct conn *conn = open_conn();
        int64_t now_ms = 0, rest_ms = 5000;
        conn_start(conn, at_ms(0));
        for (int try = 0; try < 12; try++) {
            conn_answered(conn, rows[i].status, rows[i].type, -1, at_ms(now_ms));
            assert_int_equal(conn_status(conn)->phase, CONN_ENDED);
            assert_int_equal(conn_deadline_us(conn), MOMENT_NEVER);
            conn_way_open(conn, at_ms(now_ms + rest_ms - 1));
            assert_int_equal(conn_status(conn)->phase, CONN_ENDED);
            now_ms += rest_ms;
            conn_way_open(conn, at_ms(now_ms));
            assert_int_equal(conn_status(conn)->phase, CONN_CONNECTING);
            rest_ms = rest_ms * 2 < 600000 ? rest_ms * 2 : 600000;
        }
        conn_free(conn);
    }
    struct conn *conn = open_conn();
    struct fault foreign;
    int64_t tried_ms = 0, pause_ms = 5000;
    fault_set(&foreign, FAULT_SERVER, 200, "of another");
    conn_start(conn, at_ms(0));
    for (int try = 0; try < 6; try++, pause_ms *= 2) { /* it was live each time: that is no hope */
        conn_answered(conn, 200, "text/event-stream", -1, at_ms(tried_ms));
        conn_bytes(conn, at_ms(tried_ms));
        conn_refuse(conn, &foreign, at_ms(tried_ms));
        assert_int_equal(conn_take_action(conn), CONN_CLOSE);
        conn_way_open(conn, at_ms(tried_ms + pause_ms - 1));
        assert_int_equal(conn_status(conn)->phase, CONN_ENDED);
        tried_ms += pause_ms;
        conn_way_open(conn, at_ms(tried_ms));
        assert_int_equal(conn_take_action(conn), CONN_CONNECT);
    }
    conn_free(conn);
    conn = open_conn();
    conn_start(conn, at_ms(0));
    conn_stop(conn, at_ms(1));
    conn_way_open(conn, at_ms(10000000));
    assert_int_equal(conn_status(conn)->phase, CONN_ENDED);
    conn_free(conn);
}

/* Not a byte: a proxy may be holding back what it has; that is no live stream. */
static void test_without_a_byte_it_is_not_live(void **state)
{
    (void)state;
    struct conn *conn = open_conn();
    conn_start(conn, at_ms(0));
    conn_answered(conn, 200, "text/event-stream", -1, at_ms(10));
    assert_int_equal(conn_status(conn)->phase, CONN_SILENT);
    assert_int_equal(conn_status(conn)->attempt, 1);
    assert_int_equal(conn_deadline_us(conn), 10000 + 75 * S);
    conn_tick(conn, at_ms(75010));
    assert_int_equal(conn_status(conn)->phase, CONN_WAITING);
    assert_int_equal(conn_status(conn)->fault.kind, FAULT_TIMEOUT);
    assert_int_equal(conn_status(conn)->lost_at_ms, INT64_MIN);
    conn_free(conn);
}

/* 1.2 heartbeats without a word are told, 2.5 are the end. */
static void test_quiet_is_told(void **state)
{
    (void)state;
    static const int64_t comments_ms[] = {10000, 20000};
    struct conn *conn = open_conn();
    go_live(conn, 0);
    assert_int_equal(conn_deadline_us(conn), 36 * S); /* as if it beat every 30 s */
    for (size_t i = 0; i < 2; i++) {
        conn_bytes(conn, at_ms(comments_ms[i]));
        conn_comment(conn, at_ms(comments_ms[i]));
    }
    assert_int_equal(conn_deadline_us(conn), 32 * S);
    conn_tick(conn, at_ms(31999));
    assert_false(conn_status(conn)->quiet);
    conn_tick(conn, at_ms(32000));
    assert_int_equal(conn_status(conn)->phase, CONN_LIVE);
    assert_true(conn_status(conn)->quiet);
    assert_int_equal(conn_status(conn)->quiet_since_ms, 5000000 + 20000);
    assert_int_equal(conn_deadline_us(conn), 45 * S);
    conn_bytes(conn, at_ms(33000));
    assert_false(conn_status(conn)->quiet);
    assert_int_equal(conn_deadline_us(conn), 45 * S);
    conn_tick(conn, at_ms(45000));
    assert_true(conn_status(conn)->quiet);
    assert_int_equal(conn_status(conn)->quiet_since_ms, 5000000 + 33000);
    conn_tick(conn, at_ms(58000));
    assert_int_equal(conn_status(conn)->phase, CONN_WAITING);
    assert_false(conn_status(conn)->quiet);
    conn_free(conn);
}

/* The watchdog's time, past the one at which the silence is told. */
static int64_t watchdog_of(struct conn *conn)
{
    if (!conn_status(conn)->quiet) {
        int64_t quiet_us = conn_deadline_us(conn);
        conn_tick(conn, at_ms(quiet_us / 1000));
        assert_int_equal(conn_status(conn)->phase, CONN_LIVE);
    }
    return conn_deadline_us(conn);
}

static void test_watchdog(void **state)
{
    (void)state;
    struct conn *conn = open_conn();
    go_live(conn, 0);
    assert_int_equal(watchdog_of(conn), 75 * S);
    conn_bytes(conn, at_ms(10000));
    assert_int_equal(watchdog_of(conn), 85 * S);
    conn_comment(conn, at_ms(10000)); /* one comment tells nothing yet */
    assert_int_equal(watchdog_of(conn), 85 * S);
    conn_comment(conn, at_ms(10050)); /* nor does a burst */
    conn_bytes(conn, at_ms(14050));
    conn_comment(conn, at_ms(14050));
    assert_int_equal(watchdog_of(conn), 14050000 + 10 * S); /* 2.5 times 4 s */
    conn_tick(conn, at_ms(24049));
    assert_int_equal(conn_status(conn)->phase, CONN_LIVE);
    conn_tick(conn, at_ms(24050));
    assert_int_equal(conn_status(conn)->phase, CONN_WAITING);
    assert_int_equal(conn_take_action(conn), CONN_CLOSE);
    assert_int_equal(conn_status(conn)->fault.kind, FAULT_TIMEOUT);
    conn_tick(conn, at_ms(25050));
    conn_take_action(conn);
    /* no answer at all is silence too, and what was taken for a heartbeat is forgotten */
    assert_int_equal(conn_deadline_us(conn), 25050000 + 75 * S);
    conn_tick(conn, at_ms(25050 + 75000));
    assert_int_equal(conn_status(conn)->phase, CONN_WAITING);
    conn_free(conn);
}

static void test_the_longest_heartbeat_counts(void **state)
{
    (void)state;
    struct conn *conn = open_conn();
    go_live(conn, 0);
    static const int64_t comments_ms[] = {0, 300, 30300, 32300, 62300};
    for (size_t i = 0; i < sizeof comments_ms / sizeof *comments_ms; i++) {
        conn_bytes(conn, at_ms(comments_ms[i]));
        conn_comment(conn, at_ms(comments_ms[i]));
    }
    assert_int_equal(watchdog_of(conn), 62300000 + 75 * S);
    conn_free(conn);
}

static void heard_comments(struct conn *conn, const int64_t *comments_ms, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        conn_bytes(conn, at_ms(comments_ms[i]));
        conn_comment(conn, at_ms(comments_ms[i]));
    }
}

/* A greeting, then a timer that happens to beat 2 s later: silence is suspected once, not again. */
static void test_a_greeting_misleads_once(void **state)
{
    (void)state;
    static const int64_t first_ms[] = {0, 2000};
    static const int64_t second_ms[] = {8000, 10000};
    static const int64_t regular_ms[] = {40000, 70000};
    struct conn *conn = open_conn();
    go_live(conn, 0);
    heard_comments(conn, first_ms, 2);
    assert_int_equal(watchdog_of(conn), 7 * S);
    conn_tick(conn, at_ms(7000));
    assert_int_equal(conn_status(conn)->phase, CONN_WAITING);
    conn_tick(conn, at_ms(8000));
    live_at(conn, 8000);
    heard_comments(conn, second_ms, 2);
    assert_int_equal(watchdog_of(conn), 85 * S);
    heard_comments(conn, regular_ms, 1);
    assert_int_equal(watchdog_of(conn), 115 * S);
    heard_comments(conn, regular_ms + 1, 1);
    assert_int_equal(watchdog_of(conn), (70 + 75) * S);
    conn_free(conn);
}

/* After a doubt a steady heartbeat is believed again. */
static void test_a_steady_heartbeat_is_believed(void **state)
{
    (void)state;
    static const int64_t first_ms[] = {0, 2000};
    static const int64_t steady_ms[] = {8000, 9900, 12000};
    struct conn *conn = open_conn();
    go_live(conn, 0);
    heard_comments(conn, first_ms, 2);
    conn_tick(conn, at_ms(7000));
    conn_tick(conn, at_ms(8000));
    live_at(conn, 8000);
    heard_comments(conn, steady_ms, 3);
    assert_int_equal(watchdog_of(conn), 12 * S + 5250000); /* 2.5 times 2.1 s */
    conn_free(conn);
}

static void test_while_paused_silence_means_nothing(void **state)
{
    (void)state;
    struct conn *conn = open_conn();
    go_live(conn, 0);
    conn_pause(conn, true, at_ms(1000));
    assert_int_equal(conn_deadline_us(conn), MOMENT_NEVER);
    conn_tick(conn, at_ms(1000000));
    assert_int_equal(conn_status(conn)->phase, CONN_LIVE);
    conn_pause(conn, false, at_ms(1000000));
    assert_int_equal(watchdog_of(conn), 1075 * S);
    conn_free(conn);
}

static void test_the_wall_clock_may_step(void **state)
{
    (void)state;
    struct conn *conn = open_conn();
    struct fault fault = network_fault();
    conn_start(conn, (struct moment){S, 1000000});
    conn_lost(conn, &fault, (struct moment){2 * S, -99999999});
    assert_int_equal(conn_deadline_us(conn), 3 * S);
    conn_tick(conn, (struct moment){3 * S - 1, INT64_C(4000000000000)});
    assert_int_equal(conn_status(conn)->phase, CONN_WAITING);
    conn_tick(conn, (struct moment){3 * S, 0});
    assert_int_equal(conn_status(conn)->phase, CONN_CONNECTING);
    conn_free(conn);
}

static void test_retry_now_leaves_a_healthy_stream_alone(void **state)
{
    (void)state;
    struct conn *conn = open_conn();
    go_live(conn, 0);
    conn_bytes(conn, at_ms(50000));
    conn_retry_now(conn, at_ms(70000));
    assert_int_equal(conn_status(conn)->phase, CONN_LIVE);
    conn_retry_now(conn, at_ms(80001));
    assert_int_equal(conn_status(conn)->phase, CONN_CONNECTING);
    assert_int_equal(conn_take_action(conn), CONN_CONNECT);
    conn_free(conn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_content_types),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_every_input_in_every_phase),
        cmocka_unit_test(test_refusals_double),
        cmocka_unit_test(test_an_outage_is_probed),
        cmocka_unit_test(test_streams_that_end),
        cmocka_unit_test(test_the_retry_field),
        cmocka_unit_test(test_no_server_makes_us_press_it),
        cmocka_unit_test(test_the_way_is_open),
        cmocka_unit_test(test_an_outage_noticed_by_others),
        cmocka_unit_test(test_a_hanging_request_is_made_anew_once),
        cmocka_unit_test(test_what_ended_for_good_comes_back),
        cmocka_unit_test(test_without_a_byte_it_is_not_live),
        cmocka_unit_test(test_quiet_is_told),
        cmocka_unit_test(test_watchdog),
        cmocka_unit_test(test_the_longest_heartbeat_counts),
        cmocka_unit_test(test_a_greeting_misleads_once),
        cmocka_unit_test(test_a_steady_heartbeat_is_believed),
        cmocka_unit_test(test_while_paused_silence_means_nothing),
        cmocka_unit_test(test_the_wall_clock_may_step),
        cmocka_unit_test(test_retry_now_leaves_a_healthy_stream_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
