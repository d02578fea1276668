#include "queue.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

#define HEAD_MAX (16 + BODY_CHUNK_END_LEN)

struct body *body_new(const char *bytes, size_t len)
{
    struct body *body = mem_alloc(sizeof *body + HEAD_MAX + len + BODY_CHUNK_END_LEN);
    body->refs = 1;
    body->len = len;
    body->bytes = body->framed + HEAD_MAX;
    memcpy(body->bytes, bytes, len);
    memcpy(body->bytes + len, BODY_CHUNK_END, BODY_CHUNK_END_LEN);
    char *head = body->bytes - BODY_CHUNK_END_LEN;
    /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): no string */
    memcpy(head, BODY_CHUNK_END, BODY_CHUNK_END_LEN);
    do {
        *--head = "0123456789abcdef"[len % 16];
        len /= 16;
    } while (len > 0);
    body->head_len = (size_t)(body->bytes - head);
    return body;
}

void body_unref(struct body *body)
{
    if (body != NULL && --body->refs == 0) {
        free(body);
    }
}

struct queued *queued_new(struct body *body)
{
    struct queued *queued = mem_calloc(1, sizeof *queued);
    queued->refs = 1;
    queued->body = body;
    return queued;
}

/* Not by recursion: the rest of a long queue may go with its first queued. */
void queued_unref(struct queued *queued)
{
    while (queued != NULL && --queued->refs == 0) {
        struct queued *next = queued->next;
        body_unref(queued->body);
        free(queued);
        queued = next;
    }
}
