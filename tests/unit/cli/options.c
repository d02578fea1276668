#include "options.h"
#include "status.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 16

/* Splits at single spaces, as the rows below are written. */
static bool parse(const char *line, struct options *ret, struct problem *problem)
{
    static char copy[256];
    char *words[WORDS_MAX + 2] = {(char[]){"blotter"}};
    int count = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *at = copy; *at != '\0' && count <= WORDS_MAX; count++) {
        words[count] = at;
        at += strcspn(at, " ");
        if (*at != '\0') {
            *at++ = '\0';
        }
    }
    return options_parse(count, words, ret, problem);
}

static const struct refused {
    const char *line, *sentence;
} refused[] = {
    {"--wacth", "unknown option '--wacth' (did you mean 'watch'?)"},
    {"--zzz", "unknown option '--zzz'"},
    {"-x", "unknown option '-x'"},
    {"--watch -xq", "unknown option '-x'"},
    {"--token=abc",
     "there is no option '--token': it would show in the process list; use BLOTTER_TOKEN, "
     "--token-file or token_command"},
    {"--tok abc",
     "there is no option '--token': it would show in the process list; use BLOTTER_TOKEN, "
     "--token-file or token_command"},
    {"--url", "option '--url' needs an argument: URL"},
    {"--watch -n", "option '--count' needs an argument: N"},
    {"--watch=yes", "option '--watch' takes no argument"},
    {"--co", "option '--co' is ambiguous"},
    {"stray", "unexpected argument 'stray'"},
    {"--watch -o yaml", "--output is one of text|json|raw|csv, not 'yaml'"},
    {"--watch -o jsno", "--output is one of text|json|raw|csv, not 'jsno' (did you mean 'json'?)"},
    {"--watch -o csv", "--watch --output is one of text|json|raw, not 'csv'"},
    {"--snapshot -o raw", "--snapshot --output is one of text|json|csv, not 'raw'"},
    {"-o json", "--output needs --watch or --snapshot"},
    {"-n 5", "--count needs --watch"},
    {"--snapshot -e order", "--event needs --watch"},
    {"--status", "--status needs --watch"},
    {"--watch --snapshot", "--watch and --snapshot exclude each other"},
    {"--snapshot --check-config", "--snapshot and --check-config exclude each other"},
    {"--watch -n 0", "--count is a whole number from 1 up, not '0'"},
    {"--watch -n -1", "--count is a whole number from 1 up, not '-1'"},
    {"--watch -n 99999999999999999999", "--count is a whole number from 1 up, not "
                                        "'99999999999999999999'"},
    {"--watch -n 5x", "--count is a whole number from 1 up, not '5x'"},
    {"--watch --duration soon", "--duration is a time in seconds, not 'soon'"},
    {"--color sometimes", "--color is one of auto|always|never, not 'sometimes'"},
};

static void mistakes_get_a_sentence(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct options options;
        struct problem problem = {0};
        memset(&options, 0x5a, sizeof options);
        if (parse(refused[i].line, &options, &problem)) {
            fail_msg("accepted: %s", refused[i].line);
        }
        assert_string_equal(problem.text, refused[i].sentence);
        assert_int_equal(((unsigned char *)&options)[0], 0x5a); /* untouched */
    }
}

static void everything_is_taken(void **state)
{
    (void)state;
    struct options options;
    struct problem problem;
    assert_true(parse("--watch -ojson -e order_* --event=pos* -n 20 --duration 1.5 --status",
                      &options, &problem));
    assert_true(options.given[OPTION_WATCH] && options.given[OPTION_STATUS]);
    assert_string_equal(options.value[OPTION_OUTPUT], "json");
    assert_int_equal(options.event_count, 2);
    assert_string_equal(options.events[1], "pos*");
    assert_int_equal(options.count, 20);
    assert_int_equal(options.duration_ms, 1500);
    assert_true(parse("--no-mouse -O stream.retry_ms=5 --url http://h -vP x", &options, &problem));
    assert_int_equal(options.assignment_count, 4);
    assert_string_equal(options.assignments[0].key, "display.mouse");
    assert_string_equal(options.assignments[0].value, "no");
    assert_string_equal(options.assignments[1].key, "stream.retry_ms=5");
    assert_int_equal(options.profile_count, 1);
    assert_string_equal(options.profiles[0], "x");
    assert_true(parse("-P x --profile=y -Pz", &options, &problem));
    assert_int_equal(options.profile_count, 3);
    assert_string_equal(options.profiles[0], "x");
    assert_string_equal(options.profiles[2], "z");
}

