/* How a program on a terminal has to end. */
#ifndef BLOTTER_TESTS_EXPECT_H
#define BLOTTER_TESTS_EXPECT_H

#include "pty.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static inline void expect_exit(struct pty *pty, int status)
{
    int actual = -1;
    bool ended = pty_wait_exit(pty, 0, &actual);
    if (!ended || actual != status) {
        fail_msg("%s %d; the screen is:\n%s", ended ? "exit status" : "does not end,", actual,
                 pty_screen(pty));
    }
}

/* The user leaves it: all is well, and it is no more. */
static inline void expect_quit(struct pty *pty)
{
    pty_send(pty, "q");
    expect_exit(pty, 0);
    pty_free(pty);
}

#endif
