/* The program without a backend: options, config, token files, and where its output goes. */
#include "cli_run.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ARGS(...) ((const char *const[]){__VA_ARGS__, NULL})

static char file[128];

static void write_file(const char *text, mode_t mode)
{
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
    assert_int_equal(chmod(file, mode), 0);
}

static const struct row {
    const char *const args[6];
    int status;
    const char *out, *err; /* how they begin; NULL: nothing */
} rows[] = {
    {{"--help"}, 0, "usage: blotter [OPTIONS]\n", NULL},
    {{"-h", "--nonsense"}, 0, "usage: blotter [OPTIONS]\n", NULL},
    {{"--version"}, 0, "blotter ", NULL},
    {{"--wacth"}, 2, NULL, "blotter: unknown option '--wacth' (did you mean 'watch'?)\n"},
    {{"--url"}, 2, NULL, "blotter: option '--url' needs an argument: URL\n"},
    {{"--token=x"}, 2, NULL, "blotter: there is no option '--token'"},
    {{"-O", "colour=x"},
     2,
     NULL,
     "blotter: -O colour: unknown key 'colour' (did you mean 'color'?)\n"},
    {{NULL}, 2, NULL, "blotter: no backend is configured. Three ways to start:\n"},
    {{"--watch"}, 2, NULL, "blotter: no backend is configured. Three ways to start:\n"},
    {{"--url", "http://127.0.0.1:1"}, 2, NULL, "blotter: stdout is no terminal"},
    {{"--snapshot", "--url", "http://127.0.0.1:1"}, 3, NULL, "blotter: no token: "},
    {{"--snapshot", "--url", "ftp://x"}, 2, NULL, "blotter: --url: url is no web address"},
    {{"-c", "/nonexistent/x"}, 2, NULL, "blotter: cannot read the config /nonexistent/x: "},
    {{"-P", "real"}, 2, NULL, "blotter: --profile: there is no section [profile.real]\n"},
    {{"--check-config"}, 0, "config      ok      no file, defaults\n", NULL},
    {{"--print-config"}, 0, "# blotter.ini: ", NULL},
    {{"--snapshot", "--url", "http://h", "--token-file", "/nonexistent/t"},
     2,
     NULL,
     "blotter: cannot read the token file /nonexistent/t: No such file or directory\n"},
};

static bool begins(const char *text, const char *with)
{
    return with == NULL ? *text == '\0' : strncmp(text, with, strlen(with)) == 0;
}

static void each_mistake_has_its_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cli_result result = cli_run_args(rows[i].args);
        if (result.status != rows[i].status || !begins(result.out, rows[i].out) ||
            !begins(result.err, rows[i].err)) {
            fail_msg("row %zu (%s): status %d, out: %.200s, err: %.400s", i,
                     rows[i].args[0] != NULL ? rows[i].args[0] : "", result.status, result.out,
                     result.err);
        }
        cli_done(&result);
    }
}

static void a_config_mistake_names_file_and_line(void **state)
{
    (void)state;
    char expected[256];
    write_file("[display]\n\ncolour = auto\n", 0644);
    struct cli_result result = cli_run_args(ARGS("-c", file, "--check-config"));
    snprintf(expected, sizeof expected, "%s:3: unknown key 'colour' (did you mean 'color'?)\n",
             file);
    assert_int_equal(result.status, 2);
    assert_string_equal(result.err, expected);
    cli_done(&result);
}

static void a_config_without_a_url_says_where_to_set_it(void **state)
{
    (void)state;
    char expected[256];
    write_file("[main]\nuser = 1\n", 0644);
    struct cli_result result = cli_run_args(ARGS("-c", file, "--watch"));
    snprintf(
        expected, sizeof expected,
        "blotter: no backend: set url or backend in %s, or use --url, --backend or BLOTTER_URL\n",
        file);
    assert_int_equal(result.status, 2);
    assert_string_equal(result.err, expected);
    cli_done(&result);
}

static void an_open_token_file_is_refused(void **state)
{
    (void)state;
    char expected[512];
    write_file("s3cret\n", 0644);
    struct cli_result result =
        cli_run_args(ARGS("--snapshot", "--url", "http://127.0.0.1:1", "--token-file", file));
    snprintf(expected, sizeof expected,
             "blotter: the token file %s is open to others: run chmod 600 %s\n", file, file);
    assert_int_equal(result.status, 2);
    assert_string_equal(result.err, expected);
    assert_null(strstr(result.err, "s3cret"));
    cli_done(&result);
}

static void printed_config_holds_no_token_and_reads_back(void **state)
{
    (void)state;
    const char *const env[] = {"BLOTTER_TOKEN=s3cret", "BLOTTER_URL=https://h:1", "BLOTTER_USER=u",
                               NULL};
    struct cli_result first =
        cli_run(&(struct cli_run){.args = ARGS("--print-config", "-O", "ascii=yes"), .env = env});
    assert_int_equal(first.status, 0);
    assert_null(strstr(first.out, "s3cret"));
    assert_non_null(strstr(first.out, "\nurl = https://h:1\n"));
    assert_non_null(strstr(first.out, "\nascii = yes\n"));
    write_file(first.out, 0644);
    struct cli_result second = cli_run_args(ARGS("-c", file, "--print-config"));
    assert_int_equal(second.status, 0);
    assert_string_equal(second.out, first.out);
    cli_done(&first);
    cli_done(&second);
}

