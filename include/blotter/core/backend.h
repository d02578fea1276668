/*
 * backend: what NAME.ini says about a backend that is not the reference one: how to ask. Plain
 * data, checked by whoever made it (src/adapt reads the files), and the two things everybody needs
 * of it: addresses with their values filled in, and headers with their secrets. Pure. Source:
 * blotter-backend(5).
 */
#ifndef BLOTTER_CORE_BACKEND_H
#define BLOTTER_CORE_BACKEND_H

#include <blotter/core/buf.h>
#include <blotter/core/resource.h>

#include <stdint.h>

#define BACKEND_FORMAT "1"
#define BACKEND_HOSTS_MAX 8
#define BACKEND_HEADERS_MAX 32
#define BACKEND_SECRETS_MAX 8
#define BACKEND_DISCOVER_MAX 8
#define BACKEND_QUOTES_MAX 8
#define BACKEND_COMMENTS_MAX 16
#define BACKEND_VALUES_MAX                                                                         \
    16                          /* values of one discovery: so many requests are made in its place \
                                 */
#define BACKEND_SYMBOLS_MAX 100 /* symbols of one quotes request, unless `max` says otherwise */
#define BACKEND_ADDRESS_MAX ((size_t)16 << 10) /* bytes of an address with everything filled in */

enum backend_badge { BACKEND_REAL, BACKEND_PAPER, BACKEND_MOCK };

/* At most so many requests in so many seconds; requests is 0 when there is no limit. */
struct backend_quota {
    int64_t requests, seconds;
};

/* One address: of which host, and the path with its query and {NAME}s. path is NULL when there is
 * none to ask. */
struct backend_get {
    size_t host; /* index into hosts */
    const char *path;
};

/* [orders], [positions], [account], [watchlist], [discover.NAME], [clock], [quotes.NAME]: each uses
 * what it has. */
struct backend_section {
    bool present;     /* the file has the section */
    const char *name; /* as in the file: "orders", "quotes.stocks"; of a discovery "watchlist_id" */
    struct backend_get get;
    int64_t poll_s, poll_stream_s, poll_closed_s; /* 0: it is not polled; defaults are filled in */
    struct backend_quota quota;                   /* its own, besides the backend's */
    int64_t pages;                                /* 1 at least */
    bool only_open;                               /* the list holds open orders only */
    const char *segment;                          /* quotes: only rows of it; NULL: all */
    int64_t max;                                  /* quotes: symbols a request */
};

struct backend_host {
    const char *name;
    const char *origin; /* "https://api.example.com"; "{url}" while the user's url is not known */
};

struct backend_header {
    const char *name;
    const char *value; /* with {secret:NAME} and {basic:NAME:NAME} */
};

/* How an answer says when the next request is fine. */
enum backend_reset {
    BACKEND_RESET_NONE,
    BACKEND_RESET_UNIX,
    BACKEND_RESET_UNIX_MS,
    BACKEND_RESET_SECONDS
};

enum backend_stream_kind { BACKEND_SSE, BACKEND_NDJSON };
enum backend_resume { BACKEND_RESUME_NONE, BACKEND_RESUME_QUERY, BACKEND_RESUME_HEADER };
enum backend_comment_act {
    BACKEND_COMMENT_NOTHING,
    BACKEND_COMMENT_GAP,
    BACKEND_COMMENT_RECONNECT
};

struct backend_comment {
    const char *glob; /* "*dropped*messages*" */
    enum backend_comment_act act;
};

struct backend_stream {
    bool present;
    enum backend_stream_kind kind;
    struct backend_get get;
    enum backend_resume resume;
    const char *resume_name; /* of the query member or header */
    int64_t heartbeat_s;
    struct backend_comment comments[BACKEND_COMMENTS_MAX];
    size_t comment_count;
};

/* All texts belong to whoever made it and live as long. */
struct backend {
    const char *id;   /* the file's name without .ini: "alpaca" */
    const char *name; /* for people: "Alpaca (paper)" */
    enum backend_badge badge;
    const char *secrets[BACKEND_SECRETS_MAX]; /* names */
    size_t secret_count;
    struct backend_host hosts[BACKEND_HOSTS_MAX];
    size_t host_count;
    struct backend_header headers[BACKEND_HEADERS_MAX]; /* of every request to every host */
    size_t header_count;
    struct backend_quota quota; /* of all requests together, the user's other programs included */
    const char *remaining;      /* header; NULL: none */
    const char *reset;          /* header; NULL: none */
    enum backend_reset reset_kind;
    struct backend_section discover[BACKEND_DISCOVER_MAX]; /* in the file's order */
    size_t discover_count;
    struct backend_section clock; /* get.path NULL: the function is asked with the time */
    struct backend_section panes[RESOURCE_COUNT]; /* RESOURCE_WATCHLISTS is [watchlist] */
    struct backend_section quotes[BACKEND_QUOTES_MAX];
    size_t quotes_count;
    struct backend_stream stream;
};

/* --- addresses ------------------------------------------------------------------------------- */

/* What {NAME} stands for; NULL when it is not known (yet). Borrowed for the call. */
typedef const char *(*backend_value_fn)(void *user, const char *name, size_t len);

struct backend_filling {
    backend_value_fn value; /* may be NULL: nothing is known */
    void *user;
    const char *const *symbols; /* for {symbols} */
    size_t symbol_count;
};

/*
 * Appends the path with its {NAME}s filled in, percent-encoded; {symbols} joins by a comma,
 * {symbols:TEXT} by TEXT. False, with a part appended, when a value is not known, when there are no
 * symbols for {symbols}, or over the buffer's ceiling.
 */
bool backend_fill(struct buf *out, const char *path, const struct backend_filling *filling);

/* The next {NAME} of a path from *at on: its name, and *at behind it. False when there is none. */
bool backend_next_name(const char **at, const char **ret_name, size_t *ret_len);

/* Whether the path says {NAME} (also {NAME:…}). */
bool backend_names(const char *path, const char *name);

/* Appends path with the member name=value (percent-encoded) of its query set: in place of the one
 * of that name, else behind the others. False over the buffer's ceiling. */
bool backend_set_query(struct buf *out, const char *path, const char *name, const char *value);

/* What a Link header names as the next page (`<…>; rel="next"`), as it stands there: appended.
 * False, with nothing appended, when it names none. */
bool backend_link_next(struct buf *out, const char *header);

/* --- headers --------------------------------------------------------------------------------- */

/* Appends the header's value with its secrets; value gives them by name. False when one is not
 * known, or over the ceiling. */
bool backend_header_value(struct buf *out, const struct backend_header *header,
                          backend_value_fn secret, void *user);

/* What the stream's comment line says to do: the first glob that fits decides. */
enum backend_comment_act backend_comment(const struct backend_stream *stream, const char *text,
                                         size_t len);

#endif
