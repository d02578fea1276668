/*
 * Several accounts on one screen: two servers and a made-up broker side by side. One that dies, is
 * refused or floods is nobody else's trouble; what they hold in the end is what their databases
 * say.
 *
 *     accounts_screen BLOTTER BLOTTER-MOCK BLOTTER-BROKER
 */
#include "broker_run.h"
#include "expect.h"
#include "panes.h"
#include "pty.h"
#include "server.h"

#include <blotter/core/hash.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { SERVERS = 3, QUIET_MS = 400, ROUND_MS = 300, ROUNDS = 4, ROW_MS_MAX = 1500, MARKS = 8 };

static const char *blotter_path, *mock_path, *broker_path;

struct place {
    const char *name, *badge;
    struct server server;
    char db[96];
    bool up;
};

struct world {
    char dir[64], config[96];
    struct place places[SERVERS];
    struct broker_run broker;
    bool has_broker;
    char env[3][96];
    struct pty *pty;
};

/* --- files ------------------------------------------------------------------------------------ */

static void write_file(const struct world *world, const char *name, const char *text)
{
    char path[128], temporary[160];
    snprintf(path, sizeof path, "%s/%s", world->dir, name);
    snprintf(temporary, sizeof temporary, "%s.new", path);
    FILE *file = fopen(temporary, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(temporary, 0600), 0);
    assert_int_equal(rename(temporary, path), 0);
}

static void put_broker(const struct world *world, char *text, size_t size)
{
    static const char *const names[] = {"key_id", "secret"};
    size_t len = (size_t)snprintf(
        text, size, "[profile.broker]\nbackend = mine\nallow_hosts = %s\n", world->broker.url);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        len += (size_t)snprintf(text + len, size - len, "secrets.%s = file:%s/%s\n", names[i],
                                world->broker.home, names[i]);
    }
}

/* The profiles that are named, whatever is up. */
static void write_config(const struct world *world, const char *profiles)
{
    char text[8192];
    size_t len = (size_t)snprintf(
        text, sizeof text, "[main]\nprofiles = %s\n[stream]\nretry_ms = 100\nmax_retry_ms = 500\n",
        profiles);
    for (size_t i = 0; i < SERVERS; i++) {
        const struct place *place = &world->places[i];
        if (place->name != NULL) {
            len += (size_t)snprintf(text + len, sizeof text - len,
                                    "[profile.%s]\nurl = %s\nuser = %s\ntoken_file = %s/%s\n"
                                    "badge = %s\n",
                                    place->name, place->server.url, place->server.user, world->dir,
                                    place->name, place->badge);
        }
    }
    if (world->has_broker) {
        put_broker(world, text + len, sizeof text - len);
    }
    write_file(world, "blotter.ini", text);
}

/* --- servers ---------------------------------------------------------------------------------- */

/* On the port and with the data that it had before. */
static void serve(struct world *world, size_t i, const char *rate, const char *quotes)
{
    struct place *place = &world->places[i];
    char port[16];
    snprintf(port, sizeof port, "%d", place->server.port);
    const char *const args[] = {
        "--db", place->db,     "--seed", i == 0 ? "7" : "8", "--rate", rate,          "--quotes",
        quotes, "--heartbeat", "0.4",    "--port",           port,     "--allow-sql", NULL};
    assert_true(server_start(&place->server, mock_path, args));
    place->up = true;
    write_file(world, place->name, place->server.token);
}

static void end(struct world *world, size_t i)
{
    server_end(&world->places[i].server, SIGKILL);
    world->places[i].up = false;
}

static void add_place(struct world *world, size_t i, const char *name, const char *badge)
{
    struct place *place = &world->places[i];
    place->name = name;
    place->badge = badge;
    snprintf(place->db, sizeof place->db, "%s/%s.db", world->dir, name);
}

/* --- the program ------------------------------------------------------------------------------ */

static void start(struct world *world, int cols, int rows)
{
    const char *const argv[] = {blotter_path, "--config", world->config, NULL};
    const char *env[] = {world->env[0], world->env[1], world->env[2], NULL};
    world->pty =
        pty_start(&(struct pty_options){.argv = argv, .env = env, .rows = rows, .cols = cols});
}

static void quit(struct world *world)
{
    expect_quit(world->pty);
    world->pty = NULL;
}

