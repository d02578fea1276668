#include "curves.h"
#include "frame.h"
#include "parts.h"

#include <blotter/core/derive.h>

#include <string.h>

bool screen_has_table(enum pane pane)
{
    return pane != PANE_EVENTS && pane != PANE_ACCOUNT;
}

bool screen_is_cut(const struct screen_input *input, const struct snapshot *orders)
{
    bool told = (input->cut & RESOURCE_BIT(RESOURCE_ORDERS)) != 0;
    bool guessed = input->asking == NULL && snapshot_is_cut(orders); /* a backend knows */
    return orders != NULL && (told || guessed);
}

unsigned screen_wanted(const struct screen_input *input)
{
    unsigned wanted = input->wanted & RESOURCE_ALL;
    return (wanted == 0 ? RESOURCE_ALL : wanted) | LAYOUT_PANE_BIT(PANE_EVENTS);
}

struct pane_state screen_pane(const struct screen *screen, const struct screen_input *input,
                              enum resource resource)
{
    struct pane_state live = input->panes[resource];
    if (!screen->paused || input->accounts != NULL) { /* those of several are held already */
        return live;
    }
    return held_pane(screen, 0, input, resource);
}

struct pane_state held_pane(const struct screen *screen, size_t account,
                            const struct screen_input *live, enum resource resource)
{
    struct pane_state held = screen->held[account].panes[resource];
    held.stale = held.stale || live->panes[resource].stale;
    return held;
}

static uint64_t logged(const struct screen_input *one)
{
    return one->event_log != NULL ? event_log_total(one->event_log) : 0;
}

uint64_t screen_arrived(const struct screen_input *input)
{
    const struct screen_accounts *accounts = input->accounts;
    uint64_t arrived = accounts != NULL ? 0 : logged(input);
    for (size_t i = 0; accounts != NULL && i < accounts->count; i++) {
        arrived += logged(&accounts->of[i]);
    }
    return arrived;
}

enum action_scope screen_scope(const struct screen *screen)
{
    bool search = screen->popup == SCOPE_HELP && screen->help_typing;
    return search ? SCOPE_PROMPT : screen->popup;
}

enum role margin_role(double percent, bool stale)
{
    return stale                          ? ROLE_STALE
           : percent >= MONEY_MARGIN_FULL ? ROLE_CONN_BAD
           : percent >= MONEY_MARGIN_HIGH ? ROLE_CONN_WARN
                                          : ROLE_TEXT;
}

enum role badge_role(const char *badge)
{
    if (strcmp(badge, "?") == 0) {
        return ROLE_DIM; /* nobody has said yet */
    }
    if (strcmp(badge, "MOCK") == 0) {
        return ROLE_BADGE_MOCK;
    }
    return strcmp(badge, "PAPER") == 0 ? ROLE_BADGE_PAPER : ROLE_BADGE_REAL;
}

struct table_view screen_table_view(const struct screen *screen, const struct screen_input *input,
                                    enum pane pane)
{
    struct pane_state state = screen_pane(screen, input, (enum resource)pane);
    const struct table *table = &screen->tables[pane];
    struct table_view view = {.area = rect_inset(screen->layout.panes[pane], 1),
                              .format = &input->format,
                              .now = input->now,
                              .quote_stale_ms = input->quote_stale_ms,
                              .focused = pane == screen->focus,
                              .stale = state.stale,
                              .hide_amounts = screen->hide_amounts};
    view.history = input->history;
    view.hours = curve_hours(input);
    int height = view.area.height;
    int sums = (int)table->sums.count;
    view.totals = pane != PANE_POSITIONS || height < 4 || table->total == 0 ? 0
                  : height < 4 + sums                                       ? 1
                                                                            : sums;
    bool room = height >= 12 || height > 1 + (int)table_line_count(table);
    bool counts = pane == PANE_ORDERS && !table->brief && room;
    bool lists = pane == PANE_WATCHLIST && height >= 6 && table->list_count > 1;
    view.area.height -= (counts || lists) && table->total > 0 ? 1 : 0;
    return view;
}
