/* Several accounts without a screen: who is said, who goes on, and whose everything is. */
#include "cli_run.h"
#include "script_server.h"
#include "server.h"

#include <blotter/core/span.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))
#define USERS 32
#define STREAM "/api/realtime/stream"

static const char *mock_path;
static struct server still, moving; /* still: of 32 users, and nothing happens */
static char directory[64];

/* --- the config ------------------------------------------------------------------------------ */

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, 0600), 0);
}

/* The whole of a file, or as much as there is room for. */
static void read_file(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, size - 1, file)] = '\0';
    fclose(file);
}

static size_t put_profile(char *text, size_t size, const char *name, const char *url)
{
    return (size_t)snprintf(text, size, "[profile.%s]\nurl = %s\ntoken_file = %s/%s\n", name, url,
                            directory, name);
}

/* Profiles s0 … s31 of the server where nothing happens, m of the other, and broken ones. */
static void write_config(void)
{
    static char text[16384];
    char user[128], token[256], name[16];
    size_t len = 0;
    for (size_t i = 0; i < USERS; i++) {
        assert_true(server_user(&still, i, user, token));
        snprintf(name, sizeof name, "s%zu", i);
        write_file(name, token);
        len += put_profile(text + len, sizeof text - len, name, still.url);
        len += (size_t)snprintf(text + len, sizeof text - len, "user = %s\n", user);
    }
    write_file("m", moving.token);
    len += put_profile(text + len, sizeof text - len, "m", moving.url);
    len += (size_t)snprintf(text + len, sizeof text - len, "user = %s\n", moving.user);
    write_file("refused", "no-such-token");
    len += put_profile(text + len, sizeof text - len, "refused", still.url);
    write_file("stolen", still.token); /* of the first user, for the second's data */
    assert_true(server_user(&still, 1, user, token));
    len += put_profile(text + len, sizeof text - len, "stolen", still.url);
    len += (size_t)snprintf(text + len, sizeof text - len, "user = %s\n", user);
    write_file("dead", "x");
    len += put_profile(text + len, sizeof text - len, "dead", "http://127.0.0.1:1");
    snprintf(text + len, sizeof text - len,
             "[profile.wrong]\nurll = x\n[profile.nowhere]\nuser = 1\n[profile.again]\nurl = %s\n"
             "user = %s\ntoken_file = %s/s0\n",
             still.url, still.user, directory);
    write_file("c.ini", text);
}

