#include "proxy_http.h"
#include "proxy_link.h"

#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/linked.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_MAX 16384     /* bytes taken from a socket at once */
#define WAITING_MAX 65536  /* bytes that wait on one of the four ways */
#define SLOW_STEP_US 10000 /* a trickle wakes up no more often */
#define ROUNDS_MAX 16      /* of work before the rest of the loop gets its turn */
#define BUF_MAX (2 * PROXY_HEAD_MAX + 2 * WAITING_MAX)

enum phase {
    PHASE_HEAD,   /* waits for a request */
    PHASE_STALL,  /* has it, and sits on it */
    PHASE_RELAY,  /* passes it on, and the answer back */
    PHASE_FROZEN, /* half-open: says nothing more, and does not close */
    PHASE_BIG,    /* makes up a body */
    PHASE_LAST    /* closes when the last bytes are sent */
};

struct proxy_link {
    struct proxy_links *links;
    struct proxy_link *next, *previous;
    int client, server; /* -1: none */
    bool trusted, connecting, server_ended;
    enum phase phase;
    struct buf in, up;    /* client to server: come, to be sent */
    struct buf back, out; /* server to client: come, to be sent */
    struct proxy_head request, answer;
    struct proxy_body request_body, answer_body;
    bool answered; /* the answer's head is through */
    struct faults_bytes fault;
    int64_t own; /* bytes of the answer's body that are through */
    int64_t big_left;
    int64_t slow_from_us;
    struct loop_timer *timer;
};

static void on_socket(void *user, int fd, unsigned events);

/* ---- life ---- */

static void close_server(struct proxy_link *link)
{
    if (link->server >= 0) {
        loop_fd_clear(link->links->loop, link->server);
        close(link->server);
        link->server = -1;
    }
    link->connecting = false;
    buf_clear(&link->up);
}

static void link_free(struct proxy_link *link)
{
    struct proxy_links *links = link->links;
    close_server(link);
    loop_fd_clear(links->loop, link->client);
    close(link->client);
    loop_timer_free(link->timer);
    buf_done(&link->in);
    buf_done(&link->up);
    buf_done(&link->back);
    buf_done(&link->out);
    LINKED_REMOVE(links, link);
    links->count--;
    free(link);
}

static void no_delay(int fd)
{
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void on_timer(void *user);

void proxy_link_new(struct proxy_links *links, int client, bool trusted)
{
    struct proxy_link *link = mem_calloc(1, sizeof *link);
    link->links = links;
    link->client = client;
    link->server = -1;
    link->trusted = trusted;
    buf_init(&link->in, BUF_MAX);
    buf_init(&link->up, BUF_MAX);
    buf_init(&link->back, BUF_MAX);
    buf_init(&link->out, BUF_MAX);
    link->timer = loop_timer_new(links->loop, on_timer, link);
    LINKED_APPEND(links, link);
    links->count++;
    no_delay(client);
    loop_fd_set(links->loop, client, LOOP_READ, on_socket, link);
}

bool proxy_links_drain(struct proxy_links *links)
{
    for (struct proxy_link *link = links->first, *next; link != NULL; link = next) {
        next = link->next;
        bool busy = link->out.len > 0 || (link->phase == PHASE_RELAY && link->server >= 0);
        if (!busy) {
            link_free(link);
        }
    }
    return links->first == NULL;
}

void proxy_links_close(struct proxy_links *links)
{
    while (links->first != NULL) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what is freed is the first no more */
        link_free(links->first);
    }
}

/* ---- requests ---- */

static void refuse(struct proxy_link *link, const char *status, const char *error)
{
    buf_printf(&link->out,
               "HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
               "Connection: close\r\n\r\n{\"error\":\"%s\"}",
               status, strlen(error) + 12, error);
    link->phase = PHASE_LAST;
}

/* What only loopback may ask. The server decodes paths, so anything encoded is suspect. */
static bool is_privileged(const char *path)
{
    return strstr(path, "mock") != NULL || strchr(path, '%') != NULL;
}

static bool connect_server(struct proxy_link *link)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(link->links->upstream_port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
        return false;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    no_delay(fd);
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) < 0 &&
        errno != EINPROGRESS) {
        close(fd);
        return false;
    }
    link->server = fd;
    link->server_ended = false;
    link->connecting = true;
    buf_clear(&link->back);
    return true;
}

