/*
 * http: GET requests to one origin over a curl multi that lives in a loop. The only file pair that
 * knows how a request is made safe: credentials stay on their origin, plain http only to loopback
 * unless allowed, bodies and headers have ceilings, every transfer has timeouts.
 */
#ifndef BLOTTER_NET_HTTP_H
#define BLOTTER_NET_HTTP_H

#include <blotter/core/fault.h>
#include <blotter/net/loop.h>

#include <stddef.h>

struct http;

/*
 * The connections of one login: whoever is given the same pool keeps and uses them together, as
 * far as origin and TLS settings agree. What is sent over them is each one's own: headers, token,
 * cookies. Owners are counted; one that is used by an http outlives its owners.
 */
struct http_pool;

struct http_pool *http_pool_new(void);
struct http_pool *http_pool_share(struct http_pool *pool); /* one more owner; returns it */
void http_pool_free(struct http_pool *pool);               /* NULL is fine; ends one's ownership */

#define HTTP_WANTED_MAX 3
#define HTTP_REFUSAL_MAX ((size_t)16 << 10)

struct http_settings {
    const char *url;   /* base, e.g. "https://api.example.com"; a path is kept as prefix */
    const char *token; /* NULL: none is sent */
    const char *auth;  /* "cookie" (the default, as the reference wants it) or "bearer" */
    const char
        *cookie_name; /* NULL: "authjs.session-token", over https "__Secure-authjs.session-token" */
    const char *ca_file;        /* these authorities and no others; NULL: the system's */
    bool allow_insecure;        /* send the token over plain http to other than loopback */
    int64_t connect_timeout_ms; /* 10000; 0: libcurl's own */
    int64_t total_timeout_ms;   /* 30000; 0: none, the owner has a clock of its own */
    size_t body_max;            /* 64 MiB */
    const char *gzip; /* "yes", "no", or "auto" (the default): whether packed answers are asked for;
                         auto: but where they come faster than through a tunnel */
    bool stays;       /* redirects are refused, not followed */
    struct http_pool *pool; /* NULL: one of its own. All that share one live in the same loop */
    const char *wanted[HTTP_WANTED_MAX]; /* header fields that http_ask's answers tell; NULL */
};

void http_settings_default(struct http_settings *ret);

/* NULL with *ret_fault set (FAULT_CONFIG) when the settings cannot work. Copies what it needs. */
struct http *http_new(struct loop *loop, const struct http_settings *settings,
                      struct fault *ret_fault);
/* Cancels everything, no callback is called. Not from a callback of one that shares its pool. */
void http_free(struct http *http);

struct http_response {
    int status; /* 200 or 304; everything else is a fault */
    const char *body;
    size_t body_len;
    const char *etag;       /* NULL when none */
    uint64_t last_event_id; /* X-Last-Event-Id, 0 when none */
    bool mock;              /* the server says that it is blotter-mock */
    int64_t age_ms;         /* how long it lay in caches on the way (Age) */
    int64_t duration_us;
};

/* Called exactly once per request that is not cancelled: with a response or with a fault, never
 * both. Borrowed for the call. */
typedef void (*http_done_fn)(void *user, uint64_t request, const struct http_response *response,
                             const struct fault *fault);

/* Starts GET url+path (path begins with "/", query included). Returns its handle, never 0. */
uint64_t http_get(struct http *http, const char *path, const char *if_none_match, http_done_fn fn,
                  void *user);
void http_cancel(struct http *http, uint64_t request);

/*
 * Headers that go with every request to the origin, and the secrets in them, which are hidden where
 * the server repeats them. In place of those set before. False with ret_fault and nothing changed
 * when they cannot be sent: controls or bytes beyond ASCII in them, secrets over plain http.
 */
struct http_headers {
    const char *const *lines; /* "Name: value" */
    size_t line_count;
    const char *const *secrets;
    size_t secret_count;
};
bool http_set_headers(struct http *http, const struct http_headers *headers,
                      struct fault *ret_fault);

/* An answer of whatever status, or none. Borrowed for the call. */
struct http_answer {
    int status;                /* 0: there was none */
    const struct fault *fault; /* NULL: 200 and a whole body */
    const char *body;          /* of a refusal at most HTTP_REFUSAL_MAX bytes */
    size_t body_len;
    struct buf *holds_body;               /* who is done with the body may free it early, by
                                             buf_done */
    const char *content_type;             /* NULL when none */
    const char *headers[HTTP_WANTED_MAX]; /* those that are wanted; NULL when not sent */
    int64_t duration_us;
};
typedef void (*http_answer_fn)(void *user, uint64_t request, const struct http_answer *answer);

/* As http_get, for whoever makes something of refusals; the body's type is not looked at. */
uint64_t http_ask(struct http *http, const char *path, http_answer_fn fn, void *user);
void http_ask_cancel(struct http *http, uint64_t request);

/* Where a reference leads that the answer to a request for path holds, by RFC 3986: a path with its
 * query, to be freed. NULL when that is not here. */
char *http_resolve(const struct http *http, const char *path, const char *reference);

/* Another token, from the next request on; copied. False with the fault when it cannot be sent:
 * then the old one stays. */
bool http_set_token(struct http *http, const char *token, struct fault *ret_fault);

/*
 * The connections kept so far are not used for new requests: the machine slept, or something on
 * the way let them die. What is under way is the owner's to cancel.
 */
void http_forget_connections(struct http *http);

#endif
