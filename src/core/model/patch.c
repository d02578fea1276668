#include "apply.h"
#include "overlay.h"
#include "patch.h"
#include "pending.h"
#include "prices.h"
#include "row.h"
#include "settle.h"
#include "snapshot.h"

#include <blotter/core/alloc.h>
#include <blotter/core/decode.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Rows that the figures of one event may write; beyond, a response is cheaper. */
#define EVENT_WRITES_MAX ((size_t)1 << 21)

/* More room than this is not kept for the next storm. */
#define HEAVY_SLOTS 1024

struct patch_log {
    enum resource resource;
    const char *user; /* NULL: anybody */
    struct prices *prices;
    const struct patch_log *positions; /* say of which instrument a position is; NULL: nothing */
    struct snapshot *base;
    struct overlay overlay; /* the log's operations, written in the base's own rows */
    bool awaiting;          /* a response is on its way */
    size_t writes;          /* of rows, by the figures of the present event */
    uint64_t held;          /* what the base says it contains, while an event up to it comes */
    struct pending ops;
};

struct patch_log *patch_log_new(enum resource resource, size_t max)
{
    struct patch_log *log = mem_calloc(1, sizeof *log);
    log->resource = resource;
    pending_init(&log->ops, max);
    return log;
}

void patch_log_clear(struct patch_log *log)
{
    while (log->ops.oldest != NULL) {
        pending_remove(&log->ops, log->ops.oldest);
    }
    overlay_done(&log->overlay);
    snapshot_unref(log->base);
    log->base = NULL;
    log->ops.unnamed = (struct patch_stamp){0};
}

void patch_log_free(struct patch_log *log)
{
    if (log == NULL) {
        return;
    }
    patch_log_clear(log);
    pending_done(&log->ops);
    free(log);
}

/* The base's rows are as the server sent them: the log is written in them. */
static void apply_all(struct patch_log *log)
{
    if (log->base == NULL) {
        return;
    }
    for (const struct pending_entry *entry = log->ops.oldest; entry != NULL; entry = entry->newer) {
        entry_apply(&log->overlay, entry);
    }
}

/* The row an operation writes in, as it is shown; NULL: there is none, or it is one of many. */
static const struct row *shown_row(const struct patch_log *log, const struct operation *operation)
{
    if (log->base == NULL || operation->change->names != CHANGE_ROW) {
        return NULL;
    }
    size_t i = model_find(log->base, operation->key);
    return i < log->base->row_count ? model_row(log->base, i) : NULL;
}

static bool names_a_row(const struct patch_log *log, const struct operation *operation)
{
    size_t at = 0, i;
    bool many = log->base != NULL && operation->change->names != CHANGE_ROW;
    return many ? overlay_next_of_instrument(&log->overlay, operation->key, &at, &i)
                : shown_row(log, operation) != NULL;
}

static bool is_logged(const struct patch_log *log, const struct operation *operation)
{
    return pending_find(&log->ops, operation) != NULL;
}

/*
 * Figures for rows we do not have are no news, unless older ones stand in the log, or a response is
 * on its way that may bring the row as it was before.
 */
static bool is_news(const struct patch_log *log, const struct operation *operation)
{
    return !operation->change->many || names_a_row(log, operation) || is_logged(log, operation) ||
           (log->awaiting && log->ops.count < log->ops.max / 2);
}

/* Figures of an instrument, older than a row of it shows. */
static bool is_behind_a_row(const struct patch_log *log, const struct operation *operation)
{
    bool behind = false;
    size_t at = 0, i;
    while (!behind && overlay_next_of_instrument(&log->overlay, operation->key, &at, &i)) {
        behind = row_price_is_newer(log->resource, model_row(log->base, i), operation->told_ms);
    }
    return behind;
}

/* What comes late must not take the place of what came in time. */
static bool says_nothing_new(const struct patch_log *log, const struct operation *operation)
{
    if (operation->change->names != CHANGE_ROW) {
        return log->base != NULL && operation->told_ms != MODEL_NO_TIME &&
               is_behind_a_row(log, operation);
    }
    const struct row *row = operation->change->many ? NULL : shown_row(log, operation);
    return row != NULL &&
           values_are_late(operation->change, operation->values, operation->count, row);
}

static struct pending_entry *log_operation(struct patch_log *log, const struct operation *operation,
                                           struct patch_stamp stamp, bool *ret_overflow)
{
    struct settle_before before;
    settle_look(operation, shown_row(log, operation), &before);
    struct pending_entry *entry = pending_put(&log->ops, operation, stamp, ret_overflow);
    if (entry != NULL) {
        settle_remember(entry, &before);
    }
    return entry;
}

