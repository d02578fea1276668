/*
 * row_reader: the members of one object go where the table of fields says. Texts are copied to an
 * arena; short ones that repeat are copied once.
 */
#ifndef BLOTTER_CORE_ROW_READER_H
#define BLOTTER_CORE_ROW_READER_H

#include "base/arena.h"
#include "fields.h"

#define ROW_READER_KEY_SLOTS 128
#define ROW_READER_TEXT_SLOTS 256

/* Where a member's value goes. */
struct key_slot {
    const char *key; /* NULL: empty */
    unsigned char len;
    unsigned char field;
    bool nested;
    bool preferred; /* the field's path, not its alternative */
};

/* Finds the field of a key without comparing it with all of them. */
struct key_table {
    const struct field_table *table;
    uint64_t required;
    struct key_slot slots[ROW_READER_KEY_SLOTS];
};

/* A text seen lately: exchanges, statuses and symbols repeat in every row. */
struct text_slot {
    struct span raw;
    const char *text;
};

struct row_reader {
    struct arena *texts;
    const char *end; /* of the checked text in which objects stand */
    struct text_slot shared[ROW_READER_TEXT_SLOTS];
};

/* One row being filled. */
struct row_reading {
    const struct key_table *keys;
    void *row;
    uint64_t preferred; /* fields set by their path */
    uint64_t set;
};

/* A zeroed table of keys is filled from the fields. */
void row_reader_keys_init(struct key_table *keys, const struct field_table *table);

/* Fills from the object at at; the result stands behind it. */
const char *row_reader_object(struct row_reader *reader, struct row_reading *reading,
                              const char *at);

/* The same of one member of it, whose value stands at at. */
const char *row_reader_member(struct row_reader *reader, struct row_reading *reading,
                              struct span key, const char *at);

#endif
