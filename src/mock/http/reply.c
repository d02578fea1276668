/* From a call's answer to a response with its headers: ETag and 304, gzip, caching. */
#include "base/delta.h"
#include "request.h"

#include <blotter/core/alloc.h>

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#define GZIP_LEVEL 4
#define GZIP_SMALLEST 1024 /* below it the header's bytes eat what is won */
#define GZIP_SMALLEST_DELTA 96
#define ETAG_SIZE 24
#define IM_USED 226

/* --- who asks ----------------------------------------------------------------------------- */

static const struct sockaddr *peer(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
}

bool reply_is_loopback(struct MHD_Connection *connection)
{
    const struct sockaddr *address = peer(connection);
    if (address == NULL) {
        return false;
    }
    if (address->sa_family == AF_INET) {
        const struct sockaddr_in *four = (const void *)address;
        return ntohl(four->sin_addr.s_addr) >> 24 == 127;
    }
    const struct sockaddr_in6 *six = (const void *)address;
    return address->sa_family == AF_INET6 &&
           (IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) ||
            (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr) && six->sin6_addr.s6_addr[12] == 127));
}

/* Names that no resolver is asked about, with any port. A page whose host was made to lead here
 * (DNS rebinding) comes with its own. */
bool reply_host_is_local(const char *host)
{
    static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t len = strlen(names[i]);
        if (strncasecmp(host, names[i], len) == 0 && (host[len] == '\0' || host[len] == ':')) {
            return true;
        }
    }
    return false;
}

void reply_put_address(struct MHD_Connection *connection, char *ret, size_t size)
{
    const struct sockaddr *address = peer(connection);
    snprintf(ret, size, "-");
    if (address != NULL && address->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, ret,
                  (socklen_t)size);
    } else if (address != NULL && address->sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, ret,
                  (socklen_t)size);
    }
}

/* --- gzip --------------------------------------------------------------------------------- */

/* Whether a list like that of Accept-Encoding names a way (or *) with a weight above zero. */
static bool accepts(const char *header, const char *way)
{
    for (const char *at = header; at != NULL && *at != '\0';) {
        at += strspn(at, " \t,");
        size_t len = strcspn(at, ",");
        size_t name = strcspn(at, " \t;,");
        bool named =
            (name == strlen(way) && strncasecmp(at, way, name) == 0) || (name == 1 && *at == '*');
        const char *weight = memchr(at, '=', len);
        if (named) {
            return weight == NULL || strtod(weight + 1, NULL) > 0;
        }
        at += len;
    }
    return false;
}

bool reply_accepts(struct MHD_Connection *connection, const char *header, const char *way)
{
    return accepts(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, header), way);
}

static bool compress_reply(struct text *reply)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return false;
    }
    struct text packed = {0};
    text_reserve(&packed, deflateBound(&stream, reply->len));
    stream.next_in = (Bytef *)reply->bytes;
    stream.avail_in = (uInt)reply->len;
    stream.next_out = (Bytef *)packed.bytes;
    stream.avail_out = (uInt)packed.room;
    bool good = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    packed.len = stream.total_out;
    deflateEnd(&stream);
    if (good) {
        text_done(reply);
        *reply = packed;
    } else {
        text_done(&packed);
    }
    return good;
}

/* --- ETag --------------------------------------------------------------------------------- */

/* Weak comparison (RFC 9110, 8.8.3.2) with every tag of If-None-Match. */
static bool matches(const char *header, const char *etag)
{
    if (header == NULL) {
        return false;
    }
    const char *opaque = strchr(etag, '"');
    size_t len = opaque != NULL ? strlen(opaque) : 0;
    for (const char *at = header; len > 0 && (at = strstr(at, opaque)) != NULL; at += len) {
        if (at == header || strchr(" \t,/", at[-1]) != NULL) {
            return true;
        }
    }
    return strcmp(header, "*") == 0;
}

static void put_int_header(struct MHD_Response *response, const char *name, int64_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%lld", (long long)value);
    MHD_add_response_header(response, name, digits);
}

/* --- deltas (RFC 3229) -------------------------------------------------------------------- */

/* The bodies that a client may name: "W/"0123456789abcdef"" of If-None-Match, if it is one of ours.
 */
static bool read_etag(const char *header, uint64_t *ret)
{
    const char *quote = header == NULL ? NULL : strchr(header, '"');
    char *end;
    if (quote == NULL || strspn(quote + 1, "0123456789abcdef") != 16 || quote[17] != '"') {
        return false;
    }
    *ret = strtoull(quote + 1, &end, 16);
    return true;
}

