#include "db/read.h"
#include "feed.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

#define BATCH_MAX 256   /* updates in one positions_pnl_updated or quotes_updated */
#define PRUNE_EVERY 512 /* events between two looks at what is past --retain */

struct feed {
    struct db *db;
    struct emitter *emitter;
    struct feed_settings settings;
    struct text batch;
    struct held {
        struct emitter_event event;
        char *text; /* user, type, data, timestamp behind each other */
    } held;
    int64_t unpruned;
    bool pending; /* ticks had to wait */
};

/* --- events ------------------------------------------------------------------------------- */

static void keep(struct feed *feed, const struct emitter_event *event)
{
    size_t user = strlen(event->user) + 1, type = strlen(event->type) + 1;
    size_t stamp = strlen(event->timestamp) + 1;
    char *text = mem_alloc(user + type + event->data_len + 1 + stamp);
    memcpy(text, event->user, user);
    memcpy(text + user, event->type, type);
    memcpy(text + user + type, event->data, event->data_len + 1);
    memcpy(text + user + type + event->data_len + 1, event->timestamp, stamp);
    feed->held.text = text;
    feed->held.event = (struct emitter_event){
        .id = event->id,
        .user = text,
        .type = text + user,
        .data = text + user + type,
        .data_len = event->data_len,
        .timestamp = text + user + type + event->data_len + 1,
    };
}

static void release(struct feed *feed)
{
    if (feed->held.text != NULL) {
        int64_t last = emitter_last_id(feed->emitter);
        emitter_publish(feed->emitter, &feed->held.event);
        emitter_set_last_id(feed->emitter, last);
        free(feed->held.text);
        feed->held.text = NULL;
    }
}

static void publish(struct feed *feed, const struct emitter_event *event)
{
    enum feed_verdict verdict = FEED_SEND;
    if (feed->settings.verdict != NULL && emitter_subscribers(feed->emitter) > 0) {
        verdict = feed->settings.verdict(feed->settings.verdict_user);
    }
    if (verdict == FEED_HOLD && feed->held.text == NULL) {
        keep(feed, event);
        emitter_set_last_id(feed->emitter, event->id);
        return;
    }
    if (verdict == FEED_LOSE) {
        emitter_set_last_id(feed->emitter, event->id);
    } else {
        emitter_publish(feed->emitter, event);
    }
    if (verdict == FEED_TWICE) {
        emitter_publish(feed->emitter, event);
    }
    release(feed);
}

/* The number of events that were published. */
static int64_t run_events(struct feed *feed)
{
    int64_t count = 0;
    sqlite3_stmt *rows = db_query(
        feed->db, "SELECT id, user_id, type, data, created_at FROM events WHERE id > ? ORDER BY id",
        "i", emitter_last_id(feed->emitter));
    while (db_row(feed->db, rows)) {
        struct emitter_event event = {
            .id = sqlite3_column_int64(rows, 0),
            .user = (const char *)sqlite3_column_text(rows, 1),
            .type = (const char *)sqlite3_column_text(rows, 2),
            .data = (const char *)sqlite3_column_text(rows, 3),
            .data_len = (size_t)sqlite3_column_bytes(rows, 3),
            .timestamp = (const char *)sqlite3_column_text(rows, 4),
        };
        publish(feed, &event);
        count++;
    }
    feed->unpruned += count;
    return count;
}

static bool write_sequence(struct feed *feed, int64_t id, bool forget)
{
    if (!db_begin(feed->db)) {
        return false;
    }
    bool good = (!forget || db_run(feed->db, "DELETE FROM events", "") >= 0) &&
                db_run(feed->db, "DELETE FROM sqlite_sequence WHERE name = 'events'", "") >= 0 &&
                db_run(feed->db, "INSERT INTO sqlite_sequence (name, seq) VALUES ('events', ?)",
                       "i", id) >= 0;
    if (!good) {
        db_rollback(feed->db);
    }
    return good && db_commit(feed->db);
}