/* One more profile, of a server that a test has made. */
static void add_profile(const char *name, const char *url)
{
    char path[128], text[512];
    put_profile(text, sizeof text, name, url);
    write_file(name, "x");
    snprintf(path, sizeof path, "%s/c.ini", directory);
    FILE *file = fopen(path, "a");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* Runs it with the config; words has its options, at most 70, and NULL behind them. */
static struct cli_result run(const char *const *words)
{
    const char *args[80];
    static char config[128];
    size_t count = 0;
    snprintf(config, sizeof config, "--config=%s/c.ini", directory);
    args[count++] = config;
    while (*words != NULL) {
        args[count++] = *words++;
    }
    args[count] = NULL;
    return cli_run_args(args);
}

#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

static int set_up(void **state)
{
    static const char *const stands[] = {"--users", "32", "--seed",   "7", "--orders", "5",
                                         "--rate",  "0",  "--quotes", "0", NULL};
    static const char *const moves[] = {"--users", "1",  "--seed",   "7", "--orders", "5",
                                        "--rate",  "40", "--quotes", "0", NULL};
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/blotter-accounts-XXXXXX");
    return mkdtemp(directory) == NULL || !server_start(&still, mock_path, stands) ||
           !server_start(&moving, mock_path, moves);
}

static int tear_down(void **state)
{
    char command[96];
    (void)state;
    server_end(&still, SIGTERM);
    server_end(&moving, SIGTERM);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

static int write_again(void **state)
{
    (void)state;
    write_config();
    return 0;
}

/* --- what is printed ------------------------------------------------------------------------- */

/* Cuts the next line out of *text; NULL at the end. */
static char *next_line(char **text)
{
    char *line = *text, *stop = line != NULL ? strchr(line, '\n') : NULL;
    if (stop == NULL) {
        return NULL;
    }
    *stop = '\0';
    *text = stop + 1;
    return line;
}

static void profile_of(const char *object, char out[32])
{
    struct span root, name;
    assert_true(span_check(object, strlen(object), &root, NULL));
    assert_true(span_member(root, "profile", &name));
    span_string(name, out, 32);
}

static long number_of(const char *object, const char *member)
{
    struct span root, value;
    char text[32];
    assert_true(span_check(object, strlen(object), &root, NULL));
    assert_true(span_member(root, member, &value));
    span_string(value, text, sizeof text);
    return span_type(value) == SPAN_STRING ? strtol(text, NULL, 10) : strtol(value.ptr, NULL, 10);
}

/* One server, one seed, the same ids in another one: each is printed, whose it is. */
static void test_snapshot_as_json(void **state)
{
    (void)state;
    struct cli_result result =
        RUN("--snapshot", "-o", "json", "-p", "orders", "-P", "m", "-P", "s0");
    assert_int_equal(result.status, 0);
    assert_string_equal(result.err, "");
    char *second = strstr(result.out, "\n{\"v\":1,");
    assert_non_null(second);
    *second++ = '\0';
    static const char *const names[] = {"m", "s0"};
    const char *objects[] = {result.out, second};
    char ids[2][64];
    for (int i = 0; i < 2; i++) {
        char name[32];
        struct span root, orders, order, id, key;
        struct span_iterator at = {0};
        profile_of(objects[i], name);
        assert_string_equal(name, names[i]);
        assert_true(span_check(objects[i], strlen(objects[i]), &root, NULL));
        assert_true(span_member(root, "orders", &orders));
        while (span_next(orders, &at, &key, &order)) { /* the oldest: both have it */
            assert_true(span_member(order, "id", &id));
            span_string(id, ids[i], sizeof ids[i]);
        }
    }
    assert_string_equal(ids[0], ids[1]);
    cli_done(&result);
}

static void test_every_row_and_line_is_named(void **state)
{
    (void)state;
    static const char *const formats[] = {"csv", "text"};
    for (int i = 0; i < 2; i++) {
        struct cli_result result = RUN("--snapshot", "-o", formats[i], "-P", "s0", "-P", "s10");
        char *text = result.out, *line;
        size_t lines = 0;
        assert_int_equal(result.status, 0);
        while ((line = next_line(&text)) != NULL) {
            static const char *const begins[2][3] = {{"profile,pane,", "s0,", "s10,"},
                                                     {"s0   ", "s0   ", "s10  "}};
            bool good = *line == '\0' || *line == '\r';
            for (int j = 0; j < 3; j++) {
                good |= strncmp(line, begins[i][j], strlen(begins[i][j])) == 0;
            }
            if (!good) {
                fail_msg("%s: %s", formats[i], line);
            }
            lines++;
        }
        assert_true(lines > 20);
        cli_done(&result);
    }
}

/* One profile prints what it printed before there were several. */
static void test_one_names_nobody(void **state)
{
    (void)state;
    char text[512];
    size_t len = put_profile(text, sizeof text, "s0", still.url);
    put_profile(text + len, sizeof text - len, "m", moving.url);
    write_file("c.ini", text);
    struct cli_result json = RUN("--snapshot", "-o", "json", "-P", "s0");
    struct cli_result csv = RUN("--snapshot", "-o", "csv", "-P", "s0");
    struct cli_result events = RUN("--watch", "-n", "3", "-P", "m");
    assert_string_equal(csv.err, "");
    assert_null(strstr(json.out, "\"profile\""));
    assert_int_equal(strncmp(csv.out, "pane,", 5), 0);
    assert_null(strstr(events.out, "\"profile\""));
    assert_null(strstr(events.err, "m: "));
    cli_done(&json);
    cli_done(&csv);
    cli_done(&events);
}

/* --- who is broken --------------------------------------------------------------------------- */

static const struct broken {
    const char *profiles; /* of one letter words, by blanks */
    int status;
    const char *err; /* on stderr; NULL: nothing is */
    bool prints;
} broken[] = {
    {"s0 s1", 0, NULL, true},
    {"s0 wrong", 5, ": unknown key 'urll' (did you mean 'url'?)\n", true},
    {"s0 nowhere", 5, "blotter: nowhere: no backend: set url or backend in [profile.nowhere]",
     true},
    {"s0 gone", 5, "--profile: there is no section [profile.gone]", true},
    {"again s0", 5, "blotter: s0: it is the same account as again, which is open\n", true},
    {"s0 refused", 5, "blotter: refused: http://127.0.0.1:", true},
    {"s0 stolen", 5, "blotter: stolen: ", true},
    {"dead s0", 5, "blotter: dead: http://127.0.0.1:1: cannot connect", true},
    {"dead refused", 3, "blotter: refused: ", false},
    {"dead wrong", 4, "blotter: dead: ", false},
    {"wrong nowhere", 2, "blotter: nowhere: ", false},
    {"s0 s0", 2, "blotter: --profile: profile 's0' is named twice\n", false},
};

static struct cli_result run_profiles(const char *profiles, const char *const *more)
{
    static char names[8][16];
    const char *words[32];
    size_t count = 0, used = 0;
    for (int len; sscanf(profiles, "%15s%n", names[used], &len) == 1; profiles += len) {
        words[count++] = "-P";
        words[count++] = names[used++];
    }
    while (*more != NULL) {
        words[count++] = *more++;
    }
    words[count] = NULL;
    return run(words);
}

static void test_the_broken_are_said(void **state)
{
    (void)state;
    static const char *const more[] = {"--snapshot", "-o", "json", NULL};
    for (size_t i = 0; i < COUNT(broken); i++) {
        const struct broken *row = &broken[i];
        struct cli_result result = run_profiles(row->profiles, more);
        bool said = row->err == NULL ? *result.err == '\0' : strstr(result.err, row->err) != NULL;
        bool printed = strstr(result.out, "\"profile\":\"s0\"") != NULL ||
                       strstr(result.out, "\"profile\":\"again\"") != NULL;
        if (result.status != row->status || !said || printed != row->prints) {
            fail_msg("%s: status %d, stderr: %s", row->profiles, result.status, result.err);
        }
        cli_done(&result);
    }
}

/* --check-config has a part for each, and the same status. */
static void test_check_config(void **state)
{
    (void)state;
    static const char *const more[] = {"--check-config", NULL};
    struct cli_result result = run_profiles("s0 wrong refused", more);
    assert_int_equal(result.status, 5);
    assert_non_null(strstr(result.out, "profiles s0, wrong, refused\n\ns0\nconnection  ok "));
    assert_non_null(strstr(result.out, "\n\nwrong\naccount     FAILED "));
    assert_non_null(strstr(result.out, "\n\nrefused\nconnection  ok "));
    assert_non_null(strstr(result.out, "the server does not take it"));
    cli_done(&result);
}

/* --- watching -------------------------------------------------------------------------------- */

/* Refused for ever, dead, broken: the one that works goes on, to its count. */
static void test_the_others_go_on(void **state)
{
    (void)state;
    static const char *const more[] = {"--watch", "-n", "30", NULL};
    struct cli_result result = run_profiles("refused dead m wrong", more);
    char *text = result.out, *line, name[32];
    long seq = 0;
    assert_int_equal(result.status, 5);
    while ((line = next_line(&text)) != NULL) {
        profile_of(line, name);
        assert_string_equal(name, "m");
        assert_int_equal(number_of(line, "seq"), ++seq);
    }
    assert_int_equal(seq, 30);
    assert_non_null(strstr(result.err, "blotter: refused: no stream: "));
    assert_non_null(strstr(result.err, "blotter: dead: no stream: "));
    assert_non_null(strstr(result.err, "blotter: m: stream live"));
    cli_done(&result);
    result = run_profiles("refused stolen", more);
    assert_int_equal(result.status, 3); /* nobody is left */
    cli_done(&result);
}

/* Status, gaps, states and text are named as well; the cursor has a place for each. */
static void test_watch_with_a_cursor(void **state)
{
    (void)state;
    char cursor[128], text[4096] = "";
    snprintf(cursor, sizeof cursor, "--cursor=%s/cursor", directory);
    const char *const first[] = {"--watch", "-n", "8", "--status", "--with-snapshot", cursor, NULL};
    const char *const second[] = {"--watch", "-n", "8", cursor, NULL};
    long last = 0;
    for (int i = 0; i < 2; i++) {
        struct cli_result result = run_profiles("m s0", i == 0 ? first : second);
        char *at = result.out, *line, name[32];
        bool snapshot[2] = {false, false};
        assert_int_equal(result.status, 0);
        while ((line = next_line(&at)) != NULL) {
            profile_of(line, name);
            bool is_m = strcmp(name, "m") == 0;
            assert_true(is_m || strcmp(name, "s0") == 0);
            snapshot[is_m] |= strstr(line, "\"snapshot\":\"orders\"") != NULL;
            if (is_m && strstr(line, "\"seq\":") != NULL && strstr(line, "connected") == NULL) {
                long id = number_of(line, "id");
                assert_true(id >= last); /* prices have none of their own */
                last = id;
            }
        }
        assert_true(i == 1 || (snapshot[0] && snapshot[1]));
        cli_done(&result);
    }
    read_file(cursor + strlen("--cursor="), text, sizeof text);
    assert_non_null(strstr(text, "{\"blotterCursor\":1,\"profile\":\"m\",\"server\":"));
    assert_non_null(strstr(text, "\n{\"blotterCursor\":1,\"profile\":\"s0\",\"server\":"));
    struct cli_result result = RUN("--watch", "-n", "1", "-P", "m", cursor);
    assert_int_equal(result.status, 2); /* it is of several */
    cli_done(&result);
}

#define EVENTS_HEAD "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
#define FLOOD "data: {\"event\":\"order_placed\",\"data\":{\"id\":\"x\",\"n\":1234567890}}\n\n"
#define QUIET "data: {\"event\":\"order_placed\",\"data\":{\"id\":\"q\"}}\n\n"
#define FLOOD_COUNT 100000

/* As many events as the line takes: the other's come through among them, and not behind them. */
static void test_a_flood_keeps_nobody_waiting(void **state)
{
    (void)state;
    static const struct script_exchange floods[] = {{STREAM,
                                                     {{SCRIPT_SEND, EVENTS_HEAD, 0, 0},
                                                      {SCRIPT_FILL, FLOOD, 0, FLOOD_COUNT},
                                                      {SCRIPT_HOLD, NULL, 0, 0}}}};
    static const struct script_exchange calms[] = {{STREAM,
                                                    {{SCRIPT_SEND, EVENTS_HEAD QUIET, 0, 0},
                                                     {SCRIPT_WAIT, NULL, 0, 5},
                                                     {SCRIPT_SEND, QUIET, 0, 0},
                                                     {SCRIPT_WAIT, NULL, 0, 5},
                                                     {SCRIPT_SEND, QUIET, 0, 0},
                                                     {SCRIPT_HOLD, NULL, 0, 0}}}};
    struct script_server *flood = script_server_new(floods, 1);
    struct script_server *calm = script_server_new(calms, 1);
    add_profile("flood", script_server_url(flood));
    add_profile("calm", script_server_url(calm));
    struct cli_result result =
        RUN("--watch", "-o", "raw", "-P", "flood", "-P", "calm", "-n", "100003");
    char *text = result.out, *line, name[32];
    long seq = 0, last_of_calm = 0;
    assert_int_equal(result.status, 0);
    while ((line = next_line(&text)) != NULL) {
        seq++;
        if (strstr(line, "\"calm\"") != NULL) {
            profile_of(line, name);
            assert_int_equal(number_of(line, "seq"), seq);
            last_of_calm = seq;
        }
    }
    assert_int_equal(seq, FLOOD_COUNT + 3);
    assert_in_range(last_of_calm, 3, FLOOD_COUNT);
    cli_done(&result);
    script_server_free(flood);
    script_server_free(calm);
}

/* --- some come, some go ----------------------------------------------------------------------- */

/* The config, with these profiles in force. */
static void choose(const char *profiles)
{
    char path[128], text[16384];
    size_t len = (size_t)snprintf(text, sizeof text, "[main]\nprofiles = %s\n", profiles);
    write_config();
    snprintf(path, sizeof path, "%s/c.ini", directory);
    read_file(path, text + len, sizeof text - len);
    write_file("c.ini", text);
}

struct reading {
    int fd;
    char text[1 << 16];
    size_t len;
};

/* Reads on until a line has both texts; lines before it are dropped. */
static void read_until(struct reading *reading, const char *one, const char *other)
{
    for (;;) {
        char *stop = memchr(reading->text, '\n', reading->len);
        if (stop == NULL) {
            ssize_t got = read(reading->fd, reading->text + reading->len,
                               sizeof reading->text - reading->len);
            if (got <= 0) {
                fail_msg("no line with %s and %s", one, other);
            }
            reading->len += (size_t)got;
            continue;
        }
        *stop = '\0';
        bool found = strstr(reading->text, one) != NULL && strstr(reading->text, other) != NULL;
        reading->len -= (size_t)(stop + 1 - reading->text);
        memmove(reading->text, stop + 1, reading->len);
        if (found) {
            return;
        }
    }
}

/* SIGHUP and SIGUSR1 let accounts come and go while events are printed; one that stays keeps its
 * stream and its place, and one that comes again goes on where it was. */
static void test_accounts_come_and_go(void **state)
{
    (void)state;
    static struct reading reading;
    char config[128], cursor[128], trace[128], text[8192] = "";
    snprintf(config, sizeof config, "--config=%s/c.ini", directory);
    snprintf(cursor, sizeof cursor, "--cursor=%s/place", directory);
    snprintf(trace, sizeof trace, "--trace=%s/trace", directory);
    const char *const args[] = {config, "--watch", "--status", "-o", "json", cursor, trace, NULL};
    int status;
    choose("m, s0");
    pid_t pid = cli_start(&(struct cli_run){.args = args}, &reading.fd);
    read_until(&reading, "\"profile\":\"s0\"", "\"live\"");
    read_until(&reading, "\"profile\":\"m\"", "\"seq\"");
    long streams = server_count(&moving, STREAM);
    choose("m, s1, gone");
    kill(pid, SIGHUP);
    read_until(&reading, "\"profile\":\"s1\"", "\"live\"");
    read_until(&reading, "\"profile\":\"m\"", "\"seq\"");
    assert_int_equal(server_count(&moving, STREAM), streams);
    choose("s1, m, s0");
    kill(pid, SIGUSR1);
    read_until(&reading, "\"profile\":\"s0\"", "\"live\"");
    write_file("c.ini", "[main]\nurll = x\n");
    kill(pid, SIGHUP); /* stays as it is */
    read_until(&reading, "\"profile\":\"m\"", "\"seq\"");
    assert_int_equal(server_count(&moving, STREAM), streams);
    kill(pid, SIGTERM);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 128 + SIGTERM);
    close(reading.fd);
    read_file(cursor + strlen("--cursor="), text, sizeof text);
    assert_non_null(strstr(text, "\"profile\":\"m\""));
    assert_non_null(strstr(text, "\"profile\":\"s0\""));
    assert_non_null(strstr(text, "\"profile\":\"s1\""));
    assert_null(strstr(strstr(text, "\"profile\":\"s0\"") + 1, "\"profile\":\"s0\""));
    read_file(trace + strlen("--trace="), text, sizeof text);
    assert_non_null(strstr(text, "\"step\":\"stream_open\",\"account\":\"m\""));
    assert_non_null(strstr(text, "\"step\":\"stream_open\",\"account\":\"s0\""));
}

/* --- many, and odd ones ---------------------------------------------------------------------- */

static void test_thirty_two(void **state)
{
    (void)state;
    char all[256] = "-Oprofiles=s0";
    for (int i = 1; i < USERS; i++) {
        snprintf(all + strlen(all), sizeof all - strlen(all), ",s%d", i);
    }
    for (int i = 0; i < 2; i++) {
        struct cli_result result = i == 0 ? RUN(all, "--snapshot", "-o", "json", "-p", "account")
                                          : RUN(all, "--watch", "-n", "32");
        size_t objects = 0;
        assert_int_equal(result.status, 0);
        for (const char *at = result.out; (at = strstr(at, "{\"v\":1,\"profile\":\"s")) != NULL;
             at++) {
            objects++;
        }
        assert_int_equal(objects, USERS); /* of --watch: each one's welcome */
        cli_done(&result);
    }
}

#define LATE(body)                                                                                 \
    "HTTP/1.1 200 OK\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\nContent-Type: "                     \
    "application/json\r\nConnection: close\r\n\r\n" body
#define BUSY                                                                                       \
    "HTTP/1.1 429 Too Many Requests\r\nDate: Tue, 01 Jan 2030 00:00:00 GMT\r\nRetry-After: Tue, "  \
    "01 Jan 2030 00:00:09 GMT\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

/* One server lives years ahead, says so in its heads and wants us to wait by its own clock. */
static void test_a_clock_that_is_off(void **state)
{
    (void)state;
    static const struct script_exchange exchanges[] = {
        {"/api/trading/orders/list",
         {{SCRIPT_SEND, LATE("{\"success\":true,\"orders\":[]}"), 0, 0}}},
        {"/api/trading/positions/list", {{SCRIPT_SEND, BUSY, 0, 0}}}};
    struct script_server *late = script_server_new(exchanges, COUNT(exchanges));
    add_profile("late", script_server_url(late));
    struct cli_result result =
        RUN("--snapshot", "-o", "json", "-p", "orders,positions", "-P", "late", "-P", "s0");
    assert_int_equal(result.status, 5);
    assert_non_null(strstr(result.out, "{\"v\":1,\"profile\":\"late\","));
    assert_non_null(strstr(result.err, "blotter: late: positions: "));
    assert_null(strstr(result.err, "s0"));
    const char *other = strstr(result.out, "{\"v\":1,\"profile\":\"s0\",");
    assert_non_null(other);
    assert_non_null(strstr(other, "\"errors\":{}"));
    cli_done(&result);
    script_server_free(late);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_snapshot_as_json, write_again),
        cmocka_unit_test_setup(test_every_row_and_line_is_named, write_again),
        cmocka_unit_test_setup(test_one_names_nobody, write_again),
        cmocka_unit_test_setup(test_the_broken_are_said, write_again),
        cmocka_unit_test_setup(test_check_config, write_again),
        cmocka_unit_test_setup(test_the_others_go_on, write_again),
        cmocka_unit_test_setup(test_watch_with_a_cursor, write_again),
        cmocka_unit_test_setup(test_a_flood_keeps_nobody_waiting, write_again),
        cmocka_unit_test_setup(test_accounts_come_and_go, write_again),
        cmocka_unit_test_setup(test_thirty_two, write_again),
        cmocka_unit_test_setup(test_a_clock_that_is_off, write_again),
    };
    if (argc < 3) {
        return 2;
    }
    cli_set_program(argv[1]);
    mock_path = argv[2];
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
