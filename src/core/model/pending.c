#include "pending.h"
#include "snapshot.h"

#include <blotter/core/alloc.h>

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 64

static void unlink_slot(struct pending *log, struct pending_entry *entry)
{
    struct pending_entry **at = &log->slots[entry->hash & (log->slot_count - 1)];
    while (*at != entry) {
        at = &(*at)->next_in_slot;
    }
    *at = entry->next_in_slot;
}

static void unlink_order(struct pending *log, struct pending_entry *entry)
{
    *(entry->older != NULL ? &entry->older->newer : &log->oldest) = entry->newer;
    *(entry->newer != NULL ? &entry->newer->older : &log->newest) = entry->older;
}

static void append_order(struct pending *log, struct pending_entry *entry)
{
    entry->older = log->newest;
    entry->newer = NULL;
    *(log->newest != NULL ? &log->newest->newer : &log->oldest) = entry;
    log->newest = entry;
}

void pending_remove(struct pending *log, struct pending_entry *entry)
{
    unlink_slot(log, entry);
    unlink_order(log, entry);
    log->count--;
    log->witnesses -= entry->standing == OP_WITNESS;
    free(entry->values);
    free(entry);
}

void pending_init(struct pending *log, size_t max)
{
    *log = (struct pending){.max = max, .slot_count = SLOTS_FIRST};
    log->slots = mem_calloc(log->slot_count, sizeof(struct pending_entry *));
}

void pending_done(struct pending *log)
{
    while (log->oldest != NULL) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what is removed is the oldest no more */
        pending_remove(log, log->oldest);
    }
    free(log->slots);
}

void pending_stand(struct pending *log, struct pending_entry *entry, enum op_standing standing)
{
    log->witnesses -= entry->standing == OP_WITNESS;
    log->witnesses += standing == OP_WITNESS;
    entry->standing = standing;
}

static void resize_slots(struct pending *log, size_t slot_count)
{
    free(log->slots);
    log->slot_count = slot_count;
    log->slots = mem_calloc(log->slot_count, sizeof(struct pending_entry *));
    for (struct pending_entry *entry = log->oldest; entry != NULL; entry = entry->newer) {
        struct pending_entry **slot = &log->slots[entry->hash & (log->slot_count - 1)];
        entry->next_in_slot = *slot;
        *slot = entry;
    }
}

static void forget_witnesses(struct pending *log, int64_t before_us)
{
    struct pending_entry *newer;
    for (struct pending_entry *entry = log->oldest; entry != NULL; entry = newer) {
        newer = entry->newer;
        if (entry->standing == OP_WITNESS && entry->settled_us < before_us) {
            pending_remove(log, entry);
        }
    }
}

void pending_trim(struct pending *log, int64_t before_us)
{
    forget_witnesses(log, before_us);
    size_t slots = SLOTS_FIRST;
    while (slots < log->count) {
        slots *= 2;
    }
    if (slots < log->slot_count) {
        resize_slots(log, slots);
    }
}

/* What stood there before the operation that gives way to this one. */
static void keep_former(const struct pending_entry *old, size_t offset,
                        uint64_t ret[PENDING_FORMER])
{
    const struct change_value *value = change_value_at(old->values, old->count, offset);
    memset(ret, 0, PENDING_FORMER * sizeof *ret);
    if (value != NULL) {
        memcpy(ret, old->before[value - old->values], PENDING_FORMER * sizeof *ret);
    }
}

/* One block: the values, what stood there before, the key and the text values. */
static void keep_values(struct pending_entry *entry, const struct operation *operation)
{
    size_t count = operation->count;
    size_t size = strlen(operation->key) + 1;
    for (size_t i = 0; i < count; i++) {
        if (operation->values[i].type == FIELD_TEXT) {
            size += strlen(operation->values[i].text) + 1;
        }
    }
    struct pending_entry old = *entry;
    entry->values = mem_alloc(count * (sizeof *entry->values + sizeof *entry->before) + size);
    entry->before = (void *)(entry->values + count);
    char *at = entry->texts = (char *)(entry->before + count);
    size_t len = strlen(operation->key) + 1;
    memcpy(at, operation->key, len);
    at += len;
    for (size_t i = 0; i < count; i++) {
        entry->values[i] = operation->values[i];
        if (operation->values[i].type == FIELD_TEXT) {
            len = strlen(operation->values[i].text) + 1;
            memcpy(at, operation->values[i].text, len);
            entry->values[i].text = at;
            at += len;
        }
        keep_former(&old, operation->values[i].offset, entry->before[i]);
    }
    entry->count = count;
    free(old.values);
}

