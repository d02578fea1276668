/* Connections that we wait for. See request.h. */
#include "request.h"

#include <blotter/core/alloc.h>
#include <blotter/core/linked.h>

#include <stdlib.h>
#include <sys/socket.h>

static int64_t patience_us(const struct server *server, enum seat_wait wait)
{
    static const int64_t seconds[SEAT_WAITS] = {
        [SEAT_BODY] = SERVER_BODY_SECONDS,
        [SEAT_NEXT] = SERVER_IDLE_SECONDS,
    };
    return wait == SEAT_HEAD ? server->settings.head_us : seconds[wait] * 1000000;
}

static void leave(struct server *server, struct seat *seat)
{
    if (seat->wait != SEAT_NONE) {
        LINKED_REMOVE(&server->seats[seat->wait], seat);
        seat->wait = SEAT_NONE;
    }
}

/* The library sees the end of the connection in its next turn. */
static void hang_up(struct server *server, struct seat *seat)
{
    leave(server, seat);
    shutdown(seat->fd, SHUT_RDWR);
    server->run_again = true;
}

/* Whoever comes in at the door pushes out who has been standing there longest. */
static void make_room(struct server *server)
{
    for (int wait = 0; server->seat_count > server->seat_limit && wait < SEAT_WAITS; wait++) {
        if (server->seats[wait].first != NULL) {
            hang_up(server, server->seats[wait].first);
            return;
        }
    }
}

struct seat *seat_new(struct server *server, int fd)
{
    struct seat *seat = mem_calloc(1, sizeof *seat);
    seat->wait = SEAT_NONE;
    seat->fd = fd;
    server->seat_count++;
    make_room(server);
    seat_await(server, seat, SEAT_HEAD);
    return seat;
}

void seat_free(struct server *server, struct seat *seat)
{
    leave(server, seat);
    server->seat_count--;
    free(seat);
}

void seat_await(struct server *server, struct seat *seat, enum seat_wait wait)
{
    leave(server, seat);
    if (wait == SEAT_NONE) {
        return;
    }
    struct seat_list *list = &server->seats[wait];
    seat->wait = wait;
    seat->deadline_us = loop_now(server->loop).mono_us + patience_us(server, wait);
    LINKED_APPEND(list, seat);
    if (list->first == seat) {
        seat_expire(server);
    }
}

void seat_expire(struct server *server)
{
    int64_t now_us = loop_now(server->loop).mono_us, next_us = MOMENT_NEVER;
    for (int wait = 0; wait < SEAT_WAITS; wait++) {
        struct seat_list *list = &server->seats[wait];
        while (list->first != NULL && list->first->deadline_us <= now_us) {
            hang_up(server, list->first);
        }
        if (list->first != NULL && list->first->deadline_us < next_us) {
            next_us = list->first->deadline_us;
        }
    }
    if (server->seat_timer != NULL) {
        loop_timer_set(server->seat_timer, next_us);
    }
}
