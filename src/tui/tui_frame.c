/*
 * What is painted, and when: once per turn, just before the wait, from dirty bits, as soon as pace
 * allows; never while the terminal still has a frame to take. Nothing changed: nothing written, no
 * wake-up.
 */
#include "alert.h"
#include "tui_private.h"
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    NOTICE_US = 4000000,
    SECOND_US = 1000000,
    ALERTS_PER_SECOND = 8 /* more than that is noise, and a process each */
};

/* --- what the screen is told -------------------------------------------------------------- */

/* Figures from the cache are of the server that was seen then. */
const char *tui_badge(const struct tui *tui)
{
    switch (client_server(tui->client)) {
    case CLIENT_SERVER_MOCK:
        return "MOCK";
    case CLIENT_SERVER_REAL:
        return "REAL";
    default:
        return tui->badge;
    }
}

void tui_fill_input(struct tui *tui, struct screen_input *ret)
{
    const struct engine *engine = client_engine(tui->client);
    screen_input_init(ret);
    ret->now = loop_now(tui->loop);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        engine_pane(engine, (enum resource)i, &ret->panes[i]);
        bool cut = client_is_cut(tui->client, (enum resource)i);
        ret->cut |= cut ? RESOURCE_BIT(i) : 0;
    }
    ret->panes[RESOURCE_ORDERS].shown = client_orders(tui->client);
    ret->wanted = tui->settings.panes != 0 ? tui->settings.panes : RESOURCE_ALL;
    ret->wanted &= client_panes(tui->client);
    ret->conn = client_stream_status(tui->client);
    ret->asking = client_asking(tui->client, &tui->asking) ? &tui->asking : NULL;
    ret->polling = engine_polling(engine, &ret->poll_next_ms);
    ret->poll_every_ms = engine_poll_every_ms(engine);
    ret->journal = client_journal(tui->client);
    ret->tape = client_tape(tui->client);
    ret->history = client_history(tui->client);
    const char *past = screen_past_symbol(tui->screen);
    ret->past = past != NULL ? client_past(tui->client, past) : NULL;
    ret->looked_ms = client_looked(tui->client);
    int64_t last_ms;
    ret->day = client_day(tui->client, &last_ms);
    if (ret->day != NULL) { /* its clock stands where it was left */
        ret->now.wall_ms = last_ms != MODEL_NO_TIME ? last_ms : ret->now.wall_ms;
        ret->conn = NULL;
    }
    ret->book = client_book(tui->client);
    ret->events = engine_counters(engine)->events;
    ret->errors = client_errors(tui->client);
    ret->event_latency = client_event_latency(tui->client);
    ret->fetch_latency = client_fetch_latency(tui->client);
    ret->badge = tui->settings.badge != NULL ? tui->settings.badge : tui_badge(tui);
    ret->badge = ret->badge[0] != '\0' ? ret->badge : "?";
    ret->host = tui->settings.host;
    ret->currency = tui->settings.currency;
    ret->views = tui->settings.views;
    ret->view_count = tui->settings.view_count;
    ret->read_only = true;
    ret->format = tui->format;
    ret->quote_stale_ms = tui->settings.quote_stale_ms;
    ret->keys = keymap_keys(tui->keymap);
    ret->notice = tui->notice[0] == '\0' ? NULL : tui->notice;
}

/* --- notices and alerts ------------------------------------------------------------------- */

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

static void raise_alerts(struct tui *tui)
{
    struct alarm alarm;
    int64_t second = loop_now(tui->loop).mono_us / SECOND_US;
    if (second != tui->alert_second) {
        tui->alert_second = second;
        tui->alerts_in_second = 0;
    }
    while (client_next_alarm(tui->client, &alarm)) {
        struct alarm_words words;
        alarm_say(&alarm, &tui->format, screen_hides_amounts(tui->screen), &words);
        if (tui->alerts_in_second++ < ALERTS_PER_SECOND) {
            alert_raise(&tui->settings, tui->term, &alarm, &words);
        }
    }
}

/* --- writing ------------------------------------------------------------------------------ */

static void tell_painted(struct tui *tui)
{
    if (tui->frame_queued) {
        tui->frame_queued = false;
        client_painted(tui->client, tui->unpainted);
        tui->unpainted = 0;
    }
}

void tui_write(struct tui *tui)
{
    if (!term_flush(tui->term)) {
        loop_quit(tui->loop, 128 + SIGHUP);
        return;
    }
    bool blocked = term_queued(tui->term) > 0;
    loop_watch(tui->loop, term_fd(tui->term), LOOP_READ | (blocked ? LOOP_WRITE : 0), tui->read,
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

static void tell_visible(struct tui *tui)
{
    resource_mask visible = screen_visible(tui->screen);
    if (visible != tui->visible) {
        tui->visible = visible;
        client_set_visible(tui->client, visible);
    }
}

/* The account may tell the currency only now. */
static void choose_grouping(struct tui *tui)
{
    struct pane_state state;
    engine_pane(client_engine(tui->client), RESOURCE_ACCOUNT, &state);
    bool known = state.shown != NULL && state.shown->row_count > 0;
    enum format_grouping grouping =
        format_grouping_of(tui->settings.grouping, known ? state.shown->account->currency : NULL);
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
    tell_visible(tui);
    if (term_queued(tui->term) > 0) {
        pace_painted(&tui->pace, now_us);
    }
    tui->frame_for = PACE_CONFIRMATION;
    tui->unpainted |= changed;
    tui->frame_queued = true;
    tui_write(tui);
}

/* The panes that the server has answered. */
static resource_mask loaded_panes(const struct tui *tui)
{
    resource_mask loaded = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct pane_state pane;
        engine_pane(client_engine(tui->client), (enum resource)i, &pane);
        loaded |= pane.shown != NULL && !pane.cached ? RESOURCE_BIT(i) : 0;
    }
    return loaded;
}

static void wait_for_event(struct tui *tui)
{
    tui->frame_for = tui->frame_for == PACE_KEY ? PACE_KEY : PACE_EVENT;
}

/* Somebody waits for an event, and for a pane to appear at last. */
static enum pace_for frame_for(struct tui *tui)
{
    if (tui->loaded != RESOURCE_ALL) {
        resource_mask loaded = loaded_panes(tui);
        if ((loaded & ~tui->loaded) != 0) {
            wait_for_event(tui);
        }
        tui->loaded |= loaded;
    }
    uint64_t events = engine_counters(client_engine(tui->client))->events;
    if (events != tui->events_seen) {
        wait_for_event(tui);
    }
    tui->events_seen = events;
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
