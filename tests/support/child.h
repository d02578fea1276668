/* child: what a process that a test starts should not inherit from the test. */
#ifndef BLOTTER_TEST_CHILD_H
#define BLOTTER_TEST_CHILD_H

#include <signal.h>

/* What the test was told to ignore (a background job of a script) is not the program's. */
static inline void child_usual_signals(void)
{
    signal(SIGINT, SIG_DFL);
    signal(SIGQUIT, SIG_DFL);
    signal(SIGHUP, SIG_DFL);
}

#endif
