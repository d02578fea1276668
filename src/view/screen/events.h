/* events: the events that came and what came of each. */
#ifndef BLOTTER_VIEW_EVENTS_H
#define BLOTTER_VIEW_EVENTS_H

#include "frame.h"

void paint_events(const struct frame *frame, struct rect area);
struct events_entry {
    const struct event_log_entry *entry;
    const struct owner *owner; /* NULL: there is only one, or one is shown */
    uint64_t key;              /* by which it is selected; never 0 */
};
size_t events_count(const struct screen *screen, const struct screen_input *input);
bool events_find(const struct screen *screen, const struct screen_input *input, size_t i,
                 struct events_entry *ret);
bool events_find_key(const struct screen *screen, const struct screen_input *input, uint64_t key,
                     struct events_entry *ret);
size_t events_cursor(const struct screen *screen, const struct screen_input *input);
/* Cut at the end like any text, but not within a figure. */
void fit_words(const char *text, int columns, char *out, size_t capacity);
void events_select(struct screen *screen, const struct screen_input *input, size_t i);

#endif