/* Of the key alone: all that is said of a row stands in one slot. */
static uint64_t key_hash(const struct pending *log, const char *key)
{
    return text_hash(log, key);
}

struct pending_entry *pending_next_of_key(const struct pending *log, const char *key,
                                          const struct pending_entry *after)
{
    uint64_t hash = after != NULL ? after->hash : key_hash(log, key);
    struct pending_entry *entry =
        after != NULL ? after->next_in_slot : log->slots[hash & (log->slot_count - 1)];
    while (entry != NULL && (entry->hash != hash || strcmp(entry->texts, key) != 0)) {
        entry = entry->next_in_slot;
    }
    return entry;
}

struct pending_entry *pending_find(const struct pending *log, const struct operation *operation)
{
    struct pending_entry *entry = pending_next_of_key(log, operation->key, NULL);
    while (entry != NULL && entry->change != operation->change) {
        entry = pending_next_of_key(log, operation->key, entry);
    }
    return entry;
}

/* Whether the operation sets at least what the entry sets: then the entry says nothing any more. */
static bool replaces(const struct operation *operation, const struct pending_entry *entry)
{
    if (operation->count < entry->count) {
        return false;
    }
    for (size_t i = 0; i < entry->count; i++) {
        if (change_value_at(operation->values, operation->count, entry->values[i].offset) == NULL) {
            return false;
        }
    }
    return true;
}

/* Ticks come in several forms, one after the other: of those that this one makes idle one is left,
 * to be used again. NULL: there is none. */
static struct pending_entry *find_idle(struct pending *log, const struct operation *operation)
{
    struct pending_entry *idle = NULL, *next;
    struct pending_entry *entry = pending_next_of_key(log, operation->key, NULL);
    for (; entry != NULL; entry = next) {
        next = pending_next_of_key(log, operation->key, entry);
        if (entry->change != operation->change || !replaces(operation, entry)) {
            continue;
        }
        if (idle != NULL) {
            pending_remove(log, entry);
        } else {
            idle = entry;
        }
    }
    return idle;
}

static struct pending_entry *add_entry(struct pending *log, const struct operation *operation)
{
    struct pending_entry *entry = mem_calloc(1, sizeof *entry);
    if (log->count >= log->slot_count) {
        resize_slots(log, log->slot_count * 2);
    }
    entry->hash = key_hash(log, operation->key);
    entry->change = operation->change;
    struct pending_entry **slot = &log->slots[entry->hash & (log->slot_count - 1)];
    entry->next_in_slot = *slot;
    *slot = entry;
    append_order(log, entry);
    log->count++;
    return entry;
}

static bool makes_room(struct pending *log)
{
    if (log->count == log->max && log->witnesses > 0) {
        forget_witnesses(log, INT64_MAX);
    }
    return log->count < log->max;
}

struct pending_entry *pending_put(struct pending *log, const struct operation *operation,
                                  struct patch_stamp stamp, bool *ret_overflow)
{
    struct pending_entry *entry = pending_find(log, operation);
    enum change_action action = operation->change->action;
    if (entry != NULL && action != CHANGE_SET && entry->standing == OP_WITNESS) {
        pending_remove(log, entry); /* it has spoken; this is news */
        entry = NULL;
    }
    if (entry != NULL && action != CHANGE_SET && action != CHANGE_PUT) {
        return NULL;
    }
    if (operation->change->many && entry != NULL) {
        struct pending_entry *idle = find_idle(log, operation);
        entry = idle != NULL ? idle : entry;
    }
    /* What put the row there stays where it is: others may have changed the row since. */
    if (entry != NULL && action == CHANGE_SET && replaces(operation, entry)) {
        unlink_order(log, entry);
        append_order(log, entry);
    } else if (makes_room(log)) {
        entry = add_entry(log, operation);
    } else {
        *ret_overflow = true;
        return NULL;
    }
    entry->renews = entry->count > 0 && entry->standing != OP_WITNESS;
    pending_stand(log, entry, OP_SHOWN);
    entry->stamp = stamp;
    entry->told_ms = operation->told_ms;
    entry->doubted_us = 0;
    entry->knew_row = false;
    keep_values(entry, operation);
    return entry;
}
