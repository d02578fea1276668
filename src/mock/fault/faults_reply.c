#include "faults_reply.h"

#include <assert.h>
#include <string.h>

struct text {
    const char *bytes;
    size_t len;
};
#define TEXT(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }

static const char span_type[] = "application/json";
static const char html_type[] = "text/html; charset=utf-8";
static const char stream_type[] = "text/event-stream";

struct row {
    int status;
    bool retry_after;
    const char *type; /* NULL: no body */
    struct text body;
};

static const struct row rows[] = {
    [FAULTS_REPLY_401] = {401, false, span_type, TEXT("{\"error\":\"Unauthorized\"}")},
    [FAULTS_REPLY_403] = {403, false, span_type, TEXT("{\"error\":\"Forbidden\"}")},
    [FAULTS_REPLY_404] = {404, false, span_type, TEXT("{\"error\":\"Not found\"}")},
    [FAULTS_REPLY_429] = {429, true, span_type, TEXT("{\"error\":\"Too many requests\"}")},
    [FAULTS_REPLY_500] = {500, false, span_type,
                          TEXT("{\"success\":false,\"error\":\"Internal server error\"}")},
    [FAULTS_REPLY_502] = {502, false, html_type,
                          TEXT("<html><head><title>502 Bad Gateway</title></head><body><center>"
                               "<h1>502 Bad Gateway</h1></center></body></html>\n")},
    [FAULTS_REPLY_503] = {503, true, span_type, TEXT("{\"error\":\"Service unavailable\"}")},
    [FAULTS_REPLY_204] = {204, false, NULL, TEXT("")},
    [FAULTS_REPLY_REDIRECT] = {302, false, NULL, TEXT("")},
    [FAULTS_REPLY_LOGIN] = {307, false, NULL, TEXT("")},
    [FAULTS_REPLY_LOOP] = {302, false, NULL, TEXT("")},
    [FAULTS_REPLY_HTML] = {200, false, html_type,
                           TEXT("<!DOCTYPE html><html><head><title>Maintenance</title></head>"
                                "<body><h1>We will be back soon</h1></body></html>\n")},
    [FAULTS_REPLY_SUCCESS_FALSE] = {200, false, span_type,
                                    TEXT("{\"success\":false,\"error\":\"Injected failure\"}")},
    /* NUL, a terminal's escape sequences, C1 controls, bad UTF-8, a byte order mark in the middle.
     */
    [FAULTS_REPLY_GARBAGE] = {200, false, span_type,
                              TEXT("\x00\x1b[2J\x1b]0;owned\x07{{\xff\xfe\x9b[31m\",:]\xc0\xaf"
                                   "\xed\xa0\x80\xef\xbb\xbf\x7f\x00}")},
    [FAULTS_REPLY_WRONG_TYPE] = {200, false, span_type, TEXT("")},
    [FAULTS_REPLY_SHORT_JSON] = {200, false, span_type, TEXT("")},
    [FAULTS_REPLY_LOGIN_PAGE] = {200, false, html_type,
                                 TEXT("<!DOCTYPE html><html><head><title>Log in</title></head>"
                                      "<body><form><input name=\"email\"></form></body></html>\n")},
};
static_assert(sizeof rows / sizeof *rows == FAULTS_REPLY_COUNT, "a row per reply");

