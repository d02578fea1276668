#include <blotter/core/buf.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_grows_up_to_its_ceiling(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 100);
    for (int i = 0; i < 10; i++) {
        assert_true(buf_append_text(&buf, "0123456789"));
    }
    assert_int_equal(buf.len, 100);
    assert_false(buf_append(&buf, "x", 1));
    assert_false(buf_printf(&buf, "%d", 1));
    assert_true(buf_append(&buf, "", 0));
    assert_int_equal(strlen(buf.data), 100);
    buf_consume(&buf, 95);
    assert_string_equal(buf.data, "56789");
    assert_true(buf_printf(&buf, "%05d", 42));
    assert_string_equal(buf.data, "5678900042");
    buf_consume(&buf, 1000);
    assert_int_equal(buf.len, 0);
    buf_done(&buf);
}

static void test_take_hands_over_the_bytes(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, SIZE_MAX);
    size_t len = 9;
    char *empty = buf_take(&buf, &len);
    assert_string_equal(empty, "");
    assert_int_equal(len, 0);
    free(empty);
    assert_true(buf_append(&buf, "a\0b", 3));
    char *text = buf_take(&buf, &len);
    assert_int_equal(len, 3);
    assert_memory_equal(text, "a\0b", 4);
    free(text);
    assert_null(buf.data);
    buf_done(&buf);
}

static void test_a_part_of_a_url_that_does_not_fit_is_told(void **state)
{
    (void)state;
    struct buf buf;
    buf_init(&buf, 6);
    assert_true(buf_append_url(&buf, "a/~"));
    assert_string_equal(buf.data, "a%2F~");
    assert_false(buf_append_url(&buf, "/"));
    buf_done(&buf);
}

static void test_what_was_appended_last_is_taken_back(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        const char *left;
    } rows[] = {{9, "abcdef"}, {6, "abcdef"}, {4, "abcd"}, {4, "abcd"}, {0, ""}};
    struct buf buf;
    buf_init(&buf, 64);
    buf_cut(&buf, 0); /* of nothing, nothing */
    assert_int_equal(buf.len, 0);
    buf_append_text(&buf, "abcdef");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buf_cut(&buf, rows[i].len);
        assert_string_equal(buf.data, rows[i].left);
        assert_int_equal(buf.len, strlen(rows[i].left));
    }
    buf_done(&buf);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_grows_up_to_its_ceiling),
        cmocka_unit_test(test_take_hands_over_the_bytes),
        cmocka_unit_test(test_what_was_appended_last_is_taken_back),
        cmocka_unit_test(test_a_part_of_a_url_that_does_not_fit_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
