#include "transfer.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <blotter/core/alloc.h>

#include "http_fault.h"
#include "http_internal.h"

#define VALUE_MAX 1024 /* of a header that we look at; what is longer is as if absent */
#define STREAM_BUFFER 131072L
#define LOW_SPEED_BYTES 1L /* a second */
#define TURN_US 8000       /* of a turn of the loop that streams may take at a stretch */

enum transfer_state {
    TRANSFER_NEW,       /* to be given to libcurl */
    TRANSFER_RUNNING,   /* libcurl has it */
    TRANSFER_CANCELLED, /* to be freed once libcurl is off the stack */
    TRANSFER_DONE       /* on_done is being called */
};

struct field;

struct transfer {
    struct http *http;
    struct transfer *next;
    struct transfer *previous;
    struct transfer_handler handler;
    enum transfer_state state;
    bool endless;
    bool paused;
    bool resume_due;
    uint64_t resumed; /* in which round */
    bool owed;        /* the next bytes are taken however long the turn was */
    CURL *easy;
    char *url;
    struct http_origin origin;
    char **headers; /* the caller's */
    size_t header_count;
    struct curl_slist *sent; /* these and the credentials, when the origin is ours */
    int redirects;
    int64_t duration_us; /* of the hops before this one */
    /* the answer that is being read */
    bool head_done;
    bool following;
    bool has_location; /* it may be there and empty */
    size_t header_bytes;
    const struct field *field; /* what the last header line set; NULL: nothing we look at */
    char content_encoding[VALUE_MAX];
    char content_type[VALUE_MAX * 8];
    char etag[VALUE_MAX];
    char location[VALUE_MAX * 8];
    char retry_after[VALUE_MAX];
    char last_event_id[VALUE_MAX];
    char server[VALUE_MAX];
    struct fault fault; /* why we gave the transfer up ourselves */
};

struct transfer *transfer_next(const struct transfer *transfer)
{
    return transfer->next;
}

/* ---- reading the head ---- */

static void head_reset(struct transfer *transfer)
{
    transfer->head_done = false;
    transfer->has_location = false;
    transfer->field = NULL;
    transfer->content_encoding[0] = '\0';
    transfer->content_type[0] = '\0';
    transfer->etag[0] = '\0';
    transfer->location[0] = '\0';
    transfer->retry_after[0] = '\0';
    transfer->last_event_id[0] = '\0';
    transfer->server[0] = '\0';
}

struct field {
    const char *name;
    size_t offset;
    size_t room;
    bool joined; /* several values are one list; otherwise the first one counts */
};
#define FIELD(name, member, joined)                                                                \
    {                                                                                              \
        name, offsetof(struct transfer, member), sizeof((struct transfer *)NULL)->member, joined   \
    }

static const struct field fields[] = {
    FIELD("content-encoding", content_encoding, true),
    FIELD("content-type", content_type, true),
    FIELD("etag", etag, false),
    FIELD("location", location, false),
    FIELD("retry-after", retry_after, false),
    FIELD("server", server, false),
    FIELD("x-last-event-id", last_event_id, false),
};

static void field_store(char *store, const struct field *field, const char *value, size_t len)
{
    size_t have = strlen(store);
    if (have > 0 && !field->joined) {
        return;
    }
    size_t gap = have > 0 ? 2 : 0;
    if (have + gap + len >= field->room) {
        return;
    }
    memcpy(store + have, ", ", gap);
    memcpy(store + have + gap, value, len);
    store[have + gap + len] = '\0';
}

/* The value without the white space around it. */
static void value_trim(const char **at, const char **end)
{
    while (*at < *end && (**at == ' ' || **at == '\t')) {
        (*at)++;
    }
    while (*end > *at && (unsigned char)(*end)[-1] <= ' ') {
        (*end)--;
    }
}

static const struct field *field_find(const char *name, size_t len)
{
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strlen(fields[i].name) == len && strncasecmp(name, fields[i].name, len) == 0) {
            return &fields[i];
        }
    }
    return NULL;
}

static void field_read(struct transfer *transfer, const char *line, size_t len)
{
    const char *end = line + len;
    const char *value = line;
    if (line[0] != ' ' && line[0] != '\t') {
        const char *colon = memchr(line, ':', len);
        transfer->field = colon != NULL ? field_find(line, (size_t)(colon - line)) : NULL;
        value = colon != NULL ? colon + 1 : end;
    } /* otherwise the line continues the field before it */
    value_trim(&value, &end);
    if (transfer->field != NULL) {
        char *store = (char *)transfer + transfer->field->offset;
        field_store(store, transfer->field, value, (size_t)(end - value));
        /* one that did not fit is none, not an empty one, which would mean this very address */
        transfer->has_location = transfer->has_location || (store == transfer->location &&
                                                            (store[0] != '\0' || value == end));
    }
}

