#if defined(__linux__)
#define _GNU_SOURCE /* ppoll */
#endif
#include "loop_signal.h"
#include "loop_sleep.h"

#include <blotter/core/alloc.h>
#include <blotter/net/loop.h>

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define NO_SLOT (-1)

struct loop_fd {
    int fd;
    loop_fd_fn fn; /* NULL: cleared during this turn, removed at its end */
    void *user;
};

struct hook {
    loop_fn fn;
    void *user;
};

enum timer_state { TIMER_UNSET, TIMER_SET, TIMER_DUE };

struct loop_timer {
    struct loop *loop;
    loop_fn fn;
    void *user;
    int64_t at_mono_us;
    enum timer_state state;
    size_t place;            /* TIMER_SET: index in the heap */
    struct loop_timer *next; /* TIMER_DUE: the queue of those that fire in this turn */
    struct loop_timer *previous;
};

struct loop {
    struct moment now;
    int64_t woke_us;         /* the latest wait ended */
    int64_t slept_us;        /* by the machine, since it was started; it only grows */
    int64_t slept_before_us; /* the same when the loop was made */
    int sleep_fd;            /* -1: none */
    struct pollfd *polls;    /* beside fds, index by index */
    struct loop_fd *fds;
    size_t fd_count;
    size_t fd_room;
    bool has_holes;
    int *slot_of_fd;
    size_t slot_room;
    struct loop_timer **heap; /* the earliest at index 0 */
    size_t heap_count;
    size_t heap_room;
    struct loop_timer due; /* head of a ring */
    struct hook *hooks;
    size_t hook_count;
    struct loop_signals *signals;
    bool quit;
    int quit_status;
};

/* ---- clocks ---- */

