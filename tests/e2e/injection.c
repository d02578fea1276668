/*
 * Terminal injection: a server that puts every class of dangerous text into everything it may say.
 * The same run with harmless text of the same shape is the yardstick: apart from the text itself
 * the terminal must get nothing that it does not get then, and no state of it may change.
 */
#include "../support/crew.h"
#include "script_server.h"
#include "trust.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What follows each marker in a payload; a terminal must never get the marker's own text after an
 * introducer. JSON escapes where JSON wants them, raw bytes where only bytes will do. */
struct attack {
    const char *name;
    const char *json; /* inside a JSON string */
    const char *raw;  /* the bytes, for headers and payloads that are no JSON */
};

#define MARK "ZQJ" /* a word that no screen of ours has */

static const struct attack attacks[] = {
    {"harmless", "abc" MARK "def", "abc" MARK "def"},
    {"C0", "\\u0007\\b\\f\\r\\n\\t\\u000e\\u000f\\u0018\\u001a\\u007f" MARK,
     "\a\b\f\016\017\030\032\177" MARK},
    {"NUL", "a\\u0000" MARK, "a" MARK},
    {"CSI", "\\u001b[2J\\u001b[?1049l\\u001b[31;7;41m" MARK, "\033[2J\033[?1049l\033[31m" MARK},
    {"CSI modes", "\\u001b[?25h\\u001b[?1000h\\u001b[?2004l\\u001bc" MARK,
     "\033[?25h\033[?1000h\033c" MARK},
    {"C1 CSI", "\\u009b2J\\u009b31m\\u0085\\u008d" MARK, "\302\2332J\302\205" MARK},
    {"C1 raw",
     "\233"
     "2J\205" MARK,
     "\233"
     "2J\235"
     "0;" MARK "\007"},
    {"OSC title", "\\u001b]0;" MARK "\\u0007", "\033]0;" MARK "\007"},
    {"OSC clipboard", "\\u001b]52;c;" MARK "\\u001b\\\\", "\033]52;c;" MARK "\033\\"},
    {"OSC by C1", "\\u009d0;" MARK "\\u009c", "\302\2350;" MARK "\302\234"},
    {"DCS, APC, PM, SOS",
     "\\u001bPq" MARK "\\u001b\\\\\\u001b_" MARK "\\u001b\\\\\\u001b^x\\u001bX",
     "\033P" MARK "\033\\\033_x\033\\"},
    {"bidi", "\\u202e" MARK "\\u202c\\u2066x\\u2069\\u200f\\u061c", "\342\200\256" MARK},
    {"zero width", "\\u200b\\u200c\\u200d\\u2060\\ufeff" MARK "\\u00ad", "\342\200\213" MARK},
    {"tags", "\\udb40\\udc41\\udb40\\udc7f" MARK, "\363\240\201\201" MARK},
    {"private use", "\\ue000\\uf8ff\\udbff\\udffd" MARK, "\356\200\200" MARK},
    {"over-wide", "\\ufdfd\\u1f23a\\ud83d\\udc68\\u200d\\ud83d\\udc69" MARK, "\357\267\275" MARK},
    {"marks without end", "a\\u0300\\u0301\\u0302\\u0303\\u0304\\u0305\\u0306\\u0307\\u0308" MARK,
     "a\314\200\314\201" MARK},
    {"lines", "\\u2028\\u2029\\u0085" MARK, "\342\200\250" MARK},
    {"bad UTF-8", "\377\376\300\257\355\240\200\364\220\200\200" MARK, "\377\300\257" MARK},
};
enum { ATTACKS = sizeof attacks / sizeof *attacks };

/* --- what the server says ------------------------------------------------------------------ */

#define OK_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define OK_STREAM "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"

