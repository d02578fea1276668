/*
 * text: a growing buffer that JSON is written into. What goes in as a string comes out as valid
 * UTF-8 JSON, whatever the database holds.
 */
#ifndef BLOTTER_MOCK_TEXT_H
#define BLOTTER_MOCK_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
    char *bytes; /* not NUL-terminated */
    size_t len, room;
};

void text_done(struct text *text); /* frees the bytes, leaves it empty */
void text_reserve(struct text *text, size_t more);
char *text_take(struct text *text, size_t *ret_len); /* the caller frees; leaves it empty */

/* Here, because a body is put together from thousands of parts of some bytes each. */
static inline void text_put(struct text *text, const char *bytes, size_t len)
{
    if (len > 0) {
        if (text->room - text->len < len) {
            text_reserve(text, len);
        }
        memcpy(text->bytes + text->len, bytes, len);
        text->len += len;
    }
}
void text_puts(struct text *text, const char *nul_terminated);
#define TEXT_LITERAL(text, literal) text_put((text), (literal), sizeof(literal) - 1)

/* A JSON string with its quotes; NULL gives null. */
void text_string(struct text *text, const char *bytes, size_t len);

void text_int(struct text *text, int64_t value);

/* The shortest decimal that reads back as the same double; NAN and infinities give null. */
void text_number(struct text *text, double value);

/*
 * JSON that SQLite or another program wrote, as it goes into an event. Line ends become spaces, for
 * they would end the SSE line. Whole numbers lose the ".0" that SQLite gives its REALs, so that a
 * figure reads here as text_number writes it.
 */
void text_json_line(struct text *text, const char *json, size_t len);

#endif
