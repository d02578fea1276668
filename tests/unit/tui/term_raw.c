/* What a terminal is left as when the program ends while it is being set up. */
#include <blotter/tui/term.h>

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

/* The linker gives us every change of the modes: the first one is where the program ends. */
int __real_tcsetattr(int fd, int when, const struct termios *modes);
int __wrap_tcsetattr(int fd, int when, const struct termios *modes);

static int end_with;

int __wrap_tcsetattr(int fd, int when, const struct termios *modes)
{
    int result = __real_tcsetattr(fd, when, modes);
    int signo = end_with;
    end_with = 0;
    if (signo != 0) {
        raise(signo);
    }
    return result;
}

static void run_child(const char *line, int signo)
{
    char error[TERM_ERROR_MAX];
    signal(signo, SIG_DFL); /* not the test runner's */
    setsid();
    int fd = open(line, O_RDWR);
    ioctl(fd, TIOCSCTTY, 0);
    dup2(fd, STDOUT_FILENO);
    setenv("TERM", "xterm", 1);
    struct term *term = term_open(&(struct term_settings){.mouse = true}, error);
    if (term == NULL) {
        _exit(3);
    }
    end_with = signo;
    term_start(term);
    _exit(4);
}

static void ends_with_the_modes_it_found(void **state)
{
    (void)state;
    static const int signals[] = {SIGABRT, SIGSEGV, SIGALRM};
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++) {
        struct termios before, after;
        int status = 0, master = posix_openpt(O_RDWR | O_NOCTTY);
        assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
        const char *line = ptsname(master);
        int slave = open(line, O_RDWR | O_NOCTTY); /* or the modes would go with the last reader */
        assert_int_equal(tcgetattr(slave, &before), 0);
        pid_t pid = fork();
        if (pid == 0) {
            run_child(line, signals[i]);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        if (!WIFSIGNALED(status) || WTERMSIG(status) != signals[i]) {
            fail_msg("status %x", (unsigned)status);
        }
        assert_int_equal(tcgetattr(slave, &after), 0);
        assert_int_equal(after.c_lflag, before.c_lflag);
        assert_int_equal(after.c_iflag, before.c_iflag);
        assert_int_equal(after.c_oflag, before.c_oflag);
        close(slave);
        close(master);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ends_with_the_modes_it_found)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