/* Every $ is the attack. */
static const char *const templates[] = {
    OK_JSON
    "{\"success\":true,\"orders\":[{\"id\":\"$\",\"symbol\":\"$\",\"quantity\":5,\"orderType\":\"$"
    "\","
    "\"orderSide\":\"$\",\"price\":1,\"averagePrice\":null,\"filledQuantity\":0,\"productType\":"
    "\"$\",\"status\":\"$\",\"failureReason\":\"$\",\"createdAt\":\"2025-01-27T03:45:00.000Z\","
    "\"executedAt\":null,\"$\":\"$\",\"stock\":{\"symbol\":\"$\",\"name\":\"$\",\"ltp\":2,"
    "\"instrumentId\":\"$\"}}]}",
    OK_JSON "{\"success\":true,\"positions\":[{\"id\":\"p$\",\"symbol\":\"$\",\"quantity\":5,"
            "\"averagePrice\":1,\"unrealizedPnL\":2,\"dayPnL\":3,\"stopLoss\":null,\"target\":null,"
            "\"createdAt\":\"2025-01-27T03:45:00.000Z\",\"status\":\"$\",\"stock\":{\"symbol\":\"$"
            "\",\"name\":"
            "\"$\",\"ltp\":2,\"instrumentId\":\"$\",\"segment\":\"$\"},\"currentPrice\":1,"
            "\"currentValue\":1,"
            "\"investedValue\":1}]}",
    OK_JSON
    "{\"success\":true,\"account\":{\"id\":\"$\",\"userId\":\"$\",\"balance\":1,"
    "\"availableMargin\":1,"
    "\"usedMargin\":1,\"clientId\":\"$\",\"createdAt\":\"2025-01-27T03:45:00.000Z\",\"updatedAt\":"
    "\"2025-01-27T03:45:00.000Z\"}}",
    OK_JSON "{\"watchlists\":[{\"id\":\"$\",\"userId\":\"$\",\"name\":\"$\",\"createdAt\":"
            "\"2025-01-27T03:45:00.000Z\",\"updatedAt\":\"2025-01-27T03:45:00.000Z\",\"items\":[{"
            "\"id\":\"$\","
            "\"watchlistId\":\"$\",\"stockId\":\"$\",\"token\":1,\"createdAt\":\"2025-01-27T03:45:"
            "00.000Z\","
            "\"notes\":\"$\",\"symbol\":\"$\",\"name\":\"$\",\"exchange\":\"$\",\"segment\":\"$\","
            "\"ltp\":1,"
            "\"close\":1,\"optionType\":\"$\",\"expiry\":\"$\"}]}]}",
    OK_STREAM "data: {\"event\":\"connected\",\"data\":{\"userId\":\"user-1\",\"$\":\"$\"},"
              "\"timestamp\":\"$\"}\n\n"
              "data: {\"event\":\"$\",\"data\":{\"$\":\"$\",\"x\":[\"$\"]},\"timestamp\":\"$\"}\n\n"
              "id: 7\nevent: $\ndata: "
              "{\"event\":\"order_placed\",\"data\":{\"orderId\":\"n$\",\"symbol\":\"$\","
              "\"quantity\":1,\"orderType\":\"$\",\"orderSide\":\"$\",\"status\":\"$\",\"price\":1,"
              "\"tradingAccountId\":\"$\"},\"timestamp\":\"2025-01-27T03:45:00.000Z\"}\n\n"
              "data: $ is no JSON\n\n"
              "data: {\"event\":\"last_one\",\"data\":{},\"timestamp\":\"\"}\n\n",
};
enum { READS = sizeof templates / sizeof *templates };
static const char *const paths[READS] = {"/api/trading/orders", "/api/trading/positions",
                                         "/api/trading/account", "/api/watchlists",
                                         "/api/realtime/stream"};

