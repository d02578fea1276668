/*
 * payload: what an event's data says about rows, one table row per member. A payload is read whole
 * or not at all. Source: blotter-api(7).
 */
#ifndef BLOTTER_CORE_PAYLOAD_H
#define BLOTTER_CORE_PAYLOAD_H

#include <blotter/core/event.h>
#include <blotter/core/model.h>

#include "fields.h"

#define PAYLOAD_VALUES_MAX 20
#define PAYLOAD_TEXT_MAX 256

enum payload_action {
    PAYLOAD_SET,    /* changes a row that is there */
    PAYLOAD_INSERT, /* adds a row that is not there yet */
    PAYLOAD_EXPECT, /* a row is there that only a response can show */
    PAYLOAD_PUT,    /* one or the other */
    PAYLOAD_REMOVE  /* takes a row away */
};

struct payload_member {
    const char *name;
    enum field_type type;
    bool required;
    size_t offset; /* in the resource's row */
};

struct payload {
    enum event_type type;
    enum resource resource;
    enum payload_action action;
    bool many;             /* "updates" is an array of such objects */
    bool by_instrument;    /* the key names an instrument (or symbol), not a row */
    const char *key;       /* the member that holds the key */
    const char *other_key; /* used when key is absent; NULL when there is none */
    const struct payload_member *members;
    size_t member_count;
};

struct payload_value {
    enum field_type type;
    uint16_t offset;
    bool implied;  /* by the others: nothing that a response could contradict */
    bool only_new; /* for a row that comes in, not over what is there */
    union {
        double number;
        int64_t integer;
        bool flag;
        enum order_class class;
        const char *text; /* points into the operation */
    };
};

/* One object of a payload, read. */
struct operation {
    const struct payload *payload;
    char key[PAYLOAD_TEXT_MAX];
    char other_key[PAYLOAD_TEXT_MAX]; /* "" when there is none */
    int64_t told_ms; /* the moment of these figures, MODEL_NO_TIME when it is not told */
    size_t count;
    struct payload_value values[PAYLOAD_VALUES_MAX];
    char texts[PAYLOAD_VALUES_MAX][PAYLOAD_TEXT_MAX]; /* of text values, by their place */
};

/* What an event means for a resource's rows, NULL when nothing can be said from its payload. */
const struct payload *payload_find(enum event_type type, enum resource resource);

/* Reads one object. False when a required member is missing, or any is of the wrong type or too
 * long. */
bool payload_read(const struct payload *payload, struct span object, struct operation *ret);

/* What the event's type and time imply beyond the members. */
void payload_complete(struct operation *operation, int64_t event_ms);

/* Writes the values into a row; inserted: it comes in by them. */
void payload_write(const struct payload_value *values, size_t count, void *row, bool inserted);

/* When the server says that it changed the row, by these values or by the row; MODEL_NO_TIME. */
int64_t payload_updated(const struct payload *payload, const struct payload_value *values,
                        size_t count);
int64_t row_updated(enum resource resource, const struct row *row);

#endif
