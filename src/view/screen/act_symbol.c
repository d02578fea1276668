/* What Enter and v open, and moving about in it. */
#include "accounts.h"
#include "act.h"
#include "events.h"
#include "parts.h"
#include "symbol.h"

static void see(struct act *act)
{
    size_t at = act_table(act)->cursor;
    if (at < act_table(act)->order_count) {
        struct table_mark *mark = &act_table(act)->marks[act_table(act)->order[at]];
        mark->seen = mark->attention;
    }
}

/* Every field of the row, or what came of the event. */
void act_fields(struct act *act)
{
    struct screen *screen = act->screen;
    uint64_t key = 0;
    if (act_in_table(act)) {
        table_move(act_table(act), 0);
        key = act_table(act)->selected;
        see(act);
    } else if (screen->focus == PANE_EVENTS && screen->strip.event_log) {
        struct events_entry found;
        bool any = events_find(screen, act->input, events_cursor(screen, act->input), &found);
        key = any ? found.key : 0;
    } else if (screen->focus != PANE_EVENTS) {
        struct pane_state state = screen_pane(screen, act->input, RESOURCE_ACCOUNT);
        size_t at = screen_is_joint(act->input) ? account_row(screen, act->input) : 0;
        bool known = state.shown != NULL && at < state.shown->row_count;
        key = known ? model_key(model_row(state.shown, at)->id, model_row(state.shown, at)->owner)
                    : 0;
    }
    if (key != 0) {
        screen->detail_key = key;
        act_open_popup(act, SCOPE_DETAIL);
    }
}

/* What the row is about; the account is about nothing but its fields. */
void act_detail(struct act *act)
{
    struct screen *screen = act->screen;
    bool tape = screen->focus == PANE_EVENTS && !screen->strip.event_log;
    if (screen->focus == PANE_ACCOUNT && screen_is_joint(act->input)) {
        act_open_account(act);
        return;
    }
    if (!act_in_table(act) && !tape) {
        act_fields(act);
        return;
    }
    act_refresh_rows(act);
    const struct table_group *group =
        act_in_table(act) ? table_group_of(act_table(act), act_table(act)->cursor) : NULL;
    if (group != NULL && group->folded) { /* of many symbols none is meant */
        act_fold(act);
        return;
    }
    screen->symbol[0] = '\0';
    symbol_note(screen, act->input);
    if (act_in_table(act)) {
        see(act);
    }
    if (screen->symbol[0] != '\0') {
        act_open_popup(act, SCOPE_SYMBOL);
    }
}

/* The next symbol of the table; pages scroll what is below the curve. */
void act_move_symbol(struct act *act, long step)
{
    struct screen *screen = act->screen;
    if (act->action == ACTION_PAGE_UP || act->action == ACTION_PAGE_DOWN) {
        act_move_popup(act, step);
        return;
    }
    if (act_in_table(act)) {
        act_refresh_rows(act);
        table_move(act_table(act), step);
    } else {
        act_move_strip(act, step);
    }
    screen->popup_top = 0;
    symbol_note(screen, act->input);
    act_redraw(act, act_pane_bit(screen->focus) | SCREEN_POPUP);
}
