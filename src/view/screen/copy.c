/* What goes to the clipboard. */
#include "act.h"
#include "events.h"
#include "parts.h"
#include "popup.h"
#include "tape_pane.h"

#include <blotter/core/alloc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void copy_text(struct act *act, const char *text, size_t len)
{
    size_t capacity = len * 3 + 1; /* every byte may become U+FFFD */
    free(act->screen->copy);
    act->screen->copy = mem_alloc(capacity);
    text_clean(text, len, act->screen->copy, capacity);
    act->result.copy = act->screen->copy;
    act->result.todo |= SCREEN_DO_COPY;
}

static void copy_tape(struct act *act)
{
    struct frame frame = {act->screen, act->input, NULL};
    const struct tape_entry *entry =
        tape_pane_at(act->screen, act->input, tape_pane_cursor(act->screen, act->input));
    struct tape_words words;
    char text[sizeof words.line + sizeof words.more + 24];
    if (entry != NULL) {
        tape_say(&frame, entry, &words);
        snprintf(text, sizeof text, "%s %s%s%s", words.word, words.line,
                 words.more[0] != '\0' ? ", " : "", words.more);
        copy_text(act, text, strlen(text));
    }
}

static void copy_entry(struct act *act)
{
    if (!act->screen->strip.event_log) {
        copy_tape(act);
        return;
    }
    struct events_entry found;
    if (events_find(act->screen, act->input, events_cursor(act->screen, act->input), &found)) {
        copy_text(act, found.entry->what, strlen(found.entry->what));
    }
}

void act_copy(struct act *act)
{
    struct screen *screen = act->screen;
    if (screen->focus == PANE_EVENTS) {
        copy_entry(act);
        return;
    }
    act_refresh_rows(act);
    struct pane_state state = screen_pane(screen, act->input, (enum resource)screen->focus);
    bool one = !act_in_table(act) && state.shown != NULL && state.shown->row_count > 0;
    const struct row *row = screen->popup == SCOPE_DETAIL ? detail_row(screen, act->input)
                            : one                         ? model_row(state.shown, 0)
                            : act_in_table(act)           ? table_selected(act_table(act))
                                                          : NULL;
    if (row == NULL) {
        return;
    }
    size_t count, symbol = column_find(screen->focus, "symbol", 6);
    const struct column *columns = columns_of(screen->focus, &count);
    if (act->action == ACTION_COPY_ROW && row->raw.ptr != NULL) {
        copy_text(act, row->raw.ptr, row->raw.len);
    } else {
        const char *text = symbol < count ? columns[symbol].text(row) : row->id;
        copy_text(act, text, strlen(text));
    }
}
