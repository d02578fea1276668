#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <blotter/core/alloc.h>
#include <blotter/client/cache.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
    f->cache = cache_new(f->directory, "http://h", "user-1");
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
        struct cache *other = cache_new(f->directory, rows[i].url, rows[i].user);
        assert_absent(f, other);
        cache_free(other);
    }
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
    text[sizeof "blotter-cache " - 1] = '2'; /* a version to come */
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
    struct cache *cache = cache_new("/proc/nowhere/blotter", "http://h", "u");
    assert_false(cache_save(cache, RESOURCE_ORDERS, body, strlen(body), 1));
    assert_false(cache_save(cache, RESOURCE_ORDERS, body, 0, 1));
    cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_is_saved_is_loaded, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_another_owner_sees_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_truncation_counts_as_absent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rubbish_and_links_count_as_absent, set_up, tear_down),
        cmocka_unit_test(test_an_unwritable_directory_is_no_error_to_die_of),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