/* It is not written, and what it takes the place of is not any more. */
static void take_claimed(struct patch_log *log, const struct operation *operation,
                         struct patch_stamp stamp, struct patch_result *result)
{
    bool replaces = is_logged(log, operation);
    if (replaces) {
        overlay_revert(&log->overlay);
    }
    struct pending_entry *entry = log_operation(log, operation, stamp, &result->overflow);
    if (entry != NULL) {
        pending_stand(&log->ops, entry, OP_CLAIMED);
        result->changed = true;
    }
    if (replaces) {
        apply_all(log);
    } else if (entry != NULL && log->base != NULL) {
        entry_apply(&log->overlay, entry);
    }
}

/*
 * What is held shows it already, and still it tells something: which orders came before one that
 * was placed, and are beyond the list's end; why a row that was there is no more.
 */
static void note_shown(struct patch_log *log, const struct operation *operation,
                       struct patch_stamp stamp)
{
    bool unused = false;
    bool placed = operation->change->action == CHANGE_PUT;
    bool ended =
        settle_ends_row(operation) && pending_next_of_key(&log->ops, operation->key, NULL) != NULL;
    if ((!placed && !ended) || is_logged(log, operation)) {
        return;
    }
    struct pending_entry *entry = pending_put(&log->ops, operation, stamp, &unused);
    if (entry != NULL) {
        entry->settled_us = stamp.at_us;
        pending_stand(&log->ops, entry, OP_WITNESS);
    }
}

static void take_operation(struct patch_log *log, const struct operation *operation,
                           struct patch_stamp stamp, struct patch_result *result)
{
    if (says_nothing_new(log, operation)) {
        note_shown(log, operation, stamp);
        return;
    }
    if (stamp.id != 0 && stamp.id < log->held) {
        take_claimed(log, operation, stamp, result);
        return;
    }
    struct pending_entry *entry = log_operation(log, operation, stamp, &result->overflow);
    if (entry == NULL || log->base == NULL) {
        return;
    }
    size_t count = entry_apply(&log->overlay, entry);
    log->writes += count;
    result->changed = count > 0 || result->changed;
}

/* Whether figures are of an earlier moment than those that are known already: a tick may overtake
 * another. kind: rows' own figures and instruments' prices are of different moments. */
static bool is_overtaken(const struct patch_log *log, struct operation *operation, char kind,
                         const char *name, uint64_t seq)
{
    char key[CHANGE_TEXT_MAX + 2];
    if (log->prices == NULL || operation->told_ms == MODEL_NO_TIME) {
        return false;
    }
    snprintf(key, sizeof key, "%c%s", kind, name);
    enum prices_order order = prices_take(log->prices, key, operation->told_ms, seq);
    if (order == PRICES_BACK) {
        operation->told_ms = MODEL_NO_TIME;
    }
    return order == PRICES_OLDER;
}

/* A position's figures came in time, but another pane may have a newer price of its instrument. */
static void drop_overtaken_price(const struct patch_log *log, struct operation *operation,
                                 uint64_t seq)
{
    const struct row *row = shown_row(log, operation);
    const struct change_value *price = change_value_at(operation->values, operation->count,
                                                       offsetof(struct position, current_price));
    if (row == NULL || price == NULL || log->resource != RESOURCE_POSITIONS) {
        return;
    }
    if (is_overtaken(log, operation, 'i', row_instrument(RESOURCE_POSITIONS, row), seq)) {
        operation->values[price - operation->values] = operation->values[--operation->count];
    }
}

/* The position that it names is known, and the price is one: then it is of its instrument. */
static bool name_instrument(const struct patch_log *log, struct operation *operation)
{
    const struct snapshot *positions = log->positions != NULL ? log->positions->base : NULL;
    size_t i = positions != NULL ? model_find(positions, operation->key) : 0;
    bool priced = operation->count > 0 &&
                  operation->values[0].offset == operation->change->members[0].offset &&
                  operation->values[0].number != 0;
    if (positions == NULL || i == positions->row_count || !priced) {
        return false;
    }
    const struct position *position = &positions->positions[i];
    const char *instrument = row_instrument(RESOURCE_POSITIONS, &position->row);
    size_t len = strlen(instrument), other_len = strlen(position->symbol);
    if (len == 0 || len >= CHANGE_TEXT_MAX) {
        return false;
    }
    memcpy(operation->key, instrument, len + 1);
    if (instrument != position->symbol && other_len < CHANGE_TEXT_MAX) {
        memcpy(operation->other_key, position->symbol, other_len + 1);
    }
    return true;
}

