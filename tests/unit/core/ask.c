#include <blotter/core/ask.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S 1000000LL
#define WALL_MS 1764300000000LL

/* A planner and a clock moved by hand. */
struct world {
    struct ask *ask;
    struct moment now;
    struct ask_action action; /* the last one taken */
    struct fault fault;
};

static void world_init(struct world *world, const struct backend *backend)
{
    struct ask_settings settings = {
        .backend = backend, .wanted = RESOURCE_ALL, .keep_asking = true};
    *world = (struct world){.now = {10 * S, WALL_MS}};
    world->ask = ask_new(&settings);
}

static void pass(struct world *world, int64_t us)
{
    world->now.mono_us += us;
    world->now.wall_ms += us / 1000;
}

static bool take(struct world *world)
{
    return ask_next(world->ask, world->now, &world->action);
}

/* The next action is a request with this path. */
static uint64_t expect_get(struct world *world, const char *path)
{
    assert_true(take(world));
    assert_int_equal(world->action.kind, ASK_SEND);
    assert_string_equal(world->action.path, path);
    return world->action.request;
}

static void expect_nothing(struct world *world)
{
    bool any = take(world);
    assert_false(any);
}

static enum ask_outcome good(struct world *world, uint64_t request)
{
    struct ask_answer answer = {.status = 200};
    return ask_answered(world->ask, world->now, request, &answer, &world->fault);
}

static enum ask_outcome refuse(struct world *world, uint64_t request, int status,
                               int64_t retry_after_ms)
{
    struct fault fault;
    fault_set(&fault, FAULT_HTTP, status, "refused");
    fault.retry_after_ms = retry_after_ms;
    struct ask_answer answer = {.status = status, .fault = &fault};
    return ask_answered(world->ask, world->now, request, &answer, &world->fault);
}

static struct backend_section section(const char *name, const char *path, int64_t poll_s)
{
    return (struct backend_section){.present = true,
                                    .name = name,
                                    .get = {0, path},
                                    .poll_s = poll_s,
                                    .poll_stream_s = poll_s,
                                    .poll_closed_s = poll_s,
                                    .pages = 1};
}

static struct backend backend_plain(void)
{
    struct backend backend = {.id = "plain", .host_count = 2};
    backend.hosts[0] = (struct backend_host){"api", "https://api.example.com"};
    backend.hosts[1] = (struct backend_host){"data", "https://data.example.com"};
    backend.panes[RESOURCE_ORDERS] = section("orders", "/orders", 10);
    backend.panes[RESOURCE_POSITIONS] = section("positions", "/positions", 15);
    return backend;
}

/* --- quotas ---------------------------------------------------------------------------------- */

#define REQUESTS_MAX 4096

/* A server that counts requests when they arrive, in any window of its quota. */
struct server {
    int64_t arrived_us[RESOURCE_COUNT + 1][REQUESTS_MAX];
    size_t count[RESOURCE_COUNT + 1];
    size_t refused;
    struct flight {
        uint64_t request;
        size_t of;
        int64_t arrives_us, answers_us;
        bool arrived;
    } flights[16];
};

