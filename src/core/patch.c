#include "patch.h"

#include <stdlib.h>
#include <string.h>

#include <blotter/core/alloc.h>
#include <blotter/core/iso8601.h>

#include "overlay.h"
#include "payload.h"
#include "snapshot.h"

#define SLOTS_FIRST 64
#define UNUSED_MAX ((size_t)1024) /* what a storm needed beyond goes back */

/* Rows that the figures of one event may write; beyond, a response is cheaper. */
#define EVENT_WRITES_MAX ((size_t)1 << 21)

/* An operation in the log. */
struct entry {
    struct entry *older;
    struct entry *newer;
    struct entry *next_in_slot;
    uint64_t hash;
    struct patch_stamp stamp;
    const struct payload *payload;
    char *texts; /* the key, then the text values, each with its NUL */
    size_t texts_size;
    size_t count;
    struct payload_value values[PAYLOAD_VALUES_MAX];
};

struct patch_log {
    enum resource resource;
    size_t max;
    struct snapshot *base;
    struct overlay overlay; /* meaningful while the log is not empty */
    bool overlaid;
    bool awaiting; /* a response is on its way */
    size_t writes; /* of rows, by the figures of the present event */
    struct entry *oldest;
    struct entry *newest;
    struct entry *unused; /* kept for the next, so that a steady state allocates nothing */
    size_t unused_count;
    struct entry **slots;
    size_t slot_count;
    size_t count;
};

struct patch_log *patch_log_new(enum resource resource, size_t max)
{
    struct patch_log *log = mem_calloc(1, sizeof *log);
    log->resource = resource;
    log->max = max;
    log->slot_count = SLOTS_FIRST;
    log->slots = mem_calloc(log->slot_count, sizeof(struct entry *));
    overlay_init(&log->overlay, resource);
    return log;
}

static void unlink_slot(struct patch_log *log, struct entry *entry)
{
    struct entry **at = &log->slots[entry->hash & (log->slot_count - 1)];
    while (*at != entry) {
        at = &(*at)->next_in_slot;
    }
    *at = entry->next_in_slot;
}

static void unlink_order(struct patch_log *log, struct entry *entry)
{
    *(entry->older != NULL ? &entry->older->newer : &log->oldest) = entry->newer;
    *(entry->newer != NULL ? &entry->newer->older : &log->newest) = entry->older;
}

static void append_order(struct patch_log *log, struct entry *entry)
{
    entry->older = log->newest;
    entry->newer = NULL;
    *(log->newest != NULL ? &log->newest->newer : &log->oldest) = entry;
    log->newest = entry;
}

static void remove_entry(struct patch_log *log, struct entry *entry)
{
    unlink_slot(log, entry);
    unlink_order(log, entry);
    log->count--;
    if (log->unused_count == UNUSED_MAX) {
        free(entry->texts);
        free(entry);
        return;
    }
    entry->next_in_slot = log->unused;
    log->unused = entry;
    log->unused_count++;
}

void patch_log_clear(struct patch_log *log)
{
    while (log->oldest != NULL) {
        remove_entry(log, log->oldest);
    }
    snapshot_unref(log->base);
    log->base = NULL;
    log->overlaid = false;
}

void patch_log_free(struct patch_log *log)
{
    if (log == NULL) {
        return;
    }
    patch_log_clear(log);
    while (log->unused != NULL) {
        struct entry *entry = log->unused;
        log->unused = entry->next_in_slot;
        free(entry->texts);
        free(entry);
    }
    overlay_done(&log->overlay);
    free(log->slots);
    free(log);
}

static void grow_slots(struct patch_log *log)
{
    if (log->count < log->slot_count) {
        return;
    }
    free(log->slots);
    log->slot_count *= 2;
    log->slots = mem_calloc(log->slot_count, sizeof(struct entry *));
    for (struct entry *entry = log->oldest; entry != NULL; entry = entry->newer) {
        struct entry **slot = &log->slots[entry->hash & (log->slot_count - 1)];
        entry->next_in_slot = *slot;
        *slot = entry;
    }
}

