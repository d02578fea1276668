/*
 * Golden screens: the real program on the real server, read through a terminal emulator and
 * compared with files. BLOTTER_UPDATE_GOLDEN=1 writes them anew. What no two runs share is masked:
 * clocks, dates, ports, latencies; option symbols, which carry a date, are renamed in the database.
 */
#include "screen_common.h"

#include <ctype.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    LINE_MAX_BYTES = 2048,
    SCREEN_BYTES = 1 << 17,
    STYLES_MAX = 60,
    COLOR_BYTES = 16,
    STYLE_BYTES = 96
};

/* --- what no two runs share --------------------------------------------------------------- */

/* A shape: '9' is a digit, 'A' a capital, 'a' a small letter, the rest stands for itself. */
static size_t shape_len(const char *at, const char *shape)
{
    for (size_t i = 0; shape[i] != '\0'; i++) {
        unsigned char byte = (unsigned char)at[i];
        bool fits = shape[i] == '9'   ? isdigit(byte) != 0
                    : shape[i] == 'A' ? isupper(byte) != 0
                    : shape[i] == 'a' ? islower(byte) != 0
                                      : at[i] == shape[i];
        if (!fits) {
            return 0;
        }
    }
    return strlen(shape);
}

/* Masks of the shape's own width, so that nothing else moves. */
static void mask_shapes(char *line)
{
    static const struct {
        const char *shape, *mask;
    } rows[] = {
        {"9999-99-99", "YYYY-MM-DD"},     {"99:99:99.999", "HH:MM:SS.mmm"},
        {"99:99:99", "HH:MM:SS"},         {"99:99 ", "HH:MM "},
        {"as of 99 Aaa", "as of HH:MM:"}, {"127.0.0.1:99999", "127.0.0.1:PPPPP"},
    };
    for (char *at = line; *at != '\0'; at++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            size_t len =
                at > line && isdigit((unsigned char)at[-1]) ? 0 : shape_len(at, rows[i].shape);
            if (len > 0) {
                memcpy(at, rows[i].mask, len);
                at += len - 1;
                break;
            }
        }
    }
}

/* "8.5 ms" of any width becomes "#.# ms"; the spaces around it take up the difference. */
static void mask_latency(char *line)
{
    for (char *ms = strstr(line, " ms"); ms != NULL; ms = strstr(ms + 3, " ms")) {
        char *first = ms;
        while (first > line && (isdigit((unsigned char)first[-1]) || first[-1] == '.')) {
            first--;
        }
        if (first == ms) {
            continue;
        }
        char rest[LINE_MAX_BYTES];
        char out[LINE_MAX_BYTES];
        size_t width = (size_t)(ms - first);
        size_t spaces = strspn(ms + 3, " ");
        snprintf(rest, sizeof rest, "%.1000s", ms + 3 + spaces);
        int after = (int)spaces + (int)width - 3;
        snprintf(out, sizeof out, "#.# ms%*s%.1000s", after > 0 && rest[0] != '\0' ? after : 0, "",
                 rest);
        snprintf(first, LINE_MAX_BYTES - (size_t)(first - line), "%s", out);
        ms = first;
    }
}

/* The state bar without figures, and without the hints that give way to them. */
static void mask_state(char *line)
{
    static const char *const figures[] = {" │ event", " │ GET", " │ 1 ev", " │ 0 ev", " | GET"};
    char rest[LINE_MAX_BYTES] = "";
    char *cut = NULL;
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        char *at = strstr(line, figures[i]);
        cut = at != NULL && (cut == NULL || at < cut) ? at : cut;
    }
    char *last = cut;
    const char *bar = cut != NULL && cut[1] == '|' ? " | " : " │ ";
    for (char *at = cut; at != NULL; at = strstr(at + 1, bar)) {
        last = at;
    }
    char *hints = last != NULL ? strstr(last + 1, "  ") : NULL;
    if (cut == NULL) {
        return;
    }
    char *help = strstr(line, "? help");
    hints = help != NULL ? help : hints != NULL ? hints + strspn(hints, " ") : NULL;
    snprintf(rest, sizeof rest, "%s", hints != NULL ? hints : "");
    snprintf(cut, LINE_MAX_BYTES - (size_t)(cut - line), " │ … %s", rest);
}

