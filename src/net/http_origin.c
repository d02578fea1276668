/* What is said to a server of ours: settings, credentials, headers of the owner's, and hiding. */
#define _GNU_SOURCE /* memmem */
#include "http_private.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define TOKEN_MAX 16384
#define TOKEN_HIDDEN_MIN 16
#define LINE_MAX_BYTES ((size_t)16 << 10)

/* ---- settings ---- */

void http_settings_default(struct http_settings *ret)
{
    *ret = (struct http_settings){
        .auth = "cookie",
        .gzip = "auto",
        .connect_timeout_ms = 10000,
        .total_timeout_ms = 30000,
        .body_max = (size_t)64 << 20,
    };
}

/* What may stand in a header's value and, for a cookie, between its semicolons. */
static bool token_is_clean(const char *token, bool cookie)
{
    for (const char *at = token; *at != '\0'; at++) {
        unsigned char byte = (unsigned char)*at;
        if (byte < 0x21 || byte > 0x7e || (cookie && strchr(";,\"\\", byte) != NULL)) {
            return false;
        }
    }
    return token[0] != '\0' && strlen(token) <= TOKEN_MAX;
}

static bool name_is_clean(const char *name)
{
    for (const char *at = name; *at != '\0'; at++) {
        if (*at < 0x21 || *at > 0x7e || strchr("()<>@,;:\\\"/[]?={}", *at) != NULL) {
            return false;
        }
    }
    return name[0] != '\0' && strlen(name) <= 256;
}

static void secret_free(char *secret)
{
    if (secret != NULL) {
        for (volatile char *at = secret; *at != '\0'; at++) {
            *at = '\0';
        }
        free(secret);
    }
}

char *http_line_join(const char *a, const char *b, const char *c, const char *d)
{
    const char *parts[] = {a, b, c, d};
    size_t len = 0;
    for (size_t i = 0; i < 4; i++) {
        len += strlen(parts[i]);
    }
    char *line = mem_alloc(len + 1);
    char *end = line;
    for (size_t i = 0; i < 4; i++) {
        memcpy(end, parts[i], strlen(parts[i]));
        end += strlen(parts[i]);
    }
    *end = '\0';
    return line;
}

/* http->auth is set. False with the fault: the old token is still in force. */
static bool credentials_build(struct http *http, const char *token, struct fault *ret_fault)
{
    if (!token_is_clean(token, http->by_cookie)) {
        fault_set(ret_fault, FAULT_CONFIG, 0,
                  "the token is empty, too long, or holds characters that cannot be sent");
    } else if (!http->origin.secure && !http->origin.loopback && !http->allow_insecure) {
        fault_set(ret_fault, FAULT_CONFIG, 0,
                  "the token is not sent over plain http to %.80s: use https, or set "
                  "allow_insecure",
                  http->origin.host);
    } else {
        secret_free(http->credentials);
        http->credentials = http->by_cookie
                                ? http_line_join("Cookie: ", http->cookie_name, "=", token)
                                : http_line_join("Authorization: ", "Bearer ", token, "");
        http->token = http->credentials + strlen(http->credentials) - strlen(token);
        return true;
    }
    return false;
}

bool http_set_token(struct http *http, const char *token, struct fault *ret_fault)
{
    return credentials_build(http, token, ret_fault);
}

/* How a token is sent, and the token when there is one. */
static bool auth_apply(struct http *http, const struct http_settings *settings,
                       struct fault *ret_fault)
{
    bool cookie = settings->auth == NULL || strcmp(settings->auth, "cookie") == 0;
    const char *name = settings->cookie_name;
    if (name == NULL) {
        name = http->origin.secure ? "__Secure-authjs.session-token" : "authjs.session-token";
    }
    if (!cookie && strcmp(settings->auth, "bearer") != 0) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "auth must be 'cookie' or 'bearer'");
        return false;
    }
    if (!name_is_clean(name)) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "the cookie's name holds characters it may not");
        return false;
    }
    http->by_cookie = cookie;
    http->cookie_name = mem_dup(name, strlen(name));
    http->allow_insecure = settings->allow_insecure;
    return settings->token == NULL || credentials_build(http, settings->token, ret_fault);
}

/*
 * libcurl looks into its directory of authorities even when another file is named, and with a
 * directory it reads the whole bundle again for each connection instead of keeping it. Where there
 * is a directory alone, it fails for want of the bundle.
 */
static enum http_authorities authorities_of(const struct http_settings *settings)
{
    const curl_version_info_data *libcurl = curl_version_info(CURLVERSION_NOW);
    bool bundle = libcurl->cainfo != NULL && access(libcurl->cainfo, R_OK) == 0;
    return settings->ca_file != NULL || bundle ? HTTP_ONE_FILE
           : libcurl->capath != NULL           ? HTTP_DIRECTORY
                                               : HTTP_AS_BUILT;
}

static enum http_gzip gzip_of(const char *word)
{
    return word == NULL || strcmp(word, "auto") == 0 ? HTTP_GZIP_AUTO
           : strcmp(word, "yes") == 0                ? HTTP_GZIP_YES
                                                     : HTTP_GZIP_NO;
}

