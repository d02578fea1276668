#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/ndjson.h>

#include <stdlib.h>
#include <string.h>

struct ndjson {
    struct ndjson_handler handler;
    struct buf line; /* the beginning of one whose end has not arrived */
    size_t line_max;
    bool skipping; /* the rest of one that was too large */
    bool stopped;
};

struct ndjson *ndjson_new(const struct ndjson_handler *handler, size_t line_max)
{
    struct ndjson *ndjson = mem_calloc(1, sizeof *ndjson);
    ndjson->handler = *handler;
    ndjson->line_max = line_max;
    buf_init(&ndjson->line, line_max);
    return ndjson;
}

void ndjson_free(struct ndjson *ndjson)
{
    if (ndjson != NULL) {
        buf_done(&ndjson->line);
        free(ndjson);
    }
}

void ndjson_stop(struct ndjson *ndjson)
{
    ndjson->stopped = true;
}

void ndjson_restart(struct ndjson *ndjson)
{
    buf_clear(&ndjson->line);
    ndjson->skipping = false;
    ndjson->stopped = false;
}

static void leave_out(struct ndjson *ndjson)
{
    buf_done(&ndjson->line);
    if (!ndjson->skipping && ndjson->handler.on_too_large != NULL) {
        ndjson->handler.on_too_large(ndjson->handler.user);
    }
    ndjson->skipping = true;
}

static void tell(struct ndjson *ndjson, const char *line, size_t len)
{
    len -= len > 0 && line[len - 1] == '\r';
    if (len > ndjson->line_max) {
        leave_out(ndjson);
    } else if (strspn(line, " \t") < len) {
        ndjson->handler.on_line(ndjson->handler.user, line, len);
    }
}

/* Bytes with which a line ends. */
static void end_line(struct ndjson *ndjson, const char *bytes, size_t len)
{
    if (!ndjson->skipping && ndjson->line.len == 0) {
        tell(ndjson, bytes, len);
    } else if (!ndjson->skipping && buf_append(&ndjson->line, bytes, len)) {
        tell(ndjson, ndjson->line.data, ndjson->line.len);
    } else {
        leave_out(ndjson);
    }
    ndjson->skipping = false;
    buf_clear(&ndjson->line);
}

void ndjson_feed(struct ndjson *ndjson, const char *bytes, size_t len)
{
    const char *end = bytes + len;
    while (bytes < end && !ndjson->stopped) {
        const char *stop = memchr(bytes, '\n', (size_t)(end - bytes));
        if (stop == NULL) {
            if (ndjson->skipping || !buf_append(&ndjson->line, bytes, (size_t)(end - bytes))) {
                leave_out(ndjson);
            }
            return;
        }
        end_line(ndjson, bytes, (size_t)(stop - bytes));
        bytes = stop + 1;
    }
}
