/* What comes out of functions that do as they owe, and of those that do not. */
#include "place.h"

#include <blotter/adapt/translate.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

#define INI                                                                                        \
    "[backend]\nformat = 1\nbadge = paper\n[hosts]\napi = https://api.example.com\n"               \
    "[discover.id]\nget = api /i\n[clock]\n[orders]\nget = api /o\npoll = 9\npages = 3\n"          \
    "[account]\nget = api /a\npoll = 9\n[quotes.a]\nget = api /q?s={symbols}\npoll = 9\n"          \
    "[stream]\nget = api /s\n"
/* Every duty, to be written over. */
#define JQ                                                                                         \
    "def id: .; def clock: .; def orders: .; def account: .; def quotes: .; def event: .data;\n"

struct world {
    struct test_place place;
    struct adapt *adapt;
    struct buf out;
};

/* functions stands behind the duties, so that what it defines counts. */
static void world_init(struct world *world, const char *ini, const char *functions)
{
    char jq[2048];
    struct buf sentences;
    snprintf(jq, sizeof jq, "%s%s\n", JQ, functions);
    place_init(&world->place);
    place_write(&world->place, "user/x.ini", ini);
    place_write(&world->place, "user/x.jq", jq);
    buf_init(&sentences, ADAPT_SENTENCES_MAX);
    world->adapt = place_load(&world->place, "x", &sentences);
    if (world->adapt == NULL) {
        fail_msg("%s", sentences.data);
    }
    buf_done(&sentences);
    buf_init(&world->out, 1 << 20);
}

static void world_done(struct world *world)
{
    adapt_free(world->adapt);
    buf_done(&world->out);
    place_done(&world->place);
}

static const char *text_of(const struct buf *buf)
{
    return buf->data != NULL ? buf->data : "";
}

/* --- panes ----------------------------------------------------------------------------------- */

