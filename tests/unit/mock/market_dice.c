#include "base/dice.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_same_seed_same_numbers(void **state)
{
    (void)state;
    struct dice one, two, other;
    dice_seed(&one, 42);
    dice_seed(&two, 42);
    dice_seed(&other, 43);
    int same = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t drawn = dice_next(&one);
        assert_true(drawn == dice_next(&two));
        same += drawn == dice_next(&other);
    }
    assert_int_equal(same, 0);
}

/* The first outputs of xoshiro256** for the state {1, 2, 3, 4}, worked out from its definition. */
static void test_the_published_generator(void **state)
{
    (void)state;
    struct dice dice = {{1, 2, 3, 4}};
    assert_true(dice_next(&dice) == UINT64_C(11520));
    assert_true(dice_next(&dice) == UINT64_C(0));
    assert_true(dice_next(&dice) == UINT64_C(1509978240));
    assert_true(dice_next(&dice) == UINT64_C(1215971899390074240));
}

static void test_bounds_are_kept_and_reached(void **state)
{
    (void)state;
    struct dice dice;
    dice_seed(&dice, 7);
    int counts[5] = {0};
    for (int i = 0; i < 10000; i++) {
        int64_t drawn = dice_between(&dice, -2, 2);
        assert_in_range(drawn + 2, 0, 4);
        counts[drawn + 2]++;
        double unit = dice_unit(&dice);
        assert_true(unit >= 0 && unit < 1);
        assert_true(dice_bell(&dice) < 6);
    }
    for (int i = 0; i < 5; i++) {
        assert_in_range(counts[i], 1800, 2200);
    }
    assert_true(dice_below(&dice, 0) == 0);
    assert_true(dice_below(&dice, 1) == 0);
    assert_false(dice_chance(&dice, 0));
    assert_true(dice_chance(&dice, 1));
}

static void test_uuid_has_its_form(void **state)
{
    (void)state;
    struct dice dice;
    dice_seed(&dice, 1);
    for (int i = 0; i < 1000; i++) {
        char uuid[DICE_UUID_SIZE];
        dice_uuid(&dice, uuid);
        assert_int_equal(strlen(uuid), 36);
        assert_int_equal(uuid[14], '4');
        assert_non_null(strchr("89ab", uuid[19]));
        assert_int_equal(strspn(uuid, "0123456789abcdef-"), 36);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_seed_same_numbers),
        cmocka_unit_test(test_the_published_generator),
        cmocka_unit_test(test_bounds_are_kept_and_reached),
        cmocka_unit_test(test_uuid_has_its_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
