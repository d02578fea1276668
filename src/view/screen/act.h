/*
 * act: one action of the user while it is carried out; shared by keys and mouse.
 */
#ifndef BLOTTER_VIEW_ACT_H
#define BLOTTER_VIEW_ACT_H

#include "frame.h"

struct act {
    struct screen *screen;
    const struct screen_input *input;
    enum action action;
    struct screen_result result;
};

bool act_in_table(const struct act *act); /* the focused pane has rows with columns */
struct table *act_table(const struct act *act);
unsigned act_pane_bit(enum pane pane);

void act_redraw(struct act *act, unsigned parts);
void act_refresh_rows(struct act *act);
void act_arrange_rows(struct act *act);
void act_focus(struct act *act, enum pane pane);
void act_move_strip(struct act *act, long step); /* the events or the tape, focused or not */
void act_view(struct act *act, enum order_view view);
void act_next_view(struct act *act);
void act_accept(struct act *act); /* the filter that was typed */
void act_recent(struct act *act); /* one that was typed before */
void act_group(struct act *act);
void act_fold(struct act *act);
void act_account(struct act *act);                        /* by act->action */
void act_show_account(struct act *act, uint64_t account); /* by its owner's key; 0: all */
void act_move_account(struct act *act, long step);        /* in the pane of several */
void act_open_account(struct act *act);
void act_due(struct act *act); /* to the next row that wants attention */
void act_open_popup(struct act *act, enum action_scope scope);
void act_detail(struct act *act); /* the symbol */
void act_fields(struct act *act);
void act_move_symbol(struct act *act, long step);
void act_copy(struct act *act);
void act_move_popup(struct act *act, long step);
void act_close_popup(struct act *act);

#endif
