/* account_pane: what is inside the pane of the only account. */
#ifndef BLOTTER_VIEW_ACCOUNT_PANE_H
#define BLOTTER_VIEW_ACCOUNT_PANE_H

#include "frame.h"

/* Lines that it wants; of several accounts: their table. */
int account_lines(const struct screen *screen);
void paint_account(const struct frame *frame, struct rect inside);

#endif