static void mask_tries(char *line)
{
    char *at = strstr(line, "try ");
    if (at != NULL && isdigit((unsigned char)at[4])) {
        size_t digits = strspn(at + 4, "0123456789");
        memmove(at + 5, at + 4 + digits, strlen(at + 4 + digits) + 1);
        at[4] = '#';
    }
}

/* How long an order has waited, which begins its row: "4 h 57", "12 min". */
static void mask_age(char *line)
{
    static const char *const units[] = {" s ", " min ", " h ", " d "};
    char *first = line + strcspn(line, "0123456789");
    size_t digits = strspn(first, "0123456789"), len = 0;
    if (first - line > 8) { /* behind a frame and a mark, or it is something else */
        return;
    }
    for (size_t i = 0; digits > 0 && i < sizeof units / sizeof units[0]; i++) {
        if (strncmp(first + digits, units[i], strlen(units[i])) == 0) {
            len = digits + strlen(units[i]);
            len += i >= 2 ? strspn(first + len, "0123456789") : 0;
            len += strspn(first + len, " ");
        }
    }
    if (len > 3) {
        memset(first, ' ', len);
        memcpy(first, "AGE", 3);
    }
}

static void masked_row(struct pty *pty, int row, char line[LINE_MAX_BYTES])
{
    snprintf(line, LINE_MAX_BYTES, "%s", pty_row(pty, row));
    mask_shapes(line);
    mask_latency(line);
    mask_age(line);
    if (row == pty_rows(pty) - 1) {
        mask_tries(line);
        mask_state(line);
    }
}

/* What an overlay leaves to be seen of a time is the end of one, and of an age its beginning. */
static void mask_end(char *line)
{
    size_t len = strlen(line);
    for (char *at = line; at < line + 8 && *at != '\0'; at++) {
        *at = isdigit((unsigned char)*at) ? '#' : *at;
    }
    for (char *at = line + (len > 14 ? len - 14 : 0); *at != '\0'; at++) {
        *at = isdigit((unsigned char)*at) ? '#' : *at;
    }
}

/* --- the screen as text --------------------------------------------------------------------- */

struct text {
    char bytes[SCREEN_BYTES];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static void put(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text->bytes + text->len, sizeof text->bytes - text->len, format, args);
    va_end(args);
    assert_true(len >= 0 && (size_t)len < sizeof text->bytes - text->len);
    text->len += (size_t)len;
}

/* Whether a pane was asked since, and refused, is a matter of luck: it would say so here. */
static void mask_fault(char *line)
{
    if (strncmp(line, "┗", 3) == 0 && strstr(line, "✗") != NULL) {
        line[0] = '\0';
        for (int i = 0; i < 98; i++) {
            strncat(line, i == 0 ? "┗━" : "━", LINE_MAX_BYTES - strlen(line) - 8);
        }
        strncat(line, "┛", 4);
    }
}

static void put_screen(struct text *text, struct pty *pty, bool overlay)
{
    char line[LINE_MAX_BYTES];
    for (int row = 0; row < pty_rows(pty); row++) {
        masked_row(pty, row, line);
        if (overlay && row < pty_rows(pty) - 1) {
            mask_end(line);
        }
        mask_fault(line);
        put(text, "%s\n", line);
    }
}

static void color_name(const struct pty_color *color, char out[COLOR_BYTES])
{
    if (color->kind == PTY_RGB) {
        snprintf(out, COLOR_BYTES, "#%02x%02x%02x", color->red & 255, color->green & 255,
                 color->blue & 255);
    } else if (color->kind == PTY_INDEX) {
        snprintf(out, COLOR_BYTES, "%d", color->index);
    } else {
        snprintf(out, COLOR_BYTES, "-");
    }
}

/* Nobody sees in what colour, and how bold, nothing is written; emulators differ there on cells
 * that were erased. */
