#include "fault/faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define ORDERS "/api/trading/orders/list?userId=u"
#define STREAM "/api/realtime/stream"

static struct faults *with(const char *spec)
{
    struct faults *faults = faults_new(1);
    struct fault error;
    if (!faults_add(faults, spec, &error)) {
        fail_msg("%s: %s", spec, error.text);
    }
    return faults;
}

static void test_specs(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        const char *error; /* NULL: good */
    } rows[] = {
        {"drop", NULL},
        {"500,orders", NULL},
        {"500,path=*,p=0.25,count=3,after=2,seed=9", NULL},
        {"503,stream,retry=7", NULL},
        {"slow,rate=1", NULL},
        {"redirect,to=http://example.test/a?b=c:d", NULL},
        {"stall,ms=-1", NULL},
        {"", "a fault must have 1 to 512 characters"},
        {"strall", "unknown fault 'strall' (did you mean 'stall'?)"},
        {"zzzzzzzz", "unknown fault 'zzzzzzzz' (see --fault help)"},
        {"500,order", "unknown path 'order' (did you mean 'orders'?)"},
        {"500,p=2", "p must be a number from 0 to 1, not '2'"},
        {"500,p=nan", "p must be a number from 0 to 1, not 'nan'"},
        {"500,p=", "p must be a number from 0 to 1, not ''"},
        {"500,count=0", "count must be a whole number from 1 to 1000000000, not '0'"},
        {"500,count=1x", "count must be a whole number from 1 to 1000000000, not '1x'"},
        {"500,count=99999999999999999999",
         "count must be a whole number from 1 to 1000000000, not '99999999999999999999'"},
        {"500,retry=3", "fault 500 takes no parameter 'retry' (see --fault help)"},
        {"slow,rat=3", "fault slow takes no parameter 'rat' (did you mean 'rate'?)"},
        {"500,", "unknown path '' (see --fault help)"},
        {"500, orders", "a fault must not hold spaces or quotes: '500, orders'"},
        {"redirect,to=", "to must be a URL of 1 to 255 bytes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct faults *faults = faults_new(1);
        struct fault error = {.kind = FAULT_NONE};
        bool good = faults_add(faults, rows[i].spec, &error);
        assert_int_equal(good, rows[i].error == NULL);
        if (!good) {
            assert_string_equal(error.text, rows[i].error);
            assert_int_equal(error.kind, FAULT_CONFIG);
            char *list = faults_list_json(faults);
            assert_string_equal(list, "{\"faults\":[]}");
            free(list);
        }
        faults_free(faults);
    }
}

static void test_answers(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        const char *path;
        int status;
        const char *type;
        const char *begins;
        int retry_after_s;
        const char *location;
    } rows[] = {
        {"500", ORDERS, 500, "application/json", "{\"success\":false", -1, ""},
        {"502", ORDERS, 502, "text/html; charset=utf-8", "<html>", -1, ""},
        {"503", ORDERS, 503, "application/json", "{\"error\":", 2, ""},
        {"503,retry=9", ORDERS, 503, "application/json", "{\"error\":", 9, ""},
        {"429,retry=0", STREAM, 429, "application/json", "{\"error\":", 0, ""},
        {"401", ORDERS, 401, "application/json", "{\"error\":\"Unauthorized\"}", -1, ""},
        {"403", ORDERS, 403, "application/json", "{\"error\":\"Forbidden\"}", -1, ""},
        {"404", ORDERS, 404, "application/json", "{\"error\":", -1, ""},
        {"204", STREAM, 204, NULL, "", -1, ""},
        {"redirect", ORDERS, 302, NULL, "", -1, "http://elsewhere.invalid/"},
        {"redirect,to=http://h/x", ORDERS, 302, NULL, "", -1, "http://h/x"},
        {"login", ORDERS, 307, NULL, "", -1, "/auth/login?callbackUrl=%2F"},
        {"login", "/auth/login?callbackUrl=%2F", 200, "text/html; charset=utf-8", "<!DOCTYPE", -1,
         ""},
        {"loop", ORDERS, 302, NULL, "", -1, ORDERS},
        {"loop", STREAM "?a=\r\nSet-Cookie: x", 302, NULL, "", -1, "/"},
        {"html", ORDERS, 200, "text/html; charset=utf-8", "<!DOCTYPE", -1, ""},
        {"success-false", ORDERS, 200, "application/json", "{\"success\":false", -1, ""},
        {"wrong-type", ORDERS, 200, "application/json", "{\"success\":true,\"orders\":[{\"id\":7",
         -1, ""},
        {"wrong-type", "/api/watchlists", 200, "application/json", "{\"watchlists\":[{\"id\":[]",
         -1, ""},
        {"short-json", "/api/trading/account", 200, "application/json",
         "{\"success\":true,\"account\"", -1, ""},
        {"short-json", STREAM, 200, "text/event-stream", "data: {", -1, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct faults *faults = with(rows[i].spec);
        struct faults_reply reply;
        assert_true(faults_answer(faults, rows[i].path, &reply));
        assert_int_equal(reply.status, rows[i].status);
        assert_int_equal(reply.retry_after_s, rows[i].retry_after_s);
        assert_string_equal(reply.location, rows[i].location);
        assert_int_equal(reply.content_type == NULL, rows[i].type == NULL);
        if (rows[i].type != NULL) {
            assert_string_equal(reply.content_type, rows[i].type);
        }
        assert_int_equal(strncmp(reply.body, rows[i].begins, strlen(rows[i].begins)), 0);
        assert_int_equal(reply.body_len > 0, rows[i].type != NULL);
        faults_free(faults);
    }
}

