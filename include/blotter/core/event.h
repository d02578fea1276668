/*
 * event: what a stream message means. One table row per type; the row says which panes it
 * concerns and whether it patches only. Source: blotter-api(7).
 */
#ifndef BLOTTER_CORE_EVENT_H
#define BLOTTER_CORE_EVENT_H

#include <blotter/core/fault.h>
#include <blotter/core/resource.h>
#include <blotter/core/span.h>
#include <blotter/core/sse.h>

enum event_type {
    EVENT_UNKNOWN,
    EVENT_CONNECTED,
    EVENT_CHANGED,   /* its data names the panes */
    EVENT_HEARTBEAT, /* nothing happened */
    EVENT_RESYNC,
    EVENT_ORDER_PLACED,
    EVENT_ORDER_EXECUTED,
    EVENT_ORDER_CANCELLED,
    EVENT_ORDER_UPDATED,
    EVENT_POSITION_OPENED,
    EVENT_POSITION_UPDATED,
    EVENT_POSITION_CLOSED,
    EVENT_POSITIONS_PNL_UPDATED,
    EVENT_BALANCE_UPDATED,
    EVENT_MARGIN_BLOCKED,
    EVENT_MARGIN_RELEASED,
    EVENT_WATCHLIST_UPDATED,
    EVENT_WATCHLIST_ITEM_ADDED,
    EVENT_WATCHLIST_ITEM_REMOVED,
    EVENT_QUOTES_UPDATED,
    EVENT_TYPE_COUNT
};

struct event_info {
    const char *name;    /* as on the wire; "" for EVENT_UNKNOWN */
    resource_mask panes; /* the panes it concerns */
    bool patch_only;     /* never causes a fetch */
    resource_mask also; /* further panes whose rows show a figure that it moves: patched, no more */
};

const struct event_info *event_info(enum event_type type);
enum event_type event_type_parse(const char *name, size_t len);

/* One message of the stream. Spans point into the SSE event's data and live as long as it. */
struct event {
    enum event_type type;
    struct span name; /* the JSON string "event"; ptr NULL when the payload is no object with one */
    struct span data; /* the member "data"; ptr NULL when absent */
    struct span timestamp; /* the member "timestamp"; ptr NULL when absent */
    uint64_t id; /* this message's own place in the server's order; 0 when it has none (or is no
                    plain decimal) */
};

/* A plain decimal that fits; anything else is an id without an order: 0. */
uint64_t event_id_parse(const char *text, size_t len);

/* The panes this event concerns: its type's, or those it names. */
resource_mask event_panes(const struct event *event);

/* Whether it says that it is of another user than this; NULL: nobody is another. */
bool event_is_foreign(const struct event *event, const char *user);

/* Why a stream whose welcome is foreign is none for us. */
void event_refusal(const struct event *event, struct fault *ret);

/*
 * Reads a dispatched SSE event. Returns false when its data is no JSON object with a string
 * "event": ret then has type EVENT_UNKNOWN and empty spans (to be shown raw, counted, never an
 * error). id is set only when the event type is not transient; the caller knows whether the frame
 * carried an id.
 */
bool event_parse(const struct sse_event *sse, struct event *ret);

#endif
