/* What can be wrong with a backend's two files: a row a sentence. */
#include "place.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* Nine good lines: what follows them begins on line 10. */
#define HEAD                                                                                       \
    "[backend]\n"                                                                                  \
    "format = 1\n"                                                                                 \
    "badge = paper\n"                                                                              \
    "secrets = token other\n"                                                                      \
    "[hosts]\n"                                                                                    \
    "api = https://api.example.com\n"                                                              \
    "[orders]\n"                                                                                   \
    "get = api /o\n"                                                                               \
    "poll = 10\n"
#define JQ                                                                                         \
    "def orders: .; def positions: .; def account: .; def watchlist: .; def quotes: .;\n"          \
    "def clock: .; def event: .; def account_id: .[]; def other_id: .[];\n"
#define GOOD ""
#define HOME " is not for backends: a function sees its input and nothing else"

struct row {
    const char *ini, *jq, *expected;
};

static void check(const struct row *row)
{
    struct test_place place;
    struct buf out;
    place_init(&place);
    place_write(&place, "user/x.ini", row->ini);
    place_write(&place, "user/x.jq", row->jq);
    place_write(&place, "shipped/base.ini", HEAD);
    place_write(&place, "shipped/base.jq", JQ);
    place_write(&place, "shipped/twin.ini",
                "[backend]\nformat = 1\nbadge = real\nlike = base\n[hosts]\n"
                "api = https://live.example.com\n");
    buf_init(&out, ADAPT_SENTENCES_MAX);
    struct adapt *adapt = place_load(&place, "x", &out);
    assert_string_equal(out.data != NULL ? out.data : "", row->expected);
    assert_int_equal(adapt != NULL, *row->expected == '\0');
    adapt_free(adapt);
    buf_done(&out);
    place_done(&place);
}

static const char long_line[] =
    HEAD "only_open = no ; 0123456789012345678901234567890123456789012345678901234567890123456789"
         "01234567890123456789012345678901234567890123456789012345678901234567890123456789"
         "01234567890123456789012345678901234567890123456789\n";

