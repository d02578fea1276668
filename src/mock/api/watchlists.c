/* The writes to watchlists. Each is one transaction; another user's list is as good as none. */
#include "api.h"
#include "db/read.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LISTS_MAX 50
#define ITEMS_MAX 500

static void fail_write(struct api *api, struct call *call)
{
    db_rollback(api->db);
    call_fail(call, 500, "the database refused");
}

/* Ends the transaction well, or says 500. */
static bool commit(struct api *api, struct call *call)
{
    if (db_commit(api->db)) {
        return true;
    }
    fail_write(api, call);
    return false;
}

static bool begin(struct api *api, struct call *call)
{
    if (db_begin(api->db)) {
        return true;
    }
    call_fail(call, 503, "the database is busy");
    call->retry_after_s = 1;
    return false;
}

static void refuse(struct api *api, struct call *call, int status, const char *why)
{
    db_rollback(api->db);
    call_fail(call, status, "%s", why);
}

static void answer_with(struct api *api, struct call *call, int status, const char *member,
                        void (*read)(struct db *, const char *, struct text *), const char *id)
{
    call->status = status;
    TEXT_LITERAL(&call->reply, "{\"");
    text_puts(&call->reply, member);
    TEXT_LITERAL(&call->reply, "\":");
    read(api->db, id, &call->reply);
    TEXT_LITERAL(&call->reply, "}");
}

static bool owns_list(struct api *api, const struct call *call, const char *list)
{
    return db_int(api->db, 0, "SELECT 1 FROM watchlists WHERE id = ? AND userId = ?", "ss", list,
                  call->user) == 1;
}

static bool has_name(struct api *api, const struct call *call, const char *name, const char *but)
{
    return db_int(api->db, 0, "SELECT 1 FROM watchlists WHERE userId = ? AND name = ? AND id <> ?",
                  "sss", call->user, name, but) == 1;
}

static const struct call_member name_members[] = {{"name", CALL_TEXT, true},
                                                  {NULL, CALL_TEXT, false}};

static void create(struct api *api, struct call *call, const char *name)
{
    if (!begin(api, call)) {
        return;
    }
    if (has_name(api, call, name, "")) {
        refuse(api, call, 409, "there is a watchlist of that name");
        return;
    }
    if (db_int(api->db, 0, "SELECT count(*) FROM watchlists WHERE userId = ?", "s", call->user) >=
        LISTS_MAX) {
        refuse(api, call, 400, "there are too many watchlists");
        return;
    }
    char id[DICE_UUID_SIZE];
    dice_uuid(&api->dice, id);
    int changed =
        db_run(api->db,
               "INSERT INTO watchlists (id, userId, name, sortOrder) VALUES (?1, ?2, ?3,"
               " (SELECT coalesce(max(sortOrder) + 1, 0) FROM watchlists WHERE userId = ?2))",
               "sss", id, call->user, name);
    if (changed != 1) {
        fail_write(api, call);
    } else if (commit(api, call)) {
        answer_with(api, call, 201, "watchlist", read_watchlist, id);
    }
}

void watchlists_create(struct api *api, struct call *call)
{
    struct call_value name;
    struct call_body body = {NULL};
    if (call_body_read(call, &body, NULL, name_members, &name)) {
        create(api, call, name.text);
    }
    call_body_done(&body);
}

static void rename_list(struct api *api, struct call *call, const char *name)
{
    if (!begin(api, call)) {
        return;
    }
    if (!owns_list(api, call, call->id)) {
        refuse(api, call, 404, "no such watchlist");
        return;
    }
    if (has_name(api, call, name, call->id)) {
        refuse(api, call, 409, "there is a watchlist of that name");
        return;
    }
    if (db_run(api->db,
               "UPDATE watchlists SET name = ?, updatedAt = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')"
               " WHERE id = ?",
               "ss", name, call->id) < 0) {
        fail_write(api, call);
    } else if (commit(api, call)) {
        answer_with(api, call, 200, "watchlist", read_watchlist, call->id);
    }
}

void watchlists_rename(struct api *api, struct call *call)
{
    struct call_value name;
    struct call_body body = {NULL};
    if (call_body_read(call, &body, NULL, name_members, &name)) {
        rename_list(api, call, name.text);
    }
    call_body_done(&body);
}