/* The texts move into the entry's own memory, and its values point there. */
static void keep_texts(struct entry *entry, const struct operation *operation)
{
    size_t size = strlen(operation->key) + 1;
    for (size_t i = 0; i < operation->count; i++) {
        if (operation->values[i].type == FIELD_TEXT) {
            size += strlen(operation->values[i].text) + 1;
        }
    }
    if (size > entry->texts_size) {
        entry->texts = mem_realloc(entry->texts, size);
        entry->texts_size = size;
    }
    char *at = entry->texts;
    size_t len = strlen(operation->key) + 1;
    memcpy(at, operation->key, len);
    at += len;
    for (size_t i = 0; i < operation->count; i++) {
        entry->values[i] = operation->values[i];
        if (operation->values[i].type == FIELD_TEXT) {
            len = strlen(operation->values[i].text) + 1;
            memcpy(at, operation->values[i].text, len);
            entry->values[i].text = at;
            at += len;
        }
    }
    entry->count = operation->count;
}

static uint64_t operation_hash(const struct operation *operation)
{
    return text_hash(operation->key) ^
           ((uint64_t)operation->payload->type * UINT64_C(0x9e3779b97f4a7c15));
}

static struct entry *find_entry(const struct patch_log *log, const struct operation *operation,
                                uint64_t hash)
{
    struct entry *entry = log->slots[hash & (log->slot_count - 1)];
    while (entry != NULL && (entry->hash != hash || entry->payload != operation->payload ||
                             strcmp(entry->texts, operation->key) != 0)) {
        entry = entry->next_in_slot;
    }
    return entry;
}

/* Whether the operation sets at least what the entry sets: then the entry says nothing any more. */
static bool replaces(const struct operation *operation, const struct entry *entry)
{
    if (operation->count < entry->count) {
        return false;
    }
    for (size_t i = 0; i < entry->count; i++) {
        size_t k = 0;
        while (k < operation->count && operation->values[k].offset != entry->values[i].offset) {
            k++;
        }
        if (k == operation->count) {
            return false;
        }
    }
    return true;
}

static struct entry *add_entry(struct patch_log *log, const struct operation *operation,
                               uint64_t hash)
{
    struct entry *entry = log->unused;
    if (entry != NULL) {
        log->unused = entry->next_in_slot;
        log->unused_count--;
    } else {
        entry = mem_calloc(1, sizeof *entry);
    }
    grow_slots(log);
    entry->hash = hash;
    entry->payload = operation->payload;
    struct entry **slot = &log->slots[hash & (log->slot_count - 1)];
    entry->next_in_slot = *slot;
    *slot = entry;
    append_order(log, entry);
    log->count++;
    return entry;
}

/* NULL when there is nothing to apply: *ret_overflow says whether that is for want of room. */
static struct entry *log_operation(struct patch_log *log, const struct operation *operation,
                                   struct patch_stamp stamp, bool *ret_overflow)
{
    uint64_t hash = operation_hash(operation);
    struct entry *entry = find_entry(log, operation, hash);
    if (entry != NULL && operation->payload->action != PAYLOAD_SET) {
        return NULL;
    }
    if (entry != NULL && replaces(operation, entry)) {
        unlink_order(log, entry);
        append_order(log, entry);
    } else if (log->count == log->max) {
        *ret_overflow = true;
        return NULL;
    } else {
        entry = add_entry(log, operation, hash);
    }
    entry->stamp = stamp;
    keep_texts(entry, operation);
    return entry;
}

static size_t set_rows_of_instrument(struct overlay *overlay, const struct entry *entry)
{
    size_t at = 0;
    size_t count = 0;
    for (struct row *row; (row = overlay_next_of_instrument(overlay, entry->texts, &at)) != NULL;) {
        payload_write(entry->values, entry->count, row);
        row->version = version_mix(row->version, entry->stamp.seq);
        count++;
    }
    return count;
}

/* How many rows changed. */
static size_t apply(struct overlay *overlay, const struct entry *entry)
{
    if (entry->payload->by_instrument) {
        return set_rows_of_instrument(overlay, entry);
    }
    size_t i = model_find(overlay->view, entry->texts);
    bool found = i < overlay->view->row_count;
    if (entry->payload->action == PAYLOAD_REMOVE) {
        if (found) {
            overlay_remove(overlay, i);
        }
        return found;
    }
    bool inserts = entry->payload->action == PAYLOAD_INSERT;
    if (found == inserts) {
        return 0; /* there already, or not there */
    }
    struct row *row = inserts ? overlay_insert(overlay, entry->texts) : model_row(overlay->view, i);
    payload_write(entry->values, entry->count, row);
    row->provisional = row->provisional || !entry->payload->many;
    row->version = version_mix(row->version, entry->stamp.seq);
    if (!inserts && !entry->payload->many) {
        overlay_row_written(overlay, i);
    }
    return 1;
}

