#include "fake_net.h"
#include "http_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUESTS_MAX 256
#define HOOKS_MAX 8
#define WATCHES_MAX 8
#define TURNS_MAX 1000 /* without the clock moving: somebody spins */

struct loop_timer {
    struct loop *loop;
    struct loop_timer *next;
    loop_fn fn;
    void *user;
    int64_t at_us;
};

struct request {
    uint64_t id; /* 0: free */
    char path[256];
    http_done_fn fn;
    void *user;
};

struct transfer {
    struct loop *loop;
    struct transfer_handler handler;
    bool paused;
    bool answered;
};

struct loop {
    struct moment now;
    int64_t slept_us;
    struct loop_timer *timers;
    struct {
        loop_fn fn;
        void *user;
    } hooks[HOOKS_MAX];
    struct {
        int fd;
        loop_fd_fn fn;
        void *user;
    } watches[WATCHES_MAX];
    struct request requests[REQUESTS_MAX];
    struct transfer *stream; /* the one that is open */
    uint64_t last_id;
    size_t asked;
    unsigned forgotten, turns;
    char token[64];
    int (*step)(struct loop *loop);
    bool quit;
    int status;
};

/* --- the loop ------------------------------------------------------------------------------- */

struct loop *fake_loop(void)
{
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) {
        abort();
    }
    loop->now = (struct moment){.mono_us = 1000000000, .wall_ms = INT64_C(1700000000000)};
    return loop;
}

void fake_loop_free(struct loop *loop)
{
    free(loop);
}

struct moment loop_now(struct loop *loop)
{
    return loop->now;
}

struct moment loop_refresh(struct loop *loop)
{
    return loop->now;
}

int64_t loop_slept_us(const struct loop *loop)
{
    return loop->slept_us;
}

struct loop_timer *loop_timer_new(struct loop *loop, loop_fn fn, void *user)
{
    struct loop_timer *timer = calloc(1, sizeof *timer);
    if (timer == NULL) {
        abort();
    }
    *timer = (struct loop_timer){loop, loop->timers, fn, user, MOMENT_NEVER};
    loop->timers = timer;
    return timer;
}

void loop_timer_free(struct loop_timer *timer)
{
    if (timer != NULL) {
        struct loop_timer **at = &timer->loop->timers;
        while (*at != timer) {
            at = &(*at)->next;
        }
        *at = timer->next;
        free(timer);
    }
}

void loop_timer_set(struct loop_timer *timer, int64_t at_mono_us)
{
    timer->at_us = at_mono_us;
}

void loop_before_wait(struct loop *loop, loop_fn fn, void *user)
{
    for (size_t i = 0; i < HOOKS_MAX; i++) {
        if (loop->hooks[i].fn == NULL) {
            loop->hooks[i].fn = fn;
            loop->hooks[i].user = user;
            return;
        }
    }
    abort();
}

void loop_before_wait_remove(struct loop *loop, loop_fn fn, void *user)
{
    for (size_t i = 0; i < HOOKS_MAX; i++) {
        if (loop->hooks[i].fn == fn && loop->hooks[i].user == user) {
            loop->hooks[i].fn = NULL;
        }
    }
}

void loop_fd_set(struct loop *loop, int fd, unsigned events, loop_fd_fn fn, void *user)
{
    (void)events;
    loop_fd_clear(loop, fd);
    for (size_t i = 0; i < WATCHES_MAX; i++) {
        if (loop->watches[i].fn == NULL) {
            loop->watches[i].fd = fd;
            loop->watches[i].fn = fn;
            loop->watches[i].user = user;
            return;
        }
    }
    abort();
}

void loop_fd_clear(struct loop *loop, int fd)
{
    for (size_t i = 0; i < WATCHES_MAX; i++) {
        if (loop->watches[i].fd == fd) {
            loop->watches[i].fn = NULL;
        }
    }
}

void fake_ready(struct loop *loop, int fd, unsigned events)
{
    for (size_t i = 0; i < WATCHES_MAX; i++) {
        if (loop->watches[i].fn != NULL && loop->watches[i].fd == fd) {
            loop->watches[i].fn(loop->watches[i].user, fd, events);
            return;
        }
    }
}

void fake_on_run(struct loop *loop, int (*step)(struct loop *loop))
{
    loop->step = step;
}

int loop_run(struct loop *loop)
{
    fake_turn(loop);
    int status = loop->step(loop);
    return loop->quit ? loop->status : status;
}

void loop_signal(struct loop *loop, int signo, loop_signal_fn fn, void *user)
{
    (void)loop;
    (void)signo;
    (void)fn;
    (void)user;
}