static void test_rows(void **state)
{
    (void)state;
    static const struct {
        const char *function, *body, *expected, *fault;
    } rows[] = {
        {"def orders: .;", "[{\"id\":1},{\"id\":2}]", "{\"id\":1},{\"id\":2}", NULL},
        {"def orders: .;", " [] ", "", NULL},
        {"def orders: .[];", "[[{\"id\":1}]]", "{\"id\":1}", NULL},
        {"def orders: ., .;", "[]", NULL, "x.jq: orders: two values where one is wanted"},
        {"def orders: empty;", "[]", NULL, "x.jq: orders: no value where one is wanted"},
        {"def orders: .;", "{}", NULL, "x.jq: orders: gives an object where an array is wanted"},
        {"def orders: .;", "null", NULL, "x.jq: orders: gives null where an array is wanted"},
        {"def orders: .a.b;", "{\"a\":1}", NULL, "x.jq: orders: Cannot index number with "},
        {"def orders: error(\"not today\");", "[]", NULL, "x.jq: orders: not today"},
        {"def orders: error({a: 1});", "[]", NULL, "x.jq: orders: {\"a\":1}"},
        {"def orders: error(\"\\u001b[2J\");", "[]", NULL, "x.jq: orders: ?[2J"},
        {"def orders: [.[] | tostring];", "[12345678901234567890]", "\"12345678901234567890\"",
         NULL},
        {"def orders: .;", "[\"1.10\",1.5]", "\"1.10\",1.5", NULL},
        {"def orders: [$ENV, ($ENV | length)];", "[]", "{},0", NULL},
        {"def orders: .;", "<html>", NULL, "the answer is no JSON, at byte 0"},
        {"def orders: .;", "[1,", NULL, "the answer is no JSON, at byte 3"},
        {"def orders: .;", "", NULL, "the answer is no JSON, at byte 0"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world world;
        struct fault fault = {0};
        world_init(&world, INI, rows[i].function);
        bool good = translate_rows(world.adapt, RESOURCE_ORDERS, rows[i].body, strlen(rows[i].body),
                                   &world.out, &fault);
        assert_int_equal(good, rows[i].expected != NULL);
        if (good) {
            assert_string_equal(text_of(&world.out), rows[i].expected);
        } else if (rows[i].fault != NULL) {
            /* jq 1.6 goes on with: string "b". */
            assert_memory_equal(fault.text, rows[i].fault, strlen(rows[i].fault));
            assert_int_equal(fault.kind, FAULT_DECODE);
            assert_int_equal(world.out.len, 0);
        }
        world_done(&world);
    }
}

/* A program goes on after an error, and rows that were there stay. */
static void test_joined(void **state)
{
    (void)state;
    struct world world;
    struct fault fault;
    world_init(&world, INI, "def orders: if length > 2 then error(\"no\") else . end;");
    struct adapt *adapt = world.adapt;
    assert_true(translate_rows(adapt, RESOURCE_ORDERS, "[1]", 3, &world.out, &fault));
    assert_false(translate_rows(adapt, RESOURCE_ORDERS, "[1,2,3]", 7, &world.out, &fault));
    assert_true(translate_rows(adapt, RESOURCE_ORDERS, "[]", 2, &world.out, &fault));
    assert_true(translate_rows(adapt, RESOURCE_ORDERS, "[2,3]", 5, &world.out, &fault));
    struct buf body;
    buf_init(&body, 100);
    assert_true(translate_body(RESOURCE_ORDERS, &world.out, &body));
    assert_string_equal(body.data, "{\"orders\":[1,2,3]}");
    buf_clear(&body);
    buf_clear(&world.out);
    assert_true(translate_body(RESOURCE_WATCHLISTS, &world.out, &body));
    assert_string_equal(body.data, "{\"watchlists\":[]}");
    buf_done(&body);
    world_done(&world);
}

/* One that is held is read once, by all functions, and need not live on. */
static void test_held(void **state)
{
    (void)state;
    char body[] = "[1,12345678901234567890]";
    static const char other[] = "[3]";
    struct world world;
    struct fault fault;
    struct buf path;
    world_init(&world, INI, "def next_page: {p: .[1]}; def covers: .[0];");
    struct adapt *adapt = world.adapt;
    buf_init(&path, 1 << 16);
    assert_false(translate_hold(adapt, "[1", 2, &fault));
    assert_int_equal(fault.kind, FAULT_DECODE);
    for (int i = 0; i < 2; i++) {
        buf_clear(&path);
        memcpy(body, "[1,1234", 7);
        assert_true(translate_hold(adapt, body, strlen(body), &fault));
        memset(body, 'x', 7);
        assert_true(translate_rows(adapt, RESOURCE_ORDERS, NULL, 0, &world.out, &fault));
        assert_true(
            translate_rows(adapt, RESOURCE_ORDERS, other, strlen(other), &world.out, &fault));
        assert_true(translate_next_page(adapt, NULL, 0, "/o", &path, &fault));
        assert_true(translate_covers(adapt, NULL, 0, &path));
    }
    translate_release(adapt);
    translate_release(adapt);
    assert_false(translate_rows(adapt, RESOURCE_ORDERS, NULL, 0, &world.out, &fault));
    memcpy(body, "[1,1234", 7);
    assert_true(translate_rows(adapt, RESOURCE_ORDERS, body, strlen(body), &world.out, &fault));
    assert_string_equal(world.out.data, "1,\"12345678901234567890\",3,1,\"12345678901234567890\",3,"
                                        "1,\"12345678901234567890\"");
    assert_string_equal(path.data, "/o?p=123456789012345678901");
    assert_true(translate_hold(adapt, body, strlen(body), &fault)); /* freed with the rest */
    buf_done(&path);
    world_done(&world);
}

static void test_account(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"{\"id\":1}", "{\"account\":{\"id\":1}}"},
        {"null", "{\"account\":null}"},
        {"[]", NULL},
        {"3", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world world;
        struct fault fault = {0};
        struct buf body;
        world_init(&world, INI, "");
        buf_init(&body, 100);
        bool good = translate_rows(world.adapt, RESOURCE_ACCOUNT, rows[i][0], strlen(rows[i][0]),
                                   &world.out, &fault);
        assert_int_equal(good, rows[i][1] != NULL);
        if (good) {
            assert_true(translate_body(RESOURCE_ACCOUNT, &world.out, &body));
            assert_string_equal(body.data, rows[i][1]);
        } else {
            assert_string_equal(fault.text, "x.jq: account: gives neither an object nor null");
        }
        buf_done(&body);
        world_done(&world);
    }
}

