/* A pane: its frame with title, times and reasons, and what is inside. */
#include "account_pane.h"
#include "accounts.h"
#include "bar.h"
#include "curves.h"
#include "events.h"
#include "frame.h"
#include "panes.h"
#include "parts.h"
#include "tape_pane.h"
#include "words.h"

#include <blotter/core/derive.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TITLE_MAX 256
#define TITLE_ROOM 18 /* columns for number, frame and the time on the right */

/* Text that is put together without printf: heads are made anew for every frame. */
struct words {
    char text[TITLE_MAX];
    size_t len;
};

static void say(struct words *words, const char *text)
{
    size_t room = sizeof words->text - 1 - words->len, len = strlen(text);
    len = len < room ? len : room;
    memcpy(words->text + words->len, text, len);
    words->len += len;
    words->text[words->len] = '\0';
}

static void say_count(struct words *words, size_t count)
{
    char digits[24];
    text_count(digits, count);
    say(words, digits);
}

/* --- title ---------------------------------------------------------------------------------- */

/* Orders say it where they are not sorted as usual: their views stand in its place. */
static void sort_text(const struct table *table, char *out, size_t capacity)
{
    size_t count;
    const struct column *columns = columns_of(table->pane, &count);
    out[0] = '\0';
    struct table_order order = table_order(table);
    if (table->pane == PANE_ORDERS && order.column == 0 && order.descending) {
        return;
    }
    if (table->grouping != TABLE_NO_GROUPS) {
        snprintf(out, capacity, "  %s", table_grouping_word(table->grouping));
        return;
    }
    if (order.column != table->sort) {
        snprintf(out, capacity, "  worst first");
        return;
    }
    if (table->sort >= 0 && (size_t)table->sort < count) {
        const char *title = columns[table->sort].title;
        snprintf(out, capacity, "  %s%s", title + (title[0] == '~'), table->descending ? "↓" : "↑");
    }
}

static void list_text(const struct table *table, char *out, size_t capacity)
{
    char name[96];
    out[0] = '\0';
    if (table->pane == PANE_WATCHLIST && table->snapshot != NULL &&
        table->snapshot->list_count > 0) {
        text_fit(table->snapshot->lists[table->list].name, (struct text_fit){18, TEXT_CUT_END},
                 name, sizeof name);
        const struct owner *owner = table->snapshot->lists[table->list].owner;
        bool several = owner != NULL && table->owner_count > 1;
        snprintf(out, capacity, "  “%s”%s%s %zu/%zu", name, several ? " " : "",
                 several ? owner->name : "", table->list + 1, table->list_count);
    }
}

static void title_text(const struct frame *frame, enum pane pane, char *out, size_t capacity)
{
    char sort[64] = "", list[192] = "";
    if (screen_has_table(pane)) {
        sort_text(&frame->screen->tables[pane], sort, sizeof sort);
        list_text(&frame->screen->tables[pane], list, sizeof list);
    }
    bool star = frame->canvas->ascii && pane == frame->screen->focus;
    const struct pane_info *info = pane_info(pane);
    int width = frame->screen->layout.panes[pane].width;
    bool event_log = pane == PANE_EVENTS && frame->screen->strip.event_log;
    const char *word = event_log                       ? "Events"
                       : list[0] != '\0' && width < 50 ? info->tab
                                                       : info->title;
    if (list[0] != '\0' && text_width(list) + text_width(word) + TITLE_ROOM > width) {
        word = ""; /* the list's name says enough, the time beside it matters more */
    }
    const char *gap = list + (word[0] == '\0' ? 2 : width < 50 && list[0] != '\0' ? 1 : 0);
    snprintf(out, capacity, " %s%d %s%s%s ", star ? "*" : "", (int)pane + 1, word, gap, sort);
}

