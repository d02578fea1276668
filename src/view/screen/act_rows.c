/* What keys do to which rows are shown. */
#include "act.h"
#include "parts.h"
#include "screen_private.h"

#include <stdio.h>
#include <string.h>

void act_view(struct act *act, enum order_view view)
{
    struct table *table = &act->screen->tables[PANE_ORDERS];
    table->view = view;
    act->result.todo |= SCREEN_DO_SAVE;
    act->screen->retake |= RESOURCE_BIT(RESOURCE_ORDERS);
    act_redraw(act, RESOURCE_BIT(RESOURCE_ORDERS) | SCREEN_VIEW);
}

/* Views that would be empty are passed over. */
void act_next_view(struct act *act)
{
    const struct table *table = &act->screen->tables[PANE_ORDERS];
    enum order_view view = table->view;
    do {
        view = (enum order_view)((view + 1) % ORDER_VIEW_COUNT);
    } while (view > ORDER_VIEW_ALL && table_view_count(table, view) == 0);
    act_view(act, view);
}

void act_group(struct act *act)
{
    struct table *table = &act->screen->tables[PANE_POSITIONS];
    table->grouping = (enum table_grouping)((table->grouping + 1) % TABLE_GROUPINGS);
    act->result.todo |= SCREEN_DO_SAVE;
    act->screen->retake |= RESOURCE_BIT(RESOURCE_POSITIONS);
    act_redraw(act, RESOURCE_BIT(RESOURCE_POSITIONS) | SCREEN_VIEW);
}

void act_fold(struct act *act)
{
    struct table *table = &act->screen->tables[PANE_POSITIONS];
    act_refresh_rows(act);
    const struct table_group *group = table_group_of(table, table->cursor);
    if (act->screen->focus == PANE_POSITIONS && group != NULL) {
        table_fold(table, group->key);
        table_arrange(table);
        act->result.todo |= SCREEN_DO_SAVE;
        act_redraw(act, RESOURCE_BIT(RESOURCE_POSITIONS) | SCREEN_VIEW);
    }
}

/* --- filters -------------------------------------------------------------------------------- */

/* "@losers" becomes what the config says of it. */
static bool take_view(struct act *act, struct table *table)
{
    const struct screen_input *input = act->input;
    for (size_t i = 0; i < input->view_count; i++) {
        if (strcmp(input->views[i].name, table->filter + 1) == 0) {
            snprintf(table->filter, sizeof table->filter, "%s", input->views[i].filter);
            return true;
        }
    }
    snprintf(table->filter_error, sizeof table->filter_error, "no view '%.48s' in the config",
             table->filter + 1);
    return false;
}

/* The newest first, each once. */
static void remember_filter(struct screen *screen, const char *filter)
{
    char first[TABLE_FILTER_MAX];
    size_t at = 0;
    while (at + 1 < SCREEN_RECENT_MAX && strcmp(screen->recent[at], filter) != 0) {
        at++;
    }
    snprintf(first, sizeof first, "%s", filter);
    memmove(screen->recent[1], screen->recent[0], at * sizeof *screen->recent);
    memcpy(screen->recent[0], first, sizeof first);
}

void act_accept(struct act *act)
{
    struct table *table = act_table(act);
    if (table->filter[0] == '@') {
        bool known = take_view(act, table);
        act_redraw(act, SCREEN_VIEW);
        if (!known) {
            return;
        }
        act_arrange_rows(act);
    }
    if (table->filter[0] != '\0') {
        remember_filter(act->screen, table->filter);
    }
    act_close_popup(act);
}

void act_recent(struct act *act)
{
    struct screen *screen = act->screen;
    const char *filter = screen->recent[screen->recent_at % SCREEN_RECENT_MAX];
    if (filter[0] == '\0') {
        screen->recent_at = 0;
        filter = screen->recent[0];
    }
    if (filter[0] != '\0') {
        snprintf(act_table(act)->filter, TABLE_FILTER_MAX, "%s", filter);
        screen->recent_at++;
        act_arrange_rows(act);
    }
}

/* --- what is due ---------------------------------------------------------------------------- */

static size_t find_due(const struct table *table)
{
    size_t i = 0;
    while (i < table->order_count && !table_mark_is_due(&table->marks[table->order[i]])) {
        i++;
    }
    return i;
}

/* A row that is due may not be shown: then all are, or at this size those of its kind. */
static void show_hidden(struct act *act, struct table *table)
{
    table->filter[0] = '\0';
    if (table->pane == PANE_ORDERS) {
        bool rejected = table->attention_count > table->late_count;
        table->view = rejected && table->brief ? ORDER_VIEW_REJECTED : ORDER_VIEW_WORKING;
    }
    table_arrange(table);
    act->screen->dirty |= SCREEN_VIEW;
}

void act_due(struct act *act)
{
    static const enum pane panes[] = {PANE_ORDERS, PANE_POSITIONS, PANE_WATCHLIST};
    struct screen *screen = act->screen;
    for (size_t i = 0; i < sizeof panes / sizeof *panes; i++) {
        struct table *table = &screen->tables[panes[i]];
        if (table->attention_count == 0 ||
            (screen_wanted(act->input) & LAYOUT_PANE_BIT(panes[i])) == 0) {
            continue;
        }
        screen_take(screen, act->input, RESOURCE_BIT(panes[i]));
        if (find_due(table) == table->order_count) {
            show_hidden(act, table);
        }
        size_t at = find_due(table);
        if (at < table->order_count) {
            const struct table_group *group = table_group_of(table, at);
            if (group != NULL && group->folded) {
                table_fold(table, group->key);
                table_arrange(table);
                act->screen->dirty |= SCREEN_VIEW;
            }
            act_focus(act, panes[i]);
            table_select(table, at);
            table_see(table, at);
            act->result.todo |= SCREEN_DO_SAVE;
            act_redraw(act, act_pane_bit(panes[i]) | SCREEN_STATE);
            return;
        }
    }
}
