#include "tui/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SECOND_US = 1000000, RUN_MAX = 4096 };

static int64_t frames[RUN_MAX];

/* Something changes every step_us; each is painted as soon as it may be. Returns the frames. */
static size_t run(int64_t step_us, int64_t length_us, enum pace_for what, int64_t *ret_longest_us)
{
    struct pace pace = {0};
    size_t count = 0;
    *ret_longest_us = 0;
    for (int64_t change_us = 0; change_us < length_us;) {
        int64_t next_us = pace_next_us(&pace, what);
        int64_t at_us = next_us > change_us ? next_us : change_us;
        *ret_longest_us = at_us - change_us > *ret_longest_us ? at_us - change_us : *ret_longest_us;
        pace_painted(&pace, at_us);
        assert_true(count < RUN_MAX);
        frames[count++] = at_us;
        while (change_us <= at_us) {
            change_us += step_us; /* those that came in the meantime are in the frame */
        }
    }
    return count;
}

static size_t most_in_a_second(size_t count)
{
    size_t most = 0;
    size_t first = 0;
    for (size_t i = 0; i < count; i++) {
        while (frames[i] - frames[first] >= SECOND_US) {
            first++;
        }
        most = i - first + 1 > most ? i - first + 1 : most;
    }
    return most;
}

static void never_more_than_the_limit(void **state)
{
    (void)state;
    static const int64_t steps_us[] = {1, 100, 5000, 16000, 16667, 20000};
    for (size_t i = 0; i < sizeof steps_us / sizeof steps_us[0]; i++) {
        for (int what = 0; what < PACE_FOR_COUNT; what++) {
            int64_t longest_us;
            size_t count = run(steps_us[i], 5 * SECOND_US, (enum pace_for)what, &longest_us);
            assert_true(most_in_a_second(count) <= PACE_FRAMES_MAX);
            assert_true(longest_us <= 20000); /* and no change waits longer than a frame */
        }
    }
}

static void fifty_events_a_second_never_wait(void **state)
{
    (void)state;
    int64_t longest_us;
    size_t count = run(20000, 10 * SECOND_US, PACE_EVENT, &longest_us);
    assert_int_equal(count, 500);
    assert_int_equal(longest_us, 0);
}

static void a_burst_is_painted_at_once(void **state)
{
    (void)state;
    struct pace pace = {0};
    for (int i = 0; i < PACE_BURST - 1; i++) {
        assert_true(pace_next_us(&pace, PACE_EVENT) <= 1000 + i);
        pace_painted(&pace, 1000 + i);
    }
    assert_true(pace_next_us(&pace, PACE_EVENT) > 1000 + PACE_BURST);
}

/* Whatever the storm has used up: a key is seen at once. */
static void a_storm_leaves_room_for_a_key(void **state)
{
    (void)state;
    enum { KEY_EVERY_US = 40000, TURN_US = 200 };
    struct pace pace = {0};
    size_t count = 0;
    int64_t key_us = SECOND_US;
    for (int64_t now_us = 0; now_us < 5 * SECOND_US; now_us += TURN_US) {
        bool key = now_us >= key_us;
        int64_t next_us = pace_next_us(&pace, key ? PACE_KEY : PACE_EVENT);
        assert_true(!key || next_us <= now_us);
        if (next_us <= now_us) {
            pace_painted(&pace, now_us);
            frames[count++] = now_us;
            key_us += key ? KEY_EVERY_US : 0;
        }
    }
    assert_true(most_in_a_second(count) <= PACE_FRAMES_MAX);
}

static void a_confirmation_keeps_its_distance(void **state)
{
    (void)state;
    struct pace pace = {0};
    assert_true(pace_next_us(&pace, PACE_CONFIRMATION) <
                0); /* the first frame of all waits for nothing */
    pace_painted(&pace, 5000);
    assert_true(pace_next_us(&pace, PACE_EVENT) <= 5000);
    assert_int_equal(pace_next_us(&pace, PACE_CONFIRMATION),
                     5000 + SECOND_US / PACE_FRAMES_MAX + 1);
}

/* Fifty events a second, each confirmed 1.5 ms later: what the frames of one second do not have
 * room for are confirmations, and they come with the next event. */
static void confirmations_make_room_for_events(void **state)
{
    (void)state;
    enum { STEP_US = 20000, ANSWER_US = 1500 };
    struct pace pace = {0};
    size_t count = 0;
    int64_t waiting_us = -1, longest_us = 0;
    for (int64_t event_us = 0; event_us < 10 * SECOND_US; event_us += STEP_US) {
        assert_true(pace_next_us(&pace, PACE_EVENT) <= event_us);
        pace_painted(&pace, event_us);
        frames[count++] = event_us;
        longest_us = waiting_us >= 0 && event_us - waiting_us > longest_us ? event_us - waiting_us
                                                                           : longest_us;
        waiting_us = event_us + ANSWER_US;
        int64_t next_us = pace_next_us(&pace, PACE_CONFIRMATION);
        next_us = next_us > waiting_us ? next_us : waiting_us;
        if (next_us < event_us + STEP_US) {
            pace_painted(&pace, next_us);
            frames[count++] = next_us;
            waiting_us = -1;
        }
    }
    assert_true(most_in_a_second(count) <= PACE_FRAMES_MAX);
    assert_true(longest_us <= STEP_US);
    assert_true(pace_next_us(&pace, PACE_CONFIRMATION) <=
                pace.last_us + 4 * STEP_US); /* the last one's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(confirmations_make_room_for_events),
        cmocka_unit_test(never_more_than_the_limit),
        cmocka_unit_test(fifty_events_a_second_never_wait),
        cmocka_unit_test(a_burst_is_painted_at_once),
        cmocka_unit_test(a_storm_leaves_room_for_a_key),
        cmocka_unit_test(a_confirmation_keeps_its_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
