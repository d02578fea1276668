/*
 * Terminal injection, code by code: every C0 and C1 (escaped, as UTF-8 and as bare bytes), every
 * introducer of a control string, and one of each kind of treacherous character, each as a row of
 * its own in every pane, as an event and in a config. The same run with harmless letters is the
 * yardstick: no control function and no character may come that does not come there, and when the
 * program has ended the terminal is as it was.
 */
#include "script_server.h"
#include "terminal.h"
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
#include <unistd.h>

#include <cmocka.h>

enum {
    SPECIMENS_MAX = 400,
    SPECIMEN_MAX = 256,
    COLUMNS = 220,
    PATHS = 5,
    SERVED = 60 /* an order that only an event knows is looked for again and again */
};

/* --- specimens ----------------------------------------------------------------------------- */

/* As they stand in a JSON string. */
static char specimens[SPECIMENS_MAX][SPECIMEN_MAX];
static size_t specimen_count;

static void specimen_add(const char *text)
{
    assert_true(specimen_count < SPECIMENS_MAX && strlen(text) < SPECIMEN_MAX);
    strncpy(specimens[specimen_count++], text, SPECIMEN_MAX - 1);
}

static void specimen_add_code(unsigned code, bool escaped)
{
    char text[16];
    unsigned rest = code - 0x10000;
    if (escaped && code >= 0x10000) {
        snprintf(text, sizeof text, "\\u%04x\\u%04x", 0xd800 + (rest >> 10),
                 0xdc00 + (rest & 1023));
    } else if (escaped) {
        snprintf(text, sizeof text, "\\u%04x", code);
    } else if (code < 0x800) {
        snprintf(text, sizeof text, "%c%c", (int)(0xc0 | code >> 6), (int)(0x80 | (code & 63)));
    } else if (code < 0x10000) {
        snprintf(text, sizeof text, "%c%c%c", (int)(0xe0 | code >> 12),
                 (int)(0x80 | (code >> 6 & 63)), (int)(0x80 | (code & 63)));
    } else {
        snprintf(text, sizeof text, "%c%c%c%c", (int)(0xf0 | code >> 18),
                 (int)(0x80 | (code >> 12 & 63)), (int)(0x80 | (code >> 6 & 63)),
                 (int)(0x80 | (code & 63)));
    }
    specimen_add(text);
}

/* C0 and C1; bidi; no width; separators; selectors; surrogates; private use; tags; wide ones. */
static const struct {
    unsigned first, last;
    bool as_utf8; /* also unescaped */
} ranges[] = {
    {0x00, 0x1f, false},      {0x7f, 0x7f, true},         {0x80, 0x9f, true},
    {0xad, 0xad, true},       {0x34f, 0x34f, true},       {0x61c, 0x61c, true},
    {0x180e, 0x180e, true},   {0x200b, 0x200f, true},     {0x2028, 0x202e, true},
    {0x2060, 0x2069, true},   {0xd800, 0xd800, false},    {0xdfff, 0xdfff, false},
    {0xe000, 0xe000, true},   {0xf8ff, 0xf8ff, true},     {0xfdd0, 0xfdd0, true},
    {0xfdfd, 0xfdfd, true},   {0xfe0f, 0xfe0f, true},     {0xfeff, 0xfeff, true},
    {0xfff9, 0xfffb, true},   {0xffff, 0xffff, true},     {0x12031, 0x12031, true},
    {0x1d173, 0x1d173, true}, {0x1f1e6, 0x1f1e6, true},   {0xe0001, 0xe0001, true},
    {0xe0041, 0xe0041, true}, {0xe007f, 0xe007f, true},   {0xe0100, 0xe0100, true},
    {0xf0000, 0xf0000, true}, {0x10fffd, 0x10fffd, true},
};

