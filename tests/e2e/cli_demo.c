/* --demo with the real server: what it prints, and that the server ends with us. */
#define _GNU_SOURCE /* memmem */
#include "cli_run.h"
#include "server.h"

#include <blotter/core/resource.h>
#include <blotter/core/span.h>

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static const char *program, *mock_program;

static bool get(struct span object, const char *name, struct span *ret)
{
    return span_member(object, name, ret);
}

static void a_snapshot_has_all_four(void **state)
{
    (void)state;
    struct cli_result result = cli_run_args(ARGS("--demo", "--snapshot", "-o", "json"));
    struct span all, part;
    if (result.status != 0) {
        fail_msg("status %d, err: %s", result.status, result.err);
    }
    assert_string_equal(result.err, "");
    assert_true(span_check(result.out, result.out_len, &all, NULL));
    assert_true(get(all, "orders", &part) && span_type(part) == SPAN_ARRAY);
    assert_true(get(all, "positions", &part) && span_type(part) == SPAN_ARRAY);
    assert_true(get(all, "account", &part) && span_type(part) == SPAN_OBJECT);
    assert_true(get(all, "watchlists", &part) && span_type(part) == SPAN_ARRAY);
    assert_true(get(all, "errors", &part) && part.len == 2);
    cli_done(&result);
}

static void twenty_events_and_the_end(void **state)
{
    (void)state;
    struct cli_result result = cli_run_args(ARGS("--demo", "--watch", "-o", "json", "-n", "20"));
    size_t lines = 0;
    if (result.status != 0) {
        fail_msg("status %d, err: %s", result.status, result.err);
    }
    for (const char *line = result.out; *line != '\0'; line += strcspn(line, "\n") + 1) {
        struct span object, value;
        int64_t seq = 0;
        assert_true(span_check(line, strcspn(line, "\n"), &object, NULL));
        assert_true(get(object, "seq", &value) && span_int64(value, &seq));
        assert_int_equal(seq, ++lines);
    }
    assert_int_equal(lines, 20);
    cli_done(&result);
}

static void check_config_finds_everything_well(void **state)
{
    (void)state;
    struct cli_result result = cli_run_args(ARGS("--demo", "--check-config"));
    if (result.status != 0) {
        fail_msg("status %d, out: %s, err: %s", result.status, result.out, result.err);
    }
    static const char *const words[] = {"\nconnection  ok ",
                                        "\ntoken       ok ",
                                        "\norders      ok ",
                                        "\npositions   ok ",
                                        "\naccount     ok ",
                                        "\nwatchlist   ok ",
                                        "\nstream      ok      live\n",
                                        "\nextensions  ok      event ids, ETag\n"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        assert_non_null(strstr(result.out, words[i]));
    }
    cli_done(&result);
}

/* The port of "http://127.0.0.1:PORT" in a text; 0 when there is none. */
static int port_in(const char *text)
{
    const char *url = strstr(text, "http://127.0.0.1:");
    return url != NULL ? (int)strtol(url + strlen("http://127.0.0.1:"), NULL, 10) : 0;
}

static bool somebody_listens(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, "127.0.0.1", &address.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool listens = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return listens;
}

static void the_server_ends_with_us(void **state)
{
    (void)state;
    struct cli_result result = cli_run_args(ARGS("--demo", "--snapshot", "-o", "json"));
    int port = port_in(result.out);
    assert_true(port > 0);
    assert_false(somebody_listens(port));
    cli_done(&result);
}

/* A copy of the program with no server beside it and none in PATH. */
static void without_a_server_it_says_so(void **state)
{
    (void)state;
    char directory[64], copy[96], command[512];
    snprintf(directory, sizeof directory, "/tmp/blotter-alone-%ld", (long)getpid());
    snprintf(copy, sizeof copy, "%s/blotter", directory);
    snprintf(command, sizeof command, "mkdir %s && cp %s %s", directory, program, copy);
    assert_int_equal(system(command), 0);
    cli_set_program(copy);
    struct cli_result result = cli_run_args(ARGS("--demo", "--snapshot"));
    cli_set_program(program);
    unlink(copy);
    rmdir(directory);
    assert_int_equal(result.status, 1);
    assert_string_equal(result.err,
                        "blotter: the demo needs blotter-mock, which is neither beside blotter nor "
                        "in PATH: install it, or build it with -Dmock=true\n");
    cli_done(&result);
}

