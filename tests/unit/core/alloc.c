#include <blotter/core/alloc.h>

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs it in a process of its own; its last words into words. Returns the signal that ended it. */
static int run_apart(void (*fn)(void), char words[64])
{
    const struct rlimit no_core = {0, 0};
    int ends[2], status = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        fn();
        _exit(0);
    }
    close(ends[1]);
    ssize_t got = read(ends[0], words, 63);
    words[got > 0 ? got : 0] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

/* The product wraps to a size that could be had. */
static void ask_for_a_wrapping_array(void)
{
    free(mem_realloc_array(NULL, SIZE_MAX / 8 + 2, 8));
}

static void test_a_size_that_wraps_is_never_had(void **state)
{
    (void)state;
    char words[64];
    assert_int_equal(run_apart(ask_for_a_wrapping_array, words), SIGABRT);
    assert_string_equal(words, "blotter: out of memory\n");
    assert_false(mem_ran_out());
}

static void test_nothing_is_something(void **state)
{
    (void)state;
    void *one = mem_alloc(0), *two = mem_calloc(0, 8), *three = mem_realloc_array(NULL, 0, 8);
    char *text = mem_dup(NULL, 0);
    assert_non_null(one);
    assert_non_null(two);
    assert_non_null(three);
    assert_string_equal(text, "");
    free(one);
    free(two);
    free(three);
    free(text);
}

static void test_a_printed_text_is_as_long_as_it_is(void **state)
{
    (void)state;
    char *text = mem_printf("%s/%0300d", "a", 7), *empty = mem_printf("%s", "");
    assert_int_equal(strlen(text), 302);
    assert_int_equal(text[301], '7');
    assert_string_equal(empty, "");
    free(text);
    free(empty);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_size_that_wraps_is_never_had),
        cmocka_unit_test(test_nothing_is_something),
        cmocka_unit_test(test_a_printed_text_is_as_long_as_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