/* "8", "3 of 8" when the filter hides some, "12-40/200" when not all of them fit. */
static void count_text(const struct frame *frame, enum pane pane, int lines, char *out,
                       size_t capacity)
{
    const struct table *table = &frame->screen->tables[pane];
    bool cut = pane == PANE_ORDERS && screen_is_cut(frame->input, table->snapshot);
    const char *more = cut ? "+" : "";
    size_t all = table_line_count(table), last = table->top + (lines > 0 ? (size_t)lines : 0);
    last = last < all ? last : all;
    out[0] = '\0';
    if (table->snapshot == NULL) {
        return;
    }
    if (table_filter_hides(table)) {
        snprintf(out, capacity, "%zu of %zu%s · ", table->order_count, table->total, more);
    } else if (lines > 0 && all > (size_t)lines) {
        size_t top = table->top, first = table_row_of_line(table, top);
        while (first == TABLE_NO_ROW) { /* what divides rows is none */
            first = table_row_of_line(table, ++top);
        }
        size_t end = last - 1, newest = table_row_of_line(table, end);
        while (newest == TABLE_NO_ROW && end > 0) {
            newest = table_row_of_line(table, --end);
        }
        last = (newest == TABLE_NO_ROW ? first : newest) + 1;
        first++;
        snprintf(out, capacity, "%zu-%zu/%zu%s · ", first, last, table->order_count, more);
    } else {
        struct words words;
        words.len = 0;
        say_count(&words, table->order_count);
        say(&words, more);
        say(&words, " · ");
        memcpy(out, words.text, words.len < capacity ? words.len + 1 : capacity);
    }
}

/* "gross 3,20,000 · long 80 % · ": of what is shown, where it is all in one currency. */
static void exposure_text(const struct frame *frame, char *out, size_t capacity)
{
    const struct money *sums = &frame->screen->tables[PANE_POSITIONS].sums;
    const struct money_sum *sum = &sums->sums[0];
    char gross[FORMAT_MAX];
    out[0] = '\0';
    if (sums->count != 1 || !(sum->gross > 0)) {
        return;
    }
    bool doubtful = sum->value.derived || sum->value.unknown > 0;
    format_number(&frame->input->format,
                  (struct format_figure){sum->gross, 0, doubtful ? FORMAT_DERIVED : 0}, gross);
    snprintf(out, capacity, "%sgross %s · long %.0f %% · ", sum->stale ? "≈ " : "",
             frame->screen->hide_amounts ? FORMAT_HIDDEN : gross,
             (sum->gross + sum->net) / 2 / sum->gross * 100);
}

struct status {
    char exposure[FORMAT_MAX + 48], count[64], more[64], at[FORMAT_MAX], minute[FORMAT_MAX];
    bool cut, stale;
};

/* From the longest form to the shortest; a stale mark stays to the last. */
enum { STATUS_FORMS = 5 };
static void status_form(const struct status *status, int form, struct words *ret)
{
    bool last = form == STATUS_FORMS - 1, cut = form == 1 && status->cut;
    ret->len = 0;
    say(ret, last ? "" : " ");
    say(ret, form == 0 ? status->exposure : form == 1 ? status->more : "");
    say(ret, form <= 2 && !cut ? status->count : "");
    say(ret, !status->stale ? "" : last ? "≈" : "≈ ");
    say(ret, form <= 1 ? "as of " : "");
    say(ret, form <= 2 ? status->at : form == 3 ? status->minute : "");
    say(ret, last ? "" : " ");
}

/* Count and freshness: the longest form that fits. */
static void put_status(const struct frame *frame, enum pane pane, struct rect edge, int lines)
{
    struct pane_state state = screen_pane(frame->screen, frame->input, (enum resource)pane);
    const struct format *format = &frame->input->format;
    struct status status = {.stale = state.stale};
    struct words words;
    if (state.shown == NULL) {
        return;
    }
    if (screen_has_table(pane)) {
        count_text(frame, pane, lines, status.count, sizeof status.count);
    }
    format_time(format, state.shown_ms, frame->input->now.wall_ms, status.at);
    format_clock(format, FORMAT_CLOCK_MINUTE, state.shown_ms, status.minute);
    status.cut = pane == PANE_ORDERS && screen_is_cut(frame->input, state.shown);
    if (status.cut) {
        snprintf(status.more, sizeof status.more, "newest %zu of more · ", state.shown->row_count);
    }
    if (pane == PANE_POSITIONS) {
        exposure_text(frame, status.exposure, sizeof status.exposure);
    }
    for (int form = status.exposure[0] != '\0' ? 0 : 1; form < STATUS_FORMS; form++) {
        status_form(&status, form, &words);
        if (text_width(words.text) <= edge.width) {
            canvas_put_right(frame->canvas, edge, words.text,
                             plain(state.stale ? ROLE_STALE : ROLE_DIM));
            return;
        }
    }
}

