/*
 * http_fault: what went wrong, in a class and a sentence. One table row per libcurl code.
 */
#ifndef BLOTTER_NET_HTTP_FAULT_H
#define BLOTTER_NET_HTTP_FAULT_H

#include <blotter/core/fault.h>

#include <stdbool.h>
#include <stddef.h>

/* What libcurl knows beside its code. */
struct http_failure {
    int code;        /* CURLcode */
    int os_error;    /* errno of the connect, 0 when unknown */
    long tls_verify; /* X.509 verification result, 0 when it passed or did not happen */
    bool connected;  /* the connection had been made */
    const char *host;
};

void http_fault_from_curl(struct fault *fault, const struct http_failure *failure);

/* An answer that is no success: 401 and 403 are FAULT_AUTH, the rest FAULT_HTTP. */
void http_fault_from_status(struct fault *fault, int status, int64_t retry_after_ms);

/* An HTTP date as milliseconds since 1970; -1 when it is none. */
int64_t http_date_ms(const char *value);

/* Retry-After: seconds or an HTTP date, as milliseconds from now; -1 when it is neither. At most a
 * day. */
int64_t http_retry_after_ms(const char *value, int64_t now_wall_ms);

#endif
