#include "emitter.h"

#include "history.h"
#include "place.h"

#include <blotter/core/alloc.h>
#include <blotter/core/hash.h>

#include <stdlib.h>
#include <string.h>

#define REPLAY_PAGE 64 /* events read from the database at a time */
#define CHANNEL_SLOTS 1024

struct channel {
    char *user;
    struct channel *next; /* in its hash slot */
    struct place *tail;
    uint64_t published_bytes;
    struct listener *listeners;
    size_t listener_count;
};

struct listener {
    struct channel *channel;
    struct listener *previous, *next;           /* in its channel */
    struct listener *beat_previous, *beat_next; /* by heartbeat_at, the soonest first */
    void *owner;
    struct place *at; /* everything up to here has been read */
    size_t offset;    /* bytes read of the place after it */
    uint64_t read_bytes;
    struct text own; /* what is for this listener alone */
    size_t own_offset;
    int64_t replay_after; /* replays events after this id, -1: live */
    int64_t heartbeat_at;
    bool awake, heartbeat_due, dropped, ended;
};

struct emitter {
    struct db *db;
    struct emitter_settings settings;
    struct emitter_handler handler;
    struct channel *channels[CHANNEL_SLOTS];
    struct listener *beat_first, *beat_last;
    size_t listener_count;
    struct history history;
    struct text scratch;
    struct emitter_counters counters;
};

/* --- channels ----------------------------------------------------------------------------- */

static size_t slot_of(const char *user)
{
    return (hash_text(HASH_START, user) >> 20) % CHANNEL_SLOTS;
}

static struct channel *channel_find(const struct emitter *emitter, const char *user)
{
    struct channel *channel = emitter->channels[slot_of(user)];
    while (channel != NULL && strcmp(channel->user, user) != 0) {
        channel = channel->next;
    }
    return channel;
}

static struct channel *channel_get(struct emitter *emitter, const char *user)
{
    struct channel *channel = channel_find(emitter, user);
    if (channel == NULL) {
        struct channel **slot = &emitter->channels[slot_of(user)];
        channel = mem_calloc(1, sizeof *channel);
        channel->user = mem_dup(user, strlen(user));
        channel->tail = place_new(NULL);
        channel->next = *slot;
        *slot = channel;
    }
    return channel;
}

static void channel_free(struct emitter *emitter, struct channel *channel)
{
    struct channel **at = &emitter->channels[slot_of(channel->user)];
    while (*at != channel) {
        at = &(*at)->next;
    }
    *at = channel->next;
    place_unref(channel->tail);
    free(channel->user);
    free(channel);
}

/* --- what is written ---------------------------------------------------------------------- */

static void put_event(const struct emitter *emitter, struct text *text,
                      const struct emitter_event *event)
{
    if (event->id > 0 && emitter->settings.extensions) {
        TEXT_LITERAL(text, "id: ");
        text_int(text, event->id);
        TEXT_LITERAL(text, "\n");
    }
    TEXT_LITERAL(text, "data: {\"event\":");
    text_string(text, event->type, strlen(event->type));
    TEXT_LITERAL(text, ",\"data\":");
    text_json_line(text, event->data, event->data_len);
    TEXT_LITERAL(text, ",\"timestamp\":");
    text_string(text, event->timestamp, strlen(event->timestamp));
    TEXT_LITERAL(text, "}\n\n");
}

static void put_own(struct emitter *emitter, struct listener *listener, const char *type,
                    int64_t id, const char *wall)
{
    struct text *data = &emitter->scratch;
    data->len = 0;
    if (strcmp(type, "connected") == 0) {
        TEXT_LITERAL(data, "{\"userId\":");
        text_string(data, listener->channel->user, strlen(listener->channel->user));
        TEXT_LITERAL(data, ",\"timestamp\":");
        text_string(data, wall, strlen(wall));
        TEXT_LITERAL(data, "}");
    } else {
        TEXT_LITERAL(data, "{\"reason\":\"events were missed that are no longer kept\"}");
    }
    struct emitter_event event = {id, NULL, type, data->bytes, data->len, wall};
    put_event(emitter, &listener->own, &event);
}

/* --- waking ------------------------------------------------------------------------------- */

static void wake(struct emitter *emitter, struct listener *listener)
{
    if (!listener->awake) {
        listener->awake = true;
        emitter->handler.wake(listener->owner);
    }
}

static void drop_if_behind(struct emitter *emitter, struct listener *listener)
{
    uint64_t behind = listener->channel->published_bytes - listener->read_bytes;
    if (listener->replay_after < 0 && behind > emitter->settings.backlog_max &&
        !listener->dropped) {
        listener->dropped = true;
        emitter->counters.dropped++;
        emitter->handler.drop(listener->owner);
        wake(emitter, listener);
    }
}