static void style_name(const struct pty_cell *cell, char out[STYLE_BYTES])
{
    static const struct pty_color none = {.kind = PTY_DEFAULT};
    bool blank = strspn(cell->text, " ") == strlen(cell->text) && !cell->reverse;
    char fg[COLOR_BYTES];
    char bg[COLOR_BYTES];
    color_name(blank ? &none : &cell->fg, fg);
    color_name(&cell->bg, bg);
    snprintf(out, STYLE_BYTES, "%s on %s%s%s%s%s", fg, bg, cell->bold && !blank ? " bold" : "",
             cell->underline ? " underline" : "", cell->italic ? " italic" : "",
             cell->reverse ? " reverse" : "");
}

/* A letter a cell for its colours and attributes, then what the letters mean. The state bar has
 * figures that come and go: only its first cells count. */
static void put_styles(struct text *text, struct pty *pty)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ01234567";
    char names[STYLES_MAX][STYLE_BYTES];
    size_t count = 0;
    for (int row = 0; row < pty_rows(pty); row++) {
        int columns = row == pty_rows(pty) - 1 ? 20 : pty_cols(pty);
        for (int col = 0; col < columns; col++) {
            struct pty_cell cell;
            char name[STYLE_BYTES];
            size_t at = 0;
            pty_cell(pty, row, col, &cell);
            style_name(&cell, name);
            while (at < count && strcmp(names[at], name) != 0) {
                at++;
            }
            assert_true(at < STYLES_MAX);
            if (at == count) {
                memcpy(names[count++], name, sizeof name);
            }
            put(text, "%c", letters[at]);
        }
        put(text, "\n");
    }
    for (size_t i = 0; i < count; i++) {
        put(text, "%c %s\n", letters[i], names[i]);
    }
}

/* --- the files -------------------------------------------------------------------------------- */

typedef void (*drawing)(struct text *text, struct pty *pty);

static void draw_screen(struct text *text, struct pty *pty)
{
    put_screen(text, pty, false);
}

static void draw_overlay(struct text *text, struct pty *pty)
{
    put_screen(text, pty, true);
}

struct picture {
    drawing draw;
    const char *expected;
    struct text text;
};

static bool looks_as_expected(struct pty *pty, void *user)
{
    struct picture *picture = user;
    picture->text.len = 0;
    picture->draw(&picture->text, pty);
    return strcmp(picture->expected, picture->text.bytes) == 0;
}

static void write_golden(const char *path, const struct text *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text->bytes, 1, text->len, file), text->len);
    fclose(file);
}

/* Waits until the screen looks as its golden file says. */
static void compare(const char *name, struct pty *pty, drawing draw)
{
    static char expected[SCREEN_BYTES];
    static struct picture picture;
    char path[512];
    picture = (struct picture){.draw = draw, .expected = expected};
    snprintf(path, sizeof path, "%s/%s.txt", GOLDEN_DIR, name);
    FILE *file = fopen(path, "rb");
    size_t len = file != NULL ? fread(expected, 1, sizeof expected - 1, file) : 0;
    expected[len] = '\0';
    if (file != NULL) {
        fclose(file);
    }
    if (getenv("BLOTTER_UPDATE_GOLDEN") != NULL) {
        looks_as_expected(pty, &picture);
        write_golden(path, &picture.text);
        return;
    }
    if (!pty_wait(pty, looks_as_expected, &picture, 0)) {
        fprintf(stderr, "--- %s should be\n%s--- but is\n%s", path, expected, picture.text.bytes);
        fail_msg("%s looks different (BLOTTER_UPDATE_GOLDEN=1 accepts it)", name);
    }
}

/* --- the cases -------------------------------------------------------------------------------- */

struct golden {
    const char *name;
    const char *keys;
    bool overlay;     /* lies over the other panes */
    const char *wait; /* shown when it is complete; NULL: LIVE, and the rows are there */
    struct run run;
};

/* The symbols of options name the expiries that come next. */
static void undate_options(struct server *server)
{
    assert_true(server_sql(
        server, "update stocks set symbol=replace(symbol,"
                "substr(symbol,length(rtrim(symbol,'0123456789'))-5,5),printf('24O%02d',10+"
                "(select count(distinct e.expiry) from stocks e where e.expiry<stocks.expiry))) "
                "where expiry is not null"));
    assert_true(server_sql(server, "update orders set symbol="
                                   "(select symbol from stocks where stocks.id=orders.stockId)"));
    assert_true(server_sql(server,
                           "update positions set symbol="
                           "(select symbol from stocks where stocks.id=positions.stockId)"));
}