static void begin_relay(struct proxy_link *link)
{
    size_t head = proxy_head_length(link->in.data, link->in.len);
    if (link->server < 0 && !connect_server(link)) {
        refuse(link, "502 Bad Gateway", "The server cannot be reached");
        return;
    }
    buf_append(&link->up, link->in.data, head);
    buf_consume(&link->in, head);
    proxy_body_of_request(&link->request_body, &link->request);
    link->answered = false;
    link->own = 0;
    link->phase = PHASE_RELAY;
}

/* A body whose string never ends: who reads it must stop at a ceiling of its own. */
static void begin_big(struct proxy_link *link)
{
    bool is_stream = strstr(link->request.path, "/realtime/") != NULL;
    const char *begins = is_stream ? "data: " : "{\"success\":true,\"error\":\"";
    buf_printf(&link->out,
               "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %lld\r\n"
               "Connection: close\r\n\r\n%.*s",
               is_stream ? "text/event-stream" : "application/json", (long long)link->fault.bytes,
               (int)(link->fault.bytes < (int64_t)strlen(begins) ? link->fault.bytes
                                                                 : (int64_t)strlen(begins)),
               begins);
    link->big_left = link->fault.bytes - (int64_t)strlen(begins);
    buf_clear(&link->in);
    link->phase = PHASE_BIG;
}

static void begin_stall(struct proxy_link *link)
{
    link->phase = PHASE_STALL;
    if (link->fault.delay_ms >= 0) {
        loop_timer_set(link->timer,
                       loop_now(link->links->loop).mono_us + link->fault.delay_ms * 1000);
    }
}

/* False when the link is gone. */
static bool take_request(struct proxy_link *link)
{
    size_t head = proxy_head_length(link->in.data, link->in.len);
    if (head == 0 || head > PROXY_HEAD_MAX) {
        if (link->in.len > PROXY_HEAD_MAX) {
            refuse(link, "431 Request Header Fields Too Large", "Request header too large");
        }
        return true;
    }
    if (!proxy_head_read_request(link->in.data, head, &link->request)) {
        refuse(link, "400 Bad Request", "Bad request");
        return true;
    }
    if (!link->trusted && is_privileged(link->request.path)) {
        refuse(link, "403 Forbidden", "Only from this machine");
        return true;
    }
    link->fault = faults_bytes(link->links->faults, link->request.path);
    switch (link->fault.kind) {
    case FAULTS_BYTES_DROP:
        link_free(link);
        return false;
    case FAULTS_BYTES_STALL:
        begin_stall(link);
        break;
    case FAULTS_BYTES_BIG:
        begin_big(link);
        break;
    default:
        begin_relay(link);
        break;
    }
    return true;
}

static void take_request_body(struct proxy_link *link)
{
    bool own;
    while (link->in.len > 0 && link->up.len < WAITING_MAX) {
        size_t run = proxy_body_run(&link->request_body, link->in.data, link->in.len, &own);
        if (run == 0) {
            break;
        }
        buf_append(&link->up, link->in.data, run);
        buf_consume(&link->in, run);
    }
    if (link->request_body.state == PROXY_BODY_BROKEN) {
        refuse(link, "400 Bad Request", "Bad chunk");
    }
}

/* ---- answers ---- */

/* False when there is nothing more to take now. */
static bool take_answer_head(struct proxy_link *link)
{
    size_t head = proxy_head_length(link->back.data, link->back.len);
    if (head == 0) {
        if (link->back.len > PROXY_HEAD_MAX) {
            link->phase = PHASE_LAST;
        }
        return false;
    }
    if (!proxy_head_read_answer(link->back.data, head, &link->answer)) {
        link->phase = PHASE_LAST;
        return false;
    }
    proxy_body_of_answer(&link->answer_body, &link->answer, &link->request);
    bool interim = link->answer.status < 200;
    if (!interim && link->fault.kind == FAULTS_BYTES_BAD_CHUNK &&
        link->answer_body.state != PROXY_BODY_DONE) {
        proxy_head_rechunk(link->back.data, head, &link->out);
    } else {
        buf_append(&link->out, link->back.data, head);
    }
    buf_consume(&link->back, head);
    link->answered = !interim;
    link->slow_from_us = loop_now(link->links->loop).mono_us;
    return true;
}

/* How many more bytes of the body may pass now. */
static int64_t allowance(const struct proxy_link *link)
{
    switch (link->fault.kind) {
    case FAULTS_BYTES_HALF_OPEN:
    case FAULTS_BYTES_CUT:
    case FAULTS_BYTES_BAD_CHUNK:
    case FAULTS_BYTES_UTF8:
        return link->fault.bytes - link->own;
    case FAULTS_BYTES_SLOW: {
        double elapsed_us = (double)(loop_now(link->links->loop).mono_us - link->slow_from_us);
        double allowed = elapsed_us * (double)link->fault.rate / 1e6;
        return allowed < 1e15 ? (int64_t)allowed - link->own : INT64_MAX;
    }
    default:
        return INT64_MAX;
    }
}