static uint64_t dice(uint64_t *seed)
{
    uint64_t z = (*seed += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static bool is_over(const struct server *server, size_t of, struct backend_quota quota,
                    int64_t now_us)
{
    size_t within = 0;
    for (size_t i = 0; i < server->count[of]; i++) {
        within += server->arrived_us[of][i] > now_us - quota.seconds * S;
    }
    return quota.requests > 0 && within >= (size_t)quota.requests;
}

static void arrive(struct server *server, const struct backend *backend, struct flight *flight)
{
    size_t of = flight->of, all = RESOURCE_COUNT;
    bool over = is_over(server, of, backend->panes[of].quota, flight->arrives_us) ||
                is_over(server, all, backend->quota, flight->arrives_us);
    server->refused += over;
    flight->arrived = true;
    assert_true(server->count[of] < REQUESTS_MAX && server->count[all] < REQUESTS_MAX);
    server->arrived_us[of][server->count[of]++] = flight->arrives_us;
    server->arrived_us[all][server->count[all]++] = flight->arrives_us;
}

static void move_server(struct server *server, const struct backend *backend, struct world *world)
{
    for (size_t i = 0; i < 16; i++) {
        struct flight *flight = &server->flights[i];
        if (flight->request != 0 && !flight->arrived && flight->arrives_us <= world->now.mono_us) {
            arrive(server, backend, flight);
        }
        if (flight->request != 0 && flight->answers_us <= world->now.mono_us) {
            assert_int_equal(good(world, flight->request), ASK_WHOLE);
            flight->request = 0;
        }
    }
}

static void fly(struct server *server, struct world *world, uint64_t *seed)
{
    size_t i = 0;
    while (i < 16 && server->flights[i].request != 0) {
        i++;
    }
    if (i == 16) {
        fail_msg("more under way than there may be");
        return;
    }
    int64_t way_us = (int64_t)(dice(seed) % 900000), back_us = (int64_t)(dice(seed) % 400000);
    server->flights[i] = (struct flight){.request = world->action.request,
                                         .of = world->action.target.index,
                                         .arrives_us = world->now.mono_us + way_us,
                                         .answers_us = world->now.mono_us + way_us + back_us};
}

/* Refreshes at random moments for a while; how many requests the server saw. */
static void press(const struct backend *backend, struct server *server, int64_t for_us,
                  uint64_t seed)
{
    struct world world;
    world_init(&world, backend);
    ask_start(world.ask, world.now);
    memset(server, 0, sizeof *server);
    for (int64_t end_us = world.now.mono_us + for_us; world.now.mono_us < end_us;
         pass(&world, 5000)) {
        move_server(server, backend, &world);
        if (dice(&seed) % 10 == 0) {
            ask_pane(world.ask, world.now, (enum resource)(dice(&seed) % RESOURCE_COUNT));
        }
        while (take(&world)) {
            if (world.action.kind == ASK_POLL) {
                ask_pane(world.ask, world.now, (enum resource)world.action.target.index);
            } else if (world.action.kind == ASK_SEND) {
                fly(server, &world, &seed);
            }
        }
        assert_true(ask_deadline(world.ask) > world.now.mono_us);
    }
    ask_free(world.ask);
}

/* The quotas of a real system: one request in 5 s, in 1 s, in 5 s. */
static struct backend backend_slow(void)
{
    struct backend backend = backend_plain();
    backend.panes[RESOURCE_ACCOUNT] = section("account", "/summary", 30);
    backend.panes[RESOURCE_ORDERS].quota = (struct backend_quota){1, 5};
    backend.panes[RESOURCE_POSITIONS].quota = (struct backend_quota){1, 1};
    backend.panes[RESOURCE_ACCOUNT].quota = (struct backend_quota){1, 5};
    return backend;
}

static void test_no_quota_is_ever_exceeded(void **state)
{
    (void)state;
    struct server *server = malloc(sizeof *server);
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct backend backend = backend_slow();
        press(&backend, server, 60 * S, seed);
        assert_int_equal(server->refused, 0);
        /* And it is used: with up to 1.3 s on the way, one in 6.4 s at least. */
        assert_true(server->count[RESOURCE_ORDERS] >= 9);
        assert_true(server->count[RESOURCE_POSITIONS] >= 20);
        assert_true(server->count[RESOURCE_ACCOUNT] >= 9);
    }
    free(server);
}

static void test_a_quarter_is_left(void **state)
{
    (void)state;
    static const struct {
        struct backend_quota quota;
        size_t at_most; /* in that time */
    } rows[] = {{{20, 10}, 15}, {{4, 10}, 3}, {{2, 10}, 1}, {{1, 10}, 1}, {{7, 1}, 5}};
    struct server *server = malloc(sizeof *server);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct backend backend = backend_plain();
        backend.quota = rows[i].quota;
        press(&backend, server, 120 * S, i + 1);
        assert_int_equal(server->refused, 0);
        const int64_t *arrived = server->arrived_us[RESOURCE_COUNT];
        size_t count = server->count[RESOURCE_COUNT];
        assert_true(count > rows[i].at_most);
        for (size_t k = 0; k + rows[i].at_most < count; k++) {
            assert_true(arrived[k + rows[i].at_most] - arrived[k] > rows[i].quota.seconds * S);
        }
    }
    free(server);
}

static void test_a_large_quota_has_a_ceiling(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.quota = (struct backend_quota){1000000, 1};
    struct world world;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    size_t sent = 0;
    for (int i = 0; i < 3000; i++) {
        ask_pane(world.ask, world.now, RESOURCE_ORDERS);
        if (take(&world)) {
            assert_int_equal(good(&world, world.action.request), ASK_WHOLE);
            sent++;
        }
    }
    assert_int_equal(sent, 1024);
    ask_free(world.ask);
}

static void test_one_request_of_a_pane_at_a_time(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    struct world world;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    uint64_t request = expect_get(&world, "/orders");
    assert_true(world.action.first);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    expect_nothing(&world);
    ask_pane(world.ask, world.now, RESOURCE_POSITIONS);
    expect_get(&world, "/positions");
    assert_int_equal(good(&world, request), ASK_WHOLE);
    assert_int_equal(good(&world, request), ASK_NONE);
    expect_nothing(&world);
    /* Given up while it was out: the answer is nobody's, another may go. */
    ask_pane_cancel(world.ask, world.now, RESOURCE_POSITIONS);
    uint64_t given_up = world.action.request;
    assert_true(take(&world) && world.action.kind == ASK_CANCEL);
    assert_int_equal(world.action.request, given_up);
    assert_int_equal(good(&world, given_up), ASK_NONE);
    ask_pane(world.ask, world.now, RESOURCE_POSITIONS);
    expect_get(&world, "/positions");
    ask_free(world.ask);
}

/* --- holds ----------------------------------------------------------------------------------- */

