#include "head.h"
#include "http_url.h"

#include <blotter/core/alloc.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

bool http_origin_equal(const struct http_origin *a, const struct http_origin *b)
{
    return a->secure == b->secure && a->port == b->port && strcmp(a->host, b->host) == 0;
}

static bool host_is_loopback(const char *host)
{
    unsigned char address[16];
    static const unsigned char one[16] = {[15] = 1};
    if (inet_pton(AF_INET, host, address) == 1) {
        return address[0] == 127;
    }
    size_t len = strlen(host);
    char bare[64];
    if (len > 2 && len < sizeof bare && host[0] == '[') {
        memcpy(bare, host + 1, len - 2);
        bare[len - 2] = '\0';
        return inet_pton(AF_INET6, bare, address) == 1 && memcmp(address, one, sizeof one) == 0;
    }
    return strcmp(host, "localhost") == 0;
}

/* One part of an address as a copy of ours; NULL when absent. */
static char *copy_part(CURLU *url, CURLUPart what, unsigned flags)
{
    char *text = NULL;
    if (curl_url_get(url, what, &text, flags) != CURLUE_OK || text == NULL) {
        return NULL;
    }
    char *copy = mem_dup(text, strlen(text));
    curl_free(text);
    return copy;
}

static bool origin_read(CURLU *url, struct http_origin *ret)
{
    char *scheme = copy_part(url, CURLUPART_SCHEME, 0);
    char *host = copy_part(url, CURLUPART_HOST, 0);
    char *port = copy_part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    bool ok = scheme != NULL && host != NULL && port != NULL && host[0] != '\0' &&
              strlen(host) < sizeof ret->host &&
              (strcmp(scheme, "http") == 0 || strcmp(scheme, "https") == 0);
    if (ok) {
        ret->secure = strcmp(scheme, "https") == 0;
        ret->port = (unsigned)strtoul(port, NULL, 10);
        for (size_t i = 0; i <= strlen(host); i++) {
            ret->host[i] = (char)tolower((unsigned char)host[i]);
        }
        ret->loopback = host_is_loopback(ret->host);
    }
    free(scheme);
    free(host);
    free(port);
    return ok;
}

static bool has_part(CURLU *url, CURLUPart what)
{
    char *text = copy_part(url, what, 0);
    bool has = text != NULL && text[0] != '\0';
    free(text);
    return has;
}

static bool base_check(CURLU *url, struct http_origin *ret_origin, struct fault *ret_fault)
{
    if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD)) {
        fault_set(ret_fault, FAULT_CONFIG, 0,
                  "the URL holds a user name or password: put a token into a file instead");
    } else if (has_part(url, CURLUPART_QUERY)) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "the URL has a query: give the server's base only");
    } else if (!origin_read(url, ret_origin)) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "the URL must be http://host or https://host");
    } else {
        return true;
    }
    return false;
}

bool http_url_base(const char *url, char **ret_prefix, struct http_origin *ret_origin,
                   struct fault *ret_fault)
{
    CURLU *parsed = curl_url();
    bool ok = false;
    if (url == NULL || url[0] == '\0') {
        fault_set(ret_fault, FAULT_CONFIG, 0, "no URL is given");
    } else if (strstr(url, "://") == NULL ||
               curl_url_set(parsed, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "not a URL: it must be http://host or https://host");
    } else {
        ok = base_check(parsed, ret_origin, ret_fault);
    }
    if (ok) {
        curl_url_set(parsed, CURLUPART_FRAGMENT, NULL, 0);
        char *prefix = copy_part(parsed, CURLUPART_URL, 0);
        size_t len = strlen(prefix);
        while (len > 0 && prefix[len - 1] == '/') {
            prefix[--len] = '\0';
        }
        *ret_prefix = prefix;
    }
    curl_url_cleanup(parsed);
    return ok;
}

/* A redirect to such a page means that the session is not known, whatever the status said. */
static bool path_is_login(const char *path)
{
    static const char *const pages[] = {"/auth/", "/login", "/signin", "/sign-in"};
    for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
        size_t len = strlen(pages[i]);
        if (strncmp(path, pages[i], len) == 0 &&
            (pages[i][len - 1] == '/' || path[len] == '\0' || path[len] == '/')) {
            return true;
        }
    }
    return strncmp(path, "/api/auth/", strlen("/api/auth/")) == 0;
}

static bool redirect_check(CURLU *target, const struct http_origin *from, struct http_origin *to,
                           struct fault *ret_fault)
{
    char *path = copy_part(target, CURLUPART_PATH, 0);
    bool ok = false;
    if (!origin_read(target, to)) {
        fault_set(ret_fault, FAULT_REDIRECT, 0, "redirected to what is neither http nor https");
    } else if (path != NULL && path_is_login(path)) {
        fault_set(ret_fault, FAULT_AUTH, 0,
                  "not authorised: the server sent us to its login page, a new token is needed");
    } else if (from->secure && !to->secure) {
        fault_set(ret_fault, FAULT_REDIRECT, 0, "redirected from https to http: not followed");
    } else {
        ok = true;
    }
    free(path);
    return ok;
}

bool http_url_redirect(const char *from, const char *location, char **ret_url,
                       struct http_origin *ret_origin, struct fault *ret_fault)
{
    CURLU *url = curl_url();
    struct http_origin from_origin;
    struct http_origin to_origin;
    /* Control characters: some versions of libcurl refuse them, others write them as %0D. */
    bool ok = curl_url_set(url, CURLUPART_URL, from, 0) == CURLUE_OK &&
              origin_read(url, &from_origin) && head_is_clean(location) &&
              (location[0] == '\0' ||
               curl_url_set(url, CURLUPART_URL, location,
                            CURLU_URLENCODE | CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK);
    if (!ok) {
        fault_set(ret_fault, FAULT_REDIRECT, 0, "redirected to what is no URL");
    } else if ((ok = redirect_check(url, &from_origin, &to_origin, ret_fault))) {
        curl_url_set(url, CURLUPART_USER, NULL, 0);
        curl_url_set(url, CURLUPART_PASSWORD, NULL, 0);
        curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0);
        *ret_url = copy_part(url, CURLUPART_URL, 0);
        *ret_origin = to_origin;
    }
    curl_url_cleanup(url);
    return ok;
}

char *http_url_same_origin(const char *from, const char *reference)
{
    struct http_origin ours, theirs;
    struct fault unused;
    char *url = NULL, *path = NULL;
    CURLU *parsed = curl_url();
    bool same = curl_url_set(parsed, CURLUPART_URL, from, 0) == CURLUE_OK &&
                origin_read(parsed, &ours) &&
                http_url_redirect(from, reference, &url, &theirs, &unused) &&
                http_origin_equal(&ours, &theirs);
    if (same) {
        const char *rest = strstr(url, "://") + 3;
        rest += strcspn(rest, "/?");
        path = mem_printf("%s%s", *rest == '/' ? "" : "/", rest);
    }
    curl_url_cleanup(parsed);
    free(url);
    return path;
}