/* When a trickle's next byte is due, but not more often than the loop should wake up. */
static int64_t next_drop_us(const struct proxy_link *link)
{
    double period_us = 1e6 / (double)link->fault.rate;
    int64_t due_us = link->slow_from_us + (int64_t)((double)(link->own + 1) * period_us) + 1;
    int64_t earliest_us = loop_now(link->links->loop).mono_us + SLOW_STEP_US;
    return due_us > earliest_us ? due_us : earliest_us;
}

/* A trickle does not save up while there is nothing to send. */
static void restart_trickle(struct proxy_link *link)
{
    int64_t now_us = loop_now(link->links->loop).mono_us;
    int64_t from_us = now_us - (int64_t)((double)link->own * 1e6 / (double)link->fault.rate);
    if (from_us > link->slow_from_us) {
        link->slow_from_us = from_us;
    }
}

/* Framed bytes are replaced, not added: the chunk's size, or the length, still holds. */
static void append_half_character(struct proxy_link *link)
{
    const struct proxy_body *body = &link->answer_body;
    bool two = body->state == PROXY_BODY_TO_CLOSE || body->left > 1;
    buf_append(&link->out, "\xe2\x82", two ? 2 : 1);
}

static void freeze(struct proxy_link *link)
{
    close_server(link);
    buf_clear(&link->in);
    buf_clear(&link->back);
    link->phase = PHASE_FROZEN;
}

/* The allowance is used up and there is more. */
static void strike(struct proxy_link *link)
{
    switch (link->fault.kind) {
    case FAULTS_BYTES_SLOW:
        loop_timer_set(link->timer, next_drop_us(link));
        return;
    case FAULTS_BYTES_HALF_OPEN:
        freeze(link);
        return;
    case FAULTS_BYTES_UTF8:
        append_half_character(link);
        break;
    case FAULTS_BYTES_BAD_CHUNK:
        buf_append_text(&link->out, "zz\r\nthis chunk has no size\r\n");
        break;
    default:
        break;
    }
    link->phase = PHASE_LAST;
}

static void append_run(struct proxy_link *link, size_t run, bool own)
{
    bool rechunk = link->fault.kind == FAULTS_BYTES_BAD_CHUNK;
    if (rechunk && own) {
        buf_printf(&link->out, "%zx\r\n", run);
    }
    if (own || !rechunk) {
        buf_append(&link->out, link->back.data, run);
    }
    if (rechunk && own) {
        buf_append_text(&link->out, "\r\n");
    }
    link->own += own ? (int64_t)run : 0;
    buf_consume(&link->back, run);
}

/* False when there is nothing more to take now. */
static bool take_answer_run(struct proxy_link *link)
{
    size_t len = link->back.len;
    if (proxy_body_is_own(&link->answer_body)) {
        int64_t allowed = allowance(link);
        if (allowed <= 0) {
            strike(link);
            return false;
        }
        len = (int64_t)len < allowed ? len : (size_t)allowed;
    }
    bool own = false;
    size_t run = proxy_body_run(&link->answer_body, link->back.data, len, &own);
    append_run(link, run, own);
    return run > 0;
}

static void end_answer(struct proxy_link *link)
{
    if (link->fault.kind == FAULTS_BYTES_BAD_CHUNK && link->own > 0) {
        buf_append_text(&link->out, "0\r\n\r\n");
    }
    bool again = !link->request.close && !link->answer.close && !link->server_ended &&
                 link->request_body.state == PROXY_BODY_DONE;
    link->phase = again ? PHASE_HEAD : PHASE_LAST;
}

static void take_answer(struct proxy_link *link)
{
    while (link->phase == PHASE_RELAY && !link->answered && link->back.len > 0 &&
           take_answer_head(link)) {
    }
    while (link->phase == PHASE_RELAY && link->answered && link->back.len > 0 &&
           link->out.len < WAITING_MAX && take_answer_run(link)) {
    }
    if (link->phase != PHASE_RELAY) {
        return;
    }
    if (link->answered && link->answer_body.state == PROXY_BODY_DONE) {
        end_answer(link);
    } else if ((link->answered && link->answer_body.state == PROXY_BODY_BROKEN) ||
               (link->server_ended && (!link->answered || link->back.len == 0))) {
        link->phase = PHASE_LAST;
    }
}