static uint64_t id_parse(const char *digits)
{
    uint64_t value = 0;
    for (const char *at = digits; *at != '\0'; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
            return 0;
        }
        value = value * 10 + digit;
    }
    return value;
}

static int status_of(const struct transfer *transfer)
{
    long status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    return (int)status;
}

static bool status_is_redirect(int status)
{
    return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

/* Whether libcurl can unpack what is packed in this way. */
static bool encoding_is_known(const char *name, size_t len)
{
    static const struct {
        const char *name;
        int feature; /* of libcurl; 0: none is needed */
    } known[] = {
        {"identity", 0},
        {"none", 0},
        {"gzip", CURL_VERSION_LIBZ},
        {"x-gzip", CURL_VERSION_LIBZ},
        {"deflate", CURL_VERSION_LIBZ},
        {"br", CURL_VERSION_BROTLI},
        {"zstd", CURL_VERSION_ZSTD},
    };
    int features = curl_version_info(CURLVERSION_NOW)->features;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strlen(known[i].name) == len && strncasecmp(name, known[i].name, len) == 0) {
            return (features & known[i].feature) == known[i].feature;
        }
    }
    return len == 0;
}

/* False with the fault set: no other try would bring an answer that can be read. */
static bool encoding_check(struct transfer *transfer)
{
    for (const char *at = transfer->content_encoding; *at != '\0';) {
        at += strspn(at, " \t,");
        size_t len = strcspn(at, " \t,");
        if (!encoding_is_known(at, len)) {
            fault_set(&transfer->fault, FAULT_TYPE, 200,
                      "the answer is packed as '%.*s', which cannot be read",
                      (int)(len < 40 ? len : 40), at);
            return false;
        }
        at += len;
    }
    return true;
}

/* The head is complete. False: libcurl is to give this request up. */
static bool head_finish(struct transfer *transfer)
{
    int status = status_of(transfer);
    if (status < 200 && status != 101) {
        head_reset(transfer);
        return true; /* an interim answer: the real one follows */
    }
    transfer->head_done = true;
    curl_off_t length = -1;
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (status == 101) {
        fault_set(&transfer->fault, FAULT_NETWORK, 0, "the server switched protocols unasked");
        return false;
    }
    if (status_is_redirect(status) && transfer->has_location) {
        transfer->following = true;
        return length == 0; /* an empty body leaves the connection fit for use */
    }
    http_hide_token(transfer->http, transfer->content_type, strlen(transfer->content_type));
    http_hide_token(transfer->http, transfer->content_encoding, strlen(transfer->content_encoding));
    if (status == 200 && !encoding_check(transfer)) {
        return false;
    }
    struct transfer_head head = {
        .status = status,
        .content_type = transfer->content_type[0] != '\0' ? transfer->content_type : NULL,
        .etag = transfer->etag[0] != '\0' ? transfer->etag : NULL,
        .last_event_id = id_parse(transfer->last_event_id),
        .server = transfer->server[0] != '\0' ? transfer->server : NULL,
        .retry_after_ms =
            http_retry_after_ms(transfer->retry_after, loop_now(transfer->http->loop).wall_ms),
        .length = (int64_t)length,
    };
    transfer->handler.on_head(transfer->handler.user, &head);
    return transfer->state == TRANSFER_RUNNING;
}

static size_t curl_has_header(char *line, size_t one, size_t len, void *user)
{
    struct transfer *transfer = user;
    (void)one;
    if (transfer->state != TRANSFER_RUNNING) {
        return 0;
    }
    transfer->header_bytes += len;
    if (transfer->header_bytes > TRANSFER_HEADERS_MAX) {
        fault_set(&transfer->fault, FAULT_TOO_LARGE, 0, "the answer's headers are over %zu KiB",
                  TRANSFER_HEADERS_MAX >> 10);
        return 0;
    }
    if (transfer->head_done) {
        return len; /* a trailer */
    }
    if (len > 5 && memcmp(line, "HTTP/", 5) == 0) {
        head_reset(transfer);
    } else if (len > 0 && (line[0] == '\r' || line[0] == '\n')) {
        return head_finish(transfer) ? len : 0;
    } else {
        field_read(transfer, line, len);
    }
    return len;
}

/*
 * libcurl reads a socket a hundred times over before it looks at anything else. A server that
 * sends faster than events are taken would keep keys and frames waiting for seconds.
 */
static bool turn_is_over(struct transfer *transfer)
{
    if (!transfer->endless || transfer->owed) {
        transfer->owed = false;
        return false;
    }
    return loop_turn_us(transfer->http->loop) > TURN_US;
}

