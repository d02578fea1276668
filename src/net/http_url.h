/*
 * http_url: addresses, and where credentials may go.
 */
#ifndef BLOTTER_NET_HTTP_URL_H
#define BLOTTER_NET_HTTP_URL_H

#include <blotter/core/fault.h>

#include <stdbool.h>

/* Scheme, host in lower case and port: what has to be equal for credentials to be sent. */
struct http_origin {
    bool secure;
    bool loopback; /* 127.0.0.0/8, ::1 or localhost */
    unsigned port;
    char host[256];
};

bool http_origin_equal(const struct http_origin *a, const struct http_origin *b);

/*
 * Reads a base address: http or https, no user, no query. *ret_prefix (to be freed) is the address
 * without a slash at its end, so that a path can be put behind it. False with FAULT_CONFIG set.
 */
bool http_url_base(const char *url, char **ret_prefix, struct http_origin *ret_origin,
                   struct fault *ret_fault);

/*
 * Where a redirect leads: location, relative to from. *ret_url (to be freed) has neither user nor
 * fragment. False with a fault: a login page (FAULT_AUTH), not http, or from https to http.
 */
bool http_url_redirect(const char *from, const char *location, char **ret_url,
                       struct http_origin *ret_origin, struct fault *ret_fault);

/* The path and query that a reference in the answer of from leads to, by RFC 3986; to be freed.
 * NULL when it leads to another origin, to a login page, or nowhere. */
char *http_url_same_origin(const char *from, const char *reference);

#endif
