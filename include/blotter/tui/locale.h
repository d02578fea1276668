/* locale: the one the user asked for, or the nearest that there is. */
#ifndef BLOTTER_TUI_LOCALE_H
#define BLOTTER_TUI_LOCALE_H

/*
 * Sets LC_CTYPE by the environment. A locale in UTF-8 that was never generated on this machine is
 * refused by the C library, which then shows ASCII: C.UTF-8 is taken in its place.
 */
void locale_start(void);

#endif
