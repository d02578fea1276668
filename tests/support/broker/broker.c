/*
 * blotter-broker NAME [--live] [--port PORT]: a made-up broker on a free loopback port, in the
 * shapes that alpaca, oanda, kite, trading212 or tradier publish, from our own tables. One thread,
 * one poll.
 *
 * Prints "http://127.0.0.1:PORT TOKEN" and then obeys its stdin, a command a line, answering each
 * with a line:
 *
 *   place SYMBOL QUANTITY · fill · part · cancel    the newest order that waits
 *   hidden fill | hidden cancel                     the same, and the stream does not tell
 *   comment TEXT                                    a comment on the streams
 *   again                                           the last event once more
 *   raw TEXT                                        a line of the stream
 *   cut | silent | loud                             the streams
 *   stream STATUS                                   refuses the stream; 0: does not
 *   answer STATUS COUNT                             the next answers that are no stream
 *   rubbish COUNT | half COUNT                      the same: no JSON, or half of the bytes
 *   slow MS                                         every answer comes so much later
 *   token WORD                                      from now on only this one is good
 *   limit REQUESTS SECONDS                          another limit; 0: none
 *   working                                         how many orders wait
 *   stats                                           requests, refused for their number, streams
 *
 * --live makes the book go on by itself. Ends when stdin does.
 */
#include "shape.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEERS_MAX 64
#define HEAD_MAX 16384
#define REQUESTS_MAX 4096
#define ADDRESSES_MAX 16
#define TICK_MS 1000
#define BODY_MAX ((size_t)4 << 20)
#define HISTORY_MAX 256

struct peer {
    int fd;
    char head[HEAD_MAX];
    size_t len;
    bool streams;
    int64_t due_ms; /* its request is answered then; 0: there is none */
};

/* When an address was asked, for its limit. */
struct window {
    char path[128];
    int64_t times_ms[REQUESTS_MAX];
    size_t count;
};

struct broker {
    const struct shape *shape;
    struct book book;
    int listen_fd;
    struct peer *peers[PEERS_MAX];
    struct window windows[ADDRESSES_MAX];
    size_t window_count;
    char token[128];
    int requests, seconds; /* the limit */
    int stream_status;     /* 0: it is offered */
    int answer_status, answer_count;
    int rubbish_count, half_count, slow_ms;
    bool silent, live;
    char *history[HISTORY_MAX]; /* events of the stream, for who resumes */
    size_t history_count;
    long asked, busy, streams, errors;
    int64_t tick_ms;
    char line[512]; /* of stdin, so far */
    size_t line_len;
};

/* --- connections ------------------------------------------------------------------------------ */

static void drop(struct broker *broker, size_t i)
{
    close(broker->peers[i]->fd);
    free(broker->peers[i]);
    broker->peers[i] = NULL;
}

static bool put(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t sent = send(fd, bytes, len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent <= 0) {
            return false;
        }
        bytes += sent;
        len -= (size_t)sent;
    }
    return true;
}

/* A chunk to every stream. */
static void tell(struct broker *broker, const char *bytes, size_t len)
{
    struct buf chunk;
    buf_init(&chunk, BODY_MAX);
    buf_printf(&chunk, "%zx\r\n", len);
    buf_append(&chunk, bytes, len);
    buf_append_text(&chunk, "\r\n");
    for (size_t i = 0; i < PEERS_MAX; i++) {
        if (broker->peers[i] != NULL && broker->peers[i]->streams && !broker->silent &&
            !put(broker->peers[i]->fd, chunk.data, chunk.len)) {
            drop(broker, i);
        }
    }
    buf_done(&chunk);
}

static void accept_peer(struct broker *broker)
{
    int fd = accept(broker->listen_fd, NULL, NULL), one = 1;
    for (size_t i = 0; fd >= 0 && i < PEERS_MAX; i++) {
        if (broker->peers[i] == NULL) {
            broker->peers[i] = calloc(1, sizeof *broker->peers[i]);
            broker->peers[i]->fd = fd;
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
            return;
        }
    }
    if (fd >= 0) {
        close(fd);
    }
}