/* Errors: each says the attack in another place. A % is the attack as raw bytes. */
static const char *const refusals[] = {
    "HTTP/1.1 500 %\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    "{\"success\":false,\"error\":\"$\"}",
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    "{\"success\":false,\"error\":\"$\"}",
    "HTTP/1.1 302 %\r\nLocation: http://%.invalid/%\r\nConnection: close\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Type: te%xt/pl%ain\r\nConnection: close\r\n\r\n$",
    "HTTP/1.1 503 %\r\nRetry-After: %\r\nConnection: close\r\n\r\n%",
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
    "{\"success\":true,\"$\":[\"$\"],\"orders\":[{\"id\":\"$\",\"symbol\":7,\"$\":1}]}",
    OK_STREAM "data: {\"event\":\"connected\",\"data\":{\"userId\":\"$\"},\"timestamp\":\"\"}\n\n",
};
enum { REFUSALS = sizeof refusals / sizeof *refusals, TEXT_MAX = 16384, SERVED_MAX = 64 };

static size_t expand(char out[TEXT_MAX], const char *template, const struct attack *attack)
{
    size_t len = 0;
    for (const char *at = template; *at != '\0'; at++) {
        const char *put = *at == '$' ? attack->json : *at == '%' ? attack->raw : NULL;
        size_t size = put != NULL ? strlen(put) : 1;
        assert_true(len + size < TEXT_MAX);
        memcpy(out + len, put != NULL ? put : at, size);
        len += size;
    }
    out[len] = '\0';
    return len;
}

struct hostile {
    char text[READS][TEXT_MAX];
    struct script_exchange exchanges[SERVED_MAX];
    size_t count;
};

/* Each read may be asked for a few times; the stream stays open. */
static struct script_server *serve(struct hostile *hostile, const struct attack *attack,
                                   const char *refusal)
{
    memset(hostile, 0, sizeof *hostile);
    for (size_t i = 0; i < READS; i++) {
        size_t len = expand(hostile->text[i], refusal != NULL ? refusal : templates[i], attack);
        size_t times = refusal == NULL && i + 1 == READS ? 1 : 12;
        for (size_t k = 0; k < times && hostile->count < SERVED_MAX; k++) {
            struct script_exchange *exchange = &hostile->exchanges[hostile->count++];
            exchange->path = paths[i];
            exchange->steps[0] = (struct script_step){SCRIPT_SEND, hostile->text[i], len, 0};
            exchange->steps[1].op = refusal == NULL && i + 1 == READS ? SCRIPT_HOLD : SCRIPT_END;
        }
    }
    return script_server_new(hostile->exchanges, hostile->count);
}

/* --- what the terminal got ----------------------------------------------------------------- */

static bool is_allowed_csi(const char *start, const char *final)
{
    /* Looks, moves, clears, wrap, and the modes that goodbye and welcome set. */
    if (strchr("mHABCDGdJKXLMPST@hlrtqn", *final) == NULL) {
        /* One question more: whether the terminal can hold a frame back. */
        return strncmp(start, "?2026$p", sizeof "?2026$p" - 1) == 0;
    }
    for (const char *at = start; at < final; at++) {
        if (strchr("0123456789;?", *at) == NULL) {
            return false;
        }
    }
    return true;
}

/* True when the bytes hold nothing but text, looks, moves and what is listed. title: OSC is ours.
 */
static bool is_clean(const char *bytes, size_t len, char *why, size_t why_size)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];
        unsigned char next = i + 1 < len ? (unsigned char)bytes[i + 1] : 0;
        bool bad = (c < 0x20 && strchr("\r\n\b\017\030\033", c) == NULL) || c == 0x7f;
        bad |= c == 0xc2 && next >= 0x80 && next < 0xa0;
        bad |= c == 0xe2 && next == 0x80 && i + 2 < len &&
               (((unsigned char)bytes[i + 2] >= 0x8b && (unsigned char)bytes[i + 2] <= 0x8f) ||
                ((unsigned char)bytes[i + 2] >= 0xa8 && (unsigned char)bytes[i + 2] <= 0xae));
        bad |= c == 0xf3 || c == 0xff || c == 0xfe || c == 0xc0 || c == 0xee;
        if (c == 033 && next == '[') {
            const char *start = bytes + i + 2;
            const char *final = start + strcspn(start, "@ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
                                                       "abcdefghijklmnopqrstuvwxyz{|}~");
            bad |= final >= bytes + len || !is_allowed_csi(start, final);
        } else if (c == 033) {
            bad |= strchr("()78=>M", (int)next) == NULL;
        }
        if (bad) {
            snprintf(why, why_size, "byte %zu is %02x %02x: ...%.40s", i, c, next,
                     bytes + (i > 20 ? i - 20 : 0));
            return false;
        }
    }
    return true;
}

