#include "token_renew.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define DEADLINE_US 20000000

struct fixture {
    struct loop *loop;
    char token[64], why[PROBLEM_BYTES];
    int calls;
};

static void on_token(void *user, const char *token, const struct problem *problem)
{
    struct fixture *f = user;
    assert_true((token == NULL) != (problem == NULL));
    snprintf(f->token, sizeof f->token, "%s", token != NULL ? token : "");
    snprintf(f->why, sizeof f->why, "%s", problem != NULL ? problem->text : "");
    f->calls++;
    loop_quit(f->loop, 0);
}

static void on_guard(void *user)
{
    loop_quit(user, 99);
}

static struct config *config_of(const char *assignment)
{
    static struct options options;
    struct problem problem;
    char text[256], name[] = "blotter", flag[] = "-O", limit[] = "token_timeout_s=1";
    snprintf(text, sizeof text, "%s", assignment);
    char *words[] = {name, flag, text, flag, limit, NULL};
    assert_true(options_parse(5, words, &options, &problem));
    struct config_source source = {NULL, false, &options, NULL};
    struct config *config = config_load(&source, &problem);
    assert_non_null(config);
    return config;
}

static void each_way_to_ask(void **state)
{
    (void)state;
    static const struct {
        const char *assignment, *token, *why; /* why: a part of the sentence */
    } rows[] = {
        {"token_command=echo new", "new", ""},
        {"token_command=echo old", "", "still the one that was turned down"},
        {"token_command=echo complaint >&2; exit 3", "", "failed with status 3"},
        {"token_command=printf ''", "", "holds no token"},
        {"token_command=echo new; exec >&-; exec sleep 100", "", "took too long"},
        {"token_command=exec sleep 100", "", "took too long"},
        {"token_command=head -c 100000 /dev/zero", "", "printed too much"},
        {"token_file=/nonexistent/token", "", "cannot read the token file"},
        {"token_file=FILE", "new", ""},
        {"user=u", NULL, NULL}, /* there is nobody to ask */
    };
    char path[64] = "/tmp/blotter-renew-XXXXXX", assignment[256];
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, "new\n", 4) == 4 && close(fd) == 0);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fixture f = {.loop = loop_new()};
        snprintf(assignment, sizeof assignment, "%s", rows[i].assignment);
        if (strcmp(assignment, "token_file=FILE") == 0) {
            snprintf(assignment, sizeof assignment, "token_file=%s", path);
        }
        struct config *config = config_of(assignment);
        const struct token_renewal renewal = {token_source(config), config, "old", on_token, &f};
        struct token_renew *renew = token_renew_new(f.loop, &renewal);
        struct loop_timer *guard = loop_timer_new(f.loop, on_guard, f.loop);
        loop_timer_set(guard, loop_now(f.loop).mono_us + DEADLINE_US);
        assert_int_equal(token_renew_ask(renew), rows[i].token != NULL);
        token_renew_ask(renew); /* once more is not twice */
        if (rows[i].token != NULL) {
            assert_int_equal(f.calls, 0); /* never from within the call */
            assert_int_equal(loop_run(f.loop), 0);
            assert_int_equal(f.calls, 1);
            assert_string_equal(f.token, rows[i].token);
            if (strstr(f.why, rows[i].why) == NULL) {
                fail_msg("%s: %s", rows[i].assignment, f.why);
            }
        }
        loop_timer_free(guard);
        token_renew_free(renew);
        config_free(config);
        loop_free(f.loop);
    }
    unlink(path);
}

/* Freed while it runs: the command does not outlive us. */
static void a_command_under_way_is_ended(void **state)
{
    (void)state;
    int ends[2];
    char assignment[64], byte;
    assert_int_equal(pipe(ends), 0);
    snprintf(assignment, sizeof assignment, "token_command=exec sleep 100 >&%d", ends[1]);
    struct fixture f = {.loop = loop_new()};
    struct config *config = config_of(assignment);
    const struct token_renewal renewal = {token_source(config), config, NULL, on_token, &f};
    struct token_renew *renew = token_renew_new(f.loop, &renewal);
    assert_true(token_renew_ask(renew));
    loop_before_wait(f.loop, (loop_fn)on_guard, f.loop); /* it was started in that turn */
    assert_int_equal(loop_run(f.loop), 99);
    token_renew_free(renew);
    close(ends[1]);
    assert_int_equal(read(ends[0], &byte, 1), 0); /* nobody holds it open any more */
    close(ends[0]);
    config_free(config);
    loop_free(f.loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_to_ask),
        cmocka_unit_test(a_command_under_way_is_ended),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
