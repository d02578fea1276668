/* popup: what opens over the panes: the frame, help, a row's fields, the choosers. */
#ifndef BLOTTER_VIEW_POPUP_H
#define BLOTTER_VIEW_POPUP_H

#include "frame.h"

/* --- popup.c */
/* Keeps the first line within what there is, and remembers the page for the keys. */
void popup_keep_page(struct screen *screen, int lines, int page);
void popup_put_more(const struct frame *frame, struct rect inside); /* "1-20/59" */
/* A framed, cleared area in the middle; returns its inside. */
struct rect popup_frame(const struct frame *frame, struct rect area, const char *title);

/* --- help.c */
void paint_help(const struct frame *frame);
void help_search(struct screen *screen, enum action action); /* an action of the prompt */
void help_char(struct screen *screen, uint32_t code);

/* --- detail.c */
void paint_detail(const struct frame *frame);
/* The row whose detail is open; NULL when none is, or when it has gone. */
const struct row *detail_row(const struct screen *screen, const struct screen_input *input);

/* --- chooser.c */
void paint_chooser(const struct frame *frame);
void chooser_open(struct screen *screen);
void chooser_act(struct screen *screen, enum action action);
void sort_menu_open(struct screen *screen);
void sort_menu_take(struct screen *screen); /* sorts by what the cursor is on */

#endif
