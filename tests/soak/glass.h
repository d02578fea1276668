/*
 * glass: what a dashboard shows, read from the bytes it wrote: the lines of its panes without what
 * two dashboards over the same data may differ in (frames, sort order, selection, sparklines, the
 * time a pane is of).
 */
#ifndef BLOTTER_TESTS_GLASS_H
#define BLOTTER_TESTS_GLASS_H

#include <stdbool.h>
#include <stddef.h>

struct glass;

struct glass *glass_new(int rows, int columns);
void glass_free(struct glass *glass);

/* What the program wrote to its terminal. */
void glass_write(struct glass *glass, const char *bytes, size_t len);

/* Whether a text stands somewhere on the screen. */
bool glass_has(const struct glass *glass, const char *text);

/* The lines, sorted, one per line of text, without marks of doubt: these may last a minute, and the
 * simulation judges them. NULL when the panes do not stand there in full. Free it. */
char *glass_lines(const struct glass *glass);

/* Says on stdout what stands there. */
void glass_say(const struct glass *glass);

/* Whether every line of theirs is one of ours. Who has watched knows more than who has just come:
 * the curve of the day, working orders that the cut list no longer holds. */
bool glass_holds(const char *ours, const char *theirs);

/* Says on stdout which lines one has and the other has not, the first few of them. */
void glass_say_difference(const char *ours, const char *theirs);

#endif
