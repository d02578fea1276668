#include "client/cache.h"

#include <blotter/core/alloc.h>

#include <dirent.h>
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

static const char body[] = "{\"orders\":[]}";

struct fixture {
    char root[64];
    char directory[128];
    char file[192];
    struct cache *cache;
};

static int set_up(void **state)
{
    struct fixture *f = mem_calloc(1, sizeof *f);
    snprintf(f->root, sizeof f->root, "/tmp/blotter-cache-XXXXXX");
    assert_non_null(mkdtemp(f->root));
    snprintf(f->directory, sizeof f->directory, "%s/a/blotter", f->root);
    snprintf(f->file, sizeof f->file, "%s/orders.cache", f->directory);
    f->cache = cache_new(f->directory, "http://h", "user-1", "t");
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    char parent[96];
    unlink(f->file);
    rmdir(f->directory);
    snprintf(parent, sizeof parent, "%s/a", f->root);
    rmdir(parent);
    assert_int_equal(rmdir(f->root), 0); /* nothing else was left behind */
    cache_free(f->cache);
    free(f);
    return 0;
}

static void save(struct fixture *f)
{
    assert_true(cache_save(f->cache, RESOURCE_ORDERS, body, strlen(body), 1234567));
}

static void assert_absent(struct fixture *f, struct cache *cache)
{
    size_t len;
    int64_t confirmed_ms;
    (void)f;
    assert_null(cache_load(cache, RESOURCE_ORDERS, &len, &confirmed_ms));
}

static void test_what_is_saved_is_loaded(void **state)
{
    struct fixture *f = *state;
    struct stat stat_;
    size_t len = 0;
    int64_t confirmed_ms = 0;
    assert_absent(f, f->cache);
    save(f);
    save(f);
    char *text = cache_load(f->cache, RESOURCE_ORDERS, &len, &confirmed_ms);
    assert_non_null(text);
    assert_string_equal(text, body);
    assert_int_equal(len, strlen(body));
    assert_int_equal(confirmed_ms, 1234567);
    free(text);
    assert_int_equal(stat(f->file, &stat_), 0);
    assert_int_equal(stat_.st_mode & 0777, 0600);
}

static void test_another_owner_sees_nothing(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *url, *user;
    } rows[] = {{"http://h", "user-2"}, {"http://other", "user-1"}, {"http://h", ""}};
    save(f);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cache *other = cache_new(f->directory, rows[i].url, rows[i].user, "t");
        assert_absent(f, other);
        cache_free(other);
    }
}

/* Where no user is named the server goes by the token: another one may be another's. */
static void test_another_token_sees_nothing(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *user, *saved, *loaded;
        bool seen;
    } rows[] = {
        {"", "token-a", "token-a", true},   {"", "token-a", "token-b", false},
        {"", "token-a", NULL, false},       {NULL, "token-a", "token-b", false},
        {"me", "token-a", "token-b", true}, /* a token is renewed; the user is who counts */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct cache *one = cache_new(f->directory, "http://h", rows[i].user, rows[i].saved);
        struct cache *other = cache_new(f->directory, "http://h", rows[i].user, rows[i].loaded);
        size_t len;
        int64_t confirmed_ms;
        assert_true(cache_save(one, RESOURCE_ORDERS, body, strlen(body), 5));
        char *text = cache_load(other, RESOURCE_ORDERS, &len, &confirmed_ms);
        assert_int_equal(text != NULL, rows[i].seen);
        free(text);
        cache_free(one);
        cache_free(other);
    }
    char text[512] = "";
    FILE *file = fopen(f->file, "r");
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_null(strstr(text, "token-a"));
}

