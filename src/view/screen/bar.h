/* bar: a line of segments; those of the highest rank go first when there is no room. */
#ifndef BLOTTER_VIEW_BAR_H
#define BLOTTER_VIEW_BAR_H

#include "frame.h"

#define BAR_ITEMS_MAX 40
#define BAR_TEXT_MAX 160
struct bar_item {
    char text[BAR_TEXT_MAX];
    struct style style;
    int rank; /* 0: stays */
    bool right, figure, elastic;
    enum action action; /* a click on it does this; ACTION_COUNT: nothing */
    int x;              /* where it went */
};
struct bar {
    struct bar_item items[BAR_ITEMS_MAX]; /* left as they are until added */
    size_t count;                         /* 0 to begin with */
};
#define BAR_RIGHT 1u
#define BAR_FIGURE 2u  /* whole or hashes */
#define BAR_ELASTIC 4u /* cut to the room that the others leave, but for a few columns */
struct bar_place {
    int rank;
    unsigned flags;
};

/* Where a segment goes, and how it looks. */
static inline struct bar_place left_at(int rank)
{
    return (struct bar_place){rank, 0};
}

static inline struct bar_place right_at(int rank)
{
    return (struct bar_place){rank, BAR_RIGHT};
}

static inline struct style plain(enum role role)
{
    return (struct style){role, 0};
}

static inline struct style bold(enum role role)
{
    return (struct style){role, CELL_BOLD};
}

/* Adds a formatted segment; unused room on the line is between the left and the right ones. */
void bar_add(struct bar *bar, struct bar_place place, struct style style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void bar_paint(struct bar *bar, struct canvas *canvas, struct rect area);
/* The same, unless the line shows this already; then false, and no item's x is set. */
bool bar_repaint(struct bar *bar, const struct frame *frame, enum bar_line line, struct rect area);

#endif
