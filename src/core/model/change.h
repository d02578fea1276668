/*
 * change: what an event's data says about rows, one table row per member. A payload is read whole
 * or not at all. Source: blotter-api(7).
 */
#ifndef BLOTTER_CORE_CHANGE_H
#define BLOTTER_CORE_CHANGE_H

#include "fields.h"

#include <blotter/core/event.h>
#include <blotter/core/model.h>

#define CHANGE_VALUES_MAX 20
#define CHANGE_TEXT_MAX 256

enum change_action {
    CHANGE_SET,    /* changes a row that is there */
    CHANGE_INSERT, /* adds a row that is not there yet */
    CHANGE_EXPECT, /* a row is there that only a response can show */
    CHANGE_PUT,    /* one or the other */
    CHANGE_REMOVE  /* takes a row away */
};

/* What the key names. */
enum change_names {
    CHANGE_ROW,
    CHANGE_INSTRUMENT,            /* or, by the other key, a symbol: all its rows */
    CHANGE_INSTRUMENT_OF_POSITION /* the one that the position is of */
};

struct change_member {
    const char *name;
    enum field_type type;
    bool required;
    size_t offset; /* in the resource's row */
};

struct change {
    enum event_type type;
    enum resource resource;
    enum change_action action;
    bool many; /* "updates" is an array of such objects */
    enum change_names names;
    const char *key;       /* the member that holds the key */
    const char *other_key; /* used when key is absent; NULL when there is none */
    const struct change_member *members;
    size_t member_count;
};

struct change_value {
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

/* One object of an event's data, read. */
struct operation {
    const struct change *change;
    char key[CHANGE_TEXT_MAX];
    char other_key[CHANGE_TEXT_MAX]; /* "" when there is none */
    int64_t told_ms; /* the moment of these figures, MODEL_NO_TIME when it is not told */
    size_t count;
    struct change_value values[CHANGE_VALUES_MAX];
    char texts[CHANGE_VALUES_MAX][CHANGE_TEXT_MAX]; /* of text values, by their place */
};

/* What an event means for a resource's rows, NULL when nothing can be said from its data. */
const struct change *change_find(enum event_type type, enum resource resource);

/* Reads one object. False when a required member is missing, or any is of the wrong type or too
 * long. */
bool change_read(const struct change *change, struct span object, struct operation *ret);

/* What the event's type and time imply beyond the members. */
void change_complete(struct operation *operation, int64_t event_ms);

/* An event's payload for one row, completed. False when there is none, or it cannot be read. */
bool change_read_event(const struct event *event, enum resource resource, struct operation *ret);

/* The value that goes to that place in a row; NULL: there is none. */
const struct change_value *change_value_at(const struct change_value *values, size_t count,
                                           size_t offset);

/* Writes the values into a row; inserted: it comes in by them. */
void change_write(const struct change_value *values, size_t count, void *row, bool inserted);

/* When the server says that it changed the row, by these values; MODEL_NO_TIME. */
int64_t change_updated(const struct change *change, const struct change_value *values,
                       size_t count);

/* What an event says about one row, as a row of the resource; its texts live in operation. False
 * when it says nothing about one. */
bool change_event_row(const struct event *event, enum resource resource,
                      struct operation *operation, void *row);

#endif