static void shows(struct world *world, const char *text)
{
    if (!pty_wait_text(world->pty, text)) {
        fail_msg("no '%s' in\n%s", text, pty_screen(world->pty));
    }
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    snprintf(world->dir, sizeof world->dir, "/tmp/blotter-accounts-XXXXXX");
    assert_non_null(mkdtemp(world->dir));
    snprintf(world->config, sizeof world->config, "%s/blotter.ini", world->dir);
    snprintf(world->env[0], sizeof world->env[0], "XDG_CONFIG_HOME=%s", world->dir);
    snprintf(world->env[1], sizeof world->env[1], "XDG_STATE_HOME=%s/state", world->dir);
    snprintf(world->env[2], sizeof world->env[2], "XDG_CACHE_HOME=%s/cache", world->dir);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    char command[96];
    pty_free(world->pty);
    for (size_t i = 0; i < SERVERS; i++) {
        server_end(&world->places[i].server, SIGKILL);
    }
    if (world->has_broker) {
        broker_end(&world->broker);
    }
    snprintf(command, sizeof command, "rm -rf '%s'", world->dir);
    assert_int_equal(system(command), 0);
    free(world);
    return 0;
}

/* Two servers, one called real, and a broker. */
static void three(struct world *world, const char *rate)
{
    broker_start(&world->broker, broker_path, "alpaca", "[orders]\npoll = 600\n");
    world->has_broker = true;
    snprintf(world->env[0], sizeof world->env[0], "%s", world->broker.env[0]);
    add_place(world, 0, "kite", "real");
    add_place(world, 1, "play", "mock");
    serve(world, 0, rate, "0");
    serve(world, 1, rate, "0");
    write_config(world, "kite, play, broker");
}

/* --- one dies --------------------------------------------------------------------------------- */

/* Every row that is marked as stale is of that account, or a sum that it is in. */
static void assert_only_its_rows_are_marked(struct world *world, const char *name, const char *sum)
{
    for (int row = 1; row < pty_rows(world->pty) - 1; row++) {
        const char *text = pty_row(world->pty, row);
        const char *mark = strstr(text, "│≈"), *focused = strstr(text, "┃≈");
        bool marked = mark == text || focused == text;
        if (marked && strstr(text, name) == NULL && strstr(text, sum) == NULL) {
            fail_msg("'%s' is marked in\n%s", text, pty_screen(world->pty));
        }
    }
}

static void one_dies_and_only_it_is_marked(void **state)
{
    struct world *world = *state;
    three(world, "0");
    start(world, 160, 48);
    shows(world, "LIVE 3/3");
    shows(world, "[kite ●");
    shows(world, "[broker ●");
    shows(world, "Acct");
    assert_false(pty_has(world->pty, "≈"));
    end(world, 1);
    shows(world, "[play ≈");
    shows(world, "offline");
    shows(world, "LIVE 2/3");
    assert_true(pty_has(world->pty, "[kite ●"));
    assert_true(pty_has(world->pty, "[broker ●"));
    assert_only_its_rows_are_marked(world, "play", "TOTAL mock");
    pty_resize(world->pty, 24, 80);
    shows(world, "[1 Now");
    shows(world, "[play ≈");
    assert_only_its_rows_are_marked(world, "play", "TOTAL mock");
    serve(world, 1, "0", "0");
    shows(world, "LIVE 3/3");
    assert_false(pty_has(world->pty, "≈"));
    pty_send(world->pty, ")");
    shows(world, "kite 1/3");
    pty_send(world->pty, "))");
    shows(world, "broker 3/3");
    shows(world, "AAPL");
    pty_send(world->pty, "0");
    shows(world, "[broker ●");
    pty_send(world->pty, "/acct:broker\r");
    shows(world, "AAPL");
    quit(world);
    start(world, 20, 5); /* and with what was kept of each, at once */
    shows(world, "LIVE 3/3");
    quit(world);
}

/* The newest order's symbol becomes the text. */
static void mark(const struct server *server, const char *text)
{
    char sql[512];
    snprintf(sql, sizeof sql,
             "update orders set symbol='%s' where id=(select o.id from orders o join "
             "trading_accounts a on a.id=o.tradingAccountId where a.userId='%s' order by "
             "o.createdAt desc limit 1)",
             text, server->user);
    assert_true(server_sql(server, sql));
}

/* --- all converge ----------------------------------------------------------------------------- */