static size_t curl_has_bytes(char *bytes, size_t one, size_t len, void *user)
{
    struct transfer *transfer = user;
    (void)one;
    if (transfer->state != TRANSFER_RUNNING || transfer->following) {
        return 0;
    }
    if (transfer->paused) {
        return CURL_WRITEFUNC_PAUSE;
    }
    if (turn_is_over(transfer)) {
        transfer->resume_due = true;
        loop_timer_set(transfer->http->resume, 0);
        return CURL_WRITEFUNC_PAUSE;
    }
    bool more = transfer->handler.on_bytes(transfer->handler.user, bytes, len, &transfer->fault);
    return more && transfer->state == TRANSFER_RUNNING ? len : 0;
}

/* ---- setting up a hop ---- */

static void wipe(char *text)
{
    for (volatile char *at = text; *at != '\0'; at++) {
        *at = '\0';
    }
}

static void sent_free(struct transfer *transfer)
{
    for (struct curl_slist *at = transfer->sent; at != NULL; at = at->next) {
        wipe(at->data);
    }
    curl_slist_free_all(transfer->sent);
    transfer->sent = NULL;
}

static void sent_add(struct transfer *transfer, const char *line)
{
    struct curl_slist *longer = curl_slist_append(transfer->sent, line);
    if (longer == NULL) {
        abort();
    }
    transfer->sent = longer;
}

static void sent_build(struct transfer *transfer)
{
    const struct http *http = transfer->http;
    sent_free(transfer);
    for (size_t i = 0; i < transfer->header_count; i++) {
        sent_add(transfer, transfer->headers[i]);
    }
    if (http->credentials != NULL && http_origin_equal(&http->origin, &transfer->origin)) {
        sent_add(transfer, http->credentials);
    }
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->sent);
}

static void options_set_limits(struct transfer *transfer)
{
    const struct http *http = transfer->http;
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)http->connect_timeout_ms);
    if (transfer->endless) {
        curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, STREAM_BUFFER);
        return;
    }
    long low_speed_s = (long)(http->total_timeout_ms / 2 / 1000);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, low_speed_s > 0 ? LOW_SPEED_BYTES : 0L);
    curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, low_speed_s);
}

static void options_set_once(struct transfer *transfer)
{
    CURL *easy = transfer->easy;
    curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer);
    curl_easy_setopt(easy, CURLOPT_SHARE, transfer->http->share);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "blotter/" BLOTTER_VERSION);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, curl_has_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, curl_has_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer);
    curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
#if LIBCURL_VERSION_NUM >= 0x075500
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
    if (transfer->http->ca_file != NULL) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, transfer->http->ca_file);
    }
    options_set_limits(transfer);
}

/* The total is for all hops together. */
static void hop_limit_time(struct transfer *transfer)
{
    if (transfer->http->total_timeout_ms == 0) {
        return;
    }
    int64_t left_ms = transfer->http->total_timeout_ms - transfer->duration_us / 1000;
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long)(left_ms > 0 ? left_ms : 1));
}

static void hop_prepare(struct transfer *transfer)
{
    if (!transfer->endless) {
        hop_limit_time(transfer);
    }
    head_reset(transfer);
    transfer->following = false;
    transfer->header_bytes = 0;
    curl_easy_setopt(transfer->easy, CURLOPT_URL, transfer->url);
    /* What is meant for this machine is not told to a proxy. */
    curl_easy_setopt(transfer->easy, CURLOPT_PROXY, transfer->origin.loopback ? "" : NULL);
    /* Packing costs more than the loopback does. Decoded in any case if it comes packed; for a
     * stream we ask not to in a header. */
    curl_easy_setopt(transfer->easy, CURLOPT_ACCEPT_ENCODING,
                     transfer->origin.loopback ? "identity" : "gzip");
    sent_build(transfer);
    transfer->state = TRANSFER_NEW;
}

/* ---- life ---- */

struct transfer *transfer_start(struct http *http, const struct transfer_request *request,
                                const struct transfer_handler *handler)
{
    struct transfer *transfer = mem_calloc(1, sizeof *transfer);
    transfer->http = http;
    transfer->handler = *handler;
    transfer->endless = request->endless;
    transfer->origin = http->origin;
    size_t prefix_len = strlen(http->prefix);
    size_t path_len = strlen(request->path);
    transfer->url = mem_alloc(prefix_len + path_len + 1);
    memcpy(transfer->url, http->prefix, prefix_len);
    memcpy(transfer->url + prefix_len, request->path, path_len + 1);
    transfer->header_count = request->header_count;
    transfer->headers = mem_calloc(request->header_count, sizeof *transfer->headers);
    for (size_t i = 0; i < request->header_count; i++) {
        transfer->headers[i] = mem_dup(request->headers[i], strlen(request->headers[i]));
    }
    transfer->easy = curl_easy_init();
    if (transfer->easy == NULL) {
        abort();
    }
    options_set_once(transfer);
    hop_prepare(transfer);
    transfer->next = http->transfers;
    if (http->transfers != NULL) {
        http->transfers->previous = transfer;
    }
    http->transfers = transfer;
    if (http->inside_curl == 0) {
        transfer_settle(transfer);
    }
    return transfer;
}

