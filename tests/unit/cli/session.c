#include "backend.h"
#include "session.h"

#include <blotter/adapt/adapt.h>

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

static struct options options;

/* Opens a session and its account as a command line would. */
static struct profile *open_with(struct session *session, char **words)
{
    struct problem problem = {0};
    int count = 0;
    while (words[count] != NULL) {
        count++;
    }
    assert_true(options_parse(count, words, &options, &problem));
    if (!session_open(session, &options, &problem)) {
        fail_msg("%s", problem.text);
    }
    assert_int_equal(session_add(session, NULL, &problem), STATUS_OK);
    return session->profiles[0];
}

#define WORDS(...) ((char *[]){(char[]){"blotter"}, __VA_ARGS__, NULL})

static void flags_reach_the_floors_below(void **state)
{
    (void)state;
    struct session session;
    struct client_settings client;
    const struct profile *profile = open_with(
        &session,
        WORDS((char[]){"--url=https://h.example:8443/base?x"}, (char[]){"--user=u 1"},
              (char[]){"--timeout=2.5"}, (char[]){"-Ohttp.auth=cookie"}, (char[]){"-Ohttp.gzip=no"},
              (char[]){"-Ohttp.cookie_name=sid"}, (char[]){"-Ostream.retry_ms=7"},
              (char[]){"-Ostream.max_retry_ms=70"}, (char[]){"-Orefresh.poll_ms=500"},
              (char[]){"-Ostream.event_max=4K"}, (char[]){"-pwatchlist"}, (char[]){"--no-cache"}));
    profile_client(profile, &client);
    assert_string_equal(client.http.url, "https://h.example:8443/base?x");
    assert_string_equal(client.http.auth, "cookie");
    assert_string_equal(client.http.cookie_name, "sid");
    assert_string_equal(client.http.gzip, "no");
    assert_null(client.http.token);
    assert_null(client.http.ca_file);
    assert_false(client.http.allow_insecure);
    assert_int_equal(client.http.total_timeout_ms, 2500);
    assert_int_equal(client.http.connect_timeout_ms, 10000);
    assert_int_equal(client.http.body_max, 64 << 20);
    assert_int_equal(client.conn.retry_ms, 7);
    assert_int_equal(client.conn.max_retry_ms, 70);
    assert_int_equal(client.engine.poll_ms, 500);
    assert_int_equal(client.engine.wanted, RESOURCE_BIT(RESOURCE_WATCHLISTS));
    assert_int_equal(client.event_max, 4096);
    assert_string_equal(client.user, "u 1");
    assert_null(client.cache_dir);
    char host[64];
    profile_host(profile, host, sizeof host);
    assert_string_equal(host, "h.example:8443");
    assert_null(profile_badge(profile)); /* as the server says */
    session_close(&session);
}

/* What the default file says is what the floors below say of themselves. */
static void defaults_agree_with_the_floors_below(void **state)
{
    (void)state;
    struct session session;
    struct client_settings ours, theirs;
    const struct profile *profile = open_with(&session, WORDS((char[]){"--url=https://h"}));
    profile_client(profile, &ours);
    client_settings_default(&theirs);
    assert_int_equal(ours.http.connect_timeout_ms, theirs.http.connect_timeout_ms);
    assert_int_equal(ours.http.total_timeout_ms, theirs.http.total_timeout_ms);
    assert_int_equal(ours.http.body_max, theirs.http.body_max);
    assert_string_equal(ours.http.auth, theirs.http.auth);
    assert_true(ours.http.cookie_name == NULL && theirs.http.cookie_name == NULL);
    assert_int_equal(ours.conn.retry_ms, theirs.conn.retry_ms);
    assert_int_equal(ours.conn.max_retry_ms, theirs.conn.max_retry_ms);
    assert_int_equal(ours.conn.watchdog_ms, theirs.conn.watchdog_ms);
    assert_int_equal(ours.conn.good_after_ms, theirs.conn.good_after_ms);
    assert_int_equal(ours.engine.dedupe_ms, theirs.engine.dedupe_ms);
    assert_int_equal(ours.engine.focus_throttle_ms, theirs.engine.focus_throttle_ms);
    assert_int_equal(ours.engine.retry_base_ms, theirs.engine.retry_base_ms);
    assert_int_equal(ours.engine.retry_cap_ms, theirs.engine.retry_cap_ms);
    assert_int_equal(ours.engine.poll_after_ms, theirs.engine.poll_after_ms);
    assert_int_equal(ours.engine.poll_ms, theirs.engine.poll_ms);
    assert_int_equal(ours.engine.poll_cap_ms, theirs.engine.poll_cap_ms);
    assert_int_equal(ours.engine.gap_min_ms, theirs.engine.gap_min_ms);
    assert_int_equal(ours.engine.gap_max_ms, theirs.engine.gap_max_ms);
    assert_int_equal(ours.engine.wanted, theirs.engine.wanted);
    assert_int_equal(ours.event_max, SSE_EVENT_MAX_DEFAULT);
    session_close(&session);
}