static void put_events_status(const struct frame *frame, struct rect edge)
{
    char text[TITLE_MAX] = "";
    size_t new = tape_pane_new(frame->screen, frame->input);
    if (frame->screen->strip.event_log) {
        snprintf(text, sizeof text, " %llu received ",
                 (unsigned long long)(frame->screen->paused && frame->input->accounts == NULL
                                          ? frame->screen->held[0].events
                                          : frame->input->events));
    } else if (new > 0) {
        snprintf(text, sizeof text, " %zu new ", new);
    }
    if (text_width(text) <= edge.width) {
        canvas_put_right(frame->canvas, edge, text, plain(ROLE_DIM));
    }
}

/* --- edges ---------------------------------------------------------------------------------- */

static void put_edge(const struct frame *frame, enum pane pane, enum box_edge edge)
{
    bool focused = pane == frame->screen->focus;
    canvas_box_edge(frame->canvas, frame->screen->layout.panes[pane],
                    focused ? BOX_HEAVY : BOX_LIGHT, edge,
                    plain(focused ? ROLE_BORDER_FOCUS : ROLE_BORDER));
}

/* --- bottom edge: filter and faults --------------------------------------------------------- */

static int put_filter(const struct frame *frame, enum pane pane, struct rect edge)
{
    const struct table *table = &frame->screen->tables[pane];
    bool typing = frame->screen->popup == SCOPE_PROMPT && pane == frame->screen->focus;
    char text[TITLE_MAX];
    if (!typing && table->filter[0] == '\0') {
        return 0;
    }
    snprintf(text, sizeof text, " /%s%s ", table->filter, typing ? "▏" : "");
    int used = canvas_put(frame->canvas, edge, text, bold(typing ? ROLE_KEY : ROLE_MATCH));
    if (table->filter_error[0] != '\0') {
        snprintf(text, sizeof text, "%s ", table->filter_error);
        edge.x += used;
        edge.width -= used;
        used += canvas_put(frame->canvas, edge, text, plain(ROLE_CONN_BAD));
    }
    return used;
}

/* False when there is none to be shown. */
static bool put_fault(const struct frame *frame, enum pane pane, struct rect edge)
{
    struct pane_state state = screen_pane(frame->screen, frame->input, (enum resource)pane);
    char text[TITLE_MAX + 64], out[TITLE_MAX + 64], at[FORMAT_MAX];
    if (state.fault.kind == FAULT_NONE || state.shown == NULL || edge.width < 8) {
        return false;
    }
    int len = snprintf(text, sizeof text, " ✗ %s ", state.fault.text);
    if (state.retry_ms != MODEL_NO_TIME) {
        format_time(&frame->input->format, state.retry_ms, frame->input->now.wall_ms, at);
        snprintf(out, sizeof out, "· next %s ", at);
        if (text_width(text) + text_width(out) <= edge.width) {
            snprintf(text + len, sizeof text - (size_t)len, "%s", out);
        }
    }
    text_fit(text, (struct text_fit){edge.width, TEXT_CUT_END}, out, sizeof out);
    canvas_put_right(frame->canvas, edge, out, plain(ROLE_CONN_BAD));
    return true;
}

/* Where in the rows we are, on the right edge; no size when all of them fit. */
static struct rect thumb_of(struct rect track, size_t top, size_t count)
{
    int lines = track.height;
    if (lines < 2 || count <= (size_t)lines) {
        return (struct rect){0, 0, 0, 0};
    }
    int size = (int)((size_t)lines * (size_t)lines / count);
    size = size < 1 ? 1 : size;
    int at = (int)(top * (size_t)(lines - size) / (count - (size_t)lines));
    at = at > lines - size ? lines - size : at;
    return (struct rect){track.x, track.y + at, 1, size};
}

static void put_thumb(const struct frame *frame, enum pane pane, int lines)
{
    const struct table *table = &frame->screen->tables[pane];
    struct pane_memo *memo = &frame->screen->memos[pane];
    struct rect area = frame->screen->layout.panes[pane];
    struct rect track = {area.x + area.width - 1, area.y + 2, 1, lines};
    struct rect thumb = thumb_of(track, table->top, table_line_count(table));
    if (memo->whole && thumb.y == memo->thumb.y && thumb.height == memo->thumb.height) {
        return;
    }
    if (memo->whole) {
        put_edge(frame, pane, BOX_RIGHT);
    }
    memo->thumb = thumb;
    for (int i = 0; i < thumb.height; i++) {
        canvas_put(frame->canvas, (struct rect){thumb.x, thumb.y + i, 1, 1}, "▐", plain(ROLE_DIM));
    }
}