static void delete_row(struct api *api, struct call *call, int changed, const char *missing)
{
    if (changed < 0) {
        fail_write(api, call);
    } else if (changed == 0) {
        refuse(api, call, 404, missing);
    } else if (commit(api, call)) {
        call->status = 200;
        TEXT_LITERAL(&call->reply, "{\"success\":true}");
    }
}

void watchlists_delete(struct api *api, struct call *call)
{
    if (begin(api, call)) {
        delete_row(api, call,
                   db_run(api->db, "DELETE FROM watchlists WHERE id = ? AND userId = ?", "ss",
                          call->id, call->user),
                   "no such watchlist");
    }
}

void watchlists_remove_item(struct api *api, struct call *call)
{
    if (begin(api, call)) {
        delete_row(api, call,
                   db_run(api->db,
                          "DELETE FROM watchlist_items WHERE id = ? AND watchlistId IN"
                          " (SELECT id FROM watchlists WHERE userId = ?)",
                          "ss", call->id, call->user),
                   "no such item");
    }
}

/* --- adding an item ----------------------------------------------------------------------- */

enum { STOCK_ID, TOKEN, SYMBOL, WAYS };

/* The stock that the body names, in whichever way; NULL when there is none. To be freed. */
static char *find_stock(struct api *api, const struct call_value values[WAYS])
{
    if (values[STOCK_ID].given) {
        return db_text(api->db, "SELECT id FROM stocks WHERE id = ?", "s", values[STOCK_ID].text);
    }
    if (values[TOKEN].given) {
        return db_text(api->db, "SELECT id FROM stocks WHERE token = ?", "i", values[TOKEN].whole);
    }
    return db_text(api->db, "SELECT id FROM stocks WHERE symbol = ?", "s", values[SYMBOL].text);
}

/* Why the item cannot be added: a status and a sentence; 0 when it can. */
static int why_not(struct api *api, const struct call *call, const char *stock,
                   const char **ret_why)
{
    if (!owns_list(api, call, call->id)) {
        *ret_why = "no such watchlist";
        return 404;
    }
    if (stock == NULL) {
        *ret_why = "no such stock";
        return 404;
    }
    if (db_int(api->db, 0, "SELECT 1 FROM watchlist_items WHERE watchlistId = ? AND stockId = ?",
               "ss", call->id, stock) == 1) {
        *ret_why = "it is already in this watchlist";
        return 409;
    }
    if (db_int(api->db, 0, "SELECT count(*) FROM watchlist_items WHERE watchlistId = ?", "s",
               call->id) >= ITEMS_MAX) {
        *ret_why = "the watchlist is full";
        return 400;
    }
    return 0;
}

static void add_item(struct api *api, struct call *call, const struct call_value values[WAYS])
{
    if (!begin(api, call)) {
        return;
    }
    char *stock = find_stock(api, values);
    const char *why = "";
    int status = why_not(api, call, stock, &why);
    char id[DICE_UUID_SIZE];
    dice_uuid(&api->dice, id);
    if (status != 0) {
        refuse(api, call, status, why);
    } else if (db_run(
                   api->db,
                   "INSERT INTO watchlist_items (id, watchlistId, stockId, token, sortOrder)"
                   " VALUES (?1, ?2, ?3, (SELECT token FROM stocks WHERE id = ?3), (SELECT"
                   " coalesce(max(sortOrder) + 1, 0) FROM watchlist_items WHERE watchlistId = ?2))",
                   "sss", id, call->id, stock) != 1) {
        fail_write(api, call);
    } else if (commit(api, call)) {
        answer_with(api, call, 201, "item", read_watchlist_item, id);
    }
    free(stock);
}

void watchlists_add_item(struct api *api, struct call *call)
{
    static const struct call_member members[] = {
        [STOCK_ID] = {"stockId", CALL_TEXT, false},
        [TOKEN] = {"token", CALL_WHOLE, false},
        [SYMBOL] = {"symbol", CALL_TEXT, false},
        [WAYS] = {NULL, CALL_TEXT, false},
    };
    struct call_value values[WAYS];
    struct call_body body = {NULL};
    if (call_body_read(call, &body, NULL, members, values)) {
        if (!values[STOCK_ID].given && !values[TOKEN].given && !values[SYMBOL].given) {
            call_fail(call, 400, "stockId, token or symbol must be given");
        } else {
            add_item(api, call, values);
        }
    }
    call_body_done(&body);
}