static void test_ini(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {HEAD, JQ, GOOD},
        {"\xef\xbb\xbf" HEAD "pages = 2 ; two\n", JQ, GOOD},
        /* lines */
        {HEAD "[order]\nget = api /o\n", JQ,
         "user/x.ini:10: unknown section [order] (did you mean 'orders'?)\n"},
        {HEAD "[whatsoever]\n", JQ, "user/x.ini:10: unknown section [whatsoever]\n"},
        {HEAD "pol.closed = 3\n", JQ,
         "user/x.ini:10: unknown key 'pol.closed' (did you mean 'poll.closed'?)\n"},
        {HEAD "poll = 20\n", JQ,
         "user/x.ini:10: 'poll' stands here a second time, first on line 9\n"},
        {HEAD "[hosts]\nb = https://b.example\n", JQ,
         "user/x.ini:10: [hosts] stands here a second time, first on line 5\n"},
        {HEAD "nothing\n[open\n[]\n", JQ,
         "user/x.ini:10: neither a [section] nor a name = value\n"
         "user/x.ini:11: neither a [section] nor a name = value\n"
         "user/x.ini:12: neither a [section] nor a name = value\n"},
        {"a = b\n" HEAD, JQ, "user/x.ini:1: a key before the first [section]\n"},
        {long_line, JQ, "user/x.ini:10: the line is too long\n"},
        /* [backend] */
        {"[backend]\nbadge = paper\n[hosts]\napi = https://a.example\n", JQ,
         "user/x.ini:1: format is missing: write format = 1\n"},
        {"[backend]\nformat = 2\nbadge = paper\n[hosts]\napi = https://a.example\n", JQ,
         "user/x.ini:2: format 2 is not known\n"},
        {"[backend]\nformat = 1\n[hosts]\napi = https://a.example\n", JQ,
         "user/x.ini:1: badge is missing\n"},
        {"[backend]\nformat = 1\nbadge = live\n[hosts]\napi = https://a.example\n", JQ,
         "user/x.ini:3: badge is real, paper or mock\n"},
        {"", JQ,
         "user/x.ini: [hosts] names no host\n"
         "user/x.ini:1: format is missing: write format = 1\n"
         "user/x.ini:1: badge is missing\n"},
        {"[backend]\nformat = 1\nbadge = real\nsecrets = a b-c\n[hosts]\na = {url}\n", JQ,
         "user/x.ini:4: 'b-c' is no name: letters, digits and _\n"},
        {"[backend]\nformat = 1\nbadge = real\nlike = bas\n[hosts]\na = {url}\n", JQ,
         "user/x.ini:4: there is no backend 'bas' (did you mean 'base'?)\n"},
        {"[backend]\nformat = 1\nbadge = real\nlike = twin\n", JQ,
         "user/x.ini:4: 'twin' is like another itself: one step only\n"},
        /* hosts */
        {HEAD "[stream]\nget = apo /s\n", JQ,
         "user/x.ini:11: no host 'apo' in [hosts] (did you mean 'api'?)\n"},
        {HEAD "[stream]\nget = /s\n", JQ, "user/x.ini:11: get is HOST /path?query\n"},
        {HEAD "[stream]\nget = api s\n", JQ, "user/x.ini:11: get is HOST /path?query\n"},
        {HEAD "[stream]\nget = https://api.example.com/s\n", JQ,
         "user/x.ini:11: get is HOST /path: put the host in [hosts]\n"},
        {HEAD "[stream]\nget = POST api /s\n", JQ, "user/x.ini:11: a backend only reads\n"},
        {HEAD "post = api /s\n", JQ, "user/x.ini:10: a backend only reads\n"},
        {HEAD "[stream]\nget = api /s?t={secret:token}\n", JQ,
         "user/x.ini:11: a secret in an address would stand in logs\n"},
        /* headers */
        {HEAD "[headers]\nAuthorization = Bearer {secret:token}\nX = {basic:token:other}\n", JQ,
         GOOD},
        {HEAD "[headers]\nX = {secret:tokem}\n", JQ,
         "user/x.ini:11: no secret 'tokem' in secrets = … (did you mean 'token'?)\n"},
        {HEAD "[headers]\nhost = a\nProxy-Authorization = b\nX-HTTP-Method-Override = PUT\n", JQ,
         "user/x.ini:11: the header host is not a backend's to set\n"
         "user/x.ini:12: the header Proxy-Authorization is not a backend's to set\n"
         "user/x.ini:13: the header X-HTTP-Method-Override is not a backend's to set\n"},
        {HEAD "[headers]\nX Y = a\n", JQ, "user/x.ini:11: 'X Y' is no header's name\n"},
        {HEAD "[headers]\nX = {token}\nY = {basic:token}\n", JQ,
         "user/x.ini:11: a header takes {secret:NAME} or {basic:NAME:NAME}\n"
         "user/x.ini:12: a header takes {secret:NAME} or {basic:NAME:NAME}\n"},
        {HEAD "[stream]\nget = api /s\nresume = header Host\n", JQ,
         "user/x.ini:12: the header Host is not a backend's to set\n"},
        /* values */
        {HEAD "[positions]\nget = api /{account_id}/p\npoll = 9\n", JQ,
         "user/x.ini:11: nothing gives {account_id}: write [discover.account_id]\n"},
        {HEAD "[positions]\nget = api /{configured}/p\npoll = 9\n", JQ, GOOD},
        {HEAD "[positions]\nget = api /p?key={token}\npoll = 9\n", JQ,
         "user/x.ini:11: a secret in an address would stand in logs\n"},
        {HEAD
         "[discover.account_id]\nget = api /a\n[positions]\nget = api /{acount_id}/p\npoll = 9\n",
         JQ,
         "user/x.ini:13: nothing gives {acount_id}: write [discover.acount_id] (did you mean "
         "'account_id'?)\n"},
        {HEAD "[discover.account_id]\nget = api /{other_id}\n[discover.other_id]\nget = api /a\n",
         JQ, "user/x.ini:11: {other_id} is not known yet\n"},
        {HEAD "[discover.clock]\nget = api /a\n", JQ,
         "user/x.ini:10: 'clock' is the name of another function: call it clock_id\n"},
        {HEAD "[discover.account-id]\nget = api /a\n", JQ,
         "user/x.ini:10: 'account-id' is no name: letters, digits and _\n"},
        {HEAD "[quotes.a]\nget = api /q\npoll = 9\n", JQ,
         "user/x.ini:11: a quotes request without {symbols}\n"},
        {HEAD "[quotes.a]\nget = api /q?s={symbols}\n", JQ,
         "user/x.ini:10: [quotes.a] has no poll\n"},
        {HEAD "[quotes.a]\nget = api /q?s={symbols:&i=}\npoll = 9\n", JQ, GOOD},
        {HEAD "[positions]\npoll = 9\n", JQ, "user/x.ini:10: [positions] has no get\n"},
        {HEAD "[discover.account_id]\n", JQ, "user/x.ini:10: [discover.account_id] has no get\n"},
        {HEAD "[stream]\n", JQ, "user/x.ini:10: [stream] has no get\n"},
        {HEAD "[watchlist]\n[clock]\n", JQ, GOOD},
        /* polls and quotas */
        {HEAD "[positions]\nget = api /p\n", JQ,
         "user/x.ini:10: [positions] has no poll, and there is no [stream] that would refresh "
         "it\n"},
        {HEAD "[positions]\nget = api /p\n[stream]\nget = api /s\n", JQ, GOOD},
        {HEAD "[limits]\nquota = 200\n", JQ,
         "user/x.ini:11: quota is REQUESTS/SECONDS, such as 200/60\n"},
        {HEAD "[limits]\nquota = 0/60\n", JQ,
         "user/x.ini:11: quota is REQUESTS/SECONDS, such as 200/60\n"},
        {HEAD "[positions]\nget = api /p\npoll = 2\nquota = 1/5\n", JQ,
         "user/x.ini:12: poll = 2 asks more often than quota = 1/5 on line 13 allows\n"},
        {HEAD "[limits]\nquota = 6/60\n", JQ,
         "user/x.ini:11: the polls together ask 6 times a minute: a quarter of quota = 6/60 is "
         "left to other programs, so 4.5 at most\n"},
        {HEAD "[limits]\nquota = 8/60\n", JQ, GOOD},
        {HEAD "pages = 0\npoll.closed = 1.5\nonly_open = perhaps\n", JQ,
         "user/x.ini:10: pages is a whole number from 1 on\n"
         "user/x.ini:11: poll.closed is a whole number from 1 on\n"
         "user/x.ini:12: only_open is yes or no\n"},
        {HEAD "[limits]\nreset = X-Reset\n", JQ,
         "user/x.ini:11: reset is HEADER unix, unix_ms or seconds\n"},
        {HEAD "[limits]\nreset = X-Reset  unix_ms\nremaining = X-Left\n", JQ, GOOD},
        /* the stream */
        {HEAD "[stream]\nget = api /s\nkind = websocket\nresume = cookie x\n"
              "comment.*lost* = shrug\n",
         JQ,
         "user/x.ini:12: kind is sse or ndjson\n"
         "user/x.ini:13: resume is query NAME or header NAME\n"
         "user/x.ini:14: comment.*lost* is gap or reconnect\n"},
        {HEAD "[stream]\nget = api /s\nkind = ndjson\nresume = header Last-Event-ID\n"
              "comment.*lost* = gap\n",
         JQ, GOOD},
        /* functions */
        {HEAD "[positions]\nget = api /p\npoll = 9\n", "def orders: .;\n",
         "user/x.ini:10: [positions] needs a function positions in x.jq\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        check(&rows[i]);
    }
}

