#include "oplog.h"

#include <stdlib.h>
#include <string.h>

#include <blotter/core/alloc.h>

#include "snapshot.h"

#define SLOTS_FIRST 64
#define UNUSED_MAX ((size_t)1024) /* what a storm needed beyond goes back */

static void unlink_slot(struct oplog *log, struct oplog_entry *entry)
{
    struct oplog_entry **at = &log->slots[entry->hash & (log->slot_count - 1)];
    while (*at != entry) {
        at = &(*at)->next_in_slot;
    }
    *at = entry->next_in_slot;
}

static void unlink_order(struct oplog *log, struct oplog_entry *entry)
{
    *(entry->older != NULL ? &entry->older->newer : &log->oldest) = entry->newer;
    *(entry->newer != NULL ? &entry->newer->older : &log->newest) = entry->older;
}

static void append_order(struct oplog *log, struct oplog_entry *entry)
{
    entry->older = log->newest;
    entry->newer = NULL;
    *(log->newest != NULL ? &log->newest->newer : &log->oldest) = entry;
    log->newest = entry;
}

void oplog_remove(struct oplog *log, struct oplog_entry *entry)
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

void oplog_init(struct oplog *log, size_t max)
{
    *log = (struct oplog){.max = max, .slot_count = SLOTS_FIRST};
    log->slots = mem_calloc(log->slot_count, sizeof(struct oplog_entry *));
}

void oplog_done(struct oplog *log)
{
    while (log->oldest != NULL) {
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): what is removed is the oldest no more */
        oplog_remove(log, log->oldest);
    }
    while (log->unused != NULL) {
        struct oplog_entry *entry = log->unused;
        log->unused = entry->next_in_slot;
        free(entry->texts);
        free(entry);
    }
    free(log->slots);
}

static void grow_slots(struct oplog *log)
{
    if (log->count < log->slot_count) {
        return;
    }
    free(log->slots);
    log->slot_count *= 2;
    log->slots = mem_calloc(log->slot_count, sizeof(struct oplog_entry *));
    for (struct oplog_entry *entry = log->oldest; entry != NULL; entry = entry->newer) {
        struct oplog_entry **slot = &log->slots[entry->hash & (log->slot_count - 1)];
        entry->next_in_slot = *slot;
        *slot = entry;
    }
}

/* The texts move into the entry's own memory, and its values point there. */
static void keep_texts(struct oplog_entry *entry, const struct operation *operation)
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

static uint64_t operation_hash(const struct oplog *log, const struct operation *operation)
{
    return text_hash(log, operation->key) ^
           ((uint64_t)operation->payload->type * UINT64_C(0x9e3779b97f4a7c15));
}

static struct oplog_entry *find_entry(const struct oplog *log, const struct operation *operation,
                                      uint64_t hash)
{
    struct oplog_entry *entry = log->slots[hash & (log->slot_count - 1)];
    while (entry != NULL && (entry->hash != hash || entry->payload != operation->payload ||
                             strcmp(entry->texts, operation->key) != 0)) {
        entry = entry->next_in_slot;
    }
    return entry;
}

struct oplog_entry *oplog_find(const struct oplog *log, const struct operation *operation)
{
    return find_entry(log, operation, operation_hash(log, operation));
}

/* Whether the operation sets at least what the entry sets: then the entry says nothing any more. */
static bool replaces(const struct operation *operation, const struct oplog_entry *entry)
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

static struct oplog_entry *add_entry(struct oplog *log, const struct operation *operation,
                                     uint64_t hash)
{
    struct oplog_entry *entry = log->unused;
    if (entry != NULL) {
        log->unused = entry->next_in_slot;
        log->unused_count--;
    } else {
        entry = mem_calloc(1, sizeof *entry);
    }
    grow_slots(log);
    entry->hash = hash;
    entry->payload = operation->payload;
    struct oplog_entry **slot = &log->slots[hash & (log->slot_count - 1)];
    entry->next_in_slot = *slot;
    *slot = entry;
    append_order(log, entry);
    log->count++;
    return entry;
}

struct oplog_entry *oplog_put(struct oplog *log, const struct operation *operation,
                              struct patch_stamp stamp, bool *ret_overflow)
{
    uint64_t hash = operation_hash(log, operation);
    struct oplog_entry *entry = find_entry(log, operation, hash);
    enum payload_action action = operation->payload->action;
    if (entry != NULL && (action == PAYLOAD_INSERT || action == PAYLOAD_REMOVE)) {
        return NULL;
    }
    /* What put the row there stays where it is: others may have changed the row since. */
    if (entry != NULL && action == PAYLOAD_SET && replaces(operation, entry)) {
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