/* Somebody set the numbers of events back, or put an older file's contents in place: what comes
 * would have ids that were given before. */
static bool check_history(struct feed *feed, struct moment now)
{
    int64_t last = emitter_last_id(feed->emitter);
    if (read_last_id(feed->db) >= last) {
        return true;
    }
    int64_t id = (now.wall_ms > last ? now.wall_ms : last) + 1;
    char wall[DB_TIME_SIZE];
    db_time(now.wall_ms, wall);
    if (!write_sequence(feed, id, true)) {
        return false;
    }
    emitter_new_history(feed->emitter, id, wall);
    return true;
}

/* When another process is writing, what is old stays a little longer. */
static void prune(struct feed *feed)
{
    int64_t every = feed->settings.retain < PRUNE_EVERY ? feed->settings.retain + 1 : PRUNE_EVERY;
    if (feed->unpruned >= every && db_run(feed->db, "DELETE FROM events WHERE id <= ?", "i",
                                          emitter_retained_after(feed->emitter)) >= 0) {
        feed->unpruned = 0;
    }
}

/* --- ticks -------------------------------------------------------------------------------- */

static void send_batch(struct feed *feed, const char *user, const char *type, int64_t wall_ms)
{
    char wall[DB_TIME_SIZE];
    db_time(wall_ms, wall);
    TEXT_LITERAL(&feed->batch, "]}");
    struct emitter_event event = {0, user, type, feed->batch.bytes, feed->batch.len, wall};
    emitter_publish(feed->emitter, &event);
    feed->batch.len = 0;
}

/* Adds a row's columns from the first one on as one update. */
static void add_update(struct feed *feed, sqlite3_stmt *row, const char *const names[], int first,
                       int64_t wall_ms)
{
    if (feed->batch.len == 0) {
        TEXT_LITERAL(&feed->batch, "{\"updates\":[");
    } else {
        TEXT_LITERAL(&feed->batch, ",");
    }
    for (int i = 0; names[i] != NULL; i++) {
        text_puts(&feed->batch, names[i]);
        read_put_column(&feed->batch, row, first + i);
    }
    TEXT_LITERAL(&feed->batch, ",\"updatedAtMs\":");
    text_int(&feed->batch, wall_ms);
    TEXT_LITERAL(&feed->batch, "}");
}

static void run_positions(struct feed *feed, int64_t wall_ms)
{
    static const char *const names[] = {
        "{\"positionId\":", ",\"unrealizedPnL\":", ",\"dayPnL\":", ",\"currentPrice\":", NULL};
    sqlite3_stmt *rows =
        db_query(feed->db,
                 "SELECT a.userId, p.id, p.unrealizedPnL, p.dayPnL, coalesce(s.ltp, p.averagePrice)"
                 " FROM ticked_positions t JOIN positions p ON p.id = t.id"
                 " JOIN trading_accounts a ON a.id = p.tradingAccountId"
                 " LEFT JOIN stocks s ON s.id = p.stockId ORDER BY a.userId",
                 "");
    char *user = NULL;
    int count = 0;
    while (db_row(feed->db, rows)) {
        const char *owner = (const char *)sqlite3_column_text(rows, 0);
        if (user == NULL || strcmp(user, owner) != 0 || count == BATCH_MAX) {
            if (user != NULL) {
                send_batch(feed, user, "positions_pnl_updated", wall_ms);
            }
            free(user);
            user = mem_dup(owner, strlen(owner));
            count = 0;
        }
        add_update(feed, rows, names, 1, wall_ms);
        count++;
    }
    if (user != NULL) {
        send_batch(feed, user, "positions_pnl_updated", wall_ms);
    }
    free(user);
}

