#include "config.h"

#include <blotter/core/ini.h>

#include <math.h>
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

static char file[128];

static void write_file(const char *text)
{
    FILE *out = fopen(file, "w");
    assert_non_null(out);
    fputs(text, out);
    fclose(out);
}

/* Loads a config from a text and the words of a command line. */
static struct config *load(const char *text, char **words, struct problem *problem)
{
    static struct options options;
    int count = 0;
    while (words != NULL && words[count] != NULL) {
        count++;
    }
    memset(&options, 0, sizeof options);
    if (words != NULL) {
        assert_true(options_parse(count, words, &options, problem));
    }
    write_file(text);
    struct config_source source = {file, true, &options, "/home/me"};
    return config_load(&source, problem);
}

#define NO_SECRET ":2: a secret is file:PATH or command:CMD; it never stands here"
#define NO_ZONE(zone)                                                                              \
    ":2: timezone: the zone database (tzdata) has no '" zone                                       \
    "': it is local, utc or Area/City, as in Asia/Kolkata"

static const struct refused {
    const char *text, *sentence; /* the sentence after the file's name */
} refused[] = {
    {"[display]\ncolour = auto\n", ":2: unknown key 'colour' (did you mean 'color'?)"},
    {"[main]\n\nurll = x\n", ":3: unknown key 'urll' (did you mean 'url'?)"},
    {"[main]\nzzzzzz = x\n", ":2: unknown key 'zzzzzz'"},
    {"[stream]\ntheme = x\n", ":2: unknown key 'theme' (did you mean 'display.theme'?)"},
    {"[main]\nstream.retry-ms = 5\n",
     ":2: unknown key 'stream.retry-ms' (did you mean 'stream.retry_ms'?)"},
    {"[disply]\ntheme = x\n", ":2: unknown section [disply] (did you mean 'display'?)"},
    {"url = http://h\n", ":1: 'url' stands before the first [section]"},
    {"[main]\nurl\n", ":2: neither a [section] nor a name = value"},
    {"[main]\nurl = example.com\n",
     ":2: url is no web address: it begins with http:// or https:// and a host"},
    {"[main]\nurl = https://\n",
     ":2: url is no web address: it begins with http:// or https:// and a host"},
    {"[main]\nurl = https://me:pw@h/\n", ":2: url must not hold a user name or password"},
    {"[main]\ntoken = abc\n", ":2: a token does not belong in a config: use token_file, "
                              "token_command or BLOTTER_TOKEN"},
    {"[main]\ntoken_file = token\n", ":2: token_file is absolute or begins with ~/, not 'token'"},
    {"[main]\npanes = orders,acount\n", ":2: unknown pane 'acount' (did you mean 'account'?)"},
    {"[main]\npanes = ,\n", ":2: panes names no pane"},
    {"[display]\ntimezone = Asia/Kolkatta\n",
     ":2: timezone: the zone database has no 'Asia/Kolkatta' (did you mean 'Asia/Kolkata'?)"},
    {"[display]\ntimezone = asia/kolkata\n",
     ":2: timezone: the zone database has no 'asia/kolkata' (did you mean 'Asia/Kolkata'?)"},
    {"[display]\ntimezone = +05:30\n", NO_ZONE("+05:30")},
    {"[display]\ntimezone = IST\n", NO_ZONE("IST")},
    {"[display]\ntimezone = ../zoneinfo/UTC\n", NO_ZONE("../zoneinfo/UTC")},
    {"[display]\ntimezone = zone.tab\n", NO_ZONE("zone.tab")},
    {"[display]\ntimezone = Asia\n", NO_ZONE("Asia")},
    {"[main]\ncache = perhaps\n", ":2: cache is yes or no, not 'perhaps'"},
    {"[display]\ncolor = alway\n",
     ":2: color is one of auto|always|never, not 'alway' (did you mean 'always'?)"},
    {"[stream]\nretry_ms = -1\n", ":2: retry_ms is milliseconds from 0 to 86400000, not '-1'"},
    {"[stream]\nmax_retry_ms = 0\n",
     ":2: max_retry_ms is milliseconds from 1 to 86400000, not '0'"},
    {"[stream]\nretry_ms = 1.5\n", ":2: retry_ms is milliseconds from 0 to 86400000, not '1.5'"},
    {"[stream]\nretry_ms =\n", ":2: retry_ms is milliseconds from 0 to 86400000, not ''"},
    {"[stream]\nretry_ms = 999999999999999999999\n",
     ":2: retry_ms is milliseconds from 0 to 86400000, not '999999999999999999999'"},
    {"[http]\ntimeout_s = 0\n", ":2: timeout_s is seconds from 0.001 to 86400, not '0'"},
    {"[http]\nbody_max = 2G\n",
     ":2: body_max is bytes from 1024 to 1073741824 (K, M, G), not '2G'"},
    {"[http]\nbody_max = 64MB\n",
     ":2: body_max is bytes from 1024 to 1073741824 (K, M, G), not '64MB'"},
    {"[http]\nbody_max = 1000000000000000000G\n",
     ":2: body_max is bytes from 1024 to 1073741824 (K, M, G), not '1000000000000000000G'"},
    {"[profile.a]\nurl = nope\n",
     ":2: url is no web address: it begins with http:// or https:// and a host"},
    {"[profile.a]\nusr = 1\n", ":2: unknown key 'usr' (did you mean 'user'?)"},
    {"[profile.a]\nprofile = b\n", ":2: a profile cannot choose a profile"},
    {"[keys]\nqiut = q\n", ":2: unknown action 'qiut' (did you mean 'quit'?)"},
    {"[main]\nuser = a\033[2Jb\n", ":2: user holds a control character"},
    {"[secrets]\nkey_id = AK1\n", NO_SECRET},
    {"[secrets]\nkey_id = file:\n", NO_SECRET},
    {"[secrets]\nkey_id = command:\n", NO_SECRET},
    {"[secrets]\nkey_id = file:key\n", ":2: a secret's file is absolute or begins with ~/"},
    {"[profile.a]\nsecrets.key_id = AK1\n", NO_SECRET},
    {"[values]\nid =\n", ":2: it needs a value"},
    {"[symbols]\nMajors =\n", ":2: it needs a value"},
    {"[values]\nid = a\033b\n", ":2: id holds a control character"},
    {"[secret]\na = b\n", ":2: unknown section [secret] (did you mean 'secrets'?)"},
};

