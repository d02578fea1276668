/*
 * http_private: what http, its origin and its transfers share. For src/net only.
 */
#ifndef BLOTTER_NET_HTTP_PRIVATE_H
#define BLOTTER_NET_HTTP_PRIVATE_H

#include "http_delta.h"
#include "http_url.h"
#include "transfer.h"

#include <blotter/net/http.h>

#include <curl/curl.h>

struct http_request;
struct http_question;

/* Which authorities libcurl is to look at: the file that is named, else its bundle; or its
 * directory; or whatever its TLS library has. */
enum http_authorities { HTTP_ONE_FILE, HTTP_DIRECTORY, HTTP_AS_BUILT };

struct http_pool {
    size_t owners;
    struct loop *loop; /* while somebody uses it */
    size_t users;
    struct loop_timer *timer;  /* libcurl's */
    struct loop_timer *resume; /* takes up reading again what was unpaused inside libcurl */
    uint64_t resume_round;
    CURLM *multi;
    struct {
        struct transfer *first, *last;
    } transfers;       /* of all that use it */
    int inside_curl;   /* libcurl is on the stack: its handles must not be added or removed */
    int64_t forgot_us; /* connections made before are not to be trusted; MOMENT_NEVER: none is */
};

struct http {
    struct loop *loop;
    struct http_pool *pool;
    /* TLS sessions, so that a reconnect needs a round trip less, and the cookies of our origin (a
     * balancer's choice); other origins share nothing with it. */
    CURLSH *share, *foreign_share;
    char *prefix;
    struct http_origin origin;
    char *credentials; /* a whole header line; NULL when there is no token */
    const char *token; /* in it */
    bool by_cookie;    /* it is a cookie, sent beside others */
    char *cookie_name;
    bool allow_insecure;
    char *ca_file;
    enum http_authorities authorities;
    enum http_gzip { HTTP_GZIP_AUTO, HTTP_GZIP_YES, HTTP_GZIP_NO } gzip;
    int near;      /* at a loopback address: tries left before it is taken for a tunnel's end */
    bool measured; /* an answer has said so or so */
    int64_t connect_timeout_ms;
    int64_t total_timeout_ms;
    size_t body_max;
    struct http_request *requests;
    struct http_deltas deltas;
    struct http_question *questions;
    char **lines; /* headers of the owner's */
    size_t line_count;
    char **secrets; /* in them */
    size_t secret_count;
    const char *wanted[HTTP_WANTED_MAX]; /* of our own */
    bool stays;
    bool insecure; /* secrets may go over plain http */
    uint64_t last_request;
};

/* http_origin: takes a copy of the settings; false with the fault. http_settings_done frees it, and
 * what http_set_headers has set; secrets are wiped. */
bool http_settings_apply(struct http *http, const struct http_settings *settings,
                         struct fault *ret_fault);
void http_settings_done(struct http *http);
/* The four behind each other, to be freed. */
char *http_line_join(const char *a, const char *b, const char *c, const char *d);
/* Whether a header of that name is among the owner's. */
bool http_sends(const struct http *http, const char *name);

/*
 * Puts stars over the token where a server repeats it, so that what is made of its words (errors,
 * logs, the cache) cannot hold it. A short token is left alone: it might be a word of the data.
 */
void http_hide_token(const struct http *http, char *bytes, size_t len);

/* http_ask: ends what is under way. */
void http_questions_done(struct http *http);

/*
 * transfer: whether answers are asked for as they are. A loopback address may be the near end of a
 * tunnel. What answers faster than a tunnel could bring it is on this machine, where packing costs
 * more than it saves. Not known before the first answer: then it is taken for near.
 */
bool http_wants_plain(const struct http *http);

/* pool: what the http uses from now on, in its loop; false when there is no memory for it. */
bool http_pool_enter(struct http *http, struct http_pool *pool);
void http_pool_leave(struct http *http); /* its transfers are gone; also behind a false */

/* transfer: brackets around a call into libcurl that may call back; leaving does what had to wait.
 */
void transfers_enter(struct http_pool *pool);
void transfers_leave(struct http_pool *pool);
void transfers_resume(struct http_pool *pool);
void transfers_cancel(const struct http *http);

#endif
