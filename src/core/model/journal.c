#include <blotter/core/journal.h>

#include <stdlib.h>
#include <string.h>

#include <blotter/core/alloc.h>

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

static size_t sequence_length(unsigned char first)
{
    return first < 0x80 ? 1 : first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
}

/* A sequence of 1-4 bytes that may be shown; 0 for what may not. */
static size_t showable(const unsigned char *at, size_t left)
{
    size_t len = sequence_length(at[0]);
    if (len == 1) {
        return at[0] >= 0x20 && at[0] != 0x7f;
    }
    if (len > left || at[0] < 0xc2 || at[0] > 0xf4) {
        return 0;
    }
    unsigned code = at[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
        code = code << 6 | (at[i] & 0x3fu);
    }
    bool control = code < 0xa0;
    bool bidi = code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
                (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) ||
                code == 0xfeff;
    return control || bidi ? 0 : len;
}

static void copy_clean(char *out, size_t size, const char *text)
{
    size_t used = 0;
    size_t left = strnlen(text, size - 1);
    const unsigned char *at = (const unsigned char *)text;
    while (left > 0) {
        size_t len = showable(at, left);
        if (len == 0) {
            out[used++] = '?';
            len = 1;
        } else {
            memcpy(out + used, at, len);
            used += len;
        }
        at += len;
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
