/*
 * paint: brings a canvas to the terminal with as few bytes as it takes: what the terminal shows is
 * remembered cell by cell, only the difference is written.
 */
#ifndef BLOTTER_TUI_PAINT_H
#define BLOTTER_TUI_PAINT_H

#include <blotter/tui/term.h>
#include <blotter/tui/theme.h>
#include <blotter/view/canvas.h>

struct paint;

struct paint *paint_new(void);
void paint_free(struct paint *paint); /* NULL is fine */

/* The looks to use from the next frame on. Copied. */
void paint_set_theme(struct paint *paint, const struct theme *theme, enum color_depth depth);

/* What the terminal shows is not known any more: the next frame writes everything. */
void paint_forget(struct paint *paint);

/* Queues the difference between the canvas and what is shown; nothing when there is none. Only rows
 * touched since the frame before are looked at, and they come to rest. */
void paint_frame(struct paint *paint, struct term *term, struct canvas *canvas);

#endif
