/* What the user does: keys, mouse, focus; and what follows from it. */
#include "alert.h"
#include "remember.h"
#include "tui_private.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    READ_BYTES = 4096,
    READS_MAX = 16,        /* a turn: a paste of any size must not starve the stream */
    ESCAPE_MS = 25,        /* a sequence that is cut in two arrives within this … */
    ESCAPE_FAR_MS = 100,   /* or this, over a network */
    ESCAPE_MS_MAX = 10000, /* what ESCDELAY may ask for */
    STRING_US = 1000000,   /* an answer that stops for this long will not end */
    DOUBLE_CLICK_US = 400000
};

/* --- suspend and resume ------------------------------------------------------------------- */

void tui_suspend(struct tui *tui)
{
    struct sigaction usual = {.sa_handler = SIG_DFL};
    struct sigaction ours;
    tui->suspended = true;
    term_stop(tui->term);
    /* The usual way of stopping, which does nothing where nobody could wake us again: all of the
     * job, or the shell would wait for the script that started us. */
    sigemptyset(&usual.sa_mask);
    sigaction(SIGTSTP, &usual, &ours);
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
    tui_resume(tui);
}

/* After fg; after bg the terminal is not ours, and there is nothing to paint on. */
void tui_resume(struct tui *tui)
{
    loop_refresh(tui->loop);
    if (!term_is_ours(tui->term)) {
        term_stop(tui->term);
        tui->suspended = true;
        loop_fd_set(tui->loop, term_fd(tui->term), LOOP_ERROR, tui_read, tui);
        return;
    }
    tui->suspended = false;
    term_start(tui->term);
    tui_resize(tui);
    loop_fd_set(tui->loop, term_fd(tui->term), LOOP_READ, tui_read, tui);
    tui_trigger(tui, ENGINE_RESUME, RESOURCE_ALL);
}

/* --- what an action asks for -------------------------------------------------------------- */

void tui_save(struct tui *tui)
{
    struct remember_file place = {.path = tui->settings.state_path,
                                  .server = tui->settings.state_server};
    struct remember_account accounts[OWNERS_MAX];
    struct screen_input input;
    const char *badge = "";
    if (!tui_is_several(tui)) {
        badge = tui_badge(&tui->desks[0]);
    } else {
        tui_fill_input(tui, &input);
        place.input = &input;
        place.accounts = accounts;
        place.account_count = tui->desk_count;
    }
    for (size_t i = 0; i < place.account_count; i++) {
        accounts[i] = (struct remember_account){tui->desks[i].section, tui_badge(&tui->desks[i])};
    }
    if (place.path != NULL && !remember_save(&place, tui->screen, badge) &&
        tui->settings.log != NULL) {
        tui->settings.log(tui->settings.user_data, "the state file could not be written");
    }
}

static void copy(struct tui *tui, const char *text)
{
    if (alert_copy(tui->term, text)) {
        tui_notice(tui, "copied %zu bytes", strlen(text));
        tui_write(tui);
    } else {
        tui_notice(tui, "this terminal has no clipboard for us");
    }
}

static void act_on(struct tui *tui, const struct screen_result *result)
{
    unsigned todo = result->todo;
    tui->dirty |= (todo & SCREEN_DO_RENDER) != 0 ? SCREEN_VIEW : 0;
    if ((todo & SCREEN_DO_COPY) != 0 && result->copy != NULL) {
        copy(tui, result->copy);
    }
    if ((todo & SCREEN_DO_REVALIDATE) != 0) {
        tui_revalidate(tui, result->resources);
    }
    if ((todo & SCREEN_DO_THEME) != 0) {
        tui_next_theme(tui);
        tui_save(tui);
    }
    if ((todo & SCREEN_DO_SAVE) != 0) {
        tui_save(tui);
    }
    if ((todo & SCREEN_DO_REPAINT) != 0) {
        tui_resize(tui);
    }
    if ((todo & SCREEN_DO_QUIT) != 0) {
        loop_quit(tui->loop, 0);
    } else if ((todo & SCREEN_DO_SUSPEND) != 0) {
        tui_suspend(tui);
    }
}

/* --- events ------------------------------------------------------------------------------- */

static void on_key(struct tui *tui, const struct input_event *event)
{
    enum action action;
    struct screen_input input;
    struct screen_result result = {0};
    enum action_scope scope = screen_scope(tui->screen);
    tui_fill_input(tui, &input);
    if (keymap_find(tui->keymap, scope, event->name, &action)) {
        result = screen_action(tui->screen, &input, action);
    } else if (event->code != 0) {
        result = screen_char(tui->screen, &input, event->code);
    }
    act_on(tui, &result);
}