static void fill_big(struct proxy_link *link)
{
    static const char filler[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";
    while (link->big_left > 0 && link->out.len < WAITING_MAX) {
        size_t run = link->big_left < 64 ? (size_t)link->big_left : 64;
        buf_append(&link->out, filler, run);
        link->big_left -= (int64_t)run;
    }
    if (link->big_left <= 0) {
        link->phase = PHASE_LAST;
    }
}

/* ---- sockets ---- */

/* Appends what the socket holds. False at its end or on an error. */
static bool read_into(int fd, struct buf *buf)
{
    char bytes[READ_MAX];
    ssize_t got = recv(fd, bytes, sizeof bytes, 0);
    if (got < 0) {
        return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    }
    return got > 0 && buf_append(buf, bytes, (size_t)got);
}

static bool write_from(int fd, struct buf *buf)
{
    while (buf->len > 0) {
        ssize_t sent = send(fd, buf->data, buf->len, MSG_NOSIGNAL);
        if (sent < 0) {
            return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
        }
        buf_consume(buf, (size_t)sent);
    }
    buf_done(buf); /* an idle stream keeps no memory */
    return true;
}

/* One that is not yet done comes back as soon as it can write, which is mostly at once. */
static void set_watches(struct proxy_link *link, bool done)
{
    struct loop *loop = link->links->loop;
    bool listens = link->phase != PHASE_LAST && link->phase != PHASE_BIG &&
                   link->in.len < WAITING_MAX + PROXY_HEAD_MAX;
    unsigned events = (listens ? LOOP_READ : 0) | (link->out.len > 0 || !done ? LOOP_WRITE : 0);
    loop_fd_set(loop, link->client, events, on_socket, link);
    if (link->server >= 0) {
        bool wants = link->back.len < WAITING_MAX && !link->server_ended;
        events = (wants ? LOOP_READ : 0) | (link->connecting || link->up.len > 0 ? LOOP_WRITE : 0);
        loop_fd_set(loop, link->server, events, on_socket, link);
    }
}

/* One round of whatever the phase can do. False when the link is gone. */
static bool advance(struct proxy_link *link)
{
    switch (link->phase) {
    case PHASE_HEAD:
        return link->in.len == 0 || take_request(link);
    case PHASE_RELAY:
        take_request_body(link);
        take_answer(link);
        return true;
    case PHASE_BIG:
        fill_big(link);
        return true;
    case PHASE_FROZEN:
        buf_clear(&link->in);
        return true;
    default:
        return true;
    }
}

static bool flush(struct proxy_link *link)
{
    if (link->server >= 0 && !link->connecting && !write_from(link->server, &link->up)) {
        link->server_ended = true;
        buf_clear(&link->up);
    }
    return write_from(link->client, &link->out);
}

/* Does what can be done now. The link may be gone after it. */
static void pump(struct proxy_link *link)
{
    bool done = false;
    for (int round = 0; round < ROUNDS_MAX && !done; round++) {
        enum phase phase = link->phase;
        size_t waiting = link->in.len + link->back.len;
        int64_t big_left = link->big_left;
        if (!advance(link)) {
            return;
        }
        if (!flush(link) || (link->phase == PHASE_LAST && link->out.len == 0)) {
            link_free(link);
            return;
        }
        done = link->phase == phase && link->big_left == big_left &&
               link->in.len + link->back.len == waiting;
    }
    set_watches(link, done);
}

static void on_client(struct proxy_link *link, unsigned events)
{
    if ((events & (LOOP_READ | LOOP_ERROR)) && !read_into(link->client, &link->in)) {
        link_free(link);
        return;
    }
    pump(link);
}

static void on_server(struct proxy_link *link, unsigned events)
{
    if (events & (LOOP_WRITE | LOOP_ERROR)) {
        link->connecting = false;
    }
    if (link->fault.kind == FAULTS_BYTES_SLOW && link->back.len == 0) {
        restart_trickle(link);
    }
    if ((events & (LOOP_READ | LOOP_ERROR)) && !read_into(link->server, &link->back)) {
        link->server_ended = true;
    }
    if (link->phase == PHASE_HEAD && (link->server_ended || link->back.len > 0)) {
        close_server(link); /* it tired of waiting: the next request gets a new one */
    }
    pump(link);
}

static void on_socket(void *user, int fd, unsigned events)
{
    struct proxy_link *link = user;
    if (fd == link->client) {
        on_client(link, events);
    } else {
        on_server(link, events);
    }
}

static void on_timer(void *user)
{
    struct proxy_link *link = user;
    if (link->phase == PHASE_STALL) {
        begin_relay(link);
    }
    pump(link);
}
