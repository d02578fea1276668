/*
 * faults: what the mock does wrong on purpose, so that a client can be seen to bear it.
 *
 * One kind of fault is one row of the table in faults.c: its name, where it strikes, which
 * parameters it takes, its help. A SPEC names a kind and limits it:
 *
 *     KIND[,PATH][,NAME=VALUE]…            500,orders,p=0.3      cut,stream,bytes=4000,count=1
 *
 * PATH is orders, positions, account, watchlists, stream or * (the default: all of these). Every
 * kind takes p (probability, 1), count (fires at most so often), after (lets the first N matching
 * requests pass) and seed. The first fault that matches a request and fires is the one that
 * happens;
 * /__mock/ is never touched.
 *
 * A kind strikes in one of three places, and each place asks for its decisions here:
 *   answer   the routes, before they do anything else:    faults_answer
 *   event    the emitter, for each event it would send:   faults_event
 *   bytes    the fault proxy, for each request it relays: faults_bytes
 * The last needs the proxy in front of the server: it runs when a --fault or the scenario holds
 * such a kind; `none` is one that does nothing, for those who will send faults at run time.
 */
#ifndef BLOTTER_MOCK_FAULTS_H
#define BLOTTER_MOCK_FAULTS_H

#include <blotter/core/fault.h>

#include <stddef.h>
#include <stdio.h>

#define FAULTS_MAX 64       /* faults in force at once */
#define FAULTS_SPEC_MAX 512 /* bytes of a SPEC */

struct faults;

/* The seed is that of --seed: the same seed and the same requests give the same faults. */
struct faults *faults_new(uint64_t seed);
void faults_free(struct faults *faults);

/* Adds one SPEC. False with *ret_error set (FAULT_CONFIG: what is wrong, and what would be right)
 * and nothing added. */
bool faults_add(struct faults *faults, const char *spec, struct fault *ret_error);

/* Whether the SPEC is good, and (when it is) whether it needs the proxy. */
bool faults_check(const char *spec, bool *ret_bytes, struct fault *ret_error);

/* Whether a fault that is in force needs the proxy. */
bool faults_need_proxy(const struct faults *faults);

/* The server is up: from now on a SPEC that needs the proxy is refused when none is running. */
void faults_seal(struct faults *faults, bool proxied);

/*
 * What `POST /__mock/fault` was sent: one SPEC a line; `clear` ends all faults that are in force, a
 * blank line or one that begins with # is passed over. All lines are checked before the first takes
 * effect: false with *ret_error set (answer it as 400) changes nothing.
 */
bool faults_command(struct faults *faults, const char *text, size_t len, struct fault *ret_error);

/* What `GET /__mock/fault` answers: {"faults":[{"spec","seen","fired"}…]}. Free it with free(). */
char *faults_list_json(const struct faults *faults);

/* The table for `--fault help`: every kind, every parameter, examples. */
void faults_help(FILE *out);

/* An answer that the routes give instead of their own. */
struct faults_reply {
    int status;
    const char *content_type; /* NULL: no body (204, redirects) */
    const char *body;         /* may hold NUL and other rubbish */
    size_t body_len;
    int retry_after_s;  /* Retry-After, -1: none */
    char location[512]; /* Location, "" when none */
};

/*
 * Asked once per request, before authentication, with the path as it came (the query may follow).
 * True: send *ret instead of the answer. The pages that a login fault redirects to are answered
 * here, too.
 */
bool faults_answer(struct faults *faults, const char *path, struct faults_reply *ret);

enum faults_event {
    FAULTS_EVENT_SEND,
    FAULTS_EVENT_TWICE, /* send it, then send it again, id and all */
    FAULTS_EVENT_HOLD,  /* keep it back, send it after the next one */
    FAULTS_EVENT_LOSE   /* say nothing; heartbeats go on */
};

/* Asked once per event on its way to the streams; the answer holds for all streams of the event's
 * user. */
enum faults_event faults_event(struct faults *faults);

enum faults_bytes_kind {
    FAULTS_BYTES_NONE,
    FAULTS_BYTES_DROP,      /* close at once, without an answer */
    FAULTS_BYTES_STALL,     /* pass the request on only after delay_ms; -1: never */
    FAULTS_BYTES_HALF_OPEN, /* after `bytes` of the body nothing more, and no FIN */
    FAULTS_BYTES_CUT,       /* after `bytes` of the body close */
    FAULTS_BYTES_SLOW,      /* the body at `rate` bytes a second */
    FAULTS_BYTES_BIG,       /* a body of `bytes` bytes, made up, that never ends its string */
    FAULTS_BYTES_BAD_CHUNK, /* after `bytes` of the body a chunk size that is none */
    FAULTS_BYTES_UTF8,      /* after `bytes` of the body two thirds of a character, then close */
};

struct faults_bytes {
    enum faults_bytes_kind kind;
    int64_t bytes;
    int64_t delay_ms;
    int64_t rate; /* bytes a second, > 0 */
};

/* Asked once per request by the proxy. Leaves kind FAULTS_BYTES_NONE when the request is to pass
 * unharmed. */
struct faults_bytes faults_bytes(struct faults *faults, const char *path);

#endif