/* What may be begun by ESC, or by the C1 that is 0x40 above the letter behind it. */
static const char *const functions[] = {
    "[2J",
    "[?1049l",
    "[?1049h",
    "[?25h",
    "[?1000h",
    "[?2004l",
    "[?7l",
    "[4h",
    "[5;10r",
    "[2 q",
    "[c",
    "[6n",
    "[8;9;9t",
    "[!p",
    "[>4;2m",
    "[?5h",
    "[31;7m",
    "[0;31;41m",
    "]0;t\\u0007",
    "]2;t\\u001b\\\\",
    "]4;1;rgb:00/00/00\\u0007",
    "]10;red\\u0007",
    "]52;c;eA==\\u0007",
    "]8;;http://x\\u0007",
    "]104\\u0007",
    "]0;never ended",
    "Pq#0\\u001b\\\\",
    "P$qm\\u001b\\\\",
    "_G\\u001b\\\\",
    "^x\\u001b\\\\",
    "Xx\\u001b\\\\",
    "_never ended",
    "c",
    "(0",
    ")0",
    "#8",
    "7",
    "8",
    "=",
    ">",
    "D",
    "E",
    "H",
    "M",
    "N",
    "O",
    "Z",
    "n",
    "%@",
};

/* NOLINTBEGIN(bugprone-suspicious-missing-comma): an escape ends where a text does */
static const char *const oddities[] = {
    "\300\200",
    "\300\233"
    "2J",
    "\340\200\233"
    "2J",
    "\360\200\200\233"
    "2J",
    "\355\240\200",
    "\355\277\277",
    "\364\220\200\200",
    "\370\210\200\200\200",
    "\376\377",
    "\342\200",
    "\342",
    "\360\237\221",
    "\\ud800\\u0041",
    "\\udc00\\ud800",
    "\\ud83d\\ude00",
    "\\u000e lqk \\u000f",
    "\\ud83d\\udc68\\u200d\\ud83d\\udc69",
    "\\ud83c\\uddee\\ud83c\\uddf3",
    "a\\u0301\\u0302\\u0303\\u0304\\u0305\\u0306\\u0307\\u0308\\u0309\\u030a\\u030b\\u030c\\u030d",
    "\\u0301\\u0301\\u0301\\u0301\\u0301",
    "\\u0e33\\u0e33\\u0e33",
    "\\u1112\\u1161\\u11ab",
    "\\u20dd\\u0488\\u0489\\u0488\\u0489",
    "%s%n%n%d",
    "\\r\\n\\r\\n",
};
/* NOLINTEND(bugprone-suspicious-missing-comma) */

static void specimens_make(void)
{
    char text[SPECIMEN_MAX];
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        for (unsigned code = ranges[i].first; code <= ranges[i].last; code++) {
            specimen_add_code(code, true);
            if (ranges[i].as_utf8 && code >= 0x80) {
                specimen_add_code(code, false);
            }
        }
    }
    for (unsigned byte = 0x80; byte < 0xa0; byte++) {
        snprintf(text, sizeof text, "%c0;%c", (int)byte, (int)0x9c);
        specimen_add(text);
    }
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        snprintf(text, sizeof text, "\\u001b%s", functions[i]);
        specimen_add(text);
        if (functions[i][0] >= 0x40 && functions[i][0] < 0x60) {
            snprintf(text, sizeof text, "\\u%04x%s", functions[i][0] + 0x40, functions[i] + 1);
            specimen_add(text);
        }
    }
    for (size_t i = 0; i < sizeof oddities / sizeof *oddities; i++) {
        specimen_add(oddities[i]);
    }
}

/* --- what the server says ------------------------------------------------------------------ */

#define OK_JSON "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n"
#define OK_STREAM "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
#define TIME "\"2025-01-27T03:45:00.000Z\""

