#define _GNU_SOURCE /* unshare */
/*
 * The fault matrix, part four: the place we run in. Disks that are full, directories that are not
 * ours, caches that are nonsense, terminals that can little. Nothing of it stops a program that
 * does not need it; where it does, a sentence says so.
 */
#include "matrix.h"

#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* --- what a place is like ------------------------------------------------------------------ */

static const char *const panes[] = {"orders", "positions", "account", "watchlists"};
enum { PANES = sizeof panes / sizeof *panes, FULL_BYTES = 64 << 10, FSIZE_BYTES = 2048 };

static void cache_path(const struct trust *t, size_t pane, char path[160])
{
    snprintf(path, 160, "%s/blotter/%s.cache", t->dir, panes[pane]);
}

static void spoil_cache(const struct trust *t, const char *text)
{
    char path[160];
    snprintf(path, sizeof path, "%s/blotter", t->dir);
    mkdir(path, 0700);
    for (size_t i = 0; i < PANES; i++) {
        cache_path(t, i, path);
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
    }
}

static bool may_mount;

/* A disk of its own at DIR/disk, filled to the last byte. NULL, or why there is none. */
static const char *make_full_disk(const struct trust *t)
{
    char path[128], options[32];
    snprintf(path, sizeof path, "%s/disk", t->dir);
    mkdir(path, 0700);
#ifdef __linux__
    snprintf(options, sizeof options, "size=%d,mode=700", FULL_BYTES);
    if (!may_mount || mount("none", path, "tmpfs", 0, options) != 0) {
        return MATRIX_SKIPPED ": no mount";
    }
    snprintf(path, sizeof path, "%s/disk/filler", t->dir);
    FILE *file = fopen(path, "w");
    while (file != NULL && fputc(0, file) != EOF && fflush(file) == 0) {
    }
    if (file != NULL) {
        fclose(file);
    }
    return NULL;
#else
    (void)options;
    return MATRIX_SKIPPED ": no tmpfs";
#endif
}

static void end_full_disk(const struct trust *t)
{
#ifdef __linux__
    char path[128];
    snprintf(path, sizeof path, "%s/disk", t->dir);
    umount2(path, MNT_DETACH);
#else
    (void)t;
#endif
}

/* No file may grow beyond this for what is started from here on; 0: as before. */
static void limit_files(rlim_t bytes)
{
    struct rlimit limit;
    getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = bytes != 0 ? bytes : limit.rlim_max;
    setrlimit(RLIMIT_FSIZE, &limit);
}

/* --- the table ----------------------------------------------------------------------------- */

enum { DASHBOARD_ONLY = 1, FULL_DISK = 2, FILE_LIMIT = 4 };