static void test_only_its_path(void **state)
{
    (void)state;
    struct faults *faults = with("500,orders");
    struct faults_reply reply;
    assert_true(faults_answer(faults, "/api/trading/orders", &reply));
    assert_true(faults_answer(faults, "/api/trading/orders?x", &reply));
    assert_false(faults_answer(faults, "/api/trading/ordersx", &reply));
    assert_false(faults_answer(faults, "/api/trading/account", &reply));
    assert_false(faults_answer(faults, "/__mock/stats", &reply));
    assert_false(faults_answer(faults, "/auth/login", &reply));
    faults_free(faults);

    faults = with("500");
    assert_false(faults_answer(faults, "/__mock/stats", &reply));
    assert_true(faults_answer(faults, "/api/watchlists/abc/items", &reply));
    faults_free(faults);
}

static void test_count_and_after(void **state)
{
    (void)state;
    struct faults *faults = with("500,after=2,count=3");
    struct faults_reply reply;
    for (int i = 0; i < 10; i++) {
        assert_int_equal(faults_answer(faults, ORDERS, &reply), i >= 2 && i < 5);
    }
    char *list = faults_list_json(faults);
    assert_string_equal(
        list, "{\"faults\":[{\"spec\":\"500,after=2,count=3\",\"seen\":10,\"fired\":3}]}");
    free(list);
    faults_free(faults);
}

/* A fault that does not fire leaves the request to the next one. */
static void test_first_that_fires(void **state)
{
    (void)state;
    struct faults *faults = with("401,count=1");
    struct fault error;
    assert_true(faults_add(faults, "404", &error));
    struct faults_reply reply;
    assert_true(faults_answer(faults, ORDERS, &reply));
    assert_int_equal(reply.status, 401);
    assert_true(faults_answer(faults, ORDERS, &reply));
    assert_int_equal(reply.status, 404);
    faults_free(faults);
}

static void draw(const char *spec, uint64_t seed, bool ret[200])
{
    struct faults *faults = faults_new(seed);
    struct fault error;
    struct faults_reply reply;
    assert_true(faults_add(faults, spec, &error));
    for (int i = 0; i < 200; i++) {
        ret[i] = faults_answer(faults, ORDERS, &reply);
    }
    faults_free(faults);
}

static void test_probability_is_seeded(void **state)
{
    (void)state;
    bool one[200], two[200], other[200];
    draw("500,p=0.3", 1, one);
    draw("500,p=0.3", 1, two);
    draw("500,p=0.3", 2, other);
    assert_memory_equal(one, two, sizeof one);
    assert_memory_not_equal(one, other, sizeof one);
    int fired = 0;
    for (int i = 0; i < 200; i++) {
        fired += one[i];
    }
    assert_in_range(fired, 40, 80);

    draw("500,p=0.3,seed=5", 1, one);
    draw("500,p=0.3,seed=5", 2, two);
    assert_memory_equal(one, two, sizeof one);
}

static void test_events(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        enum faults_event event;
    } rows[] = {
        {"duplicate", FAULTS_EVENT_TWICE},    {"reorder", FAULTS_EVENT_HOLD},
        {"silent,stream", FAULTS_EVENT_LOSE}, {"silent,orders", FAULTS_EVENT_SEND},
        {"500", FAULTS_EVENT_SEND},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct faults *faults = with(rows[i].spec);
        struct faults_reply reply;
        assert_int_equal(faults_event(faults), rows[i].event);
        bool answers = strcmp(rows[i].spec, "500") == 0;
        assert_int_equal(faults_answer(faults, STREAM, &reply), answers);
        assert_false(faults_need_proxy(faults));
        faults_free(faults);
    }
}