/* Around the rows, and a row: every $ is the specimen, every # the row's number. */
static const struct {
    const char *path, *head, *row, *between, *tail;
} resources[PATHS] = {
    {"/api/trading/orders", OK_JSON "{\"success\":true,\"orders\":[",
     "{\"id\":\"#$\",\"symbol\":\"$Z\",\"quantity\":5,\"orderType\":\"$Z\",\"orderSide\":\"$Z\","
     "\"price\":1,\"averagePrice\":null,\"filledQuantity\":0,\"productType\":\"$Z\",\"status\":"
     "\"$Z\",\"failureReason\":\"$Z\",\"createdAt\":" TIME ",\"executedAt\":null,\"$\":\"$\","
     "\"stock\":{\"symbol\":\"$Z\",\"name\":\"$Z\",\"ltp\":2,\"instrumentId\":\"$\"}}",
     ",", "]}"},
    {"/api/trading/positions", OK_JSON "{\"success\":true,\"positions\":[",
     "{\"id\":\"#$\",\"symbol\":\"$Z\",\"quantity\":5,\"averagePrice\":1,\"unrealizedPnL\":2,"
     "\"dayPnL\":3,\"stopLoss\":null,\"target\":null,\"createdAt\":" TIME ",\"status\":\"$Z\","
     "\"stock\":{\"symbol\":\"$Z\",\"name\":\"$Z\",\"ltp\":2,\"instrumentId\":\"$\",\"segment\":"
     "\"$Z\"},\"currentPrice\":1,\"currentValue\":1,\"investedValue\":1}",
     ",", "]}"},
    {"/api/trading/account", OK_JSON "{\"success\":true,\"account\":",
     "{\"id\":\"$\",\"userId\":\"user-1\",\"balance\":1,\"availableMargin\":1,\"usedMargin\":1,"
     "\"clientId\":\"$Z\",\"createdAt\":" TIME ",\"updatedAt\":" TIME "}",
     NULL, "}"},
    {"/api/watchlists",
     OK_JSON
     "{\"watchlists\":[{\"id\":\"w\",\"userId\":\"user-1\",\"name\":\"mine\",\"createdAt\":" TIME
     ",\"updatedAt\":" TIME ",\"items\":[",
     "{\"id\":\"#$\",\"watchlistId\":\"$\",\"stockId\":\"$\",\"token\":1,\"createdAt\":" TIME
     ",\"notes\":\"$Z\",\"symbol\":\"$Z\",\"name\":\"$Z\",\"exchange\":\"$Z\",\"segment\":\"$Z\","
     "\"ltp\":1,\"close\":1,\"optionType\":\"$Z\",\"expiry\":\"$Z\"}",
     ",", "]}]}"},
    {"/api/realtime/stream",
     OK_STREAM
     "data: {\"event\":\"connected\",\"data\":{\"userId\":\"user-1\"},\"timestamp\":\"\"}\n\n",
     "id: #\nevent: x\ndata: {\"event\":\"$Z\",\"data\":{\"$\":\"$Z\",\"symbol\":\"$Z\",\"reason\":"
     "\"$Z\"},\"timestamp\":\"$\"}\n\ndata: {\"event\":\"order_updated\",\"data\":{\"orderId\":"
     "\"none\",\"symbol\":\"$Z\",\"quantity\":1,\"orderType\":\"$Z\",\"orderSide\":\"$Z\","
     "\"status\":\"$Z\",\"price\":1,\"tradingAccountId\":\"$\"},\"timestamp\":" TIME "}\n\n",
     "", "data: {\"event\":\"last_one\",\"data\":{},\"timestamp\":\"\"}\n\n"},
};

/* The first row says everything there is, so that the details and long fields do. */
static void put_specimen(FILE *out, size_t row, bool harmless)
{
    for (size_t i = 0; i < specimen_count; i++) {
        if (row == 0 || i == row - 1) {
            fputs(harmless ? "c" : specimens[i], out);
        }
    }
}

static void put_row(FILE *out, const char *row, size_t number, bool harmless)
{
    for (const char *at = row; *at != '\0'; at++) {
        if (*at == '$') {
            put_specimen(out, number, harmless);
        } else if (*at == '#') {
            fprintf(out, "%zu", number);
        } else {
            fputc(*at, out);
        }
    }
}

struct speech {
    char *text[PATHS];
    struct script_exchange exchanges[PATHS * SERVED];
    struct script_server *server;
};

