#include <blotter/core/alloc.h>
#include <blotter/core/journal.h>
#include <blotter/core/utf8.h>

#include <stdlib.h>
#include <string.h>

struct journal {
    uint64_t total;
    uint64_t settled[RESOURCE_COUNT]; /* everything up to here is settled */
    struct journal_entry ring[JOURNAL_MAX];
};

struct journal *journal_new(void)
{
    return mem_calloc(1, sizeof(struct journal));
}

void journal_free(struct journal *journal)
{
    free(journal);
}

uint64_t journal_total(const struct journal *journal)
{
    return journal->total;
}

size_t journal_count(const struct journal *journal)
{
    return journal->total < JOURNAL_MAX ? (size_t)journal->total : JOURNAL_MAX;
}

static struct journal_entry *entry_at(struct journal *journal, uint64_t number)
{
    return &journal->ring[(number - 1) % JOURNAL_MAX];
}

const struct journal_entry *journal_at(const struct journal *journal, size_t i)
{
    if (i >= journal_count(journal)) {
        return NULL;
    }
    return &journal->ring[(journal->total - 1 - i) % JOURNAL_MAX];
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

void journal_add(struct journal *journal, const struct journal_entry *entry)
{
    struct journal_entry *to = entry_at(journal, ++journal->total);
    *to = *entry;
    to->number = journal->total;
    copy_clean(to->name, sizeof to->name, entry->name);
    copy_clean(to->what, sizeof to->what, entry->what);
}

void journal_settle(struct journal *journal, enum resource resource, uint64_t up_to_number,
                    const struct journal_entry *outcome)
{
    uint64_t oldest = journal->total - journal_count(journal) + 1;
    uint64_t first = journal->settled[resource] + 1;
    uint64_t last = up_to_number < journal->total ? up_to_number : journal->total;
    for (uint64_t n = first > oldest ? first : oldest; n <= last; n++) {
        struct journal_entry *entry = entry_at(journal, n);
        bool open = entry->outcome == JOURNAL_PENDING || entry->outcome == JOURNAL_FAILED;
        if (!open || (entry->panes & RESOURCE_BIT(resource)) == 0) {
            continue;
        }
        entry->outcome = outcome->outcome;
        entry->status = outcome->status;
        entry->fetch_us = outcome->fetch_us;
        entry->rows = outcome->rows;
    }
    /* A failure is not the last word. */
    if (outcome->outcome == JOURNAL_CONFIRMED && last > journal->settled[resource]) {
        journal->settled[resource] = last;
    }
}