static void help_ends_parsing(void **state)
{
    (void)state;
    struct options options;
    struct problem problem;
    assert_true(parse("--help --nonsense", &options, &problem));
    assert_true(options.given[OPTION_HELP]);
    assert_true(parse("-V stray", &options, &problem));
    assert_true(options.given[OPTION_VERSION]);
    assert_false(parse("--nonsense --help", &options, &problem));
}

static void ceilings_hold(void **state)
{
    (void)state;
    static char event[] = "-ex", set[] = "-Oa=b";
    static char *words[2 * OPTIONS_ASSIGNMENTS_MAX + 8];
    struct options options;
    struct problem problem;
    int count = 0;
    words[count++] = (char[]){"blotter"};
    words[count++] = (char[]){"--watch"};
    for (int i = 0; i <= OPTIONS_EVENTS_MAX; i++) {
        words[count++] = event;
    }
    words[count] = NULL;
    assert_false(options_parse(count, words, &options, &problem));
    assert_string_equal(problem.text, "at most 64 times --event");
    count = 1;
    for (int i = 0; i <= OPTIONS_ASSIGNMENTS_MAX; i++) {
        words[count++] = set;
    }
    words[count] = NULL;
    assert_false(options_parse(count, words, &options, &problem));
    assert_string_equal(problem.text, "too many config values on the command line");
}

static const struct seconds {
    const char *text;
    int64_t ms; /* 0: refused */
} seconds[] = {
    {"1", 1000},
    {"2.5", 2500},
    {".5", 500},
    {"0.001", 1},
    {"1.9999", 1999},
    {"0", 0},
    {"-1", 0},
    {"", 0},
    {".", 0},
    {"1.2.3", 0},
    {"1e3", 0},
    {"nan", 0},
    {"1000000000", 1000000000000},
    {"1000000001", 0},
    {"99999999999999999999999999", 0},
};

static void seconds_are_decimal(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof seconds / sizeof *seconds; i++) {
        int64_t ms = 0;
        assert_int_equal(options_parse_seconds(seconds[i].text, &ms), seconds[i].ms != 0);
        assert_int_equal(ms, seconds[i].ms);
    }
}

/* Runs a printer and gives what it printed, to be freed. */
static char *printed(void (*print)(FILE *out))
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    print(out);
    fclose(out);
    return text;
}

static void help_holds_every_row_in_80_columns(void **state)
{
    (void)state;
    char *help = printed(options_print_help), needle[80];
    for (int i = 0; i < OPTION_TOTAL; i++) {
        const struct option_info *row = option_info((enum option_id)i);
        snprintf(needle, sizeof needle, "--%s%s%s", row->name, row->argument ? " " : "",
                 row->argument ? row->argument : "");
        assert_non_null(strstr(help, needle));
        assert_true(row->help[strlen(row->help) - 1] != '.');
    }
    size_t count;
    const struct status_info *statuses = status_table(&count);
    for (size_t i = 0; i < count; i++) {
        assert_non_null(strstr(help, statuses[i].meaning));
    }
    for (const char *line = help; *line != '\0'; line += strcspn(line, "\n") + 1) {
        size_t len = strcspn(line, "\n");
        assert_true(len <= 80);
        assert_true(len == 0 || line[len - 1] != ' ');
    }
    free(help);
}

static void version_names_the_libraries(void **state)
{
    (void)state;
    char *text = printed(options_print_version);
    assert_int_equal(strncmp(text, "blotter " BLOTTER_VERSION "\n", 9 + strlen(BLOTTER_VERSION)),
                     0);
    assert_non_null(strstr(text, "\nlibcurl "));
    assert_non_null(strstr(text, "\nTLS "));
    assert_non_null(strstr(text, "\nncurses "));
    free(text);
}

static void completions_know_every_option(void **state)
{
    (void)state;
    static const struct {
        const char *shell, *format;
    } shells[] = {{"bash", "--%s"}, {"zsh", "--%s"}, {"fish", "-l %s"}};
    for (size_t s = 0; s < sizeof shells / sizeof *shells; s++) {
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);
        assert_true(options_print_completion(out, shells[s].shell));
        fclose(out);
        for (int i = 0; i < OPTION_TOTAL; i++) {
            char needle[64];
            snprintf(needle, sizeof needle, shells[s].format, option_info((enum option_id)i)->name);
            assert_non_null(strstr(text, needle));
        }
        free(text);
    }
    assert_false(options_print_completion(stdout, "csh"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mistakes_get_a_sentence),
        cmocka_unit_test(everything_is_taken),
        cmocka_unit_test(help_ends_parsing),
        cmocka_unit_test(ceilings_hold),
        cmocka_unit_test(seconds_are_decimal),
        cmocka_unit_test(help_holds_every_row_in_80_columns),
        cmocka_unit_test(version_names_the_libraries),
        cmocka_unit_test(completions_know_every_option),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
