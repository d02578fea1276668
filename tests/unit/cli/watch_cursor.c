#include "watch_cursor.h"

#include <blotter/core/moment.h>

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

static const struct watch_cursor_owner mine = {"http://h:1", "u1", NULL, NULL};

struct place {
    char directory[32], path[64], other[80];
};

static int make_place(void **state)
{
    static struct place place;
    snprintf(place.directory, sizeof place.directory, "%s", "/tmp/watch-cursor-XXXXXX");
    assert_non_null(mkdtemp(place.directory));
    snprintf(place.path, sizeof place.path, "%s/c", place.directory);
    *state = &place;
    return 0;
}

static int remove_place(void **state)
{
    struct place *place = *state;
    static const char *const ends[] = {"", ".lock", ".new", ".other"};
    for (size_t i = 0; i < 4; i++) {
        snprintf(place->other, sizeof place->other, "%s%s", place->path, ends[i]);
        unlink(place->other);
        rmdir(place->other);
    }
    return rmdir(place->directory);
}

static struct watch_cursor *open_it(const struct place *place,
                                    const struct watch_cursor_owner *owner)
{
    char why[512] = "";
    struct watch_cursor *cursor = watch_cursor_open(place->path, owner, 1, why);
    assert_true((cursor == NULL) == (why[0] != '\0'));
    return cursor;
}

static void write_text(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, mode), 0);
}

