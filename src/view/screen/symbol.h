/* symbol: the page of a symbol. */
#ifndef BLOTTER_VIEW_SYMBOL_H
#define BLOTTER_VIEW_SYMBOL_H

#include "frame.h"

void paint_symbol(const struct frame *frame);
/* Takes over what the selected row is about. */
void symbol_note(struct screen *screen, const struct screen_input *input);
bool symbol_covers(const struct screen *screen, enum pane pane);

#endif