/* Every @ in args and env is the directory. */
static const struct place {
    const char *name;
    const char *args[5], *env[4];
    const char *cache; /* written into every cache file first; NULL: none */
    const char *said;  /* NULL: it runs as always */
    int exit;
    unsigned flags;
} places[] = {
    {"cache: garbage", {NULL}, {NULL}, "\377\376 nonsense", NULL, 0, 0},
    {"cache: empty", {NULL}, {NULL}, "", NULL, 0, 0},
    {"cache: another's",
     {NULL},
     {NULL},
     "blotter-cache 1\nuser: somebody\nurl: http://127.0.0.1:1\n\n{\"orders\":[]}",
     NULL,
     0,
     0},
    {"cache: another version",
     {NULL},
     {NULL},
     "blotter-cache 999\nurl x\nuser y\nconfirmed 1\nlength 2\n\n{}",
     NULL,
     0,
     0},
    {"cache: nowhere", {NULL}, {"XDG_CACHE_HOME=/dev/null"}, NULL, NULL, 0, 0},
    {"cache: /dev/full", {NULL}, {"XDG_CACHE_HOME=/dev/full"}, NULL, NULL, 0, 0},
    {"cache: disk full", {NULL}, {"XDG_CACHE_HOME=@/disk"}, NULL, NULL, 0, FULL_DISK},
    {"state: disk full", {NULL}, {"XDG_STATE_HOME=@/disk"}, NULL, NULL, 0, FULL_DISK},
    {"log: disk full", {"--log-file", "@/disk/log", "-v"}, {NULL}, NULL, NULL, 0, FULL_DISK},
    {"trace: disk full", {"--trace", "@/disk/trace"}, {NULL}, NULL, NULL, 0, FULL_DISK},
    {"log: /dev/full", {"--log-file", "/dev/full", "-v"}, {NULL}, NULL, NULL, 0, 0},
    {"trace: /dev/full", {"--trace", "/dev/full"}, {NULL}, NULL, NULL, 0, 0},
    {"files: size limit",
     {"--log-file", "@/log", "-v", "--trace", "@/trace"},
     {"XDG_STATE_HOME=@"},
     NULL,
     NULL,
     0,
     FILE_LIMIT},
    {"HOME missing",
     {NULL},
     {"HOME=", "XDG_CACHE_HOME=", "XDG_CONFIG_HOME=", "XDG_STATE_HOME="},
     NULL,
     NULL,
     0,
     0},
    {"HOME relative",
     {NULL},
     {"HOME=x", "XDG_CACHE_HOME=y", "XDG_CONFIG_HOME=z", "XDG_STATE_HOME=w"},
     NULL,
     NULL,
     0,
     0},
    {"log: a directory", {"--log-file", "/"}, {NULL}, NULL, "cannot write the log file /", 2, 0},
    {"trace: a directory", {"--trace", "/"}, {NULL}, NULL, "cannot write the trace /", 1, 0},
    {"TERM unknown",
     {NULL},
     {"TERM=no-such-terminal"},
     NULL,
     "no-such-terminal",
     2,
     DASHBOARD_ONLY},
    {"TERM dumb", {NULL}, {"TERM=dumb"}, NULL, "dumb", 2, DASHBOARD_ONLY},
    {"no UTF-8", {NULL}, {"LC_ALL=C"}, NULL, NULL, 0, 0},
};

/* The text with the directory in the place of @. */
static const char *placed(const struct trust *t, const char *text, char out[192])
{
    const char *at = text != NULL ? strchr(text, '@') : NULL;
    if (at == NULL) {
        return text;
    }
    snprintf(out, 192, "%.*s%s%s", (int)(at - text), text, t->dir, at + 1);
    return out;
}

static struct pty *start(struct trust *t, const struct place *place, enum trust_mode mode)
{
    char args[5][192], env[4][192];
    struct trust_run run = {.mode = mode};
    for (size_t i = 0; i < 5; i++) {
        run.args[i] = placed(t, place->args[i], args[i]);
    }
    for (size_t i = 0; i < 4; i++) {
        run.env[i] = placed(t, place->env[i], env[i]);
    }
    limit_files(place->flags & FILE_LIMIT ? FSIZE_BYTES : 0);
    struct pty *pty = trust_start(t, &run);
    limit_files(0);
    return pty;
}

/* --- as always ----------------------------------------------------------------------------- */

static bool dashboard_runs(struct trust *t, struct pty *pty)
{
    bool live = pty_wait_text(pty, "LIVE");
    trust_mark(t);
    live &= trust_wait_shown(t, pty);
    pty_send(pty, "q");
    return live;
}

static bool watch_runs(struct trust *t, struct pty *pty)
{
    char mark[32];
    bool open = trust_wait_output(pty, "\"event\":\"connected\"", 0);
    trust_mark(t);
    snprintf(mark, sizeof mark, "\"OMARK%u\"", t->marks);
    open &= trust_wait_output(pty, mark, 0);
    pty_signal(pty, SIGTERM);
    return open;
}

static const char *runs(struct trust *t, struct pty *pty, enum trust_mode mode)
{
    static const int ends[TRUST_MODES] = {0, 128 + SIGTERM, 0};
    int status = -1;
    bool good = mode == TRUST_DASHBOARD ? dashboard_runs(t, pty)
                : mode == TRUST_WATCH   ? watch_runs(t, pty)
                                        : true;
    if (!pty_wait_exit(pty, 0, &status) || status != ends[mode]) {
        snprintf(t->why, sizeof t->why, "status %d: %.3000s", status, pty_screen(pty));
        return "WRONG END";
    }
    size_t len;
    if (mode == TRUST_SNAPSHOT && !trust_snapshot_equal(t, pty_output(pty, &len))) {
        return "NOT EQUAL";
    }
    return good ? MATRIX_OK : "DOES NOT RUN";
}