static void rebuild(struct patch_log *log)
{
    log->overlaid = log->base != NULL && log->count > 0;
    if (!log->overlaid) {
        return;
    }
    overlay_load(&log->overlay, log->base);
    for (const struct entry *entry = log->oldest; entry != NULL; entry = entry->newer) {
        apply(&log->overlay, entry);
    }
}

/* From now on rows can be changed in place. */
static void show_overlay(struct patch_log *log)
{
    if (!log->overlaid) {
        overlay_load(&log->overlay, log->base);
        log->overlaid = true;
    }
}

static bool names_a_row(struct patch_log *log, const struct operation *operation)
{
    if (log->base == NULL) {
        return false;
    }
    if (!operation->payload->by_instrument) {
        const struct snapshot *shown = patch_log_shown(log);
        return model_find(shown, operation->key) < shown->row_count;
    }
    show_overlay(log);
    size_t at = 0;
    return overlay_next_of_instrument(&log->overlay, operation->key, &at) != NULL;
}

static bool is_logged(const struct patch_log *log, const struct operation *operation)
{
    return find_entry(log, operation, operation_hash(operation)) != NULL;
}

/*
 * Figures for rows we do not have are no news, unless older ones stand in the log, or a response is
 * on its way that may bring the row as it was before.
 */
static bool is_news(struct patch_log *log, const struct operation *operation)
{
    return !operation->payload->many || names_a_row(log, operation) || is_logged(log, operation) ||
           (log->awaiting && log->count < log->max / 2);
}

static void take_operation(struct patch_log *log, const struct operation *operation,
                           struct patch_stamp stamp, struct patch_result *result)
{
    const struct entry *entry = log_operation(log, operation, stamp, &result->overflow);
    if (entry == NULL || log->base == NULL) {
        return;
    }
    show_overlay(log);
    size_t count = apply(&log->overlay, entry);
    log->writes += count;
    result->changed = count > 0 || result->changed;
}

