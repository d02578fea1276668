#include "remember.h"
#include "tui_private.h"

#include <blotter/core/alloc.h>
#include <blotter/tui/locale.h>

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* NOLINTBEGIN(misc-redundant-expression): that they are equal is the point. */
static_assert(CLIENT_CONN == SCREEN_CONN && CLIENT_EVENT_LOG == SCREEN_EVENT_LOG &&
                  CLIENT_TAPE == SCREEN_TAPE && CLIENT_HISTORY == SCREEN_HISTORY,
              "the client's bits go to the screen as they are");
/* NOLINTEND(misc-redundant-expression) */

static void on_frame_timer(void *user)
{
    (void)user; /* the turn it makes is what was wanted: painting comes before the next wait */
}

/* --- signals ------------------------------------------------------------------------------ */

static void on_end(void *user, int signo)
{
    struct tui *tui = user;
    loop_quit(tui->loop, 128 + signo);
}

static void on_resize(void *user, int signo)
{
    (void)signo;
    tui_resize(user);
}

static void on_stop(void *user, int signo)
{
    (void)signo;
    tui_suspend(user);
}

static void on_continue(void *user, int signo)
{
    (void)signo;
    tui_resume(user);
}

/* Of several accounts some may come and go, where it is not the terminal that went. */
static void on_hangup(void *user, int signo)
{
    struct tui *tui = user;
    if (tui_is_several(tui) && term_is_there(tui->term)) {
        tui_reload(tui);
    } else {
        on_end(user, signo);
    }
}

static void on_reload(void *user, int signo)
{
    (void)signo;
    tui_reload(user);
}

static const struct {
    int signo;
    loop_signal_fn fn;
} signal_rows[] = {
    {SIGINT, on_end},      {SIGTERM, on_end},  {SIGHUP, on_hangup},    {SIGQUIT, on_end},
    {SIGWINCH, on_resize}, {SIGTSTP, on_stop}, {SIGCONT, on_continue}, {SIGUSR1, on_reload},
};

/* --- life --------------------------------------------------------------------------------- */

static struct tui *tui_new(struct loop *loop, struct term *term)
{
    int columns;
    int rows;
    struct tui *tui = mem_calloc(1, sizeof *tui);
    tui->loop = loop;
    tui->term = term;
    term_size(term, &columns, &rows);
    tui->paint = paint_new();
    tui->screen = screen_new(columns, rows);
    tui->canvas = canvas_new(columns, rows);
    tui->last_click_us = INT64_MIN / 2;
    input_init(&tui->input, tui_on_input, tui);
    tui->frame_timer = loop_timer_new(loop, on_frame_timer, tui);
    tui->escape_timer = loop_timer_new(loop, tui_escape_over, tui);
    tui->notice_timer = loop_timer_new(loop, tui_notice_over, tui);
    return tui;
}

static void tui_free(struct tui *tui)
{
    loop_fd_clear(tui->loop, term_fd(tui->term));
    loop_timer_free(tui->frame_timer);
    loop_timer_free(tui->escape_timer);
    loop_timer_free(tui->notice_timer);
    term_close(tui->term);
    paint_free(tui->paint);
    screen_free(tui->screen);
    screen_joint_free(tui->joint);
    free(tui->inputs);
    canvas_free(tui->canvas);
    keymap_free(tui->keymap);
    free(tui->on_event);
    free(tui->currency);
    free(tui);
}

static void hide_amounts(struct tui *tui)
{
    struct screen_input input;
    tui_fill_input(tui, &input);
    screen_action(tui->screen, &input, ACTION_HIDE_AMOUNTS);
}

static int run(struct tui *tui)
{
    for (size_t i = 0; i < sizeof signal_rows / sizeof signal_rows[0]; i++) {
        loop_signal(tui->loop, signal_rows[i].signo, signal_rows[i].fn, tui);
    }
    tui_resize(tui); /* nobody told us of a change until now */
    term_start(tui->term);
    tui->read = tui_read;
    loop_fd_set(tui->loop, term_fd(tui->term), LOOP_READ, tui->read, tui);
    loop_before_wait(tui->loop, tui_frame, tui);
    if (tui->settings.hide_amounts) {
        hide_amounts(tui);
    }
    tui->dirty = SCREEN_ALL;
    tui_start_accounts(tui);
    if (tui->settings.word != NULL) {
        tui_notice(tui, "%s", tui->settings.word);
    }
    int status = loop_run(tui->loop);
    tui_stop_accounts(tui);
    tui_save(tui);
    return status;
}

int tui_run(struct loop *loop, const struct tui_settings *settings)
{
    char error[TERM_ERROR_MAX];
    struct term_settings term_settings = {.mouse = settings->mouse};
    locale_start();
    struct term *term = term_open(&term_settings, error);
    if (term == NULL) {
        fprintf(stderr, "blotter: %s\n", error);
        return 2;
    }
    struct tui *tui = tui_new(loop, term);
    tui->settings.state_path = settings->state_path; /* for the accounts */
    tui_take_accounts(tui, settings);
    if (settings->state_path != NULL) {
        const struct remember_file place = {.path = settings->state_path,
                                            .server = settings->state_server};
        char badge[REMEMBER_BADGE_MAX];
        remember_load(&place, tui->screen, badge);
        if (!tui_is_several(tui)) {
            memcpy(tui->desks[0].badge_before, badge, sizeof badge);
        }
    }
    int status = 2;
    if (tui_apply(tui, settings, error)) {
        status = run(tui);
    } else {
        fprintf(stderr, "blotter: %s\n", error);
    }
    tui_free(tui);
    return status;
}
