#include "crew.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { HANDS_MAX = 32, SAID_MAX = 1 << 16 };
enum job { JOB_OPEN, JOB_TAKEN, JOB_GOOD, JOB_BAD };

/* What all hands and the test see. */
struct board {
    atomic_size_t next;
    unsigned char *states; /* a byte for each job */
    max_align_t results[];
};

struct hand {
    pid_t pid;
    int said; /* a file without a name: what the hand wrote in its present job */
};

static void fail(const char *what)
{
    perror(what);
    abort();
}

static void show(int said, int to)
{
    static char text[SAID_MAX];
    ssize_t len = pread(said, text, sizeof text, 0);
    for (ssize_t at = 0; at < len;) {
        ssize_t put = write(to, text + at, (size_t)(len - at));
        if (put <= 0 && errno != EINTR) {
            return;
        }
        at += put > 0 ? put : 0;
    }
}

static void forget(int said)
{
    if (ftruncate(said, 0) != 0 || lseek(said, 0, SEEK_SET) != 0) {
        fail("crew: output");
    }
}

/* Runs in the hand's process and does not return. */
static void be_hand(const struct crew *crew, struct board *board, const struct hand *hand)
{
    unsigned char *results = (unsigned char *)board->results;
    int screen = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    setenv("CMOCKA_TEST_ABORT", "1", 1); /* an assertion must not jump into the test's process */
    signal(SIGABRT, SIG_DFL);
    dup2(hand->said, STDOUT_FILENO);
    dup2(hand->said, STDERR_FILENO);
    setvbuf(stdout, NULL, _IONBF, 0);
    void *world = crew->arrive != NULL ? crew->arrive() : NULL;
    for (size_t job; (job = atomic_fetch_add(&board->next, 1)) < crew->jobs;) {
        board->states[job] = JOB_TAKEN;
        forget(hand->said);
        bool good = crew->work(world, job,
                               crew->result_size > 0 ? results + job * crew->result_size : NULL);
        board->states[job] = good ? JOB_GOOD : JOB_BAD;
        if (!good) {
            show(hand->said, screen);
        }
    }
    if (crew->leave != NULL) {
        crew->leave(world);
    }
    _exit(0);
}

static void hire(const struct crew *crew, struct board *board, struct hand *hand)
{
    char name[] = "/tmp/blotter-crew-XXXXXX";
    hand->said = mkstemp(name);
    if (hand->said < 0 || unlink(name) != 0 || fcntl(hand->said, F_SETFD, FD_CLOEXEC) != 0 ||
        fcntl(hand->said, F_SETFL, O_APPEND) != 0) {
        fail("crew: output");
    }
    hand->pid = fork();
    if (hand->pid < 0) {
        fail("fork");
    }
    if (hand->pid == 0) {
        be_hand(crew, board, hand);
    }
}

static void dismiss(const struct hand *hand)
{
    int status = 0;
    while (waitpid(hand->pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        show(hand->said, STDERR_FILENO);
        fprintf(stderr, "crew: a hand ended with %#x\n", (unsigned)status);
    }
    close(hand->said);
}

size_t crew_run(const struct crew *crew)
{
    struct hand hands[HANDS_MAX];
    size_t count = crew->hands < crew->jobs ? crew->hands : crew->jobs;
    size_t size = sizeof(struct board) + crew->jobs * (1 + crew->result_size);
    struct board *board =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (board == MAP_FAILED || count > HANDS_MAX) {
        fail("crew");
    }
    board->states = (unsigned char *)board->results + crew->jobs * crew->result_size;
    fflush(NULL);
    for (size_t i = 0; i < count; i++) {
        hire(crew, board, &hands[i]);
    }
    for (size_t i = 0; i < count; i++) {
        dismiss(&hands[i]);
    }
    size_t wrong = 0;
    for (size_t i = 0; i < crew->jobs; i++) {
        wrong += board->states[i] != JOB_GOOD;
    }
    if (crew->result_size > 0) {
        memcpy(crew->results, board->results, crew->jobs * crew->result_size);
    }
    munmap(board, size);
    return wrong;
}