static void take_object(struct patch_log *log, struct operation *operation,
                        struct patch_stamp stamp, struct patch_result *result)
{
    bool by_row = operation->change->names == CHANGE_ROW;
    if (operation->change->names == CHANGE_INSTRUMENT_OF_POSITION &&
        !name_instrument(log, operation)) {
        return;
    }
    if (is_overtaken(log, operation, by_row ? 'r' : 'i', operation->key, stamp.seq)) {
        return;
    }
    if (by_row && operation->change->many) {
        drop_overtaken_price(log, operation, stamp.seq);
    }
    if (is_news(log, operation)) {
        take_operation(log, operation, stamp, result);
    }
    if (operation->other_key[0] == '\0') {
        return;
    }
    memcpy(operation->key, operation->other_key, sizeof operation->key);
    if (names_a_row(log, operation) || is_logged(log, operation)) {
        take_operation(log, operation, stamp, result);
    }
}

struct price_taking {
    struct patch_stamp stamp;
    struct patch_result result;
};

/* A tick came for the row or its instrument after that. */
static bool is_told_since(const struct patch_log *log, const char *key, uint64_t seq)
{
    const struct pending_entry *entry = pending_next_of_key(&log->ops, key, NULL);
    while (entry != NULL && !(entry->change->many && entry->stamp.seq > seq)) {
        entry = pending_next_of_key(&log->ops, key, entry);
    }
    return entry != NULL;
}

/* Whether a row of the instrument shows another price, and none that was told later. */
static bool is_behind(struct patch_log *log, const char *instrument, double price, uint64_t seq)
{
    size_t at = 0, i;
    while (overlay_next_of_instrument(&log->overlay, instrument, &at, &i)) {
        const struct row *row = model_row(log->base, i);
        if (row_price(log->resource, row) != price && !is_told_since(log, row->id, seq)) {
            return !is_told_since(log, instrument, seq);
        }
    }
    return false;
}

/* The price of a row, for all that go by that name. */
static void take_price(struct patch_log *log, enum resource from, const struct row *row,
                       const char *name, struct price_taking *taking)
{
    double price = row_price(from, row);
    size_t len = strlen(name);
    if (isnan(price) || price == 0 || len == 0 || len >= CHANGE_TEXT_MAX ||
        !is_behind(log, name, price, taking->stamp.seq)) {
        return;
    }
    struct operation operation = {.change = change_find(EVENT_QUOTES_UPDATED, log->resource),
                                  .told_ms = row_price_time(from, row),
                                  .count = 1};
    memcpy(operation.key, name, len + 1);
    operation.values[0] =
        (struct change_value){.type = FIELD_NUMBER,
                              .offset = (uint16_t)row_places(log->resource)->price,
                              .number = price};
    change_complete(&operation, MODEL_NO_TIME);
    take_operation(log, &operation, taking->stamp, &taking->result);
}

bool patch_log_take_prices(struct patch_log *log, const struct patch_log *from,
                           struct patch_stamp stamp)
{
    struct price_taking taking = {.stamp = stamp};
    for (size_t i = 0; log->base != NULL && i < from->base->row_count; i++) {
        const struct row *row = model_row(from->base, i);
        const char *instrument = row_instrument(from->resource, row);
        const char *symbol = row_symbol(from->resource, row);
        take_price(log, from->resource, row, instrument, &taking);
        if (symbol != instrument) {
            take_price(log, from->resource, row, symbol, &taking);
        }
    }
    return taking.result.changed;
}

/* All objects are read before the first is applied. */
static bool updates_valid(const struct change *change, struct span updates,
                          struct operation *scratch)
{
    if (span_type(updates) != SPAN_ARRAY) {
        return false;
    }
    struct span_iterator it = {NULL};
    struct span key;
    struct span object;
    while (span_next(updates, &it, &key, &object)) {
        if (!change_read(change, object, scratch)) {
            return false;
        }
    }
    return true;
}