static void test_nothing_left(void **state)
{
    (void)state;
    static const struct {
        const char *remaining, *reset;
        enum backend_reset kind;
        int64_t wait_us;
    } rows[] = {
        {"0", "1764300007", BACKEND_RESET_UNIX, 7 * S + 999000},
        {"0", "1764300007500", BACKEND_RESET_UNIX_MS, 7500000},
        {"0", "3", BACKEND_RESET_SECONDS, 3 * S},
        {"0.0", "3.5", BACKEND_RESET_SECONDS, 3 * S},
        {"1", "3", BACKEND_RESET_SECONDS, 0},
        {"0", "1764299000", BACKEND_RESET_UNIX, 0},
        {"0", "1764300007", BACKEND_RESET_UNIX_MS, 0}, /* seconds, taken for ms: long past */
        {"0", "1764300007500", BACKEND_RESET_UNIX, 3600 * S},
        {"0", "-5", BACKEND_RESET_SECONDS, 0},
        {"-1", "3", BACKEND_RESET_SECONDS, 0},
        {"0", NULL, BACKEND_RESET_UNIX, 0},
        {"0", "soon", BACKEND_RESET_UNIX, 0},
        {NULL, "3", BACKEND_RESET_SECONDS, 0},
        {"0", "99999999999999999999", BACKEND_RESET_SECONDS, 0}, /* no number that fits */
        {"0", "999999999", BACKEND_RESET_SECONDS, 3600 * S},
        {"0", "461168601842738790", BACKEND_RESET_SECONDS, 3600 * S},
        {"0", "461168601842738790", BACKEND_RESET_UNIX, 3600 * S},
        {"0", "461168601842738790", BACKEND_RESET_UNIX_MS, 3600 * S},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (int own = 0; own < 2; own++) {
            struct backend backend = backend_plain();
            backend.reset_kind = rows[i].kind;
            backend.panes[RESOURCE_ORDERS].quota.requests = own * 1000;
            backend.panes[RESOURCE_ORDERS].quota.seconds = 1;
            backend.panes[RESOURCE_ORDERS].poll_s = backend.panes[RESOURCE_POSITIONS].poll_s = 0;
            struct world world;
            world_init(&world, &backend);
            ask_start(world.ask, world.now);
            ask_pane(world.ask, world.now, RESOURCE_ORDERS);
            struct ask_answer answer = {
                .status = 200, .remaining = rows[i].remaining, .reset = rows[i].reset};
            ask_answered(world.ask, world.now, expect_get(&world, "/orders"), &answer,
                         &world.fault);
            ask_pane(world.ask, world.now, RESOURCE_ORDERS);
            ask_pane(world.ask, world.now, RESOURCE_POSITIONS);
            /* Of an own quota nothing is left for this address, else for the host. */
            size_t sent = 0;
            while (take(&world)) {
                sent += world.action.kind == ASK_SEND;
            }
            assert_int_equal(sent, rows[i].wait_us == 0 ? 2 : own);
            if (rows[i].wait_us > 0 && !own) {
                assert_true(ask_deadline(world.ask) == world.now.mono_us + rows[i].wait_us);
                pass(&world, rows[i].wait_us);
                assert_true(take(&world));
            }
            ask_free(world.ask);
        }
    }
}

static void test_too_many_requests(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.reset_kind = BACKEND_RESET_SECONDS;
    backend.panes[RESOURCE_ACCOUNT] = section("account", "/account", 30);
    backend.panes[RESOURCE_ACCOUNT].get.host = 1;
    struct world world;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    static const int64_t waits_s[] = {1, 2, 4, 8, 16, 32, 60, 60};
    for (size_t i = 0; i < sizeof waits_s / sizeof *waits_s; i++) {
        ask_pane(world.ask, world.now, RESOURCE_ORDERS);
        assert_int_equal(refuse(&world, expect_get(&world, "/orders"), 429, -1), ASK_FAILED);
        assert_true(world.fault.retry_after_ms == waits_s[i] * 1000);
        struct ask_state shown;
        ask_state(world.ask, world.now, &shown);
        assert_true(shown.held_until_us == world.now.mono_us + waits_s[i] * S);
        /* The whole host is let alone, another is not. */
        ask_pane(world.ask, world.now, RESOURCE_POSITIONS);
        ask_pane(world.ask, world.now, RESOURCE_ACCOUNT);
        assert_int_equal(good(&world, expect_get(&world, "/account")), ASK_WHOLE);
        ask_manual(world.ask, world.now);
        pass(&world, waits_s[i] * S - 1);
        ask_pane_cancel(world.ask, world.now, RESOURCE_ACCOUNT);
        while (take(&world)) {
            assert_int_equal(world.action.kind, ASK_POLL);
        }
        pass(&world, 1);
        uint64_t request = expect_get(&world, "/positions");
        assert_int_equal(refuse(&world, request, 500, -1), ASK_FAILED);
    }
    /* The later of both that the server says. */
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    struct fault fault;
    fault_set(&fault, FAULT_HTTP, 429, "refused");
    fault.retry_after_ms = 2000;
    struct ask_answer answer = {.status = 429, .fault = &fault, .reset = "5"};
    ask_answered(world.ask, world.now, expect_get(&world, "/orders"), &answer, &world.fault);
    assert_true(world.fault.retry_after_ms == 5000);
    ask_free(world.ask);
    /* What the stream is told holds for all requests to its host. */
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    ask_too_many(world.ask, world.now, 3000);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    expect_nothing(&world);
    pass(&world, 3 * S);
    assert_int_equal(good(&world, expect_get(&world, "/orders")), ASK_WHOLE);
    ask_free(world.ask);
}