static void speech_open(struct speech *speech, bool harmless)
{
    memset(speech, 0, sizeof *speech);
    for (size_t i = 0; i < PATHS; i++) {
        size_t len = 0, rows = resources[i].between != NULL ? specimen_count + 1 : 1;
        FILE *out = open_memstream(&speech->text[i], &len);
        fputs(resources[i].head, out);
        for (size_t row = 0; row < rows; row++) {
            fputs(row > 0 ? resources[i].between : "", out);
            put_row(out, resources[i].row, row, harmless);
        }
        fputs(resources[i].tail, out);
        fclose(out);
        for (size_t k = 0; k < SERVED; k++) {
            struct script_exchange *exchange = &speech->exchanges[i * SERVED + k];
            exchange->path = resources[i].path;
            exchange->steps[0] = (struct script_step){SCRIPT_SEND, speech->text[i], len, 0};
            exchange->steps[1].op = i + 1 == PATHS ? SCRIPT_HOLD : SCRIPT_END;
        }
    }
    speech->server = script_server_new(speech->exchanges, PATHS * SERVED);
}

static void speech_close(struct speech *speech)
{
    script_server_free(speech->server);
    for (size_t i = 0; i < PATHS; i++) {
        free(speech->text[i]);
    }
}

/* --- runs ---------------------------------------------------------------------------------- */

/* Every pane with all of its rows, the details of the row that has everything, the filter. */
static const char *const tour[] = {"1",    "z", "\r", "\033", "z",    "2", "z",    "\r",  "\033",
                                   "z",    "3", "z",  "\r",   "\033", "z", "4",    "z",   "\r",
                                   "\033", "z", "5",  "z",    "z",    "1", "/Z\r", "\033"};

static const struct way {
    const char *name;
    enum trust_mode mode;
    const char *args[5], *env;
    bool ascii; /* not a byte beyond it */
    bool json;  /* characters pass as they are, but for those that lead a terminal astray */
} ways[] = {
    {"the dashboard", TRUST_DASHBOARD, {NULL}, NULL, false, false},
    {"the dashboard in ASCII", TRUST_DASHBOARD, {NULL}, "LC_ALL=C", true, false},
    {"--watch -o text", TRUST_WATCH, {"-o", "text"}, NULL, false, false},
    {"--watch -o text in ASCII", TRUST_WATCH, {"-o", "text"}, "LC_ALL=C", true, false},
    {"--watch -o json", TRUST_WATCH, {"-o", "json"}, NULL, false, true},
    {"--watch -o raw", TRUST_WATCH, {"-o", "raw"}, NULL, false, true},
    {"--snapshot -o text", TRUST_SNAPSHOT, {"-o", "text"}, NULL, false, false},
    {"--snapshot -o csv", TRUST_SNAPSHOT, {"-o", "csv"}, NULL, false, true},
    {"--snapshot -o json", TRUST_SNAPSHOT, {"-o", "json"}, NULL, false, true},
};

/* Runs it on a terminal; the bytes that came, to be freed. */
static char *run(struct trust *t, const struct way *way, bool harmless, size_t *ret_len)
{
    static struct speech speech;
    int status = -1;
    speech_open(&speech, harmless);
    struct trust_run how = {.mode = way->mode,
                            .url = script_server_url(speech.server),
                            .token = "t0ken",
                            .env = {way->env},
                            .rows = (int)specimen_count + 12,
                            .cols = COLUMNS,
                            .patient = true};
    memcpy(how.args, way->args, sizeof way->args);
    struct pty *pty = trust_start(t, &how);
    if (way->mode == TRUST_DASHBOARD) {
        trust_show_events(pty);
        assert_true(pty_wait_text(pty, "last_one"));
        for (size_t i = 0; i < sizeof tour / sizeof *tour; i++) {
            pty_send(pty, tour[i]);
            assert_true(pty_wait_quiet(pty, 40, 0));
        }
        trust_let_run(pty, 60); /* or the last Esc and the next key would be one */
        pty_send(pty, "\003");
    } else if (way->mode == TRUST_WATCH) {
        assert_true(trust_wait_output(pty, "last_one", 0));
        pty_signal(pty, SIGTERM);
    }
    assert_true(pty_wait_exit(pty, 0, &status));
    const char *bytes = pty_output(pty, ret_len);
    if (status != (way->mode == TRUST_WATCH ? 128 + SIGTERM : 0)) {
        fail_msg("%s: ended with %d after: %s", way->name, status,
                 *ret_len > 400 ? bytes + *ret_len - 400 : bytes);
    }
    assert_int_equal(pty_bells(pty), 0);
    char *copy = malloc(*ret_len + 1);
    memcpy(copy, bytes, *ret_len);
    pty_free(pty);
    speech_close(&speech);
    trust_forget(t);
    return copy;
}

