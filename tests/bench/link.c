#include "link.h"
#include "witness.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PAIRS_MAX = 32, CHUNK_BYTES = 1460, QUEUE_MAX = 1 << 22, DOWN = 0, UP = 1 };

struct link_page {
    struct link_options options;
    int listener, control;
    _Atomic uint64_t bytes[2];
};

/* Bytes on the wire, each piece with the time it arrives. */
struct chunk {
    struct chunk *next;
    int64_t due_us;
    size_t len, sent;
    char bytes[CHUNK_BYTES];
};

struct wire {
    struct chunk *first, **last;
    size_t queued;
    bool ended; /* the sender has closed its side */
};

struct pair {
    int fd[2]; /* [DOWN]: the program's side, where down bytes go; [UP]: the server's */
    struct wire wire[2];
    bool used, frozen;
    int64_t moved_us; /* when a byte came last */
};

struct relay {
    struct link_page *page;
    struct pair pairs[PAIRS_MAX];
    int64_t free_us[2]; /* when the wire has room for the next byte */
    bool blocked;
};

/* --- one pair ----------------------------------------------------------------------------- */

static void pair_close(struct pair *pair)
{
    for (int way = 0; way < 2; way++) {
        close(pair->fd[way]);
        while (pair->wire[way].first != NULL) {
            struct chunk *chunk = pair->wire[way].first;
            pair->wire[way].first = chunk->next;
            free(chunk);
        }
    }
    *pair = (struct pair){0};
}

static void pair_open(struct relay *relay, int program)
{
    int server = connect_loopback(relay->page->options.port);
    int one = 1;
    setsockopt(program, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    for (size_t i = 0; server >= 0 && i < PAIRS_MAX; i++) {
        struct pair *pair = &relay->pairs[i];
        if (!pair->used) {
            *pair = (struct pair){.fd = {program, server}, .used = true, .moved_us = now_us()};
            pair->wire[DOWN].last = &pair->wire[DOWN].first;
            pair->wire[UP].last = &pair->wire[UP].first;
            return;
        }
    }
    close(program);
    if (server >= 0) {
        close(server);
    }
}

/* When the last bit of so many bytes has left, given what is on the wire already. */
static int64_t transmitted_us(struct relay *relay, int way, size_t len)
{
    int64_t now = now_us(), bits_per_s = relay->page->options.bits_per_s;
    if (relay->free_us[way] < now) {
        relay->free_us[way] = now;
    }
    if (bits_per_s > 0) {
        relay->free_us[way] += (int64_t)len * 8 * 1000000 / bits_per_s;
    }
    return relay->free_us[way];
}

/* Reads what the sender of a way has to say. False when the pair is to be closed. */
static bool take_in(struct relay *relay, struct pair *pair, int way)
{
    struct wire *wire = &pair->wire[way];
    struct chunk *chunk = calloc(1, sizeof *chunk);
    if (chunk == NULL) {
        abort();
    }
    ssize_t got = recv(pair->fd[1 - way], chunk->bytes, sizeof chunk->bytes, MSG_DONTWAIT);
    if (got <= 0) {
        free(chunk);
        wire->ended = wire->ended || got == 0;
        return got == 0 || wire->ended;
    }
    chunk->len = (size_t)got;
    pair->moved_us = now_us();
    chunk->due_us =
        transmitted_us(relay, way, chunk->len) + (int64_t)relay->page->options.delay_ms * 1000;
    *wire->last = chunk;
    wire->last = &chunk->next;
    wire->queued += chunk->len;
    return true;
}

/* Hands over what is due. False when the pair is to be closed. */
static bool hand_over(struct relay *relay, struct pair *pair, int way)
{
    struct wire *wire = &pair->wire[way];
    while (wire->first != NULL && wire->first->due_us <= now_us()) {
        struct chunk *chunk = wire->first;
        ssize_t sent =
            send(pair->fd[way], chunk->bytes + chunk->sent, chunk->len - chunk->sent, MSG_NOSIGNAL);
        if (sent <= 0) {
            return false;
        }
        chunk->sent += (size_t)sent;
        wire->queued -= (size_t)sent;
        relay->page->bytes[way] += (uint64_t)sent;
        if (chunk->sent == chunk->len) {
            wire->first = chunk->next;
            wire->last = wire->first == NULL ? &wire->first : wire->last;
            free(chunk);
        }
    }
    return !(wire->ended && wire->first == NULL);
}

/* --- the child ---------------------------------------------------------------------------- */

static bool take_command(struct relay *relay)
{
    char command;
    if (read(relay->page->control, &command, 1) != 1) {
        return false;
    }
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        struct pair *pair = &relay->pairs[i];
        if (pair->used && command == 'c') {
            pair_close(pair);
        }
        pair->frozen = pair->frozen || (pair->used && command == 'f');
    }
    relay->blocked = command == 'b' || (relay->blocked && command != 'u');
    return true;
}

static void take_connection(struct relay *relay)
{
    int program = accept(relay->page->listener, NULL, NULL);
    if (program >= 0 && relay->blocked) {
        close(program);
    } else if (program >= 0) {
        pair_open(relay, program);
    }
}