/* Whatever a refusal says of when: neither at once, again and again, nor for ever. */
static void test_odd_patience(void **state)
{
    (void)state;
    static const struct {
        const char *name, *reset;
        enum backend_reset kind;
        int64_t retry_after_ms, first_ms, second_ms;
    } rows[] = {
        {"nothing", NULL, BACKEND_RESET_UNIX, -1, 1000, 2000},
        {"at once", NULL, BACKEND_RESET_UNIX, 0, 1000, 2000},
        {"a moment", NULL, BACKEND_RESET_UNIX, 1, 1000, 2000},
        {"a day", NULL, BACKEND_RESET_UNIX, 86400000, ASK_HOLD_MAX_MS, ASK_HOLD_MAX_MS},
        {"no end", NULL, BACKEND_RESET_UNIX, INT64_MAX, ASK_HOLD_MAX_MS, ASK_HOLD_MAX_MS},
        {"reset past", "1764299000", BACKEND_RESET_UNIX, -1, 1000, 2000},
        {"reset in a moment", "1764300000001", BACKEND_RESET_UNIX_MS, 0, 1000, 2000},
        {"reset in seconds", "1764300007", BACKEND_RESET_UNIX_MS, 0, 1000, 2000},
        {"reset in ms", "1764300007500", BACKEND_RESET_UNIX, 0, ASK_HOLD_MAX_MS, ASK_HOLD_MAX_MS},
        {"reset negative", "-7", BACKEND_RESET_SECONDS, -1, 1000, 2000},
        {"reset no number", "soon", BACKEND_RESET_SECONDS, -1, 1000, 2000},
        {"both", "9", BACKEND_RESET_SECONDS, 4000, 9000, 9000},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct backend backend = backend_plain();
        backend.reset_kind = rows[i].kind;
        backend.panes[RESOURCE_ORDERS].poll_s = backend.panes[RESOURCE_POSITIONS].poll_s = 0;
        struct world world;
        world_init(&world, &backend);
        ask_start(world.ask, world.now);
        for (int n = 0; n < 2; n++) {
            struct fault fault;
            fault_set(&fault, FAULT_HTTP, 429, "%s", rows[i].name);
            fault.retry_after_ms = rows[i].retry_after_ms;
            struct ask_answer answer = {.status = 429, .fault = &fault, .reset = rows[i].reset};
            ask_pane(world.ask, world.now, RESOURCE_ORDERS);
            uint64_t request = expect_get(&world, "/orders");
            ask_answered(world.ask, world.now, request, &answer, &world.fault);
            int64_t wait_ms = n == 0 ? rows[i].first_ms : rows[i].second_ms;
            struct ask_state shown;
            ask_state(world.ask, world.now, &shown);
            if (world.fault.retry_after_ms != wait_ms ||
                shown.held_until_us != world.now.mono_us + wait_ms * 1000) {
                fail_msg("%s: %lld ms", rows[i].name, (long long)world.fault.retry_after_ms);
            }
            world.now.mono_us += wait_ms * 1000; /* the headers stay what they are */
        }
        ask_free(world.ask);
    }
}

/* --- polls ----------------------------------------------------------------------------------- */

/* The seconds at which the orders are asked for, when each poll is answered at once. */
static size_t poll_times(struct world *world, int64_t for_s, int64_t times[])
{
    size_t count = 0;
    for (int64_t s = 0; s < for_s; s++, pass(world, S)) {
        while (take(world)) {
            if (world->action.kind == ASK_POLL && world->action.target.index == RESOURCE_ORDERS) {
                ask_pane(world->ask, world->now, RESOURCE_ORDERS);
            } else if (world->action.kind == ASK_SEND) {
                good(world, world->action.request);
                times[count++] = s;
            }
        }
    }
    return count;
}

static void test_polls(void **state)
{
    (void)state;
    static const struct {
        int64_t poll_s, stream_s, closed_s;
        bool has_stream, up, closed;
        int64_t every_s; /* 0: never */
    } rows[] = {
        {10, 60, 120, true, false, false, 10}, {10, 60, 120, true, true, false, 60},
        {10, 60, 120, true, true, true, 120},  {10, 60, 120, true, false, true, 120},
        {10, 10, 10, false, false, true, 10},  {0, 0, 0, true, true, false, 0},
        {0, 0, 0, true, false, false, 10},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct backend backend = backend_plain();
        struct backend_section *orders = &backend.panes[RESOURCE_ORDERS];
        backend.panes[RESOURCE_POSITIONS].get.path = NULL;
        orders->poll_s = rows[i].poll_s;
        orders->poll_stream_s = rows[i].stream_s;
        orders->poll_closed_s = rows[i].closed_s;
        backend.stream.present = rows[i].has_stream;
        backend.stream.get.path = "/stream";
        struct world world;
        int64_t times[512];
        world_init(&world, &backend);
        ask_start(world.ask, world.now);
        ask_pane(world.ask, world.now, RESOURCE_ORDERS);
        ask_stream(world.ask, world.now, rows[i].up);
        ask_clock(world.ask, world.now, !rows[i].closed, INT64_MIN);
        size_t count = poll_times(&world, 300, times);
        assert_int_equal(count,
                         rows[i].every_s > 0 ? (299 + rows[i].every_s) / rows[i].every_s : 1);
        for (size_t k = 1; k < count; k++) {
            assert_true(times[k] - times[k - 1] == rows[i].every_s);
        }
        ask_free(world.ask);
    }
}

static void test_a_refresh_puts_the_poll_off(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.panes[RESOURCE_POSITIONS].get.path = NULL;
    struct world world;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    pass(&world, 9 * S);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    good(&world, expect_get(&world, "/orders"));
    expect_nothing(&world);
    assert_true(ask_deadline(world.ask) == world.now.mono_us + 10 * S);
    pass(&world, 10 * S);
    assert_true(take(&world) && world.action.kind == ASK_POLL);
    expect_nothing(&world);
    ask_free(world.ask);
}

