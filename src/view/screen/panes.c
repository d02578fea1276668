/* A pane: its frame with title, times and reasons, and what is inside. */
#include "screen_private.h"

#include <blotter/core/derive.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#define TITLE_MAX 256
#define TITLE_ROOM 18 /* columns for number, frame and the time on the right */

static struct style plain(enum role role)
{
    return (struct style){role, 0};
}

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
    char digits[24] = "", *at = digits + sizeof digits - 1;
    do {
        *--at = (char)('0' + count % 10);
        count /= 10;
    } while (count > 0);
    say(words, at);
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
    size_t all = table_line_count(table), last = table->top + (lines > 0 ? (size_t)lines : 0);
    last = last < all ? last : all;
    out[0] = '\0';
    if (table->snapshot == NULL) {
        return;
    }
    if (table_filter_hides(table)) {
        snprintf(out, capacity, "%zu of %zu · ", table->order_count, table->total);
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
        snprintf(out, capacity, "%zu-%zu/%zu · ", first, last, table->order_count);
    } else {
        struct words words;
        words.len = 0;
        say_count(&words, table->order_count);
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
                 (unsigned long long)(frame->screen->paused ? frame->screen->held_events
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
    int used = canvas_put(frame->canvas, edge, text,
                          (struct style){typing ? ROLE_KEY : ROLE_MATCH, CELL_BOLD});
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
        say(&words, more && i == ORDER_VIEW_WORKING ? "+" : "");
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

/* "   avg slip +0.02 % = -1,120 of 23": the fills weighed by what they were worth. */
static void add_slip(struct bar *bar, const struct frame *frame, const struct table_foot *foot,
                     bool stale)
{
    char percent[FORMAT_MAX], amount[FORMAT_MAX];
    const struct format *format = &frame->input->format;
    if (foot->slips == 0 || isnan(foot->slip)) {
        return;
    }
    struct format_figure share = {foot->slip / foot->filled * 100, 2,
                                  FORMAT_SIGN | FORMAT_PERCENT | FORMAT_DERIVED};
    format_number(format, share, percent);
    format_number(format, (struct format_figure){-foot->slip, 0, FORMAT_SIGN}, amount);
    enum role role = stale            ? ROLE_STALE
                     : foot->slip > 0 ? ROLE_PNL_DOWN
                     : foot->slip < 0 ? ROLE_PNL_UP
                                      : ROLE_TEXT;
    bar_add(bar, (struct bar_place){3, 0}, plain(ROLE_DIM), "   avg slip ");
    bar_add(bar, (struct bar_place){3, 0}, plain(role), "%s", percent);
    bar_add(bar, (struct bar_place){4, 0}, plain(role), " = %s",
            frame->screen->hide_amounts ? FORMAT_HIDDEN : amount);
    bar_add(bar, (struct bar_place){5, 0}, plain(ROLE_DIM), " of %zu fill%s", foot->slips,
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
    bar_add(&bar, (struct bar_place){0, 0}, (struct style){ROLE_TOTAL, CELL_BOLD}, " working %zu",
            foot->working);
    if (foot->working > 0) {
        bar_add(&bar, (struct bar_place){1, 0}, plain(ROLE_DIM), " worth %s", stale ? "≈ " : "");
        bar_add(&bar, (struct bar_place){1, 0}, plain(stale ? ROLE_STALE : ROLE_TEXT), "%s",
                frame->screen->hide_amounts ? FORMAT_HIDDEN : out);
    }
    if (foot->worth.unknown > 0) {
        bar_add(&bar, (struct bar_place){2, 0}, plain(ROLE_DIM), ", %zu unknown",
                foot->worth.unknown);
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
    bar_add(&bar, (struct bar_place){1, 0}, plain(ROLE_KEY), " %s %s", before, after);
    bar_add(&bar, (struct bar_place){1, 0}, plain(ROLE_DIM), " other list");
    bar_add(&bar, (struct bar_place){0, 0}, plain(ROLE_TOTAL), "   %zu symbols",
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

/* --- account -------------------------------------------------------------------------------- */

int account_lines(const struct screen *screen)
{
    if (screen->account_lines > 0) {
        return screen->account_lines;
    }
    uint8_t columns[COLUMNS_MAX];
    return (int)table_columns(&screen->tables[PANE_ACCOUNT], false, columns);
}

static double account_figure(const struct frame *frame, const struct column *column)
{
    const struct money *money = &frame->screen->money;
    const struct account *account = frame->screen->tables[RESOURCE_ACCOUNT].snapshot->account;
    bool derived = false, loaded = frame->screen->tables[RESOURCE_POSITIONS].snapshot != NULL;
    if (column->number != NULL) {
        return column->number(&account->row, &derived);
    }
    if (!loaded || money->count != 1) {
        return (double)NAN;
    }
    return strcmp(column->name, "net-liq") == 0    ? money_net_liq(account, money)
           : strcmp(column->name, "realised") == 0 ? money->sums[0].realized.value
                                                   : money->sums[0].unrealized.value;
}

static void account_text(const struct frame *frame, const struct column *column, char *out,
                         size_t capacity)
{
    const struct account *account = frame->screen->tables[RESOURCE_ACCOUNT].snapshot->account;
    char figure[FORMAT_MAX];
    if (column->kind == COLUMN_TEXT) {
        text_fit(column->text(&account->row), (struct text_fit){24, TEXT_CUT_END}, out, capacity);
        return;
    }
    double value = account_figure(frame, column);
    unsigned flags = ((column->flags & COLUMN_SIGNED) != 0 ? FORMAT_SIGN : 0) |
                     ((column->flags & COLUMN_DERIVED) != 0 ? FORMAT_DERIVED : 0);
    if (column->kind == COLUMN_TIME) {
        int64_t at = isnan(value) ? MODEL_NO_TIME : (int64_t)value;
        format_time(&frame->input->format, at, frame->input->now.wall_ms, figure);
    } else {
        format_number(&frame->input->format,
                      (struct format_figure){value, column->decimals_low, flags}, figure);
    }
    bool hidden =
        frame->screen->hide_amounts && (column->flags & COLUMN_AMOUNT) != 0 && !isnan(value);
    snprintf(out, capacity, "%s", hidden ? FORMAT_HIDDEN : figure);
}

static void put_share(const struct frame *frame, double percent, enum role role, struct rect area)
{
    char text[32];
    int width = area.width >= 18 ? 10 : area.width - 8;
    int full = (int)(percent / 100 * width + 0.5);
    for (int i = 0; i < width; i++) {
        bool used = i < full;
        canvas_put(frame->canvas, (struct rect){area.x + i, area.y, 1, 1}, used ? "█" : "░",
                   plain(role == ROLE_STALE || used ? role : ROLE_DIM));
    }
    int at = width > 0 ? width + 1 : 0;
    snprintf(text, sizeof text, "~%.0f %%", percent);
    if (text_width(text) <= area.width - at) {
        canvas_put(frame->canvas, (struct rect){area.x + at, area.y, area.width - at, 1}, text,
                   plain(role == ROLE_BAR ? ROLE_DIM : role));
    }
}

/* Behind the figure: its share of the balance. */
static void put_account_extra(const struct frame *frame, const struct column *column,
                              struct rect area)
{
    const struct account *account = frame->screen->tables[RESOURCE_ACCOUNT].snapshot->account;
    bool stale = screen_pane(frame->screen, frame->input, RESOURCE_ACCOUNT).stale;
    double used = money_margin(account);
    double free_percent =
        account->balance > 0 ? account->available_margin / account->balance * 100 : (double)NAN;
    enum role role = margin_role(used, stale);
    if (strcmp(column->name, "used") == 0 && !isnan(used)) {
        put_share(frame, used, role == ROLE_TEXT ? ROLE_BAR : role, area);
    } else if (strcmp(column->name, "available") == 0 && !isnan(free_percent)) {
        put_share(frame, free_percent, stale ? ROLE_STALE : ROLE_BAR, area);
    }
}

struct account_place {
    struct rect inside;
    int label, figure; /* widths */
};

static void put_account_line(const struct frame *frame, const struct column *column,
                             const struct account_place *place, int y)
{
    char text[BAR_TEXT_MAX], label[BAR_TEXT_MAX];
    bool stale = screen_pane(frame->screen, frame->input, RESOURCE_ACCOUNT).stale;
    bool provisional = frame->screen->tables[RESOURCE_ACCOUNT].snapshot->account->row.provisional;
    double value = column->kind == COLUMN_TEXT ? 0 : account_figure(frame, column);
    enum role role = provisional ? ROLE_PROVISIONAL : ROLE_TEXT;
    if ((column->flags & COLUMN_SIGNED) != 0) {
        role = value > 0 ? ROLE_PNL_UP : value < 0 ? ROLE_PNL_DOWN : ROLE_TEXT;
    }
    account_text(frame, column, text, sizeof text);
    text_fit(column->title, (struct text_fit){place->label, TEXT_CUT_END}, label, sizeof label);
    canvas_put(frame->canvas, (struct rect){place->inside.x + 1, y, place->label, 1}, label,
               plain(ROLE_DIM));
    struct rect area = {place->inside.x + 1 + place->label + 1, y, place->figure, 1};
    bool whole = text_width(text) <= area.width;
    canvas_put_right(frame->canvas, area, whole ? text : FORMAT_HASHES,
                     plain(stale ? ROLE_STALE : role));
    area.x += area.width + 2;
    area.width = place->inside.x + place->inside.width - area.x - 1;
    if (area.width > 0) {
        put_account_extra(frame, column, area);
    }
}

static void paint_account(const struct frame *frame)
{
    const struct table *table = &frame->screen->tables[PANE_ACCOUNT];
    struct account_place place = {.inside =
                                      rect_inset(frame->screen->layout.panes[PANE_ACCOUNT], 1)};
    if (screen_is_joint(frame->input)) {
        paint_accounts(frame, place.inside);
        return;
    }
    put_reason(frame, PANE_ACCOUNT, place.inside);
    if (table->snapshot == NULL || table->snapshot->row_count == 0) {
        return;
    }
    uint8_t shown[COLUMNS_MAX];
    size_t all, count = table_columns(table, false, shown);
    const struct column *columns = columns_of(PANE_ACCOUNT, &all);
    char text[BAR_TEXT_MAX];
    for (size_t i = 0; i < count; i++) {
        const struct column *column = &columns[shown[i]];
        account_text(frame, column, text, sizeof text);
        int label = text_width(column->title), figure = text_width(text);
        place.label = label > place.label ? label : place.label;
        place.figure = figure > place.figure ? figure : place.figure;
    }
    int room = place.inside.width - 3;
    place.figure = place.figure < room ? place.figure : room;
    place.label = place.label < room - place.figure ? place.label : room - place.figure;
    for (size_t i = 0; i < count && (int)i < place.inside.height; i++) {
        put_account_line(frame, &columns[shown[i]], &place, place.inside.y + (int)i);
    }
    struct rect rest = place.inside;
    int used = (int)count < rest.height ? (int)count : rest.height;
    rest.y += used;
    rest.height -= used;
    paint_day_curve(frame, rest);
}

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
    if (pane == PANE_ACCOUNT) {
        paint_account(frame);
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