static void assert_clean(const char *bytes, size_t len, const char *where, const char *attack)
{
    char why[256];
    if (!is_clean(bytes, len, why, sizeof why)) {
        fail_msg("%s, %s: %s", attack, where, why);
    }
}

/* --- the dashboard ------------------------------------------------------------------------- */

struct state {
    struct pty_modes modes;
    unsigned bells;
};

/* Every pane, every row's details, the events, the help, the columns. */
static const char *const tour[] = {"1",    "\r", "\033", "2",    "\r",   "\033",   "3",    "\r",
                                   "\033", "4",  "\r",   "\033", "5",    "\r",     "\033", "1z",
                                   "z",    "c",  "\033", "lll",  "4lll", "/ZQJ\r", "\033"};

static void walk(struct pty *pty)
{
    for (size_t i = 0; i < sizeof tour / sizeof *tour; i++) {
        pty_send(pty, tour[i]);
        assert_true(pty_wait_quiet(pty, 15, 0));
    }
}

static void meet_on_screen(struct trust *t, const struct attack *attack, const char *refusal)
{
    static struct hostile hostile;
    struct pty_modes modes;
    size_t len;
    struct script_server *server = serve(&hostile, attack, refusal);
    struct pty *pty = trust_start(
        t, &(struct trust_run){.mode = TRUST_DASHBOARD,
                               .token = "t0ken",
                               .url = script_server_url(server),
                               .args = {"--log-file", t->log, "-v", "-O", "alerts.notify=none"},
                               .patient = true});
    if (refusal == NULL) {
        trust_show_events(pty);
        assert_true(pty_wait_text(pty, "last_one"));
        assert_true(pty_wait_text(pty, MARK));
    } else {
        assert_true(pty_wait_text(pty, "not loaded"));
    }
    walk(pty);
    pty_modes(pty, &modes);
    assert_true(modes.alternate_screen && modes.cursor_hidden && modes.mouse && modes.paste);
    assert_int_equal(pty_bells(pty), 0);
    const char *bytes = pty_output(pty, &len);
    assert_clean(bytes, len, refusal != NULL ? refusal : "the dashboard", attack->name);
    int status = -1;
    bool ended = false;
    for (int tries = 0; tries < 100 && !ended; tries++) {
        pty_send(pty, "\003"); /* again when the last Esc and this were read as one key */
        ended = pty_wait_exit(pty, 200, &status);
    }
    assert_true(ended);
    assert_int_equal(status, 0);
    pty_free(pty);
    script_server_free(server);
    trust_forget(t);
}

static void assert_file_clean(const char *path, const char *attack)
{
    char *text = malloc(1 << 20);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    size_t len = fread(text, 1, (1 << 20) - 1, file);
    text[len] = '\0';
    fclose(file);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c != '\n' && (c < 0x20 || c == 0x7f)) {
            fail_msg("%s: %s holds %02x", attack, path, c);
        }
    }
    assert_clean(text, len, path, attack);
    free(text);
}

static void assert_files_clean(const struct trust *t, const struct attack *attack)
{
    assert_file_clean(t->log, attack->name);
    assert_file_clean(t->trace, attack->name);
}

/* --- headless ------------------------------------------------------------------------------ */

static bool has_output(struct pty *pty, void *user)
{
    (void)user;
    return pty_bytes(pty) > 0;
}

/* All that a headless run writes onto a terminal, standard error included. */
static void meet_headless(struct trust *t, const struct trust_run *how, const struct attack *attack,
                          const char *refusal)
{
    static struct hostile hostile;
    struct script_server *server = serve(&hostile, attack, refusal);
    struct trust_run run = *how;
    int status = -1;
    size_t len;
    run.url = script_server_url(server);
    run.token = "t0ken";
    run.patient = true;
    struct pty *pty = trust_start(t, &run);
    if (refusal != NULL && run.mode == TRUST_WATCH) { /* it would go on trying */
        assert_true(pty_wait(pty, has_output, NULL, 0));
        assert_true(pty_wait_quiet(pty, 30, 0));
        pty_signal(pty, SIGTERM);
    }
    assert_true(pty_wait_exit(pty, 0, &status));
    const char *bytes = pty_output(pty, &len);
    assert_true(len > 0);
    if (refusal == NULL) {
        assert_non_null(strstr(bytes, MARK));
    }
    assert_clean(bytes, len, refusal != NULL ? refusal : how->args[1], attack->name);
    pty_free(pty);
    script_server_free(server);
}

