/* What the real program shows: layouts, panes, overlays, state words, themes, character sets. */
#include "expect.h"
#include "screen_common.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WORDS_MAX = 8 };

static void layouts_at_every_breakpoint(void **state)
{
    (void)state;
    static const struct {
        int cols, rows;
        const char *shown[WORDS_MAX];
        const char *hidden[WORDS_MAX];
    } rows[] = {
        {160,
         48,
         {"MOCK", "LIVE", "Orders", "Positions", "Account", "Watchlist", "Tape", "Day"},
         {0}},
        {100, 30, {"MOCK", "LIVE", "Orders", "Positions", "Watchlist", "Day"}, {0}},
        {60, 20, {"MOCK", "LIVE", "Ord", "Pos", "Acct", "Watch", "Day"}, {"Available margin"}},
        {20, 5, {"MOCK", "LIVE", "Day"}, {"Orders"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pty *pty = screen_live(&(struct run){.cols = rows[i].cols, .rows = rows[i].rows});
        for (size_t k = 0; k < WORDS_MAX && rows[i].shown[k] != NULL; k++) {
            assert_true(pty_wait_text(pty, rows[i].shown[k]));
        }
        for (size_t k = 0; k < WORDS_MAX && rows[i].hidden[k] != NULL; k++) {
            assert_false(pty_has(pty, rows[i].hidden[k]));
        }
        screen_quit(pty);
    }
}

/* What is on the screen is what the database holds, not what the test expects it to. */
static void panes_show_what_the_server_has(void **state)
{
    (void)state;
    static const char *const queries[] = {
        "select o.symbol from orders o join trading_accounts a on a.id=o.tradingAccountId where "
        "a.userId='user-1' order by o.createdAt desc limit 1",
        "select p.symbol from positions p join trading_accounts a on a.id=p.tradingAccountId where "
        "a.userId='user-1' and p.quantity<>0 order by length(p.symbol) limit 1",
        "select s.symbol from watchlist_items i join stocks s on s.id=i.stockId join watchlists w "
        "on "
        "w.id=i.watchlistId where w.userId='user-1' order by w.createdAt, i.createdAt limit 1",
        "select clientId from trading_accounts where userId='user-1'",
    };
    struct pty *pty = screen_live(&(struct run){0});
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        assert_true(pty_wait_text(pty, screen_sql_text(screen_server(), queries[i])));
    }
    assert_true(pty_has(pty, "as of"));
    screen_quit(pty);
}

/* Opens each overlay by its key and leaves it with Esc, which never quits. */
static void overlays_open_and_close(void **state)
{
    (void)state;
    static const struct {
        const char *key, *shows;
    } rows[] = {
        {"?", "One line up"}, {"\033OP", "One line up"}, {"v", "createdAt"},
        {"\r", "Story of"},   {"c", "[x] Status"},
    };
    struct pty *pty = screen_live(&(struct run){0});
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_false(pty_has(pty, rows[i].shows));
        pty_send(pty, rows[i].key);
        assert_true(pty_wait_text(pty, rows[i].shows));
        pty_send(pty, "\033");
        assert_true(pty_wait_no_text(pty, rows[i].shows));
    }
    pty_send(pty, "\033\033\033");
    assert_true(pty_wait_quiet(pty, 60, 0)); /* or the next key would be Alt with it */
    assert_true(pty_has(pty, "LIVE"));
    screen_quit(pty);
}

static void filter_narrows_and_clears(void **state)
{
    (void)state;
    struct pty *pty = screen_live(&(struct run){0});
    pty_send(pty, "/zzzz");
    assert_true(pty_wait_text(pty, "filter hides"));
    pty_send(pty, "\033");
    assert_true(pty_wait_no_text(pty, "filter hides"));
    pty_paste(pty, "q"); /* a command by its key, but not from a paste */
    pty_send(pty, "/");
    pty_paste(pty, "yyyy");
    assert_true(pty_wait_text(pty, "filter hides"));
    pty_send(pty, "\r");
    assert_true(pty_wait_text(pty, "filter hides"));
    pty_send(pty, "\033");
    assert_true(pty_wait_no_text(pty, "filter hides"));
    screen_quit(pty);
}

static void zoom_and_tabs(void **state)
{
    (void)state;
    struct pty *pty = screen_live(&(struct run){0});
    pty_send(pty, "4z");
    assert_true(pty_wait_no_text(pty, "Positions"));
    assert_true(pty_has(pty, "Watchlist"));
    pty_send(pty, "z");
    assert_true(pty_wait_text(pty, "Positions"));
    pty_resize(pty, 20, 60);
    assert_true(pty_wait_text(pty, "Acct"));
    pty_send(pty, "3");
    assert_true(pty_wait_text(pty, "Balance"));
    pty_send(pty, "\033[Z");
    assert_true(pty_wait_no_text(pty, "Balance"));
    screen_quit(pty);
}