void loop_quit(struct loop *loop, int status)
{
    loop->quit = true;
    loop->status = status;
}

bool fake_has_quit(const struct loop *loop)
{
    return loop->quit;
}

static int64_t next_us(const struct loop *loop)
{
    int64_t next = MOMENT_NEVER;
    for (const struct loop_timer *at = loop->timers; at != NULL; at = at->next) {
        next = at->at_us < next ? at->at_us : next;
    }
    return next;
}

static bool run_one_timer(struct loop *loop)
{
    for (struct loop_timer *at = loop->timers; at != NULL; at = at->next) {
        if (at->at_us <= loop->now.mono_us) {
            at->at_us = MOMENT_NEVER;
            at->fn(at->user);
            return true;
        }
    }
    return false;
}

void fake_turn(struct loop *loop)
{
    for (int turns = 0; turns == 0 || next_us(loop) <= loop->now.mono_us; turns++) {
        if (turns == TURNS_MAX) {
            fprintf(stderr, "fake_net: it spins\n");
            abort();
        }
        loop->turns++;
        while (run_one_timer(loop)) {
        }
        for (size_t i = 0; i < HOOKS_MAX; i++) {
            if (loop->hooks[i].fn != NULL) {
                loop->hooks[i].fn(loop->hooks[i].user);
            }
        }
    }
}

unsigned fake_turns(const struct loop *loop)
{
    return loop->turns;
}

void fake_pass(struct loop *loop, int64_t ms)
{
    int64_t end_us = loop->now.mono_us + ms * 1000;
    fake_turn(loop);
    for (bool more = true; more;) {
        int64_t at_us = next_us(loop);
        more = at_us < end_us;
        at_us = more ? at_us : end_us;
        loop->now.wall_ms += at_us / 1000 - loop->now.mono_us / 1000;
        loop->now.mono_us = at_us;
        fake_turn(loop);
    }
}

void fake_sleep(struct loop *loop, int64_t ms)
{
    loop->slept_us += ms * 1000;
    loop->now.wall_ms += ms;
    fake_turn(loop);
}

void fake_set_wall(struct loop *loop, int64_t ms)
{
    loop->now.wall_ms += ms;
    fake_turn(loop);
}

/* --- http ----------------------------------------------------------------------------------- */

void http_settings_default(struct http_settings *ret)
{
    *ret = (struct http_settings){.body_max = 1 << 20};
}

struct http *http_new(struct loop *loop, const struct http_settings *settings,
                      struct fault *ret_fault)
{
    struct http *http = calloc(1, sizeof *http);
    (void)settings;
    (void)ret_fault;
    if (http == NULL) {
        abort();
    }
    http->loop = loop;
    return http;
}

void http_free(struct http *http)
{
    if (http != NULL) {
        memset(http->loop->requests, 0, sizeof http->loop->requests);
        free(http);
    }
}

uint64_t http_get(struct http *http, const char *path, const char *if_none_match, http_done_fn fn,
                  void *user)
{
    struct loop *loop = http->loop;
    (void)if_none_match;
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        struct request *request = &loop->requests[i];
        if (request->id == 0) {
            *request = (struct request){.id = ++loop->last_id, .fn = fn, .user = user};
            snprintf(request->path, sizeof request->path, "%s", path);
            loop->asked++;
            return request->id;
        }
    }
    abort();
}

void http_cancel(struct http *http, uint64_t id)
{
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        if (http->loop->requests[i].id == id) {
            http->loop->requests[i].id = 0;
        }
    }
}

uint64_t http_ask(struct http *http, const char *path, http_answer_fn fn, void *user)
{
    (void)http;
    (void)path;
    (void)fn;
    (void)user;
    abort(); /* for backends, which have tests of their own */
}

void http_ask_cancel(struct http *http, uint64_t id)
{
    (void)http;
    (void)id;
}

char *http_resolve(const struct http *http, const char *path, const char *reference)
{
    (void)http;
    (void)path;
    (void)reference;
    return NULL;
}

bool http_set_headers(struct http *http, const struct http_headers *headers,
                      struct fault *ret_fault)
{
    (void)http;
    (void)headers;
    (void)ret_fault;
    return true;
}

bool http_sends(const struct http *http, const char *name)
{
    (void)http;
    (void)name;
    return false;
}

bool http_set_token(struct http *http, const char *token, struct fault *ret_fault)
{
    if (strlen(token) < 4) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "no token");
        return false;
    }
    snprintf(http->loop->token, sizeof http->loop->token, "%s", token);
    return true;
}

