/* Whole files: bounded, and never waited for unless that is wanted. */
#include <blotter/sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX 10000

static char place[64];
static int directory;

static int set_up(void **state)
{
    (void)state;
    snprintf(place, sizeof place, "/tmp/blotter-file-XXXXXX");
    if (mkdtemp(place) == NULL) {
        return -1;
    }
    directory = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return directory >= 0 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "link", "pipe", "fresh"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        unlinkat(directory, names[i], 0);
    }
    close(directory);
    return rmdir(place);
}

static void make(const char *name, size_t len)
{
    char *bytes = malloc(len + 1);
    assert_non_null(bytes);
    memset(bytes, 'x', len + 1);
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0 && file_write_all(fd, bytes, len));
    close(fd);
    free(bytes);
}

static void a_file_is_read_whole_or_not_at_all(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t len;
        int why; /* 0: it is read */
    } rows[] = {
        {"nothing in it", 0, 0}, {"one byte", 1, 0},          {"a block", 4096, 0},
        {"the ceiling", MAX, 0}, {"over it", MAX + 1, EFBIG}, {"far over it", 5 * MAX, EFBIG},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct file file = {.bytes = NULL};
        make("a", rows[i].len);
        bool good = file_read(directory, "a", 0, MAX, &file);
        if (good != (rows[i].why == 0) || (!good && errno != rows[i].why)) {
            fail_msg("%s: %d, %s", rows[i].name, good, strerror(errno));
        }
        if (good) {
            assert_int_equal(file.len, rows[i].len);
            assert_int_equal(strlen(file.bytes), rows[i].len);
            assert_int_equal(file.facts.st_size, rows[i].len);
            free(file.bytes);
        }
    }
}

/* Of a size that nobody tells before: over several turns of the buffer. */
static void a_pipe_is_read_where_that_is_wanted(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        bool fits;
    } rows[] = {{0, true}, {4096, true}, {4097, true}, {MAX, true}, {MAX + 1, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int ends[2];
        char path[32], bytes[MAX + 1];
        struct file file = {.bytes = NULL};
        memset(bytes, 'y', sizeof bytes);
        assert_int_equal(pipe(ends), 0);
        assert_true(file_write_all(ends[1], bytes, rows[i].len));
        close(ends[1]);
        snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
        assert_int_equal(file_read(AT_FDCWD, path, FILE_ANY, MAX, &file), rows[i].fits);
        assert_true(rows[i].fits || errno == EFBIG);
        assert_true(!rows[i].fits || file.len == rows[i].len);
        free(file.bytes);
        close(ends[0]);
    }
}

static void what_is_no_file_is_refused_at_once(void **state)
{
    (void)state;
    struct file file;
    make("a", 3);
    assert_int_equal(mkfifoat(directory, "pipe", 0600), 0);
    assert_int_equal(symlinkat("a", directory, "link"), 0);
    static const struct {
        const char *name;
        unsigned how;
        int why;
    } rows[] = {
        {"missing", 0, ENOENT},
        {"pipe", 0, EINVAL},
        {".", 0, EINVAL},
        {"link", FILE_NO_LINK, ELOOP},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(file_read(directory, rows[i].name, rows[i].how, MAX, &file));
        assert_int_equal(errno, rows[i].why);
    }
    assert_true(file_read(directory, "link", 0, MAX, &file));
    free(file.bytes);
}

static void check(const char *name, const char *expected)
{
    struct file file;
    assert_true(file_read(directory, name, 0, MAX, &file));
    assert_string_equal(file.bytes, expected);
    free(file.bytes);
}

static void a_file_is_replaced_in_one_step(void **state)
{
    (void)state;
    static const struct span parts[] = {{"head ", 5}, {"body", 4}};
    struct stat facts;
    assert_true(file_replace(directory, "b", "fresh", parts, 1));
    check("b", "head ");
    assert_true(file_replace(directory, "b", "fresh", parts, 2));
    check("b", "head body");
    assert_int_equal(fstatat(directory, "b", &facts, 0), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    assert_int_equal(faccessat(directory, "fresh", F_OK, 0), -1);
}

/* Somebody has laid a link where the new file is to be: what it points to is not written. */
static void a_trap_is_not_stepped_into(void **state)
{
    (void)state;
    make("a", 3);
    assert_int_equal(symlinkat("a", directory, "fresh"), 0);
    assert_true(file_replace(directory, "b", "fresh", &(struct span){"new", 3}, 1));
    check("a", "xxx");
    check("b", "new");
}

static void a_failure_leaves_nothing_behind(void **state)
{
    (void)state;
    make("b", 3);
    assert_false(file_replace(directory, "missing/b", "fresh", &(struct span){"new", 3}, 1));
    assert_int_equal(errno, ENOENT);
    assert_int_equal(faccessat(directory, "fresh", F_OK, 0), -1);
    assert_false(file_replace(directory, "b", "missing/fresh", &(struct span){"new", 3}, 1));
    assert_int_equal(errno, ENOENT);
    check("b", "xxx");
}

static void directories_are_private(void **state)
{
    (void)state;
    char deep[96];
    struct stat facts;
    snprintf(deep, sizeof deep, "%s/deep/er", place);
    assert_true(file_make_directory(deep));
    assert_true(file_make_directory(deep));
    assert_int_equal(stat(deep, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0700);
    assert_false(file_make_directory("/dev/null/x"));
    assert_int_equal(rmdir(deep), 0);
    assert_int_equal(unlinkat(directory, "deep", AT_REMOVEDIR), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_file_is_read_whole_or_not_at_all),
        TEST(a_pipe_is_read_where_that_is_wanted),
        TEST(what_is_no_file_is_refused_at_once),
        TEST(a_file_is_replaced_in_one_step),
        TEST(a_trap_is_not_stepped_into),
        TEST(a_failure_leaves_nothing_behind),
        TEST(directories_are_private),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
