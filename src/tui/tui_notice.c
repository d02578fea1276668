/* A sentence for the user on the state bar, for a moment. */
#include "tui_private.h"

#include <stdarg.h>
#include <stdio.h>

enum { NOTICE_US = 4000000 };

void tui_notice(struct tui *tui, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(tui->notice, sizeof tui->notice, format, args);
    va_end(args);
    tui->dirty |= SCREEN_CONN;
    loop_timer_set(tui->notice_timer, loop_now(tui->loop).mono_us + NOTICE_US);
    if (tui->settings.log != NULL) {
        tui->settings.log(tui->settings.user_data, tui->notice);
    }
}

void tui_notice_over(void *user)
{
    struct tui *tui = user;
    tui->notice[0] = '\0';
    tui->dirty |= SCREEN_CONN;
}
