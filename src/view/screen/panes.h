/* panes: a pane with its frame, whatever is inside. */
#ifndef BLOTTER_VIEW_PANES_H
#define BLOTTER_VIEW_PANES_H

#include "frame.h"

void paint_pane(const struct frame *frame, enum pane pane);

#endif
