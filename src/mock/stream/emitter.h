/*
 * emitter: who listens, and what each subscriber still has to be sent. An event is formatted once
 * and kept once per user, however many connections the user has; a subscriber stands somewhere in
 * that queue. Knows no sockets: the owner of a subscriber pulls bytes when it can send them.
 *
 * The order of what a subscriber gets: the welcome; what it missed (its Last-Event-ID on); then
 * everything published, without a gap and without a duplicate, however long it takes to read.
 * Source: blotter-api(7).
 */
#ifndef BLOTTER_MOCK_EMITTER_H
#define BLOTTER_MOCK_EMITTER_H

#include "base/text.h"
#include "db/db.h"

#include <blotter/core/moment.h>

#include <sys/types.h>
#include <sys/uio.h>

struct emitter;
struct subscriber;

struct emitter_settings {
    bool extensions;      /* ids, replay, quotes; without: two welcomes */
    int64_t heartbeat_us; /* > 0 */
    size_t backlog_max;   /* bytes a subscriber may lag behind before it is dropped */
    int64_t retain;       /* events that can be replayed */
};

/* Both are told through the subscriber's owner, never while it reads. */
struct emitter_handler {
    void (*wake)(
        void *owner); /* there is something to read; told once until a read or peek gives 0 */
    void (*drop)(void *owner); /* it lags too far behind: close it without waiting for it to read */
};

struct emitter *emitter_new(struct db *db, const struct emitter_settings *settings,
                            const struct emitter_handler *handler);
void emitter_free(struct emitter *emitter); /* every subscriber must have been closed */

/*
 * A new subscriber of user. last_event_id is the request's header, NULL when there was none. It
 * counts as awake: read it until it gives 0.
 */
struct subscriber *emitter_open(struct emitter *emitter, struct moment now, const char *user,
                                const char *last_event_id, void *owner);
void emitter_close(struct emitter *emitter, struct subscriber *subscriber);

/* Gives up to size bytes. 0: nothing now, wake will tell. -1: the stream has ended. */
ssize_t emitter_read(struct emitter *emitter, struct subscriber *subscriber, char *into,
                     size_t size);

/*
 * The same without a copy: up to room pieces of what is there, in order; 0 and -1 as above. They
 * are shared with other subscribers and stay until they are skipped. Skip what was taken, never
 * more than there was.
 */
ssize_t emitter_peek(struct emitter *emitter, struct subscriber *subscriber, struct iovec *ret,
                     size_t room);
void emitter_skip(struct subscriber *subscriber, size_t size);

/*
 * When all that is there is one event, from its beginning on: the event, and the chunk of HTTP that
 * it makes. It was taken whole: nothing more is there then.
 */
bool emitter_peek_chunk(const struct subscriber *subscriber, struct iovec *ret_event,
                        struct iovec *ret_chunk);
void emitter_take_chunk(struct subscriber *subscriber);

/*
 * Publishes an event to a user's subscribers, or to all with user NULL. id 0: transient, not
 * replayed. Ids must be published in increasing order. data is a JSON text, timestamp ISO 8601.
 */
struct emitter_event {
    int64_t id;
    const char *user, *type;
    const char *data;
    size_t data_len;
    const char *timestamp;
};
void emitter_publish(struct emitter *emitter, const struct emitter_event *event);

/* The id up to which everything was published. Set at start, and after events of users who do not
 * listen. */
int64_t emitter_last_id(const struct emitter *emitter);
void emitter_set_last_id(struct emitter *emitter, int64_t id);

/* Ids up to this one will never be given: who comes with one of them has another history. What was
 * before them can still be replayed. Once, at the start. */
void emitter_skip_ids(struct emitter *emitter, int64_t id);

/* Nothing of what was before can be replayed: everybody is told to read all again. */
void emitter_new_history(struct emitter *emitter, int64_t id, const char *timestamp);

/* Events up to this id need not be kept. */
int64_t emitter_retained_after(const struct emitter *emitter);

/* Whether anybody listens at all, or as that user. */
size_t emitter_subscribers(const struct emitter *emitter);
size_t emitter_user_subscribers(const struct emitter *emitter, const char *user);

/* The users who listen, one after the other: the first after NULL, NULL after the last. Nobody may
 * come or go meanwhile. */
const char *emitter_next_user(const struct emitter *emitter, const char *user);

/* Heartbeats: the monotonic time at which emitter_tick is due, MOMENT_NEVER when none. */
int64_t emitter_deadline(const struct emitter *emitter);
void emitter_tick(struct emitter *emitter, struct moment now);

/* A heartbeat on every stream now, beside those that are due. */
void emitter_beat_all(struct emitter *emitter);

/* Ends every stream that is open now cleanly: each subscriber gets what is queued, then -1. */
void emitter_end(struct emitter *emitter);

struct emitter_counters {
    uint64_t opened, published, heartbeats, replayed, resyncs, dropped;
};
const struct emitter_counters *emitter_counters(const struct emitter *emitter);

#endif
