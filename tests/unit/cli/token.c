#include "token.h"

#include <poll.h>
#include <setjmp.h>
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

static char file[128];

static void write_file(const char *text, size_t len, mode_t mode)
{
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fwrite(text, 1, len, out);
    fclose(out);
    assert_int_equal(chmod(file, mode), 0);
}

static const struct row {
    const char *name, *text;
    mode_t mode;
    const char *token;    /* NULL: refused */
    const char *sentence; /* with one %s or two for the file's name */
} rows[] = {
    {"plain", "abc.DEF-1\n", 0600, "abc.DEF-1", NULL},
    {"no newline", "abc", 0600, "abc", NULL},
    {"read only", "abc", 0400, "abc", NULL},
    {"crlf and a second line", "abc \r\nxyz\n", 0600, "abc", NULL},
    {"group may read", "abc", 0640, NULL, "the token file %s is open to others: run chmod 600 %s"},
    {"others may read", "abc", 0604, NULL, "the token file %s is open to others: run chmod 600 %s"},
    {"group may write", "abc", 0620, NULL, "the token file %s is open to others: run chmod 600 %s"},
    {"empty", "", 0600, NULL, "no token from the file %s: it holds no token"},
    {"blank line first", "\nabc", 0600, NULL, "no token from the file %s: it holds no token"},
    {"space inside", "a b", 0600, NULL,
     "no token from the file %s: it holds characters that no token has"},
    {"control inside", "a\001b", 0600, NULL,
     "no token from the file %s: it holds characters that no token has"},
};

static void files_are_checked(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *token = NULL, expected[512];
        struct problem problem = {0};
        write_file(rows[i].text, strlen(rows[i].text), rows[i].mode);
        bool good = token_read_file(file, &token, &problem);
        if (good != (rows[i].token != NULL)) {
            fail_msg("%s: %s", rows[i].name, problem.text);
        }
        if (good) {
            assert_string_equal(token, rows[i].token);
        } else {
            snprintf(expected, sizeof expected, rows[i].sentence, file, file);
            assert_string_equal(problem.text, expected);
        }
        token_free(token);
    }
}

static void other_things_than_files_are_refused(void **state)
{
    (void)state;
    char *token = NULL, expected[512];
    struct problem problem = {0};
    assert_false(token_read_file("/tmp", &token, &problem));
    assert_string_equal(problem.text, "the token file /tmp is no regular file");
    assert_false(token_read_file("/dev/null", &token, &problem));
    unlink(file);
    assert_int_equal(mkfifo(file, 0600), 0);
    assert_false(token_read_file(file, &token, &problem)); /* and does not wait for a writer */
    unlink(file);
    assert_false(token_read_file(file, &token, &problem));
    snprintf(expected, sizeof expected, "cannot read the token file %s: No such file or directory",
             file);
    assert_string_equal(problem.text, expected);
    char *big = malloc(TOKEN_BYTES_MAX + 1);
    memset(big, 'x', TOKEN_BYTES_MAX + 1);
    write_file(big, TOKEN_BYTES_MAX, 0600);
    assert_false(token_read_file(file, &token, &problem));
    free(big);
}

static const struct command {
    const char *text, *token, *sentence;
} commands[] = {
    {"echo abc", "abc", NULL},
    {"printf 'abc\\nrest'", "abc", NULL},
    {"echo $((1+1))", "2", NULL},
    {"cat", NULL, "no token from the command cat: it holds no token"},
    {"echo abc; exit 3", NULL,
     "no token from the command echo abc; exit 3: it failed with status 3"},
    {"kill -9 $$", NULL, "no token from the command kill -9 $$: it was ended by signal 9"},
    {"/nonexistent/x 2>/dev/null", NULL,
     "no token from the command /nonexistent/x 2>/dev/null: it failed with status 127"},
    {"echo abc; exec tail -f /dev/null", NULL,
     "no token from the command echo abc; exec tail -f /dev/null: it took too long or printed too "
     "much"},
    {"exec >/dev/null; exec tail -f /dev/null", NULL,
     "no token from the command exec >/dev/null; exec tail -f /dev/null: it took too long or "
     "printed too "
     "much"},
    {"exec cat /dev/zero", NULL,
     "no token from the command exec cat /dev/zero: it took too long or printed too much"},
};

static void commands_are_bounded(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char *token = NULL;
        struct problem problem = {0};
        bool bounded = strstr(commands[i].text, "tail") != NULL;
        bool good = token_run_command(commands[i].text, bounded ? 100 : 20000, &token, &problem);
        if (good != (commands[i].token != NULL)) {
            fail_msg("%s: %s", commands[i].text, problem.text);
        }
        if (good) {
            assert_string_equal(token, commands[i].token);
        } else {
            assert_string_equal(problem.text, commands[i].sentence);
        }
        token_free(token);
    }
}

