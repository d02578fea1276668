/* What keys do to which rows are shown. */
#include "act.h"

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