/* How many rows the pane has room for. */
static int pane_lines(const struct frame *frame, enum pane pane)
{
    if (!screen_has_table(pane)) {
        return 0;
    }
    struct table_view view = screen_table_view(frame->screen, frame->input, pane);
    return table_lines(&view);
}

/* "[working 4] all 54  filled 27  cancelled 8  rejected 1": those there is room for; returns the
 * columns used. */
static int put_views(const struct frame *frame, struct rect edge)
{
    struct screen *screen = frame->screen;
    const struct table *table = &screen->tables[PANE_ORDERS];
    bool stale = screen_pane(screen, frame->input, RESOURCE_ORDERS).stale;
    bool more = screen_is_cut(frame->input, table->snapshot);
    int x = edge.x;
    for (int i = 0; i <= ORDER_VIEW_COUNT; i++) {
        screen->view_x[i] = -1;
    }
    for (int i = 0; i < ORDER_VIEW_COUNT && table->snapshot != NULL; i++) {
        const struct order_view_info *info = order_view_info((enum order_view)i);
        size_t count = table_view_count(table, (enum order_view)i);
        bool here = (int)table->view == i;
        struct words words;
        words.len = 0;
        if (count == 0 && !here && i > ORDER_VIEW_ALL) {
            continue;
        }
        say(&words, here ? "[" : " ");
        say(&words, info->name);
        say(&words, " ");
        say_count(&words, count);
        say(&words, more && i <= ORDER_VIEW_ALL ? "+" : "");
        say(&words, here ? "]" : " ");
        if (text_width(words.text) > edge.x + edge.width - x) {
            break;
        }
        enum role role = stale ? ROLE_STALE : here ? ROLE_TITLE : info->role;
        screen->view_x[i] = x;
        x += canvas_put(frame->canvas, (struct rect){x, edge.y, edge.x + edge.width - x, 1},
                        words.text, (struct style){role, here ? CELL_BOLD : 0});
    }
    screen->view_x[ORDER_VIEW_COUNT] = x;
    return x - edge.x;
}

/* The edge with the title, the times and the count. */
static void put_head(const struct frame *frame, enum pane pane, int lines)
{
    struct rect area = frame->screen->layout.panes[pane];
    bool focused = pane == frame->screen->focus;
    char title[TITLE_MAX], out[TITLE_MAX];
    put_edge(frame, pane, BOX_TOP);
    title_text(frame, pane, title, sizeof title);
    int room = area.width - 4;
    text_fit(title, (struct text_fit){room, TEXT_CUT_END}, out, sizeof out);
    unsigned attributes = focused ? CELL_BOLD : 0;
    attributes |= focused && frame->canvas->ascii ? CELL_REVERSE : 0;
    int used = canvas_put(frame->canvas, (struct rect){area.x + 2, area.y, room, 1}, out,
                          (struct style){ROLE_TITLE, attributes});
    if (pane == PANE_ORDERS) {
        used += put_views(frame, (struct rect){area.x + 2 + used, area.y, room - used, 1});
    }
    struct rect edge = {area.x + 2 + used + 1, area.y, room - used - 1, 1};
    if (pane == PANE_EVENTS) {
        put_events_status(frame, edge);
    } else {
        put_status(frame, pane, edge, lines);
    }
}

/* The edge with the filter and the fault, where there is one now or was one before. */
static void put_foot(const struct frame *frame, enum pane pane)
{
    struct pane_memo *memo = &frame->screen->memos[pane];
    struct rect area = frame->screen->layout.panes[pane];
    struct rect edge = {area.x + 2, area.y + area.height - 1, area.width - 4, 1};
    if (memo->busy_below && memo->whole) {
        put_edge(frame, pane, BOX_BOTTOM);
    }
    int filter = screen_has_table(pane) ? put_filter(frame, pane, edge) : 0;
    edge.x += filter + (filter > 0 ? 1 : 0);
    edge.width -= filter + (filter > 0 ? 1 : 0);
    bool fault = pane != PANE_EVENTS && put_fault(frame, pane, edge);
    memo->busy_below = filter > 0 || fault;
}