/* Leaves those that JSON may hold: all but C1 and what changes the direction of text. */
static void allow_what_json_holds(struct terminal_use *use)
{
    struct terminal_use all = *use;
    static const unsigned bad[][2] = {
        {0x80, 0x9f}, {0x61c, 0x61c}, {0x200e, 0x200f}, {0x202a, 0x202e}, {0x2066, 0x2069}};
    memset(use->codes, 0, sizeof use->codes);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        for (unsigned code = bad[i][0]; code <= bad[i][1]; code++) {
            use->codes[code / 8] =
                (uint8_t)(use->codes[code / 8] | (all.codes[code / 8] & 1u << code % 8));
        }
    }
    use->marks = 0;
}

static void allow_codes(struct terminal_use *twin, unsigned from, unsigned to)
{
    for (unsigned code = from; code <= to; code++) {
        uint8_t *bits = &twin->codes[code / 8];
        *bits = (uint8_t)(*bits | 1u << code % 8);
    }
}

/* Letters among the specimens, which are shown as such, and what a slow run marks as stale; how
 * far a curve has come is a matter of time as well. */
static void allow_letters(struct terminal_use *twin)
{
    allow_codes(twin, 0x2800, 0x28ff); /* curves */
    allow_codes(twin, 0x2581, 0x2588);
    allow_codes(twin, 0x2508, 0x2508); /* their lines and axes */
    allow_codes(twin, 0x2524, 0x2524);
    allow_codes(twin, 0x2013, 0x2013); /* from – to */
    allow_codes(twin, 0x256d, 0x2570); /* corners of a pop-up that one run was too slow to see */
    allow_codes(twin, 0x2717, 0x2717); /* a read that failed */
    static const unsigned letters[] = {0xe33,   0x1100,  0x1112, 0x1f600,
                                       0x1f468, 0x1f469, 0x2248 /* our own mark */};
    for (size_t i = 0; i < sizeof letters / sizeof *letters; i++) {
        uint8_t *bits = &twin->codes[letters[i] / 8];
        *bits = (uint8_t)(*bits | 1u << letters[i] % 8);
    }
}

static bool is_ascii(const char *bytes, size_t len)
{
    while (len > 0 && (unsigned char)bytes[len - 1] < 0x80) {
        len--;
    }
    return len == 0;
}

static void test_every_code_everywhere(void **state)
{
    struct trust *t = *state;
    static struct terminal_use use, twin;
    int rows = (int)specimen_count + 12;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        size_t len, twin_len;
        char why[128];
        char *bytes = run(t, &ways[i], false, &len);
        char *harmless = run(t, &ways[i], true, &twin_len);
        terminal_use_read(&use, bytes, len);
        terminal_use_read(&twin, harmless, twin_len);
        allow_letters(&twin);
        if (ways[i].json) {
            allow_what_json_holds(&use);
        }
        const char *beyond = terminal_use_beyond(&use, &twin, why, sizeof why);
        const char *changed = terminal_left_changed(bytes, len, rows, COLUMNS);
        if (beyond != NULL || changed != NULL || (ways[i].ascii && !is_ascii(bytes, len))) {
            fail_msg("%s: %s%s", ways[i].name,
                     beyond != NULL ? beyond : "changed: ", changed != NULL ? changed : "");
        }
        print_message("%-26s %7zu bytes, %2zu kinds of control functions, none of a text's\n",
                      ways[i].name, len, use.function_count);
        free(bytes);
        free(harmless);
    }
}

/* --- configs ------------------------------------------------------------------------------- */

/* Every $ is the specimen, as bytes. */
static const char *const configs[] = {
    "[main]\n$ = 1\n",
    "[main]\nurl = $\n",
    "[main]\ntheme = $\n",
    "[main]\nprofile = $\n[profile.$x]\nuser = u\n",
    "[$]\nx = 1\n",
    "[keys]\n$ = q\n",
    "[keys]\nquit = $\n",
    "[http]\ntimeout_s = $\n",
    "[main]\ntoken_file = $\n",
    "$\n",
};