/* Well-formed JSON in which required members are there, each of a type that it must not have. */
static const struct text wrong_types[] = {
    [FAULTS_PATH_ORDERS] = TEXT("{\"success\":true,\"orders\":[{\"id\":7,\"symbol\":[],"
                                "\"quantity\":\"many\",\"orderType\":{},"
                                "\"orderSide\":null,\"price\":\"dear\",\"status\":true,"
                                "\"createdAt\":0,\"stock\":\"none\"}]}"),
    [FAULTS_PATH_POSITIONS] =
        TEXT("{\"success\":true,\"positions\":[{\"id\":{},\"symbol\":9,\"quantity\":1.5,"
             "\"averagePrice\":\"x\",\"unrealizedPnL\":[],\"dayPnL\":false,\"stock\":[]}]}"),
    [FAULTS_PATH_ACCOUNT] =
        TEXT("{\"success\":true,\"account\":{\"id\":1,\"userId\":[],\"balance\":\"a lot\","
             "\"availableMargin\":{},\"usedMargin\":true}}"),
    [FAULTS_PATH_WATCHLISTS] = TEXT("{\"watchlists\":[{\"id\":[],\"name\":5,\"items\":\"none\"}]}"),
    [FAULTS_PATH_STREAM] = TEXT("{\"stream\":\"this is no event stream\"}"),
};
static_assert(sizeof wrong_types / sizeof *wrong_types == FAULTS_PATH_COUNT, "a body per path");

/* A whole HTTP message whose JSON ends in the middle. */
static const struct text short_json[] = {
    [FAULTS_PATH_ORDERS] = TEXT("{\"success\":true,\"orders\":[{\"id\":\"1\",\"symbol\":\"RELI"),
    [FAULTS_PATH_POSITIONS] = TEXT("{\"success\":true,\"positions\":[{\"id\":\"1\",\"quantity\":"),
    [FAULTS_PATH_ACCOUNT] = TEXT("{\"success\":true,\"account\":{\"id\":\"1\",\"balance\":6499"),
    [FAULTS_PATH_WATCHLISTS] = TEXT("{\"watchlists\":[{\"id\":\"1\",\"items\":["),
    [FAULTS_PATH_STREAM] = TEXT("data: {\"event\":\"order_placed\",\"data\":{\"orderId\":\"1\n\n"),
};
static_assert(sizeof short_json / sizeof *short_json == FAULTS_PATH_COUNT, "a body per path");

static struct text body_of(const struct faults_reply_order *order)
{
    switch (order->kind) {
    case FAULTS_REPLY_WRONG_TYPE:
        return wrong_types[order->about];
    case FAULTS_REPLY_SHORT_JSON:
        return short_json[order->about];
    default:
        return rows[order->kind].body;
    }
}

/* On the stream rubbish must look like a stream, else only the content type would be tested. */
static const char *type_of(const struct faults_reply_order *order)
{
    bool rubbish = order->kind == FAULTS_REPLY_GARBAGE || order->kind == FAULTS_REPLY_SHORT_JSON;
    return rubbish && order->about == FAULTS_PATH_STREAM ? stream_type : rows[order->kind].type;
}

static void add(char *out, size_t capacity, const char *text)
{
    size_t used = strlen(out);
    size_t len = strlen(text);
    size_t room = capacity - used - 1;
    memcpy(out + used, text, len < room ? len : room);
    out[used + (len < room ? len : room)] = '\0';
}

/* The path may have come percent-decoded: nothing that could end a header line is sent back. */
static bool fits_header(const char *path)
{
    for (; *path != '\0'; path++) {
        if (*path <= 0x20 || *path > 0x7e) {
            return false;
        }
    }
    return true;
}

static void set_location(const struct faults_reply_order *order, struct faults_reply *ret)
{
    ret->location[0] = '\0';
    switch (order->kind) {
    case FAULTS_REPLY_REDIRECT:
        add(ret->location, sizeof ret->location, order->to);
        break;
    case FAULTS_REPLY_LOGIN:
        add(ret->location, sizeof ret->location, FAULTS_LOGIN_PATH "?callbackUrl=%2F");
        break;
    case FAULTS_REPLY_LOOP:
        add(ret->location, sizeof ret->location, fits_header(order->path) ? order->path : "/");
        break;
    default:
        break;
    }
}

void faults_reply_fill(const struct faults_reply_order *order, struct faults_reply *ret)
{
    const struct row *row = &rows[order->kind];
    struct text body = body_of(order);
    ret->status = row->status;
    ret->content_type = type_of(order);
    ret->body = body.bytes;
    ret->body_len = body.len;
    ret->retry_after_s = row->retry_after ? order->retry_after_s : -1;
    set_location(order, ret);
}
