/*
 * transfer: one GET that follows redirects itself, for http and stream. Callbacks may start and
 * cancel transfers at will, whether or not libcurl is on the stack at that moment.
 */
#ifndef BLOTTER_NET_TRANSFER_H
#define BLOTTER_NET_TRANSFER_H

#include <blotter/net/http.h>

#include <stdint.h>

#define TRANSFER_REDIRECTS_MAX 5
#define TRANSFER_HEADERS_MAX ((size_t)256 << 10)

struct transfer;

/* The final answer's headers: not those of redirects, interim answers or proxies. */
struct transfer_head {
    int status;
    const char *content_type; /* several are joined by ", "; NULL when none */
    uint64_t last_event_id;   /* X-Last-Event-Id, 0 when none */
    int64_t age_ms;           /* Age, 0 when none */
    int64_t retry_after_ms;   /* -1 when none */
    int64_t length;           /* of the body as announced, -1 when not */
    void *easy;               /* for head_value: every other field */
};

struct transfer_handler {
    void (*on_head)(void *user, const struct transfer_head *head);
    /* False: enough; on_done follows with the fault that was set in *ret_fault. */
    bool (*on_bytes)(void *user, const char *bytes, size_t len, struct fault *ret_fault);
    /* The last call; fault is NULL when the body ended as it should. */
    void (*on_done)(void *user, const struct fault *fault, int64_t duration_us);
    void *user;
};

struct transfer_request {
    const char *path;           /* put behind the base address */
    const char *const *headers; /* "Name: value", ours only: no line breaks in them */
    size_t header_count;
    bool fresh;   /* over a connection of its own, whatever is kept */
    bool endless; /* a stream: no timeout but that of connecting, and no compression asked for */
};

/* The handle is good until on_done returns or transfer_cancel is called. Never calls back before it
 * returns. */
struct transfer *transfer_start(struct http *http, const struct transfer_request *request,
                                const struct transfer_handler *handler);
void transfer_cancel(struct transfer *transfer); /* NULL is fine; nothing is called afterwards */
void transfer_pause(struct transfer *transfer, bool paused);

#endif