/* --- heartbeats --------------------------------------------------------------------------- */

static void beat_append(struct emitter *emitter, struct listener *listener)
{
    listener->beat_next = NULL;
    listener->beat_previous = emitter->beat_last;
    if (emitter->beat_last != NULL) {
        emitter->beat_last->beat_next = listener;
    } else {
        emitter->beat_first = listener;
    }
    emitter->beat_last = listener;
}

static void beat_remove(struct emitter *emitter, struct listener *listener)
{
    if (listener->beat_previous != NULL) {
        listener->beat_previous->beat_next = listener->beat_next;
    } else {
        emitter->beat_first = listener->beat_next;
    }
    if (listener->beat_next != NULL) {
        listener->beat_next->beat_previous = listener->beat_previous;
    } else {
        emitter->beat_last = listener->beat_previous;
    }
}

int64_t emitter_deadline(const struct emitter *emitter)
{
    return emitter->beat_first == NULL ? MOMENT_NEVER : emitter->beat_first->heartbeat_at;
}

void emitter_tick(struct emitter *emitter, struct moment now)
{
    while (emitter->beat_first != NULL && emitter->beat_first->heartbeat_at <= now.mono_us) {
        struct listener *listener = emitter->beat_first;
        beat_remove(emitter, listener);
        listener->heartbeat_at = now.mono_us + emitter->settings.heartbeat_us;
        beat_append(emitter, listener);
        listener->heartbeat_due = true;
        wake(emitter, listener);
    }
}

void emitter_beat_all(struct emitter *emitter)
{
    for (struct listener *at = emitter->beat_first; at != NULL;) {
        struct listener *next = at->beat_next;
        at->heartbeat_due = true;
        wake(emitter, at);
        at = next;
    }
}

/* --- opening and closing ------------------------------------------------------------------ */

struct emitter *emitter_new(struct db *db, const struct emitter_settings *settings,
                            const struct emitter_handler *handler)
{
    struct emitter *emitter = mem_calloc(1, sizeof *emitter);
    emitter->db = db;
    emitter->settings = *settings;
    emitter->history.retain = settings->retain;
    emitter->handler = *handler;
    return emitter;
}

void emitter_free(struct emitter *emitter)
{
    if (emitter != NULL) {
        text_done(&emitter->scratch);
        free(emitter);
    }
}

static void go_live(struct listener *listener)
{
    struct channel *channel = listener->channel;
    listener->replay_after = -1;
    place_unref(listener->at);
    listener->at = channel->tail;
    listener->at->refs++;
    listener->offset = 0;
    listener->read_bytes = channel->published_bytes;
}

static void greet(struct emitter *emitter, struct listener *listener, const char *last_event_id,
                  int64_t wall_ms)
{
    char wall[DB_TIME_SIZE];
    db_time(wall_ms, wall);
    go_live(listener);
    if (!emitter->settings.extensions) {
        put_own(emitter, listener, "connected", 0, wall);
        put_own(emitter, listener, "connected", 0, wall);
        return;
    }
    /* The welcome's id is the place from which the stream goes on: a cut during a replay loses
     * nothing. */
    int64_t from = last_event_id == NULL
                       ? emitter->history.last_id
                       : history_read_id(&emitter->history, emitter->db, last_event_id);
    put_own(emitter, listener, "connected", from < 0 ? emitter->history.last_id : from, wall);
    if (from < 0) {
        put_own(emitter, listener, "resync", emitter->history.last_id, wall);
        emitter->counters.resyncs++;
    } else if (from < emitter->history.last_id) {
        listener->replay_after = from;
        place_unref(listener->at); /* a slow replay must not hold the queue */
        listener->at = NULL;
    }
}

struct listener *emitter_open(struct emitter *emitter, struct moment now, const char *user,
                              const char *last_event_id, void *owner)
{
    struct listener *listener = mem_calloc(1, sizeof *listener);
    struct channel *channel = channel_get(emitter, user);
    listener->channel = channel;
    listener->owner = owner;
    listener->awake = true;
    listener->next = channel->listeners;
    if (channel->listeners != NULL) {
        channel->listeners->previous = listener;
    }
    channel->listeners = listener;
    channel->listener_count++;
    emitter->listener_count++;
    emitter->counters.opened++;
    listener->heartbeat_at = now.mono_us + emitter->settings.heartbeat_us;
    beat_append(emitter, listener);
    greet(emitter, listener, last_event_id, now.wall_ms);
    return listener;
}

