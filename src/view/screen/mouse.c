/* What the mouse does: click focuses, selects and sorts; the wheel scrolls what is under it and
 * does nothing else: no focus, no selection, no mark taken back. */
#include "act.h"
#include "away.h"
#include "events.h"
#include "parts.h"
#include "screen_private.h"
#include "tape_pane.h"

#define WHEEL_LINES 3

/* A group's head folds it, or unfolds it. */
static void click_row(struct act *act, const struct table_view *view, int y)
{
    struct table *table = act_table(act);
    size_t line = table->top + (size_t)(y - view->area.y - 1);
    size_t at = table_row_of_line(table, line);
    const struct table_group *group = table_group_head(table, line);
    if (group != NULL && y - view->area.y - 1 < table_lines(view)) {
        table_fold(table, group->key);
        table_arrange(table);
        act->result.todo |= SCREEN_DO_SAVE;
        act_redraw(act, SCREEN_VIEW);
    } else if (y - view->area.y - 1 < table_lines(view) && at < table->order_count) {
        table_select(table, at);
        act_redraw(act, act_pane_bit(table->pane));
    }
}

static void click_header(struct act *act, const struct table_view *view, int x)
{
    struct table *table = act_table(act);
    struct table_layout layout;
    act_refresh_rows(act);
    table_layout(table, view, &layout);
    for (size_t i = 0; i < layout.count; i++) {
        struct table_slot slot = layout.slots[i];
        if (x >= slot.x && x < slot.x + slot.width && table_can_sort(table, slot.column)) {
            if (table_order(table).column == slot.column) {
                table_sort_reverse(table);
            } else {
                table_sort_by(table, slot.column);
            }
            act->result.todo |= SCREEN_DO_SAVE;
            act_refresh_rows(act);
            return;
        }
    }
}

/* A view's name in the orders' title. */
static bool click_view(struct act *act, int x, int y)
{
    const struct screen *screen = act->screen;
    if (y != screen->layout.panes[PANE_ORDERS].y || screen->focus != PANE_ORDERS) {
        return false;
    }
    for (int i = ORDER_VIEW_COUNT; i-- > 0;) {
        if (screen->view_x[i] >= 0 && x >= screen->view_x[i] &&
            x < screen->view_x[ORDER_VIEW_COUNT]) {
            act_view(act, (enum order_view)i);
            return true;
        }
    }
    return false;
}

static void click(struct act *act, int x, int y)
{
    struct screen *screen = act->screen;
    if (click_view(act, x, y)) {
        return;
    }
    struct rect inside = rect_inset(screen->layout.panes[screen->focus], 1);
    if (act_in_table(act)) {
        struct table_view view = screen_table_view(screen, act->input, screen->focus);
        if (y == view.area.y) {
            click_header(act, &view, x);
        } else if (y > view.area.y) {
            click_row(act, &view, y);
        }
    } else if (screen->focus == PANE_EVENTS && rect_contains(inside, x, y)) {
        struct frame frame = {screen, act->input, NULL};
        if (screen->strip.event_log) {
            events_select(screen, act->input, screen->events.top + (size_t)(y - inside.y));
        } else {
            tape_pane_select(screen, act->input,
                             tape_pane_entry_on(&frame, inside.width, y - inside.y));
        }
        act_redraw(act, act_pane_bit(PANE_EVENTS));
    }
}

/* The tab that begins last at or before x. */
static int tab_at(const struct screen *screen, int x)
{
    int found = PANE_COUNT, best = -1;
    for (int i = 0; i < PANE_COUNT; i++) {
        if (screen->tab_x[i] >= 0 && screen->tab_x[i] <= x && screen->tab_x[i] > best) {
            best = screen->tab_x[i];
            found = i;
        }
    }
    return found;
}

/* The hint of the state bar there; ACTION_COUNT when there is none. */
static enum action hint_at(const struct screen *screen, int x, int y)
{
    for (size_t i = 0; i < screen->hint_count && rect_contains(screen->layout.state, x, y); i++) {
        const struct screen_hint *hint = &screen->hints[i];
        if (x >= hint->x && x < hint->x + hint->width) {
            return hint->action;
        }
    }
    return ACTION_COUNT;
}

