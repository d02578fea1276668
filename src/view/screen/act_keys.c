/* What keys and mouse do: a handler per action, and nothing that draws. */
#include "act.h"
#include "away.h"
#include "parts.h"
#include "popup.h"
#include "screen_private.h"
#include "tape_pane.h"

#include <blotter/core/alloc.h>
#include <blotter/core/utf8.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- moving --------------------------------------------------------------------------------- */

static long page_of(const struct act *act)
{
    const struct screen *screen = act->screen;
    struct rect area = screen->layout.panes[screen->focus];
    if (screen->popup != SCOPE_PANES) {
        return screen->popup_page > 1 ? (long)screen->popup_page - 1 : 1;
    }
    return area.height > 4 ? area.height - 4 : 1;
}

static long step_of(const struct act *act)
{
    switch (act->action) {
    case ACTION_UP:
        return -1;
    case ACTION_DOWN:
        return 1;
    case ACTION_PAGE_UP:
        return -page_of(act);
    case ACTION_PAGE_DOWN:
        return page_of(act);
    case ACTION_TOP:
        return -(1L << 30);
    default:
        return 1L << 30;
    }
}

static void move(struct act *act)
{
    struct screen *screen = act->screen;
    long step = step_of(act);
    if (screen->popup == SCOPE_SYMBOL) {
        act_move_symbol(act, step);
        return;
    }
    if (screen->popup != SCOPE_PANES) {
        act_move_popup(act, step);
        return;
    }
    if (act_in_table(act)) {
        table_move(act_table(act), step);
    } else if (screen->focus == PANE_EVENTS) {
        act_move_strip(act, step);
    } else if (screen->focus == PANE_ACCOUNT && screen_is_joint(act->input)) {
        act_move_account(act, step);
    }
    act_redraw(act, act_pane_bit(screen->focus));
}

static void do_scroll_columns(struct act *act)
{
    if (act->screen->popup == SCOPE_SYMBOL) {
        int span = (int)act->screen->symbol_span + (act->action == ACTION_LEFT ? -1 : 1);
        span = span < SYMBOL_MINUTES ? SYMBOL_MINUTES : span > SYMBOL_DAYS ? SYMBOL_DAYS : span;
        act->screen->symbol_span = (enum symbol_span)span;
        act_redraw(act, SCREEN_POPUP);
        return;
    }
    if (!act_in_table(act)) {
        return;
    }
    struct table *table = act_table(act);
    struct table_view view = screen_table_view(act->screen, act->input, table->pane);
    struct table_layout layout;
    table_layout(table, &view, &layout);
    if (act->action == ACTION_LEFT && table->skip > 0) {
        table->skip--;
    } else if (act->action == ACTION_RIGHT && layout.more_right) {
        table->skip++;
    }
    act_redraw(act, act_pane_bit(table->pane));
}

/* --- panes ---------------------------------------------------------------------------------- */

static void do_focus(struct act *act)
{
    if (act->action >= ACTION_FOCUS_ORDERS && act->action <= ACTION_FOCUS_EVENTS) {
        act_focus(act, (enum pane)(act->action - ACTION_FOCUS_ORDERS));
        return;
    }
    int by = act->action == ACTION_FOCUS_NEXT ? 1 : PANE_COUNT - 1;
    int pane = (int)act->screen->focus;
    do {
        pane = (pane + by) % (int)PANE_COUNT;
    } while ((screen_wanted(act->input) & LAYOUT_PANE_BIT(pane)) == 0);
    act_focus(act, (enum pane)pane);
}

static void do_zoom(struct act *act)
{
    act->screen->zoom = !act->screen->zoom;
    act->screen->placed = false;
    screen_place(act->screen, act->input);
    act->result.todo |= SCREEN_DO_VISIBLE | SCREEN_DO_SAVE;
    act_redraw(act, SCREEN_VIEW);
}

static void do_close(struct act *act)
{
    act_close_popup(act);
    act->result.todo |= SCREEN_DO_SAVE;
}

static void set_filter(struct act *act, const char *text)
{
    snprintf(act_table(act)->filter, TABLE_FILTER_MAX, "%s", text);
    act_arrange_rows(act);
}