static void mistakes_name_their_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char expected[512];
        struct problem problem = {0};
        struct config *config = load(refused[i].text, NULL, &problem);
        snprintf(expected, sizeof expected, "%s%s", file, refused[i].sentence);
        assert_null(config);
        assert_string_equal(problem.text, expected);
        assert_true(problem.located);
    }
}

static void bad_flags_name_themselves(void **state)
{
    (void)state;
    static const struct {
        const char *word, *sentence;
    } rows[] = {
        {"colour=never", "-O colour: unknown key 'colour' (did you mean 'color'?)"},
        {"display.colour=x",
         "-O display.colour: unknown key 'display.colour' (did you mean 'display.color'?)"},
        {"token=secret", "-O token: a token does not belong in a config: use token_file, "
                         "token_command or BLOTTER_TOKEN"},
        {"retry_ms", "-O wants [section.]key=value, not 'retry_ms'"},
        {"=5", "-O wants [section.]key=value, not '=5'"},
        {"color=red", "-O color=red: color is one of auto|always|never, not 'red'"},
        {"token_command=a ; b",
         "-O token_command=a ; b: token_command holds ' ;', which begins a comment in a config"},
        {"profile=x", "-O profile=x: there is no section [profile.x]"},
        {"secrets.key_id=AK1", "-O secrets.key_id: a secret is file:PATH or command:CMD; it never "
                               "stands here"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *words[] = {(char[]){"blotter"}, (char[]){"-O"}, (char *)rows[i].word, NULL};
        struct problem problem = {0};
        assert_null(load("", words, &problem));
        assert_string_equal(problem.text, rows[i].sentence);
    }
}

static void zones_that_exist(void **state)
{
    (void)state;
    static const char *const good[] = {"", "local", "UTC", "utc", "Asia/Kolkata"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        char text[64];
        struct problem problem = {0};
        snprintf(text, sizeof text, "[display]\ntimezone = %s\n", good[i]);
        struct config *config = load(text, NULL, &problem);
        assert_string_equal(problem.text, "");
        config_free(config);
    }
}

static void a_profile_that_is_not_there(void **state)
{
    (void)state;
    char *words[] = {(char[]){"blotter"}, (char[]){"-P"}, (char[]){"pper"}, NULL};
    struct problem problem = {0};
    assert_null(load("[profile.paper]\nuser = 1\n", words, &problem));
    assert_string_equal(problem.text,
                        "--profile: there is no section [profile.pper] (did you mean 'paper'?)");
}

/* "a+b": which are in force, in order. */
static void name_profiles(const struct config *config, char *out, size_t size)
{
    const char *name;
    out[0] = '\0';
    for (size_t i = 0; (name = config_profile(config, i)) != NULL; i++) {
        size_t len = strlen(out);
        snprintf(out + len, size - len, "%s%s", i > 0 ? "+" : "", name);
    }
}

#define TWO "[profile.a]\nuser = 1\n[profile.b]\nuser = 2\n"

static void the_profiles_that_are_in_force(void **state)
{
    (void)state;
    static const struct {
        const char *text, *environment, *words[5], *expected, *user;
    } rows[] = {
        {TWO, "", {NULL}, "", NULL},
        {TWO, "", {"-Pa"}, "a", "1"},
        {TWO, "", {"-Pb", "-Pa"}, "b+a", NULL},
        {TWO "[main]\nprofiles = a , b\n", "", {NULL}, "a+b", NULL},
        {TWO "[main]\nprofiles = b\n", "", {NULL}, "b", "2"},
        {TWO "[main]\nprofiles = b\nprofiles = a\n", "", {NULL}, "b+a", NULL},
        {TWO "[main]\nprofiles = b\nprofiles = a\n", "", {"-Oprofiles=a"}, "a", "1"},
        {TWO "[main]\nprofiles = b, a\nprofiles =\nprofiles = b\n", "", {NULL}, "b", "2"},
        {TWO "[main]\nprofiles = a,b\nprofile = a\n", "", {NULL}, "a+b", NULL},
        {TWO "[main]\nprofiles = a,b\n", "b", {NULL}, "b", "2"},
        {TWO "[main]\nprofiles = a,b\n", "b", {"-Oprofiles=b,a"}, "b+a", NULL},
        {TWO "[main]\nprofiles = a,b\n", "", {"-Pb"}, "b", "2"},
        {TWO "[main]\nprofiles = a,b\n", "", {"-P", ""}, "", NULL},
        {TWO "[main]\nprofiles = a,b\n", "", {"--demo"}, "", NULL},
        {TWO "[main]\nprofile = a\n", "", {"--demo"}, "a", "1"},
        {TWO "[main]\nprofiles = a,b\n", "", {"--demo", "-Pb"}, "b", "2"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *words[8] = {(char[]){"blotter"}}, names[64];
        struct problem problem = {0};
        for (size_t j = 0; rows[i].words[j] != NULL; j++) {
            words[j + 1] = (char *)rows[i].words[j];
        }
        setenv("BLOTTER_PROFILE", rows[i].environment, 1);
        struct config *config = load(rows[i].text, words, &problem);
        unsetenv("BLOTTER_PROFILE");
        if (config == NULL) {
            fail_msg("row %zu: %s", i, problem.text);
            return;
        }
        name_profiles(config, names, sizeof names);
        const char *user = config_text(config, CONFIG_USER);
        const char *expected = rows[i].user != NULL ? rows[i].user : "none";
        user = user != NULL ? user : "none";
        if (strcmp(names, rows[i].expected) != 0 || strcmp(user, expected) != 0) {
            fail_msg("row %zu: %s, user %s", i, names, user);
        }
        config_free(config);
    }
}

static void profiles_that_cannot_be(void **state)
{
    (void)state;
    static const struct {
        const char *text, *words[4], *sentence;
    } rows[] = {
        {TWO, {"-Pa", "-Pa"}, "--profile: profile 'a' is named twice"},
        {TWO, {"-Pa", "-P", ""}, "--profile: a profile without a name"},
        {TWO "[main]\nprofiles = a,b, a\n", {NULL}, ":6: profile 'a' is named twice"},
        {TWO "[main]\nprofiles = a,,b\n", {NULL}, ":6: a profile without a name"},
        {TWO "[profile.a]\nuser = 3\n",
         {NULL},
         ":6: 'user' stands in [profile.a] already: are there two of that name?"},
        {"[profile.a]\nprofiles = b, c\n", {NULL}, ":2: a profile cannot choose a profile"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *words[8] = {(char[]){"blotter"}};
        struct problem problem = {0};
        for (size_t j = 0; rows[i].words[j] != NULL; j++) {
            words[j + 1] = (char *)rows[i].words[j];
        }
        assert_null(load(rows[i].text, words, &problem));
        if (strstr(problem.text, rows[i].sentence) == NULL) {
            fail_msg("row %zu: %s", i, problem.text);
        }
    }
}

static void thirty_two_accounts_and_no_more(void **state)
{
    (void)state;
    char words_text[CONFIG_PROFILES_MAX + 1][8], list[200] = "profiles=";
    char *words[CONFIG_PROFILES_MAX + 3] = {(char[]){"blotter"}};
    struct problem problem = {0};
    for (int i = 0; i < CONFIG_PROFILES_MAX; i++) {
        snprintf(words_text[i], sizeof words_text[i], "-P%d", i);
        words[i + 1] = words_text[i];
        snprintf(list + strlen(list), sizeof list - strlen(list), "%d,", i);
    }
    struct config *config = load("", words, &problem);
    assert_non_null(config);
    assert_non_null(config_profile(config, CONFIG_PROFILES_MAX - 1));
    config_free(config);
    snprintf(list + strlen(list), sizeof list - strlen(list), "x");
    char *long_words[] = {(char[]){"blotter"}, (char[]){"-O"}, list, NULL};
    assert_null(load("", long_words, &problem));
    assert_non_null(strstr(problem.text, ": at most 32 profiles"));
}

/* One's mistake is not the others': they are read one by one. */
static void one_of_several(void **state)
{
    (void)state;
    static const struct {
        const char *profile, *user, *sentence;
    } rows[] = {
        {"a", "1", NULL},
        {"b", NULL, ":5: unknown key 'usr' (did you mean 'user'?)"},
        {"c", NULL, ":8: there is no section [profile.c]"},
    };
    struct problem problem = {0};
    static const char whole[] = "[profile.a]\nuser = 1\ntheme = dark\n[profile.b]\nusr = 2\n"
                                "[main]\nuser = 9\nprofiles = a, b, c\n";
    struct config *config = load(whole, NULL, &problem);
    assert_non_null(config);
    assert_string_equal(config_text(config, CONFIG_USER), "9");
    assert_int_equal(config_level(config, CONFIG_THEME), CONFIG_DEFAULT);
    assert_null(config_text(config, CONFIG_PROFILE));
    assert_string_equal(config_text(config, CONFIG_PROFILES), "a, b, c");
    config_free(config);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct config_source source = {
            .path = file, .path_must_exist = true, .profile = rows[i].profile};
        config = config_load(&source, &problem);
        if (rows[i].user != NULL) {
            assert_non_null(config);
            assert_string_equal(config_text(config, CONFIG_USER), rows[i].user);
            assert_string_equal(config_text(config, CONFIG_PROFILE), rows[i].profile);
            assert_string_equal(config_profile(config, 0), rows[i].profile);
            assert_null(config_profile(config, 1));
        } else {
            assert_null(config);
            assert_non_null(strstr(problem.text, rows[i].sentence));
            assert_true(problem.located);
        }
        config_free(config);
    }
}

/* flag > environment > profile > [main] > default, one level taken away at a time. */
static void precedence(void **state)
{
    (void)state;
    static const char text[] = "[main]\nurl = http://of-main\nprofile = p\n"
                               "[profile.p]\nurl = http://of-profile\n";
    static const char plain[] = "[main]\nurl = http://of-main\n";
    char *flag[] = {(char[]){"blotter"}, (char[]){"--url=http://of-flag"}, NULL};
    const struct {
        const char *text, *variable;
        char **words;
        const char *expected, *origin;
    } rows[] = {
        {text, "http://of-env", flag, "http://of-flag", "--url"},
        {text, "http://of-env", NULL, "http://of-env", "BLOTTER_URL"},
        {text, "", NULL, "http://of-profile", ":5"},
        {plain, "", NULL, "http://of-main", ":2"},
        {"", "", NULL, NULL, "default"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct problem problem = {0};
        setenv("BLOTTER_URL", rows[i].variable, 1);
        struct config *config = load(rows[i].text, rows[i].words, &problem);
        assert_non_null(config);
        const char *url = config_text(config, CONFIG_URL);
        assert_true((url == NULL) == (rows[i].expected == NULL));
        assert_true(url == NULL || strcmp(url, rows[i].expected) == 0);
        assert_non_null(strstr(config_origin(config, CONFIG_URL), rows[i].origin));
        config_free(config);
    }
    unsetenv("BLOTTER_URL");
}

/* What an address and a server's retry: may say, the command line may say too. */
static void unusual_but_right(void **state)
{
    (void)state;
    char *words[] = {(char[]){"blotter"}, (char[]){"--url=HTTPS://Example.com"},
                     (char[]){"-Ostream.retry_ms=0"}, NULL};
    struct problem problem = {0};
    struct config *config = load("", words, &problem);
    assert_non_null(config);
    assert_string_equal(config_text(config, CONFIG_URL), "HTTPS://Example.com");
    assert_int_equal(config_number(config, CONFIG_STREAM_RETRY), 0);
    config_free(config);
}

static void values_mean_numbers(void **state)
{
    (void)state;
    char *words[] = {(char[]){"blotter"},
                     (char[]){"-O stream.retry_ms = 7 "},
                     (char[]){"--timeout=2.5"},
                     (char[]){"-p"},
                     (char[]){"watchlist,orders"},
                     (char[]){"--no-mouse"},
                     NULL};
    struct problem problem = {0};
    setenv("NO_COLOR", "1", 1);
    struct config *config = load("[main]\ntoken_file = ~/t\ngrouping = none\nstream.event_max = "
                                 "2k\n[stream]\nmax_retry_ms=5000 ; not long\n[keys]\nquit = q\n",
                                 words, &problem);
    unsetenv("NO_COLOR");
    assert_non_null(config);
    assert_int_equal(config_number(config, CONFIG_STREAM_RETRY), 7);
    assert_int_equal(config_number(config, CONFIG_STREAM_MAX_RETRY), 5000);
    assert_int_equal(config_number(config, CONFIG_STREAM_EVENT_MAX), 2048);
    assert_int_equal(config_number(config, CONFIG_TIMEOUT), 2500);
    assert_int_equal(config_number(config, CONFIG_CONNECT_TIMEOUT), 10000);
    assert_int_equal(config_number(config, CONFIG_PANES),
                     RESOURCE_BIT(RESOURCE_ORDERS) | RESOURCE_BIT(RESOURCE_WATCHLISTS));
    assert_int_equal(config_number(config, CONFIG_MOUSE), 0);
    assert_int_equal(config_number(config, CONFIG_COLOR), 2);
    assert_int_equal(config_number(config, CONFIG_GROUPING), 2);
    assert_string_equal(config_text(config, CONFIG_TOKEN_FILE), "/home/me/t");
    const char *action, *keys, *origin;
    assert_true(config_key_binding(config, 0, &action, &keys, &origin));
    assert_string_equal(action, "quit");
    assert_false(config_key_binding(config, 1, &action, &keys, &origin));
    config_free(config);
}

/* A section of the user's own: a profile wins over the file, a flag over both; others are checked,
 * no more. */
static void own_sections_keep_the_last_word(void **state)
{
    (void)state;
    static const char text[] = "[secrets]\nkey_id = file:/a\nsecret = file:~/b\n"
                               "[values]\nid = 1\n[symbols]\nMajors = EUR_USD USD_JPY\n"
                               "[profile.p]\nsecrets.key_id = command:pass show k\nvalues.id = 2\n"
                               "[profile.q]\nvalues.id = 3\n";
    char *words[] = {(char[]){"blotter"}, (char[]){"-Pp"}, (char[]){"-O"}, (char[]){"values.id=4"},
                     NULL};
    struct problem problem = {0};
    struct config *config = load(text, words, &problem);
    assert_non_null(config);
    struct config_entry entry;
    assert_true(config_entry(config, CONFIG_SECRETS, 0, &entry));
    assert_string_equal(entry.name, "key_id");
    assert_string_equal(entry.value, "command:pass show k");
    assert_true(config_entry(config, CONFIG_SECRETS, 1, &entry));
    assert_string_equal(entry.value, "file:~/b");
    assert_false(config_entry(config, CONFIG_SECRETS, 2, &entry));
    assert_true(config_entry(config, CONFIG_VALUES, 0, &entry));
    assert_string_equal(entry.value, "4");
    assert_string_equal(entry.origin, "-O values.id");
    assert_true(config_entry(config, CONFIG_SYMBOLS, 0, &entry));
    assert_string_equal(entry.value, "EUR_USD USD_JPY");
    config_free(config);
}

static void alerts_have_figures_and_prices(void **state)
{
    (void)state;
    char *words[] = {(char[]){"blotter"}, (char[]){"-O"}, (char[]){"alerts.price.INFY=< 1500"},
                     NULL};
    static const char text[] = "[alerts]\nday_loss = -10000.5\nprice.RELIANCE = > 3000, < 2800\n"
                               "price.M&M = < 5\n[views]\nlosers = pnl<0 !cnc\n";
    struct problem problem = {0};
    struct config *config = load(text, words, &problem);
    assert_non_null(config);
    struct config_entry entry;
    assert_true(config_figure(config, CONFIG_ALERT_DAY_LOSS) == -10000.5);
    assert_true(isnan(config_figure(config, CONFIG_ALERT_MARGIN)));
    assert_true(config_entry(config, CONFIG_PRICES, 1, &entry));
    assert_string_equal(entry.name, "M&M");
    assert_true(config_entry(config, CONFIG_PRICES, 2, &entry));
    assert_string_equal(entry.name, "INFY");
    assert_true(config_entry(config, CONFIG_VIEWS, 0, &entry));
    assert_string_equal(entry.value, "pnl<0 !cnc");
    config_free(config);
    static const char *const wrong[] = {"price.X = 3000", "price. = > 3", "day_loss = 5",
                                        "day_loss = nan", "margin = 0.5", "margin = 0x50"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        char bad[64];
        snprintf(bad, sizeof bad, "[alerts]\n%s\n", wrong[i]);
        assert_null(load(bad, NULL, &problem));
    }
}

/* --- the default file ------------------------------------------------------------------------ */

struct seen {
    int times[CONFIG_TOTAL];
};

static bool note(void *user, const struct ini_pair *pair)
{
    struct seen *seen = user;
    for (int i = 0; i < CONFIG_TOTAL; i++) {
        const struct config_info *info = config_info((enum config_id)i);
        if (strcmp(info->section, pair->section) == 0 && strcmp(info->name, pair->name) == 0) {
            seen->times[i]++;
            return true;
        }
    }
    fail_msg("blotter.ini has %s.%s, the table has not", pair->section, pair->name);
    return false;
}

static void default_file_and_table_agree(void **state)
{
    (void)state;
    size_t len;
    struct seen seen = {0};
    struct ini_error error;
    const char *text = config_default_file(&len);
    assert_true(ini_read(text, len, note, &seen, &error));
    for (int i = 0; i < CONFIG_TOTAL; i++) {
        assert_int_equal(seen.times[i], 1);
    }
}

static char *print(const struct config *config)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    config_print(config, out);
    fclose(out);
    return text;
}

static void printed_defaults_are_the_default_file(void **state)
{
    (void)state;
    size_t len;
    struct problem problem;
    struct config_source source = {0};
    struct config *config = config_load(&source, &problem);
    char *text = print(config);
    assert_string_equal(text, config_default_file(&len));
    free(text);
    config_free(config);
}

/* What was printed says the same when it is read again, and prints the same. */
static void printed_config_reads_back(void **state)
{
    (void)state;
    char *words[] = {(char[]){"blotter"}, (char[]){"-Pp"}, (char[]){"--ascii"},
                     (char[]){"--token-file=here"}, NULL};
    struct problem problem = {0};
    struct config *config =
        load("[main]\nurl = https://h:1/x\n[profile.p]\nuser = u 1\nsecrets.a = file:/p\n[values]\n"
             "id = 7\n[keys]\nquit = q C-x\n",
             words, &problem);
    assert_non_null(config);
    char *first = print(config);
    struct config *again = load(first, NULL, &problem);
    assert_non_null(again);
    char *second = print(again);
    assert_string_equal(first, second);
    assert_string_equal(config_text(again, CONFIG_USER), "u 1");
    assert_int_equal(config_text(again, CONFIG_TOKEN_FILE)[0], '/');
    assert_non_null(strstr(first, "\nquit = q C-x\n"));
    assert_non_null(strstr(first, "\na = file:/p\n"));
    assert_non_null(strstr(first, "\nid = 7\n"));
    free(first);
    free(second);
    config_free(config);
    config_free(again);
}

/* Of several the sections are printed, and not what is in them under the keys. */
static void printed_profiles_read_back(void **state)
{
    (void)state;
    char *words[] = {(char[]){"blotter"}, (char[]){"-Pp"}, (char[]){"-Pq"}, NULL};
    struct problem problem = {0};
    struct config *config =
        load("[profile.p]\nuser = u 1\nsecrets.a = file:/p\n[profile.other]\nuser = u 2\n"
             "[profile.q]\nurl = https://h\n[keys]\nquit = q C-x\n",
             words, &problem);
    assert_non_null(config);
    char *first = print(config);
    assert_non_null(strstr(first, "\nprofiles = p, q\n"));
    assert_non_null(strstr(first, "\nuser =\n"));
    assert_non_null(strstr(first, "\nquit = q C-x\n\n[profile.p]\nuser = u 1\nsecrets.a = file:/p\n"
                                  "\n[profile.q]\nurl = https://h\n"));
    assert_null(strstr(first, "u 2"));
    struct config *again = load(first, NULL, &problem);
    assert_non_null(again);
    char *second = print(again);
    assert_string_equal(first, second);
    free(first);
    free(second);
    config_free(config);
    config_free(again);
}

/* More names than a line holds. */
static void many_profiles_read_back(void **state)
{
    (void)state;
    char text[4096];
    struct problem problem = {0};
    size_t len = 0;
    for (int i = 0; i < CONFIG_PROFILES_MAX; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "[main]\nprofiles = account-%d\n[profile.account-%d]\nuser = %d\n",
                                i, i, i);
    }
    struct config *config = load(text, NULL, &problem);
    assert_non_null(config);
    char *first = print(config);
    struct config *again = load(first, NULL, &problem);
    if (again == NULL) {
        fail_msg("%s", problem.text);
    }
    for (size_t i = 0; i < CONFIG_PROFILES_MAX; i++) {
        assert_string_equal(config_profile(again, i), config_profile(config, i));
    }
    assert_null(config_profile(again, CONFIG_PROFILES_MAX));
    free(first);
    config_free(config);
    config_free(again);
}

static void files_that_cannot_be_read(void **state)
{
    (void)state;
    struct problem problem = {0};
    struct config_source source = {"/nonexistent/blotter.ini", true, NULL, NULL};
    assert_null(config_load(&source, &problem));
    assert_string_equal(problem.text, "cannot read the config /nonexistent/blotter.ini: No such "
                                      "file or directory");
    source.path_must_exist = false;
    struct config *config = config_load(&source, &problem);
    assert_non_null(config);
    assert_null(config_path(config));
    config_free(config);
    source = (struct config_source){"/dev/zero", true, NULL, NULL};
    assert_null(config_load(&source, &problem));
    assert_string_equal(problem.text, "cannot read the config /dev/zero: File too large");
    /* A pipe that nobody named is not waited for. */
    assert_true(remove(file) == 0 && mkfifo(file, 0600) == 0);
    source = (struct config_source){file, false, NULL, NULL};
    assert_null(config_load(&source, &problem));
    assert_non_null(strstr(problem.text, "it is no regular file"));
    assert_int_equal(remove(file), 0);
    write_file("");
}

/* A zone database of one zone: the system's may not be installed where we are built. */
static char zones[128];

static void make_zones(void)
{
    static const char *const texts[][2] = {
        {"Asia/Kolkata", "TZif2"}, {"zone.tab", "#x\tAsia/Delhi\nIN\t+2232+08822\tAsia/Kolkata\n"}};
    char path[160];
    snprintf(zones, sizeof zones, "/tmp/blotter-zones-%ld", (long)getpid());
    snprintf(path, sizeof path, "%s/Asia", zones);
    assert_true(mkdir(zones, 0700) == 0 && mkdir(path, 0700) == 0);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        snprintf(path, sizeof path, "%s/%s", zones, texts[i][0]);
        FILE *out = fopen(path, "w");
        assert_non_null(out);
        fputs(texts[i][1], out);
        fclose(out);
    }
    setenv("TZDIR", zones, 1);
}

