/* state: what is remembered between runs, as an INI file in the state directory. */
#ifndef BLOTTER_TUI_STATE_H
#define BLOTTER_TUI_STATE_H

#include <blotter/view/screen.h>

/* Lines that are not understood are left out. A missing file is an empty one. */
void state_load(const char *path, struct screen *screen);

/* Written to a temporary name and renamed, 0600. False when that failed (errno says why). */
bool state_save(const char *path, struct screen *screen);

#endif
