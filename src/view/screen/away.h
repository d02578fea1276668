/* away: what happened while the user was away. */
#ifndef BLOTTER_VIEW_AWAY_H
#define BLOTTER_VIEW_AWAY_H

#include "frame.h"

void tape_pane_seen(struct screen *screen, const struct screen_input *input);
/* What an earlier run of the user's has seen is not new. */
void away_begin(struct screen *screen, const struct screen_input *input);
/* The user pressed a key or a button: hides the digest, or shows one after an absence. */
void away_touch(struct screen *screen, const struct screen_input *input);
void paint_digest(const struct frame *frame);

#endif
