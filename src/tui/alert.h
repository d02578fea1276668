/* alert: tells somebody who is not looking: bell, desktop notification, a command of the user's. */
#ifndef BLOTTER_TUI_ALERT_H
#define BLOTTER_TUI_ALERT_H

#include <blotter/tui/term.h>
#include <blotter/tui/tui.h>
#include <blotter/view/alarm.h>

/* Queues what goes to the terminal; starts the command in the background. */
void alert_raise(const struct tui_settings *settings, struct term *term, const struct alarm *alarm,
                 const struct alarm_words *words);

/* Queues an OSC 52 that puts text on the clipboard; false when it is too long for one. */
bool alert_copy(struct term *term, const char *text);

#endif
