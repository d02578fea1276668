/*
 * memory: what the client remembers of the day beside the rows: tape and history. Fed from idle
 * turns, some time after something changed and never on the way of an event to the screen; without
 * changes it wakes nobody.
 */
#ifndef BLOTTER_CLIENT_MEMORY_H
#define BLOTTER_CLIENT_MEMORY_H

#include <blotter/core/conn.h>
#include <blotter/core/engine.h>
#include <blotter/core/history.h>
#include <blotter/core/money.h>
#include <blotter/core/tape.h>

/* Rows are looked at this long after they changed. */
#define MEMORY_DELAY_US INT64_C(500000)

struct memory;

struct memory *memory_new(void);
void memory_free(struct memory *memory); /* NULL is fine */

void memory_event(struct memory *memory, struct moment now, const struct event *event,
                  enum journal_outcome outcome);
void memory_stream(struct memory *memory, struct moment now, const struct conn_status *status);

/* Where the figures of the day come from. */
struct memory_source {
    const struct engine *engine;
    const struct money_book *book;
};

/* Takes in the resources that changed since the last call; which: their bits. */
void memory_turn(struct memory *memory, struct moment now, struct memory_source source,
                 resource_mask which);

struct tape *memory_tape(struct memory *memory);
const struct history *memory_history(const struct memory *memory);

#endif
