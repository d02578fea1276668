#include "place.h"

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

struct place *place_new(struct body *body)
{
    struct place *place = mem_calloc(1, sizeof *place);
    place->refs = 1;
    place->body = body;
    return place;
}

/* Not by recursion: the rest of a long queue may go with its first place. */
void place_unref(struct place *place)
{
    while (place != NULL && --place->refs == 0) {
        struct place *next = place->next;
        body_unref(place->body);
        free(place);
        place = next;
    }
}