static void test_the_clock(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.panes[RESOURCE_ORDERS].poll_closed_s = 100;
    backend.panes[RESOURCE_POSITIONS].get.path = NULL;
    backend.clock = section("clock", "/clock", 0);
    struct world world;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    /* Asked at once, each minute, and when it is to change. */
    good(&world, expect_get(&world, "/clock"));
    ask_clock(world.ask, world.now, false, WALL_MS + 90000);
    struct ask_state shown;
    ask_state(world.ask, world.now, &shown);
    assert_true(shown.closed && shown.poll_ms == 100000 && shown.opens_ms == WALL_MS + 90000);
    expect_nothing(&world);
    assert_true(ask_deadline(world.ask) == world.now.mono_us + 60 * S);
    pass(&world, 60 * S);
    good(&world, expect_get(&world, "/clock"));
    ask_clock(world.ask, world.now, false, WALL_MS + 90000);
    assert_true(ask_deadline(world.ask) == world.now.mono_us + 30 * S);
    pass(&world, 30 * S);
    good(&world, expect_get(&world, "/clock"));
    ask_clock(world.ask, world.now, true, INT64_MIN);
    ask_state(world.ask, world.now, &shown);
    assert_true(!shown.closed && shown.poll_ms == 10000);
    ask_free(world.ask);
    /* Without an address the function is asked, with the time. */
    backend.clock.get.path = NULL;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    assert_true(take(&world) && world.action.kind == ASK_TIME);
    expect_nothing(&world);
    assert_true(ask_deadline(world.ask) == world.now.mono_us + 10 * S);
    ask_clock(world.ask, world.now, false, INT64_MIN);
    assert_true(ask_deadline(world.ask) == world.now.mono_us + 60 * S);
    ask_free(world.ask);
}

/* A clock that is always about to change is not asked as fast as it answers. */
static void test_a_clock_about_to_change(void **state)
{
    (void)state;
    static const int64_t ahead_ms[] = {1, 900, 4999, 61000, INT64_MAX - WALL_MS * 2};
    for (size_t i = 0; i < 2 * sizeof ahead_ms / sizeof *ahead_ms; i++) {
        struct backend backend = backend_plain();
        backend.panes[RESOURCE_ORDERS].get.path = backend.panes[RESOURCE_POSITIONS].get.path = NULL;
        backend.clock = section("clock", i % 2 == 0 ? "/clock" : NULL, 0);
        struct world world;
        world_init(&world, &backend);
        ask_start(world.ask, world.now);
        int64_t start_us = world.now.mono_us;
        int asked = 0;
        while (asked <= 100 && world.now.mono_us < start_us + 60 * S) {
            while (asked <= 100 && take(&world)) {
                asked++;
                pass(&world, 1000);
                ask_clock(world.ask, world.now, asked % 2, world.now.wall_ms + ahead_ms[i / 2]);
                if (world.action.kind == ASK_SEND) {
                    assert_int_equal(good(&world, world.action.request), ASK_WHOLE);
                }
            }
            int64_t wait_us = ask_deadline(world.ask) - world.now.mono_us;
            pass(&world, wait_us > 0 && wait_us < 60 * S ? wait_us : 60 * S);
        }
        assert_in_range(asked, 1, 60 / ASK_CLOCK_LEAST_S);
        ask_free(world.ask);
    }
}

/* --- discovery, pages, quotes ---------------------------------------------------------------- */

static void discover(struct world *world, uint64_t request, const char *const *values, size_t count)
{
    struct ask_answer answer = {.status = 200, .values = values, .value_count = count};
    assert_int_equal(ask_answered(world->ask, world->now, request, &answer, &world->fault),
                     ASK_WHOLE);
}

static void test_discovery(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.discover[0] = section("account", "/accounts", 0);
    backend.discover[1] = section("list", "/{account}/lists", 0);
    backend.discover_count = 2;
    backend.panes[RESOURCE_ORDERS].get.path = "/{account}/orders";
    backend.panes[RESOURCE_WATCHLISTS] = section("watchlist", "/{account}/lists/{list}", 60);
    backend.stream.present = true;
    backend.stream.get.path = "/{account}/events";
    struct world world;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    ask_pane(world.ask, world.now, RESOURCE_WATCHLISTS);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    uint64_t request = expect_get(&world, "/accounts");
    expect_nothing(&world);
    struct buf path;
    buf_init(&path, 1000);
    assert_false(ask_stream_path(world.ask, &path));
    const char *accounts[] = {"a/1"};
    discover(&world, request, accounts, 1);
    request = expect_get(&world, "/a%2F1/lists");
    uint64_t orders = expect_get(&world, "/a%2F1/orders");
    buf_clear(&path);
    assert_true(ask_stream_path(world.ask, &path));
    assert_string_equal(path.data, "/a%2F1/events");
    buf_done(&path);
    assert_int_equal(good(&world, orders), ASK_WHOLE);
    /* Several values: one request each, one at a time. */
    const char *lists[] = {"x", "y", "z"};
    discover(&world, request, lists, 3);
    assert_int_equal(good(&world, expect_get(&world, "/a%2F1/lists/x")), ASK_MORE);
    assert_int_equal(good(&world, expect_get(&world, "/a%2F1/lists/y")), ASK_MORE);
    assert_false(world.action.first);
    assert_int_equal(good(&world, expect_get(&world, "/a%2F1/lists/z")), ASK_WHOLE);
    /* What is known is not discovered again, until it is refused; then once. */
    ask_pane(world.ask, world.now, RESOURCE_WATCHLISTS);
    request = expect_get(&world, "/a%2F1/lists/x");
    assert_int_equal(refuse(&world, request, 404, -1), ASK_AGAIN);
    const char *others[] = {"b"};
    discover(&world, expect_get(&world, "/accounts"), others, 1);
    discover(&world, expect_get(&world, "/b/lists"), lists, 1);
    request = expect_get(&world, "/b/lists/x");
    assert_int_equal(refuse(&world, request, 404, -1), ASK_FAILED);
    ask_free(world.ask);
}

