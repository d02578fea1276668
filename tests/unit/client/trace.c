#include <blotter/client/trace.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void test_a_line_a_step(void **state)
{
    (void)state;
    char path[] = "/tmp/blotter-trace-XXXXXX";
    close(mkstemp(path));
    struct trace *trace = trace_open(path);
    assert_non_null(trace);
    trace_step(trace, 12, "start", NULL);
    trace_step(trace, 34, "paint", "\"mask\":%u", 5u);
    trace_flush(trace);

    char text[256] = {0};
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    assert_true(fread(text, 1, sizeof text - 1, file) > 0);
    fclose(file);
    assert_string_equal(
        text, "{\"t\":12,\"step\":\"start\"}\n{\"t\":34,\"step\":\"paint\",\"mask\":5}\n");
    trace_close(trace);
    unlink(path);
}

static void test_a_new_file_is_private(void **state)
{
    (void)state;
    char directory[] = "/tmp/blotter-trace-XXXXXX", path[64];
    struct stat stat_;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/trace", directory);
    trace_close(trace_open(path));
    assert_int_equal(stat(path, &stat_), 0);
    assert_int_equal(stat_.st_mode & 0777, 0600);
    unlink(path);
    rmdir(directory);
}

static void test_no_trace_does_nothing(void **state)
{
    (void)state;
    trace_step(NULL, 1, "start", NULL);
    trace_flush(NULL);
    trace_close(NULL);
    assert_null(trace_open("/nonexistent/trace"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_line_a_step),
        cmocka_unit_test(test_a_new_file_is_private),
        cmocka_unit_test(test_no_trace_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
