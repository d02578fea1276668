/* What only the mock has: its counters, SQL by hand, faults at run time. Source: blotter-mock(1),
 * "blotter-mock". */
#include "api.h"
#include "db/read.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SQL_ROWS_MAX 10000
#define SQL_BYTES_MAX ((size_t)16 << 20)
#define SQL_LIMIT_MS 2000 /* nobody else is served meanwhile */

/* --- stats -------------------------------------------------------------------------------- */

static void put_count(struct text *into, const char *before, uint64_t value)
{
    text_puts(into, before);
    text_int(into, (int64_t)value);
}

static void put_routes(const struct api *api, struct text *into)
{
    bool first = true;
    TEXT_LITERAL(into, "\"requests\":{");
    for (size_t route = 0; route < API_ROUTES; route++) {
        const struct api_count *counts = api->routes[route].counts;
        if (api->routes[route].path == NULL) {
            continue;
        }
        text_puts(into, first ? "\"" : ",\"");
        first = false;
        text_puts(into, api->routes[route].path);
        for (size_t i = 0; i < API_STATUSES && counts[i].status != 0; i++) {
            text_puts(into, i == 0 ? "\":{\"" : ",\"");
            text_int(into, counts[i].status);
            put_count(into, "\":", counts[i].count);
        }
        TEXT_LITERAL(into, "}");
    }
    TEXT_LITERAL(into, "}");
}

static void put_methods(const struct api *api, struct text *into)
{
    TEXT_LITERAL(into, ",\"methods\":{");
    for (size_t i = 0; i < CALL_METHODS; i++) {
        text_puts(into, i == 0 ? "\"" : ",\"");
        text_puts(into, call_methods[i]);
        put_count(into, "\":", api->methods[i]);
    }
    TEXT_LITERAL(into, "}");
}

void admin_stats(struct api *api, struct call *call)
{
    static const struct emitter_counters none;
    const struct emitter_counters *counters =
        api->emitter == NULL ? &none : emitter_counters(api->emitter);
    struct text *into = &call->reply;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    TEXT_LITERAL(into, "{");
    put_routes(api, into);
    put_methods(api, into);
    put_count(into, ",\"total\":", api->requests);
    put_count(into, ",\"streams\":{\"open\":", (uint64_t)api->streams_open);
    put_count(into, ",\"opened\":", counters->opened);
    put_count(into, ",\"dropped\":", counters->dropped);
    put_count(into, ",\"heartbeats\":", counters->heartbeats);
    put_count(into, ",\"replayed\":", counters->replayed);
    put_count(into, ",\"resyncs\":", counters->resyncs);
    put_count(into, "},\"events\":{\"emitted\":", counters->published);
    put_count(into, ",\"lastId\":", (uint64_t)read_last_id(api->db));
    int64_t now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
    put_count(into, "},\"uptimeMs\":", (uint64_t)(now_ms - api->started_ms));
    TEXT_LITERAL(into, "}");
    call->status = 200;
}

/* --- sql ---------------------------------------------------------------------------------- */

static void put_row(struct text *into, sqlite3_stmt *row)
{
    int columns = sqlite3_column_count(row);
    for (int i = 0; i < columns; i++) {
        const char *name = sqlite3_column_name(row, i);
        text_puts(into, i == 0 ? "{" : ",");
        text_string(into, name, strlen(name));
        TEXT_LITERAL(into, ":");
        read_put_column(into, row, i);
    }
    TEXT_LITERAL(into, "}");
}

/* Runs one statement after the other; the rows of all of them are given. */
static int run_sql(struct api *api, const char *sql, struct text *rows)
{
    int code = SQLITE_OK;
    int64_t count = 0;
    while (*sql != '\0' && code == SQLITE_OK) {
        sqlite3_stmt *statement = NULL;
        code = sqlite3_prepare_v2(db_handle(api->db), sql, -1, &statement, &sql);
        if (code != SQLITE_OK || statement == NULL) {
            continue;
        }
        while ((code = sqlite3_step(statement)) == SQLITE_ROW && count < SQL_ROWS_MAX) {
            text_puts(rows, count++ == 0 ? "" : ",");
            put_row(rows, statement);
            if (rows->len > SQL_BYTES_MAX) {
                code = SQLITE_TOOBIG;
                break;
            }
        }
        code = code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
        sqlite3_finalize(statement);
    }
    return code;
}

/* What changes the server's mind about its data or its answers is for its owner alone. */
static bool is_allowed(struct api *api, struct call *call)
{
    if (api->allow_sql && call->from_loopback) {
        return true;
    }
    call_fail(call, 403, "%s",
              api->allow_sql ? "only from loopback" : "the server runs without --allow-sql");
    return false;
}

void admin_sql(struct api *api, struct call *call)
{
    if (!is_allowed(api, call)) {
        return;
    }
    char *sql = mem_dup(call->body, call->body_len);
    struct text rows = {0};
    int64_t before = sqlite3_total_changes64(db_handle(api->db));
    db_guard(api->db, SQL_LIMIT_MS);
    int code = strlen(sql) == call->body_len ? run_sql(api, sql, &rows) : SQLITE_MISUSE;
    db_unguard(api->db);
    if (strlen(sql) != call->body_len) {
        call_fail(call, 400, "the SQL holds a NUL");
    } else if (code == SQLITE_INTERRUPT) {
        call_fail(call, 400, "the SQL runs for more than %d s", SQL_LIMIT_MS / 1000);
    } else if (code == SQLITE_BUSY && before == sqlite3_total_changes64(db_handle(api->db))) {
        call->is_busy = true;
        call_fail(call, 503, "the database is busy");
    } else if (code != SQLITE_OK) {
        call_fail(call, 400, "%s",
                  code == SQLITE_TOOBIG ? "too much for one answer" : db_error(api->db));
    } else if (!sqlite3_get_autocommit(db_handle(api->db))) {
        call_fail(call, 400, "the SQL left a transaction open: rolled back");
    } else {
        call->status = 200;
        put_count(&call->reply, "{\"success\":true,\"changes\":",
                  (uint64_t)(sqlite3_total_changes64(db_handle(api->db)) - before));
        TEXT_LITERAL(&call->reply, ",\"rows\":[");
        text_put(&call->reply, rows.bytes == NULL ? "" : rows.bytes, rows.len);
        TEXT_LITERAL(&call->reply, "]}");
    }
    db_rollback(api->db);
    text_done(&rows);
    free(sql);
}

/* --- faults ------------------------------------------------------------------------------- */

void admin_fault_list(struct api *api, struct call *call)
{
    if (api->faults == NULL) {
        call_fail(call, 404, "the server runs without faults");
        return;
    }
    char *list = faults_list_json(api->faults);
    call->status = 200;
    text_puts(&call->reply, list);
    free(list);
}

void admin_fault_set(struct api *api, struct call *call)
{
    struct fault error;
    if (!is_allowed(api, call)) {
        return;
    }
    if (api->faults == NULL) {
        call_fail(call, 404, "the server runs without faults");
    } else if (!faults_command(api->faults, call->body == NULL ? "" : call->body, call->body_len,
                               &error)) {
        call_fail(call, 400, "%s", error.text);
    } else {
        admin_fault_list(api, call);
    }
}
