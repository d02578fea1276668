#include "account_pane.h"
#include "accounts.h"
#include "away.h"
#include "bar.h"
#include "curves.h"
#include "frame.h"
#include "lines.h"
#include "panes.h"
#include "parts.h"
#include "popup.h"
#include "screen_private.h"
#include "symbol.h"
#include "tape_pane.h"

#include <blotter/core/alloc.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void screen_input_init(struct screen_input *ret)
{
    *ret = (struct screen_input){
        .poll_next_ms = MODEL_NO_TIME, .looked_ms = MODEL_NO_TIME, .badge = "", .host = ""};
    format_default(&ret->format);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        ret->panes[i].confirmed_ms = MODEL_NO_TIME;
        ret->panes[i].shown_ms = MODEL_NO_TIME;
        ret->panes[i].fault_ms = MODEL_NO_TIME;
        ret->panes[i].retry_ms = MODEL_NO_TIME;
    }
}

struct screen *screen_new(int columns, int rows)
{
    struct screen *screen = mem_calloc(1, sizeof *screen);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        table_init(&screen->tables[i], (enum pane)i);
    }
    screen->deadline_us = MOMENT_NEVER;
    screen->age_ms = INT64_MAX;
    screen->symbol_span = SYMBOL_DAY;
    screen->away.looked_ms = MODEL_NO_TIME;
    screen_resize(screen, columns, rows);
    return screen;
}

/* The rows are a copy: the engine's own change under our hands. */
static void hold_one(struct screen_held *held, const struct screen_input *one)
{
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        held->panes[i] = one->panes[i];
        const struct snapshot *shown = one->panes[i].shown;
        held->panes[i].shown = shown != NULL ? snapshot_copy(shown) : NULL;
    }
    held->events = one->events;
    held->logged = one->event_log != NULL ? event_log_total(one->event_log) : 0;
}

void screen_hold(struct screen *screen, const struct screen_input *input)
{
    const struct screen_accounts *accounts = input->accounts;
    screen->held_count = accounts != NULL ? accounts->count : 1;
    screen->held = mem_calloc(screen->held_count + 1, sizeof *screen->held);
    for (size_t i = 0; i < screen->held_count; i++) {
        hold_one(&screen->held[i], accounts != NULL ? &accounts->of[i] : input);
    }
    screen->held_tape = tape_pane_total(input);
    screen->held_total = screen_arrived(input);
    screen->paused = true;
}

void screen_go_on(struct screen *screen)
{
    for (size_t i = 0; i < screen->held_count; i++) {
        for (int r = 0; r < RESOURCE_COUNT; r++) {
            snapshot_unref((struct snapshot *)(uintptr_t)screen->held[i].panes[r].shown);
        }
    }
    free(screen->held);
    screen->held = NULL;
    screen->held_count = 0;
    screen->paused = false;
}

void screen_forget_accounts(struct screen *screen)
{
    screen_go_on(screen);
    free(screen->accounts);
    screen->accounts = NULL;
    screen->account_count = 0;
    screen->strip.selected = screen->events.selected = 0;
    screen->placed = false;
    screen->retake = RESOURCE_ALL;
    screen->dirty |= SCREEN_ALL;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        table_forget_rows(&screen->tables[i]);
    }
}

void screen_free(struct screen *screen)
{
    if (screen == NULL) {
        return;
    }
    screen_go_on(screen);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        table_done(&screen->tables[i]);
    }
    free(screen->accounts);
    free(screen->copy);
    free(screen);
}

void screen_resize(struct screen *screen, int columns, int rows)
{
    screen->columns = columns < 1 ? 1 : columns > CANVAS_SIDE_MAX ? CANVAS_SIDE_MAX : columns;
    screen->rows = rows < 1 ? 1 : rows > CANVAS_SIDE_MAX ? CANVAS_SIDE_MAX : rows;
    screen->dirty |= SCREEN_VIEW;
    screen->placed = false;
    screen->retake = RESOURCE_ALL;
}

