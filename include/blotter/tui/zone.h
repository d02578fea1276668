/* zone: local time for the view's format, which knows no clock and no locale. */
#ifndef BLOTTER_TUI_ZONE_H
#define BLOTTER_TUI_ZONE_H

#include <blotter/view/format.h>

/* Sets the zone ("local", "utc", "Area/City"; NULL: local) and the locale's grouping. */
void zone_apply(struct format *format, const char *zone);

#endif
