/* What is remembered between runs, by server. */
#include "tui/remember.h"

#include <blotter/view/screen.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char path[128];

static const char *value_of(struct screen *screen, const char *wanted)
{
    const char *key, *value;
    for (size_t i = 0; screen_remembered_get(screen, i, &key, &value); i++) {
        if (strcmp(key, wanted) == 0) {
            return value;
        }
    }
    return NULL;
}

/* A run at a server: sets the pairs, then saves. */
static void run_at(const char *server, const char *badge, const char *const pairs[][2])
{
    struct remember_file place = {.path = path, .server = server};
    struct screen *screen = screen_new(80, 24);
    char before[REMEMBER_BADGE_MAX];
    remember_load(&place, screen, before);
    for (size_t i = 0; pairs[i][0] != NULL; i++) {
        assert_true(screen_remembered_set(screen, pairs[i][0], pairs[i][1]));
    }
    assert_true(remember_save(&place, screen, badge));
    screen_free(screen);
}

static struct screen *load_at(const char *server, char badge[REMEMBER_BADGE_MAX])
{
    struct remember_file place = {.path = path, .server = server};
    struct screen *screen = screen_new(80, 24);
    remember_load(&place, screen, badge);
    return screen;
}

static void another_server_has_other_panes(void **state)
{
    (void)state;
    char badge[REMEMBER_BADGE_MAX];
    unlink(path);
    run_at("a", "MOCK",
           (const char *const[][2]){{"focus", "watchlist"},
                                    {"zoom", "on"},
                                    {"theme", "nord"},
                                    {"orders.seen", "00000000000000ff"},
                                    {NULL, NULL}});
    struct screen *screen = load_at("b", badge);
    assert_string_equal(badge, "");
    assert_string_equal(value_of(screen, "zoom"), "off");
    assert_string_equal(value_of(screen, "focus"), "orders");
    assert_string_equal(value_of(screen, "orders.seen"), "");
    assert_string_equal(value_of(screen, "theme"), "nord"); /* how it looks is the user's */
    screen_free(screen);
    run_at("b", "REAL", (const char *const[][2]){{"theme", "dark"}, {NULL, NULL}});
    screen = load_at("a", badge);
    assert_string_equal(badge, "MOCK");
    assert_string_equal(value_of(screen, "zoom"), "on");
    assert_string_equal(value_of(screen, "focus"), "watchlist");
    assert_string_equal(value_of(screen, "orders.seen"), "00000000000000ff");
    assert_string_equal(value_of(screen, "theme"), "nord");
    screen_free(screen);
}

/* More servers than are kept: the newest are, and the file does not grow. */
static void the_oldest_servers_are_forgotten(void **state)
{
    (void)state;
    char badge[REMEMBER_BADGE_MAX], server[16];
    struct stat once = {0}, later = {0};
    unlink(path);
    for (int i = 0; i < 3 * REMEMBER_SERVERS_MAX; i++) {
        snprintf(server, sizeof server, "s%03d", i);
        run_at(server, "REAL", (const char *const[][2]){{"zoom", "on"}, {NULL, NULL}});
        assert_int_equal(stat(path, i == REMEMBER_SERVERS_MAX ? &once : &later), 0);
    }
    assert_int_equal(once.st_size, later.st_size);
    screen_free(load_at("s000", badge));
    assert_string_equal(badge, "");
    snprintf(server, sizeof server, "s%03d", 3 * REMEMBER_SERVERS_MAX - 6);
    screen_free(load_at(server, badge));
    assert_string_equal(badge, "REAL");
}