static void badges_follow_the_config(void **state)
{
    (void)state;
    static const struct {
        const char *word, *badge;
    } rows[] = {{"-Obadge=auto", NULL},
                {"-Obadge=real", "REAL"},
                {"-Obadge=paper", "PAPER"},
                {"-Obadge=mock", "MOCK"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct session session;
        const struct profile *profile =
            open_with(&session, WORDS((char *)rows[i].word, (char[]){"--url=https://h"}));
        const char *badge = profile_badge(profile);
        if (badge == NULL || rows[i].badge == NULL) {
            assert_ptr_equal(badge, rows[i].badge);
        } else {
            assert_string_equal(badge, rows[i].badge);
        }
        session_close(&session);
    }
}

static void every_failure_has_an_exit_code_and_most_have_advice(void **state)
{
    (void)state;
    const struct profile plain = {.adapt = NULL};
    const struct profile backed = {.adapt = (struct adapt *)(uintptr_t)&plain};
    for (int i = FAULT_NONE + 1; i < FAULT_KIND_COUNT; i++) {
        enum status status = status_of_fault((enum fault_kind)i);
        assert_true(status >= STATUS_RUNTIME && status <= STATUS_UNREACHABLE);
        assert_true(!fault_is_outage((enum fault_kind)i) || status == STATUS_UNREACHABLE);
        assert_true(!fault_is_outage((enum fault_kind)i) ||
                    session_advice(&plain, (enum fault_kind)i) != NULL);
        /* A backend of files is not put right by url. */
        const char *advice = session_advice(&backed, (enum fault_kind)i);
        assert_int_equal(advice != NULL, session_advice(&plain, (enum fault_kind)i) != NULL);
        assert_true(advice == NULL || strstr(advice, "url") == NULL);
    }
    assert_int_equal(status_of_fault(FAULT_AUTH), STATUS_AUTH);
    assert_int_equal(status_of_fault(FAULT_NONE), STATUS_OK);
    assert_non_null(session_advice(&plain, FAULT_AUTH));
}

/* The log: appended, private, with origins under -v, without the token. */
static void the_log_says_who_said_what(void **state)
{
    (void)state;
    struct session session;
    char path[64], option[96], text[4096];
    snprintf(path, sizeof path, "/tmp/blotter-log-%ld", (long)getpid());
    snprintf(option, sizeof option, "--log-file=%s", path);
    setenv("BLOTTER_TOKEN", "s3cret", 1);
    const struct profile *profile =
        open_with(&session, WORDS(option, (char[]){"-v"}, (char[]){"--url=https://h"}));
    assert_string_equal(profile->token, "s3cret");
    session_log(&session, "%s", "a line");
    session_close(&session);
    FILE *file = fopen(path, "r");
    size_t len = fread(text, 1, sizeof text - 1, file);
    text[len] = '\0';
    fclose(file);
    unlink(path);
    assert_non_null(strstr(text, "config: main.url = https://h (--url)\n"));
    assert_non_null(strstr(text, "] a line\n"));
    assert_null(strstr(text, "s3cret"));
}

/* --- several accounts ------------------------------------------------------------------------ */

static char directory[64];

static void write_in(const char *name, const char *text, char path[96])
{
    snprintf(path, 96, "%s/%s", directory, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, 0600), 0);
}

