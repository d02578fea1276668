/* accounts: several accounts: their sums, their table, the top line that names them. */
#ifndef BLOTTER_VIEW_ACCOUNTS_H
#define BLOTTER_VIEW_ACCOUNTS_H

#include "bar.h"

/* --- accounts.c */
/* Takes in what each has; changed: positions, or the account, of some may have. */
void accounts_take(struct screen *screen, const struct screen_input *input);
/* Where its sums stand; NULL: nothing is known of its positions. */
const struct money *account_money(const struct screen *screen, const struct screen_input *input,
                                  size_t i);
size_t account_cursor(const struct screen *screen, const struct screen_input *input);
/* The place of the selected one's row among those of its pane; past their end: it has none. */
size_t account_row(const struct screen *screen, const struct screen_input *input);
void paint_accounts(const struct frame *frame, struct rect inside);
void paint_accounts_line(const struct frame *frame);
/* What the working orders of each kind of money are worth. */
void paint_accounts_worth(const struct frame *frame, struct rect line);
/* "Σ real", "kite": what a total is of, in as few words as tell it apart. */
void total_name(const struct money_totals *totals, const struct money_total *total,
                char out[TOTAL_NAME_BYTES]);
/* The badge of all, "REAL+MOCK" where they differ. */
void accounts_badge(const struct screen_accounts *accounts, char out[TOTAL_NAME_BYTES]);
/* Every total's day, the first one pinned; where no two accounts are added, each is its own. */
void accounts_add_days(struct bar *bar, const struct frame *frame);

/* --- strip.c */
void paint_strip(const struct frame *frame);

#endif