static void do_back(struct act *act)
{
    struct screen *screen = act->screen;
    if (screen->popup == SCOPE_PROMPT) {
        set_filter(act, "");
        act_close_popup(act);
    } else if (screen->popup != SCOPE_PANES) {
        do_close(act);
    } else if (act_in_table(act) && act_table(act)->filter[0] != '\0') {
        set_filter(act, "");
    } else if (screen->zoom) {
        do_zoom(act);
    }
}

static void do_help(struct act *act)
{
    act->screen->help_text[0] = '\0';
    act->screen->help_typing = false;
    act_open_popup(act, SCOPE_HELP);
}

/* --- filter --------------------------------------------------------------------------------- */

static void do_filter(struct act *act)
{
    if (act_in_table(act)) {
        act->screen->recent_at = 0;
        act_open_popup(act, SCOPE_PROMPT);
    }
}

static void do_erase(struct act *act)
{
    char *filter = act_table(act)->filter;
    size_t len = strlen(filter);
    if (act->action == ACTION_ERASE_ALL) {
        len = 0;
    } else if (act->action == ACTION_ERASE_WORD) {
        while (len > 0 && filter[len - 1] == ' ') {
            len--;
        }
        while (len > 0 && filter[len - 1] != ' ') {
            len--;
        }
    } else if (len == 0) {
        act_close_popup(act);
        return;
    } else {
        do {
            len--;
        } while (len > 0 && ((unsigned char)filter[len] & 0xC0u) == 0x80u);
    }
    filter[len] = '\0';
    act_arrange_rows(act);
}

struct screen_result screen_char(struct screen *screen, const struct screen_input *input,
                                 uint32_t code)
{
    struct act act = {.screen = screen, .input = input};
    char bytes[4];
    away_touch(screen, input);
    if (screen->popup == SCOPE_HELP && screen->help_typing && code >= 0x20 &&
        text_code_is_safe(code)) {
        help_char(screen, code);
        act_redraw(&act, SCREEN_VIEW); /* fewer lines take less room */
        return act.result;
    }
    if (screen->popup != SCOPE_PROMPT || !act_in_table(&act) || code < 0x20 ||
        !text_code_is_safe(code)) {
        return act.result;
    }
    char *filter = act_table(&act)->filter;
    size_t len = strlen(filter), more = utf8_put(code, bytes);
    if (len + more < TABLE_FILTER_MAX) {
        memcpy(filter + len, bytes, more);
        filter[len + more] = '\0';
        act_arrange_rows(&act);
    }
    return act.result;
}

/* With a filter only what it found is on the screen: next and previous go round in it. */
static void do_match(struct act *act)
{
    if (!act_in_table(act) || act_table(act)->order_count == 0) {
        return;
    }
    struct table *table = act_table(act);
    size_t by = act->action == ACTION_MATCH_NEXT ? 1 : table->order_count - 1;
    table_select(table, (table->cursor + by) % table->order_count);
    act_redraw(act, act_pane_bit(table->pane));
}

/* --- sort and columns ----------------------------------------------------------------------- */

/* The place of the sort column among those shown; count when it is another, or the server's order.
 */
static size_t sort_place(const struct table *table, const uint8_t *columns, size_t count)
{
    size_t at = 0;
    while (at < count && (int)columns[at] != table_order(table).column) {
        at++;
    }
    return at;
}

/* By the column to the left or right of the one it is sorted by. */
static void sort_beside(struct table *table, bool right)
{
    uint8_t columns[COLUMNS_MAX];
    size_t count = table_columns(table, false, columns), at = sort_place(table, columns, count);
    size_t to = at == count ? 0 : right ? at + 1 : at - 1; /* wraps around below 0 */
    while (to < count && !table_can_sort(table, columns[to])) {
        to += right ? 1 : (size_t)-1;
    }
    if (to < count) {
        table_sort_by(table, columns[to]);
    }
}

static void do_sort(struct act *act)
{
    if (!act_in_table(act)) {
        return;
    }
    struct table *table = act_table(act);
    if (act->action == ACTION_SORT_REVERSE) {
        table_sort_reverse(table);
    } else if (act->action == ACTION_COLUMN_RESET) {
        table_sort_usual(table);
    } else if (act->action == ACTION_SORT_BY) {
        sort_menu_take(act->screen);
        act_close_popup(act);
    } else {
        sort_beside(table, act->action == ACTION_SORT_RIGHT);
    }
    act->result.todo |= SCREEN_DO_SAVE;
    act_arrange_rows(act);
    act_redraw(act, act->screen->popup == SCOPE_SORT ? SCREEN_VIEW : 0);
}