/* Of several accounts: the one there alone, or all again when one is. */
static bool click_top(struct act *act, int x, int y)
{
    const struct screen *screen = act->screen;
    if (act->input->accounts == NULL || !rect_contains(screen->layout.top, x, y)) {
        return false;
    }
    bool joint = screen_is_joint(act->input);
    for (size_t i = 0; i < screen->spot_count && joint; i++) {
        const struct screen_spot *spot = &screen->spots[i];
        if (x >= spot->x && x < spot->x + spot->width) {
            act_show_account(act, spot->account);
            return true;
        }
    }
    act_show_account(act, 0);
    return true;
}

/* Whether a second click at the place would undo what the first one did. */
static bool is_head(const struct act *act, int y)
{
    const struct screen *screen = act->screen;
    if (!act_in_table(act)) {
        return false;
    }
    struct table_view view = screen_table_view(screen, act->input, screen->focus);
    const struct table *table = &screen->tables[screen->focus];
    int line = y - view.area.y - 1;
    return line >= 0 && line < table_lines(&view) &&
           table_group_head(table, table->top + (size_t)line) != NULL;
}

static int pane_at(const struct screen *screen, int x, int y)
{
    for (int i = 0; i < PANE_COUNT; i++) {
        if (rect_contains(screen->layout.panes[i], x, y)) {
            return i;
        }
    }
    return PANE_COUNT;
}

static void turn_wheel(struct act *act, int pane, long by)
{
    struct screen *screen = act->screen;
    if (screen->popup != SCOPE_PANES && screen->popup != SCOPE_PROMPT) {
        act_move_popup(act, by);
    } else if (pane == PANE_EVENTS) {
        act_move_strip(act, by);
    } else if (pane < PANE_COUNT && screen_has_table((enum pane)pane)) {
        struct table_view view = screen_table_view(screen, act->input, (enum pane)pane);
        table_wheel(&screen->tables[pane], by, (size_t)table_lines(&view));
        act_redraw(act, act_pane_bit((enum pane)pane));
    }
}

struct screen_result screen_mouse(struct screen *screen, const struct screen_input *input,
                                  enum screen_button button, int x, int y)
{
    struct act act = {.screen = screen, .input = input};
    screen_place(screen, input);
    away_touch(screen, input);
    if (button == SCREEN_WHEEL_UP || button == SCREEN_WHEEL_DOWN) {
        turn_wheel(&act, pane_at(screen, x, y),
                   button == SCREEN_WHEEL_UP ? -WHEEL_LINES : WHEEL_LINES);
        return act.result;
    }
    enum action hinted = hint_at(screen, x, y);
    if (hinted != ACTION_COUNT) {
        return screen_action(screen, input, hinted);
    }
    if (rect_contains(screen->layout.symbol, x, y) && screen->popup == SCOPE_PANES &&
        screen->symbol[0] != '\0') {
        act_open_popup(&act, SCOPE_SYMBOL);
        return act.result;
    }
    if (screen->popup == SCOPE_SYMBOL && screen->layout.symbol.width > 0 &&
        !rect_contains(screen->layout.symbol, x, y)) {
        act_close_popup(&act); /* it stays where it is */
    }
    if (screen->popup != SCOPE_PANES && screen->popup != SCOPE_PROMPT) {
        return act.result;
    }
    if (button == SCREEN_CLICK && click_top(&act, x, y)) {
        return act.result;
    }
    bool tab = rect_contains(screen->layout.tabs, x, y);
    int pane = tab ? tab_at(screen, x) : pane_at(screen, x, y);
    if (pane == PANE_COUNT) {
        return act.result;
    }
    if (screen->popup == SCOPE_PROMPT && pane != (int)screen->focus) {
        act_close_popup(&act);
    }
    act_focus(&act, (enum pane)pane);
    if (tab) {
        return act.result;
    }
    bool head = is_head(&act, y);
    click(&act, x, y);
    if (button == SCREEN_DOUBLE_CLICK && !head && y > screen->layout.panes[pane].y + 1) {
        act_detail(&act);
    }
    return act.result;
}