/* The same key said in every place, the places taken away one by one. */
static void the_config_is_found_and_overruled(void **state)
{
    (void)state;
    char base[64], directory[80], path[96], home[96];
    snprintf(base, sizeof base, "/tmp/blotter-xdg-%ld", (long)getpid());
    snprintf(directory, sizeof directory, "%s/blotter", base);
    snprintf(path, sizeof path, "%s/blotter.ini", directory);
    snprintf(home, sizeof home, "XDG_CONFIG_HOME=%s", base);
    assert_int_equal(mkdir(base, 0700), 0);
    assert_int_equal(mkdir(directory, 0700), 0);
    FILE *out = fopen(path, "w");
    if (out == NULL) {
        fail();
        return;
    }
    fputs("[main]\nurl = http://main\n[profile.a]\nurl = http://a\n[profile.b]\nurl = http://b\n",
          out);
    fclose(out);
    const struct {
        const char *args[4], *env[4], *line;
    } places[] = {
        {{"-Pa", "--url", "http://flag"},
         {home, "BLOTTER_URL=http://env"},
         "\nurl = http://flag\n"},
        {{"-Pa"}, {home, "BLOTTER_URL=http://env"}, "\nurl = http://env\n"},
        {{"-Pa"}, {home, "BLOTTER_PROFILE=b"}, "\nurl = http://a\n"},
        {{NULL}, {home, "BLOTTER_PROFILE=b"}, "\nurl = http://b\n"},
        {{NULL}, {home}, "\nurl = http://main\n"},
        {{NULL}, {"XDG_CONFIG_HOME=relative"}, "\nurl =\n"},
    };
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *args[8] = {"--print-config"};
        for (size_t j = 0; j < 4 && places[i].args[j] != NULL; j++) {
            args[j + 1] = places[i].args[j];
        }
        struct cli_result result = cli_run(&(struct cli_run){.args = args, .env = places[i].env});
        if (result.status != 0 || strstr(result.out, places[i].line) == NULL) {
            fail_msg("place %zu: status %d, %s%.600s", i, result.status, result.err, result.out);
        }
        cli_done(&result);
    }
    unlink(path);
    rmdir(directory);
    rmdir(base);
}

static void output_that_cannot_be_written_is_an_error(void **state)
{
    (void)state;
    struct cli_result result =
        cli_run(&(struct cli_run){.args = ARGS("--help"), .out_path = "/dev/full"});
    assert_int_equal(result.status, 1);
    assert_string_equal(result.err, "blotter: cannot write: No space left on device\n");
    cli_done(&result);
    result = cli_run(&(struct cli_run){.args = ARGS("--version"), .close_out = true});
    assert_int_equal(result.status, 1);
    assert_string_equal(result.err, "blotter: cannot write: Bad file descriptor\n");
    cli_done(&result);
}

/* As the shell leaves it before we run: made a moment ago, emptied, or to be appended to. */
static void a_printed_config_does_not_replace_itself(void **state)
{
    (void)state;
    static const struct timespec long_ago[2] = {{.tv_sec = 1000}, {.tv_sec = 2000}};
    const char *const args[] = {"-c", file, "--print-config", NULL};
    static const struct {
        const char *text;
        bool made_now;
        int status;
    } states[] = {{"", true, 0}, {"", false, 2}, {"[main]\nuser = me\n", false, 2}};
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        unlink(file);
        write_file(states[i].text, 0644);
        if (!states[i].made_now) {
            assert_int_equal(utimensat(AT_FDCWD, file, long_ago, 0), 0);
        }
        struct cli_result result = cli_run(&(struct cli_run){.args = args, .out_path = file});
        assert_int_equal(result.status, states[i].status);
        assert_int_equal(strstr(result.err, "print to a new file") != NULL, states[i].status == 2);
        cli_done(&result);
        struct stat now;
        assert_int_equal(stat(file, &now), 0);
        assert_true(states[i].status == 0 ? now.st_size > 1000
                                          : (size_t)now.st_size == strlen(states[i].text));
    }
    write_file("", 0644);
}

/* Run where a config and a theme lie about: neither is looked at. */
static void nothing_is_read_from_the_current_directory(void **state)
{
    (void)state;
    char here[4096], directory[64], path[128];
    assert_non_null(getcwd(here, sizeof here));
    snprintf(directory, sizeof directory, "/tmp/blotter-here-%ld", (long)getpid());
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_int_equal(chdir(directory), 0);
    FILE *out = fopen("blotter.ini", "w");
    if (out == NULL) {
        fail();
        return;
    }
    fputs("[nonsense]\n", out);
    fclose(out);
    struct cli_result result = cli_run_args(ARGS("--check-config"));
    snprintf(path, sizeof path, "%s/blotter.ini", directory);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(chdir(here), 0);
    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(result.status, 0);
    cli_done(&result);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(file);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_mistake_has_its_sentence),
        cmocka_unit_test(a_config_mistake_names_file_and_line),
        cmocka_unit_test(a_config_without_a_url_says_where_to_set_it),
        cmocka_unit_test(an_open_token_file_is_refused),
        cmocka_unit_test(printed_config_holds_no_token_and_reads_back),
        cmocka_unit_test(the_config_is_found_and_overruled),
        cmocka_unit_test(output_that_cannot_be_written_is_an_error),
        cmocka_unit_test(a_printed_config_does_not_replace_itself),
        cmocka_unit_test(nothing_is_read_from_the_current_directory),
    };
    if (argc != 2) {
        return 2;
    }
    cli_set_program(argv[1]);
    snprintf(file, sizeof file, "/tmp/blotter-usage-%ld", (long)getpid());
    return cmocka_run_group_tests(tests, NULL, remove_file);
}