bool http_wants_plain(const struct http *http)
{
    (void)http;
    return true;
}

void http_forget_connections(struct http *http)
{
    http->loop->forgotten++;
}

size_t fake_waiting(const struct loop *loop)
{
    size_t count = loop->stream != NULL && !loop->stream->answered;
    for (size_t i = 0; i < REQUESTS_MAX; i++) {
        count += loop->requests[i].id != 0;
    }
    return count;
}

size_t fake_asked(const struct loop *loop)
{
    return loop->asked;
}

const char *fake_path(const struct loop *loop, size_t wanted)
{
    for (uint64_t id = 1; id <= loop->last_id; id++) {
        for (size_t i = 0; i < REQUESTS_MAX; i++) {
            if (loop->requests[i].id == id && wanted-- == 0) {
                return loop->requests[i].path;
            }
        }
    }
    return "";
}

unsigned fake_forgotten(const struct loop *loop)
{
    return loop->forgotten;
}

const char *fake_token(const struct loop *loop)
{
    return loop->token[0] != '\0' ? loop->token : NULL;
}

static struct request take(struct loop *loop, const char *path)
{
    struct request taken = {.id = 0};
    for (size_t i = 0; i < REQUESTS_MAX && taken.id == 0; i++) {
        if (loop->requests[i].id != 0 && strncmp(loop->requests[i].path, path, strlen(path)) == 0) {
            taken = loop->requests[i];
            loop->requests[i].id = 0;
        }
    }
    return taken;
}

bool fake_answer(struct loop *loop, const char *path, const char *body)
{
    struct request request = take(loop, path);
    if (request.id != 0) {
        const struct http_response response = {
            .status = 200, .body = body, .body_len = strlen(body), .duration_us = 1000};
        request.fn(request.user, request.id, &response, NULL);
        fake_turn(loop);
    }
    return request.id != 0;
}

bool fake_fail(struct loop *loop, const char *path, enum fault_kind kind, int status)
{
    struct request request = take(loop, path);
    if (request.id != 0) {
        struct fault fault;
        fault_set(&fault, kind, status, "refused");
        request.fn(request.user, request.id, NULL, &fault);
        fake_turn(loop);
    }
    return request.id != 0;
}

/* --- the stream's transfer ---------------------------------------------------------------------
 */

struct transfer *transfer_start(struct http *http, const struct transfer_request *request,
                                const struct transfer_handler *handler)
{
    struct transfer *transfer = calloc(1, sizeof *transfer);
    if (transfer == NULL || http->loop->stream != NULL) {
        abort(); /* one stream at a time */
    }
    (void)request;
    *transfer = (struct transfer){.loop = http->loop, .handler = *handler};
    http->loop->stream = transfer;
    http->loop->asked++;
    return transfer;
}

void transfer_cancel(struct transfer *transfer)
{
    if (transfer != NULL) {
        transfer->loop->stream = NULL;
        free(transfer);
    }
}

void transfer_pause(struct transfer *transfer, bool paused)
{
    if (transfer != NULL) {
        transfer->paused = paused;
    }
}

bool fake_stream_waits(const struct loop *loop)
{
    return loop->stream != NULL && !loop->stream->answered;
}

bool fake_stream_paused(const struct loop *loop)
{
    return loop->stream != NULL && loop->stream->paused;
}

void fake_stream_head(struct loop *loop, int status, const char *type)
{
    const struct transfer_head head = {
        .status = status, .content_type = type, .retry_after_ms = -1, .length = -1};
    loop->stream->answered = true;
    loop->stream->handler.on_head(loop->stream->handler.user, &head);
    fake_turn(loop);
}

void fake_stream_bytes(struct loop *loop, const char *bytes)
{
    struct fault fault;
    loop->stream->handler.on_bytes(loop->stream->handler.user, bytes, strlen(bytes), &fault);
    fake_turn(loop);
}

void fake_stream_end(struct loop *loop, enum fault_kind kind)
{
    struct transfer *transfer = loop->stream;
    struct fault fault;
    fault_set(&fault, kind, 0, "refused");
    loop->stream = NULL; /* the handle is good until on_done returns */
    transfer->handler.on_done(transfer->handler.user, kind != FAULT_NONE ? &fault : NULL, 0);
    free(transfer);
    fake_turn(loop);
}

void fake_stream_open(struct loop *loop)
{
    fake_stream_head(loop, 200, "text/event-stream");
    fake_stream_bytes(loop, ":\n");
}