static void test_too_large(void **state)
{
    (void)state;
    struct world world;
    struct fault fault;
    world_init(&world, INI, "");
    char *body = malloc(ADAPT_BODY_BYTES_MAX + 1);
    memset(body, ' ', ADAPT_BODY_BYTES_MAX + 1);
    memcpy(body, "[]", 2);
    assert_true(translate_rows(world.adapt, RESOURCE_ORDERS, body, ADAPT_BODY_BYTES_MAX, &world.out,
                               &fault));
    assert_false(translate_rows(world.adapt, RESOURCE_ORDERS, body, ADAPT_BODY_BYTES_MAX + 1,
                                &world.out, &fault));
    assert_int_equal(fault.kind, FAULT_TOO_LARGE);
    memset(body, '[', ADAPT_DEPTH_MAX + 1);
    memset(body + ADAPT_DEPTH_MAX + 1, ']', ADAPT_DEPTH_MAX + 1);
    assert_true(translate_rows(world.adapt, RESOURCE_ORDERS, body + 1, 2 * (size_t)ADAPT_DEPTH_MAX,
                               &world.out, &fault));
    assert_false(translate_rows(world.adapt, RESOURCE_ORDERS, body, 2 * (size_t)ADAPT_DEPTH_MAX + 2,
                                &world.out, &fault));
    assert_string_equal(fault.text, "the answer is nested too deep");
    free(body);
    world_done(&world);
}

/* --- values, clock --------------------------------------------------------------------------- */

static void test_values(void **state)
{
    (void)state;
    static const char *const rows[][3] = {
        {"def id: .[];", "[\"a\",7,12345678901234567890]",
         "[\"a\",\"7\",\"12345678901234567890\"]"},
        {"def id: empty;", "[]", "[]"},
        {"def id: .;", "\"\"", NULL},
        {"def id: .;", "null", NULL},
        {"def id: .;", "{}", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world world;
        struct fault fault = {0};
        world_init(&world, INI, rows[i][0]);
        bool good =
            translate_values(world.adapt, 0, rows[i][1], strlen(rows[i][1]), &world.out, &fault);
        assert_int_equal(good, rows[i][2] != NULL);
        if (good) {
            assert_string_equal(text_of(&world.out), rows[i][2]);
        } else {
            assert_string_equal(fault.text, "x.jq: id: a value is a text or a number");
        }
        world_done(&world);
    }
}

static void test_clock(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool good, open;
        int64_t next_ms;
    } rows[] = {
        {"{\"open\":true}", true, true, INT64_MIN},
        {"{\"open\":false,\"next\":null}", true, false, INT64_MIN},
        {"{\"open\":false,\"next\":\"1970-01-01T00:01:00Z\"}", true, false, 60000},
        {"{\"open\":false,\"next\":90}", true, false, 90000},
        {"{\"open\":false,\"next\":\"soon\"}", false, false, 0},
        {"{\"open\":1}", false, false, 0},
        {"{}", false, false, 0},
        {"[]", false, false, 0},
    };
    struct world world;
    world_init(&world, INI, "");
    for (size_t i = 0; i < COUNT(rows); i++) {
        bool is_open = !rows[i].open;
        int64_t next_ms = -5;
        struct fault fault;
        bool good = translate_clock(world.adapt, rows[i].body, strlen(rows[i].body), 0, &is_open,
                                    &next_ms, &fault);
        assert_int_equal(good, rows[i].good);
        if (good) {
            assert_int_equal(is_open, rows[i].open);
            assert_int_equal(next_ms, rows[i].next_ms);
        } else {
            assert_int_equal(next_ms, -5);
        }
    }
    world_done(&world);
    world_init(&world, INI, "def clock: {open: (.now == 100), next: (.now + 1)};");
    bool is_open = false;
    int64_t next_ms = 0;
    struct fault fault;
    assert_true(translate_clock(world.adapt, NULL, 0, 100999, &is_open, &next_ms, &fault));
    assert_true(is_open);
    assert_int_equal(next_ms, 101000);
    world_done(&world);
}

