#include "request.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LEVEL 6
#define WINDOW_BITS 13 /* 8 KiB: some twenty events; a stream costs 48 KiB */
#define MEMORY_LEVEL 5
#define AT_ONCE 4096 /* bytes that are packed together */

struct packer {
    z_stream stream;
    struct text packed;
    size_t sent;
    bool ended;
};

struct packer *packer_new(void)
{
    struct packer *packer = mem_calloc(1, sizeof *packer);
    if (deflateInit2(&packer->stream, LEVEL, Z_DEFLATED, WINDOW_BITS + 16, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        free(packer);
        return NULL;
    }
    return packer;
}

void packer_free(struct packer *packer)
{
    if (packer != NULL) {
        deflateEnd(&packer->stream);
        text_done(&packer->packed);
        free(packer);
    }
}

static void pack(struct packer *packer, char *bytes, size_t len, int flush)
{
    z_stream *stream = &packer->stream;
    stream->next_in = (Bytef *)bytes;
    stream->avail_in = (uInt)len;
    do {
        text_reserve(&packer->packed, AT_ONCE);
        stream->next_out = (Bytef *)packer->packed.bytes + packer->packed.len;
        stream->avail_out = (uInt)(packer->packed.room - packer->packed.len);
        deflate(stream, flush);
        packer->packed.len = packer->packed.room - stream->avail_out;
    } while (stream->avail_out == 0);
}

ssize_t packer_read(struct packer *packer, struct request *request, char *into, size_t size)
{
    if (packer->sent == packer->packed.len) {
        char plain[AT_ONCE];
        packer->packed.len = packer->sent = 0;
        ssize_t count = packer->ended ? -1
                                      : emitter_read(request->server->api->emitter,
                                                     request->subscriber, plain, sizeof plain);
        if (count == 0 || packer->ended) {
            return count;
        }
        packer->ended = count < 0;
        pack(packer, plain, count > 0 ? (size_t)count : 0, count > 0 ? Z_SYNC_FLUSH : Z_FINISH);
    }
    size_t left = packer->packed.len - packer->sent;
    size_t most = left < size ? left : size;
    memcpy(into, packer->packed.bytes + packer->sent, most);
    packer->sent += most;
    return (ssize_t)most;
}