static void test_the_place_is_kept(void **state)
{
    struct place *place = *state;
    struct stat info;
    char why[512];
    struct watch_cursor *cursor = open_it(place, &mine);
    assert_false(watch_cursor_is_old(cursor, 0));
    assert_true(watch_cursor_write(cursor, 0, why, sizeof why) == MOMENT_NEVER);
    assert_int_equal(stat(place->path, &info), -1);
    watch_cursor_mark(cursor, 0, (struct watch_mark){100, "41", 2});
    watch_cursor_reach(cursor, 99); /* not all of it has been written */
    watch_cursor_write(cursor, 0, why, sizeof why);
    assert_int_equal(stat(place->path, &info), -1);
    watch_cursor_reach(cursor, 100);
    assert_true(watch_cursor_write(cursor, 0, why, sizeof why) == MOMENT_NEVER);
    assert_int_equal(stat(place->path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    watch_cursor_close(cursor);
    cursor = open_it(place, &mine);
    assert_true(watch_cursor_is_old(cursor, 0));
    assert_string_equal(watch_cursor_id(cursor, 0), "41");
    watch_cursor_mark(cursor, 0, (struct watch_mark){10, "", 0}); /* a server without ids */
    watch_cursor_reach(cursor, 10);
    watch_cursor_close(cursor); /* writes, too */
    cursor = open_it(place, &mine);
    assert_true(watch_cursor_is_old(cursor, 0));
    assert_string_equal(watch_cursor_id(cursor, 0), "");
    watch_cursor_close(cursor);
}

static void test_it_is_not_written_too_often(void **state)
{
    struct place *place = *state;
    struct stat first, second;
    char why[512];
    struct watch_cursor *cursor = open_it(place, &mine);
    watch_cursor_mark(cursor, 0, (struct watch_mark){1, "1", 1});
    watch_cursor_reach(cursor, 1);
    watch_cursor_write(cursor, 1000, why, sizeof why);
    assert_int_equal(stat(place->path, &first), 0);
    watch_cursor_mark(cursor, 0, (struct watch_mark){2, "2", 1});
    watch_cursor_reach(cursor, 2);
    assert_int_equal(watch_cursor_write(cursor, 1001, why, sizeof why), 1000 + CURSOR_EVERY_US);
    assert_int_equal(stat(place->path, &second), 0);
    assert_true(first.st_ino == second.st_ino);
    assert_true(watch_cursor_write(cursor, 1000 + CURSOR_EVERY_US, why, sizeof why) ==
                MOMENT_NEVER);
    watch_cursor_close(cursor);
}

/* More marks than there is room for, and a reader that takes them in pieces: never ahead. */
static void test_no_mark_is_ahead_of_what_was_written(void **state)
{
    struct place *place = *state;
    struct watch_cursor *cursor = open_it(place, &mine);
    for (int i = 1; i <= 1000; i++) {
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        watch_cursor_mark(cursor, 0, (struct watch_mark){(uint64_t)i * 1000, id, strlen(id)});
    }
    long last = 0;
    for (uint64_t sent = 0; sent <= 1000000; sent += 7777) {
        watch_cursor_reach(cursor, sent);
        long id = strtol(watch_cursor_id(cursor, 0), NULL, 10);
        assert_true(id >= last && (uint64_t)id * 1000 <= sent);
        last = id;
    }
    watch_cursor_reach(cursor, 1000000);
    assert_string_equal(watch_cursor_id(cursor, 0), "1000");
    watch_cursor_close(cursor);
}

static void test_others_are_refused(void **state)
{
    struct place *place = *state;
    static const struct watch_cursor_owner others[] = {{"http://h:2", "u1", NULL},
                                                       {"http://h:1", "u2", NULL},
                                                       {"http://h:1", NULL, NULL},
                                                       {"http://h:1", "u1", "kite"},
                                                       {NULL, "u1", NULL}};
    struct watch_cursor *cursor = open_it(place, &mine);
    watch_cursor_mark(cursor, 0, (struct watch_mark){1, "1", 1});
    watch_cursor_reach(cursor, 1);
    watch_cursor_close(cursor);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_null(open_it(place, &others[i]));
    }
    cursor = open_it(place, &mine);
    assert_non_null(cursor);
    assert_null(open_it(place, &mine)); /* one at a time */
    watch_cursor_close(cursor);
    assert_int_equal(chmod(place->path, 0620), 0);
    assert_null(open_it(place, &mine));
}

static void test_what_is_no_cursor_is_refused(void **state)
{
#define HEAD "{\"blotterCursor\":1,\"server\":\"http://h:1\",\"user\":\"u1\",\"backend\":null,"
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {HEAD "\"id\":\"7\"}", true},
        {HEAD "\"id\":\"7\"} \n", true},
        {"", false},
        {"\n", false},
        {"1795840870932", false},
        {HEAD "\"id\":\"7\"", false},
        {HEAD "\"id\":7}", false},
        {HEAD "\"other\":\"7\"}", false},
        {"{\"blotterCursor\":2,\"server\":\"http://"
         "h:1\",\"user\":\"u1\",\"backend\":null,\"id\":\"7\"}",
         false},
        {"{\"server\":\"http://h:1\",\"user\":\"u1\",\"backend\":null,\"id\":\"7\"}", false},
    };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        write_text(place->path, rows[i].text, 0600);
        struct watch_cursor *cursor = open_it(place, &mine);
        if ((cursor != NULL) != rows[i].good) {
            fail_msg("row %zu: %s", i, rows[i].text);
        }
        watch_cursor_close(cursor);
    }
    unlink(place->path);
    assert_int_equal(mkfifo(place->path, 0600), 0); /* nobody is waited for */
    assert_null(open_it(place, &mine));
    unlink(place->path);
    snprintf(place->other, sizeof place->other, "%s.other", place->path);
    write_text(place->other, rows[0].text, 0600);
    assert_int_equal(symlink(place->other, place->path), 0);
    assert_null(open_it(place, &mine));
}

static void read_text(const char *path, char *out, size_t size)
{
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    out[fread(out, 1, size - 1, file)] = '\0';
    fclose(file);
}

#define LINE(name, server, id)                                                                     \
    "{\"blotterCursor\":1,\"profile\":\"" name "\",\"server\":\"" server                           \
    "\",\"user\":\"u1\",\"backend\":null,\"id\":\"" id "\"}\n"
#define UNNAMED HEAD "\"id\":\"7\"}\n"

