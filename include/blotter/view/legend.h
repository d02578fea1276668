/*
 * legend: every mark that the screen uses and what it means, one row each: of the help overlay and
 * of the manual.
 */
#ifndef BLOTTER_VIEW_LEGEND_H
#define BLOTTER_VIEW_LEGEND_H

#include <stddef.h>

struct legend_row {
    const char *mark; /* or several, with a blank between */
    const char *meaning;
};

/* NULL past the end. Static storage. */
const struct legend_row *legend_row(size_t i);

#endif
