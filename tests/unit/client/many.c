/* A server that sends rows by the hundred thousand is read in the time that it takes to read them.
 */
#include "client/asking_gone.h"
#include "client/asking_pages.h"
#include "client/marks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ROWS = 400000 };

static void put_rows(struct buf *rows, size_t from, size_t count)
{
    for (size_t i = from; i < from + count; i++) {
        assert_true(buf_printf(rows, "%s{\"id\":%zu}", rows->len > 0 ? "," : "", i));
    }
}

static void test_pages(void **state)
{
    (void)state;
    struct buf rows;
    buf_init(&rows, (size_t)64 << 20);
    put_rows(&rows, 0, ROWS);
    size_t once = rows.len;
    put_rows(&rows, 0, ROWS); /* all of it has moved to the second page */
    asking_pages_join(&rows, 0);
    assert_int_equal(rows.len, once);
    buf_done(&rows);
}

static void test_gone(void **state)
{
    (void)state;
    struct asking_gone *gone = asking_gone_new();
    struct buf rows;
    buf_init(&rows, (size_t)64 << 20);
    put_rows(&rows, 0, ROWS);
    size_t once = rows.len;
    asking_gone_add(gone, &rows);
    assert_int_equal(rows.len, once);
    asking_gone_add(gone, &rows);
    assert_int_equal(rows.len, once);
    buf_clear(&rows);
    put_rows(&rows, 2, ROWS - 2);
    once = rows.len;
    asking_gone_add(gone, &rows);
    static const char ending[] = ",{\"id\":0,\"status\":\"gone\",\"class\":\"unknown\"},"
                                 "{\"id\":1,\"status\":\"gone\",\"class\":\"unknown\"}";
    assert_string_equal(rows.data + once, ending);
    asking_gone_free(gone);
    buf_done(&rows);
}

static void test_marks(void **state)
{
    (void)state;
    struct marks marks = {0};
    assert_false(marks_has(&marks, 7));
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t mark = i << 32; /* whose low bits are alike, 0 among them */
        assert_false(marks_has(&marks, mark));
        assert_true(marks_add(&marks, mark));
        assert_false(marks_add(&marks, mark));
        assert_true(marks_has(&marks, mark));
    }
    marks_done(&marks);
    assert_false(marks_has(&marks, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