static void test_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *spec;
        enum faults_bytes_kind kind;
        int64_t bytes, delay_ms, rate;
    } rows[] = {
        {"drop", FAULTS_BYTES_DROP, 0, 0, 1},
        {"stall", FAULTS_BYTES_STALL, 0, -1, 1},
        {"stall,ms=250", FAULTS_BYTES_STALL, 0, 250, 1},
        {"half-open", FAULTS_BYTES_HALF_OPEN, 0, 0, 1},
        {"truncate", FAULTS_BYTES_CUT, 20, 0, 1},
        {"cut,bytes=77", FAULTS_BYTES_CUT, 77, 0, 1},
        {"slow", FAULTS_BYTES_SLOW, 0, 0, 100},
        {"slow,rate=1", FAULTS_BYTES_SLOW, 0, 0, 1},
        {"big,bytes=5", FAULTS_BYTES_BIG, 5, 0, 1},
        {"bad-chunk", FAULTS_BYTES_BAD_CHUNK, 0, 0, 1},
        {"utf8,bytes=3", FAULTS_BYTES_UTF8, 3, 0, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct faults *faults = with(rows[i].spec);
        assert_true(faults_need_proxy(faults));
        struct faults_bytes bytes = faults_bytes(faults, ORDERS);
        assert_int_equal(bytes.kind, rows[i].kind);
        assert_int_equal(bytes.bytes, rows[i].bytes);
        assert_int_equal(bytes.delay_ms, rows[i].delay_ms);
        assert_int_equal(bytes.rate, rows[i].rate);
        assert_int_equal(faults_bytes(faults, "/__mock/sql").kind, FAULTS_BYTES_NONE);
        faults_free(faults);
    }
}

/* It has the proxy ready for others, and leaves them their turn. */
static void test_none_is_in_nobodys_way(void **state)
{
    (void)state;
    struct faults *faults = with("none");
    assert_true(faults_need_proxy(faults));
    assert_int_equal(faults_bytes(faults, ORDERS).kind, FAULTS_BYTES_NONE);
    struct fault error;
    assert_true(faults_add(faults, "drop", &error));
    assert_int_equal(faults_bytes(faults, ORDERS).kind, FAULTS_BYTES_DROP);
    faults_free(faults);
}

static void test_commands(void **state)
{
    (void)state;
    struct faults *faults = with("404");
    struct faults_reply reply;
    struct fault error;
    static const char bad[] = "clear\n500\nnonsense\n";
    assert_false(faults_command(faults, bad, strlen(bad), &error));
    assert_string_equal(error.text, "unknown fault 'nonsense' (see --fault help)");
    assert_true(faults_answer(faults, ORDERS, &reply));
    assert_int_equal(reply.status, 404);

    static const char good[] = "# over\r\n clear \n\n\t500,orders\r\n503,account";
    assert_true(faults_command(faults, good, strlen(good), &error));
    assert_true(faults_answer(faults, ORDERS, &reply));
    assert_int_equal(reply.status, 500);
    assert_true(faults_answer(faults, "/api/trading/account", &reply));
    assert_int_equal(reply.status, 503);
    assert_true(faults_command(faults, "clear", 5, &error));
    assert_false(faults_answer(faults, ORDERS, &reply));
    assert_true(faults_command(faults, "", 0, &error));
    faults_free(faults);
}

static void test_ceilings(void **state)
{
    (void)state;
    struct faults *faults = faults_new(1);
    struct fault error;
    for (int i = 0; i < FAULTS_MAX; i++) {
        assert_true(faults_add(faults, "500,p=0", &error));
    }
    assert_false(faults_add(faults, "500", &error));
    assert_string_equal(error.text, "more than 64 faults at once");
    assert_false(faults_command(faults, "500\n", 4, &error));
    assert_true(faults_command(faults, "clear\n500\n", 10, &error));

    char longer[FAULTS_SPEC_MAX + 100];
    memset(longer, '5', sizeof longer);
    assert_false(faults_command(faults, longer, sizeof longer, &error));
    assert_string_equal(error.text, "a fault must have 1 to 512 characters");
    faults_free(faults);
}

static void test_sealed_without_proxy(void **state)
{
    (void)state;
    struct faults *faults = faults_new(1);
    struct fault error;
    faults_seal(faults, false);
    assert_false(faults_command(faults, "500\ncut\n", 8, &error));
    assert_non_null(strstr(error.text, "needs the fault proxy"));
    assert_true(faults_command(faults, "500\n", 4, &error));
    faults_seal(faults, true);
    assert_true(faults_command(faults, "cut\n", 4, &error));
    bool bytes = false;
    assert_true(faults_check("cut", &bytes, &error));
    assert_true(bytes);
    assert_true(faults_check("500", &bytes, &error));
    assert_false(bytes);
    assert_false(faults_check("5000", &bytes, &error));
    faults_free(faults);
}

static void test_help_names_everything(void **state)
{
    (void)state;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    faults_help(out);
    fclose(out);
    static const char *const words[] = {"drop",      "stall",   "half-open", "500",  "204",
                                        "duplicate", "reorder", "silent",    "big",  "utf8",
                                        "path",      "retry",   "count",     "after"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_non_null(strstr(text, words[i]));
    }
    for (const char *line = text; *line != '\0';) {
        size_t columns = strcspn(line, "\n");
        assert_in_range(columns, 0, 80);
        line += columns + 1;
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_specs),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_only_its_path),
        cmocka_unit_test(test_count_and_after),
        cmocka_unit_test(test_first_that_fires),
        cmocka_unit_test(test_probability_is_seeded),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_bytes),
        cmocka_unit_test(test_none_is_in_nobodys_way),
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_ceilings),
        cmocka_unit_test(test_sealed_without_proxy),
        cmocka_unit_test(test_help_names_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