/* The lines that a table wants: frame, titles, rows, and what stands below them. */
static int need_of(const struct screen *screen, enum pane pane)
{
    const struct table *table = &screen->tables[pane < PANE_EVENTS ? pane : 0];
    int lines = 3 + (int)table_line_count(table);
    if (pane == PANE_ACCOUNT) {
        return account_lines(screen) + 2 + (screen->curve ? CURVE_LINES : 0);
    }
    if (pane == PANE_EVENTS || table->snapshot == NULL) {
        return 0;
    }
    if (pane == PANE_POSITIONS) {
        return lines + (int)table_closed_count(table) + (int)table->sums.count;
    }
    return lines + (pane == PANE_ORDERS ? !table->brief : table->list_count > 1);
}

/* A pane that has grown gets more; one that has shrunk a little keeps its lines, or everything
 * would move with every order. */
#define NEED_SLACK 3
static void note_needs(struct screen *screen)
{
    for (int i = 0; i < PANE_COUNT; i++) {
        int need = need_of(screen, (enum pane)i);
        need = need < CANVAS_SIDE_MAX ? need : CANVAS_SIDE_MAX;
        if (need > screen->need[i] || need < screen->need[i] - NEED_SLACK) {
            screen->need[i] = need;
        }
    }
}

/* On the page Now there are only orders that work and positions that are open. */
static void note_brief(struct screen *screen)
{
    static const enum pane panes[] = {PANE_ORDERS, PANE_POSITIONS};
    for (size_t i = 0; i < sizeof panes / sizeof *panes; i++) {
        struct table *table = &screen->tables[panes[i]];
        if (table->brief != (screen->layout.now != 0)) {
            table->brief = screen->layout.now != 0;
            screen->retake |= RESOURCE_BIT(panes[i]);
            screen->need[panes[i]] = 0;
        }
    }
}

/* Lays the screen out anew when something that it depends on is not as it was. */
void screen_place(struct screen *screen, const struct screen_input *input)
{
    unsigned wanted = screen_wanted(input);
    while ((wanted & LAYOUT_PANE_BIT(screen->focus)) == 0) {
        screen->focus = (enum pane)((screen->focus + 1) % PANE_COUNT);
    }
    bool menu = screen->popup == SCOPE_COLUMNS || screen->popup == SCOPE_SORT;
    if (menu && screen->chooser_pane != screen->focus) {
        screen->popup = SCOPE_PANES; /* its columns are another pane's */
        screen->dirty |= SCREEN_VIEW;
    }
    struct layout_request request;
    memset(&request, 0, sizeof request);
    request.columns = screen->columns;
    request.rows = screen->rows;
    request.wanted = wanted;
    request.focus = screen->focus;
    request.zoom = screen->zoom;
    request.strip = screen->strip.event_log;
    request.told = tape_pane_total(input) > 0;
    screen->curve = curve_is_there(input);
    note_needs(screen);
    memcpy(request.need, screen->need, sizeof request.need);
    uint64_t key = memo_bytes(1, &request, sizeof request);
    if (!screen->placed || key != screen->layout_key) {
        struct layout before = screen->layout;
        layout_make(&request, &screen->layout);
        bool same = screen->placed && screen->placed_focus == screen->focus &&
                    memcmp(&before, &screen->layout, sizeof before) == 0;
        screen->placed_focus = screen->focus;
        screen->layout_key = key;
        screen->placed = true;
        screen->dirty |= same ? 0 : SCREEN_VIEW;
    }
    note_brief(screen);
}

/* The accounts whose rows stand together. */
static const struct owner *const *shown_owners(const struct screen_input *input, size_t *ret_count)
{
    const struct screen_accounts *accounts = input->accounts;
    *ret_count = 0;
    if (accounts == NULL) {
        return NULL;
    }
    bool all = accounts->shown == SCREEN_ALL_ACCOUNTS;
    *ret_count = all ? accounts->count : 1;
    return accounts->owners + (all ? 0 : accounts->shown);
}