static void pause_holds_still(void **state)
{
    (void)state;
    struct pty *pty = screen_live(&(struct run){0});
    pty_send(pty, "p");
    assert_true(pty_wait_text(pty, "PAUSED"));
    pty_send(pty, "p");
    assert_true(pty_wait_no_text(pty, "PAUSED"));
    screen_quit(pty);
}

static void amounts_hide(void **state)
{
    (void)state;
    struct pty *pty = screen_live(&(struct run){0});
    assert_false(pty_has(pty, "•••"));
    pty_send(pty, "P");
    assert_true(pty_wait_text(pty, "•••"));
    screen_quit(pty);
}

/* --- state words -------------------------------------------------------------------------- */

static void says_that_the_token_is_wrong(void **state)
{
    (void)state;
    struct pty *pty = screen_start(&(struct run){.token = "wrong"});
    assert_true(pty_wait_text(pty, "AUTH"));
    assert_true(pty_wait_text(pty, "not loaded"));
    screen_quit(pty);
}

static void says_that_the_server_is_gone(void **state)
{
    (void)state;
    struct server server;
    static const char *const args[] = {"--seed", "3", "--rate", "0", "--quotes", "0", NULL};
    screen_server_start(&server, args);
    struct run run = {.url = server.url,
                      .token = server.token,
                      .user = server.user,
                      .args = {"-O", "stream.retry_ms=50", "-O", "stream.max_retry_ms=100"}};
    struct pty *pty = screen_live(&run);
    char row[1024];
    snprintf(row, sizeof row, "%s", pty_row(pty, 3));
    server_end(&server, SIGKILL);
    assert_true(pty_wait_text(pty, "OFFLINE"));
    assert_true(pty_wait_text(pty, "≈"));
    /* Nothing blanks: the first order is where it was. */
    char first[24] = "";
    snprintf(first, sizeof first, "%.20s", row + strspn(row, "┃│▸ "));
    assert_true(pty_has(pty, first));
    screen_quit(pty);
}

static void says_that_it_polls(void **state)
{
    (void)state;
    struct server server;
    static const char *const args[] = {"--seed", "3",       "--rate",     "0", "--quotes",
                                       "0",      "--fault", "500,stream", NULL};
    screen_server_start(&server, args);
    struct run run = {.url = server.url,
                      .token = server.token,
                      .user = server.user,
                      .args = {"-O", "stream.retry_ms=60000", "-O", "stream.max_retry_ms=60000",
                               "-O", "refresh.poll_after_ms=100", "-O", "refresh.poll_ms=1000"}};
    struct pty *pty = screen_start(&run);
    assert_true(pty_wait_text(pty, "POLLING"));
    screen_quit(pty);
    server_end(&server, SIGTERM);
}

static void says_that_nothing_answers(void **state)
{
    (void)state;
    struct run run = {.url = "http://127.0.0.1:1",
                      .args = {"-O", "stream.retry_ms=20", "-O", "stream.max_retry_ms=40"}};
    struct pty *pty = screen_start(&run);
    assert_true(pty_wait_text(pty, "OFFLINE"));
    assert_true(pty_wait_text(pty, "not loaded"));
    screen_quit(pty);
}

