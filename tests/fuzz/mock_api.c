/*
 * The mock's routes: a line with method and path, a line with headers' values, then the body.
 * Whatever is asked, the answer is JSON, has a status, and the books add up.
 */
#include "api/api.h"
#include "book/seed.h"

#include <blotter/core/span.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { CALLS_PER_DATABASE = 2000 };

static struct api api;
static char *token, *other;

static void build(void)
{
    struct fault fault;
    const struct seed_settings settings = {5, 2, 6, 3, 12, 1737972000123};
    api.db = db_open(":memory:", &fault);
    if (api.db == NULL || !seed_fill(api.db, &settings)) {
        abort();
    }
    api.auth = auth_new(api.db);
    api.answers = answers_new(api.db);
    api.faults = faults_new(1);
    api.orders_limit = 100;
    api.extensions = true;
    dice_seed(&api.dice, 1);
    token = db_text(api.db, "SELECT token FROM sessions WHERE userId = 'user-1'", "");
    other = db_text(api.db, "SELECT clientId FROM trading_accounts WHERE userId = 'user-2'", "");
}

static void tear_down(void)
{
    auth_free(api.auth);
    answers_free(api.answers);
    faults_free(api.faults);
    db_close(api.db);
    free(token);
    free(other);
    api.db = NULL;
}

/* Cuts the next line off; an own copy, NUL-terminated. */
static char *take_line(const char **at, const char *end)
{
    const char *line = memchr(*at, '\n', (size_t)(end - *at));
    line = line != NULL ? line : end;
    size_t len = (size_t)(line - *at);
    char *copy = malloc(len + 1);
    memcpy(copy, *at, len);
    copy[len] = '\0';
    *at = line < end ? line + 1 : end;
    return copy;
}

static void check(const struct call *call)
{
    struct span value;
    if (call->status < 200 || call->status > 599) {
        abort();
    }
    if (call->reply.len > 0 && call->content_type == NULL &&
        !span_check(call->reply.bytes, call->reply.len, &value, NULL)) {
        abort();
    }
    if (db_int(api.db, -1,
               "SELECT count(*) FROM trading_accounts"
               " WHERE typeof(balance) = 'null' OR abs(balance) > 1e300",
               "") != 0 ||
        sqlite3_get_autocommit(db_handle(api.db)) == 0) {
        abort();
    }
}

/* $order, $position, $list and $item stand for ids that exist. */
static const char *id_of(const char *name)
{
    static const struct {
        const char *name, *sql;
    } ids[] = {
        {"$order", "SELECT id FROM orders WHERE status = 'PENDING' LIMIT 1"},
        {"$position", "SELECT id FROM positions WHERE quantity <> 0 LIMIT 1"},
        {"$list", "SELECT id FROM watchlists LIMIT 1"},
        {"$item", "SELECT id FROM watchlist_items LIMIT 1"},
    };
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        if (strncmp(name, ids[i].name, strlen(ids[i].name)) == 0) {
            return ids[i].sql;
        }
    }
    return NULL;
}

static char *fill_in(const char *text, size_t len, size_t *ret_len)
{
    struct text out = {0};
    for (size_t i = 0; i < len; i++) {
        char word[16] = "";
        memcpy(word, text + i, len - i < sizeof word - 1 ? len - i : sizeof word - 1);
        const char *sql = word[0] == '$' ? id_of(word) : NULL;
        char *id = sql != NULL ? db_text(api.db, sql, "") : NULL;
        if (id != NULL) {
            text_puts(&out, id);
            i += strspn(word + 1, "abcdefghijklmnopqrstuvwxyz");
            free(id);
        } else {
            text_put(&out, text + i, 1);
        }
    }
    text_put(&out, "", 1);
    *ret_len = out.len - 1;
    return text_take(&out, &(size_t){0});
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static int calls;
    const char *at = (const char *)data, *end = at + size;
    if (api.db == NULL) {
        build();
    }
    size_t len = 0;
    char authorization[128];
    snprintf(authorization, sizeof authorization, "Bearer %s", token);
    char *method = take_line(&at, end), *raw = take_line(&at, end), *header = take_line(&at, end);
    char *path = fill_in(raw, strlen(raw), &len);
    char *body = fill_in(at, (size_t)(end - at), &len);
    struct call call = {.method = method, .path = path, .body = body, .body_len = len};
    call.authorization = header[0] == '\0' ? authorization : NULL;
    call.cookie = header[0] == '\0' ? NULL : header;
    call.from_loopback = true;
    api_answer(&api, &call);
    api_count(&api, &call);
    check(&call);
    text_put(&call.reply, "", 1);
    bool told = strstr(method, other) != NULL || strstr(path, other) != NULL ||
                strstr(header, other) != NULL || strstr(body, other) != NULL;
    if (!told && strstr(call.reply.bytes, other) != NULL) { /* nobody sees the other user's */
        abort();
    }
    text_done(&call.reply);
    free(method);
    free(raw);
    free(header);
    free(path);
    free(body);
    /* What was told may stand in a name of ours from now on. */
    if (++calls == CALLS_PER_DATABASE || told) {
        calls = 0;
        tear_down();
    }
    return 0;
}