static int64_t next_due_us(const struct relay *relay)
{
    int64_t due = now_us() + INT64_C(3600000000);
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        const struct pair *pair = &relay->pairs[i];
        for (int way = 0; pair->used && !pair->frozen && way < 2; way++) {
            const struct chunk *first = pair->wire[way].first;
            due = first != NULL && first->due_us < due ? first->due_us : due;
        }
        int64_t idle_us = pair->moved_us + (int64_t)relay->page->options.idle_ms * 1000;
        bool closes = pair->used && relay->page->options.idle_ms > 0;
        due = closes && idle_us < due ? idle_us : due;
    }
    return due;
}

static void relay_wait(struct relay *relay, struct pollfd *poll_fds)
{
    poll_fds[0] = (struct pollfd){.fd = relay->page->listener, .events = POLLIN};
    poll_fds[1] = (struct pollfd){.fd = relay->page->control, .events = POLLIN};
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        struct pair *pair = &relay->pairs[i];
        for (int way = 0; way < 2; way++) {
            const struct wire *wire = &pair->wire[way];
            bool open = pair->used && !pair->frozen && !wire->ended && wire->queued < QUEUE_MAX;
            poll_fds[2 + i * 2 + (size_t)way] =
                (struct pollfd){.fd = open ? pair->fd[1 - way] : -1, .events = POLLIN};
        }
    }
    wait_many(poll_fds, 2 + 2 * PAIRS_MAX, next_due_us(relay));
}

static void relay_pairs(struct relay *relay, const struct pollfd *poll_fds)
{
    for (size_t i = 0; i < PAIRS_MAX; i++) {
        struct pair *pair = &relay->pairs[i];
        for (int way = 0; way < 2; way++) {
            bool readable = poll_fds[2 + i * 2 + (size_t)way].revents != 0;
            if (pair->used && !pair->frozen &&
                ((readable && !take_in(relay, pair, way)) || !hand_over(relay, pair, way))) {
                pair_close(pair);
            }
        }
    }
}

/* As servers do with connections that are kept and not used. */
static void close_idle(struct relay *relay)
{
    int64_t idle_us = (int64_t)relay->page->options.idle_ms * 1000;
    for (size_t i = 0; idle_us > 0 && i < PAIRS_MAX; i++) {
        if (relay->pairs[i].used && now_us() - relay->pairs[i].moved_us >= idle_us) {
            pair_close(&relay->pairs[i]);
        }
    }
}

static int link_main(void *user)
{
    static struct relay relay;
    struct pollfd poll_fds[2 + 2 * PAIRS_MAX];
    relay.page = user;
    for (;;) {
        relay_wait(&relay, poll_fds);
        relay_pairs(&relay, poll_fds);
        close_idle(&relay);
        if (poll_fds[1].revents != 0 && !take_command(&relay)) {
            return 0;
        }
        if (poll_fds[0].revents != 0) {
            take_connection(&relay);
        }
    }
}

/* --- the parent --------------------------------------------------------------------------- */

/* An address of this machine that programs do not know for the loopback; 0 when it has none. */
static in_addr_t outward_address(void)
{
    struct ifaddrs *list = NULL;
    in_addr_t found = 0;
    getifaddrs(&list);
    for (const struct ifaddrs *at = list; at != NULL && found == 0; at = at->ifa_next) {
        const struct sockaddr_in *address = (const struct sockaddr_in *)(void *)at->ifa_addr;
        if (address != NULL && address->sin_family == AF_INET && (at->ifa_flags & IFF_UP) != 0 &&
            (at->ifa_flags & IFF_LOOPBACK) == 0) {
            found = address->sin_addr.s_addr;
        }
    }
    freeifaddrs(list);
    return found;
}

bool link_start(struct link *ret, const struct link_options *options)
{
    int control[2], port;
    in_addr_t address = options->outward ? outward_address() : htonl(INADDR_LOOPBACK);
    *ret = (struct link){.process = {.pid = -1, .out_fd = -1, .life_fd = -1}, .control_fd = -1};
    ret->page =
        mmap(NULL, sizeof *ret->page, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int listener = address == 0 ? -1 : listen_at(address, &port);
    if (ret->page == MAP_FAILED || listener < 0 || pipe(control) != 0) {
        return false;
    }
    ret->page->options = *options;
    ret->listen_port = port;
    ret->page->listener = listener;
    ret->page->control = control[0];
    ret->control_fd = control[1];
    fcntl(control[1], F_SETFD, FD_CLOEXEC);
    char text[INET_ADDRSTRLEN] = "";
    inet_ntop(AF_INET, &address, text, sizeof text);
    snprintf(ret->url, sizeof ret->url, "http://%s:%d", text, port);
    bool started = process_fork(&ret->process, link_main, ret->page);
    close(listener);
    close(control[0]);
    return started;
}

void link_end(struct link *link)
{
    process_end(&link->process, SIGKILL);
    close(link->control_fd);
    munmap(link->page, sizeof *link->page);
}

static void command(struct link *link, char letter)
{
    if (write(link->control_fd, &letter, 1) != 1) {
        perror("bench: link");
    }
}

void link_cut(struct link *link)
{
    command(link, 'c');
}

void link_freeze(struct link *link)
{
    command(link, 'f');
}

void link_block(struct link *link, bool blocked)
{
    command(link, blocked ? 'b' : 'u');
}

uint64_t link_bytes_down(const struct link *link)
{
    return link->page->bytes[DOWN];
}

uint64_t link_bytes_up(const struct link *link)
{
    return link->page->bytes[UP];
}
