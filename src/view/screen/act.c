/* What handlers of keys and mouse have in common. */
#include "act.h"
#include "events.h"
#include "parts.h"
#include "screen_private.h"
#include "tape_pane.h"

bool act_in_table(const struct act *act)
{
    return screen_has_table(act->screen->focus);
}

struct table *act_table(const struct act *act)
{
    return &act->screen->tables[act->screen->focus];
}

unsigned act_pane_bit(enum pane pane)
{
    return pane == PANE_EVENTS ? SCREEN_EVENT_LOG | SCREEN_TAPE : RESOURCE_BIT(pane);
}

void act_redraw(struct act *act, unsigned parts)
{
    act->screen->dirty |= parts;
    act->result.todo |= SCREEN_DO_RENDER;
}

/* Rows may have been replaced since the last frame: what reads them takes them in first. */
void act_refresh_rows(struct act *act)
{
    if (act_in_table(act)) {
        act->screen->retake |= RESOURCE_BIT(act->screen->focus);
        screen_take(act->screen, act->input, RESOURCE_BIT(act->screen->focus));
        act->screen->retake &= ~RESOURCE_BIT(act->screen->focus);
    }
    act_redraw(act, act_pane_bit(act->screen->focus));
}

/* The same rows in another order, or fewer of them: nothing has to be read or measured again. */
void act_arrange_rows(struct act *act)
{
    if (!act_in_table(act) || screen_has_moved(act->screen, act->input, act->screen->focus)) {
        act_refresh_rows(act);
        return;
    }
    table_arrange(act_table(act));
    act_redraw(act, act_pane_bit(act->screen->focus));
}

static size_t stepped(size_t from, long step, size_t count)
{
    long to = (long)from + step;
    long last = count > 0 ? (long)count - 1 : 0;
    return to < 0 ? 0 : to > last ? (size_t)last : (size_t)to;
}

void act_move_popup(struct act *act, long step)
{
    struct screen *screen = act->screen;
    if (screen->popup == SCOPE_COLUMNS || screen->popup == SCOPE_SORT) {
        screen->popup_cursor = stepped(screen->popup_cursor, step, screen->chooser_count);
    } else {
        size_t pages = screen->popup_lines > screen->popup_page
                           ? screen->popup_lines - screen->popup_page + 1
                           : 1;
        screen->popup_top = stepped(screen->popup_top, step, pages);
    }
    act_redraw(act, SCREEN_POPUP);
}

void act_move_strip(struct act *act, long step)
{
    struct screen *screen = act->screen;
    if (screen->strip.event_log) {
        size_t count = events_count(screen, act->input);
        events_select(screen, act->input, stepped(events_cursor(screen, act->input), step, count));
    } else {
        size_t count = tape_pane_count(screen, act->input);
        tape_pane_select(screen, act->input,
                         stepped(tape_pane_cursor(screen, act->input), step, count));
    }
    act_redraw(act, act_pane_bit(PANE_EVENTS));
}

void act_focus(struct act *act, enum pane pane)
{
    struct screen *screen = act->screen;
    if ((screen_wanted(act->input) & LAYOUT_PANE_BIT(pane)) == 0 || pane == screen->focus) {
        return;
    }
    act_redraw(act, act_pane_bit(screen->focus) | act_pane_bit(pane));
    screen->focus = pane;
    act->result.todo |= SCREEN_DO_VISIBLE | SCREEN_DO_SAVE;
    screen_place(screen, act->input);
}

void act_open_popup(struct act *act, enum action_scope scope)
{
    act->screen->popup = scope;
    act->screen->popup_top = act->screen->popup_cursor = 0;
    act_redraw(act, SCREEN_VIEW);
}

void act_close_popup(struct act *act)
{
    act->screen->popup = SCOPE_PANES;
    act_redraw(act, SCREEN_VIEW);
}
