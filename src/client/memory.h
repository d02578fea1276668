/*
 * memory: what the client remembers of the day beside the rows: tape and history, and the daybook
 * that keeps them across runs. Fed from idle turns, some time after something changed and never on
 * the way of an event to the screen; without changes it wakes nobody.
 */
#ifndef BLOTTER_CLIENT_MEMORY_H
#define BLOTTER_CLIENT_MEMORY_H

#include <blotter/core/conn.h>
#include <blotter/core/engine.h>
#include <blotter/core/history.h>
#include <blotter/core/money.h>
#include <blotter/core/tape.h>
#include <blotter/net/loop.h>

struct memory;

struct memory_settings {
    const struct engine *engine; /* borrowed, as is the book */
    struct money_book *book;
    const char *daybook; /* its file; NULL: none */
    int days;
    const char *day;           /* a past one, which is shown and not written; NULL: today */
    const char *server, *user; /* whose it is */
    int32_t (*zone)(const void *user, int64_t wall_ms);
    const void *zone_user;
    /* Told of CLIENT_ bits that changed. */
    void (*on_change)(void *user, unsigned mask);
    void *on_change_user;
};

/* Copies what it needs. */
struct memory *memory_new(struct loop *loop, const struct memory_settings *settings);
void memory_free(struct memory *memory); /* NULL is fine */

void memory_event(struct memory *memory, struct moment now, const struct event *event,
                  enum event_log_outcome outcome);
void memory_stream(struct memory *memory, struct moment now, const struct conn_status *status);
void memory_tell(struct memory *memory, struct moment now, const struct tape_entry *entry);

/* Rows have changed: they are looked at a little later. */
void memory_rows(struct memory *memory, struct moment now, resource_mask which);

/* A frame was shown: after the first one the daybook is opened. */
void memory_painted(struct memory *memory, struct moment now);

/* Writes down what is new, before the end. */
void memory_stop(struct memory *memory, struct moment now);

/* Takes the past day in; true when there is one. Its bodies are handed to prime one by one. */
bool memory_open_day(struct memory *memory, struct moment now,
                     void (*prime)(void *user, enum resource resource, const char *body, size_t len,
                                   int64_t at_ms),
                     void *user);
/* The past day, and when it was last watched; NULL: today. */
const char *memory_day(const struct memory *memory, int64_t *ret_last_ms);

/* A sentence about what is wrong with the daybook, once; NULL. */
const char *memory_take_word(struct memory *memory);

int64_t memory_looked(const struct memory *memory);
void memory_look(struct memory *memory, int64_t wall_ms);

/* A symbol's prices of the days before today, as the daybook has them; NULL: none, or not yet: they
 * are read from an idle turn, and CLIENT_HISTORY is told then. */
const struct series *memory_past(struct memory *memory, struct moment now, const char *symbol);

const struct tape *memory_tape(const struct memory *memory);
const struct history *memory_history(const struct memory *memory);

#endif