static struct patch_result take_updates(struct patch_log *log, const struct change *change,
                                        const struct event *event, struct patch_stamp stamp)
{
    struct operation operation;
    struct patch_result result = {false};
    struct span updates;
    if (!span_member(event->data, "updates", &updates) ||
        !updates_valid(change, updates, &operation)) {
        return result;
    }
    struct span_iterator it = {NULL};
    struct span key;
    struct span object;
    log->writes = 0;
    while (span_next(updates, &it, &key, &object) && change_read(change, object, &operation)) {
        if (log->writes > EVENT_WRITES_MAX) {
            result.overflow = true;
            break;
        }
        change_complete(&operation, MODEL_NO_TIME);
        take_object(log, &operation, stamp, &result);
        result.rows++;
    }
    result.valid = true;
    return result;
}

/* An earlier operation on the row that answers have said otherwise about. */
static struct pending_entry *find_doubtful(const struct patch_log *log, const char *key,
                                           struct patch_stamp stamp)
{
    struct pending_entry *entry = pending_next_of_key(&log->ops, key, NULL);
    while (entry != NULL && !(entry->stamp.id < stamp.id && entry->standing != OP_WITNESS &&
                              (entry->standing == OP_CLAIMED || entry->doubted_us != 0))) {
        entry = pending_next_of_key(&log->ops, key, entry);
    }
    return entry;
}

/* The base shows what it contains: what was doubtful of the row before has been explained. */
static void drop_doubtful(struct patch_log *log, const char *key, struct patch_stamp stamp)
{
    struct pending_entry *entry = find_doubtful(log, key, stamp);
    if (entry == NULL) {
        return;
    }
    overlay_revert(&log->overlay);
    for (; entry != NULL; entry = find_doubtful(log, key, stamp)) {
        pending_remove(&log->ops, entry);
    }
    apply_all(log);
}

/* Whether the base shows what an event that it claims to contain says. */
static bool base_shows(struct patch_log *log, const struct operation *operation,
                       struct patch_stamp stamp)
{
    bool shows = log->base != NULL &&
                 settle_agrees(operation, overlay_original(&log->overlay, operation->key));
    if (shows) {
        drop_doubtful(log, operation->key, stamp);
        note_shown(log, operation, stamp);
    }
    return shows;
}

bool patch_log_shows(struct patch_log *log, const struct event *event, struct patch_stamp stamp)
{
    struct operation operation;
    if (!change_read_event(event, log->resource, &operation)) {
        log->ops.unnamed = stamp;
        return true;
    }
    return base_shows(log, &operation, stamp);
}

struct patch_result patch_log_event(struct patch_log *log, const struct event *event,
                                    struct patch_stamp stamp, uint64_t held)
{
    const struct change *change = change_find(event->type, log->resource);
    struct operation operation;
    struct patch_result result = {.valid = true};
    if (change != NULL && change->many) {
        return take_updates(log, change, event, stamp);
    }
    if (!change_read_event(event, log->resource, &operation)) {
        /* An expected row need not be named. */
        log->ops.unnamed = stamp;
        result.valid = change == NULL || change->action == CHANGE_EXPECT;
        return result;
    }
    log->held = held;
    take_object(log, &operation, stamp, &result);
    log->held = 0;
    result.rows = 1;
    return result;
}

struct patch_change patch_log_cover(struct patch_log *log, struct patch_answer response)
{
    if (!settle_concerns(&log->ops, response)) {
        return (struct patch_change){.changed = false};
    }
    overlay_revert(&log->overlay);
    struct patch_change change = settle_log(&log->ops, log->base, response);
    apply_all(log);
    return change;
}

/* Whether the response's rows are those that were there. Looks at those only that may not be. */
static bool has_same_rows(const struct snapshot *base, const struct snapshot *old)
{
    const struct snapshot_delta *delta = &snapshot_block(base)->delta;
    if (old == NULL || delta->from != old) {
        return old != NULL && snapshot_equal(old, base);
    }
    if (!delta->aligned || delta->front > 0 || !snapshot_lists_equal(old, base)) {
        return false;
    }
    struct delta_walk walk = {0};
    for (size_t i; snapshot_next_changed(base, &walk, &i);) {
        if (!row_equal(base->resource, model_row(old, i), model_row(base, i))) {
            return false;
        }
    }
    return true;
}

/* Of which moment the response's own prices are; those that it repeats have been noted. */
static void note_prices(struct patch_log *log, const struct snapshot *base)
{
    char key[CHANGE_TEXT_MAX + 2];
    if (log->resource != RESOURCE_WATCHLISTS || log->prices == NULL) {
        return;
    }
    struct delta_walk walk = {0};
    for (size_t i; snapshot_next_changed(base, &walk, &i);) {
        const struct watch_item *item = &base->items[i];
        if (item->updated_ms != MODEL_NO_TIME && *item->instrument_id != '\0') {
            snprintf(key, sizeof key, "i%s", item->instrument_id);
            prices_take(log->prices, key, item->updated_ms, 0);
        }
    }
}