void screen_take(struct screen *screen, const struct screen_input *input, resource_mask which)
{
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if ((which & RESOURCE_BIT(i)) != 0) {
            struct pane_state state = screen_pane(screen, input, (enum resource)i);
            struct table_news news = {.snapshot = state.shown,
                                      .now = input->now,
                                      .quiet = state.stale,
                                      .book = input->book,
                                      .tape = input->tape};
            news.owners = shown_owners(input, &news.owner_count);
            if ((screen->retake & RESOURCE_BIT(i)) != 0) {
                table_forget_widths(&screen->tables[i]);
            }
            table_take(&screen->tables[i], &news);
        }
    }
    if (input->accounts != NULL) {
        accounts_take(screen, input);
    } else if ((which & RESOURCE_BIT(RESOURCE_POSITIONS)) != 0) {
        money_of(&screen->money, input->book, screen->tables[RESOURCE_POSITIONS].snapshot);
    }
}

bool screen_has_moved(const struct screen *screen, const struct screen_input *input, enum pane pane)
{
    struct pane_state state = screen_pane(screen, input, (enum resource)pane);
    size_t count = state.shown != NULL ? state.shown->row_count : 0;
    return state.shown != screen->tables[pane].snapshot || count != screen->tables[pane].row_count;
}

static resource_mask moved(const struct screen *screen, const struct screen_input *input)
{
    resource_mask mask = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        mask |= screen_has_moved(screen, input, (enum pane)i) ? RESOURCE_BIT(i) : 0;
    }
    return mask;
}

resource_mask screen_visible(const struct screen *screen)
{
    resource_mask mask = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        mask |= screen->layout.panes[i].height > 0 ? RESOURCE_BIT(i) : 0;
    }
    /* The top line shows the day's P&L at every size, and the balance where there is room. */
    mask |= RESOURCE_BIT(RESOURCE_POSITIONS);
    bool counts = screen->layout.kind == LAYOUT_MINI && screen->rows > 3;
    mask |= counts ? RESOURCE_BIT(RESOURCE_ORDERS) : 0; /* those that work are counted */
    return screen->layout.kind >= LAYOUT_MEDIUM ? mask | RESOURCE_BIT(RESOURCE_ACCOUNT) : mask;
}

bool screen_hides_amounts(const struct screen *screen)
{
    return screen->hide_amounts;
}

const char *screen_past_symbol(const struct screen *screen, const struct owner *owner)
{
    bool its = owner == NULL || owner->key == screen->symbol_account;
    bool open = screen->popup == SCOPE_SYMBOL || screen->layout.symbol.width > 0;
    bool days = its && open && screen->symbol[0] != '\0' && screen->symbol_span == SYMBOL_DAYS;
    return days ? screen->symbol : NULL;
}

int64_t screen_deadline(const struct screen *screen)
{
    return screen->deadline_us;
}

const char *screen_theme(const struct screen *screen)
{
    return screen->theme;
}

/* --- a frame -------------------------------------------------------------------------------- */

/* A quiet stream's seconds are counted before the reader's eyes. */
static int64_t next_quiet_second(const struct screen_input *input)
{
    bool quiet = input->conn != NULL && input->conn->phase == CONN_LIVE && input->conn->quiet;
    int64_t for_ms = quiet ? input->now.wall_ms - input->conn->quiet_since_ms : 0;
    return quiet ? input->now.mono_us + (1000 - for_ms % 1000) * 1000 : MOMENT_NEVER;
}

/* So are those until a backend may be asked again. */
static int64_t next_held_second(const struct screen_input *input)
{
    if (input->asking == NULL || input->asking->held_until_us == MOMENT_NEVER) {
        return MOMENT_NEVER;
    }
    int64_t left_us = input->asking->held_until_us - input->now.mono_us;
    int64_t step_us = left_us % 1000000;
    return left_us > 0 ? input->now.mono_us + (step_us > 0 ? step_us : 1000000) : MOMENT_NEVER;
}