/* --- limits and logins ------------------------------------------------------------------------ */

static struct window *window_of(struct broker *broker, const char *path)
{
    char key[128] = "";
    if (broker->shape->by_path) {
        snprintf(key, sizeof key, "%.*s", (int)strcspn(path, "?"), path);
    }
    for (size_t i = 0; i < broker->window_count; i++) {
        if (strcmp(broker->windows[i].path, key) == 0) {
            return &broker->windows[i];
        }
    }
    if (broker->window_count == ADDRESSES_MAX) {
        return &broker->windows[0];
    }
    struct window *window = &broker->windows[broker->window_count++];
    snprintf(window->path, sizeof window->path, "%s", key);
    return window;
}

/* Some addresses may be asked more often than the others. */
static int64_t seconds_of(const struct broker *broker, const struct window *window)
{
    const char *quick = broker->shape->quick_path;
    bool is_quick = quick != NULL && strcmp(window->path, quick) == 0;
    return is_quick ? broker->shape->quick_seconds : broker->seconds;
}

/* How many more there may be now; -1: this one is one too many. */
static int take_one(struct broker *broker, struct window *window)
{
    int64_t now_ms = book_now_ms(), since_ms = now_ms - seconds_of(broker, window) * 1000;
    size_t kept = 0;
    for (size_t i = 0; i < window->count; i++) {
        if (window->times_ms[i] > since_ms) {
            window->times_ms[kept++] = window->times_ms[i];
        }
    }
    window->count = kept;
    if (broker->requests == 0) {
        return 1000;
    }
    if ((int)kept >= broker->requests) {
        return -1;
    }
    window->times_ms[window->count++] = now_ms;
    return broker->requests - (int)window->count;
}

static bool header_is(const char *head, const char *name, const char *value)
{
    size_t len = strlen(name);
    for (const char *line = strstr(head, "\r\n"); line != NULL; line = strstr(line + 2, "\r\n")) {
        const char *at = line + 2;
        if (strncasecmp(at, name, len) == 0 && at[len] == ':') {
            at += len + 1;
            at += strspn(at, " ");
            return strlen(value) == strcspn(at, "\r") && strncmp(at, value, strlen(value)) == 0;
        }
    }
    return false;
}