/* Pasted text is text where text is asked for; nowhere is it a command. */
static void on_paste(struct tui *tui, const struct input_event *event)
{
    struct screen_input input;
    if (screen_scope(tui->screen) != SCOPE_PROMPT) {
        return;
    }
    tui_fill_input(tui, &input);
    struct screen_result result = screen_char(tui->screen, &input, event->code);
    act_on(tui, &result);
}

static enum screen_button click_kind(struct tui *tui, const struct input_event *event)
{
    int64_t now_us = loop_now(tui->loop).mono_us;
    bool twice = event->x == tui->last_click_x && event->y == tui->last_click_y &&
                 now_us - tui->last_click_us < DOUBLE_CLICK_US;
    tui->last_click_us = twice ? now_us - DOUBLE_CLICK_US : now_us;
    tui->last_click_x = event->x;
    tui->last_click_y = event->y;
    return twice ? SCREEN_DOUBLE_CLICK : SCREEN_CLICK;
}

static void on_mouse(struct tui *tui, const struct input_event *event)
{
    struct screen_input input;
    enum screen_button button;
    if (!tui->settings.mouse || event->button == INPUT_MIDDLE || event->button == INPUT_RIGHT) {
        return;
    }
    if (event->button == INPUT_LEFT) {
        button = click_kind(tui, event);
    } else {
        button = event->button == INPUT_WHEEL_UP ? SCREEN_WHEEL_UP : SCREEN_WHEEL_DOWN;
    }
    tui_fill_input(tui, &input);
    struct screen_result result = screen_mouse(tui->screen, &input, button, event->x, event->y);
    act_on(tui, &result);
}

static void on_enter(struct tui *tui)
{
    struct screen_input input;
    tui_fill_input(tui, &input);
    screen_entered(tui->screen, &input);
    tui->dirty |= SCREEN_TAPE;
}

void tui_on_input(void *user, const struct input_event *event)
{
    struct tui *tui = user;
    if (event->kind == INPUT_FRAMES) {
        term_set_frames(tui->term, event->code != 0);
        return;
    }
    tui->frame_for = PACE_KEY;
    if (event->kind != INPUT_FOCUS_OUT) {
        tui_look(tui);
    }
    switch (event->kind) {
    case INPUT_KEY:
        on_key(tui, event);
        break;
    case INPUT_PASTE:
        on_paste(tui, event);
        break;
    case INPUT_MOUSE:
        on_mouse(tui, event);
        break;
    case INPUT_FOCUS_IN:
        on_enter(tui);
        tui_trigger(tui, ENGINE_FOCUS, RESOURCE_ALL);
        break;
    case INPUT_FOCUS_OUT:
    case INPUT_FRAMES:
        break;
    }
}

/* How long an ESC may be alone before it is the Esc key: ESCDELAY, as for every curses program. */
static int64_t escape_us(void)
{
    const char *wanted = getenv("ESCDELAY");
    char *end = NULL;
    long ms = wanted != NULL ? strtol(wanted, &end, 10) : -1;
    if (ms < 0 || end == wanted || *end != '\0') {
        ms = getenv("SSH_CONNECTION") != NULL ? ESCAPE_FAR_MS : ESCAPE_MS;
    }
    return (int64_t)(ms > ESCAPE_MS_MAX ? ESCAPE_MS_MAX : ms) * 1000;
}

static void wait_for_rest(struct tui *tui)
{
    enum input_wait wait = input_pending(&tui->input);
    int64_t now_us = loop_now(tui->loop).mono_us;
    loop_timer_set(tui->escape_timer, wait == INPUT_ESCAPE   ? now_us + escape_us()
                                      : wait == INPUT_STRING ? now_us + STRING_US
                                                             : MOMENT_NEVER);
}

void tui_read(void *user, int fd, unsigned events)
{
    struct tui *tui = user;
    char bytes[READ_BYTES];
    (void)fd;
    if ((events & LOOP_WRITE) != 0) {
        tui_write(tui);
    }
    if ((events & (LOOP_READ | LOOP_ERROR)) == 0) {
        return;
    }
    long got = 0;
    for (int reads = 0; reads < READS_MAX && !tui->suspended; reads++) {
        got = term_read(tui->term, bytes, sizeof bytes);
        if (got <= 0) {
            break;
        }
        input_feed(&tui->input, bytes, (size_t)got);
    }
    if (got < 0 || (got == 0 && (events & LOOP_ERROR) != 0)) {
        loop_quit(tui->loop, 128 + SIGHUP);
    }
    wait_for_rest(tui);
}

void tui_escape_over(void *user)
{
    struct tui *tui = user;
    input_flush(&tui->input);
}