/* Every order was placed in the first hours of today. */
static void fix_times(struct server *server)
{
    assert_true(server_sql(server, "update orders set createdAt=date('now')||printf("
                                   "'T01:%02d:%02d.000Z',rowid/60,rowid%60)"));
    assert_true(server_sql(server, "update orders set executedAt=createdAt "
                                   "where executedAt is not null"));
}

static void server_up(struct server *ret, const char *fault)
{
    const char *args[] = {"--seed",   "7", "--rate",      "0",
                          "--quotes", "0", "--allow-sql", fault != NULL ? "--fault" : NULL,
                          fault,      NULL};
    screen_server_start(ret, args);
    undate_options(ret);
    fix_times(ret);
}

static int group_up(void **state)
{
    screen_server_up(state);
    undate_options(screen_server());
    fix_times(screen_server());
    return 0;
}

static bool wrote(struct pty *pty, void *before)
{
    return pty_bytes(pty) > *(const uint64_t *)before;
}

/* Until it stands still: flashes over, overlay painted. */
static struct pty *case_open(const struct golden *golden, const struct server *server)
{
    struct run run = golden->run;
    if (server != NULL) {
        run.url = server->url;
        run.token = server->token;
        run.user = server->user;
    }
    struct pty *pty = golden->wait == NULL ? screen_live(&run) : screen_start(&run);
    assert_true(golden->wait == NULL || pty_wait_text(pty, golden->wait));
    assert_true(pty_wait_quiet(pty, 80, 0));
    if (golden->keys != NULL) {
        uint64_t before = pty_bytes(pty);
        pty_send(pty, golden->keys);
        assert_true(pty_wait(pty, wrote, &before, 0));
        assert_true(pty_wait_quiet(pty, 80, 0));
    }
    return pty;
}

static void case_close(struct pty *pty)
{
    pty_send(pty, "\003");
    screen_expect_exit(pty, 0);
    pty_free(pty);
}

static void compare_case(const struct golden *golden, const struct server *server)
{
    struct pty *pty = case_open(golden, server);
    compare(golden->name, pty, golden->overlay ? draw_overlay : draw_screen);
    case_close(pty);
}