/* Rows that name no instrument are found by their symbol, which is the other key. */
static void take_object(struct patch_log *log, struct operation *operation,
                        struct patch_stamp stamp, struct patch_result *result)
{
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

static int64_t event_time(const struct event *event)
{
    char text[ISO8601_SIZE];
    int64_t ms = MODEL_NO_TIME;
    size_t len = json_string(event->timestamp, text, sizeof text);
    if (len < sizeof text) {
        iso8601_parse(text, len, &ms);
    }
    return ms;
}

/* All objects are read before the first is applied. */
static bool updates_valid(const struct payload *payload, struct json_span updates,
                          struct operation *scratch)
{
    if (json_type(updates) != JSON_ARRAY) {
        return false;
    }
    struct json_iterator it = {NULL};
    struct json_span key;
    struct json_span object;
    while (json_next(updates, &it, &key, &object)) {
        if (!payload_read(payload, object, scratch)) {
            return false;
        }
    }
    return true;
}

static struct patch_result take_updates(struct patch_log *log, const struct payload *payload,
                                        const struct event *event, struct patch_stamp stamp)
{
    struct operation operation;
    struct patch_result result = {false};
    struct json_span updates;
    if (!json_member(event->data, "updates", &updates) ||
        !updates_valid(payload, updates, &operation)) {
        return result;
    }
    struct json_iterator it = {NULL};
    struct json_span key;
    struct json_span object;
    log->writes = 0;
    while (json_next(updates, &it, &key, &object) && payload_read(payload, object, &operation)) {
        if (log->writes > EVENT_WRITES_MAX) {
            result.overflow = true;
            break;
        }
        take_object(log, &operation, stamp, &result);
        result.rows++;
    }
    result.valid = true;
    return result;
}

struct patch_result patch_log_event(struct patch_log *log, const struct event *event,
                                    struct patch_stamp stamp)
{
    const struct payload *payload = payload_find(event->type, log->resource);
    if (payload == NULL) {
        return (struct patch_result){.valid = true};
    }
    if (payload->many) {
        return take_updates(log, payload, event, stamp);
    }
    struct operation operation;
    struct patch_result result = {.valid = payload_read(payload, event->data, &operation)};
    if (result.valid) {
        payload_complete(&operation, event_time(event));
        take_object(log, &operation, stamp, &result);
        result.rows = 1;
    }
    return result;
}

static bool covers(struct patch_stamp response, struct patch_stamp stamp)
{
    return response.seq > stamp.seq || (stamp.id != 0 && response.id >= stamp.id);
}

/* Whether the rows say otherwise than an operation that nothing later has changed. */
static bool contradicts(const struct snapshot *base, const struct entry *entry,
                        struct patch_stamp response)
{
    if (entry->payload->many || (entry->stamp.id != 0 && response.id > entry->stamp.id)) {
        return false;
    }
    size_t i = model_find(base, entry->texts);
    bool found = i < base->row_count;
    if (entry->payload->action == PAYLOAD_REMOVE || !found) {
        return found || entry->payload->action == PAYLOAD_INSERT;
    }
    for (size_t k = 0; k < entry->count; k++) {
        const struct payload_value *value = &entry->values[k];
        const void *at = (const char *)model_row(base, i) + value->offset;
        bool same = true;
        if (value->type == FIELD_TEXT) {
            same = strcmp(*(const char *const *)at, value->text) == 0;
        } else if (value->type == FIELD_INT) {
            same = *(const int64_t *)at == value->integer;
        } else if (value->type == FIELD_NUMBER) {
            same = *(const double *)at == value->number;
        }
        if (!same) {
            return true;
        }
    }
    return false;
}

/* A later operation on the same row has the word. */
static bool is_last_of_row(const struct entry *entry)
{
    for (const struct entry *later = entry->newer; later != NULL; later = later->newer) {
        if (!later->payload->many && strcmp(later->texts, entry->texts) == 0) {
            return false;
        }
    }
    return true;
}

struct patch_change patch_log_cover(struct patch_log *log, struct patch_stamp response)
{
    size_t contradictions = 0;
    size_t budget = 256; /* looking for later operations is quadratic: look at some only */
    struct entry *next;
    bool changed = false;
    for (struct entry *entry = log->oldest; entry != NULL; entry = next) {
        next = entry->newer;
        if (!covers(response, entry->stamp)) {
            continue;
        }
        if (budget > 0 && log->base != NULL && contradicts(log->base, entry, response)) {
            budget--;
            contradictions += is_last_of_row(entry);
        }
        remove_entry(log, entry);
        changed = true;
    }
    if (changed) {
        rebuild(log);
    }
    return (struct patch_change){changed, contradictions};
}

struct patch_change patch_log_rebase(struct patch_log *log, struct snapshot *base,
                                     struct patch_stamp response)
{
    const struct snapshot *shown = patch_log_shown(log);
    bool same = shown != NULL && snapshot_equal(shown, base);
    struct snapshot *old = log->base;
    log->base = base;
    log->overlaid = false;
    struct patch_change change = patch_log_cover(log, response);
    if (!log->overlaid) {
        rebuild(log);
    }
    change.changed = !same || log->overlaid;
    snapshot_unref(old);
    return change;
}

void patch_log_await(struct patch_log *log, bool awaiting)
{
    log->awaiting = awaiting;
}

void patch_log_forget_ids(struct patch_log *log)
{
    for (struct entry *entry = log->oldest; entry != NULL; entry = entry->newer) {
        entry->stamp.id = 0;
    }
}

const struct snapshot *patch_log_shown(const struct patch_log *log)
{
    return log->overlaid ? log->overlay.view : log->base;
}

const struct snapshot *patch_log_base(const struct patch_log *log)
{
    return log->base;
}

size_t patch_log_count(const struct patch_log *log)
{
    return log->count;
}

bool patch_log_consistent(const struct patch_log *log)
{
    if (log->base == NULL) {
        return patch_log_shown(log) == NULL;
    }
    struct overlay fresh;
    overlay_init(&fresh, log->resource);
    overlay_load(&fresh, log->base);
    for (const struct entry *entry = log->oldest; entry != NULL; entry = entry->newer) {
        apply(&fresh, entry);
    }
    bool equal = snapshot_equal(fresh.view, patch_log_shown(log));
    overlay_done(&fresh);
    return equal;
}
