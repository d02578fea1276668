/* The events strip: what came, and what came of it. Newest first. */
#include "screen_parts.h"

#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 22
#define OUTCOME_WIDTH 46

/* Entries that came after the pause began are not shown yet. */
size_t screen_journal_skip(const struct screen *screen, const struct screen_input *input)
{
    uint64_t total = journal_total(input->journal);
    return screen->paused && total > screen->held_total ? (size_t)(total - screen->held_total) : 0;
}

size_t events_count(const struct screen *screen, const struct screen_input *input)
{
    if (input->journal == NULL) {
        return 0;
    }
    size_t count = journal_count(input->journal), skip = screen_journal_skip(screen, input);
    return count > skip ? count - skip : 0;
}

const struct journal_entry *events_at(const struct screen *screen, const struct screen_input *input,
                                      size_t i)
{
    if (i >= events_count(screen, input)) {
        return NULL;
    }
    return journal_at(input->journal, i + screen_journal_skip(screen, input));
}

/* The index of the selected entry: numbers count up, indexes from the newest. */
size_t events_cursor(const struct screen *screen, const struct screen_input *input)
{
    const struct journal_entry *newest = events_at(screen, input, 0);
    size_t count = events_count(screen, input);
    if (newest == NULL || screen->events.selected == 0 ||
        screen->events.selected > newest->number) {
        return 0;
    }
    size_t at = (size_t)(newest->number - screen->events.selected);
    return at < count ? at : count - 1;
}

void events_select(struct screen *screen, const struct screen_input *input, size_t i)
{
    size_t count = events_count(screen, input);
    const struct journal_entry *entry = events_at(screen, input, i < count ? i : count - 1);
    screen->events.selected = entry != NULL && i > 0 ? entry->number : 0;
}

static void pane_names(resource_mask mask, char *out, size_t capacity)
{
    size_t len = 0;
    out[0] = '\0';
    if ((mask & RESOURCE_ALL) == RESOURCE_ALL) {
        snprintf(out, capacity, "all");
        return;
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if ((mask & RESOURCE_BIT(i)) != 0 && len < capacity) {
            int wrote = snprintf(out + len, capacity - len, "%s%s", len > 0 ? "+" : "",
                                 resource_info((enum resource)i)->pane);
            len += wrote > 0 ? (size_t)wrote : 0;
        }
    }
}

static void outcome_text(const struct journal_entry *entry, char *out, size_t capacity)
{
    char names[64], padded[80], ms[FORMAT_MAX];
    pane_names(entry->panes, names, sizeof names);
    snprintf(padded, sizeof padded, "%-10s", names);
    format_ms(entry->fetch_us, ms);
    out[0] = '\0';
    switch (entry->outcome) {
    case JOURNAL_NOTED:
        break;
    case JOURNAL_PATCHED:
        snprintf(out, capacity, "→ %s patched", padded);
        break;
    case JOURNAL_COVERED:
        snprintf(out, capacity, "→ %s shown already", padded);
        break;
    case JOURNAL_PENDING:
        snprintf(out, capacity, "→ %s …", padded);
        break;
    case JOURNAL_CONFIRMED:
        snprintf(out, capacity, "→ %.40s GET %d %6.12s ms %4zu rows", padded, entry->status, ms,
                 entry->rows);
        break;
    case JOURNAL_FAILED:
        snprintf(ms, sizeof ms, entry->status > 0 ? "GET %d failed" : "GET failed%.0d",
                 entry->status);
        snprintf(out, capacity, "→ %.40s %.40s", padded, ms);
        break;
    }
}

/* What happened holds quantities and prices: their digits go with the amounts. */
static void hide_digits(char *text, size_t capacity)
{
    char out[256];
    size_t len = 0;
    for (const char *at = text; *at != '\0' && len + 4 < sizeof out; at++) {
        if (*at >= '0' && *at <= '9') {
            memcpy(out + len, "•", 3);
            len += 3;
        } else {
            out[len++] = *at;
        }
    }
    out[len] = '\0';
    snprintf(text, capacity, "%s", out);
}

static enum role outcome_role(const struct journal_entry *entry)
{
    return entry->outcome == JOURNAL_FAILED    ? ROLE_CONN_BAD
           : entry->outcome == JOURNAL_PENDING ? ROLE_CONN_WARN
                                               : ROLE_DIM;
}

static void put_entry(const struct frame *frame, const struct journal_entry *entry,
                      struct rect line, unsigned attributes)
{
    char at[FORMAT_MAX], what[256], outcome[128], out[256];
    struct canvas *canvas = frame->canvas;
    format_clock(&frame->input->format, FORMAT_CLOCK_MS, entry->wall_ms, at);
    snprintf(what, sizeof what, "%s", entry->what);
    if (frame->screen->hide_amounts) {
        hide_digits(what, sizeof what);
    }
    outcome_text(entry, outcome, sizeof outcome);
    bool roomy = line.width >= 100;
    int x = line.x + 1, end = line.x + line.width - 1;
    x += canvas_put(canvas, (struct rect){x, line.y, end - x, 1}, at,
                    (struct style){ROLE_DIM, attributes}) +
         2;
    text_fit(entry->name, (struct text_fit){NAME_WIDTH, TEXT_CUT_END}, out, sizeof out);
    canvas_put(canvas, (struct rect){x, line.y, end - x, 1}, out,
               (struct style){ROLE_TEXT, attributes});
    x += NAME_WIDTH + 1;
    int width = roomy ? end - x - OUTCOME_WIDTH - 1 : end - x;
    text_fit(what, (struct text_fit){width, TEXT_CUT_END}, out, sizeof out);
    int used = width > 0 ? canvas_put(canvas, (struct rect){x, line.y, width, 1}, out,
                                      (struct style){ROLE_TEXT, attributes})
                         : 0;
    x += roomy ? (width < 60 ? width : 60) + 1 : used + 1;
    text_fit(outcome, (struct text_fit){end - x, TEXT_CUT_END}, out, sizeof out);
    if (end > x) {
        canvas_put(canvas, (struct rect){x, line.y, end - x, 1}, out,
                   (struct style){outcome_role(entry), attributes});
    }
}

static void keep_in_sight(struct screen *screen, size_t cursor, size_t count, size_t lines)
{
    size_t *top = &screen->events.top;
    *top = screen->events.selected == 0 ? 0 : *top;
    if (cursor < *top) {
        *top = cursor;
    } else if (cursor >= *top + lines) {
        *top = cursor - lines + 1;
    }
    *top = *top + lines > count ? (count > lines ? count - lines : 0) : *top;
}

void paint_events(const struct frame *frame, struct rect area)
{
    struct screen *screen = frame->screen;
    size_t count = events_count(screen, frame->input), cursor = events_cursor(screen, frame->input);
    if (area.height < 1 || count == 0) {
        return;
    }
    keep_in_sight(screen, cursor, count, (size_t)area.height);
    for (int i = 0; i < area.height && screen->events.top + (size_t)i < count; i++) {
        size_t at = screen->events.top + (size_t)i;
        struct rect line = {area.x, area.y + i, area.width, 1};
        bool selected = screen->focus == PANE_EVENTS && at == cursor;
        if (selected) {
            canvas_fill(frame->canvas, line, (struct style){ROLE_SELECTED, CELL_SELECTED});
            canvas_put(frame->canvas, line, "▸", (struct style){ROLE_KEY, CELL_SELECTED});
        }
        put_entry(frame, events_at(screen, frame->input, at), line, selected ? CELL_SELECTED : 0);
    }
}