/* Parts by old values and by new ones do not make one pane. */
static void test_values_that_change_meanwhile(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.discover[0] = section("id", "/ids", 0);
    backend.discover_count = 1;
    backend.panes[RESOURCE_ORDERS].get.path = "/{id}/orders";
    backend.panes[RESOURCE_POSITIONS].get.path = "/{id}/positions";
    const char *before[] = {"a", "b", "c"}, *after[] = {"b", "a"};
    for (int same = 0; same < 2; same++) {
        struct world world;
        world_init(&world, &backend);
        ask_start(world.ask, world.now);
        ask_pane(world.ask, world.now, RESOURCE_ORDERS);
        ask_pane(world.ask, world.now, RESOURCE_POSITIONS);
        discover(&world, expect_get(&world, "/ids"), before, 3);
        uint64_t orders = expect_get(&world, "/a/orders");
        uint64_t positions = expect_get(&world, "/a/positions");
        assert_int_equal(good(&world, orders), ASK_MORE);
        orders = expect_get(&world, "/b/orders");
        assert_int_equal(refuse(&world, positions, 404, -1), ASK_AGAIN);
        discover(&world, expect_get(&world, "/ids"), same ? before : after, same ? 3 : 2);
        expect_get(&world, same ? "/a/positions" : "/b/positions");
        assert_int_equal(good(&world, orders), same ? ASK_MORE : ASK_AGAIN);
        orders = expect_get(&world, same ? "/c/orders" : "/b/orders");
        assert_true(world.action.first == !same);
        if (!same) {
            assert_int_equal(good(&world, orders), ASK_MORE);
            orders = expect_get(&world, "/a/orders");
        }
        assert_int_equal(good(&world, orders), ASK_WHOLE);
        ask_free(world.ask);
    }
}

/* A later page that is refused: what was discovered anew begins with the first. */
static void test_refused_page(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.discover[0] = section("id", "/ids", 0);
    backend.discover_count = 1;
    backend.panes[RESOURCE_ORDERS].get.path = "/{id}/orders";
    backend.panes[RESOURCE_ORDERS].pages = 3;
    struct world world;
    const char *first[] = {"a"}, *second[] = {"b"};
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    discover(&world, expect_get(&world, "/ids"), first, 1);
    struct ask_answer more = {.status = 200, .next = "/a/orders?p=2"};
    assert_int_equal(
        ask_answered(world.ask, world.now, expect_get(&world, "/a/orders"), &more, &world.fault),
        ASK_MORE);
    uint64_t request = expect_get(&world, "/a/orders?p=2");
    assert_int_equal(refuse(&world, request, 404, -1), ASK_AGAIN);
    discover(&world, expect_get(&world, "/ids"), second, 1);
    request = expect_get(&world, "/b/orders");
    assert_true(world.action.first && !world.action.page);
    assert_int_equal(good(&world, request), ASK_WHOLE);
    ask_free(world.ask);
}

static void test_at_most_so_many_values(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.discover[0] = section("id", "/ids", 0);
    backend.discover_count = 1;
    backend.panes[RESOURCE_ORDERS].get.path = "/{id}/orders";
    struct world world;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    char texts[40][8];
    const char *values[40];
    for (size_t i = 0; i < 40; i++) {
        snprintf(texts[i], sizeof texts[i], "v%zu", i);
        values[i] = texts[i];
    }
    discover(&world, expect_get(&world, "/ids"), values, 40);
    size_t sent = 0;
    while (take(&world) && world.action.kind == ASK_SEND) {
        sent++;
        good(&world, world.action.request);
    }
    assert_int_equal(sent, BACKEND_VALUES_MAX);
    /* None: there is nothing to ask for. */
    ask_manual(world.ask, world.now);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    assert_int_equal(refuse(&world, expect_get(&world, "/v0/orders"), 403, -1), ASK_AGAIN);
    discover(&world, expect_get(&world, "/ids"), values, 0);
    assert_true(take(&world) && world.action.kind == ASK_EMPTY);
    assert_int_equal(world.action.target.index, RESOURCE_ORDERS);
    expect_nothing(&world);
    ask_free(world.ask);
}

static void test_the_user_gives_the_value(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.discover[0] = section("id", "/ids", 0);
    backend.discover_count = 1;
    backend.panes[RESOURCE_ORDERS].get.path = "/{id}/orders?{more}";
    struct world world;
    world_init(&world, &backend);
    ask_set_value(world.ask, "id", "mine");
    ask_set_value(world.ask, "more", "x");
    ask_start(world.ask, world.now);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    uint64_t request = expect_get(&world, "/mine/orders?x");
    assert_int_equal(refuse(&world, request, 404, -1), ASK_FAILED);
    ask_free(world.ask);
}

static void test_a_discovery_that_fails(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.discover[0] = section("id", "/ids", 0);
    backend.discover_count = 1;
    backend.panes[RESOURCE_ORDERS].get.path = "/{id}/orders";
    struct world world;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    ask_pane(world.ask, world.now, RESOURCE_POSITIONS);
    uint64_t request = expect_get(&world, "/ids");
    expect_get(&world, "/positions");
    assert_int_equal(refuse(&world, request, 500, -1), ASK_FAILED);
    assert_true(take(&world) && world.action.kind == ASK_GIVE_UP);
    assert_int_equal(world.action.target.index, RESOURCE_ORDERS);
    assert_int_equal(world.action.fault->status, 500);
    expect_nothing(&world);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    expect_get(&world, "/ids");
    ask_free(world.ask);
}

