#include <blotter/core/alloc.h>
#include <blotter/core/derive.h>
#include <blotter/core/kept.h>

#include <stdlib.h>
#include <string.h>

#define RENEWED_MAX 16   /* rows in one list: of more all are copied */
#define RENEWALS_MAX 256 /* lists: the texts of former copies go when all are copied anew */

struct kept {
    struct snapshot *working; /* rows of our own: of the list before, then those that it lacks */
    unsigned renewed;         /* how often since all were copied */
    struct snapshot *lacking; /* NULL: none */
    struct snapshot *joined;  /* NULL: to be made anew */
    const struct snapshot *joined_of;
};

struct kept *kept_new(void)
{
    return mem_calloc(1, sizeof(struct kept));
}

static void forget_joined(struct kept *kept)
{
    snapshot_unref(kept->joined);
    kept->joined = NULL;
}

void kept_free(struct kept *kept)
{
    if (kept != NULL) {
        forget_joined(kept);
        snapshot_unref(kept->working);
        snapshot_unref(kept->lacking);
        free(kept);
    }
}

static bool is_working(const struct row *row, const void *user)
{
    (void)user;
    return order_is_working((const void *)row);
}

static bool is_lacking(const struct row *row, const void *user)
{
    const struct snapshot *orders = user;
    return model_find(orders, row->id) == orders->row_count;
}

static struct snapshot *find_lacking(const struct snapshot *working, const struct snapshot *orders)
{
    struct snapshot *lacking = snapshot_pick(&working, 1, is_lacking, orders);
    for (size_t i = 0; i < lacking->row_count; i++) {
        lacking->orders[i].row.provisional = true;
    }
    if (lacking->row_count > KEPT_MAX) { /* the oldest stand last */
        lacking->row_count = KEPT_MAX;
    }
    return lacking;
}

/* Whether a kept row is that order as it was; *ret_same: and as it is. */
static bool is_kept_row(const struct row *kept, const struct row *row, bool *ret_same)
{
    *ret_same = kept->version == row->version && row->version != 0;
    return *ret_same || strcmp(kept->id, row->id) == 0;
}

/* Copies again only what has changed. False, and nothing is done, when other orders work than did
 * or many have changed. */
static bool renew_working(struct snapshot *working, const struct snapshot *orders)
{
    size_t changed[RENEWED_MAX][2], count = 0, at = 0;
    for (size_t i = 0; i < orders->row_count; i++) {
        const struct row *row = &orders->orders[i].row;
        bool same;
        if (!order_is_working(&orders->orders[i])) {
            continue;
        }
        if (at == working->row_count || count == RENEWED_MAX ||
            !is_kept_row(&working->orders[at].row, row, &same)) {
            return false;
        }
        if (!same) {
            changed[count][0] = at;
            changed[count++][1] = i;
        }
        at++;
    }
    for (size_t i = 0; at == working->row_count && i < count; i++) {
        snapshot_renew(working, changed[i][0], model_row(orders, changed[i][1]));
    }
    return at == working->row_count;
}

void kept_take(struct kept *kept, const struct snapshot *orders, bool cut)
{
    bool whole = kept->lacking == NULL || kept->lacking->row_count == 0;
    forget_joined(kept);
    if (cut && whole && kept->working != NULL && kept->renewed < RENEWALS_MAX &&
        renew_working(kept->working, orders)) {
        kept->renewed++;
        return;
    }
    kept->renewed = 0;
    snapshot_unref(kept->lacking);
    kept->lacking = cut && kept->working != NULL ? find_lacking(kept->working, orders) : NULL;
    snapshot_unref(kept->working);
    const struct snapshot *both[] = {orders, kept->lacking};
    kept->working = cut ? snapshot_pick(both, 2, is_working, NULL) : NULL;
}

static bool drop(struct snapshot *rows, const char *id)
{
    size_t count = 0, before = rows != NULL ? rows->row_count : 0;
    for (size_t i = 0; i < before; i++) {
        if (strcmp(rows->orders[i].row.id, id) != 0) {
            rows->orders[count++] = rows->orders[i];
        }
    }
    if (before > 0) {
        rows->row_count = count;
    }
    return count < before;
}

bool kept_end(struct kept *kept, const char *id)
{
    bool was = drop(kept->lacking, id);
    if (was) {
        drop(kept->working, id);
        forget_joined(kept);
    }
    return was;
}

const struct snapshot *kept_shown(struct kept *kept, const struct snapshot *orders)
{
    if (kept->lacking == NULL || kept->lacking->row_count == 0 || orders == NULL) {
        return orders;
    }
    if (kept->joined == NULL || kept->joined_of != orders) {
        forget_joined(kept);
        const struct snapshot *both[] = {orders, kept->lacking};
        kept->joined = snapshot_pick(both, 2, NULL, NULL);
        kept->joined_of = orders;
    }
    return kept->joined;
}