/* The config, in which @ stands for a file with a token. */
static void write_config(const char *text, char option[128])
{
    char path[96], token[96], whole[4096];
    size_t len = 0;
    write_in("token", "t0ken\n", token);
    for (; *text != '\0'; text++) {
        len += *text == '@' ? (size_t)snprintf(whole + len, sizeof whole - len, "%s", token) : 1;
        whole[len - 1] = *text == '@' ? whole[len - 1] : *text;
    }
    whole[len] = '\0';
    write_in("c.ini", whole, path);
    snprintf(option, 128, "--config=%s", path);
}

static int make_directory(void **state)
{
    (void)state;
    snprintf(directory, sizeof directory, "/tmp/blotter-session-XXXXXX");
    return mkdtemp(directory) == NULL;
}

static int remove_directory(void **state)
{
    static const char *const names[] = {"token", "c.ini", "other", "x.ini", "x.jq"};
    (void)state;
    char path[96];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", directory, names[i]);
        unlink(path);
    }
    return rmdir(directory);
}

#define A "[profile.a]\nurl = http://h\nuser = 1\ntoken_file = @\n"
#define B "[profile.b]\nurl = http://i\nuser = 1\ntoken_file = @\n"
#define C "[profile.c]\nurl = http://h\nuser = 2\ntoken_file = @\n"
#define AGAIN "[profile.again]\nurl = http://h\nuser = 1\ntoken_file = @\n"
#define WRONG "[profile.wrong]\nurll = http://h\n"
#define NOWHERE "[profile.nowhere]\nuser = 1\n"
#define NOBODY "[profile.nobody]\nurl = http://h\nuser = 3\n"

static void names_of(const struct session *session, char *out, size_t size)
{
    out[0] = '\0';
    for (size_t i = 0; i < session->profile_count; i++) {
        size_t len = strlen(out);
        snprintf(out + len, size - len, "%s%s", i > 0 ? " " : "", session->profiles[i]->name);
    }
}

static void the_broken_are_said_and_the_others_open(void **state)
{
    (void)state;
    static const struct {
        const char *text, *open;
        enum status status;
    } rows[] = {
        {"[main]\nprofiles = a, b, c\n" A B C, "a b c", STATUS_OK},
        {"[main]\nprofiles = wrong, a, nowhere, nobody, gone, b\n" A B WRONG NOWHERE NOBODY, "a b",
         STATUS_OK},
        {"[main]\nprofiles = a, again\n" A AGAIN, "a", STATUS_OK},
        {"[main]\nprofiles = wrong, nowhere\n" WRONG NOWHERE, "", STATUS_USAGE},
        {"[main]\nprofiles = nobody, nowhere\n" NOBODY NOWHERE, "", STATUS_AUTH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct session session;
        struct problem problem;
        char option[128], names[64];
        write_config(rows[i].text, option);
        assert_true(options_parse(2, WORDS(option), &options, &problem));
        assert_true(session_open(&session, &options, &problem));
        assert_int_equal(session_connect(&session), rows[i].status);
        names_of(&session, names, sizeof names);
        assert_string_equal(names, rows[i].open);
        assert_true(session.named > 1);
        session_close(&session);
    }
}

/* What is of one account would be that of all. */
static void one_for_all_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *word, *variable, *sentence; /* NULL: it is fine */
    } rows[] = {
        {"--url=http://x", NULL, "--url is for one account, and 2 profiles are named"},
        {"--user=7", NULL, "--user is"},
        {"--token-file=/x", NULL, "--token-file is"},
        {"--backend=kite", NULL, "--backend is"},
        {"-Otoken_command=x", NULL, "-O token_command=x is"},
        {"--day=2026-11-27", NULL, "--day is"},
        {"-v", "BLOTTER_URL", "BLOTTER_URL is"},
        {"-v", "BLOTTER_USER", "BLOTTER_USER is"},
        {"-v", "BLOTTER_TOKEN", "BLOTTER_TOKEN is"},
        {"--timeout=3", NULL, NULL},
        {"-pwatchlist", NULL, NULL},
        {"-Pa", "BLOTTER_TOKEN", NULL},
        {"--print-config", "BLOTTER_URL", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct session session;
        struct problem problem = {.text = ""};
        char option[128];
        write_config("[main]\nprofiles = a, b\n" A B, option);
        assert_true(options_parse(3, WORDS(option, (char *)rows[i].word), &options, &problem));
        if (rows[i].variable != NULL) {
            setenv(rows[i].variable, "http://x", 1);
        }
        bool good = session_open(&session, &options, &problem);
        if (rows[i].variable != NULL) {
            unsetenv(rows[i].variable);
        }
        session_close(&session);
        if (good != (rows[i].sentence == NULL) ||
            (!good && strncmp(problem.text, rows[i].sentence, strlen(rows[i].sentence)) != 0)) {
            fail_msg("row %zu: %s", i, problem.text);
        }
    }
}