static bool is_authorised(const struct broker *broker, const char *head)
{
    char value[256];
    const char *mark = strstr(broker->shape->value, "%s");
    if (mark == NULL) {
        return header_is(head, broker->shape->header, broker->shape->value);
    }
    snprintf(value, sizeof value, "%.*s%s", (int)(mark - broker->shape->value),
             broker->shape->value, broker->token);
    return header_is(head, broker->shape->header, value);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void put_limit(const struct broker *broker, const struct window *window, int left,
                      struct buf *out)
{
    const struct shape *shape = broker->shape;
    int64_t reset_ms = book_now_ms() + seconds_of(broker, window) * 1000;
    if (window->count > 0) {
        reset_ms = window->times_ms[0] + seconds_of(broker, window) * 1000;
    }
    if (shape->left != NULL) {
        buf_printf(out, "%s: %d\r\n%s: %lld\r\n", shape->left, left > 0 ? left : 0, shape->reset,
                   (long long)(shape->reset_scale == 1 ? (reset_ms + 999) / 1000 : reset_ms));
    }
}

static bool reply(struct broker *broker, int fd, int status, const struct buf *extra,
                  const struct buf *body)
{
    static const char media[] = "application/json; charset=UTF-8";
    bool half = status == 200 && broker->half_count > 0;
    struct buf out;
    buf_init(&out, BODY_MAX + 4096);
    buf_printf(&out, "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %zu\r\n", status, media,
               body->len);
    if (extra->len > 0) {
        buf_append(&out, extra->data, extra->len);
    }
    buf_append_text(&out, "\r\n");
    if (body->len > 0) {
        buf_append(&out, body->data, half ? body->len / 2 : body->len);
    }
    bool good = put(fd, out.data, out.len) && !half;
    broker->half_count -= half;
    buf_done(&out);
    return good;
}

/* What came after since_id, and it too. */
static void replay(struct broker *broker, struct peer *peer, const char *path)
{
    const char *since = strstr(path, "since_id=");
    size_t from = broker->history_count;
    char id[64] = "\"";
    if (since == NULL) {
        return;
    }
    snprintf(id, sizeof id, "\"%.*s\"", (int)strcspn(since + 9, "& "), since + 9);
    for (size_t i = 0; i < broker->history_count; i++) {
        if (strstr(broker->history[i], id) != NULL) {
            from = i;
        }
    }
    for (; from < broker->history_count; from++) {
        char head[32];
        size_t len = strlen(broker->history[from]);
        snprintf(head, sizeof head, "%zx\r\n", len);
        put(peer->fd, head, strlen(head));
        put(peer->fd, broker->history[from], len);
        put(peer->fd, "\r\n", 2);
    }
}

static bool open_stream(struct broker *broker, struct peer *peer, const char *path)
{
    struct buf head, first;
    buf_init(&head, 4096);
    buf_init(&first, 4096);
    buf_printf(&head, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nTransfer-Encoding: chunked\r\n\r\n",
               broker->shape->media);
    broker->streams++;
    peer->streams = true;
    bool good = put(peer->fd, head.data, head.len);
    if (good && !broker->silent) {
        broker->shape->alive(&broker->book, &first);
        buf_clear(&head);
        buf_printf(&head, "%zx\r\n", first.len);
        buf_append(&head, first.data, first.len);
        buf_append_text(&head, "\r\n");
        good = put(peer->fd, head.data, head.len);
        replay(broker, peer, path);
    }
    buf_done(&head);
    buf_done(&first);
    return good;
}

static bool answer(struct broker *broker, struct peer *peer, const char *path)
{
    const struct shape *shape = broker->shape;
    struct buf body, extra;
    struct window *window = window_of(broker, path);
    int status = 200, left = take_one(broker, window);
    bool is_stream = shape->stream != NULL && shape_is(path, shape->stream);
    buf_init(&body, BODY_MAX);
    buf_init(&extra, 4096);
    broker->asked++;
    put_limit(broker, window, left, &extra);
    if (!is_authorised(broker, peer->head)) {
        status = shape->refused_status;
        buf_append_text(&body, shape->refused);
    } else if (left < 0) {
        status = 429;
        broker->busy++;
        buf_append_text(&body, shape->busy);
    } else if (is_stream && broker->stream_status != 0) {
        status = broker->stream_status;
        buf_append_text(&body, "{\"message\":\"not for this account\"}");
    } else if (!is_stream && broker->answer_count > 0) {
        status = broker->answer_status;
        broker->answer_count--;
        buf_append_text(&body, status == 429 ? shape->busy : "{\"message\":\"not now\"}");
    } else if (!is_stream && broker->rubbish_count > 0) {
        broker->rubbish_count--;
        buf_append_text(&body, "<html>an error page</html>");
    } else if (!is_stream && !shape->answer(&broker->book, path, &body)) {
        status = 404;
        broker->errors++;
        buf_append_text(&body, "{\"code\":40410000,\"message\":\"there is no such address\"}");
    }
    bool good = is_stream && status == 200 ? open_stream(broker, peer, path)
                                           : reply(broker, peer->fd, status, &extra, &body);
    buf_done(&body);
    buf_done(&extra);
    return good;
}

/* The request that is there; false: the connection is to be closed. */
static bool handle(struct broker *broker, struct peer *peer)
{
    char path[2048];
    char *end = strstr(peer->head, "\r\n\r\n");
    if (sscanf(peer->head, "GET %2047s HTTP/1.", path) != 1) {
        broker->errors++;
        return false;
    }
    bool good = answer(broker, peer, path);
    size_t used = (size_t)(end + 4 - peer->head);
    memmove(peer->head, end + 4, peer->len - used);
    peer->len -= used;
    return good;
}

/* One request at a time; false: the connection is to be closed. */
static bool serve(struct broker *broker, struct peer *peer)
{
    ssize_t got = recv(peer->fd, peer->head + peer->len, HEAD_MAX - 1 - peer->len, 0);
    if (got <= 0) {
        return false;
    }
    peer->len += (size_t)got;
    peer->head[peer->len] = '\0';
    if (strstr(peer->head, "\r\n\r\n") == NULL) {
        return peer->len < HEAD_MAX - 1;
    }
    if (broker->slow_ms > 0) {
        peer->due_ms = book_now_ms() + broker->slow_ms;
        return true;
    }
    return handle(broker, peer);
}

static void serve_late(struct broker *broker)
{
    for (size_t i = 0; i < PEERS_MAX; i++) {
        struct peer *peer = broker->peers[i];
        if (peer != NULL && peer->due_ms != 0 && peer->due_ms <= book_now_ms()) {
            peer->due_ms = 0;
            if (!handle(broker, peer)) {
                drop(broker, i);
            }
        }
    }
}

/* --- what happens ----------------------------------------------------------------------------- */

static void remember(struct broker *broker, const char *text, size_t len)
{
    if (broker->history_count == HISTORY_MAX) {
        free(broker->history[0]);
        memmove(broker->history, broker->history + 1, (HISTORY_MAX - 1) * sizeof *broker->history);
        broker->history_count--;
    }
    broker->history[broker->history_count++] = strndup(text, len);
}

static void happened(struct broker *broker, const struct book_order *order, enum shape_event kind,
                     bool hidden)
{
    struct buf text;
    long id = kind == SHAPE_NEW ? order->id : broker->book.next_id++;
    if (broker->shape->event == NULL) {
        return;
    }
    buf_init(&text, BODY_MAX);
    broker->shape->event(&broker->book, order, kind, id, &text);
    if (!hidden) {
        remember(broker, text.data, text.len);
        tell(broker, text.data, text.len);
    }
    buf_done(&text);
}

static bool finish(struct broker *broker, const char *how, bool hidden)
{
    struct book_order *order = book_waiting(&broker->book);
    if (order == NULL) {
        return false;
    }
    double rest = order->quantity - order->filled;
    if (strcmp(how, "cancel") == 0) {
        book_cancel(&broker->book, order);
        happened(broker, order, SHAPE_CANCEL, hidden);
    } else if (strcmp(how, "part") == 0 && rest > 1) {
        book_fill(&broker->book, order, 1);
        happened(broker, order, SHAPE_PART, hidden);
    } else {
        book_fill(&broker->book, order, rest);
        happened(broker, order, SHAPE_FILL, hidden);
    }
    return true;
}

static bool place(struct broker *broker, const char *name, double quantity)
{
    for (size_t i = 0; i < broker->book.symbol_count; i++) {
        if (strcmp(broker->book.symbols[i].name, name) == 0) {
            happened(broker, book_place(&broker->book, i, quantity), SHAPE_NEW, false);
            return true;
        }
    }
    return false;
}

/* --- commands --------------------------------------------------------------------------------- */

static void cut_streams(struct broker *broker)
{
    for (size_t i = 0; i < PEERS_MAX; i++) {
        if (broker->peers[i] != NULL && broker->peers[i]->streams) {
            drop(broker, i);
        }
    }
}

static bool say(struct broker *broker, const char *format, const char *text)
{
    char line[1024];
    snprintf(line, sizeof line, format, text);
    tell(broker, line, strlen(line));
    return true;
}

static bool again(struct broker *broker)
{
    if (broker->history_count > 0) {
        const char *last = broker->history[broker->history_count - 1];
        tell(broker, last, strlen(last));
    }
    return broker->history_count > 0;
}

static bool obey_rest(struct broker *broker, const char *line)
{
    int number, count;
    char word[64];
    double quantity;
    if (sscanf(line, "place %63s %lf", word, &quantity) == 2) {
        return place(broker, word, quantity);
    }
    if (sscanf(line, "hidden %63s", word) == 1) {
        return finish(broker, word, true);
    }
    if (sscanf(line, "stream %d", &number) == 1) {
        broker->stream_status = number;
        return true;
    }
    if (sscanf(line, "answer %d %d", &number, &count) == 2) {
        broker->answer_status = number;
        broker->answer_count = count;
        return true;
    }
    if (sscanf(line, "rubbish %d", &number) == 1) {
        broker->rubbish_count = number;
        return true;
    }
    if (sscanf(line, "half %d", &number) == 1) {
        broker->half_count = number;
        return true;
    }
    if (sscanf(line, "slow %d", &number) == 1) {
        broker->slow_ms = number;
        return true;
    }
    if (sscanf(line, "limit %d %d", &number, &count) == 2) {
        broker->requests = number;
        broker->seconds = count;
        return true;
    }
    return sscanf(line, "token %127s", broker->token) == 1;
}

static bool obey(struct broker *broker, const char *line)
{
    if (strcmp(line, "fill") == 0 || strcmp(line, "part") == 0 || strcmp(line, "cancel") == 0) {
        return finish(broker, line, false);
    }
    if (strcmp(line, "cut") == 0) {
        cut_streams(broker);
        return true;
    }
    if (strcmp(line, "silent") == 0 || strcmp(line, "loud") == 0) {
        broker->silent = line[0] == 's';
        return true;
    }
    if (strcmp(line, "again") == 0) {
        return again(broker);
    }
    if (strncmp(line, "comment ", 8) == 0) {
        return say(broker, ": %s\n\n", line + 8);
    }
    if (strncmp(line, "raw ", 4) == 0) {
        return say(broker, broker->shape->alive == shape_oanda.alive ? "%s\n" : "data: %s\n\n",
                   line + 4);
    }
    return obey_rest(broker, line);
}

static size_t count_waiting(const struct book *book)
{
    size_t count = 0;
    for (size_t i = 0; i < book->order_count; i++) {
        count += book->orders[i].status <= BOOK_PART;
    }
    return count;
}

static void take_command(struct broker *broker, const char *line)
{
    if (strcmp(line, "stats") == 0) {
        printf("requests %ld busy %ld streams %ld unknown %ld\n", broker->asked, broker->busy,
               broker->streams, broker->errors);
    } else if (strcmp(line, "working") == 0) {
        printf("%zu\n", count_waiting(&broker->book));
    } else {
        printf("%s\n", obey(broker, line) ? "ok" : "no");
    }
    fflush(stdout);
}

/* False when stdin has ended. */
static bool read_commands(struct broker *broker)
{
    ssize_t got = read(STDIN_FILENO, broker->line + broker->line_len,
                       sizeof broker->line - 1 - broker->line_len);
    if (got <= 0) {
        return false;
    }
    broker->line_len += (size_t)got;
    broker->line[broker->line_len] = '\0';
    char *start = broker->line, *stop;
    while ((stop = strchr(start, '\n')) != NULL) {
        *stop = '\0';
        take_command(broker, start);
        start = stop + 1;
    }
    broker->line_len = strlen(start);
    memmove(broker->line, start, broker->line_len + 1);
    return broker->line_len < sizeof broker->line - 1;
}

/* --- time ------------------------------------------------------------------------------------- */

/* Every few seconds something happens, and every second prices move. */
static void live(struct broker *broker)
{
    static const char *const story[] = {"", "place", "", "part", "", "fill", "", "place", "cancel"};
    const char *step = story[(size_t)(book_now_ms() / TICK_MS) % (sizeof story / sizeof *story)];
    book_move(&broker->book);
    if (strcmp(step, "place") == 0) {
        size_t symbol = (size_t)broker->book.next_id % broker->book.symbol_count;
        place(broker, broker->book.symbols[symbol].name, broker->book.next_id % 3 == 0 ? -4 : 7);
    } else if (*step != '\0') {
        finish(broker, step, false);
    }
}

static void tick(struct broker *broker)
{
    struct buf text;
    if (book_now_ms() - broker->tick_ms < TICK_MS) {
        return;
    }
    broker->tick_ms = book_now_ms();
    if (broker->live) {
        live(broker);
    }
    if (broker->shape->alive != NULL) {
        buf_init(&text, 4096);
        broker->shape->alive(&broker->book, &text);
        tell(broker, text.data, text.len);
        buf_done(&text);
    }
}

static void turn(struct broker *broker, bool *running)
{
    struct pollfd fds[PEERS_MAX + 2] = {{broker->listen_fd, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};
    size_t who[PEERS_MAX + 2], count = 2;
    for (size_t i = 0; i < PEERS_MAX; i++) {
        if (broker->peers[i] != NULL) {
            who[count] = i;
            fds[count++] = (struct pollfd){broker->peers[i]->fd, POLLIN, 0};
        }
    }
    poll(fds, (nfds_t)count, TICK_MS / 4);
    if (fds[0].revents != 0) {
        accept_peer(broker);
    }
    for (size_t i = 2; i < count; i++) {
        if (fds[i].revents != 0 && broker->peers[who[i]] != NULL &&
            !serve(broker, broker->peers[who[i]])) {
            drop(broker, who[i]);
        }
    }
    if (fds[1].revents != 0) {
        *running = read_commands(broker);
    }
    serve_late(broker);
    tick(broker);
}

/* At *port, or at a free one, which it gets. */
static bool listen_on_loopback(struct broker *broker, int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)*port)};
    int one = 1;
    socklen_t len = sizeof address;
    broker->listen_fd = socket(AF_INET, SOCK_STREAM, 0);
    bool good = broker->listen_fd >= 0 &&
                setsockopt(broker->listen_fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
                bind(broker->listen_fd, (struct sockaddr *)&address, sizeof address) == 0 &&
                listen(broker->listen_fd, 16) == 0 &&
                getsockname(broker->listen_fd, (struct sockaddr *)&address, &len) == 0;
    *port = ntohs(address.sin_port);
    return good;
}

