/* What all that stands over the panes has: a frame, and a page of its lines. */
#include "bar.h"
#include "frame.h"
#include "popup.h"

#include <stdio.h>
#include <string.h>

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* A framed, cleared area in the middle; returns its inside. */
struct rect popup_frame(const struct frame *frame, struct rect area, const char *title)
{
    struct rect whole = {0, 0, frame->screen->columns, frame->screen->rows};
    char out[256];
    area.width = smaller(area.width, whole.width);
    area.height = smaller(area.height, frame->screen->layout.body.height);
    area.x = (whole.width - area.width) / 2;
    area.y = frame->screen->layout.body.y + (frame->screen->layout.body.height - area.height) / 2;
    canvas_fill(frame->canvas, area, plain(ROLE_TEXT));
    canvas_box(frame->canvas, area, BOX_ROUND, plain(ROLE_BORDER_FOCUS));
    text_fit(title, (struct text_fit){area.width - 4, TEXT_CUT_END}, out, sizeof out);
    canvas_put(frame->canvas, (struct rect){area.x + 2, area.y, area.width - 4, 1}, out,
               bold(ROLE_TITLE));
    return rect_inset(area, 1);
}

/* Keeps the first line within what there is, and remembers the page for the keys. */
void popup_keep_page(struct screen *screen, int lines, int page)
{
    size_t last = lines > page ? (size_t)(lines - page) : 0;
    screen->popup_lines = lines > 0 ? (size_t)lines : 0;
    screen->popup_page = page > 0 ? (size_t)page : 1;
    screen->popup_top = screen->popup_top < last ? screen->popup_top : last;
}

void popup_put_more(const struct frame *frame, struct rect inside)
{
    const struct screen *screen = frame->screen;
    char text[64];
    if (screen->popup_lines <= screen->popup_page || inside.width < 16) {
        return;
    }
    size_t last = screen->popup_top + screen->popup_page;
    snprintf(text, sizeof text, " %zu-%zu/%zu ", screen->popup_top + 1,
             last < screen->popup_lines ? last : screen->popup_lines, screen->popup_lines);
    canvas_put_right(frame->canvas,
                     (struct rect){inside.x, inside.y + inside.height, inside.width - 1, 1}, text,
                     plain(ROLE_DIM));
}
