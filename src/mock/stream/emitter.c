#include "emitter.h"
#include "history.h"
#include "queue.h"

#include <blotter/core/alloc.h>
#include <blotter/core/hash.h>
#include <blotter/core/linked.h>

#include <stdlib.h>
#include <string.h>

#define REPLAY_PAGE 64 /* events read from the database at a time */
#define CHANNEL_SLOTS 1024

struct channel {
    char *user;
    struct channel *next; /* in its hash slot */
    struct queued *tail;
    uint64_t published_bytes;
    struct {
        struct subscriber *first, *last;
    } subscribers;
    size_t subscriber_count;
};

struct subscriber {
    struct channel *channel;
    struct subscriber *previous, *next;           /* in its channel */
    struct subscriber *beat_previous, *beat_next; /* by heartbeat_at, the soonest first */
    void *owner;
    struct queued *at; /* everything up to here has been read */
    size_t offset;     /* bytes read of the one after it */
    uint64_t read_bytes;
    struct text own; /* what is for this subscriber alone */
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
    struct subscriber *beat_first, *beat_last;
    size_t subscriber_count;
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
        channel->tail = queued_new(NULL);
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
    queued_unref(channel->tail);
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

static void put_own(struct emitter *emitter, struct subscriber *subscriber, const char *type,
                    int64_t id, const char *wall)
{
    struct text *data = &emitter->scratch;
    data->len = 0;
    if (strcmp(type, "connected") == 0) {
        TEXT_LITERAL(data, "{\"userId\":");
        text_string(data, subscriber->channel->user, strlen(subscriber->channel->user));
        TEXT_LITERAL(data, ",\"timestamp\":");
        text_string(data, wall, strlen(wall));
        TEXT_LITERAL(data, "}");
    } else {
        TEXT_LITERAL(data, "{\"reason\":\"events were missed that are no longer kept\"}");
    }
    struct emitter_event event = {id, NULL, type, data->bytes, data->len, wall};
    put_event(emitter, &subscriber->own, &event);
}

/* --- waking ------------------------------------------------------------------------------- */

static void wake(struct emitter *emitter, struct subscriber *subscriber)
{
    if (!subscriber->awake) {
        subscriber->awake = true;
        emitter->handler.wake(subscriber->owner);
    }
}

static void drop_if_behind(struct emitter *emitter, struct subscriber *subscriber)
{
    uint64_t behind = subscriber->channel->published_bytes - subscriber->read_bytes;
    if (subscriber->replay_after < 0 && behind > emitter->settings.backlog_max &&
        !subscriber->dropped) {
        subscriber->dropped = true;
        emitter->counters.dropped++;
        emitter->handler.drop(subscriber->owner);
        wake(emitter, subscriber);
    }
}

/* --- heartbeats --------------------------------------------------------------------------- */

static void beat_append(struct emitter *emitter, struct subscriber *subscriber)
{
    struct subscriber *last = emitter->beat_last;
    subscriber->beat_next = NULL;
    subscriber->beat_previous = last;
    *(last != NULL ? &last->beat_next : &emitter->beat_first) = subscriber;
    emitter->beat_last = subscriber;
}

static void beat_remove(struct emitter *emitter, struct subscriber *subscriber)
{
    struct subscriber *previous = subscriber->beat_previous, *next = subscriber->beat_next;
    *(previous != NULL ? &previous->beat_next : &emitter->beat_first) = next;
    *(next != NULL ? &next->beat_previous : &emitter->beat_last) = previous;
}

int64_t emitter_deadline(const struct emitter *emitter)
{
    return emitter->beat_first == NULL ? MOMENT_NEVER : emitter->beat_first->heartbeat_at;
}

void emitter_tick(struct emitter *emitter, struct moment now)
{
    while (emitter->beat_first != NULL && emitter->beat_first->heartbeat_at <= now.mono_us) {
        struct subscriber *subscriber = emitter->beat_first;
        beat_remove(emitter, subscriber);
        subscriber->heartbeat_at = now.mono_us + emitter->settings.heartbeat_us;
        beat_append(emitter, subscriber);
        subscriber->heartbeat_due = true;
        wake(emitter, subscriber);
    }
}

void emitter_beat_all(struct emitter *emitter)
{
    for (struct subscriber *at = emitter->beat_first; at != NULL;) {
        struct subscriber *next = at->beat_next;
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

static void go_live(struct subscriber *subscriber)
{
    struct channel *channel = subscriber->channel;
    subscriber->replay_after = -1;
    queued_unref(subscriber->at);
    subscriber->at = channel->tail;
    subscriber->at->refs++;
    subscriber->offset = 0;
    subscriber->read_bytes = channel->published_bytes;
}

static void greet(struct emitter *emitter, struct subscriber *subscriber, const char *last_event_id,
                  int64_t wall_ms)
{
    char wall[DB_TIME_SIZE];
    db_time(wall_ms, wall);
    go_live(subscriber);
    if (!emitter->settings.extensions) {
        put_own(emitter, subscriber, "connected", 0, wall);
        put_own(emitter, subscriber, "connected", 0, wall);
        return;
    }
    /* The welcome's id is the place from which the stream goes on: a cut during a replay loses
     * nothing. */
    int64_t from = last_event_id == NULL
                       ? emitter->history.last_id
                       : history_read_id(&emitter->history, emitter->db, last_event_id);
    put_own(emitter, subscriber, "connected", from < 0 ? emitter->history.last_id : from, wall);
    if (from < 0) {
        put_own(emitter, subscriber, "resync", emitter->history.last_id, wall);
        emitter->counters.resyncs++;
    } else if (from < emitter->history.last_id) {
        subscriber->replay_after = from;
        queued_unref(subscriber->at); /* a slow replay must not hold the queue */
        subscriber->at = NULL;
    }
}

struct subscriber *emitter_open(struct emitter *emitter, struct moment now, const char *user,
                                const char *last_event_id, void *owner)
{
    struct subscriber *subscriber = mem_calloc(1, sizeof *subscriber);
    struct channel *channel = channel_get(emitter, user);
    subscriber->channel = channel;
    subscriber->owner = owner;
    subscriber->awake = true;
    LINKED_APPEND(&channel->subscribers, subscriber);
    channel->subscriber_count++;
    emitter->subscriber_count++;
    emitter->counters.opened++;
    subscriber->heartbeat_at = now.mono_us + emitter->settings.heartbeat_us;
    beat_append(emitter, subscriber);
    greet(emitter, subscriber, last_event_id, now.wall_ms);
    return subscriber;
}

void emitter_close(struct emitter *emitter, struct subscriber *subscriber)
{
    struct channel *channel = subscriber->channel;
    LINKED_REMOVE(&channel->subscribers, subscriber);
    beat_remove(emitter, subscriber);
    queued_unref(subscriber->at);
    text_done(&subscriber->own);
    free(subscriber);
    emitter->subscriber_count--;
    if (--channel->subscriber_count == 0) {
        channel_free(emitter, channel);
    }
}

void emitter_end(struct emitter *emitter)
{
    for (struct subscriber *at = emitter->beat_first; at != NULL;) {
        struct subscriber *next = at->beat_next;
        at->ended = true;
        wake(emitter, at);
        at = next;
    }
}

/* --- reading ------------------------------------------------------------------------------ */

/* Whether the next bytes are the subscriber's own: never in the middle of an event. */
static bool own_is_next(const struct subscriber *subscriber)
{
    return subscriber->offset == 0 && subscriber->own.len > 0;
}

static bool queue_is_next(const struct subscriber *subscriber)
{
    return subscriber->replay_after < 0 && subscriber->at->next != NULL;
}

static size_t skip_own(struct subscriber *subscriber, size_t most)
{
    size_t left = subscriber->own.len - subscriber->own_offset;
    size_t count = left < most ? left : most;
    subscriber->own_offset += count;
    if (subscriber->own_offset == subscriber->own.len) {
        text_done(&subscriber->own);
        subscriber->own_offset = 0;
    }
    return count;
}

static size_t skip_queue(struct subscriber *subscriber, size_t most)
{
    struct queued *next = subscriber->at->next;
    size_t left = next->body->len - subscriber->offset;
    size_t count = left < most ? left : most;
    subscriber->offset += count;
    subscriber->read_bytes += count;
    if (count == left) {
        next->refs++;
        queued_unref(subscriber->at);
        subscriber->at = next;
        subscriber->offset = 0;
    }
    return count;
}

void emitter_skip(struct subscriber *subscriber, size_t size)
{
    while (size > 0) {
        size -= own_is_next(subscriber) ? skip_own(subscriber, size) : skip_queue(subscriber, size);
    }
}

static size_t list_pieces(const struct subscriber *subscriber, struct iovec *ret, size_t room)
{
    size_t count = 0, offset = subscriber->offset;
    const struct queued *at = queue_is_next(subscriber) ? subscriber->at->next : NULL;
    if (at != NULL && offset > 0) { /* the queue is next: an entry of it has begun */
        ret[count++] = (struct iovec){at->body->bytes + offset, at->body->len - offset};
        at = at->next;
    }
    if (subscriber->own.len > 0 && count < room) {
        ret[count++] = (struct iovec){subscriber->own.bytes + subscriber->own_offset,
                                      subscriber->own.len - subscriber->own_offset};
    }
    for (; at != NULL && count < room; at = at->next) {
        ret[count++] = (struct iovec){at->body->bytes, at->body->len};
    }
    return count;
}

/* Fills own with the next page of what was missed; when there is no more, the subscriber is live.
 */
static void replay(struct emitter *emitter, struct subscriber *subscriber)
{
    if (subscriber->replay_after < history_floor(&emitter->history, emitter->db)) {
        char wall[DB_TIME_SIZE];
        char *now = db_text(emitter->db, "SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", "");
        memcpy(wall, now, sizeof wall);
        free(now);
        put_own(emitter, subscriber, "resync", emitter->history.last_id, wall);
        emitter->counters.resyncs++;
        go_live(subscriber);
        return;
    }
    sqlite3_stmt *rows = db_query(emitter->db,
                                  "SELECT id, type, data, created_at FROM events "
                                  "WHERE user_id = ? AND id > ? AND id <= ? ORDER BY id LIMIT ?",
                                  "siii", subscriber->channel->user, subscriber->replay_after,
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
        put_event(emitter, &subscriber->own, &event);
        subscriber->replay_after = event.id;
        count++;
    }
    emitter->counters.replayed += (uint64_t)count;
    if (count < REPLAY_PAGE) {
        go_live(subscriber);
    }
}

/* Makes something readable out of what is due; false when nothing is. */
static bool refill(struct emitter *emitter, struct subscriber *subscriber)
{
    if (subscriber->replay_after >= 0) {
        replay(emitter, subscriber);
        return true;
    }
    if (subscriber->heartbeat_due) {
        subscriber->heartbeat_due = false;
        emitter->counters.heartbeats++;
        TEXT_LITERAL(&subscriber->own, ": heartbeat\n\n");
        return true;
    }
    return false;
}

ssize_t emitter_peek(struct emitter *emitter, struct subscriber *subscriber, struct iovec *ret,
                     size_t room)
{
    if (subscriber->dropped) {
        return -1;
    }
    size_t count;
    do {
        count = list_pieces(subscriber, ret, room);
    } while (count == 0 && refill(emitter, subscriber));
    if (count == 0 && subscriber->ended) {
        return -1;
    }
    subscriber->awake = count > 0;
    return (ssize_t)count;
}

bool emitter_peek_chunk(const struct subscriber *subscriber, struct iovec *ret_event,
                        struct iovec *ret_chunk)
{
    if (subscriber->offset != 0 || !queue_is_next(subscriber) || subscriber->own.len > 0 ||
        subscriber->at->next->next != NULL || subscriber->heartbeat_due || subscriber->dropped ||
        subscriber->ended) {
        return false;
    }
    const struct body *body = subscriber->at->next->body;
    *ret_event = (struct iovec){body->bytes, body->len};
    *ret_chunk = (struct iovec){body->bytes - body->head_len,
                                body->head_len + body->len + BODY_CHUNK_END_LEN};
    return true;
}

void emitter_take_chunk(struct subscriber *subscriber)
{
    skip_queue(subscriber, subscriber->at->next->body->len);
    subscriber->awake = false;
}

ssize_t emitter_read(struct emitter *emitter, struct subscriber *subscriber, char *into,
                     size_t size)
{
    size_t len = 0;
    struct iovec piece;
    while (len < size) {
        ssize_t count = emitter_peek(emitter, subscriber, &piece, 1);
        if (count <= 0) {
            subscriber->awake = len > 0 || count < 0; /* 0 has to be given, too */
            return len > 0 ? (ssize_t)len : count;
        }
        size_t most = size - len < piece.iov_len ? size - len : piece.iov_len;
        memcpy(into + len, piece.iov_base, most);
        emitter_skip(subscriber, most);
        len += most;
    }
    return (ssize_t)len;
}

/* --- publishing --------------------------------------------------------------------------- */

static void publish_to(struct emitter *emitter, struct channel *channel, struct body *body)
{
    struct queued *queued = queued_new(body);
    body->refs++;
    channel->tail->next = queued;
    queued->refs++;
    queued_unref(channel->tail);
    channel->tail = queued;
    channel->published_bytes += body->len;
    for (struct subscriber *at = channel->subscribers.first; at != NULL;) {
        struct subscriber *next = at->next;
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
        emitter->counters.resyncs += emitter->subscriber_count;
    }
}

size_t emitter_subscribers(const struct emitter *emitter)
{
    return emitter->subscriber_count;
}

size_t emitter_user_subscribers(const struct emitter *emitter, const char *user)
{
    const struct channel *channel = channel_find(emitter, user);
    return channel == NULL ? 0 : channel->subscriber_count;
}

const char *emitter_next_user(const struct emitter *emitter, const char *user)
{
    const struct channel *channel = user == NULL ? NULL : channel_find(emitter, user);
    channel = channel == NULL ? NULL : channel->next;
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
