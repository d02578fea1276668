/* parts: what painters and actions ask of the screen. */
#ifndef BLOTTER_VIEW_PARTS_H
#define BLOTTER_VIEW_PARTS_H

#include "frame.h"

/* The pane's state as it is shown: held while paused. */
struct pane_state screen_pane(const struct screen *screen, const struct screen_input *input,
                              enum resource resource);
/* What of an account was held when the pause began; what is stale now says so. */
struct pane_state held_pane(const struct screen *screen, size_t account,
                            const struct screen_input *live, enum resource resource);
unsigned screen_wanted(const struct screen_input *input);
bool screen_has_table(enum pane pane);
/* How much has arrived so far: a pause counts from there. */
uint64_t screen_arrived(const struct screen_input *input);
/* Whether there are more orders than these: the server ended the list, or what it was asked for. */
bool screen_is_cut(const struct screen_input *input, const struct snapshot *orders);
struct table_view screen_table_view(const struct screen *screen, const struct screen_input *input,
                                    enum pane pane);
enum role margin_role(double percent, bool stale);
enum role badge_role(const char *badge);

#endif