static void transfer_free(struct transfer *transfer)
{
    curl_multi_remove_handle(transfer->http->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    sent_free(transfer);
    for (size_t i = 0; i < transfer->header_count; i++) {
        free(transfer->headers[i]);
    }
    free(transfer->headers);
    free(transfer->url);
    if (transfer->next != NULL) {
        transfer->next->previous = transfer->previous;
    }
    *(transfer->previous != NULL ? &transfer->previous->next : &transfer->http->transfers) =
        transfer->next;
    free(transfer);
}

void transfer_cancel(struct transfer *transfer)
{
    if (transfer == NULL || transfer->state == TRANSFER_DONE) {
        return;
    }
    transfer->state = TRANSFER_CANCELLED;
    if (transfer->http->inside_curl == 0) {
        transfer_free(transfer);
    }
}

void transfer_settle(struct transfer *transfer)
{
    if (transfer->state == TRANSFER_CANCELLED) {
        transfer_free(transfer);
    } else if (transfer->state == TRANSFER_NEW) {
        transfer->state = TRANSFER_RUNNING;
        curl_multi_add_handle(transfer->http->multi, transfer->easy);
    }
}

void transfer_pause(struct transfer *transfer, bool paused)
{
    if (transfer == NULL || transfer->paused == paused) {
        return;
    }
    transfer->paused = paused;
    /* Pausing takes place in curl_has_bytes, when there is something to be held back. */
    transfer->resume_due = !paused;
    if (!paused) {
        loop_timer_set(transfer->http->resume, 0);
    }
}

bool transfer_resume(struct transfer *transfer)
{
    struct http *http = transfer->http;
    if (!transfer->resume_due || transfer->resumed == http->resume_round) {
        return false; /* what had enough in this round waits for the next */
    }
    transfer->resumed = http->resume_round;
    transfer->resume_due = false;
    transfer->owed = true;
    if (transfer->state == TRANSFER_RUNNING) {
        http_multi_enter(http);
        curl_easy_pause(transfer->easy, CURLPAUSE_CONT);
        http_multi_leave(http);
    }
    return true;
}

/* ---- the end of a hop ---- */

static void transfer_finish(struct transfer *transfer, const struct fault *fault)
{
    transfer->state = TRANSFER_DONE;
    transfer->handler.on_done(transfer->handler.user, fault, transfer->duration_us);
    transfer_free(transfer);
}

static bool redirect_follow(struct transfer *transfer)
{
    char *url;
    if (++transfer->redirects > TRANSFER_REDIRECTS_MAX) {
        fault_set(&transfer->fault, FAULT_REDIRECT, 0, "redirected more than %d times",
                  TRANSFER_REDIRECTS_MAX);
        return false;
    }
    if (!http_url_redirect(transfer->url, transfer->location, &url, &transfer->origin,
                           &transfer->fault)) {
        return false;
    }
    free(transfer->url);
    transfer->url = url;
    curl_multi_remove_handle(transfer->http->multi, transfer->easy);
    hop_prepare(transfer);
    return true;
}

static void fault_from_result(struct transfer *transfer, int result)
{
    struct http_failure failure = {.code = result, .host = transfer->origin.host};
    long os_error = 0;
    curl_off_t connect_us = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_OS_ERRNO, &os_error);
    curl_easy_getinfo(transfer->easy, CURLINFO_SSL_VERIFYRESULT, &failure.tls_verify);
    curl_easy_getinfo(transfer->easy, CURLINFO_PRETRANSFER_TIME_T, &connect_us);
    failure.os_error = (int)os_error;
    failure.connected = connect_us > 0;
    http_fault_from_curl(&transfer->fault, &failure);
}

void transfer_curl_done(struct transfer *transfer, int result)
{
    if (transfer->state != TRANSFER_RUNNING) {
        return; /* cancelled meanwhile: settled soon */
    }
    curl_off_t time_us = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_TOTAL_TIME_T, &time_us);
    transfer->duration_us += (int64_t)time_us;
    if (transfer->following) {
        if (!redirect_follow(transfer)) {
            transfer_finish(transfer, &transfer->fault);
        }
        return;
    }
    if (transfer->fault.kind == FAULT_NONE && result != CURLE_OK) {
        fault_from_result(transfer, result);
    }
    transfer_finish(transfer, transfer->fault.kind != FAULT_NONE ? &transfer->fault : NULL);
}