static void do_sort_menu(struct act *act)
{
    if (act->screen->popup == SCOPE_SORT) {
        act_close_popup(act);
    } else if (act_in_table(act)) {
        act_refresh_rows(act);
        sort_menu_open(act->screen);
        act_redraw(act, SCREEN_VIEW);
    }
}

static void do_columns(struct act *act)
{
    if (act->screen->popup == SCOPE_SORT) {
        do_sort(act);
        return;
    }
    if (act->screen->popup == SCOPE_PANES) {
        if (act->screen->focus == PANE_EVENTS) {
            return;
        }
        chooser_open(act->screen);
    } else {
        chooser_act(act->screen, act->action);
        act->result.todo |= SCREEN_DO_SAVE;
    }
    if (act_in_table(act)) {
        act_refresh_rows(act);
    }
    act_redraw(act, SCREEN_VIEW);
}

static void do_list(struct act *act)
{
    struct table *table = &act->screen->tables[PANE_WATCHLIST];
    screen_take(act->screen, act->input, RESOURCE_BIT(RESOURCE_WATCHLISTS));
    table_next_list(table, act->action == ACTION_LIST_NEXT ? 1 : -1);
    act_redraw(act, RESOURCE_BIT(RESOURCE_WATCHLISTS));
}

/* --- data ----------------------------------------------------------------------------------- */

static void do_revalidate(struct act *act)
{
    bool all = act->action == ACTION_REVALIDATE_ALL || act->screen->focus == PANE_EVENTS;
    act->result.todo |= SCREEN_DO_REVALIDATE;
    act->result.resources = all ? RESOURCE_ALL : RESOURCE_BIT(act->screen->focus);
    if (act_in_table(act) && table_rank(act_table(act))) { /* asked for: new places */
        act_arrange_rows(act);
    }
}

/* The tape, or what was fetched and why. */
static void do_events(struct act *act)
{
    struct screen *screen = act->screen;
    screen->strip.event_log = !screen->strip.event_log;
    screen->memos[PANE_EVENTS].whole = false;
    act_redraw(act, SCREEN_VIEW);
}

static void do_seen(struct act *act)
{
    if (act->screen->focus == PANE_EVENTS) {
        tape_pane_seen(act->screen, act->input);
        act_redraw(act, SCREEN_TAPE);
    }
    if (act_in_table(act)) {
        table_see_all(act_table(act));
        act->result.todo |= SCREEN_DO_SAVE;
        act_redraw(act, act_pane_bit(act->screen->focus));
    }
}

static void do_pause(struct act *act)
{
    struct screen *screen = act->screen;
    if (screen->paused) {
        screen_go_on(screen);
    } else {
        screen_hold(screen, act->input);
    }
    screen->retake = RESOURCE_ALL;
    act_redraw(act, SCREEN_VIEW);
}

static void do_hide(struct act *act)
{
    act->screen->hide_amounts = !act->screen->hide_amounts;
    act_redraw(act, SCREEN_VIEW);
}

/* --- the program ---------------------------------------------------------------------------- */

static void do_program(struct act *act)
{
    static const struct {
        enum action action;
        unsigned todo;
    } rows[] = {
        {ACTION_QUIT, SCREEN_DO_QUIT},        {ACTION_INTERRUPT, SCREEN_DO_QUIT},
        {ACTION_SUSPEND, SCREEN_DO_SUSPEND},  {ACTION_REPAINT, SCREEN_DO_REPAINT},
        {ACTION_THEME_NEXT, SCREEN_DO_THEME},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        act->result.todo |= rows[i].action == act->action ? rows[i].todo : 0;
    }
}

