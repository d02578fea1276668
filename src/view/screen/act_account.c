/* Which of several accounts is shown, and which is selected in their pane. */
#include "accounts.h"
#include "act.h"

/* Nothing on the canvas stands any more. */
void act_show_account(struct act *act, uint64_t account)
{
    struct screen *screen = act->screen;
    if (account == screen->account) {
        return;
    }
    screen->account = account;
    screen->strip.selected = screen->events.selected = 0;
    screen->placed = false;
    screen->retake = RESOURCE_ALL;
    act->result.todo |= SCREEN_DO_VISIBLE;
    act_redraw(act, SCREEN_VIEW);
}

/* All, the first, … the last, all again. */
void act_account(struct act *act)
{
    const struct screen_accounts *accounts = act->input->accounts;
    if (accounts == NULL) {
        return;
    }
    size_t count = accounts->count;
    size_t at = accounts->shown == SCREEN_ALL_ACCOUNTS ? count : accounts->shown;
    if (act->action == ACTION_ACCOUNT_ALL) {
        at = count;
    } else {
        at = (at + (act->action == ACTION_ACCOUNT_NEXT ? 1 : count)) % (count + 1);
    }
    act_show_account(act, at < count ? accounts->owners[at]->key : 0);
}

void act_move_account(struct act *act, long step)
{
    const struct screen_accounts *accounts = act->input->accounts;
    long last = (long)accounts->count - 1;
    long to = (long)account_cursor(act->screen, act->input) + step;
    to = to < 0 ? 0 : to > last ? last : to;
    act->screen->account_row = last >= 0 ? accounts->owners[to]->key : 0;
}

void act_open_account(struct act *act)
{
    const struct screen_accounts *accounts = act->input->accounts;
    if (accounts->count > 0) {
        act_show_account(act, accounts->owners[account_cursor(act->screen, act->input)]->key);
    }
}