static const char *refuses(struct trust *t, struct pty *pty, const struct place *place)
{
    int status = -1;
    bool said = trust_wait_output(pty, place->said, 0);
    bool ended = pty_wait_exit(pty, 0, &status) && status == place->exit;
    snprintf(t->why, sizeof t->why, "status %d: %.3000s", status, pty_screen(pty));
    return !said ? "NOT SAID" : ended ? MATRIX_OK : "WRONG END";
}

static const char *name_of(size_t row)
{
    return places[row].name;
}

static const char *meet(struct trust *t, size_t row, size_t column)
{
    const struct place *place = &places[row];
    enum trust_mode mode = (enum trust_mode)column;
    bool is_met = mode == TRUST_DASHBOARD || (place->flags & DASHBOARD_ONLY) == 0;
    const char *missing = place->flags & FULL_DISK ? make_full_disk(t) : NULL;
    if (missing != NULL) {
        return missing;
    }
    trust_forget(t);
    if (place->cache != NULL) {
        spoil_cache(t, place->cache);
    }
    struct pty *pty = start(t, place, mode);
    const char *word = place->said != NULL && is_met ? refuses(t, pty, place) : runs(t, pty, mode);
    pty_free(pty);
    if (place->flags & FULL_DISK) {
        end_full_disk(t);
    }
    return word;
}

/* What is mounted is seen by this hand and its children alone, and ends with them. */
static void keep_mounts_private(void)
{
#ifdef __linux__
    if (unshare(CLONE_NEWNS) == 0) {
        may_mount = mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
    }
#endif
}

static void arrive(struct trust *t)
{
    keep_mounts_private();
    trust_serve(t, NULL);
}

static void test_where_we_run_does_not_matter(void **state)
{
    (void)state;
    static const struct matrix matrix = {.title = "said, survived, equal",
                                         .columns = {"dashboard", "--watch", "--snapshot"},
                                         .rows = sizeof places / sizeof *places,
                                         .name = name_of,
                                         .meet = meet,
                                         .arrive = arrive};
    matrix_run(&matrix);
}

/* --- whose cache --------------------------------------------------------------------------- */

/* With no server there is the cache to show, or nothing. */
static bool shows_cache(struct trust *t)
{
    int status = -1;
    struct pty *pty = trust_start(t, &(struct trust_run){.mode = TRUST_DASHBOARD});
    assert_true(pty_wait_text(pty, "connection refused"));
    bool shown = !pty_has(pty, "not loaded");
    assert_true(shown == pty_has(pty, "OMARK1"));
    pty_send(pty, "q");
    assert_true(pty_wait_exit(pty, 0, &status));
    pty_free(pty);
    return shown;
}

static void give_cache_to(const struct trust *t, uid_t uid)
{
    for (size_t i = 0; i < PANES; i++) {
        char path[160];
        cache_path(t, i, path);
        assert_int_equal(chown(path, uid, (gid_t)-1), 0);
    }
}

static void test_a_cache_of_another_user_is_not_shown(void **state)
{
    struct trust *t = *state;
    if (geteuid() != 0) {
        print_message("skipped: only root can give files away\n");
        skip();
    }
    trust_serve(t, NULL);
    struct pty *pty = trust_start(t, &(struct trust_run){.mode = TRUST_DASHBOARD});
    assert_true(pty_wait_text(pty, "LIVE"));
    trust_mark(t);
    assert_true(trust_wait_mark(t, pty) && trust_quit_equal(t, pty));
    pty_free(pty);
    server_end(&t->server, SIGTERM);
    assert_true(shows_cache(t));
    give_cache_to(t, 65534);
    assert_false(shows_cache(t));
    give_cache_to(t, geteuid());
    assert_true(shows_cache(t));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_where_we_run_does_not_matter),
        cmocka_unit_test_setup_teardown(test_a_cache_of_another_user_is_not_shown, trust_set_up,
                                        trust_tear_down),
    };
    trust_programs(argc, argv);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