void emitter_close(struct emitter *emitter, struct listener *listener)
{
    struct channel *channel = listener->channel;
    if (listener->previous != NULL) {
        listener->previous->next = listener->next;
    } else {
        channel->listeners = listener->next;
    }
    if (listener->next != NULL) {
        listener->next->previous = listener->previous;
    }
    beat_remove(emitter, listener);
    place_unref(listener->at);
    text_done(&listener->own);
    free(listener);
    emitter->listener_count--;
    if (--channel->listener_count == 0) {
        channel_free(emitter, channel);
    }
}

void emitter_end(struct emitter *emitter)
{
    for (struct listener *at = emitter->beat_first; at != NULL;) {
        struct listener *next = at->beat_next;
        at->ended = true;
        wake(emitter, at);
        at = next;
    }
}

/* --- reading ------------------------------------------------------------------------------ */

/* Whether the next bytes are the listener's own: never in the middle of an event. */
static bool own_is_next(const struct listener *listener)
{
    return listener->offset == 0 && listener->own.len > 0;
}

static bool queue_is_next(const struct listener *listener)
{
    return listener->replay_after < 0 && listener->at->next != NULL;
}

static size_t skip_own(struct listener *listener, size_t most)
{
    size_t left = listener->own.len - listener->own_offset;
    size_t count = left < most ? left : most;
    listener->own_offset += count;
    if (listener->own_offset == listener->own.len) {
        text_done(&listener->own);
        listener->own_offset = 0;
    }
    return count;
}

static size_t skip_queue(struct listener *listener, size_t most)
{
    struct place *next = listener->at->next;
    size_t left = next->body->len - listener->offset;
    size_t count = left < most ? left : most;
    listener->offset += count;
    listener->read_bytes += count;
    if (count == left) {
        next->refs++;
        place_unref(listener->at);
        listener->at = next;
        listener->offset = 0;
    }
    return count;
}

void emitter_skip(struct listener *listener, size_t size)
{
    while (size > 0) {
        size -= own_is_next(listener) ? skip_own(listener, size) : skip_queue(listener, size);
    }
}

static size_t list_pieces(const struct listener *listener, struct iovec *ret, size_t room)
{
    size_t count = 0, offset = listener->offset;
    const struct place *at = queue_is_next(listener) ? listener->at->next : NULL;
    if (at != NULL && offset > 0) { /* the queue is next: an entry of it has begun */
        ret[count++] = (struct iovec){at->body->bytes + offset, at->body->len - offset};
        at = at->next;
    }
    if (listener->own.len > 0 && count < room) {
        ret[count++] = (struct iovec){listener->own.bytes + listener->own_offset,
                                      listener->own.len - listener->own_offset};
    }
    for (; at != NULL && count < room; at = at->next) {
        ret[count++] = (struct iovec){at->body->bytes, at->body->len};
    }
    return count;
}

/* Fills own with the next page of what was missed; when there is no more, the listener is live. */
static void replay(struct emitter *emitter, struct listener *listener)
{
    if (listener->replay_after < history_floor(&emitter->history, emitter->db)) {
        char wall[DB_TIME_SIZE];
        char *now = db_text(emitter->db, "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", "");
        memcpy(wall, now, sizeof wall);
        free(now);
        put_own(emitter, listener, "resync", emitter->history.last_id, wall);
        emitter->counters.resyncs++;
        go_live(listener);
        return;
    }
    sqlite3_stmt *rows = db_query(emitter->db,
                                  "SELECT id, type, data, created_at FROM events "
                                  "WHERE user_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?",
                                  "siii", listener->channel->user, listener->replay_after,
                                  emitter->history.last_id, (int64_t)REPLAY_PAGE);
    int count = 0;
    while (db_row(emitter->db, rows)) {
        struct emitter_event event = {
            .id = sqlite3_column_int64(rows, 0),
            .type = (const char *)sqlite3_column_text(rows, 1),
            .data = (const char *)sqlite3_column_text(rows, 2),
            .data_len = (size_t)sqlite3_column_bytes(rows, 2),
            .timestamp = (const char *)sqlite3_column_text(rows, 3),
        };
        put_event(emitter, &listener->own, &event);
        listener->replay_after = event.id;
        count++;
    }
    emitter->counters.replayed += (uint64_t)count;
    if (count < REPLAY_PAGE) {
        go_live(listener);
    }
}