/* A place each, by name; who is not there this time keeps its line. */
static void test_several_places(void **state)
{
    struct place *place = *state;
    static const struct watch_cursor_owner both[] = {{"http://h:1", "u1", NULL, "a"},
                                                     {"http://h:2", "u1", NULL, "b"}};
    char text[2048], why[CURSOR_WHY_MAX] = "";
    write_text(place->path, LINE("other", "http://h:9", "5") LINE("b", "http://h:2", "7"), 0600);
    struct watch_cursor *cursor = watch_cursor_open(place->path, both, 2, why);
    assert_non_null(cursor);
    assert_false(watch_cursor_is_old(cursor, 0));
    assert_true(watch_cursor_is_old(cursor, 1));
    assert_string_equal(watch_cursor_id(cursor, 1), "7");
    watch_cursor_mark(cursor, 1, (struct watch_mark){10, "8", 1});
    watch_cursor_mark(cursor, 0, (struct watch_mark){20, "3", 1});
    watch_cursor_reach(cursor, 19);
    assert_string_equal(watch_cursor_id(cursor, 1), "8");
    assert_false(watch_cursor_is_old(cursor, 0)); /* not all of its own is out */
    watch_cursor_write(cursor, 0, why, sizeof why);
    read_text(place->path, text, sizeof text);
    assert_string_equal(text, LINE("b", "http://h:2", "8") LINE("other", "http://h:9", "5"));
    watch_cursor_reach(cursor, 20);
    watch_cursor_close(cursor);
    read_text(place->path, text, sizeof text);
    assert_string_equal(text, LINE("a", "http://h:1", "3") LINE("b", "http://h:2", "8")
                                  LINE("other", "http://h:9", "5"));
}

static void test_whose_places_are_refused(void **state)
{
    static const struct watch_cursor_owner named = {"http://h:1", "u1", NULL, "a"};
    static const struct {
        const char *text, *why; /* NULL: it is taken */
        const struct watch_cursor_owner *owner;
    } rows[] = {
        {LINE("a", "http://h:1", "7"), NULL, &named},
        {LINE("b", "http://h:2", "7"), NULL, &named},
        {LINE("a", "http://h:2", "7"), "it is of another server", &named},
        {LINE("b", "http://h:2", "7") "damaged\n", "it is damaged", &named},
        {UNNAMED, "it is of one account without a name", &named},
        {LINE("a", "http://h:1", "7"), "it is of several accounts", &mine},
        {UNNAMED UNNAMED, "it is damaged", &mine},
        {"", "it is damaged", &named},
    };
    struct place *place = *state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char why[CURSOR_WHY_MAX] = "";
        write_text(place->path, rows[i].text, 0600);
        struct watch_cursor *cursor = watch_cursor_open(place->path, rows[i].owner, 1, why);
        bool right = rows[i].why == NULL ? cursor != NULL
                                         : cursor == NULL && strstr(why, rows[i].why) != NULL;
        if (!right) {
            fail_msg("row %zu: %s", i, why);
        }
        watch_cursor_close(cursor);
    }
}

/* A file over the ceiling is no cursor; lines of others that do not fit beside ours go. */
static void test_the_file_has_a_ceiling(void **state)
{
    static const struct watch_cursor_owner named = {"http://h:1", "u1", NULL, "a"};
    struct place *place = *state;
    char *text = malloc(2 * CURSOR_FILE_MAX), why[CURSOR_WHY_MAX] = "";
    size_t len = 0;
    assert_non_null(text);
    while (len + 200 < CURSOR_FILE_MAX) {
        len += (size_t)snprintf(text + len, 200, LINE("other", "http://h:9", "5"));
    }
    write_text(place->path, text, 0600);
    struct watch_cursor *cursor = watch_cursor_open(place->path, &named, 1, why);
    assert_non_null(cursor);
    char id[CURSOR_ID_MAX];
    memset(id, '1', sizeof id);
    watch_cursor_mark(cursor, 0, (struct watch_mark){1, id, sizeof id});
    watch_cursor_reach(cursor, 1);
    watch_cursor_close(cursor);
    read_text(place->path, text, CURSOR_FILE_MAX);
    assert_ptr_equal(strchr(text, '\n') + 1, text + strlen(text)); /* ours alone */
    memset(text, ' ', CURSOR_FILE_MAX + 1);
    text[CURSOR_FILE_MAX + 1] = '\0';
    write_text(place->path, text, 0600);
    assert_null(watch_cursor_open(place->path, &named, 1, why));
    assert_non_null(strstr(why, "too long"));
    free(text);
}