static void (*const handlers[ACTION_COUNT])(struct act *act) = {
    [ACTION_UP] = move,
    [ACTION_DOWN] = move,
    [ACTION_PAGE_UP] = move,
    [ACTION_PAGE_DOWN] = move,
    [ACTION_TOP] = move,
    [ACTION_BOTTOM] = move,
    [ACTION_LEFT] = do_scroll_columns,
    [ACTION_RIGHT] = do_scroll_columns,
    [ACTION_FOCUS_NEXT] = do_focus,
    [ACTION_FOCUS_PREVIOUS] = do_focus,
    [ACTION_FOCUS_ORDERS] = do_focus,
    [ACTION_FOCUS_POSITIONS] = do_focus,
    [ACTION_FOCUS_ACCOUNT] = do_focus,
    [ACTION_FOCUS_WATCHLIST] = do_focus,
    [ACTION_FOCUS_EVENTS] = do_focus,
    [ACTION_ZOOM] = do_zoom,
    [ACTION_DETAIL] = act_detail,
    [ACTION_FIELDS] = act_fields,
    [ACTION_BACK] = do_back,
    [ACTION_FILTER] = do_filter,
    [ACTION_VIEW] = act_next_view,
    [ACTION_GROUP] = act_group,
    [ACTION_FOLD] = act_fold,
    [ACTION_MATCH_NEXT] = do_match,
    [ACTION_MATCH_PREVIOUS] = do_match,
    [ACTION_SORT] = do_sort_menu,
    [ACTION_SORT_BY] = do_sort,
    [ACTION_SORT_REVERSE] = do_sort,
    [ACTION_SORT_LEFT] = do_sort,
    [ACTION_SORT_RIGHT] = do_sort,
    [ACTION_COLUMNS] = do_columns,
    [ACTION_COLUMN_TOGGLE] = do_columns,
    [ACTION_COLUMN_EARLIER] = do_columns,
    [ACTION_COLUMN_LATER] = do_columns,
    [ACTION_COLUMN_RESET] = do_columns,
    [ACTION_LIST_PREVIOUS] = do_list,
    [ACTION_LIST_NEXT] = do_list,
    [ACTION_ACCOUNT_PREVIOUS] = act_account,
    [ACTION_ACCOUNT_NEXT] = act_account,
    [ACTION_ACCOUNT_ALL] = act_account,
    [ACTION_REVALIDATE] = do_revalidate,
    [ACTION_REVALIDATE_ALL] = do_revalidate,
    [ACTION_EVENTS] = do_events,
    [ACTION_DUE] = act_due,
    [ACTION_SEEN] = do_seen,
    [ACTION_PAUSE] = do_pause,
    [ACTION_HIDE_AMOUNTS] = do_hide,
    [ACTION_COPY] = act_copy,
    [ACTION_COPY_ROW] = act_copy,
    [ACTION_THEME_NEXT] = do_program,
    [ACTION_HELP] = do_help,
    [ACTION_CLOSE] = do_close,
    [ACTION_ACCEPT] = act_accept,
    [ACTION_RECENT] = act_recent,
    [ACTION_ERASE] = do_erase,
    [ACTION_ERASE_WORD] = do_erase,
    [ACTION_ERASE_ALL] = do_erase,
    [ACTION_REPAINT] = do_program,
    [ACTION_SUSPEND] = do_program,
    [ACTION_QUIT] = do_program,
    [ACTION_INTERRUPT] = do_program,
};

/* Actions of a prompt, whatever is typed into. */
static bool is_typing(enum action action)
{
    static const enum action typing[] = {ACTION_FILTER, ACTION_ACCEPT,     ACTION_BACK,
                                         ACTION_ERASE,  ACTION_ERASE_WORD, ACTION_ERASE_ALL};
    for (size_t i = 0; i < sizeof typing / sizeof *typing; i++) {
        if (typing[i] == action) {
            return true;
        }
    }
    return false;
}

struct screen_result screen_action(struct screen *screen, const struct screen_input *input,
                                   enum action action)
{
    struct act act = {.screen = screen, .input = input, .action = action};
    bool here = action < ACTION_COUNT &&
                (action_info(action)->scopes & SCOPE_BIT(screen_scope(screen))) != 0;
    bool search = screen->popup == SCOPE_HELP && (screen->help_typing || action == ACTION_FILTER);
    screen_place(screen, input);
    bool lists = screen->away.digest && action == ACTION_DETAIL && screen->popup == SCOPE_PANES;
    away_touch(screen, input);
    if (here && search && is_typing(action)) {
        help_search(screen, action);
        act_redraw(&act, SCREEN_VIEW);
    } else if (lists) { /* what the digest counts */
        tape_pane_select(screen, input, 0);
        act_focus(&act, PANE_EVENTS);
        act_redraw(&act, SCREEN_VIEW);
    } else if (here && handlers[action] != NULL) {
        handlers[action](&act);
    }
    return act.result;
}