/* What we were given stays with us: not in argv, not in the environment that ps can see. */
static void the_token_is_not_to_be_seen(void **state)
{
    (void)state;
    struct server server;
    char token[300], path[64], bytes[65536];
    int out;
    assert_true(server_start(&server, mock_program, ARGS("--port", "0", "--rate", "0")));
    snprintf(token, sizeof token, "BLOTTER_TOKEN=%s", server.token);
    const char *const env[] = {token, NULL};
    pid_t child = cli_start(
        &(struct cli_run){.args = ARGS("--watch", "-o", "json", "--url", server.url), .env = env},
        &out);
    assert_true(read(out, bytes, sizeof bytes) > 0); /* the welcome: it is under way */
    static const char *const files[] = {"environ", "cmdline"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        snprintf(path, sizeof path, "/proc/%ld/%s", (long)child, files[i]);
        FILE *file = fopen(path, "r");
        if (file == NULL) {
            continue; /* a system without /proc */
        }
        size_t len = fread(bytes, 1, sizeof bytes, file);
        fclose(file);
        assert_true(len > 0);
        assert_null(memmem(bytes, len, server.token, strlen(server.token)));
    }
    kill(child, SIGTERM);
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGTERM);
    close(out);
    server_end(&server, SIGTERM);
}

/* Killed, not asked: the server notices by itself. Its diagnostics pipe is at its end when it has.
 */
static void the_server_ends_when_we_are_killed(void **state)
{
    (void)state;
    int out;
    char log[64], text[8192] = "";
    size_t len = 0;
    snprintf(log, sizeof log, "/tmp/blotter-demo-%ld.log", (long)getpid());
    pid_t child = cli_start(
        &(struct cli_run){.args = ARGS("--demo", "--watch", "-o", "json", "--log-file", log)},
        &out);
    while (len < sizeof text - 1) {
        ssize_t got = read(out, text + len, sizeof text - 1 - len);
        assert_true(got > 0);
        len += (size_t)got;
        text[len] = '\0';
        if (strchr(text, '\n') != NULL) {
            break;
        }
    }
    FILE *file = fopen(log, "r");
    assert_non_null(file);
    len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    int port = port_in(text);
    assert_true(port > 0 && somebody_listens(port));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(out);
    struct pollfd nothing = {.fd = -1};
    for (int tries = 0; somebody_listens(port) && tries < 200; tries++) {
        poll(&nothing, 0, 25); /* no descriptor of a grandchild's is left to wait for */
    }
    assert_false(somebody_listens(port));
    unlink(log);
}

static void a_wrong_token_is_3(void **state)
{
    (void)state;
    struct server server;
    assert_true(server_start(&server, mock_program, ARGS("--port", "0", "--rate", "0")));
    const char *const env[] = {"BLOTTER_TOKEN=wrong", NULL};
    static const char *const modes[] = {"--snapshot", "--watch", "--check-config"};
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        struct cli_result result = cli_run(&(struct cli_run){
            .args = ARGS(modes[i], "--url", server.url, "--user", server.user), .env = env});
        if (result.status != 3) {
            fail_msg("%s: status %d, err: %s", modes[i], result.status, result.err);
        }
        cli_done(&result);
    }
    server_end(&server, SIGTERM);
}

static void another_users_data_is_3(void **state)
{
    (void)state;
    struct server server;
    char token[300];
    assert_true(server_start(&server, mock_program, ARGS("--port", "0", "--rate", "0")));
    snprintf(token, sizeof token, "BLOTTER_TOKEN=%s", server.token);
    const char *const env[] = {token, NULL};
    struct cli_result result = cli_run(&(struct cli_run){
        .args = ARGS("--snapshot", "-p", "orders", "--url", server.url, "--user", "somebody-else"),
        .env = env});
    assert_int_equal(result.status, 3);
    cli_done(&result);
    server_end(&server, SIGTERM);
}

/* A server like the reference works as well, and it is said what it lacks. */
static void an_old_server_is_named_as_one(void **state)
{
    (void)state;
    struct server server;
    char token[300];
    assert_true(server_start(&server, mock_program, ARGS("--rate", "0", "--no-extensions")));
    snprintf(token, sizeof token, "BLOTTER_TOKEN=%s", server.token);
    const char *const env[] = {token, NULL};
    struct cli_result result =
        cli_run(&(struct cli_run){.args = ARGS("--check-config", "--url", server.url), .env = env});
    assert_int_equal(result.status, 0);
    assert_non_null(strstr(result.out, "\nextensions  none    no event ids, no ETag"));
    cli_done(&result);
    server_end(&server, SIGTERM);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_snapshot_has_all_four),
        cmocka_unit_test(twenty_events_and_the_end),
        cmocka_unit_test(check_config_finds_everything_well),
        cmocka_unit_test(the_server_ends_with_us),
        cmocka_unit_test(the_server_ends_when_we_are_killed),
        cmocka_unit_test(without_a_server_it_says_so),
        cmocka_unit_test(the_token_is_not_to_be_seen),
        cmocka_unit_test(a_wrong_token_is_3),
        cmocka_unit_test(another_users_data_is_3),
        cmocka_unit_test(an_old_server_is_named_as_one),
    };
    if (argc != 3) {
        return 2;
    }
    program = argv[1];
    cli_set_program(program);
    mock_program = argv[2];
    return cmocka_run_group_tests(tests, NULL, NULL);
}
