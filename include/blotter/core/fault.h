/*
 * fault: an error as a value, with a class to decide by and a sentence to show.
 * The text is already safe to show (no control bytes) and never holds a token.
 */
#ifndef BLOTTER_CORE_FAULT_H
#define BLOTTER_CORE_FAULT_H

#include <stdbool.h>
#include <stdint.h>

enum fault_kind {
    FAULT_NONE,
    FAULT_RESOLVE,   /* the host's name is not known */
    FAULT_CONNECT,   /* refused, unreachable, or timed out while connecting */
    FAULT_TLS,       /* certificate or handshake */
    FAULT_TIMEOUT,   /* connected, then too slow */
    FAULT_NETWORK,   /* reset, broken off, truncated */
    FAULT_AUTH,      /* 401, 403, or a redirect to a login page: a new token is needed */
    FAULT_HTTP,      /* any other status that is not a success; see status */
    FAULT_TYPE,      /* the wrong content type: HTML where JSON is due */
    FAULT_REDIRECT,  /* too many, or to where we do not follow */
    FAULT_TOO_LARGE, /* over a ceiling */
    FAULT_DECODE,    /* no JSON, or a required member is missing or of the wrong type */
    FAULT_SERVER,    /* 200 with "success":false; the text is the server's, cleaned */
    FAULT_CONFIG,    /* bad URL, unreadable CA file, plain http refused */
    FAULT_KIND_COUNT
};

#define FAULT_TEXT_BYTES 320 /* a sentence of ours and one of a server's behind it */

struct fault {
    enum fault_kind kind;
    int status;                  /* HTTP status, 0 when there was none */
    int64_t retry_after_ms;      /* what Retry-After asked for, -1 when it did not */
    char text[FAULT_TEXT_BYTES]; /* one sentence without a full stop: "connection refused" */
};

/* The class's stable name for traces and --status: "resolve", "connect", … Static storage. */
const char *fault_kind_name(enum fault_kind kind);

/* Sets all members; the text is formatted, cut to fit; what is not printable ASCII becomes "?". */
void fault_set(struct fault *fault, enum fault_kind kind, int status, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Appends ": " and what somebody else says of it, cut to fit: valid UTF-8 of which nothing is
 * invisible or acts on a terminal. "" appends nothing. */
void fault_append(struct fault *fault, const char *text);

/* True for what a shared outage looks like: no request at all can get through. */
bool fault_is_outage(enum fault_kind kind);

#endif