struct seen {
    char text[512];
};

static void note(struct seen *seen, const char *what, const char *name)
{
    size_t len = strlen(seen->text);
    snprintf(seen->text + len, sizeof seen->text - len, "%s %s\n", what, name);
}

static void on_goes(void *user, struct profile *profile)
{
    note(user, "goes", profile->name);
}

static void on_came(void *user, struct profile *profile)
{
    note(user, "came", profile->name);
}

static void on_failed(void *user, const struct problem *problem)
{
    note(user, "failed", problem->located ? "at a line" : problem->text);
}

static void accounts_come_and_go(void **state)
{
    (void)state;
    static const struct {
        const char *text, *seen, *open;
    } rows[] = {
        {"[main]\nprofiles = a, b\n" A B, "", "a b"},
        {"[main]\nprofiles = a, c, b\n" A B C, "came c\n", "a b c"},
        {"[main]\nprofiles = c, b\n" B C, "goes a\n", "b c"},
        {"[main]\nprofiles = b, c, wrong, nobody\n" B C WRONG NOBODY,
         "failed at a line\nfailed nobody: no token: set token_file or token_command in its "
         "profile\n",
         "b c"},
        {"[main]\nprofiles = \n" B C, NULL, "b c"},
        {"[main]\nprofiles = b, a\nurll = x\n" A B, NULL, "b c"},
        {"[main]\nprofiles = c\n" C, "goes b\n", "c"},
        {"[main]\nprofiles = c, again, a\n" A AGAIN C,
         "came again\nfailed a: it is the same account as again, which is open\n", "c again"},
    };
    struct seen seen;
    const struct session_changes changes = {on_goes, on_came, on_failed, &seen};
    struct session session;
    struct problem problem;
    char option[128], names[64];
    write_config("[main]\nprofiles = a, b\n" A B, option);
    assert_true(options_parse(2, WORDS(option), &options, &problem));
    assert_true(session_open(&session, &options, &problem));
    assert_int_equal(session_connect(&session), STATUS_OK);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        seen.text[0] = '\0';
        write_config(rows[i].text, option);
        assert_int_equal(session_reload(&session, &changes, &problem), rows[i].seen != NULL);
        assert_string_equal(seen.text, rows[i].seen != NULL ? rows[i].seen : "");
        names_of(&session, names, sizeof names);
        assert_string_equal(names, rows[i].open);
    }
    session_close(&session);
}

/* A command is not waited for while the screen is up: its token is asked for later. */
static void no_command_is_waited_for_while_it_runs(void **state)
{
    (void)state;
    struct seen seen = {.text = ""};
    const struct session_changes changes = {on_goes, on_came, on_failed, &seen};
    struct session session;
    struct problem problem;
    char option[128];
    write_config("[main]\nprofiles = a, b\n" A B, option);
    assert_true(options_parse(2, WORDS(option), &options, &problem));
    assert_true(session_open(&session, &options, &problem));
    assert_int_equal(session_connect(&session), STATUS_OK);
    write_config("[main]\nprofiles = a, d\n" A
                 "[profile.d]\nurl = http://h\nuser = 9\ntoken_command = exit 1\n",
                 option);
    assert_true(session_reload(&session, &changes, &problem));
    assert_string_equal(seen.text, "goes b\ncame d\n");
    assert_null(session.profiles[1]->token);
    assert_int_equal(session.profiles[1]->token_source, TOKEN_OF_COMMAND);
    session_close(&session);
}

