#include <blotter/core/fault.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_text_is_cut_and_cleaned(void **state)
{
    (void)state;
    struct fault fault;
    fault_set(&fault, FAULT_SERVER, 500, "%s", "a\x1b[31mred\nline\x7f\xc2\x9b");
    assert_string_equal(fault.text, "a?[31mred?line???");
    assert_int_equal(fault.retry_after_ms, -1);

    char longer[400];
    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    fault_set(&fault, FAULT_SERVER, 500, "%s", longer);
    assert_int_equal(strlen(fault.text), sizeof fault.text - 1);
}

/* What somebody else says keeps its letters, and neither hides nor acts. */
static void test_appended(void **state)
{
    (void)state;
    struct fault fault;
    char longer[2 * FAULT_TEXT_BYTES + 1];
    fault_set(&fault, FAULT_HTTP, 422, "no");
    fault_append(&fault, "");
    assert_string_equal(fault.text, "no");
    fault_append(&fault, "zu gro\xc3\x9f\x1b[2J\xe2\x80\xae\xff");
    assert_string_equal(fault.text, "no: zu gro\xc3\x9f[2J\xef\xbf\xbd");
    for (size_t i = 0; i < sizeof longer - 1; i += 2) {
        memcpy(longer + i, "\xc3\x9f", 2);
    }
    longer[sizeof longer - 1] = '\0';
    fault_append(&fault, longer);
    size_t len = strlen(fault.text);
    assert_true(len < sizeof fault.text && len > sizeof fault.text - 8);
    assert_int_equal((unsigned char)fault.text[len - 1], 0x9f);
    fault_set(&fault, FAULT_HTTP, 422, "%0*d", FAULT_TEXT_BYTES, 1);
    fault_append(&fault, "more");
    assert_int_equal(strlen(fault.text), sizeof fault.text - 1);
}

static void test_every_kind_has_a_name(void **state)
{
    (void)state;
    for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
        assert_non_null(fault_kind_name((enum fault_kind)kind));
    }
    assert_true(fault_is_outage(FAULT_CONNECT));
    assert_false(fault_is_outage(FAULT_HTTP));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_cut_and_cleaned),
        cmocka_unit_test(test_appended),
        cmocka_unit_test(test_every_kind_has_a_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