/* next "": there is one, somewhere else. */
static enum ask_outcome page(struct world *world, const char *path, const char *next)
{
    bool foreign = next != NULL && *next == '\0';
    struct ask_answer answer = {.status = 200, .next = foreign ? NULL : next, .foreign = foreign};
    return ask_answered(world->ask, world->now, expect_get(world, path), &answer, &world->fault);
}

static void test_pages(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.panes[RESOURCE_ORDERS].pages = 3;
    struct world world;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    assert_int_equal(page(&world, "/orders", "/orders?p=2"), ASK_MORE);
    assert_int_equal(page(&world, "/orders?p=2", "/orders?p=3"), ASK_MORE);
    assert_int_equal(page(&world, "/orders?p=3", "/orders?p=4"), ASK_WHOLE);
    assert_true(ask_is_cut(world.ask, RESOURCE_ORDERS));
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    assert_int_equal(page(&world, "/orders", NULL), ASK_WHOLE);
    assert_false(ask_is_cut(world.ask, RESOURCE_ORDERS));
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    assert_int_equal(page(&world, "/orders", ""), ASK_FAILED);
    assert_string_equal(world.fault.text, "the next page is at another origin");
    /* One that is not to be asked for may be anywhere. */
    backend.panes[RESOURCE_ORDERS].pages = 1;
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    assert_int_equal(page(&world, "/orders", ""), ASK_WHOLE);
    assert_true(ask_is_cut(world.ask, RESOURCE_ORDERS));
    /* Pages in a circle end where it closes. */
    backend.panes[RESOURCE_ORDERS].pages = 1000;
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    assert_int_equal(page(&world, "/orders", "/orders?p=2"), ASK_MORE);
    assert_int_equal(page(&world, "/orders?p=2", "/orders?p=3"), ASK_MORE);
    assert_int_equal(page(&world, "/orders?p=3", "/orders?p=2"), ASK_WHOLE);
    assert_false(ask_is_cut(world.ask, RESOURCE_ORDERS));
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    assert_int_equal(page(&world, "/orders", "/orders"), ASK_WHOLE);
    expect_nothing(&world);
    ask_free(world.ask);
}

static void test_quotes(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.panes[RESOURCE_ORDERS].get.path = NULL;
    backend.panes[RESOURCE_POSITIONS].get.path = NULL;
    backend.quotes[0] = section("quotes.stocks", "/q?s={symbols}", 5);
    backend.quotes[0].segment = "stock";
    backend.quotes[0].max = 2;
    backend.quotes[1] = section("quotes.rest", "/r?s={symbols:&s=}", 5);
    backend.quotes_count = 2;
    struct world world;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    expect_nothing(&world); /* no symbols, no request */
    static const struct ask_symbol symbols[] = {
        {"A", "stock"}, {"B&C", "stock"}, {"X/USD", "crypto"}, {"D", "stock"}};
    ask_symbols(world.ask, world.now, symbols, 4);
    assert_int_equal(good(&world, expect_get(&world, "/q?s=A,B%26C")), ASK_MORE);
    assert_int_equal(good(&world, expect_get(&world, "/q?s=D")), ASK_WHOLE);
    assert_int_equal(good(&world, expect_get(&world, "/r?s=A&s=B%26C&s=X%2FUSD&s=D")), ASK_WHOLE);
    /* The same symbols are no reason to ask, others are. */
    ask_symbols(world.ask, world.now, symbols, 4);
    expect_nothing(&world);
    assert_true(ask_deadline(world.ask) == world.now.mono_us + 5 * S);
    ask_symbols(world.ask, world.now, symbols, 1);
    uint64_t request = expect_get(&world, "/q?s=A");
    /* A plan without these data: this address is let alone, until the user asks. */
    assert_int_equal(refuse(&world, request, 403, -1), ASK_FAILED);
    for (int i = 0; i < 100; i++) {
        good(&world, expect_get(&world, "/r?s=A"));
        expect_nothing(&world);
        pass(&world, 5 * S);
    }
    good(&world, expect_get(&world, "/r?s=A"));
    ask_manual(world.ask, world.now);
    expect_get(&world, "/q?s=A");
    ask_free(world.ask);
}

/* What joins them while a request is under way is not left to the next poll. */
static void test_symbols_that_come_later(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.panes[RESOURCE_ORDERS].get.path = NULL;
    backend.panes[RESOURCE_POSITIONS].get.path = NULL;
    backend.quotes[0] = section("quotes.all", "/q?s={symbols}", 5);
    backend.quotes_count = 1;
    struct world world;
    static const struct ask_symbol symbols[] = {{"A", ""}, {"B", ""}};
    struct ask_state state_now;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    ask_symbols(world.ask, world.now, symbols, 1);
    uint64_t request = expect_get(&world, "/q?s=A");
    ask_symbols(world.ask, world.now, symbols, 2);
    good(&world, request);
    ask_state(world.ask, world.now, &state_now);
    assert_true(state_now.quotes_open);
    assert_int_equal(good(&world, expect_get(&world, "/q?s=A,B")), ASK_WHOLE);
    ask_state(world.ask, world.now, &state_now);
    assert_false(state_now.quotes_open);
    expect_nothing(&world);
    ask_free(world.ask);
}