/* What a user holds, has working orders in, or watches; of the rest nothing is shown that moves. */
static void send_quotes(struct feed *feed, const char *user, int64_t wall_ms)
{
    static const char *const names[] = {
        "{\"instrumentId\":",  ",\"symbol\":", ",\"ltp\":", ",\"change\":",
        ",\"changePercent\":", ",\"volume\":", NULL};
    sqlite3_stmt *rows =
        db_query(feed->db,
                 "SELECT s.instrumentId, s.symbol, s.ltp, s.change, s.changePercent, s.volume"
                 " FROM ticked_stocks t JOIN stocks s ON s.id = t.id WHERE t.id IN ("
                 " SELECT stockId FROM positions WHERE quantity <> 0 AND tradingAccountId ="
                 "  (SELECT id FROM trading_accounts WHERE userId = ?1) UNION ALL"
                 " SELECT stockId FROM orders WHERE status = 'PENDING' AND tradingAccountId ="
                 "  (SELECT id FROM trading_accounts WHERE userId = ?1) UNION ALL"
                 " SELECT stockId FROM watchlist_items WHERE watchlistId IN"
                 "  (SELECT id FROM watchlists WHERE userId = ?1))",
                 "s", user);
    int count = 0;
    while (db_row(feed->db, rows)) {
        add_update(feed, rows, names, 0, wall_ms);
        if (++count == BATCH_MAX) {
            send_batch(feed, user, "quotes_updated", wall_ms);
            count = 0;
        }
    }
    if (count > 0) {
        send_batch(feed, user, "quotes_updated", wall_ms);
    }
}

static void run_quotes(struct feed *feed, int64_t wall_ms)
{
    const char *user = NULL;
    while ((user = emitter_next_user(feed->emitter, user)) != NULL) {
        send_quotes(feed, user, wall_ms);
    }
}

/* The ticks are read and cleared in one transaction. */
static bool run_ticks(struct feed *feed, int64_t wall_ms)
{
    if (db_int(feed->db, 0,
               "SELECT EXISTS (SELECT 1 FROM ticked_positions) OR EXISTS (SELECT 1 FROM "
               "ticked_stocks)",
               "") == 0) {
        return true;
    }
    if (!db_begin(feed->db)) {
        return false;
    }
    if (emitter_subscribers(feed->emitter) > 0) {
        run_events(feed); /* what another process committed just now comes before its ticks */
        run_positions(feed, wall_ms);
        if (feed->settings.quotes) {
            run_quotes(feed, wall_ms);
        }
    }
    db_run(feed->db, "DELETE FROM ticked_positions", "");
    db_run(feed->db, "DELETE FROM ticked_stocks", "");
    return db_commit(feed->db);
}

/* --- the feed ----------------------------------------------------------------------------- */

struct feed *feed_new(struct db *db, struct emitter *emitter, const struct feed_settings *settings)
{
    struct feed *feed = mem_calloc(1, sizeof *feed);
    feed->db = db;
    feed->emitter = emitter;
    feed->settings = *settings;
    emitter_set_last_id(emitter, read_last_id(db));
    if (settings->start_ms > emitter_last_id(emitter) &&
        write_sequence(feed, settings->start_ms, false)) {
        emitter_skip_ids(emitter, settings->start_ms);
    }
    feed->unpruned = PRUNE_EVERY;
    return feed;
}

void feed_free(struct feed *feed)
{
    if (feed != NULL) {
        free(feed->held.text);
        text_done(&feed->batch);
        free(feed);
    }
}

bool feed_run(struct feed *feed, struct moment now)
{
    if (!db_changed(feed->db) && !feed->pending) {
        return true;
    }
    uint64_t failures = db_failures(feed->db);
    int64_t count = run_events(feed);
    if (db_failures(feed->db) != failures) {
        emitter_end(feed->emitter); /* a stream that cannot know is not to look alive */
    }
    /* Nobody is kept waiting until another process has finished writing. */
    db_set_patience(feed->db, false);
    bool good = count > 0 || check_history(feed, now);
    prune(feed);
    feed->pending = !run_ticks(feed, now.wall_ms) || !good;
    db_set_patience(feed->db, true);
    return !feed->pending;
}
