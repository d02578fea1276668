/* What delta makes, core/gdiff undoes: bit for bit, whatever the two bodies have in common. */
#include "base/delta.h"
#include "base/dice.h"

#include <blotter/core/gdiff.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static size_t told(const char *old, size_t old_len, const char *new, size_t new_len)
{
    struct text delta = {0};
    size_t len;
    delta_make(old, old_len, new, new_len, &delta);
    char *made = gdiff_apply(old, old_len, delta.bytes, delta.len, new_len, &len);
    assert_non_null(made);
    assert_int_equal(len, new_len);
    assert_memory_equal(made, new, new_len);
    free(made);
    size_t size = delta.len;
    text_done(&delta);
    return size;
}

static void put_row(struct text *into, struct dice *dice, int row, int price)
{
    char line[256], id[DICE_UUID_SIZE];
    dice_uuid(dice, id);
    snprintf(line, sizeof line,
             "%s{\"id\":\"%s\",\"symbol\":\"SYM%d\",\"quantity\":%d,\"price\":null,\"stock\":{"
             "\"symbol\":\"SYM%d\",\"ltp\":%d.05}}",
             row > 0 ? "," : "[", id, row, row, row, price);
    text_puts(into, line);
}

static void put_body(struct text *into, int first, int rows, int price)
{
    struct dice dice;
    for (int i = 0; i < rows; i++) {
        dice_seed(&dice, (uint64_t)first + (uint64_t)i);
        put_row(into, &dice, i, i % 3 == 0 ? price : 100);
    }
    text_puts(into, "]");
}

static void test_bodies_that_changed_a_little_are_told_shortly(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int first, rows, price;
        size_t most;
    } rows[] = {
        {"the same", 10, 200, 100, 32},
        {"prices of the same length", 10, 200, 101, 2500},
        {"prices of another length", 10, 200, 99, 2500},
        {"one more in front", 9, 201, 100, 6000},
        {"one less at the end", 10, 199, 100, 40},
    };
    struct text old = {0};
    put_body(&old, 10, 200, 100);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct text new = {0};
        put_body(&new, rows[i].first, rows[i].rows, rows[i].price);
        size_t size = told(old.bytes, old.len, new.bytes, new.len);
        if (size > rows[i].most) {
            fail_msg("%s: %zu bytes for %zu", rows[i].name, size, new.len);
        }
        text_done(&new);
    }
    text_done(&old);
}

static void test_whatever_the_bytes(void **state)
{
    (void)state;
    struct dice dice;
    dice_seed(&dice, 7);
    for (int round = 0; round < 2000; round++) {
        char old[600], new[600];
        size_t old_len = dice_below(&dice, sizeof old), new_len = dice_below(&dice, sizeof new);
        uint64_t letters = 1 + dice_below(&dice, 4);
        for (size_t i = 0; i < old_len; i++) {
            old[i] = (char)dice_below(&dice, letters);
        }
        for (size_t i = 0; i < new_len; i++) {
            bool copy = old_len > 0 && dice_chance(&dice, 0.97);
            new[i] = copy ? old[(i + (size_t)round) % old_len] : (char)dice_next(&dice);
        }
        told(old, old_len, new, new_len);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bodies_that_changed_a_little_are_told_shortly),
        cmocka_unit_test(test_whatever_the_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