/* What holds the end of a pipe of ours is alive; sh, its child and the child's child would. */
static void children_end_with_the_command(void **state)
{
    (void)state;
    int held[2];
    char *token = NULL;
    struct problem problem = {0};
    assert_int_equal(pipe(held), 0);
    assert_false(
        token_run_command("(tail -f /dev/null & tail -f /dev/null) & wait", 100, &token, &problem));
    assert_non_null(strstr(problem.text, "it took too long"));
    close(held[1]);
    struct pollfd ended = {.fd = held[0], .events = POLLIN};
    assert_int_equal(poll(&ended, 1, 20000), 1);
    assert_int_not_equal(ended.revents & POLLHUP, 0);
    close(held[0]);
}

static struct config *config_of(char *assignment, char *more)
{
    static struct options options;
    struct problem problem;
    char *words[] = {(char[]){"blotter"}, (char[]){"-O"}, assignment, more, NULL};
    assert_true(options_parse(more != NULL ? 4 : 3, words, &options, &problem));
    struct config_source source = {NULL, false, &options, NULL};
    struct config *config = config_load(&source, &problem);
    assert_non_null(config);
    return config;
}

static void the_environment_is_used_and_wiped(void **state)
{
    (void)state;
    char *token = NULL;
    struct problem problem = {0};
    static char variable[] = "BLOTTER_TOKEN=of-environment";
    assert_int_equal(putenv(variable), 0);
    struct config *config = config_of((char[]){"user=x"}, NULL);
    assert_true(token_load(config, &token, &problem));
    assert_string_equal(token, "of-environment");
    assert_null(getenv("BLOTTER_TOKEN"));
    for (size_t i = strlen("BLOTTER_TOKEN="); i < sizeof variable; i++) {
        assert_int_equal(variable[i], 0);
    }
    token_free(token);
    token = NULL;
    assert_true(token_load(config, &token, &problem));
    assert_null(token);
    config_free(config);
}

static void flags_win_over_the_environment(void **state)
{
    (void)state;
    char *token = NULL, option[160];
    struct problem problem = {0};
    write_file("of-file", 7, 0600);
    setenv("BLOTTER_TOKEN", "of-environment", 1);
    snprintf(option, sizeof option, "--token-file=%s", file);
    struct config *config = config_of((char[]){"user=x"}, option);
    assert_true(token_load(config, &token, &problem));
    assert_string_equal(token, "of-file");
    assert_null(getenv("BLOTTER_TOKEN"));
    token_free(token);
    config_free(config);
    setenv("BLOTTER_TOKEN", "of-environment", 1);
    config = config_of((char[]){"token_command=echo of-command$BLOTTER_TOKEN"}, NULL);
    assert_true(token_load(config, &token, &problem));
    assert_string_equal(token, "of-command");
    token_free(token);
    config_free(config);
}

/* What a profile says about the token wins over what [main] says in the other way. */
static void a_profile_has_its_own_way_to_the_token(void **state)
{
    (void)state;
    static const struct {
        const char *text, *token;
    } ways[] = {
        {"[main]\ntoken_file = /nonexistent/t\nprofile = p\n[profile.p]\ntoken_command = echo p\n",
         "p"},
        {"[main]\ntoken_command = echo main\nprofile = p\n[profile.p]\nuser = u\n", "main"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char *token = NULL;
        struct problem problem = {0};
        write_file(ways[i].text, strlen(ways[i].text), 0600);
        struct config_source source = {file, true, NULL, NULL};
        struct config *config = config_load(&source, &problem);
        assert_non_null(config);
        if (!token_load(config, &token, &problem)) {
            fail_msg("%s", problem.text);
        }
        assert_string_equal(token, ways[i].token);
        token_free(token);
        config_free(config);
    }
}

static int name_file(void **state)
{
    (void)state;
    snprintf(file, sizeof file, "/tmp/blotter-token-%ld", (long)getpid());
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_checked),
        cmocka_unit_test(other_things_than_files_are_refused),
        cmocka_unit_test(commands_are_bounded),
        cmocka_unit_test(children_end_with_the_command),
        cmocka_unit_test(the_environment_is_used_and_wiped),
        cmocka_unit_test(flags_win_over_the_environment),
        cmocka_unit_test(a_profile_has_its_own_way_to_the_token),
    };
    return cmocka_run_group_tests(tests, name_file, remove_file);
}