static void test_symbols_have_a_ceiling(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    backend.panes[RESOURCE_ORDERS].get.path = NULL;
    backend.panes[RESOURCE_POSITIONS].get.path = NULL;
    backend.quotes[0] = section("quotes.all", "/q?s={symbols}", 5);
    backend.quotes_count = 1;
    struct world world;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    struct ask_symbol *symbols = calloc(ASK_SYMBOLS_MAX + 500, sizeof *symbols);
    for (size_t i = 0; i < ASK_SYMBOLS_MAX + 500; i++) {
        symbols[i] = (struct ask_symbol){"S", ""};
    }
    ask_symbols(world.ask, world.now, symbols, ASK_SYMBOLS_MAX + 500);
    size_t sent = 0;
    while (take(&world)) {
        sent++;
        good(&world, world.action.request);
    }
    assert_int_equal(sent, ASK_SYMBOLS_MAX / BACKEND_SYMBOLS_MAX);
    free(symbols);
    ask_free(world.ask);
}

/* --- the login ------------------------------------------------------------------------------- */

static void test_the_login_runs_out(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    struct world world;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    ask_pane(world.ask, world.now, RESOURCE_POSITIONS);
    uint64_t orders = expect_get(&world, "/orders"), positions = expect_get(&world, "/positions");
    assert_int_equal(refuse(&world, orders, 401, -1), ASK_AGAIN);
    assert_true(take(&world) && world.action.kind == ASK_RENEW);
    /* Meanwhile nothing is asked; what was on its way counts for nothing. */
    expect_nothing(&world);
    ask_renewed(world.ask, world.now, true);
    assert_int_equal(refuse(&world, positions, 401, -1), ASK_AGAIN);
    orders = expect_get(&world, "/orders");
    assert_true(world.action.first);
    positions = expect_get(&world, "/positions");
    assert_int_equal(good(&world, orders), ASK_WHOLE);
    assert_int_equal(good(&world, positions), ASK_WHOLE);
    /* The next time the commands are run again. */
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    assert_int_equal(refuse(&world, expect_get(&world, "/orders"), 401, -1), ASK_AGAIN);
    assert_true(take(&world) && world.action.kind == ASK_RENEW);
    ask_renewed(world.ask, world.now, true);
    /* The same answer again: nothing is asked any more, until the user asks. */
    ask_pane(world.ask, world.now, RESOURCE_POSITIONS);
    assert_int_equal(refuse(&world, expect_get(&world, "/orders"), 401, -1), ASK_FAILED);
    assert_int_equal(world.fault.kind, FAULT_AUTH);
    assert_true(take(&world) && world.action.kind == ASK_GIVE_UP);
    assert_int_equal(world.action.target.index, RESOURCE_POSITIONS);
    struct ask_state shown;
    ask_state(world.ask, world.now, &shown);
    assert_true(shown.stopped);
    expect_nothing(&world);
    assert_true(ask_deadline(world.ask) == MOMENT_NEVER);
    pass(&world, 1000 * S);
    expect_nothing(&world);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    assert_true(take(&world) && world.action.kind == ASK_GIVE_UP);
    ask_manual(world.ask, world.now);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    while (take(&world) && world.action.kind == ASK_POLL) {
    }
    assert_int_equal(world.action.kind, ASK_SEND);
    ask_free(world.ask);
}

static void test_a_login_that_cannot_be_renewed(void **state)
{
    (void)state;
    struct backend backend = backend_plain();
    struct world world;
    world_init(&world, &backend);
    ask_start(world.ask, world.now);
    ask_pane(world.ask, world.now, RESOURCE_ORDERS);
    struct fault fault;
    fault_set(&fault, FAULT_HTTP, 403, "token is invalid");
    struct ask_answer answer = {.status = 403, .fault = &fault, .expired = true};
    assert_int_equal(
        ask_answered(world.ask, world.now, expect_get(&world, "/orders"), &answer, &world.fault),
        ASK_AGAIN);
    assert_true(take(&world) && world.action.kind == ASK_RENEW);
    ask_renewed(world.ask, world.now, false);
    assert_true(take(&world) && world.action.kind == ASK_GIVE_UP);
    assert_int_equal(world.action.fault->kind, FAULT_AUTH);
    assert_string_equal(world.action.fault->text, "token is invalid");
    expect_nothing(&world);
    ask_free(world.ask);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_quota_is_ever_exceeded),
        cmocka_unit_test(test_a_quarter_is_left),
        cmocka_unit_test(test_a_large_quota_has_a_ceiling),
        cmocka_unit_test(test_one_request_of_a_pane_at_a_time),
        cmocka_unit_test(test_nothing_left),
        cmocka_unit_test(test_too_many_requests),
        cmocka_unit_test(test_odd_patience),
        cmocka_unit_test(test_polls),
        cmocka_unit_test(test_a_refresh_puts_the_poll_off),
        cmocka_unit_test(test_the_clock),
        cmocka_unit_test(test_a_clock_about_to_change),
        cmocka_unit_test(test_discovery),
        cmocka_unit_test(test_values_that_change_meanwhile),
        cmocka_unit_test(test_refused_page),
        cmocka_unit_test(test_at_most_so_many_values),
        cmocka_unit_test(test_the_user_gives_the_value),
        cmocka_unit_test(test_a_discovery_that_fails),
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_quotes),
        cmocka_unit_test(test_symbols_that_come_later),
        cmocka_unit_test(test_symbols_have_a_ceiling),
        cmocka_unit_test(test_the_login_runs_out),
        cmocka_unit_test(test_a_login_that_cannot_be_renewed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