/* Tells the body as what it has in common with the one that the client has, when it is shorter so.
 */
static bool make_delta(struct request *request, struct call *call, const char *known)
{
    struct bases *bases = request->server->api->bases;
    struct base_name name = {call->user, call->route, call->hash};
    bool wanted = reply_accepts(request->connection, "A-IM", "gdiff");
    if (bases == NULL || (!wanted && known != NULL)) {
        return false;
    }
    /* A first read as well: who makes it learns from the answer that the next can be asked so. */
    bases_keep(bases, &name, call->reply.bytes, call->reply.len);
    size_t old_len;
    const char *old =
        wanted && read_etag(known, &name.hash) ? bases_find(bases, &name, &old_len) : NULL;
    if (old == NULL) {
        return false;
    }
    struct text delta = {0};
    delta_make(old, old_len, call->reply.bytes, call->reply.len, &delta);
    bool shorter = delta.len < call->reply.len;
    if (shorter) {
        text_done(&call->reply);
        call->reply = delta;
        call->status = IM_USED;
    } else {
        text_done(&delta);
    }
    return shorter;
}

/* --- the response ------------------------------------------------------------------------- */

struct tags {
    char etag[ETAG_SIZE]; /* "" when there is none */
    char base[ETAG_SIZE]; /* what a delta is against; "" when it is none */
    bool packed;
};

/* Settles what the body is: nothing with 304, packed when asked for. */
static void settle(struct request *request, struct call *call, struct tags *ret)
{
    *ret = (struct tags){.etag = ""};
    if (!call->is_read) {
        return;
    }
    if (request->server->api->extensions) {
        snprintf(ret->etag, sizeof ret->etag, "W/\"%016llx\"", (unsigned long long)call->hash);
        const char *known = MHD_lookup_connection_value(request->connection, MHD_HEADER_KIND,
                                                        MHD_HTTP_HEADER_IF_NONE_MATCH);
        if (matches(known, ret->etag)) {
            call->status = 304;
            call->reply.len = 0;
            return;
        }
        if (make_delta(request, call, known)) {
            snprintf(ret->base, sizeof ret->base, "W/%.18s", strchr(known, '"'));
        }
    }
    size_t smallest = ret->base[0] != '\0' ? GZIP_SMALLEST_DELTA : GZIP_SMALLEST;
    ret->packed = call->reply.len >= smallest &&
                  reply_accepts(request->connection, MHD_HTTP_HEADER_ACCEPT_ENCODING, "gzip") &&
                  compress_reply(&call->reply);
}

static void put_read_headers(struct request *request, const struct call *call,
                             const struct tags *tags, struct MHD_Response *response)
{
    bool extensions = request->server->api->extensions;
    MHD_add_response_header(response, MHD_HTTP_HEADER_VARY,
                            extensions ? "Accept-Encoding, A-IM" : "Accept-Encoding");
    if (tags->base[0] != '\0') {
        MHD_add_response_header(response, "IM", "gdiff");
        MHD_add_response_header(response, "Delta-Base", tags->base);
    }
    if (extensions) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, tags->etag);
        put_int_header(response, "X-Last-Event-Id", call->last_id);
    }
    if (tags->packed) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_ENCODING, "gzip");
    }
}

struct MHD_Response *reply_make(struct request *request, struct call *call)
{
    struct tags tags;
    settle(request, call, &tags);
    bool is_read = call->is_read;
    size_t len;
    char *bytes = text_take(&call->reply, &len);
    struct MHD_Response *response = MHD_create_response_from_buffer(
        len, bytes == NULL ? (void *)mem_alloc(1) : bytes, MHD_RESPMEM_MUST_FREE);
    MHD_add_response_header(response, MHD_HTTP_HEADER_SERVER, REPLY_SERVER);
    /* A read may be kept by its reader but must be asked about again; anything else is not kept. */
    MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL,
                            is_read ? "private, no-cache" : "no-store");
    if (len > 0) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE,
                                call->content_type == NULL ? "application/json"
                                                           : call->content_type);
    }
    if (is_read) {
        put_read_headers(request, call, &tags, response);
    }
    if (call->allow != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, call->allow);
    }
    if (call->location != NULL) {
        MHD_add_response_header(response, MHD_HTTP_HEADER_LOCATION, call->location);
    }
    if (call->retry_after_s > 0) {
        put_int_header(response, MHD_HTTP_HEADER_RETRY_AFTER, call->retry_after_s);
    }
    return response;
}
