#include "db_hint.h"

#include <blotter/core/alloc.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__linux__)
#include <sys/inotify.h>
#elif defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__) || \
    defined(__DragonFly__)
#define DB_HINT_KQUEUE 1
#include <sys/event.h>
#include <sys/time.h>
#endif

/*
 * A commit becomes visible a moment after the write that announces it (the log is written, perhaps
 * synced to a slow disk, and only then is its index updated, through memory that nobody can watch).
 * So after a hint we look again, soon at first, then less often, and stop.
 */
static const int LOOK_AGAIN_MS[] = {0,  1,  2,  4,  8,  15, 20, 30, 40, 40, 40,
                                    40, 40, 40, 40, 40, 40, 40, 40, 40, 40};
#define LOOKS (sizeof LOOK_AGAIN_MS / sizeof *LOOK_AGAIN_MS)

struct db_hint {
    struct loop *loop;
    struct loop_timer *timer;
    loop_fn fn;
    void *user;
    int fd;       /* inotify or kqueue, -1: only the timer */
    int files[2]; /* kqueue: the database and its log */
    size_t look;
};

static void schedule(struct db_hint *hint)
{
    int wait_ms = hint->look < LOOKS ? LOOK_AGAIN_MS[hint->look] : DB_HINT_POLL_MS;
    if (hint->look >= LOOKS && hint->fd >= 0) {
        return;
    }
    loop_timer_set(hint->timer, loop_now(hint->loop).mono_us + wait_ms * INT64_C(1000));
}

static void on_timer(void *user)
{
    struct db_hint *hint = user;
    hint->look += hint->look < LOOKS ? 1 : 0;
    schedule(hint);
    hint->fn(hint->user);
}

#if defined(__linux__)

/* The database and its log, which is there as long as we have the database open. */
static int open_hint(struct db_hint *hint, const char *db_path)
{
    (void)hint;
    int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    size_t size = strlen(db_path) + sizeof "-wal";
    char *path = mem_alloc(size);
    for (int i = 0; i < 2 && fd >= 0; i++) {
        snprintf(path, size, "%s%s", db_path, i == 0 ? "" : "-wal");
        if (inotify_add_watch(fd, path, IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVE_SELF) <
            0) {
            close(fd);
            fd = -1;
        }
    }
    free(path);
    return fd;
}

/* Once a turn, not until there is no more: a busy writer must not keep us here. */
static void drain(struct db_hint *hint)
{
    char buffer[4096] __attribute__((aligned(8)));
    if (read(hint->fd, buffer, sizeof buffer) < 0) {
        return; /* nothing there after all: what is left is read in the next turn */
    }
}

#elif defined(DB_HINT_KQUEUE)

static int open_hint(struct db_hint *hint, const char *db_path)
{
    int fd = kqueue();
    size_t len = strlen(db_path);
    char *path = mem_alloc(len + sizeof "-wal");
    for (int i = 0; i < 2 && fd >= 0; i++) {
        snprintf(path, len + sizeof "-wal", "%s%s", db_path, i == 0 ? "" : "-wal");
        hint->files[i] = open(path, O_RDONLY | O_CLOEXEC);
        struct kevent change;
        EV_SET(&change, (uintptr_t)hint->files[i], EVFILT_VNODE, EV_ADD | EV_CLEAR,
               NOTE_WRITE | NOTE_EXTEND | NOTE_DELETE, 0, NULL);
        if (hint->files[i] < 0 || kevent(fd, &change, 1, NULL, 0, NULL) < 0) {
            close(fd);
            fd = -1;
        }
    }
    free(path);
    return fd;
}

static void drain(struct db_hint *hint)
{
    struct kevent events[8];
    const struct timespec at_once = {0, 0};
    if (kevent(hint->fd, NULL, 0, events, 8, &at_once) < 0) {
        return;
    }
}

#else

static int open_hint(struct db_hint *hint, const char *db_path)
{
    (void)hint;
    (void)db_path;
    return -1;
}

static void drain(struct db_hint *hint)
{
    (void)hint;
}

#endif

static void on_hint(void *user, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    struct db_hint *hint = user;
    drain(hint);
    hint->look = 1;
    schedule(hint);
    hint->fn(hint->user);
}

struct db_hint *db_hint_new(struct loop *loop, const char *db_path, loop_fn fn, void *user)
{
    struct db_hint *hint = mem_calloc(1, sizeof *hint);
    hint->loop = loop;
    hint->fn = fn;
    hint->user = user;
    hint->files[0] = hint->files[1] = -1;
    hint->timer = loop_timer_new(loop, on_timer, hint);
    hint->fd = open_hint(hint, db_path);
    if (hint->fd >= 0) {
        loop_fd_set(loop, hint->fd, LOOP_READ, on_hint, hint);
    }
    schedule(hint);
    return hint;
}

void db_hint_free(struct db_hint *hint)
{
    if (hint == NULL) {
        return;
    }
    if (hint->fd >= 0) {
        loop_fd_clear(hint->loop, hint->fd);
        close(hint->fd);
    }
    for (int i = 0; i < 2; i++) {
        if (hint->files[i] >= 0) {
            close(hint->files[i]);
        }
    }
    loop_timer_free(hint->timer);
    free(hint);
}
