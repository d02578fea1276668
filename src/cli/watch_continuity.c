#include "watch_continuity.h"

uint64_t watch_continuity_number(const char *id, size_t len)
{
    uint64_t number = 0;
    for (size_t i = 0; i < len; i++) {
        if (id[i] < '0' || id[i] > '9' || number > (UINT64_MAX - 9) / 10) {
            return 0;
        }
        number = number * 10 + (uint64_t)(id[i] - '0');
    }
    return number;
}

void watch_continuity_opened(struct watch_continuity *place)
{
    place->joined = !place->begun;
}

/* What the first event that tells anything says of the way here. */
static const char *join(const struct watch_continuity *place, uint64_t id, bool is_welcome)
{
    if (id == 0) {
        return "the server sends no ids";
    }
    if (is_welcome) {
        return id == place->last ? NULL : "the server goes on from another place";
    }
    return id <= place->last ? "the server's ids begin anew"
                             : "the server does not say from where it goes on";
}

const char *watch_continuity_event(struct watch_continuity *place, const struct sse_event *sse,
                                   const struct event *event)
{
    enum event_type type = event != NULL ? event->type : EVENT_UNKNOWN;
    uint64_t id = sse->own_id ? watch_continuity_number(sse->id, sse->id_len) : 0;
    bool passing = event_info(type)->patch_only || type == EVENT_HEARTBEAT;
    const char *why = NULL;
    if (type == EVENT_RESYNC) {
        why = "the server no longer holds what was missed";
        place->joined = true;
    } else if (!place->joined && !(passing && id == 0)) {
        why = join(place, id, type == EVENT_CONNECTED);
        place->joined = true;
    } else if (id != 0 && id < place->last) {
        why = "the server's ids begin anew";
    }
    place->last = id != 0 ? id : place->last;
    place->begun = true;
    return why;
}