static void put_frame(const struct frame *frame, enum pane pane)
{
    struct rect area = frame->screen->layout.panes[pane];
    struct pane_memo *memo = &frame->screen->memos[pane];
    int lines = pane_lines(frame, pane);
    if (!memo->whole) {
        canvas_fill(frame->canvas, area, plain(ROLE_TEXT));
        for (int edge = BOX_TOP; edge <= BOX_RIGHT; edge++) {
            put_edge(frame, pane, (enum box_edge)edge);
        }
        memo_forget(&memo->lines);
        frame->screen->bars[BAR_FOOT] = pane == PANE_ORDERS ? 0 : frame->screen->bars[BAR_FOOT];
    }
    put_head(frame, pane, lines);
    put_foot(frame, pane);
    if (screen_has_table(pane)) {
        put_thumb(frame, pane, lines);
    }
}

/* --- lines under the rows ------------------------------------------------------------------- */

/* "   slippage cost ~1,120 (0.02%) over 23 fills": against limits, or the prices when placed. */
static void add_slip(struct bar *bar, const struct frame *frame, const struct table_foot *foot,
                     bool stale)
{
    char percent[FORMAT_MAX], amount[FORMAT_MAX];
    const struct format *format = &frame->input->format;
    if (foot->slips == 0 || isnan(foot->slip)) {
        return;
    }
    struct format_figure share = {fabs(foot->slip) / foot->filled * 100, 2, FORMAT_PERCENT};
    format_number(format, share, percent);
    format_number(format, (struct format_figure){fabs(foot->slip), 0, FORMAT_DERIVED}, amount);
    bool none = fabs(foot->slip) < 0.5;
    bool cost = foot->slip > 0;
    enum role role = stale ? ROLE_STALE : none ? ROLE_TEXT : cost ? ROLE_PNL_DOWN : ROLE_PNL_UP;
    bar_add(bar, left_at(3), plain(ROLE_DIM), none ? "   no slippage" : "   slippage ");
    if (!none) {
        bar_add(bar, left_at(3), plain(role), "%s %s%s", cost ? "cost" : "gained",
                stale ? "≈ " : "", frame->screen->hide_amounts ? FORMAT_HIDDEN : amount);
        bar_add(bar, left_at(4), plain(role), " (%s)", percent);
    }
    bar_add(bar, left_at(5), plain(ROLE_DIM), " over %zu fill%s", foot->slips,
            foot->slips == 1 ? "" : "s");
}

/* What the working orders are worth, and what the fills have slipped. */
static void order_foot(const struct frame *frame, struct rect line)
{
    struct table *table = &frame->screen->tables[PANE_ORDERS];
    char out[FORMAT_MAX];
    struct bar bar;
    bar.count = 0;
    if (screen_is_joint(frame->input)) {
        paint_accounts_worth(frame, line);
        frame->screen->bars[BAR_FOOT] = 0;
        return;
    }
    bool stale = screen_pane(frame->screen, frame->input, RESOURCE_ORDERS).stale;
    table_foot_make(table);
    const struct table_foot *foot = &table->foot;
    format_number(&frame->input->format,
                  (struct format_figure){foot->worth.value, 0, FORMAT_DERIVED}, out);
    bar_add(&bar, left_at(0), bold(ROLE_TOTAL), " working %zu", foot->working);
    if (foot->working > 0) {
        bar_add(&bar, left_at(1), plain(ROLE_DIM), " worth %s", stale ? "≈ " : "");
        bar_add(&bar, left_at(1), plain(stale ? ROLE_STALE : ROLE_TEXT), "%s",
                frame->screen->hide_amounts ? FORMAT_HIDDEN : out);
    }
    if (foot->worth.unknown > 0) {
        bar_add(&bar, left_at(2), plain(ROLE_DIM), ", %zu unknown", foot->worth.unknown);
    }
    add_slip(&bar, frame, foot, stale);
    bar_repaint(&bar, frame, BAR_FOOT, line);
}