/* --- of one login ----------------------------------------------------------------------------- */

#define BACKEND                                                                                    \
    "[backend]\nformat = 1\nbadge = mock\nsecrets = token\n[hosts]\napi = http://127.0.0.1:1\n"    \
    "[headers]\nAuthorization = Bearer {secret:token}\n[account]\nget = api /a\npoll = 60\n"

static void write_backend(const char *functions)
{
    char path[96];
    write_in("x.ini", BACKEND, path);
    write_in("x.jq", functions, path);
}

/* p and q of one login, r of another. */
static void write_logins(char option[128])
{
    static const char *const names[] = {"p", "q", "r"};
    char text[2048], path[96];
    size_t len = (size_t)snprintf(text, sizeof text, "[main]\nprofiles = p, q, r\n");
    write_in("other", "an0ther\n", path);
    for (size_t i = 0; i < 3; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len,
                                "[profile.%s]\nbackend = %s/x.ini\nvalues.sub = %s\n"
                                "allow_hosts = http://127.0.0.1:1\nsecrets.token = file:%s\n",
                                names[i], directory, names[i], i < 2 ? "@" : path);
    }
    write_config(text, option);
}

/* As a client that takes it does. */
static void read_anew(const struct session *session, struct profile *profile)
{
    const struct profile_ground ground = session_ground(session);
    struct profile fresh = *profile;
    struct problem problem;
    fresh.adapt = NULL;
    fresh.secrets = NULL;
    fresh.pool = NULL;
    fresh.gifts = NULL;
    if (!backend_read_anew(&fresh, profile, &ground, &problem)) {
        fail_msg("%s", problem.text);
    }
    backend_close(profile);
    *profile = fresh;
}

/* A program is shared by all, connections by those of one login; of what is read anew as well. */
static void what_is_of_one_login_is_shared(void **state)
{
    (void)state;
    struct session session;
    struct problem problem;
    char option[128];
    if (!adapt_available()) {
        skip();
    }
    write_backend("def account: null;\n");
    write_logins(option);
    assert_true(options_parse(2, WORDS(option), &options, &problem));
    assert_true(session_open(&session, &options, &problem));
    assert_int_equal(session_connect(&session), STATUS_OK);
    assert_int_equal(session.profile_count, 3);
    struct profile *const *open = session.profiles;
    const struct adapt *before = open[0]->adapt;
    for (size_t round = 0; round < 2; round++) {
        assert_ptr_equal(open[0]->adapt, open[1]->adapt);
        assert_ptr_equal(open[0]->adapt, open[2]->adapt);
        assert_ptr_equal(open[0]->pool, open[1]->pool);
        assert_ptr_not_equal(open[0]->pool, open[2]->pool);
        write_backend("def account: empty;\n");
        for (size_t i = 0; i < 3; i++) {
            read_anew(&session, open[i]);
        }
    }
    assert_ptr_not_equal(open[0]->adapt, before);
    session_close(&session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_reach_the_floors_below),
        cmocka_unit_test(defaults_agree_with_the_floors_below),
        cmocka_unit_test(badges_follow_the_config),
        cmocka_unit_test(every_failure_has_an_exit_code_and_most_have_advice),
        cmocka_unit_test(the_log_says_who_said_what),
        cmocka_unit_test(the_broken_are_said_and_the_others_open),
        cmocka_unit_test(one_for_all_is_refused),
        cmocka_unit_test(accounts_come_and_go),
        cmocka_unit_test(no_command_is_waited_for_while_it_runs),
        cmocka_unit_test(what_is_of_one_login_is_shared),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