/* Makes something readable out of what is due; false when nothing is. */
static bool refill(struct emitter *emitter, struct listener *listener)
{
    if (listener->replay_after >= 0) {
        replay(emitter, listener);
        return true;
    }
    if (listener->heartbeat_due) {
        listener->heartbeat_due = false;
        emitter->counters.heartbeats++;
        TEXT_LITERAL(&listener->own, ": heartbeat\n\n");
        return true;
    }
    return false;
}

ssize_t emitter_peek(struct emitter *emitter, struct listener *listener, struct iovec *ret,
                     size_t room)
{
    if (listener->dropped) {
        return -1;
    }
    size_t count;
    do {
        count = list_pieces(listener, ret, room);
    } while (count == 0 && refill(emitter, listener));
    if (count == 0 && listener->ended) {
        return -1;
    }
    listener->awake = count > 0;
    return (ssize_t)count;
}

ssize_t emitter_read(struct emitter *emitter, struct listener *listener, char *into, size_t size)
{
    size_t len = 0;
    struct iovec piece;
    while (len < size) {
        ssize_t count = emitter_peek(emitter, listener, &piece, 1);
        if (count <= 0) {
            listener->awake = len > 0 || count < 0; /* 0 has to be given, too */
            return len > 0 ? (ssize_t)len : count;
        }
        size_t most = size - len < piece.iov_len ? size - len : piece.iov_len;
        memcpy(into + len, piece.iov_base, most);
        emitter_skip(listener, most);
        len += most;
    }
    return (ssize_t)len;
}

/* --- publishing --------------------------------------------------------------------------- */

static void publish_to(struct emitter *emitter, struct channel *channel, struct body *body)
{
    struct place *place = place_new(body);
    body->refs++;
    channel->tail->next = place;
    place->refs++;
    place_unref(channel->tail);
    channel->tail = place;
    channel->published_bytes += body->len;
    for (struct listener *at = channel->listeners; at != NULL;) {
        struct listener *next = at->next;
        wake(emitter, at);
        drop_if_behind(emitter, at);
        at = next;
    }
}

static void publish_to_all(struct emitter *emitter, struct body *body)
{
    for (size_t i = 0; i < CHANNEL_SLOTS; i++) {
        for (struct channel *at = emitter->channels[i]; at != NULL; at = at->next) {
            publish_to(emitter, at, body);
        }
    }
}

void emitter_publish(struct emitter *emitter, const struct emitter_event *event)
{
    struct channel *channel = event->user == NULL ? NULL : channel_find(emitter, event->user);
    emitter->counters.published++;
    if (channel != NULL || event->user == NULL) {
        emitter->scratch.len = 0;
        put_event(emitter, &emitter->scratch, event);
        struct body *body = body_new(emitter->scratch.bytes, emitter->scratch.len);
        if (channel != NULL) {
            publish_to(emitter, channel, body);
        } else {
            publish_to_all(emitter, body);
        }
        body_unref(body);
    }
    if (event->id > 0) {
        emitter->history.last_id = event->id;
    }
}

/* --- what is known ------------------------------------------------------------------------ */

int64_t emitter_last_id(const struct emitter *emitter)
{
    return emitter->history.last_id;
}

void emitter_set_last_id(struct emitter *emitter, int64_t id)
{
    emitter->history.last_id = id;
}

void emitter_skip_ids(struct emitter *emitter, int64_t id)
{
    history_skip(&emitter->history, id);
}

int64_t emitter_retained_after(const struct emitter *emitter)
{
    return history_retained_after(&emitter->history);
}

void emitter_new_history(struct emitter *emitter, int64_t id, const char *timestamp)
{
    static const char data[] = "{\"reason\":\"the history of events is a new one\"}";
    history_begin(&emitter->history, id);
    if (emitter->settings.extensions) {
        struct emitter_event event = {id, NULL, "resync", data, sizeof data - 1, timestamp};
        emitter_publish(emitter, &event);
        emitter->counters.resyncs += emitter->listener_count;
    }
}

size_t emitter_listeners(const struct emitter *emitter)
{
    return emitter->listener_count;
}

size_t emitter_user_listeners(const struct emitter *emitter, const char *user)
{
    const struct channel *channel = channel_find(emitter, user);
    return channel == NULL ? 0 : channel->listener_count;
}

const char *emitter_next_user(const struct emitter *emitter, const char *user)
{
    const struct channel *channel = user == NULL ? NULL : channel_find(emitter, user)->next;
    size_t slot = user == NULL ? 0 : slot_of(user) + 1;
    for (; channel == NULL && slot < CHANNEL_SLOTS; slot++) {
        channel = emitter->channels[slot];
    }
    return channel == NULL ? NULL : channel->user;
}

const struct emitter_counters *emitter_counters(const struct emitter *emitter)
{
    return &emitter->counters;
}
