/* alert: tells somebody who is not looking: bell, desktop notification, a command of the user's. */
#ifndef BLOTTER_TUI_ALERT_H
#define BLOTTER_TUI_ALERT_H

#include <blotter/tui/term.h>
#include <blotter/tui/tui.h>
#include <blotter/view/alarm.h>

struct alert {
    const struct alarm *alarm;
    const struct alarm_words *words;
    const char *account; /* its name among several; NULL: there is only one */
};

/* Queues what goes to the terminal; starts the command in the background. */
void alert_raise(const struct tui_settings *settings, struct term *term, const struct alert *alert);

/* Queues an OSC 52 that puts text on the clipboard; false when it is too long for one. */
bool alert_copy(struct term *term, const char *text);

#endif