static void set_deadline(struct screen *screen, const struct screen_input *input)
{
    int64_t at = next_quiet_second(input), held_us = next_held_second(input);
    at = held_us < at ? held_us : at;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        bool shown = screen->layout.panes[i].height > 0;
        if (shown && screen->tables[i].flash_end_us < at) {
            at = screen->tables[i].flash_end_us;
        }
        int64_t rank_us = table_next_rank(&screen->tables[i], (int)screen->focus == i);
        at = shown && rank_us < at ? rank_us : at;
    }
    int64_t stale =
        screen->layout.panes[PANE_WATCHLIST].height > 0
            ? table_next_stale(&screen->tables[PANE_WATCHLIST], input->now, input->quote_stale_ms)
            : INT64_MAX;
    if (stale != INT64_MAX) {
        int64_t mono = input->now.mono_us + (stale - input->now.wall_ms) * 1000;
        at = mono < at ? mono : at;
    }
    if (screen->layout.panes[PANE_ORDERS].height > 0) {
        screen->age_ms = table_next_age(&screen->tables[PANE_ORDERS], input->now.wall_ms);
        int64_t mono = screen->age_ms == INT64_MAX
                           ? MOMENT_NEVER
                           : input->now.mono_us + (screen->age_ms - input->now.wall_ms) * 1000;
        at = mono < at ? mono : at;
    }
    if (screen->clock && screen->layout.kind != LAYOUT_MINI) {
        int64_t minute = input->now.mono_us + (MINUTE_MS - input->now.wall_ms % MINUTE_MS) * 1000;
        at = minute < at ? minute : at;
    }
    if (screen->layout.kind != LAYOUT_MINI) { /* which shows no times */
        int64_t midnight = input->now.mono_us + (screen->day_end_ms - input->now.wall_ms) * 1000;
        at = midnight < at ? midnight : at;
    }
    screen->deadline_us = at;
}

/* What is due by now. */
static unsigned tick(struct screen *screen, const struct screen_input *input)
{
    unsigned dirty = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        struct table *table = &screen->tables[i];
        dirty |= table_tick(table, input->now.mono_us) ? RESOURCE_BIT(i) : 0;
        if (table_rank_in_time(table, input->now.mono_us, (int)screen->focus == i)) {
            dirty |= RESOURCE_BIT(i);
        }
    }
    int64_t day_end_ms = format_day_end(&input->format, input->now.wall_ms);
    dirty |= day_end_ms != screen->day_end_ms ? SCREEN_VIEW : 0;
    bool due = input->now.mono_us >= screen->deadline_us;
    if (input->now.wall_ms >= screen->age_ms || day_end_ms != screen->day_end_ms) {
        table_age(&screen->tables[RESOURCE_ORDERS], input->now.wall_ms);
        dirty |= RESOURCE_BIT(RESOURCE_ORDERS);
    }
    screen->day_end_ms = day_end_ms;
    bool counts =
        next_quiet_second(input) != MOMENT_NEVER || next_held_second(input) != MOMENT_NEVER;
    dirty |= due && counts ? SCREEN_CONN : 0;
    dirty |=
        screen->clock && input->now.wall_ms / MINUTE_MS != screen->clock_minute ? SCREEN_TOP : 0;
    return due && input->quote_stale_ms > 0 ? dirty | RESOURCE_BIT(RESOURCE_WATCHLISTS) : dirty;
}

static void forget_memos(struct screen *screen)
{
    for (int i = 0; i < PANE_COUNT; i++) {
        screen->memos[i].whole = false;
    }
    memset(screen->bars, 0, sizeof screen->bars);
}

static void paint_popup(const struct frame *frame)
{
    switch (frame->screen->popup) {
    case SCOPE_HELP:
        paint_help(frame);
        break;
    case SCOPE_SYMBOL:
        if (frame->screen->layout.symbol.width == 0) {
            paint_symbol(frame);
        }
        break;
    case SCOPE_DETAIL:
        paint_detail(frame);
        break;
    case SCOPE_COLUMNS:
    case SCOPE_SORT:
        paint_chooser(frame);
        break;
    case SCOPE_PANES:
    case SCOPE_PROMPT:
    case SCOPE_COUNT:
        break;
    }
}

