#include <blotter/core/latency.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_percentiles_are_nearest_rank(void **state)
{
    (void)state;
    static const struct {
        int64_t first, count;
        int64_t p50, p95, p99;
    } rows[] = {
        {7, 1, 7, 7, 7},
        {1, 2, 1, 2, 2},
        {1, 100, 50, 95, 99},
        {1, 200, 100, 190, 198},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct latency latency = {0};
        for (int64_t k = rows[i].count - 1; k >= 0; k--) {
            latency_add(&latency, rows[i].first + k);
        }
        struct latency_summary summary = latency_summary(&latency);
        assert_int_equal(summary.count, rows[i].count);
        assert_int_equal(summary.p50_us, rows[i].p50);
        assert_int_equal(summary.p95_us, rows[i].p95);
        assert_int_equal(summary.p99_us, rows[i].p99);
    }
}

static void test_only_the_last_samples_count(void **state)
{
    (void)state;
    struct latency latency = {0};
    for (int64_t i = 0; i < 3 * LATENCY_SAMPLES; i++) {
        latency_add(&latency, i < 2 * LATENCY_SAMPLES ? 1000000 : 5);
    }
    struct latency_summary summary = latency_summary(&latency);
    assert_int_equal(summary.count, LATENCY_SAMPLES);
    assert_int_equal(summary.p99_us, 5);
}

static int ascending(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Whatever comes and goes: what is kept in order is what sorting the ring would give. */
static void test_kept_order_is_the_sorted_ring(void **state)
{
    (void)state;
    struct latency latency = {0};
    uint32_t dice = 1;
    for (int i = 0; i < 4 * LATENCY_SAMPLES; i++) {
        int64_t sorted[LATENCY_SAMPLES];
        dice = dice * 1664525u + 1013904223u;
        latency_add(&latency, (int64_t)(dice >> 24)); /* few values, so that many are equal */
        memcpy(sorted, latency.samples_us, sizeof sorted);
        qsort(sorted, latency.count, sizeof *sorted, ascending);
        assert_memory_equal(sorted, latency.sorted_us, latency.count * sizeof *sorted);
    }
}

static void test_nothing_yet_and_backward_clocks(void **state)
{
    (void)state;
    struct latency latency = {0};
    assert_int_equal(latency_summary(&latency).count, 0);
    latency_add(&latency, -3);
    assert_int_equal(latency_summary(&latency).p50_us, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_percentiles_are_nearest_rank),
        cmocka_unit_test(test_only_the_last_samples_count),
        cmocka_unit_test(test_kept_order_is_the_sorted_ring),
        cmocka_unit_test(test_nothing_yet_and_backward_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