static int port_of(const char *text)
{
    long port = strtol(text, NULL, 10);
    return port > 0 && port < 65536 ? (int)port : 0;
}

int main(int argc, char **argv)
{
    static struct broker broker;
    int port = 0;
    bool running = true;
    const char *token = "demo-secret";
    broker.shape = argc > 1 ? shape_find(argv[1]) : NULL;
    for (int i = 2; i < argc; i++) {
        broker.live |= strcmp(argv[i], "--live") == 0;
        port = strcmp(argv[i], "--port") == 0 && i + 1 < argc ? port_of(argv[i + 1]) : port;
        token = strcmp(argv[i], "--token") == 0 && i + 1 < argc ? argv[i + 1] : token;
    }
    signal(SIGPIPE, SIG_IGN);
    if (broker.shape == NULL || !listen_on_loopback(&broker, &port)) {
        fprintf(stderr, "usage: blotter-broker alpaca|oanda|kite|trading212|tradier [--live] "
                        "[--port PORT] [--token WORD]\n");
        return EXIT_FAILURE;
    }
    book_init(&broker.book, broker.shape->symbols, broker.shape->symbol_count,
              broker.shape->first_id);
    broker.requests = broker.shape->requests;
    broker.seconds = broker.shape->seconds;
    snprintf(broker.token, sizeof broker.token, "%s", token);
    printf("http://127.0.0.1:%d %s\n", port, broker.token);
    fflush(stdout);
    while (running) {
        turn(&broker, &running);
    }
    return EXIT_SUCCESS;
}