/* --- side by side -------------------------------------------------------------------------- */

enum { HANDS = 12 };

static void *arrive(void)
{
    static struct trust trust;
    trust_up(&trust);
    return &trust;
}

static void leave(void *world)
{
    trust_down(world);
}

static void run_crew(size_t jobs, bool (*work)(void *world, size_t job, void *result))
{
    const struct crew crew = {
        .jobs = jobs, .hands = HANDS, .arrive = arrive, .leave = leave, .work = work};
    assert_int_equal(crew_run(&crew), 0);
}

static bool attack_panes(void *world, size_t job, void *result)
{
    (void)result;
    meet_on_screen(world, &attacks[job], NULL);
    assert_files_clean(world, &attacks[job]);
    return true;
}

static void test_no_pane_lets_anything_through(void **state)
{
    (void)state;
    run_crew(ATTACKS, attack_panes);
}

/* The attacks that an error is made of: one of each class. */
static const size_t picked[] = {3, 5, 6, 7, 11, 18};

static bool attack_errors(void *world, size_t job, void *result)
{
    (void)result;
    const struct attack *attack = &attacks[picked[job / REFUSALS]];
    meet_on_screen(world, attack, refusals[job % REFUSALS]);
    assert_files_clean(world, attack);
    return true;
}

static void test_no_error_lets_anything_through(void **state)
{
    (void)state;
    run_crew(REFUSALS * sizeof picked / sizeof *picked, attack_errors);
}

static bool attack_headless(void *world, size_t job, void *result)
{
    (void)result;
    static const struct trust_run ways[] = {
        {.mode = TRUST_WATCH, .args = {"-o", "text", "-n", "5"}},
        {.mode = TRUST_WATCH, .args = {"-o", "text", "-n", "5", "--color=always"}},
        {.mode = TRUST_SNAPSHOT, .args = {"-o", "text"}},
        {.mode = TRUST_SNAPSHOT, .args = {"-o", "csv"}},
        {.mode = TRUST_SNAPSHOT, .args = {"-o", "json"}},
    };
    static const struct trust_run refused[] = {
        {.mode = TRUST_SNAPSHOT, .args = {"-o", "text"}},
        {.mode = TRUST_WATCH, .args = {"-o", "text"}},
    };
    for (size_t w = 0; w < sizeof ways / sizeof *ways; w++) {
        meet_headless(world, &ways[w], &attacks[job], NULL);
    }
    for (size_t r = job % 2; r < REFUSALS; r += 2) { /* each refusal by every other attack */
        meet_headless(world, &refused[0], &attacks[job], refusals[r]);
        meet_headless(world, &refused[1], &attacks[job], refusals[r]);
    }
    return true;
}

static void test_headless_modes_let_nothing_through(void **state)
{
    (void)state;
    run_crew(ATTACKS, attack_headless);
}

/* The scanner itself has to find what it is there for. */
static void test_the_scanner_can_fail(void **state)
{
    (void)state;
    static const char harmless[] = "plain \033[1;31mtext\033[0m\r\n";
    char why[256];
    assert_true(is_clean(harmless, sizeof harmless - 1, why, sizeof why));
    for (size_t i = 1; i < ATTACKS; i++) {
        const char *raw = attacks[i].raw;
        bool invisible =
            strcmp(attacks[i].name, "NUL") == 0 || strcmp(attacks[i].name, "over-wide") == 0 ||
            strcmp(attacks[i].name, "marks without end") == 0 ||
            strcmp(attacks[i].name, "CSI") == 0 || strcmp(attacks[i].name, "C1 raw") == 0;
        assert_true(invisible || !is_clean(raw, strlen(raw), why, sizeof why));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_scanner_can_fail),
        cmocka_unit_test(test_no_pane_lets_anything_through),
        cmocka_unit_test(test_no_error_lets_anything_through),
        cmocka_unit_test(test_headless_modes_let_nothing_through),
    };
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