static int64_t clock_us(clockid_t id)
{
    struct timespec time;
    clock_gettime(id, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

struct moment loop_refresh(struct loop *loop)
{
    loop->now.mono_us = clock_us(CLOCK_MONOTONIC);
    loop->now.wall_ms = clock_us(CLOCK_REALTIME) / 1000;
    return loop->now;
}

struct moment loop_now(struct loop *loop)
{
    return loop->now;
}

int64_t loop_turn_us(const struct loop *loop)
{
    return clock_us(CLOCK_MONOTONIC) - loop->woke_us;
}

/* A look at two clocks can be too short, when another program came between, but not too long. */
static void look_for_sleep(struct loop *loop)
{
    int64_t slept_us = sleep_total_us();
    loop->slept_us = slept_us > loop->slept_us ? slept_us : loop->slept_us;
}

int64_t loop_slept_us(const struct loop *loop)
{
    return loop->slept_us - loop->slept_before_us;
}

/* ---- file descriptors ---- */

static int slot_find(const struct loop *loop, int fd)
{
    return (size_t)fd < loop->slot_room ? loop->slot_of_fd[fd] : NO_SLOT;
}

static void slot_put(struct loop *loop, int fd, int slot)
{
    if ((size_t)fd >= loop->slot_room) {
        size_t room = (size_t)fd + 32;
        loop->slot_of_fd = mem_realloc(loop->slot_of_fd, room * sizeof *loop->slot_of_fd);
        for (size_t i = loop->slot_room; i < room; i++) {
            loop->slot_of_fd[i] = NO_SLOT;
        }
        loop->slot_room = room;
    }
    loop->slot_of_fd[fd] = slot;
}

static size_t fd_add(struct loop *loop)
{
    if (loop->fd_count == loop->fd_room) {
        loop->fd_room = loop->fd_room * 2 + 16;
        loop->polls = mem_realloc(loop->polls, loop->fd_room * sizeof *loop->polls);
        loop->fds = mem_realloc(loop->fds, loop->fd_room * sizeof *loop->fds);
    }
    return loop->fd_count++;
}

static short poll_events(unsigned events)
{
    return (short)(((events & LOOP_READ) ? POLLIN : 0) | ((events & LOOP_WRITE) ? POLLOUT : 0));
}

void loop_fd_set(struct loop *loop, int fd, unsigned events, loop_fd_fn fn, void *user)
{
    assert(fd >= 0 && fn != NULL);
    int found = slot_find(loop, fd);
    size_t slot = found == NO_SLOT ? fd_add(loop) : (size_t)found;
    if (found == NO_SLOT) {
        loop->polls[slot].revents = 0;
        slot_put(loop, fd, (int)slot);
    }
    /* poll reports a hang-up even to those who ask for nothing: such a one sleeps instead. */
    loop->polls[slot].fd = events != 0 ? fd : -1;
    loop->polls[slot].events = poll_events(events);
    loop->fds[slot] = (struct loop_fd){fd, fn, user};
}

void loop_fd_clear(struct loop *loop, int fd)
{
    int slot = fd >= 0 ? slot_find(loop, fd) : NO_SLOT;
    if (slot == NO_SLOT) {
        return;
    }
    loop->slot_of_fd[fd] = NO_SLOT;
    loop->polls[slot].fd = -1;
    loop->polls[slot].revents = 0;
    loop->fds[slot].fn = NULL;
    loop->has_holes = true;
}

static void fds_compact(struct loop *loop)
{
    size_t kept = 0;
    for (size_t i = 0; i < loop->fd_count; i++) {
        if (loop->fds[i].fn == NULL) {
            continue;
        }
        loop->fds[kept] = loop->fds[i];
        loop->polls[kept] = loop->polls[i];
        loop->slot_of_fd[loop->fds[i].fd] = (int)kept;
        kept++;
    }
    loop->fd_count = kept;
    loop->has_holes = false;
}

static unsigned reported_events(const struct pollfd *entry)
{
    unsigned events = 0;
    short end = entry->revents & (POLLHUP | POLLERR);
    if ((entry->revents & POLLIN) || (end && (entry->events & POLLIN))) {
        events |= LOOP_READ;
    }
    if (entry->revents & POLLOUT) {
        events |= LOOP_WRITE;
    }
    if (entry->revents & (POLLERR | POLLNVAL) || (end && events == 0)) {
        events |= LOOP_ERROR;
    }
    return events;
}

static void fds_dispatch(struct loop *loop, int ready)
{
    /* Descriptors added by a callback lie beyond count; those removed have no revents any more. */
    size_t count = loop->fd_count;
    for (size_t i = 0; i < count && ready > 0 && !loop->quit; i++) {
        if (loop->polls[i].revents == 0) {
            continue;
        }
        ready--;
        unsigned events = reported_events(&loop->polls[i]);
        struct loop_fd one = loop->fds[i];
        loop->polls[i].revents = 0;
        one.fn(one.user, one.fd, events);
    }
}

/* ---- timers: a binary heap, and a ring of those that are due ---- */

static void heap_place(struct loop *loop, struct loop_timer *timer, size_t place)
{
    loop->heap[place] = timer;
    timer->place = place;
}

static void heap_rise(struct loop *loop, struct loop_timer *timer, size_t place)
{
    while (place > 0 && loop->heap[(place - 1) / 2]->at_mono_us > timer->at_mono_us) {
        heap_place(loop, loop->heap[(place - 1) / 2], place);
        place = (place - 1) / 2;
    }
    heap_place(loop, timer, place);
}

static void heap_sink(struct loop *loop, struct loop_timer *timer, size_t place)
{
    for (;;) {
        size_t child = place * 2 + 1;
        if (child + 1 < loop->heap_count &&
            loop->heap[child + 1]->at_mono_us < loop->heap[child]->at_mono_us) {
            child++;
        }
        if (child >= loop->heap_count || loop->heap[child]->at_mono_us >= timer->at_mono_us) {
            break;
        }
        heap_place(loop, loop->heap[child], place);
        place = child;
    }
    heap_place(loop, timer, place);
}

static void heap_remove(struct loop *loop, struct loop_timer *timer)
{
    struct loop_timer *last = loop->heap[--loop->heap_count];
    if (last == timer) {
        return;
    }
    size_t place = timer->place;
    if (place > 0 && loop->heap[(place - 1) / 2]->at_mono_us > last->at_mono_us) {
        heap_rise(loop, last, place);
    } else {
        heap_sink(loop, last, place);
    }
}

static void due_append(struct loop *loop, struct loop_timer *timer)
{
    timer->previous = loop->due.previous;
    timer->next = &loop->due;
    loop->due.previous->next = timer;
    loop->due.previous = timer;
    timer->state = TIMER_DUE;
}

static void timer_unset(struct loop_timer *timer)
{
    if (timer->state == TIMER_SET) {
        heap_remove(timer->loop, timer);
    } else if (timer->state == TIMER_DUE) {
        timer->previous->next = timer->next;
        timer->next->previous = timer->previous;
    }
    timer->state = TIMER_UNSET;
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_fn fn, void *user)
{
    struct loop_timer *timer = mem_calloc(1, sizeof *timer);
    timer->loop = loop;
    timer->fn = fn;
    timer->user = user;
    return timer;
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer != NULL) {
        timer_unset(timer);
        free(timer);
    }
}

void loop_timer_set(struct loop_timer *timer, int64_t at_mono_us)
{
    struct loop *loop = timer->loop;
    if (timer->state == TIMER_SET && timer->at_mono_us == at_mono_us) {
        return;
    }
    timer_unset(timer);
    if (at_mono_us == MOMENT_NEVER) {
        return;
    }
    if (loop->heap_count == loop->heap_room) {
        loop->heap_room = loop->heap_room * 2 + 16;
        loop->heap = mem_realloc(loop->heap, loop->heap_room * sizeof(struct loop_timer *));
    }
    timer->at_mono_us = at_mono_us;
    timer->state = TIMER_SET;
    heap_rise(loop, timer, loop->heap_count++);
}

/* Those due are taken out first: one that sets itself again fires in a later turn, not for ever. */
static void timers_run(struct loop *loop)
{
    while (loop->heap_count > 0 && loop->heap[0]->at_mono_us <= loop->now.mono_us) {
        struct loop_timer *timer = loop->heap[0];
        heap_remove(loop, timer);
        due_append(loop, timer);
    }
    while (loop->due.next != &loop->due && !loop->quit) {
        struct loop_timer *timer = loop->due.next;
        timer_unset(timer);
        timer->fn(timer->user);
    }
}

/* ---- signals, hooks, the turn ---- */

static void on_signal_pipe(void *user, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    loop_signals_deliver(((struct loop *)user)->signals);
}

void loop_signal(struct loop *loop, int signo, loop_signal_fn fn, void *user)
{
    if (loop->signals == NULL) {
        loop->signals = loop_signals_new();
        loop_fd_set(loop, loop_signals_fd(loop->signals), LOOP_READ, on_signal_pipe, loop);
    }
    loop_signals_add(loop->signals, signo, fn, user);
}

void loop_before_wait(struct loop *loop, loop_fn fn, void *user)
{
    for (size_t i = 0; i < loop->hook_count; i++) {
        if (loop->hooks[i].fn == NULL) {
            loop->hooks[i] = (struct hook){fn, user};
            return;
        }
    }
    loop->hooks = mem_realloc(loop->hooks, (loop->hook_count + 1) * sizeof *loop->hooks);
    loop->hooks[loop->hook_count++] = (struct hook){fn, user};
}

void loop_before_wait_remove(struct loop *loop, loop_fn fn, void *user)
{
    for (size_t i = 0; i < loop->hook_count; i++) {
        if (loop->hooks[i].fn == fn && loop->hooks[i].user == user) {
            loop->hooks[i].fn = NULL; /* its place is kept: the hooks may be running */
        }
    }
}

/* The clocks were set, or the machine woke up: the end of the wait was all that was wanted. */
static void on_sleep_fd(void *user, int fd, unsigned events)
{
    (void)user;
    (void)events;
    sleep_fd_arm(fd);
}

struct loop *loop_new(void)
{
    struct loop *loop = mem_calloc(1, sizeof *loop);
    loop->due.next = loop->due.previous = &loop->due;
    loop_refresh(loop);
    loop->slept_us = loop->slept_before_us = sleep_total_us();
    loop->sleep_fd = sleep_fd_new();
    if (loop->sleep_fd >= 0) {
        loop_fd_set(loop, loop->sleep_fd, LOOP_READ, on_sleep_fd, loop);
    }
    return loop;
}

void loop_free(struct loop *loop)
{
    if (loop == NULL) {
        return;
    }
    loop_signals_free(loop->signals);
    if (loop->sleep_fd >= 0) {
        close(loop->sleep_fd);
    }
    free(loop->polls);
    free(loop->fds);
    free(loop->slot_of_fd);
    free(loop->heap);
    free(loop->hooks);
    free(loop);
}

/* A timer is late by microseconds, not by a rounded millisecond, where the system can. */
static int wait_until(struct loop *loop, int64_t wait_us)
{
#if defined(__linux__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__DragonFly__)
    struct timespec wait = {.tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000};
    return ppoll(loop->polls, (nfds_t)loop->fd_count, wait_us < 0 ? NULL : &wait, NULL);
#else
    int64_t wait_ms = wait_us < 0 ? -1 : (wait_us + 999) / 1000;
    return poll(loop->polls, (nfds_t)loop->fd_count, (int)(wait_ms < 60000 ? wait_ms : 60000));
#endif
}

static int64_t wait_length_us(struct loop *loop)
{
    int64_t most_us = loop->sleep_fd >= 0 ? -1 : sleep_wait_max_us();
    if (loop->heap_count == 0) {
        return most_us;
    }
    int64_t left_us = loop->heap[0]->at_mono_us - clock_us(CLOCK_MONOTONIC);
    left_us = left_us > 0 ? left_us : 0;
    return most_us >= 0 && most_us < left_us ? most_us : left_us;
}

static void hooks_run(struct loop *loop)
{
    for (size_t i = 0; i < loop->hook_count && !loop->quit; i++) {
        if (loop->hooks[i].fn != NULL) {
            loop->hooks[i].fn(loop->hooks[i].user);
        }
    }
}

static void turn(struct loop *loop)
{
    timers_run(loop);
    hooks_run(loop);
    if (loop->quit) {
        return;
    }
    if (loop->has_holes) {
        fds_compact(loop);
    }
    int ready = wait_until(loop, wait_length_us(loop));
    if (ready < 0 && errno != EINTR && errno != EAGAIN) {
        perror("blotter: poll");
        abort();
    }
    loop->woke_us = loop_refresh(loop).mono_us;
    look_for_sleep(loop);
    fds_dispatch(loop, ready);
}

int loop_run(struct loop *loop)
{
    loop->woke_us = loop_refresh(loop).mono_us;
    while (!loop->quit) {
        turn(loop);
    }
    loop->quit = false;
    return loop->quit_status;
}

void loop_quit(struct loop *loop, int status)
{
    loop->quit = true;
    loop->quit_status = status;
}