/* What others own or may write to is not touched, and nothing is waited for. */
static void test_a_directory_of_others_is_not_used(void **state)
{
    struct fixture *f = *state;
    static const mode_t modes[] = {0777, 0770, 0722, 01777};
    save(f);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        assert_int_equal(chmod(f->directory, modes[i]), 0);
        assert_false(cache_save(f->cache, RESOURCE_ORDERS, "{}", 2, 1));
        assert_absent(f, f->cache);
    }
    assert_int_equal(chmod(f->directory, 0700), 0);
    if (geteuid() == 0) {
        assert_int_equal(chown(f->directory, 65534, (gid_t)-1), 0);
        assert_false(cache_save(f->cache, RESOURCE_ORDERS, "{}", 2, 1));
        assert_absent(f, f->cache);
        assert_int_equal(chown(f->directory, 0, (gid_t)-1), 0);
    }
    size_t len;
    int64_t confirmed_ms;
    char *text = cache_load(f->cache, RESOURCE_ORDERS, &len, &confirmed_ms);
    assert_string_equal(text, body);
    free(text);
}

/* Whatever stands where the temporary file will be is neither written through nor waited for. */
static void test_what_stands_in_the_way_is_put_aside(void **state)
{
    struct fixture *f = *state;
    char way[256], precious[128], text[16] = "";
    snprintf(precious, sizeof precious, "%s/precious", f->root);
    for (int what = 0; what < 4; what++) {
        save(f);
        snprintf(way, sizeof way, "%s/orders.cache.%ld.tmp", f->directory, (long)getpid());
        FILE *file = fopen(precious, "w");
        assert_true(fputs("precious", file) > 0 && fclose(file) == 0);
        int made = what == 0   ? mkfifo(way, 0600)
                   : what == 1 ? symlink(precious, way)
                   : what == 2 ? link(precious, way)
                               : symlink("/dev/tty", way);
        assert_int_equal(made, 0);
        alarm(10); /* a FIFO that is waited for ends the test */
        save(f);
        alarm(0);
        file = fopen(precious, "r");
        assert_true(fgets(text, sizeof text, file) != NULL && fclose(file) == 0);
        assert_string_equal(text, "precious");
        assert_int_equal(unlink(precious), 0);
    }
    /* nor is what stands where the file should be */
    assert_int_equal(unlink(f->file), 0);
    assert_int_equal(mkfifo(f->file, 0600), 0);
    alarm(10);
    assert_absent(f, f->cache);
    alarm(0);
}

static void write_text(const char *path, const char *text, size_t len)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    fclose(file);
}

static void test_every_truncation_counts_as_absent(void **state)
{
    struct fixture *f = *state;
    char text[512];
    save(f);
    FILE *file = fopen(f->file, "r");
    size_t len = fread(text, 1, sizeof text, file);
    fclose(file);
    for (size_t cut = 0; cut < len; cut++) {
        write_text(f->file, text, cut);
        assert_absent(f, f->cache);
    }
    text[sizeof "blotter-cache " - 1] = '9'; /* a version to come */
    write_text(f->file, text, len);
    assert_absent(f, f->cache);
}

static void test_rubbish_and_links_count_as_absent(void **state)
{
    struct fixture *f = *state;
    save(f);
    write_text(f->file, "\n\n\n\0\n\n", 6);
    assert_absent(f, f->cache);
    unlink(f->file);
    assert_int_equal(symlink("/etc/passwd", f->file), 0);
    assert_absent(f, f->cache);
}

static void test_an_unwritable_directory_is_no_error_to_die_of(void **state)
{
    (void)state;
    struct cache *cache = cache_new("/proc/nowhere/blotter", "http://h", "u", NULL);
    assert_false(cache_save(cache, RESOURCE_ORDERS, body, strlen(body), 1));
    assert_false(cache_save(cache, RESOURCE_ORDERS, body, 0, 1));
    cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_saved_is_loaded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_owner_sees_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_token_sees_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_directory_of_others_is_not_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_what_stands_in_the_way_is_put_aside, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_every_truncation_counts_as_absent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rubbish_and_links_count_as_absent, set_up, tear_down),
        cmocka_unit_test(test_an_unwritable_directory_is_no_error_to_die_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