/* --- events ---------------------------------------------------------------------------------- */

static void test_events(void **state)
{
    (void)state;
    static const struct {
        const char *function, *data, *expected;
    } rows[] = {
        {"def event: {event: .name, id, data};", "{\"a\":1}",
         "[{\"event\":\"trade\",\"id\":\"7\",\"data\":{\"a\":1}}]"},
        {"def event: {event: \"x\", data};", "no JSON", "[{\"event\":\"x\",\"data\":\"no JSON\"}]"},
        {"def event: {event: \"x\", data};", "\xff",
         "[{\"event\":\"x\",\"data\":\"\xef\xbf\xbd\"}]"},
        {"def event: {event: \"x\", id: 12}, {event: \"y\"};", "1",
         "[{\"event\":\"x\",\"id\":\"12\"},{\"event\":\"y\"}]"},
        {"def event: empty;", "1", NULL},
        {"def event: {event: 3};", "1", NULL},
        {"def event: 3;", "1", NULL},
        {"def event: error(\"x\");", "1", NULL},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world world;
        struct fault fault = {0};
        struct translate_message message = {"trade", "7", rows[i].data, 5, 1, strlen(rows[i].data)};
        world_init(&world, INI, rows[i].function);
        bool good = translate_event(world.adapt, &message, &world.out, &fault);
        assert_int_equal(good, rows[i].expected != NULL);
        if (good) {
            assert_string_equal(text_of(&world.out), rows[i].expected);
        } else {
            assert_int_equal(fault.kind, FAULT_DECODE);
        }
        world_done(&world);
    }
}

/* --- refusals, pages ------------------------------------------------------------------------- */

