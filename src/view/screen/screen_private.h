/* screen_private: what actions have done with the screen as a whole. */
#ifndef BLOTTER_VIEW_SCREEN_PRIVATE_H
#define BLOTTER_VIEW_SCREEN_PRIVATE_H

#include "frame.h"

void screen_place(struct screen *screen, const struct screen_input *input);
void screen_take(struct screen *screen, const struct screen_input *input, resource_mask which);

/* What is there stays on the screen, of every account. */
void screen_hold(struct screen *screen, const struct screen_input *input);
/* What was held while paused goes. */
void screen_go_on(struct screen *screen);

/* Whether a pane's rows are other rows although nobody said so: never read through an old pointer.
 */
bool screen_has_moved(const struct screen *screen, const struct screen_input *input,
                      enum pane pane);

#endif
