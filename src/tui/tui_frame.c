/*
 * What is painted, and when: once per turn, just before the wait, from dirty bits, as soon as pace
 * allows; never while the terminal still has a frame to take. Nothing changed: nothing written, no
 * wake-up.
 */
#include "alert.h"
#include "tui_private.h"

#include <signal.h>
#include <stdio.h>

enum {
    SECOND_US = 1000000,
    ALERTS_PER_SECOND = 8 /* more than that is noise, and a process each */
};

/* --- notices and alerts ------------------------------------------------------------------- */

static void raise_alerts(struct tui *tui)
{
    struct alarm alarm;
    int64_t second = loop_now(tui->loop).mono_us / SECOND_US;
    if (second != tui->alert_second) {
        tui->alert_second = second;
        tui->alerts_in_second = 0;
    }
    for (size_t i = 0; i < tui->desk_count; i++) {
        const struct tui_desk *desk = &tui->desks[i];
        while (client_next_alarm(desk->client, &alarm)) {
            struct alarm_words words;
            alarm_say(&alarm, &tui->format, screen_hides_amounts(tui->screen), &words);
            if (tui->alerts_in_second++ < ALERTS_PER_SECOND) {
                const struct alert alert = {&alarm, &words, desk->name};
                alert_raise(&tui->settings, tui->term, &alert);
            }
        }
    }
}

/* --- writing ------------------------------------------------------------------------------ */

static void tell_painted(struct tui *tui)
{
    if (tui->frame_queued) {
        tui->frame_queued = false;
        tui_tell_painted(tui);
    }
}

void tui_write(struct tui *tui)
{
    if (!term_flush(tui->term)) {
        loop_quit(tui->loop, 128 + SIGHUP);
        return;
    }
    bool blocked = term_queued(tui->term) > 0;
    loop_fd_set(tui->loop, term_fd(tui->term), LOOP_READ | (blocked ? LOOP_WRITE : 0), tui->read,
                tui);
    if (!blocked) {
        tell_painted(tui);
    }
}

void tui_repaint(struct tui *tui)
{
    paint_forget(tui->paint);
    tui->dirty |= SCREEN_VIEW;
}

void tui_resize(struct tui *tui)
{
    int columns;
    int rows;
    if (!tui->suspended) {
        term_size(tui->term, &columns, &rows);
        screen_resize(tui->screen, columns, rows);
        tui_repaint(tui);
    }
}

/* The account may tell the currency only now. */
static void choose_grouping(struct tui *tui)
{
    const char *currency = NULL;
    for (size_t i = 0; i < tui->desk_count && currency == NULL; i++) {
        struct pane_state state;
        engine_pane(client_engine(tui->desks[i].client), RESOURCE_ACCOUNT, &state);
        bool known = state.shown != NULL && state.shown->row_count > 0;
        currency = known ? state.shown->account->currency : NULL;
    }
    enum format_grouping grouping = format_grouping_of(tui->settings.grouping, currency);
    if (grouping != tui->format.grouping) {
        tui->format.grouping = grouping;
        tui->dirty |= SCREEN_ALL;
    }
}

static void paint_now(struct tui *tui, int64_t now_us)
{
    struct screen_input input;
    choose_grouping(tui);
    tui_fill_input(tui, &input);
    unsigned changed = tui->dirty;
    tui->dirty = 0;
    if (screen_render(tui->screen, &input, changed, tui->canvas)) {
        paint_frame(tui->paint, tui->term, tui->canvas);
    }
    raise_alerts(tui);
    tui_tell_visible(tui);
    if (term_queued(tui->term) > 0) {
        pace_painted(&tui->pace, now_us);
    }
    tui->frame_for = PACE_CONFIRMATION;
    for (size_t i = 0; i < tui->desk_count; i++) {
        tui->desks[i].unpainted |= tui->desks[i].changed;
        tui->desks[i].changed = 0;
    }
    tui->frame_queued = true;
    tui_write(tui);
}

/* Somebody waits for an event, and for a pane to appear at last. */
static enum pace_for frame_for(struct tui *tui)
{
    if (tui_has_news(tui)) {
        tui->frame_for = tui->frame_for == PACE_KEY ? PACE_KEY : PACE_EVENT;
    }
    return tui->frame_for;
}

/* When the next frame is due, and the time before which pace forbids it, in one. */
static int64_t next_frame_us(struct tui *tui, int64_t now_us)
{
    int64_t due_us = tui->dirty != 0 ? now_us : screen_deadline(tui->screen);
    int64_t next_us = pace_next_us(&tui->pace, frame_for(tui));
    return due_us < next_us ? next_us : due_us;
}

void tui_frame(void *user)
{
    struct tui *tui = user;
    int64_t now_us = loop_now(tui->loop).mono_us;
    if (!tui->suspended && term_queued(tui->term) > 0) {
        tui_write(tui); /* what start, a bell or the clipboard left */
    }
    if (tui->suspended || term_queued(tui->term) > 0) {
        loop_timer_set(tui->frame_timer, MOMENT_NEVER);
        return; /* comes back with SIGCONT, or when the terminal takes output */
    }
    if (next_frame_us(tui, now_us) <= now_us) {
        paint_now(tui, now_us);
    }
    loop_timer_set(tui->frame_timer, next_frame_us(tui, now_us));
}