static void test_a_place_that_cannot_be_written_is_told_once(void **state)
{
    struct place *place = *state;
    char why[512];
    struct watch_cursor *cursor = open_it(place, &mine);
    snprintf(place->other, sizeof place->other, "%s.new", place->path);
    assert_int_equal(mkdir(place->other, 0700), 0); /* in its way */
    watch_cursor_mark(cursor, 0, (struct watch_mark){1, "1", 1});
    watch_cursor_reach(cursor, 1);
    assert_int_equal(watch_cursor_write(cursor, 0, why, sizeof why), CURSOR_AGAIN_US);
    assert_non_null(strstr(why, "cannot write the cursor"));
    watch_cursor_write(cursor, CURSOR_AGAIN_US, why, sizeof why);
    assert_string_equal(why, "");
    assert_int_equal(rmdir(place->other), 0);
    write_text(place->other, "left behind by one that was killed", 0600);
    assert_true(watch_cursor_write(cursor, 2 * CURSOR_AGAIN_US, why, sizeof why) == MOMENT_NEVER);
    watch_cursor_close(cursor);
    cursor = open_it(place, &mine);
    assert_string_equal(watch_cursor_id(cursor, 0), "1");
    watch_cursor_close(cursor);
}

/* Owners come and go: a line of the file becomes a place, one that left is taken up again, and
 * whoever makes room for others keeps its line. */
static void test_owners_come_and_go(void **state)
{
    struct place *place = *state;
    const struct watch_cursor_owner first = {"http://h:1", "u1", NULL, "a"};
    const struct watch_cursor_owner second = {"http://h:2", "u2", NULL, "b"};
    const struct watch_cursor_owner other = {"http://elsewhere", "u2", NULL, "b"};
    char why[CURSOR_WHY_MAX], text[16384];
    size_t owner = 99;
    write_text(place->path,
               "{\"blotterCursor\":1,\"profile\":\"b\",\"server\":\"http://h:2\",\"user\":\"u2\","
               "\"backend\":null,\"id\":\"17\"}\n",
               0600);
    struct watch_cursor *cursor = open_it(place, &first);
    assert_false(watch_cursor_add(cursor, &other, &owner, why));
    assert_non_null(strstr(why, "it is of another server"));
    assert_true(watch_cursor_add(cursor, &second, &owner, why));
    assert_true(watch_cursor_is_old(cursor, owner));
    assert_string_equal(watch_cursor_id(cursor, owner), "17");
    watch_cursor_mark(cursor, owner, (struct watch_mark){10, "18", 2});
    watch_cursor_leave(cursor, owner);
    watch_cursor_reach(cursor, 10); /* what was on its way when it left counts */
    assert_false(watch_cursor_add(cursor, &other, &owner, why));
    assert_true(watch_cursor_add(cursor, &second, &owner, why));
    assert_string_equal(watch_cursor_id(cursor, owner), "18");
    watch_cursor_leave(cursor, owner);
    for (int i = 0; i < CURSOR_PLACES_MAX; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%d", i);
        const struct watch_cursor_owner more = {"http://h:3", NULL, NULL, name};
        assert_int_equal(watch_cursor_add(cursor, &more, &owner, why), i < CURSOR_PLACES_MAX - 1);
    }
    assert_non_null(strstr(why, "too many accounts"));
    watch_cursor_mark(cursor, 0, (struct watch_mark){20, "5", 1});
    watch_cursor_reach(cursor, 20);
    watch_cursor_close(cursor);
    read_text(place->path, text, sizeof text);
    assert_non_null(strstr(text, "\"profile\":\"a\""));
    assert_non_null(strstr(text, "\"profile\":\"b\",\"server\":\"http://h:2\",\"user\":\"u2\","
                                 "\"backend\":null,\"id\":\"18\""));
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, make_place, remove_place)
    const struct CMUnitTest tests[] = {
        TEST(test_the_place_is_kept),
        TEST(test_it_is_not_written_too_often),
        TEST(test_no_mark_is_ahead_of_what_was_written),
        TEST(test_others_are_refused),
        TEST(test_what_is_no_cursor_is_refused),
        TEST(test_several_places),
        TEST(test_owners_come_and_go),
        TEST(test_whose_places_are_refused),
        TEST(test_the_file_has_a_ceiling),
        TEST(test_a_place_that_cannot_be_written_is_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
