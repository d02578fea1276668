/* lines: top line, account line, tabs, state bar, three lines. */
#ifndef BLOTTER_VIEW_LINES_H
#define BLOTTER_VIEW_LINES_H

#include "frame.h"

void paint_top(const struct frame *frame);
void paint_account_line(const struct frame *frame);
void paint_tabs(const struct frame *frame);
void paint_state(const struct frame *frame);
void paint_mini(const struct frame *frame);

#endif
