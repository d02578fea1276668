/*
 * translate: a backend's answers and events, read by the functions of its NAME.jq, as the bodies
 * and events of blotter-api(7). Each call runs one function to its end, under a ceiling of 5 s of
 * CPU whose handler ends the program. The adapt must have been compiled.
 *
 * A fault says which function it was: "alpaca.jq: orders: Cannot index number with "qty"".
 * FAULT_DECODE: no JSON, a runtime error, or not what the function owes; FAULT_TOO_LARGE: over
 * ADAPT_BODY_BYTES_MAX. Texts in faults are cleaned. Bodies have a NUL behind them.
 */
#ifndef BLOTTER_ADAPT_TRANSLATE_H
#define BLOTTER_ADAPT_TRANSLATE_H

#include <blotter/adapt/adapt.h>
#include <blotter/core/fault.h>

/*
 * Reads an answer once for all functions that are asked about it until the release: rows, covers,
 * next_page, with NULL in place of the body, which need not live on. False with the fault when it
 * cannot be read.
 */
bool translate_hold(struct adapt *adapt, const char *body, size_t len, struct fault *ret_fault);
void translate_release(struct adapt *adapt); /* also when none is held */

/*
 * A pane's answer: appends what its function makes of it, joined to the rows that are there: rows
 * separated by commas; of the account the first object, or nothing for null. rows may hold those of
 * other answers (pages, several accounts) before. Nothing is appended on failure.
 */
bool translate_rows(struct adapt *adapt, enum resource resource, const char *body, size_t len,
                    struct buf *rows, struct fault *ret_fault);

/* The body of blotter-api(7) that those rows make: {"orders":[…]}. rows stays. */
bool translate_body(enum resource resource, const struct buf *rows, struct buf *ret_body);

/* An answer of [quotes.…]: ret gets {"updates":[…]}, the data of quotes_updated. */
bool translate_quotes(struct adapt *adapt, const char *body, size_t len, struct buf *ret,
                      struct fault *ret_fault);

/* An answer of discover[index]: ret gets a JSON array of strings, numbers as they were written. */
bool translate_values(struct adapt *adapt, size_t index, const char *body, size_t len,
                      struct buf *ret, struct fault *ret_fault);

/* The clock's answer, or body NULL: the function is asked with the time. ret_next_ms is
 * MODEL_NO_TIME (INT64_MIN) when it is not said. */
bool translate_clock(struct adapt *adapt, const char *body, size_t len, int64_t now_ms,
                     bool *ret_open, int64_t *ret_next_ms, struct fault *ret_fault);

/* One message of the stream, as it came. */
struct translate_message {
    const char *name, *id, *data; /* ndjson: the line is data, the others are "" */
    size_t name_len, id_len, data_len;
};

/*
 * The events of a message: ret gets a JSON array of objects {event, id, data, timestamp}, each with
 * a string event and an id that is a string or missing. False with the fault when the function
 * fails or makes nothing of it: the message is unknown.
 */
bool translate_event(struct adapt *adapt, const struct translate_message *message, struct buf *ret,
                     struct fault *ret_fault);

#define TRANSLATE_REFUSAL_MAX 200

struct translate_refusal {
    char text[TRANSLATE_REFUSAL_MAX + 1]; /* valid UTF-8 without control bytes; "" when it says
                                             nothing */
    bool expired;                         /* the login has run out, whatever the status */
};

/* What the body of a refusal says. Never fails: what cannot be read says nothing. */
void translate_refusal(struct adapt *adapt, const char *body, size_t len,
                       struct translate_refusal *ret);

/* The id of the last event that a pane's answer holds: false when it does not say. */
bool translate_covers(struct adapt *adapt, const char *body, size_t len, struct buf *ret);

/* The path of the page after this one, asked for at path: false when there is no more, or with a
 * fault (kind not FAULT_NONE) when the function failed or named another origin. */
bool translate_next_page(struct adapt *adapt, const char *body, size_t len, const char *path,
                         struct buf *ret_path, struct fault *ret_fault);

#endif
