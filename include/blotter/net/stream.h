/*
 * stream: keeps one event stream open over http, as conn decides; bytes go through sse.
 */
#ifndef BLOTTER_NET_STREAM_H
#define BLOTTER_NET_STREAM_H

#include <blotter/core/conn.h>
#include <blotter/core/sse.h>
#include <blotter/net/http.h>

struct stream;

/* What one request for the stream is. Texts live until the next call. */
struct stream_request {
    const char *path;
    const char *header; /* one more line, "Name: value"; NULL: none */
    bool resumes;       /* it says where the stream is to go on */
};

struct stream_handler {
    void (*on_event)(void *user, const struct sse_event *event);
    /* The phase or the reason changed. */
    void (*on_status)(void *user, const struct conn_status *status);
    /* May be NULL; an event over the ceiling is left out. The stream goes on behind it. */
    void (*on_too_large)(void *user);
    /* May be NULL; conn_status.quiet changed: it went quiet, or was heard again. */
    void (*on_quiet)(void *user);
    /* May be NULL: the path as given, resumed by Last-Event-ID. Else called before each request. */
    void (*on_connect)(void *user, struct stream_request *ret);
    void (*on_comment)(void *user, const char *text, size_t len); /* may be NULL; SSE only */
    void *user;
};

/* All callbacks may stop the stream (not free it); no event comes after that. */

/* Shares http's settings, origin rules and connections. path as for http_get. */
struct stream *stream_new(struct http *http, const char *path, const struct conn_settings *settings,
                          size_t event_max, const struct stream_handler *handler);
/* Each line is a message, whose id and type are empty. Before the stream is started. */
void stream_set_lines(struct stream *stream);
void stream_free(struct stream *stream);
void stream_start(struct stream *stream);

/* The id that the next connection goes on from, as if an event had brought it. */
void stream_set_last_id(struct stream *stream, const char *id, size_t len);
void stream_stop(struct stream *stream);

/* Waiting: tries at once. Live but silent for longer than a heartbeat: connects anew. Ended stays
 * ended. */
void stream_retry_now(struct stream *stream);  /* the user asked, or the network is back */
void stream_way_open(struct stream *stream);   /* another request has just been answered well */
void stream_way_closed(struct stream *stream); /* another request has failed without an answer */
/* The server says itself that this connection is at its end. */
void stream_dismissed(struct stream *stream);
/* What comes is not what was asked for, by what it says of itself: ended as by a 4xx. */
void stream_refuse(struct stream *stream, const struct fault *why);
void stream_resumed(struct stream *stream); /* we were suspended: connects anew at once */

/* While paused nothing is read: the server is held back by TCP, no event comes, the watchdog rests.
 */
void stream_pause(struct stream *stream, bool paused);

const struct conn_status *stream_status(const struct stream *stream);

#endif
