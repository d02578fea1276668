#include "queue.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

struct body *body_new(const char *bytes, size_t len)
{
    struct body *body = mem_alloc(sizeof *body + len);
    body->refs = 1;
    body->len = len;
    memcpy(body->bytes, bytes, len);
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