static void paint_parts(const struct frame *frame, unsigned dirty)
{
    const struct layout *layout = &frame->screen->layout;
    if (layout->kind == LAYOUT_MINI) {
        paint_mini(frame);
        return;
    }
    for (int i = 0; i < PANE_COUNT; i++) {
        unsigned bit = i == PANE_EVENTS ? SCREEN_EVENT_LOG | SCREEN_TAPE : RESOURCE_BIT(i);
        bool sums = i == PANE_ACCOUNT && (dirty & RESOURCE_BIT(RESOURCE_POSITIONS)) != 0;
        bool curves = i == PANE_ACCOUNT || i == PANE_WATCHLIST;
        sums = sums || (curves && (dirty & SCREEN_HISTORY) != 0);
        bool covered = symbol_covers(frame->screen, (enum pane)i);
        if (layout->panes[i].height > 0 && !covered && ((dirty & bit) != 0 || sums)) {
            paint_pane(frame, (enum pane)i);
        }
    }
    if (layout->tape.height > 0 && (dirty & SCREEN_TAPE) != 0) {
        paint_tape_lines(frame, layout->tape);
    }
    paint_top(frame);
    paint_account_line(frame);
    paint_tabs(frame);
    paint_state(frame);
    if (layout->symbol.width > 0 && (dirty & ~(SCREEN_CONN | SCREEN_TOP | SCREEN_STATE)) != 0) {
        symbol_note(frame->screen, frame->input);
        paint_symbol(frame);
    }
    paint_popup(frame);
    paint_digest(frame);
    bool beside = frame->screen->popup == SCOPE_SYMBOL;
    if (frame->screen->popup != SCOPE_PANES && !beside) { /* it may stand on anything */
        forget_memos(frame->screen);
    }
}

static bool fits(const struct screen *screen, const struct canvas *canvas)
{
    return canvas->columns == screen->columns && canvas->rows == screen->rows;
}

/* What an earlier run told of orders is there from the next frame on. */
static void note_kept(struct screen *screen, const struct screen_input *input)
{
    const struct screen_accounts *accounts = input->accounts;
    uint64_t kept = input->tape != NULL ? tape_kept(input->tape) : 0;
    for (size_t i = 0; accounts != NULL && i < accounts->count; i++) {
        const struct tape *tape = accounts->of[i].tape;
        kept = memo_mix(kept, tape != NULL ? tape_kept(tape) : 0);
    }
    screen->retake |= kept != screen->kept ? RESOURCE_BIT(RESOURCE_ORDERS) : 0;
    screen->kept = kept;
}

bool screen_render(struct screen *screen, const struct screen_input *input, unsigned changed,
                   struct canvas *canvas)
{
    struct frame frame = {screen, input, canvas};
    resource_mask fresh = screen->paused ? 0 : changed & RESOURCE_ALL;
    note_kept(screen, input);
    fresh |= moved(screen, input) | screen->retake;
    screen_take(screen, input, fresh);
    screen->retake = 0;
    away_begin(screen, input);
    unsigned due = tick(screen, input);
    unsigned dirty = screen->dirty | changed | fresh | due;
    if (screen->paused) { /* rows and entries stay, but what turned stale says so */
        dirty = (dirty & ~(SCREEN_EVENT_LOG | SCREEN_TAPE)) | screen->dirty |
                (changed != 0 ? SCREEN_STATE : 0);
    }
    if (!fits(screen, canvas)) {
        canvas_resize(canvas, screen->columns, screen->rows);
        screen->placed = false;
    }
    screen_place(screen, input);
    if (screen->retake != 0) { /* other rows are shown at this size */
        screen_take(screen, input, screen->retake);
        screen->retake = 0;
        screen_place(screen, input);
    }
    dirty |= screen->dirty;
    if ((dirty & SCREEN_VIEW) != 0) {
        forget_memos(screen);
        canvas_fill(canvas, (struct rect){0, 0, canvas->columns, canvas->rows}, plain(ROLE_TEXT));
        dirty |= SCREEN_ALL;
    }
    screen->dirty = 0;
    if (dirty != 0) {
        paint_parts(&frame, dirty);
    }
    set_deadline(screen, input);
    return dirty != 0;
}