/* More than a line of the file holds, and what stands behind it. */
static void every_rejection_seen_comes_back(void **state)
{
    (void)state;
    char badge[REMEMBER_BADGE_MAX], line[256] = "";
    unlink(path);
    for (int i = 1; i <= 12; i++) {
        size_t len = strlen(line);
        snprintf(line + len, sizeof line - len, "%s%016x", i > 1 ? "," : "", (unsigned)i);
    }
    run_at("a", "",
           (const char *const[][2]){{"orders.seen", line}, {"orders.view", "all"}, {NULL, NULL}});
    struct screen *screen = load_at("a", badge);
    const char *key, *value;
    size_t seen = 0;
    for (size_t i = 0; screen_remembered_get(screen, i, &key, &value); i++) {
        seen += strcmp(key, "orders.seen") == 0 ? (strlen(value) + 1) / 17 : 0;
    }
    assert_int_equal(seen, 12);
    assert_string_equal(value_of(screen, "orders.view"), "all");
    screen_free(screen);
}

/* --- several accounts ------------------------------------------------------------------------- */

/* Two accounts of which no orders are loaded. */
static void run_together(const char *const badges[2])
{
    struct owner owners[2];
    const struct owner *pointers[2] = {&owners[0], &owners[1]};
    struct screen_input inputs[2], input;
    struct screen_accounts all = {.owners = pointers, .of = inputs, .count = 2};
    const struct remember_account accounts[2] = {{"a", badges[0]}, {"b", badges[1]}};
    struct remember_file place = {path, "several", accounts, 2, &input};
    struct screen *screen = screen_new(80, 24);
    char badge[REMEMBER_BADGE_MAX];
    screen_input_init(&input);
    input.accounts = &all;
    for (size_t i = 0; i < 2; i++) {
        owner_init(&owners[i], accounts[i].section, i);
        screen_input_init(&inputs[i]);
        remember_load_account(path, accounts[i].section, screen, &owners[i], badge);
    }
    remember_load(&place, screen, badge);
    assert_true(screen_remembered_set(screen, "focus", "watchlist"));
    assert_true(remember_save(&place, screen, ""));
    screen_free(screen);
}

/* What an account's section says is the same whether it was opened alone or beside another; what
 * they have together is of whoever is together. */
static void an_account_is_the_same_beside_others(void **state)
{
    (void)state;
    char badge[REMEMBER_BADGE_MAX];
    unlink(path);
    run_at("a", "MOCK",
           (const char *const[][2]){
               {"focus", "positions"}, {"orders.seen", "00000000000000ff"}, {NULL, NULL}});
    run_together((const char *const[]){"", "PAPER"});
    run_together((const char *const[]){"REAL", ""});
    struct screen *screen = load_at("a", badge);
    assert_string_equal(badge, "REAL");
    assert_string_equal(value_of(screen, "focus"), "positions");
    assert_string_equal(value_of(screen, "orders.seen"), "00000000000000ff");
    screen_free(screen);
    screen_free(load_at("b", badge));
    assert_string_equal(badge, "PAPER");
    screen = load_at("several", badge);
    assert_string_equal(badge, "");
    assert_string_equal(value_of(screen, "focus"), "watchlist");
    screen_free(screen);
}

static void a_trap_at_the_temporary_name(void **state)
{
    (void)state;
    char temporary[160];
    struct stat facts;
    unlink(path);
    snprintf(temporary, sizeof temporary, "%s.%ld", path, (long)getpid());
    assert_int_equal(mkfifo(temporary, 0600), 0); /* opening it would wait for ever */
    run_at("a", "", (const char *const[][2]){{NULL, NULL}});
    assert_int_equal(stat(path, &facts), 0);
    assert_true(S_ISREG(facts.st_mode));
    assert_int_equal(access(temporary, F_OK), -1);
}

static int clean_up(void **state)
{
    (void)state;
    unlink(path);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_server_has_other_panes),
        cmocka_unit_test(the_oldest_servers_are_forgotten),
        cmocka_unit_test(every_rejection_seen_comes_back),
        cmocka_unit_test(an_account_is_the_same_beside_others),
        cmocka_unit_test(a_trap_at_the_temporary_name),
    };
    snprintf(path, sizeof path, "/tmp/blotter-state-%ld.ini", (long)getpid());
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
