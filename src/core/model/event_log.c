#include <blotter/core/alloc.h>
#include <blotter/core/event_log.h>
#include <blotter/core/utf8.h>

#include <stdlib.h>
#include <string.h>

struct event_log {
    uint64_t total;
    uint64_t settled[RESOURCE_COUNT]; /* everything up to here is settled */
    struct event_log_entry ring[EVENT_LOG_MAX];
};

struct event_log *event_log_new(void)
{
    return mem_calloc(1, sizeof(struct event_log));
}

void event_log_free(struct event_log *event_log)
{
    free(event_log);
}

uint64_t event_log_total(const struct event_log *event_log)
{
    return event_log->total;
}

size_t event_log_count(const struct event_log *event_log)
{
    return event_log->total < EVENT_LOG_MAX ? (size_t)event_log->total : EVENT_LOG_MAX;
}

static struct event_log_entry *entry_at(struct event_log *event_log, uint64_t number)
{
    return &event_log->ring[(number - 1) % EVENT_LOG_MAX];
}

const struct event_log_entry *event_log_at(const struct event_log *event_log, size_t i)
{
    if (i >= event_log_count(event_log)) {
        return NULL;
    }
    return &event_log->ring[(event_log->total - 1 - i) % EVENT_LOG_MAX];
}

static void copy_clean(char *out, size_t size, const char *text)
{
    size_t used = 0;
    size_t left = strnlen(text, size - 1);
    while (left > 0) {
        uint32_t code;
        size_t len = utf8_next(text, left, &code);
        if (code == UTF8_REPLACEMENT || utf8_effect(code) != UTF8_SHOWS) {
            out[used++] = '?';
        } else {
            memcpy(out + used, text, len);
            used += len;
        }
        text += len;
        left -= len;
    }
    out[used] = '\0';
}

void event_log_add(struct event_log *event_log, const struct event_log_entry *entry)
{
    struct event_log_entry *to = entry_at(event_log, ++event_log->total);
    *to = *entry;
    to->number = event_log->total;
    copy_clean(to->name, sizeof to->name, entry->name);
    copy_clean(to->what, sizeof to->what, entry->what);
}

void event_log_settle(struct event_log *event_log, enum resource resource, uint64_t up_to_number,
                      const struct event_log_entry *outcome)
{
    uint64_t oldest = event_log->total - event_log_count(event_log) + 1;
    uint64_t first = event_log->settled[resource] + 1;
    uint64_t last = up_to_number < event_log->total ? up_to_number : event_log->total;
    for (uint64_t n = first > oldest ? first : oldest; n <= last; n++) {
        struct event_log_entry *entry = entry_at(event_log, n);
        bool open = entry->outcome == EVENT_LOG_PENDING || entry->outcome == EVENT_LOG_FAILED;
        if (!open || (entry->panes & RESOURCE_BIT(resource)) == 0) {
            continue;
        }
        entry->outcome = outcome->outcome;
        entry->status = outcome->status;
        entry->fetch_us = outcome->fetch_us;
        entry->rows = outcome->rows;
    }
    /* A failure is not the last word. */
    if (outcome->outcome == EVENT_LOG_CONFIRMED && last > event_log->settled[resource]) {
        event_log->settled[resource] = last;
    }
}
