#include "relay.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define LINKS_MAX 256

struct relay {
    int listen_fd, to_port;
    int control[2]; /* "d": die; closed: end */
    char url[64];
    pthread_t thread;
    pthread_mutex_t lock;
    size_t count;
    size_t alive_from; /* links before this one have died */
    int links[LINKS_MAX][2];
};

static int socket_to(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    int on = 1, fd = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return -1;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    return fd;
}

static void take_connection(struct relay *relay)
{
    int fd = accept(relay->listen_fd, NULL, NULL);
    int up = fd >= 0 ? socket_to(relay->to_port) : -1;
    pthread_mutex_lock(&relay->lock);
    if (up >= 0 && relay->count < LINKS_MAX) {
        relay->links[relay->count][0] = fd;
        relay->links[relay->count][1] = up;
        relay->count++;
    } else if (fd >= 0) {
        close(fd);
    }
    pthread_mutex_unlock(&relay->lock);
}

/* False: one of them has closed. */
static bool pump(int from, int to)
{
    char bytes[16384];
    ssize_t got = recv(from, bytes, sizeof bytes, 0);
    for (ssize_t sent = 0; sent < got;) {
        ssize_t put = send(to, bytes + sent, (size_t)(got - sent), MSG_NOSIGNAL);
        if (put <= 0) {
            return false;
        }
        sent += put;
    }
    return got > 0;
}

static void close_link(struct relay *relay, size_t i)
{
    for (int end = 0; end < 2; end++) {
        if (relay->links[i][end] >= 0) {
            close(relay->links[i][end]);
            relay->links[i][end] = -1;
        }
    }
}

static void *run(void *user)
{
    struct relay *relay = user;
    for (;;) {
        struct pollfd fds[2 + 2 * LINKS_MAX] = {{relay->listen_fd, POLLIN, 0},
                                                {relay->control[0], POLLIN, 0}};
        for (size_t i = 0; i < LINKS_MAX; i++) {
            bool lives = i >= relay->alive_from && i < relay->count;
            for (int end = 0; end < 2; end++) {
                fds[2 + 2 * i + (size_t)end].fd = lives ? relay->links[i][end] : -1;
                fds[2 + 2 * i + (size_t)end].events = POLLIN;
            }
        }
        poll(fds, sizeof fds / sizeof *fds, -1);
        if (fds[1].revents != 0) {
            char what;
            if (read(relay->control[0], &what, 1) != 1) {
                return NULL;
            }
            pthread_mutex_lock(&relay->lock);
            relay->alive_from = relay->count;
            pthread_mutex_unlock(&relay->lock);
            continue;
        }
        for (size_t i = relay->alive_from; i < relay->count; i++) {
            for (int end = 0; end < 2; end++) {
                if (fds[2 + 2 * i + (size_t)end].revents != 0 && relay->links[i][0] >= 0 &&
                    !pump(relay->links[i][end], relay->links[i][1 - end])) {
                    close_link(relay, i);
                }
            }
        }
        if (fds[0].revents != 0) {
            take_connection(relay);
        }
    }
}

struct relay *relay_new(int to_port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    struct relay *relay = calloc(1, sizeof *relay);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (relay == NULL || (relay->listen_fd = socket(AF_INET, SOCK_STREAM, 0)) < 0 ||
        bind(relay->listen_fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        listen(relay->listen_fd, 64) != 0 ||
        getsockname(relay->listen_fd, (struct sockaddr *)&address, &len) != 0 ||
        pipe(relay->control) != 0) {
        perror("relay");
        abort();
    }
    relay->to_port = to_port;
    snprintf(relay->url, sizeof relay->url, "http://127.0.0.1:%d", ntohs(address.sin_port));
    pthread_mutex_init(&relay->lock, NULL);
    if (pthread_create(&relay->thread, NULL, run, relay) != 0) {
        abort();
    }
    return relay;
}

void relay_free(struct relay *relay)
{
    close(relay->control[1]);
    pthread_join(relay->thread, NULL);
    for (size_t i = 0; i < relay->count; i++) {
        close_link(relay, i);
    }
    close(relay->control[0]);
    close(relay->listen_fd);
    pthread_mutex_destroy(&relay->lock);
    free(relay);
}

const char *relay_url(const struct relay *relay)
{
    return relay->url;
}

void relay_let_die(struct relay *relay)
{
    if (write(relay->control[1], "d", 1) != 1) {
        abort();
    }
}

size_t relay_connections(struct relay *relay)
{
    pthread_mutex_lock(&relay->lock);
    size_t count = relay->count;
    pthread_mutex_unlock(&relay->lock);
    return count;
}