static void panes_and_layouts(void **state)
{
    (void)state;
    static const struct golden rows[] = {
        {.name = "full", .run = {.cols = 160, .rows = 48}},
        {.name = "medium", .run = {.cols = 100, .rows = 30}},
        {.name = "medium-account", .keys = "3", .run = {.cols = 100, .rows = 30}},
        {.name = "single-orders", .run = {.cols = 80, .rows = 24}},
        {.name = "single-positions", .keys = "2", .run = {.cols = 80, .rows = 24}},
        {.name = "single-account", .keys = "3", .run = {.cols = 80, .rows = 24}},
        {.name = "single-watchlist", .keys = "4]", .run = {.cols = 80, .rows = 24}},
        {.name = "single-events", .keys = "5", .run = {.cols = 80, .rows = 24}},
        {.name = "narrow", .run = {.cols = 60, .rows = 20}},
        {.name = "narrow-watchlist", .keys = "4", .run = {.cols = 40, .rows = 12}},
        {.name = "three-lines", .wait = "Day", .run = {.cols = 20, .rows = 5}},
        {.name = "one-line", .wait = "MOCK", .run = {.cols = 60, .rows = 1}},
        {.name = "zoomed", .keys = "2z", .run = {.cols = 160, .rows = 48}},
        {.name = "two-panes", .run = {.cols = 120, .rows = 35, .args = {"-p", "orders,account"}}},
        {.name = "ascii", .run = {.cols = 100, .rows = 30, .args = {"--ascii"}}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        compare_case(&rows[i], NULL);
    }
}

static void overlays_and_modes(void **state)
{
    (void)state;
    static const struct golden rows[] = {
        {.name = "help", .keys = "?", .overlay = true, .run = {.cols = 100, .rows = 30}},
        {.name = "help-narrow", .keys = "?\006", .overlay = true, .run = {.cols = 60, .rows = 20}},
        {.name = "detail", .keys = "2v", .overlay = true, .run = {.cols = 100, .rows = 30}},
        {.name = "detail-narrow", .keys = "4v", .overlay = true, .run = {.cols = 50, .rows = 16}},
        {.name = "columns", .keys = "cj ", .overlay = true, .run = {.cols = 100, .rows = 30}},
        {.name = "prompt", .keys = "/nif", .run = {.cols = 100, .rows = 30}},
        {.name = "filter-hides-all", .keys = "/zzz\r", .run = {.cols = 80, .rows = 24}},
        {.name = "sorted", .keys = "sgj\rS", .run = {.cols = 100, .rows = 30}},
        {.name = "scrolled", .keys = "2ll", .run = {.cols = 60, .rows = 20}},
        {.name = "hidden", .keys = "P", .run = {.cols = 100, .rows = 30}},
        {.name = "paused", .keys = "p", .run = {.cols = 80, .rows = 24}},
        {.name = "seen", .keys = "!", .run = {.cols = 80, .rows = 24}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        compare_case(&rows[i], NULL);
    }
}

static void badges(void **state)
{
    (void)state;
    static const struct golden rows[] = {
        {.name = "badge-real",
         .wait = "REAL",
         .run = {.cols = 60, .rows = 3, .args = {"-O", "main.badge=real"}}},
        {.name = "badge-paper",
         .wait = "PAPER",
         .run = {.cols = 60, .rows = 3, .args = {"-O", "main.badge=paper"}}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        compare_case(&rows[i], NULL);
    }
}

static void state_words(void **state)
{
    (void)state;
    static const struct {
        const char *fault;
        struct golden golden;
    } rows[] = {
        {"stall", {.name = "state-connecting", .wait = "first load"}},
        {"500,stream",
         {.name = "state-polling",
          .wait = "POLLING",
          .run = {.args = {"-O", "stream.retry_ms=60000", "-O", "stream.max_retry_ms=60000", "-O",
                           "refresh.poll_after_ms=100", "-O", "refresh.poll_ms=60000"}}}},
        {"500,stream",
         {.name = "state-retry",
          .wait = "RETRY",
          .run = {.args = {"-O", "stream.retry_ms=60000", "-O", "stream.max_retry_ms=60000"}}}},
        {"401", {.name = "state-auth", .wait = "AUTH"}},
        {"403,orders", {.name = "state-forbidden", .wait = "not loaded"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct server server;
        struct golden golden = rows[i].golden;
        golden.run.cols = 100;
        golden.run.rows = 30;
        server_up(&server, rows[i].fault);
        compare_case(&golden, &server);
        server_end(&server, SIGTERM);
    }
}

static void the_network_gone(void **state)
{
    (void)state;
    static const struct golden golden = {
        .name = "state-offline",
        .run = {.cols = 100,
                .rows = 30,
                .args = {"-O", "stream.retry_ms=50", "-O", "stream.max_retry_ms=20000", "-O",
                         "refresh.poll_after_ms=100"}}};
    struct server server;
    server_up(&server, NULL);
    struct pty *pty = case_open(&golden, &server);
    server_end(&server, SIGKILL);
    assert_true(pty_wait_text(pty, "OFFLINE"));
    assert_true(pty_wait_text(pty, "≈"));
    compare(golden.name, pty, draw_screen);
    case_close(pty);
}

static void themes(void **state)
{
    (void)state;
    static const char *const names[] = {"default",    "dark",      "light",
                                        "mono",       "nord",      "high-contrast",
                                        "colorblind", "solarized", "gruvbox"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char name[64];
        struct golden golden = {.run = {.cols = 100, .rows = 30, .args = {"--theme", names[i]}}};
        snprintf(name, sizeof name, "theme-%s", names[i]);
        struct pty *pty = case_open(&golden, NULL);
        compare(name, pty, put_styles);
        case_close(pty);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(panes_and_layouts),
        cmocka_unit_test(overlays_and_modes),
        cmocka_unit_test(badges),
        cmocka_unit_test(state_words),
        cmocka_unit_test(the_network_gone),
        cmocka_unit_test(themes),
    };
    screen_programs(argc, argv);
    return cmocka_run_group_tests(tests, group_up, screen_server_down);
}
