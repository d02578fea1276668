/*
 * program: the functions of a NAME.jq, compiled once by libjq and run one at a time. The one place
 * that knows libjq; program_none.c stands in where it is missing.
 */
#ifndef BLOTTER_ADAPT_PROGRAM_H
#define BLOTTER_ADAPT_PROGRAM_H

#include "complaints.h"
#include "reader.h"

#include <blotter/core/fault.h>

struct program;

struct program_source {
    const char *path; /* of the .jq, for messages: borrowed, must outlive the program */
    const char *text;
    size_t len;
    const struct duty *duties;
    size_t duty_count;
    struct place ini; /* where a duty without a section of its own would be complained about */
    const struct pairs *pairs; /* where the sections stand */
};

bool program_available(void);

/* NULL with complaints. */
struct program *program_new(const struct program_source *source, struct complaints *complaints);
void program_free(struct program *program);

/* Parses a body once for several runs, whose call then has none. False when jq cannot. */
bool program_hold(struct program *program, const char *body, size_t len);
void program_release(struct program *program);

/*
 * Runs a function on one input, `[name, body]` to the program. body is JSON that careful.h made
 * fit; NULL: the one that is held. ret gets the one value it gives as JSON text; for many: all of
 * them, as an array. False with the fault.
 */
struct program_call {
    const char *function;
    const char *body;
    size_t len;
    bool many;
};
bool program_run(struct program *program, const struct program_call *call, struct buf *ret,
                 struct fault *ret_fault);

/* See adapt_on_overrun. */
void program_on_overrun(void (*restore_terminal)(void));

#endif
