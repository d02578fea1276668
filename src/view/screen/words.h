/* words: what the state bar, empty panes and hints say. */
#ifndef BLOTTER_VIEW_WORDS_H
#define BLOTTER_VIEW_WORDS_H

#include "bar.h"

struct conn_word {
    char text[BAR_TEXT_MAX];     /* "● LIVE" */
    char more[BAR_TEXT_MAX];     /* "since 14:30:51" */
    char why[BAR_TEXT_MAX];      /* "no stream: not found"; the first to go where room is short */
    char shortest[BAR_TEXT_MAX]; /* what has to fit: "○ RETRY 3" */
    enum role role;
};
void conn_word_make(const struct screen_input *input, struct conn_word *ret);
/* Why a pane has no lines; "" when it has. */
void empty_reason(const struct frame *frame, enum pane pane, char *out, size_t capacity);
/* The first key of an action, as the user has mapped it; "" when it has none. */
void key_of(const struct screen_input *input, enum action action, char *out, size_t capacity);

#endif