/* Every server and the program itself are killed in turn, beside moving markets. */
static void all_converge_to_their_databases(void **state)
{
    struct world *world = *state;
    static const char *const names[SERVERS] = {"kite", "play", "third"};
    char why[1 << 15] = "";
    for (size_t i = 0; i < SERVERS; i++) {
        add_place(world, i, names[i], i == 0 ? "real" : "mock");
        serve(world, i, "40", "4");
    }
    write_config(world, "kite, play, third");
    start(world, 160, 48);
    shows(world, "LIVE 3/3");
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t i = round % SERVERS;
        end(world, i);
        pty_wait_quiet(world->pty, ROUND_MS, ROUND_MS);
        serve(world, i, "40", "4");
        if (round == 1) {
            pty_signal(world->pty, SIGKILL);
            assert_true(pty_wait_exit(world->pty, 0, &(int){0}));
            pty_free(world->pty);
            start(world, 160, 48);
        }
        shows(world, "LIVE 3/3");
    }
    for (size_t i = 0; i < SERVERS; i++) {
        end(world, i);
        serve(world, i, "0", "0");
    }
    shows(world, "LIVE 3/3");
    pty_send(world->pty, "1/OMARK\r");
    for (size_t i = 0; i < SERVERS; i++) {
        char text[16];
        snprintf(text, sizeof text, "OMARK%zu", i);
        mark(&world->places[i].server, text);
        shows(world, text);
    }
    pty_send(world->pty, "R");
    pty_wait_quiet(world->pty, QUIET_MS, 0);
    quit(world);
    for (size_t i = 0; i < SERVERS; i++) {
        char directory[256];
        snprintf(directory, sizeof directory, "%s/cache/blotter/%016llx", world->dir,
                 (unsigned long long)hash_text(HASH_START, names[i]));
        if (!panes_equal_in(directory, &world->places[i].server, why, sizeof why)) {
            fail_msg("%s: %s", names[i], why);
        }
    }
}

/* --- some come, some go ----------------------------------------------------------------------- */

static void accounts_come_and_go(void **state)
{
    struct world *world = *state;
    three(world, "5");
    write_config(world, "kite, play");
    start(world, 160, 48);
    shows(world, "LIVE 2/2");
    long streams = server_count(&world->places[0].server, "/api/realtime/stream");
    pty_send(world->pty, "p"); /* what is held of them must not be looked at once they are gone */
    shows(world, "PAUSED");
    write_config(world, "kite, play, broker");
    pty_signal(world->pty, SIGUSR1);
    shows(world, "LIVE 3/3");
    shows(world, "[broker ●");
    pty_send(world->pty, "))");
    shows(world, "play 2/3");
    write_config(world, "kite, broker");
    pty_signal(world->pty, SIGHUP);
    shows(world, "LIVE 2/2"); /* the one that was shown is gone: all are shown */
    assert_false(pty_has(world->pty, "play"));
    write_config(world, "broker, kite, nobody");
    pty_signal(world->pty, SIGHUP);
    shows(world, "nobody"); /* is said, and the others go on */
    assert_int_equal(server_count(&world->places[0].server, "/api/realtime/stream"), streams);
    shows(world, "LIVE 2/2");
    write_config(world, "kite, play, broker");
    pty_signal(world->pty, SIGUSR1);
    shows(world, "LIVE 3/3");
    assert_int_equal(server_count(&world->places[0].server, "/api/realtime/stream"), streams);
    quit(world);
}

/* --- one is refused, one floods --------------------------------------------------------------- */

static void one_that_is_refused_is_alone(void **state)
{
    struct world *world = *state;
    three(world, "0");
    write_file(world, "play", "not-the-token");
    start(world, 160, 48);
    shows(world, "[kite ●");
    shows(world, "[broker ●");
    shows(world, "LIVE 2/3");
    shows(world, "AUTH");
    pty_send(world->pty, "3");
    shows(world, "✗ AUTH");
    quit(world);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* As many events as a server can make: another's row does not wait for them. */
static void a_flood_makes_nobody_else_wait(void **state)
{
    struct world *world = *state;
    int64_t slowest_ms = 0;
    three(world, "0");
    start(world, 160, 48);
    shows(world, "LIVE 3/3");
    pty_send(world->pty, "1/OMARK\r");
    end(world, 1);
    serve(world, 1, "10000", "200");
    shows(world, "LIVE 3/3");
    for (int i = 0; i < MARKS; i++) {
        char text[32];
        snprintf(text, sizeof text, "OMARK%d", 100 + i);
        int64_t told_ms = now_ms();
        mark(&world->places[0].server, text);
        shows(world, text);
        int64_t took_ms = now_ms() - told_ms;
        slowest_ms = took_ms > slowest_ms ? took_ms : slowest_ms;
    }
    printf("slowest row of another account: %d ms\n", (int)slowest_ms);
    assert_true(slowest_ms < ROW_MS_MAX * (pty_patience_ms() / 5000));
    quit(world);
}

int main(int argc, char **argv)
{
    assert_int_equal(argc, 4);
    blotter_path = argv[1];
    mock_path = argv[2];
    broker_path = argv[3];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_dies_and_only_it_is_marked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_converge_to_their_databases, set_up, tear_down),
        cmocka_unit_test_setup_teardown(accounts_come_and_go, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_is_refused_is_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_flood_makes_nobody_else_wait, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
