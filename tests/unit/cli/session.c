#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include <blotter/cli/session.h>

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
              (char[]){"--timeout=2.5"}, (char[]){"-Ohttp.auth=cookie"},
              (char[]){"-Ohttp.cookie_name=sid"}, (char[]){"-Ostream.retry_ms=7"},
              (char[]){"-Ostream.max_retry_ms=70"}, (char[]){"-Orefresh.poll_ms=500"},
              (char[]){"-Ostream.event_max=4K"}, (char[]){"-pwatchlist"}, (char[]){"--no-cache"}));
    profile_client(profile, &client);
    assert_string_equal(client.http.url, "https://h.example:8443/base?x");
    assert_string_equal(client.http.auth, "cookie");
    assert_string_equal(client.http.cookie_name, "sid");
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_reach_the_floors_below),
        cmocka_unit_test(defaults_agree_with_the_floors_below),
        cmocka_unit_test(badges_follow_the_config),
        cmocka_unit_test(every_failure_has_an_exit_code_and_most_have_advice),
        cmocka_unit_test(the_log_says_who_said_what),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
