/* zone: local time for the view's format, which knows no clock and no locale. */
#ifndef BLOTTER_TUI_ZONE_H
#define BLOTTER_TUI_ZONE_H

#include <blotter/view/format.h>

#define ZONE_NAME_MAX 64

/*
 * Whether zone_apply would know the zone: "local", "utc", or a name in the system's zone database,
 * letter for letter; the C library takes anything else for UTC without a word. When it is not
 * known, ret_near holds the name that was probably meant, or "".
 */
bool zone_is_known(const char *zone, char ret_near[ZONE_NAME_MAX]);

/* Sets the zone ("local", "utc", "Area/City"; NULL: local) and the locale's grouping. */
void zone_apply(struct format *format, const char *zone);

#endif
