#include "history.h"

void history_skip(struct history *history, int64_t id)
{
    history->gap_from = history->last_id;
    history->gap_to = history->last_id = id;
}

void history_begin(struct history *history, int64_t id)
{
    history->gap_from = history->gap_to = 0;
    history->last_id = id;
}

int64_t history_retained_after(const struct history *history)
{
    int64_t id = history->last_id - history->retain;
    return id < history->gap_to ? id - (history->gap_to - history->gap_from) : id;
}

int64_t history_floor(const struct history *history, struct db *db)
{
    int64_t newest = history->last_id == history->gap_to ? history->gap_from : history->last_id;
    int64_t oldest = db_int(db, newest + 1, "SELECT min(id) FROM events", "") - 1;
    int64_t retained = history_retained_after(history);
    return oldest > retained ? oldest : retained;
}

static bool was_given(const struct history *history, int64_t id)
{
    return id <= history->last_id && (id <= history->gap_from || id >= history->gap_to);
}

int64_t history_read_id(const struct history *history, struct db *db, const char *last_event_id)
{
    int64_t id = 0;
    for (const char *at = last_event_id; *at != '\0'; at++) {
        if (*at < '0' || *at > '9' || id > (INT64_MAX - 9) / 10) {
            return -1;
        }
        id = id * 10 + (*at - '0');
    }
    bool held =
        *last_event_id != '\0' && was_given(history, id) && id >= history_floor(history, db);
    return held ? id : -1;
}
