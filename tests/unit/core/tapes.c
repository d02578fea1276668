/* The tapes of several accounts as one. */
#include <blotter/core/tapes.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { PARTS = 2 };

struct pair {
    struct owner owners[PARTS];
    struct tape *tape[PARTS];
    struct tapes *tapes;
    size_t count;
};

static void take(struct pair *pair)
{
    struct tapes_part parts[PARTS];
    for (size_t i = 0; i < PARTS; i++) {
        parts[i] = (struct tapes_part){pair->tape[i], &pair->owners[i]};
    }
    tapes_take(pair->tapes, parts, pair->count);
}

static void open_pair(struct pair *pair)
{
    pair->tapes = tapes_new();
    pair->count = PARTS;
    for (size_t i = 0; i < PARTS; i++) {
        owner_init(&pair->owners[i], i == 0 ? "a" : "b", i);
        pair->tape[i] = tape_new();
    }
    take(pair);
}

static void close_pair(struct pair *pair)
{
    tapes_free(pair->tapes);
    for (size_t i = 0; i < PARTS; i++) {
        tape_free(pair->tape[i]);
    }
}

static struct tape_entry entry_of(int64_t at_ms)
{
    struct tape_entry entry;
    tape_entry_init(&entry, TAPE_ALERT, at_ms);
    return entry;
}

static void add(struct pair *pair, size_t part, int64_t at_ms)
{
    struct tape_entry entry = entry_of(at_ms);
    tape_add(pair->tape[part], &entry);
    take(pair);
}

/* "b7 a5 …" from the newest on. */
static void expect(const struct pair *pair, const struct owner *owner, const char *told)
{
    char text[256] = "";
    struct tapes_entry found, last = {.number = UINT64_MAX};
    size_t count = tapes_count(pair->tapes, owner);
    for (size_t i = 0; i < count; i++) {
        assert_true(tapes_at(pair->tapes, owner, i, &found));
        assert_true(found.number < last.number);
        assert_int_equal(tapes_above(pair->tapes, owner, found.number), i);
        size_t len = strlen(text);
        snprintf(text + len, sizeof text - len, "%s%s%d", i > 0 ? " " : "", found.owner->name,
                 (int)found.entry->wall_ms);
        last = found;
    }
    assert_false(tapes_at(pair->tapes, owner, count, &found));
    assert_string_equal(text, told);
}

static void test_as_they_came(void **state)
{
    (void)state;
    struct pair pair;
    open_pair(&pair);
    expect(&pair, NULL, "");
    add(&pair, 0, 5);
    add(&pair, 1, 3); /* its server's clock is behind */
    add(&pair, 0, 7);
    expect(&pair, NULL, "a7 b3 a5");
    expect(&pair, &pair.owners[0], "a7 a5");
    expect(&pair, &pair.owners[1], "b3");
    assert_int_equal(tapes_counts(pair.tapes, NULL).of[TAPE_ALERT], 3);
    assert_int_equal(tapes_counts(pair.tapes, &pair.owners[1]).of[TAPE_ALERT], 1);
    close_pair(&pair);
}

/* What an earlier run kept comes in below, by its time; the newest keep their numbers. */
static void test_what_was_kept_is_put_among_them(void **state)
{
    (void)state;
    struct pair pair;
    struct tapes_entry newest;
    struct tape_entry kept[] = {entry_of(1), entry_of(4), entry_of(6)};
    open_pair(&pair);
    add(&pair, 0, 5);
    add(&pair, 1, 8);
    uint64_t total = tapes_total(pair.tapes);
    tape_restore(pair.tape[1], kept, 3);
    take(&pair);
    expect(&pair, NULL, "b8 b6 a5 b4 b1");
    assert_true(tapes_at(pair.tapes, NULL, 0, &newest));
    assert_true(newest.number == total && tapes_total(pair.tapes) == total);
    add(&pair, 1, 9);
    expect(&pair, NULL, "b9 b8 b6 a5 b4 b1");
    close_pair(&pair);
}

static void test_one_that_goes_takes_its_own(void **state)
{
    (void)state;
    struct pair pair;
    open_pair(&pair);
    add(&pair, 0, 1);
    add(&pair, 1, 2);
    add(&pair, 0, 3);
    pair.count = 1;
    take(&pair);
    expect(&pair, NULL, "a3 a1");
    pair.count = PARTS;
    take(&pair);
    expect(&pair, NULL, "a3 b2 a1");
    close_pair(&pair);
}

/* One that floods pushes out the oldest, whoever's they are; all that are held can be read. */
static void test_more_than_are_kept(void **state)
{
    (void)state;
    struct pair pair;
    struct tapes_entry found;
    open_pair(&pair);
    add(&pair, 0, 1);
    for (int i = 0; i < 3 * TAPE_MAX; i++) {
        struct tape_entry entry = entry_of(10 + i);
        tape_add(pair.tape[1], &entry);
        if (i % 700 == 0) {
            take(&pair);
        }
    }
    add(&pair, 0, 2);
    assert_int_equal(tapes_count(pair.tapes, NULL), TAPE_MAX);
    assert_int_equal(tapes_count(pair.tapes, &pair.owners[0]), 1);
    for (size_t i = 0; i < TAPE_MAX; i++) {
        assert_true(tapes_at(pair.tapes, NULL, i, &found));
    }
    assert_int_equal(tapes_above(pair.tapes, NULL, 0), TAPE_MAX);
    close_pair(&pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_they_came),
        cmocka_unit_test(test_what_was_kept_is_put_among_them),
        cmocka_unit_test(test_one_that_goes_takes_its_own),
        cmocka_unit_test(test_more_than_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
