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

#define WATCH_SOURCES_MAX 32

struct watch;        /* a run */
struct watch_stream; /* of one source, while it runs */

/* Whose events. Everything is borrowed and outlives the run. */
struct watch_source {
    const char *name; /* its profile's, printed with all that is its; NULL: it is the only one */
    struct http_settings http;
    struct conn_settings conn;
    const struct client_backend *relayed; /* NULL: the reference backend, at http.url */
    const char *path;    /* of the stream, with its query: "/api/realtime/stream?userId=u1" */
    size_t event_max;    /* bytes of one event, 0: the default */
    resource_mask panes; /* only events that concern these; 0: all, also those that concern none */
    const char *user;    /* for the cursor and the snapshot; NULL: whose the token is */
    const char *backend; /* for the cursor; NULL: the reference */
    /* The token was turned down, for the first time since the stream was live: true when
     * watch_use_token will follow, from the loop. NULL: nobody asks. */
    bool (*on_refused)(void *user, struct watch_stream *stream);
    void *refused_user;
    struct trace *trace; /* its lines of the whole's; NULL: they are not told apart */
};

struct watch_settings {
    const struct watch_source *const *sources; /* at most WATCH_SOURCES_MAX */
    size_t source_count;
    bool short_of_some; /* sources that were asked for could not be opened: some have failed */
    enum watch_format format;
    const char *const *globs; /* fnmatch patterns of event types; none: all */
    size_t glob_count;
    uint64_t count;      /* end after so many printed events; 0: never */
    int64_t duration_ms; /* end after this time; 0: never */
    const char *cursor;  /* a file to go on from, and to keep the places in; NULL: none */
    const char *after;   /* an id to go on from, whatever the cursor says; NULL: none */
    bool with_snapshot;  /* the panes first, then what happens after them */
    bool status;         /* connection news as JSON lines on out instead of sentences on err */
    bool color;          /* for WATCH_TEXT */
    bool ascii;          /* for WATCH_TEXT: nothing but ASCII */
    bool utc;            /* for WATCH_TEXT: times in UTC instead of the local zone */
    int out_fd;          /* events */
    int err_fd;          /* everything else */
    struct trace *trace; /* of the whole; the caller's; NULL: none */
    /* SIGHUP, and SIGUSR1: sources may be added and removed in there. NULL: both are left alone. */
    void (*on_reload)(void *user, struct watch *watch, int signo);
    void *reload_user;
};

void watch_settings_default(struct watch_settings *ret);

/*
 * Runs until every stream has ended for good, the count or the duration is reached, or somebody
 * else calls loop_quit (a signal handler of the caller's; its status is returned). Ignores SIGPIPE.
 * Returns the exit code: 0 done, also when the reader of out has gone; 1 runtime error; 2 settings
 * that cannot work; 3 not authorised; 5 when that befell some of several.
 */
int watch_run(struct loop *loop, const struct watch_settings *settings);

/* One more source, which outlives the run or its removal; what is wrong with it is said, and counts
 * as one that failed. */
void watch_add(struct watch *watch, const struct watch_source *source);
/* Nothing more comes of it; its place in the cursor stays. */
void watch_remove(struct watch *watch, const struct watch_source *source);
/* Says why one that was asked for is not there; it counts as one that failed. */
void watch_miss(struct watch *watch, const char *sentence);

/* The token that was asked for; NULL and why: there is none, which is the stream's end. */
void watch_use_token(struct watch_stream *stream, const char *token, const char *why);

#endif