static void list_hint(const struct frame *frame, struct rect line)
{
    char before[24], after[24];
    struct bar bar;
    bar.count = 0;
    key_of(frame->input, ACTION_LIST_PREVIOUS, before, sizeof before);
    key_of(frame->input, ACTION_LIST_NEXT, after, sizeof after);
    bar_add(&bar, left_at(1), plain(ROLE_KEY), " %s %s", before, after);
    bar_add(&bar, left_at(1), plain(ROLE_DIM), " other list");
    bar_add(&bar, left_at(0), plain(ROLE_TOTAL), "   %zu symbols",
            frame->screen->tables[PANE_WATCHLIST].order_count);
    bar_paint(&bar, frame->canvas, line);
}

/* --- inside --------------------------------------------------------------------------------- */

static void put_reason(const struct frame *frame, enum pane pane, struct rect inside)
{
    char text[BAR_TEXT_MAX + 64], out[BAR_TEXT_MAX + 64];
    empty_reason(frame, pane, text, sizeof text);
    if (text[0] == '\0' || inside.height < 1) {
        return;
    }
    text_fit(text, (struct text_fit){inside.width - 2, TEXT_CUT_END}, out, sizeof out);
    bool titles = screen_has_table(pane) && frame->screen->tables[pane].total > 0;
    int width = text_width(out), y = inside.y + (inside.height > 2 ? inside.height / 3 : 0);
    y = titles && y == inside.y && inside.height > 1 ? y + 1 : y; /* they stay */
    struct rect line = {inside.x + (inside.width - width) / 2, y, width, 1};
    bool bad = strncmp(text, "not loaded", 10) == 0;
    canvas_put(frame->canvas, line, out, plain(bad ? ROLE_CONN_BAD : ROLE_DIM));
}

static void paint_table(const struct frame *frame, enum pane pane)
{
    struct table *table = &frame->screen->tables[pane];
    struct table_view view = screen_table_view(frame->screen, frame->input, pane);
    struct rect inside = rect_inset(frame->screen->layout.panes[pane], 1);
    if (table->snapshot != NULL && table->total > 0) {
        table_paint(table, &view, &frame->screen->memos[pane].lines, frame->canvas);
    }
    put_reason(frame, pane, inside);
    bool reason = table->order_count == 0 && inside.height < 3; /* it stands on that line */
    if (view.area.height >= inside.height || reason) {
        frame->screen->bars[BAR_FOOT] = pane == PANE_ORDERS ? 0 : frame->screen->bars[BAR_FOOT];
    } else {
        struct rect line = {inside.x, inside.y + inside.height - 1, inside.width, 1};
        if (pane == PANE_ORDERS) {
            order_foot(frame, line);
        } else {
            list_hint(frame, line);
        }
    }
}

/* --- the whole ------------------------------------------------------------------------------ */

/* A pane with rows is as it was but for its lines; others say why they have none. */
static bool has_lines(const struct frame *frame, enum pane pane)
{
    const struct table *table = &frame->screen->tables[pane < PANE_EVENTS ? pane : 0];
    if (pane == PANE_EVENTS) {
        return frame->screen->strip.event_log ? events_count(frame->screen, frame->input) > 0
                                              : tape_pane_count(frame->screen, frame->input) > 0;
    }
    return screen_has_table(pane) && table->order_count > 0;
}

void paint_pane(const struct frame *frame, enum pane pane)
{
    struct rect inside = rect_inset(frame->screen->layout.panes[pane], 1);
    struct pane_memo *memo = &frame->screen->memos[pane];
    bool lines = has_lines(frame, pane);
    memo->whole = memo->whole && lines;
    if (screen_has_table(pane)) {
        table_scroll(&frame->screen->tables[pane], (size_t)pane_lines(frame, pane));
    }
    put_frame(frame, pane);
    if (pane == PANE_ACCOUNT && screen_is_joint(frame->input)) {
        paint_accounts(frame, inside);
    } else if (pane == PANE_ACCOUNT) {
        put_reason(frame, pane, inside);
        paint_account(frame, inside);
    } else if (pane == PANE_EVENTS && frame->screen->strip.event_log) {
        put_reason(frame, pane, inside);
        paint_events(frame, inside);
    } else if (pane == PANE_EVENTS) {
        paint_tape(frame, inside);
        put_reason(frame, pane, inside);
    } else {
        paint_table(frame, pane);
    }
    memo->whole = lines;
}