/* A JSON string's text as the bytes it stands for, where that takes no more than ESC and BEL. */
static size_t put_bytes(const char *specimen, FILE *out)
{
    size_t count = 0;
    for (const char *at = specimen; *at != '\0'; count++) {
        unsigned code;
        if (sscanf(at, "\\u%4x", &code) == 1 && code > 0 && code < 0x80 && code != '\n') {
            fputc((int)code, out);
            at += 6;
        } else {
            fputc(*at++, out);
        }
    }
    return count;
}

static void write_config(const char *path, const char *template, const char *specimen)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    for (const char *at = template; *at != '\0'; at++) {
        if (*at == '$') {
            put_bytes(specimen, out);
        } else {
            fputc(*at, out);
        }
    }
    fclose(out);
}

static void check_config(const char *path, const char *specimen)
{
    static struct terminal_use use, none;
    const char *const argv[] = {trust_blotter(),      "-c", path, "--check-config", "--url",
                                "http://127.0.0.1:1", NULL};
    char why[128];
    int status = -1;
    size_t len;
    struct pty *pty = pty_start(&(struct pty_options){.argv = argv, .rows = 24, .cols = 120});
    assert_true(pty_wait_exit(pty, 0, &status));
    const char *bytes = pty_output(pty, &len);
    terminal_use_read(&use, bytes, len);
    memset(&none, 0, sizeof none);
    const char *beyond = terminal_use_beyond(&use, &none, why, sizeof why);
    if (beyond != NULL || terminal_left_changed(bytes, len, 24, 120) != NULL) {
        fail_msg("%s by %s: %s", path, specimen, beyond);
    }
    pty_free(pty);
}

static void test_what_a_config_says_is_quoted_safely(void **state)
{
    struct trust *t = *state;
    char path[96];
    snprintf(path, sizeof path, "%s/b.ini", t->dir);
    for (size_t i = 0; i < specimen_count; i += 3) {
        write_config(path, configs[i % (sizeof configs / sizeof *configs)], specimens[i]);
        check_config(path, specimens[i]);
    }
}

/* --- the yardstick itself ------------------------------------------------------------------ */

static void test_the_yardstick_can_fail(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool beyond, changed;
    } rows[] = {
        {"plain \033[1;31mtext\033[0m \033[3;4H\033[K\r\n", false, false},
        {"\033]0;x\a", true, true},
        {"\033]2;x\033\\", true, true},
        {"\033[?1049h", true, true},
        {"\033[?25l", true, true},
        {"\033[?1000h", true, true},
        {"\033[?7l", true, true},
        {"\033[4h", true, true},
        {"\033[3;5r", false, true},
        {"\033[31;7m", false, true},
        {"\033[4 q", true, true},
        {"\033(0", true, true},
        {"\016", true, false},
        {"\033P+q\033\\", true, false},
        {"\033_x\033\\", true, false},
        {"\a", true, false},
        {"\302\233"
         "2J",
         true, false},
        {"\233"
         "2J",
         true, false},
        {"\342\200\256", true, false},
        {"\356\200\200", true, false},
        {"a\314\201\314\201\314\201", false, false},
        {"a\314\201\314\201\314\201\314\201", true, false},
        {"\355\240\200", true, false},
    };
    static struct terminal_use use, none;
    char why[128];
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = strlen(rows[i].bytes);
        terminal_use_read(&use, rows[i].bytes, len);
        const char *beyond = terminal_use_beyond(&use, &none, why, sizeof why);
        const char *changed = terminal_left_changed(rows[i].bytes, len, 24, 80);
        if ((beyond != NULL) != rows[i].beyond || (changed != NULL) != rows[i].changed) {
            fail_msg("row %zu: %s, %s", i, beyond != NULL ? beyond : "-",
                     changed != NULL ? changed : "-");
        }
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_yardstick_can_fail),
        cmocka_unit_test_setup_teardown(test_every_code_everywhere, trust_set_up, trust_tear_down),
        cmocka_unit_test_setup_teardown(test_what_a_config_says_is_quoted_safely, trust_set_up,
                                        trust_tear_down),
    };
    trust_programs(argc, argv);
    specimens_make();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