static void test_refusals(void **state)
{
    (void)state;
    static const struct {
        const char *function, *body, *text;
        bool expired;
    } rows[] = {
        {"", "{\"message\":\"no\"}", "no", false},
        {"", "{\"error\":\"no\"}", "no", false},
        {"", "{\"error\":{\"a\":1}}", "", false},
        {"", "Invalid Access Token\r\n\033[2Jx", "Invalid Access Token [2Jx", false},
        {"", "{\"message\":\"Gr\xc3\xb6\xc3\x9f\x65 \\u202ex\\u200b\\u0000\"}",
         "Gr\xc3\xb6\xc3\x9f\x65 x \xef\xbf\xbd", false},
        {"", "[1]", "", false},
        {"", "", "", false},
        {"def refusal: {text: .m, expired: true};", "{\"m\":\"gone\"}", "gone", true},
        {"def refusal: {text: 3, expired: 1};", "{}", "", false},
        {"def refusal: error(\"x\");", "{}", "", false},
        {"def refusal: empty;", "{}", "", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world world;
        struct translate_refusal refusal;
        world_init(&world, INI, rows[i].function);
        translate_refusal(world.adapt, rows[i].body, strlen(rows[i].body), &refusal);
        assert_string_equal(refusal.text, rows[i].text);
        assert_int_equal(refusal.expired, rows[i].expired);
        world_done(&world);
    }
    struct world world;
    struct translate_refusal refusal;
    char body[402];
    world_init(&world, INI, "");
    for (size_t i = 0; i < 200; i++) {
        memcpy(body + 2 * i, "\xc3\xa9", 2);
    }
    translate_refusal(world.adapt, body, 400, &refusal);
    assert_int_equal(strlen(refusal.text), TRANSLATE_REFUSAL_MAX);
    translate_refusal(world.adapt, body + 1, 399, &refusal);
    assert_int_equal(strlen(refusal.text), TRANSLATE_REFUSAL_MAX - 1);
    world_done(&world);
}

static void test_next_page(void **state)
{
    (void)state;
    static const struct {
        const char *function, *expected;
        bool fails;
    } rows[] = {
        {"", NULL, false},
        {"def next_page: empty;", NULL, false},
        {"def next_page: null;", NULL, false},
        {"def next_page: \"/o?page=2\";", "/o?page=2", false},
        {"def next_page: {page: 3, after: \"a b\"};", "/o?s=1&page=3&after=a%20b", false},
        {"def next_page: {s: 2};", "/o?s=2", false},
        {"def next_page: \"https://evil.example/o\";", NULL, true},
        {"def next_page: \"//evil.example/o\";", NULL, true},
        {"def next_page: \"/o\\r\\nX: y\";", NULL, true},
        {"def next_page: {page: null};", NULL, true},
        {"def next_page: [1];", NULL, true},
        {"def next_page: error(\"x\");", NULL, true},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct world world;
        struct fault fault = {0};
        world_init(&world, INI, rows[i].function);
        bool good = translate_next_page(world.adapt, "[]", 2, "/o?s=1", &world.out, &fault);
        assert_int_equal(good, rows[i].expected != NULL);
        assert_int_equal(fault.kind != FAULT_NONE, rows[i].fails);
        if (good) {
            assert_string_equal(text_of(&world.out), rows[i].expected);
        }
        world_done(&world);
    }
}

/* --- what ends the program ------------------------------------------------------------------- */

static void expect_end(const char *functions, const char *words_of)
{
    struct world world;
    int words[2], status;
    char text[512] = "";
    world_init(&world, INI, functions);
    assert_int_equal(pipe(words), 0);
    pid_t child = fork();
    if (child == 0) {
        struct fault fault;
        dup2(words[1], STDERR_FILENO);
        translate_rows(world.adapt, RESOURCE_ORDERS, "1", 1, &world.out, &fault);
        _exit(99);
    }
    close(words[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_true(read(words[0], text, sizeof text - 1) > 0);
    if (strstr(text, words_of) == NULL) {
        fail_msg("%s", text);
    }
    close(words[0]);
    world_done(&world);
}

static void test_endless(void **state)
{
    (void)state;
    expect_end("def orders: until(false; . + 1);", "blotter: x.jq: orders took longer than 5 s\n");
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define BOUNDS_MEMORY false /* theirs is beyond any ceiling */
#else
#define BOUNDS_MEMORY true
#endif

static void test_endless_memory(void **state)
{
    (void)state;
    if (BOUNDS_MEMORY) {
        expect_end("def orders: [1] | until(false; . + .);",
                   "blotter: x.jq: orders took more than 1024 MiB of memory\n");
        struct rlimit before, after;
        struct world world;
        struct fault fault;
        getrlimit(RLIMIT_DATA, &before);
        world_init(&world, INI, "def orders: .;");
        assert_true(translate_rows(world.adapt, RESOURCE_ORDERS, "[]", 2, &world.out, &fault));
        getrlimit(RLIMIT_DATA, &after);
        assert_true(before.rlim_cur == after.rlim_cur);
        world_done(&world);
    }
}

/* libjq reads ~/.jq at every compile: it must not be ours. */
static void test_home(void **state)
{
    (void)state;
    struct world world;
    struct test_place home;
    struct fault fault;
    place_init(&home);
    place_write(&home, "user/.jq", "def helper: 1; syntax error\n");
    setenv("HOME", home.user, 1);
    world_init(&world, INI, "");
    assert_string_equal(getenv("HOME"), home.user);
    assert_true(translate_rows(world.adapt, RESOURCE_ORDERS, "[]", 2, &world.out, &fault));
    world_done(&world);
    unsetenv("HOME");
    world_init(&world, INI, "");
    assert_null(getenv("HOME"));
    world_done(&world);
    place_done(&home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),      cmocka_unit_test(test_joined),
        cmocka_unit_test(test_held),      cmocka_unit_test(test_account),
        cmocka_unit_test(test_too_large), cmocka_unit_test(test_values),
        cmocka_unit_test(test_clock),     cmocka_unit_test(test_events),
        cmocka_unit_test(test_refusals),  cmocka_unit_test(test_next_page),
        cmocka_unit_test(test_endless),   cmocka_unit_test(test_endless_memory),
        cmocka_unit_test(test_home),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