static void test_origins(void **state)
{
    (void)state;
    static const char wrong[] =
        "user/x.ini:5: an origin, https://host[:port], without path or password\n";
    static const struct {
        const char *origin, *expected;
    } rows[] = {
        {"https://api.example.com", GOOD},
        {"https://api.example.com:8443", GOOD},
        {"http://127.0.0.1:80", GOOD},
        {"http://localhost:8080", GOOD},
        {"http://[::1]:8080", GOOD},
        {"{url}", GOOD},
        {"https://api.example.com/", wrong},
        {"https://me:pw@api.example.com", wrong},
        {"https://api.example.com:0", wrong},
        {"https://api.example.com:70000", wrong},
        {"https://", wrong},
        {"ftp://api.example.com", wrong},
        {"api.example.com", wrong},
        {"https://[::1", wrong},
        {"http://api.example.com", "user/x.ini:5: plain http to another host\n"},
        {"http://localhost.example.com", "user/x.ini:5: plain http to another host\n"},
        {"http://127.0.0.1.example.com", "user/x.ini:5: plain http to another host\n"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char ini[256];
        snprintf(ini, sizeof ini, "[backend]\nformat = 1\nbadge = mock\n[hosts]\na = %s\n",
                 rows[i].origin);
        check(&(struct row){ini, "\n", rows[i].expected});
    }
}

static void test_jq(void **state)
{
    (void)state;
    static const char ends[] =
        "the file ends in mid-definition, or holds something else than definitions";
    static const struct {
        const char *jq;
        int line;
        const char *sentence;
    } rows[] = {
        {"# nothing but a comment\n\ndef orders: map(ascii_uppercase);\n", 3,
         "ascii_uppercase/0 is not defined"},
        {"def orders: [$nobody];\n", 1, "$nobody is not defined"},
        {"def orders: now;\n", 1, "now" HOME},
        {"def f: .; # input\ndef f: .input | \"input\";\ndef orders: input;\n", 3, "input" HOME},
        {"def orders: [inputs];\n", 1, "inputs" HOME},
        {"def orders: debug;\n", 1, "debug" HOME},
        {"def orders: env;\n", 1, "env" HOME},
        {"def orders: halt;\n", 1, "halt" HOME},
        {"import \"a\" as a; def orders: .;\n", 1,
         "import, include and module are not for backends"},
        {"# so\ninclude \"a\"; def orders: .;\n", 2,
         "import, include and module are not for backends"},
        {"def f: .;\nimport \"a\" as a;\ndef orders: .;\n", 2,
         "import, include and module are not for backends"},
        {"def orders: . |\n", 1, ends},
        {"def orders: [.[] | {\n", 1, ends},
        {"orders", 1, ends},
        {"def orders: .;\n.[0]\n", 2, ends},
        {"def orders: .; orders", 1, ends},
        {"def orders: .;\n. |\n", 2, ends},
        {"def orders: .;\n1 | def f: .;\n", 2, ends},
        {"def orders: .;\n\n{} as $x |", 3, ends},
        {"def orders: .; # so\n\"text\"\n", 2, ends},
        {"def orders: .;;\n", 1, ends},
        {"def orders: \"\\(now)\";\n", 1, "now" HOME},
        {"def orders: .;\nmodule {};\n", 2, "import, include and module are not for backends"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char expected[256];
        snprintf(expected, sizeof expected, "user/x.jq:%d: %s\n", rows[i].line, rows[i].sentence);
        check(&(struct row){HEAD, rows[i].jq, expected});
    }
    /* Semicolons that end nothing, words that begin nothing; lines of another system. */
    static const char *const good[] = {
        "def orders: def f($a; g): [limit(2; g)] + $a; f([]; .[]);\n",
        ("def orders: [.[] | .def, {a: \"def ; \\(\"; \\(.def + \")\");\" | length)\"}] # def "
         ";\n;\n"),
        "def orders: reduce .[] as [$d, {a: $b}] (0; . + $b) | [.]; def f: \"\\\\\";\n",
        "def orders: [@base64 \"x\\(def h: .; h)\", @json \";\", (label $out | 1, break $out)];",
        "\xef\xbb\xbf# so\r\ndef orders:\r\n  .;\r\n",
    };
    for (size_t i = 0; i < COUNT(good); i++) {
        check(&(struct row){HEAD, good[i], GOOD});
    }
    /* Nothing of the world: no environment, even through the variable. */
    check(&(struct row){HEAD, "def orders: [$ENV.HOME // 1];\n", GOOD});
}

/* Syntax errors in the middle keep jq's words and their line. */
static void test_jq_syntax(void **state)
{
    (void)state;
    struct test_place place;
    struct buf out;
    place_init(&place);
    place_write(&place, "user/x.ini", HEAD);
    place_write(&place, "user/x.jq", "def f: .;\ndef orders: map({a: });\ndef g: 1;\n");
    buf_init(&out, ADAPT_SENTENCES_MAX);
    assert_null(place_load(&place, "x", &out));
    assert_int_equal(strncmp(out.data, "user/x.jq:2: syntax error", 25), 0);
    assert_null(strstr(out.data, "Unix shell"));
    buf_done(&out);
    place_done(&place);
}

static void expect(struct test_place *place, const char *name, const char *expected)
{
    struct buf out;
    buf_init(&out, ADAPT_SENTENCES_MAX);
    struct adapt *adapt = place_load(place, name, &out);
    assert_string_equal(out.data != NULL ? out.data : "", expected);
    adapt_free(adapt);
    buf_done(&out);
}

static void test_files(void **state)
{
    (void)state;
    struct test_place place;
    char path[128];
    place_init(&place);
    place_write(&place, "shipped/base.ini", HEAD);
    expect(&place, "base", "shipped/base.jq: cannot be read: No such file or directory\n");
    place_write(&place, "shipped/base.jq", JQ);
    expect(&place, "base", "");
    expect(&place, "basis", "blotter: there is no backend 'basis' (did you mean 'base'?)\n");
    expect(&place, "../shipped/base",
           "../shipped/base: cannot be read: No such file or "
           "directory\n");
    place_write(&place, "user/own.ini", HEAD);
    place_write(&place, "user/own.jq", JQ);
    snprintf(path, sizeof path, "%s/own.ini", place.user);
    expect(&place, path, "");
    assert_int_equal(chmod(path, 0620), 0);
    expect(&place, "own", "user/own.ini: others may write to it: run chmod go-w user/own.ini\n");
    assert_int_equal(chmod(path, 0644), 0);
    expect(&place, "own", "");
    char *large = malloc(ADAPT_FILE_BYTES_MAX + 2);
    memset(large, ';', ADAPT_FILE_BYTES_MAX + 1);
    large[ADAPT_FILE_BYTES_MAX + 1] = '\0';
    place_write(&place, "user/own.jq", large);
    expect(&place, "own", "user/own.jq: over 64 KiB\n");
    free(large);
    place_done(&place);
}

static void test_like(void **state)
{
    (void)state;
    struct test_place place;
    struct buf out;
    place_init(&place);
    place_write(&place, "shipped/base.ini", HEAD "[limits]\nquota = 100/60\n");
    place_write(&place, "shipped/base.jq", JQ);
    place_write(&place, "user/base.ini",
                "[backend]\nformat = 1\nlike = base\nname = Mine\n[hosts]\n"
                "api = http://127.0.0.1:9\n[limits]\nquota = 20/60\n");
    buf_init(&out, ADAPT_SENTENCES_MAX);
    struct adapt *adapt = place_load(&place, "base", &out);
    assert_non_null(adapt);
    const struct backend *backend = adapt_backend(adapt);
    assert_string_equal(backend->id, "base");
    assert_string_equal(backend->name, "Mine");
    assert_int_equal(backend->badge, BACKEND_PAPER);
    assert_int_equal(backend->host_count, 1);
    assert_string_equal(backend->hosts[0].origin, "http://127.0.0.1:9");
    assert_int_equal(backend->quota.requests, 20);
    assert_string_equal(backend->panes[RESOURCE_ORDERS].get.path, "/o");
    assert_int_equal(backend->panes[RESOURCE_ORDERS].poll_stream_s, 10);
    assert_false(backend->panes[RESOURCE_POSITIONS].present);
    assert_false(adapt_is_shipped(adapt));
    uint64_t key = adapt_key(adapt);
    adapt_free(adapt);

    place_write(&place, "user/base.jq", JQ "def more: 1;\n");
    adapt = place_load(&place, "base", &out);
    assert_non_null(adapt);
    assert_true(adapt_key(adapt) != key);
    adapt_free(adapt);

    char path[128];
    snprintf(path, sizeof path, "%s/base.ini", place.shipped);
    adapt = place_load(&place, path, &out);
    assert_non_null(adapt);
    assert_true(adapt_is_shipped(adapt));
    adapt_free(adapt);
    buf_done(&out);
    place_done(&place);
}

static void note(void *user, const char *name, const struct adapt *adapt)
{
    struct buf *out = user;
    buf_printf(out, "%s %s\n", name, adapt != NULL ? adapt_backend(adapt)->name : "-");
}

static void test_list(void **state)
{
    (void)state;
    struct test_place place;
    struct buf out;
    place_init(&place);
    place_write(&place, "shipped/base.ini", HEAD);
    place_write(&place, "shipped/base.jq", JQ);
    place_write(&place, "shipped/broken.ini", "");
    place_write(&place, "shipped/plain.ini", HEAD);
    place_write(&place, "shipped/plain.jq", JQ);
    place_write(&place, "user/base.ini", "[backend]\nformat = 1\nlike = base\nname = Mine\n");
    place_write(&place, "user/also.ini", "[backend]\nformat = 1\nlike = plain\nname = Also\n");
    struct adapt_source source = {.user_dir = place.user, .shipped_dir = place.shipped};
    buf_init(&out, 1024);
    adapt_list(&source, note, &out);
    assert_string_equal(out.data, "also Also\nbase Mine\nbroken -\nplain plain\n");
    buf_done(&out);
    place_done(&place);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ini),   cmocka_unit_test(test_origins),
        cmocka_unit_test(test_jq),    cmocka_unit_test(test_jq_syntax),
        cmocka_unit_test(test_files), cmocka_unit_test(test_like),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