static void remove_zones(void)
{
    static const char *const names[] = {"/Asia/Kolkata", "/Asia", "/zone.tab", ""};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[160];
        snprintf(path, sizeof path, "%s%s", zones, names[i]);
        remove(path);
    }
}

static int make_file(void **state)
{
    (void)state;
    snprintf(file, sizeof file, "/tmp/blotter-config-%ld.ini", (long)getpid());
    make_zones();
    return 0;
}

static int remove_file(void **state)
{
    (void)state;
    remove_zones();
    return unlink(file);
}

/* A command is as good as the file that it comes from. */
static void test_a_file_of_others_runs_nothing(void **state)
{
    (void)state;
    static char name[] = "blotter", flag[] = "-O", value[] = "main.token_command=echo x";
    static char *flags[] = {name, flag, value, NULL};
    static const struct {
        const char *text;
        mode_t mode;
        uid_t owner;
        char **words;
        bool accepted;
    } rows[] = {
        {"[main]\ntoken_command = echo x\n", 0600, 0, NULL, true},
        {"[main]\ntoken_command = echo x\n", 0644, 0, NULL, true},
        {"[main]\ntoken_command = echo x\n", 0664, 0, NULL, false},
        {"[main]\ntoken_command = echo x\n", 0602, 0, NULL, false},
        {"[main]\ntoken_command = echo x\n", 0600, 65534, NULL, false},
        {"[alerts]\non_event = echo x\n", 0666, 0, NULL, false},
        {"[main]\nprofile = p\n[profile.p]\ntoken_command = echo x\n", 0666, 0, NULL, false},
        {"[main]\ntoken_command =\n", 0666, 0, NULL, true},
        {"[display]\nascii = yes\n", 0666, 65534, NULL, true},
        {"[main]\ntoken_command = echo y\n", 0666, 0, flags, true}, /* it is not what is run */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct problem problem = {.text = ""};
        if (rows[i].owner != 0 && geteuid() != 0) {
            continue;
        }
        write_file("");
        assert_int_equal(chmod(file, rows[i].mode), 0);
        assert_true(rows[i].owner == 0 || chown(file, rows[i].owner, (gid_t)-1) == 0);
        struct config *config = load(rows[i].text, rows[i].words, &problem);
        if ((config != NULL) != rows[i].accepted) {
            fail_msg("row %zu: %s", i, problem.text);
        }
        assert_true(config != NULL ||
                    strstr(problem.text, "is not run from a file that others") != NULL);
        config_free(config);
        unlink(file);
    }
    write_file("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(alerts_have_figures_and_prices),
        cmocka_unit_test(test_a_file_of_others_runs_nothing),
        cmocka_unit_test(mistakes_name_their_line),
        cmocka_unit_test(bad_flags_name_themselves),
        cmocka_unit_test(zones_that_exist),
        cmocka_unit_test(a_profile_that_is_not_there),
        cmocka_unit_test(the_profiles_that_are_in_force),
        cmocka_unit_test(profiles_that_cannot_be),
        cmocka_unit_test(thirty_two_accounts_and_no_more),
        cmocka_unit_test(one_of_several),
        cmocka_unit_test(precedence),
        cmocka_unit_test(unusual_but_right),
        cmocka_unit_test(values_mean_numbers),
        cmocka_unit_test(own_sections_keep_the_last_word),
        cmocka_unit_test(default_file_and_table_agree),
        cmocka_unit_test(printed_defaults_are_the_default_file),
        cmocka_unit_test(printed_config_reads_back),
        cmocka_unit_test(printed_profiles_read_back),
        cmocka_unit_test(many_profiles_read_back),
        cmocka_unit_test(files_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, make_file, remove_file);
}