/* When the newest order that is done ended, in each zone, as the database has it. */
static void times_are_in_the_zone(void **state)
{
    (void)state;
    static const struct {
        const char *args[2];
        const char *env, *shift;
    } rows[] = {
        {{"-O", "display.timezone=utc"}, "TZ=Asia/Tokyo", "+0 minutes"},
        {{"-O", "display.timezone=Asia/Kolkata"}, "TZ=UTC", "+330 minutes"},
        {{"-O", "display.timezone=local"}, "TZ=Asia/Tokyo", "+540 minutes"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char sql[256];
        struct run run = {.args = {rows[i].args[0], rows[i].args[1]}, .env = {rows[i].env}};
        snprintf(sql, sizeof sql,
                 "select strftime('%%H:%%M:%%S', max(coalesce(o.executedAt, o.createdAt)), '%s') "
                 "from orders o join trading_accounts a on a.id=o.tradingAccountId "
                 "where a.userId='user-1' and o.status <> 'PENDING'",
                 rows[i].shift);
        struct pty *pty = screen_live(&run);
        assert_true(pty_wait_text(pty, screen_sql_text(screen_server(), sql)));
        screen_quit(pty);
    }
}

/* --- looks -------------------------------------------------------------------------------- */

static bool any_color(struct pty *pty)
{
    for (int row = 0; row < pty_rows(pty); row++) {
        for (int col = 0; col < pty_cols(pty); col++) {
            struct pty_cell cell;
            pty_cell(pty, row, col, &cell);
            if (cell.fg.kind != PTY_DEFAULT || cell.bg.kind != PTY_DEFAULT) {
                return true;
            }
        }
    }
    return false;
}

static bool any_byte_beyond_ascii(struct pty *pty)
{
    for (const char *at = pty_screen(pty); *at != '\0'; at++) {
        if ((*at & 0x80) != 0) {
            return true;
        }
    }
    return false;
}

static void shows_every_shipped_theme(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool ground, color; /* sets a ground of its own; uses colour at all */
    } rows[] = {
        {"default", false, true},   {"dark", true, true},      {"light", true, true},
        {"mono", false, false},     {"nord", true, true},      {"high-contrast", true, true},
        {"colorblind", true, true}, {"solarized", true, true}, {"gruvbox", true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pty *pty =
            screen_live(&(struct run){.cols = 100, .rows = 30, .args = {"--theme", rows[i].name}});
        int bare = 0;
        for (int row = 0; row < pty_rows(pty); row++) {
            for (int col = 0; col < pty_cols(pty); col++) {
                struct pty_cell cell;
                pty_cell(pty, row, col, &cell);
                bare += cell.bg.kind == PTY_DEFAULT;
            }
        }
        assert_int_equal(any_color(pty), rows[i].color);
        assert_true(rows[i].ground ? bare == 0 : bare > 0);
        screen_quit(pty);
    }
}

static void cycles_themes(void **state)
{
    (void)state;
    struct pty *pty = screen_live(&(struct run){0});
    pty_send(pty, "T");
    assert_true(pty_wait_text(pty, "theme dark"));
    pty_send(pty, "T");
    assert_true(pty_wait_text(pty, "theme light"));
    screen_quit(pty);
}

static void draws_with_what_the_terminal_has(void **state)
{
    (void)state;
    static const struct {
        struct run run;
        bool color, beyond_ascii;
    } rows[] = {
        {{.args = {"--ascii"}}, true, false},
        {{.env = {"LC_ALL=C"}}, true, false},
        {{.env = {"NO_COLOR=1"}}, false, true},
        {{.args = {"--color=never"}}, false, true},
        {{.args = {"--color=always"}, .env = {"NO_COLOR=1"}}, true, true},
        {{.env = {"TERM=vt100"}}, false, true},
        {{.env = {"TERM=linux"}}, true, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pty *pty = screen_live(&rows[i].run);
        assert_true(pty_has(pty, "Orders"));
        assert_int_equal(any_color(pty), rows[i].color);
        assert_int_equal(any_byte_beyond_ascii(pty), rows[i].beyond_ascii);
        screen_quit(pty);
    }
}

static void refuses_what_it_cannot_use(void **state)
{
    (void)state;
    static const struct {
        struct run run;
        const char *says;
    } rows[] = {
        {{.args = {"--theme", "nrod"}}, "did you mean 'nord'?"},
        {{.env = {"TERM=no-such-terminal"}}, "is not known here"},
        {{.env = {"TERM=dumb"}}, "cannot place its cursor"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct pty *pty = screen_start(&rows[i].run);
        expect_exit(pty, 2);
        assert_true(pty_has(pty, rows[i].says));
        pty_free(pty);
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(layouts_at_every_breakpoint),
        cmocka_unit_test(panes_show_what_the_server_has),
        cmocka_unit_test(overlays_open_and_close),
        cmocka_unit_test(filter_narrows_and_clears),
        cmocka_unit_test(zoom_and_tabs),
        cmocka_unit_test(pause_holds_still),
        cmocka_unit_test(amounts_hide),
        cmocka_unit_test(says_that_the_token_is_wrong),
        cmocka_unit_test(says_that_the_server_is_gone),
        cmocka_unit_test(says_that_it_polls),
        cmocka_unit_test(says_that_nothing_answers),
        cmocka_unit_test(times_are_in_the_zone),
        cmocka_unit_test(shows_every_shipped_theme),
        cmocka_unit_test(cycles_themes),
        cmocka_unit_test(draws_with_what_the_terminal_has),
        cmocka_unit_test(refuses_what_it_cannot_use),
    };
    screen_programs(argc, argv);
    return cmocka_run_group_tests(tests, screen_server_up, screen_server_down);
}