bool http_settings_apply(struct http *http, const struct http_settings *settings,
                         struct fault *ret_fault)
{
    if (!http_url_base(settings->url, &http->prefix, &http->origin, ret_fault) ||
        !auth_apply(http, settings, ret_fault)) {
        return false;
    }
    if (settings->ca_file != NULL && access(settings->ca_file, R_OK) != 0) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "cannot read the certificate authorities in %.120s",
                  settings->ca_file);
        return false;
    }
    http->ca_file =
        settings->ca_file != NULL ? mem_dup(settings->ca_file, strlen(settings->ca_file)) : NULL;
    http->authorities = authorities_of(settings);
    http->gzip = gzip_of(settings->gzip);
    http->near = 1; /* the first answer decides */
    http->connect_timeout_ms = settings->connect_timeout_ms;
    http->total_timeout_ms = settings->total_timeout_ms;
    http->body_max = settings->body_max;
    http->stays = settings->stays;
    http->insecure = settings->allow_insecure;
    for (size_t i = 0; i < HTTP_WANTED_MAX; i++) {
        const char *name = settings->wanted[i];
        http->wanted[i] = name != NULL ? mem_dup(name, strlen(name)) : NULL;
    }
    return true;
}

/* ---- headers ---- */

static void headers_done(struct http *http)
{
    for (size_t i = 0; i < http->line_count; i++) {
        secret_free(http->lines[i]);
    }
    for (size_t i = 0; i < http->secret_count; i++) {
        secret_free(http->secrets[i]);
    }
    free(http->lines);
    free(http->secrets);
    http->lines = NULL;
    http->secrets = NULL;
    http->line_count = http->secret_count = 0;
}

/* "Name: value" of printable ASCII. */
static bool line_is_clean(const char *line)
{
    const char *colon = strchr(line, ':');
    size_t name_len = strspn(line, "!#$%&'*+-.^_`|~0123456789"
                                   "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
    if (colon == NULL || name_len == 0 || colon != line + name_len) {
        return false;
    }
    for (const char *at = colon + 1; *at != '\0'; at++) {
        if ((unsigned char)*at < 0x20 || (unsigned char)*at > 0x7e) {
            return false;
        }
    }
    return strlen(line) <= LINE_MAX_BYTES;
}

static char **copy_texts(const char *const *texts, size_t count)
{
    char **copy = mem_calloc(count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++) {
        copy[i] = mem_dup(texts[i], strlen(texts[i]));
    }
    return copy;
}

bool http_set_headers(struct http *http, const struct http_headers *headers,
                      struct fault *ret_fault)
{
    for (size_t i = 0; i < headers->line_count; i++) {
        if (!line_is_clean(headers->lines[i])) {
            const char *line = headers->lines[i];
            fault_set(ret_fault, FAULT_CONFIG, 0,
                      "the header %.*s is too long or holds characters that cannot be sent",
                      (int)strnlen(line, strcspn(line, ": ") < 64 ? strcspn(line, ": ") : 64),
                      line);
            return false;
        }
    }
    if (headers->secret_count > 0 && !http->origin.secure && !http->origin.loopback &&
        !http->insecure) {
        fault_set(ret_fault, FAULT_CONFIG, 0, "secrets are not sent over plain http to %.80s",
                  http->origin.host);
        return false;
    }
    headers_done(http);
    http->lines = copy_texts(headers->lines, headers->line_count);
    http->line_count = headers->line_count;
    http->secrets = copy_texts(headers->secrets, headers->secret_count);
    http->secret_count = headers->secret_count;
    return true;
}

bool http_sends(const struct http *http, const char *name)
{
    size_t len = strlen(name);
    size_t i = 0;
    while (i < http->line_count &&
           (strncasecmp(http->lines[i], name, len) != 0 || http->lines[i][len] != ':')) {
        i++;
    }
    return i < http->line_count;
}

void http_settings_done(struct http *http)
{
    secret_free(http->credentials);
    headers_done(http);
    for (size_t i = 0; i < HTTP_WANTED_MAX; i++) {
        free((char *)(uintptr_t)http->wanted[i]);
    }
    free(http->prefix);
    free(http->ca_file);
    free(http->cookie_name);
}

/* ---- hiding ---- */

static void hide(const char *secret, char *bytes, size_t len)
{
    size_t secret_len = secret != NULL ? strlen(secret) : 0;
    char *at = bytes;
    while (secret_len >= TOKEN_HIDDEN_MIN &&
           (at = memmem(at, len - (size_t)(at - bytes), secret, secret_len)) != NULL) {
        memset(at, '*', secret_len);
        at += secret_len;
    }
}

void http_hide_token(const struct http *http, char *bytes, size_t len)
{
    hide(http->token, bytes, len);
    for (size_t i = 0; i < http->secret_count; i++) {
        hide(http->secrets[i], bytes, len);
    }
}
