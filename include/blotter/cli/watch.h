/*
 * watch: --watch, headless. Prints every event as it arrives and reconnects for ever.
 * Source: blotter(1), OUTPUT.
 */
#ifndef BLOTTER_CLI_WATCH_H
#define BLOTTER_CLI_WATCH_H

#include <blotter/client/backend.h>
#include <blotter/client/trace.h>
#include <blotter/core/conn.h>
#include <blotter/core/resource.h>
#include <blotter/net/http.h>
#include <blotter/net/loop.h>

enum watch_format { WATCH_TEXT, WATCH_JSON, WATCH_RAW };

struct watch;

struct watch_settings {
    struct http_settings http;
    struct conn_settings conn;
    const struct client_backend *relayed; /* NULL: the reference backend, at http.url */
    const char *path; /* of the stream, with its query: "/api/realtime/stream?userId=u1" */
    size_t event_max; /* bytes of one event, 0: the default */
    enum watch_format format;
    const char *const *globs; /* fnmatch patterns of event types; none: all */
    size_t glob_count;
    resource_mask panes; /* only events that concern these; 0: all, also those that concern none */
    uint64_t count;      /* end after so many printed events; 0: never */
    int64_t duration_ms; /* end after this time; 0: never */
    const char *cursor;  /* a file to go on from, and to keep the place in; NULL: none */
    const char *after;   /* an id to go on from, whatever the cursor says; NULL: none */
    const char *user;    /* for the cursor and the snapshot; NULL: whose the token is */
    const char *backend; /* for the cursor; NULL: the reference */
    bool with_snapshot;  /* the panes first, then what happens after them */
    bool status;         /* connection news as JSON lines on out instead of sentences on err */
    bool color;          /* for WATCH_TEXT */
    bool ascii;          /* for WATCH_TEXT: nothing but ASCII */
    bool utc;            /* for WATCH_TEXT: times in UTC instead of the local zone */
    int out_fd;          /* events */
    int err_fd;          /* everything else */
    struct trace *trace; /* the caller's; NULL: none */
    /* The token was turned down, for the first time since the stream was live: true when
     * watch_use_token will follow, from the loop. NULL: nobody asks. */
    bool (*on_refused)(void *user, struct watch *watch);
    void *refused_user;
};

void watch_settings_default(struct watch_settings *ret);

/*
 * Runs until the stream ends for good, the count or the duration is reached, or somebody else
 * calls loop_quit (a signal handler of the caller's; its status is returned). Ignores SIGPIPE.
 * Returns the exit code: 0 done, also when the reader of out has gone; 1 runtime error; 2 settings
 * that cannot work; 3 not authorised.
 */
int watch_run(struct loop *loop, const struct watch_settings *settings);

/* The token that was asked for; NULL and why: there is none, which is the end. */
void watch_use_token(struct watch *watch, const char *token, const char *why);

#endif
