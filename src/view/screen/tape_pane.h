/* tape_pane: what happened, an entry each. */
#ifndef BLOTTER_VIEW_TAPE_PANE_H
#define BLOTTER_VIEW_TAPE_PANE_H

#include "frame.h"

void paint_tape(const struct frame *frame, struct rect area);
/* The newest entries, one a line, in any place. */
void paint_tape_lines(const struct frame *frame, struct rect area);
void tape_say(const struct frame *frame, const struct tape_entry *entry, struct tape_words *ret);
enum role tape_role(const struct tape_entry *entry);
size_t tape_pane_count(const struct screen *screen, const struct screen_input *input);
uint64_t tape_pane_total(const struct screen_input *input);
/* Of all accounts, whichever is shown. */
struct tape_counts tape_pane_counts(const struct screen_input *input);
/* The i-th entry with its number among those of all accounts, and whose it is; false past the end.
 */
bool tape_pane_find(const struct screen *screen, const struct screen_input *input, size_t i,
                    struct tapes_entry *ret);
const struct tape_entry *tape_pane_at(const struct screen *screen, const struct screen_input *input,
                                      size_t i);
size_t tape_pane_cursor(const struct screen *screen, const struct screen_input *input);
void tape_pane_select(struct screen *screen, const struct screen_input *input, size_t i);
size_t tape_pane_entry_on(const struct frame *frame, int width, int line);
/* How many entries are new since the user looked. */
size_t tape_pane_new(const struct screen *screen, const struct screen_input *input);

#endif