/* Which figures are newer than the response's. */
static void note_newer(struct patch_log *log)
{
    if (log->resource != RESOURCE_WATCHLISTS || log->prices == NULL) {
        return;
    }
    for (struct pending_entry *entry = log->ops.oldest; entry != NULL; entry = entry->newer) {
        size_t at = 0, row;
        bool found = entry->change->names != CHANGE_ROW && entry->told_ms != MODEL_NO_TIME &&
                     overlay_next_of_instrument(&log->overlay, entry->texts, &at, &row);
        int64_t row_ms =
            found ? row_price_time(log->resource, model_row(log->base, row)) : MODEL_NO_TIME;
        entry->is_newer = row_ms != MODEL_NO_TIME && prices_older(row_ms, entry->told_ms);
    }
}

struct patch_change patch_log_rebase(struct patch_log *log, struct snapshot *base,
                                     struct patch_answer response)
{
    struct snapshot *old = log->base;
    bool patched = patch_log_count(log) > 0;
    overlay_revert(&log->overlay);
    bool same = has_same_rows(base, old);
    if (old != NULL) {
        snapshot_inherit_index(base, old);
    }
    note_prices(log, base);
    snapshot_forget_delta(base);
    snapshot_unref(old);
    log->base = base;
    log->overlay.view = base;
    note_newer(log);
    struct patch_change change = settle_log(&log->ops, log->base, response);
    apply_all(log);
    change.changed = change.changed || patched || !same;
    return change;
}

void patch_log_set_prices(struct patch_log *log, struct prices *prices)
{
    log->prices = prices;
}

void patch_log_set_positions(struct patch_log *log, const struct patch_log *positions)
{
    log->positions = positions;
}

void patch_log_set_user(struct patch_log *log, const char *user)
{
    log->user = user;
}

/* Somebody else's figures are worse than none. */
static bool is_refused(const struct patch_log *log, const struct snapshot *base,
                       struct fault *ret_fault)
{
    const char *other = log->user != NULL ? snapshot_foreign(base, log->user) : NULL;
    if (other != NULL) {
        fault_set(ret_fault, FAULT_SERVER, 200, "the answer is about user %.60s, not %.60s", other,
                  log->user);
    }
    return other != NULL;
}

bool patch_log_answer(struct patch_log *log, struct span body, struct patch_answer response,
                      struct patch_change *ret, struct fault *ret_fault)
{
    overlay_revert(&log->overlay);
    struct snapshot *base = decode_next(log->base, log->resource, body, ret_fault);
    if (base == NULL || is_refused(log, base, ret_fault)) {
        apply_all(log);
        snapshot_unref(base);
        return false;
    }
    *ret = patch_log_rebase(log, base, response);
    return true;
}

void patch_log_await(struct patch_log *log, bool awaiting)
{
    log->awaiting = awaiting;
}

void patch_log_forget_ids(struct patch_log *log)
{
    for (struct pending_entry *entry = log->ops.oldest; entry != NULL; entry = entry->newer) {
        entry->stamp.id = 0;
    }
}

const struct snapshot *patch_log_shown(const struct patch_log *log)
{
    return log->base;
}

const struct snapshot *patch_log_base(const struct patch_log *log)
{
    return log->base;
}

size_t patch_log_count(const struct patch_log *log)
{
    return log->ops.count - log->ops.witnesses;
}

bool patch_log_is_heavy(const struct patch_log *log)
{
    return log->ops.slot_count > HEAVY_SLOTS;
}

void patch_log_trim(struct patch_log *log, int64_t now_us)
{
    overlay_trim(&log->overlay);
    pending_trim(&log->ops, now_us - SETTLE_WITNESS_US);
}

bool patch_log_consistent(const struct patch_log *log)
{
    if (log->base == NULL) {
        return patch_log_shown(log) == NULL;
    }
    size_t len;
    const char *body = decode_source(log->base, &len);
    struct fault fault;
    struct snapshot *fresh = decode_body(log->resource, body, len, &fault);
    struct overlay overlay = {.view = fresh};
    for (const struct pending_entry *entry = log->ops.oldest; entry != NULL; entry = entry->newer) {
        entry_apply(&overlay, entry);
    }
    bool equal = snapshot_equal(fresh, log->base);
    overlay_done(&overlay);
    snapshot_unref(fresh);
    return equal;
}
