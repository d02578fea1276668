/* Several accounts: what each has, what they have together, and the pane with a line for each. */
#include "accounts.h"
#include "bar.h"
#include "frame.h"
#include "parts.h"
#include "words.h"

#include <blotter/core/alloc.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- sums ------------------------------------------------------------------------------------- */

static uint64_t book_version(const struct money_book *book)
{
    return book != NULL ? money_book_version(book) : 0;
}

/* Only what has changed is added up again. While paused, closings are not: the rows that went by
 * them are there still. */
static void take_sums(struct account_sums *sums, const struct owner *owner,
                      const struct screen_input *one, bool paused)
{
    const struct pane_state *state = &one->panes[RESOURCE_POSITIONS];
    bool same = sums->owner == owner && sums->rows == state->shown &&
                sums->version == state->version &&
                (paused || sums->book_version == book_version(one->book));
    if (!same) {
        money_of(&sums->money, one->book, state->shown);
        sums->owner = owner;
        sums->rows = state->shown;
        sums->version = state->version;
        sums->book_version = book_version(one->book);
    }
}

static const struct account *row_of(const struct screen_input *one)
{
    const struct snapshot *shown = one->panes[RESOURCE_ACCOUNT].shown;
    return shown != NULL && shown->row_count > 0 ? shown->account : NULL;
}

static bool is_stale(const struct screen_input *one)
{
    return one->panes[RESOURCE_POSITIONS].stale || one->panes[RESOURCE_ACCOUNT].stale;
}

const struct money *account_money(const struct screen *screen, const struct screen_input *input,
                                  size_t i)
{
    bool loaded = input->accounts->of[i].panes[RESOURCE_POSITIONS].shown != NULL;
    return loaded && i < screen->account_count ? &screen->accounts[i].money : NULL;
}

/* A total of one account is its own line again. */
static bool is_told(const struct money_total *total)
{
    return total->members > 1;
}

static size_t told_totals(const struct screen *screen)
{
    size_t told = 0;
    for (size_t i = 0; i < screen->totals.count; i++) {
        told += is_told(&screen->totals.totals[i]);
    }
    return told;
}

void accounts_take(struct screen *screen, const struct screen_input *input)
{
    const struct screen_accounts *accounts = input->accounts;
    struct money_account all[OWNERS_MAX];
    if (screen->account_count != accounts->count) {
        free(screen->accounts);
        screen->accounts = mem_calloc(accounts->count + 1, sizeof *screen->accounts);
        screen->account_count = accounts->count;
    }
    for (size_t i = 0; i < accounts->count; i++) {
        const struct screen_input *one = &accounts->of[i];
        take_sums(&screen->accounts[i], accounts->owners[i], one, screen->paused);
        all[i] = (struct money_account){accounts->owners[i], account_money(screen, input, i),
                                        row_of(one), is_stale(one)};
    }
    money_totals_of(&screen->totals, all, accounts->count);
    screen->account_lines = 0;
    if (screen_is_joint(input)) {
        screen->account = 0; /* one that is gone is not waited for */
        screen->account_lines = (int)(1 + accounts->count + told_totals(screen));
    } else {
        screen->money = screen->accounts[accounts->shown].money;
    }
}

/* --- the table -------------------------------------------------------------------------------- */

enum field {
    FIELD_NAME,
    FIELD_BADGE,
    FIELD_DAY,
    FIELD_BOOKED,
    FIELD_OPEN,
    FIELD_NET_LIQ,
    FIELD_MARGIN,
    FIELD_STATE,
    FIELD_AS_OF,
    FIELD_COUNT
};

/* In the order they stand in; the highest rank goes first where there is no room. */
static const struct {
    const char *title;
    int rank;
    bool right;
} fields[FIELD_COUNT] = {
    [FIELD_NAME] = {"Acct", 0, false},    [FIELD_BADGE] = {"", 4, false},
    [FIELD_DAY] = {"Day", 1, true},       [FIELD_BOOKED] = {"Booked", 7, true},
    [FIELD_OPEN] = {"Open", 8, true},     [FIELD_NET_LIQ] = {"Net liq", 3, true},
    [FIELD_MARGIN] = {"Margin", 5, true}, [FIELD_STATE] = {"State", 2, false},
    [FIELD_AS_OF] = {"As of", 6, true},
};

#define LINES_MAX (OWNERS_MAX + MONEY_TOTALS_MAX)
#define FIELD_BYTES (FORMAT_MAX + 8)
#define STATE_MIN 9 /* columns that a state may be cut down to */

struct line {
    char text[FIELD_COUNT][FIELD_BYTES];
    enum role role[FIELD_COUNT];
    unsigned attributes;
    const struct owner *owner; /* NULL: a total */
};

struct grid {
    struct line lines[LINES_MAX];
    size_t count;
    int width[FIELD_COUNT]; /* 0: left out */
};

static enum role sign_role(double value, bool stale)
{
    return stale ? ROLE_STALE : value > 0 ? ROLE_PNL_UP : value < 0 ? ROLE_PNL_DOWN : ROLE_TEXT;
}

struct amount {
    double value;
    unsigned flags;
    bool stale, sign; /* sign: coloured by it */
};

/* To the last digit where there is room for them. */
static int decimals_of(const struct frame *frame)
{
    struct rect pane = frame->screen->layout.panes[PANE_ACCOUNT];
    return pane.width == 0 || pane.width >= 64 ? 2 : 0;
}

static void put_amount(const struct frame *frame, struct line *line, enum field field,
                       struct amount amount)
{
    char out[FORMAT_MAX];
    struct format_figure figure = {amount.value, decimals_of(frame), amount.flags};
    format_number(&frame->input->format, figure, out);
    bool hidden = frame->screen->hide_amounts && !isnan(amount.value);
    snprintf(line->text[field], FIELD_BYTES, "%s%s",
             amount.stale && !isnan(amount.value) ? "≈ " : "", hidden ? FORMAT_HIDDEN : out);
    line->role[field] = amount.sign    ? sign_role(amount.value, amount.stale)
                        : amount.stale ? ROLE_STALE
                                       : ROLE_TEXT;
}

static void put_part(const struct frame *frame, struct line *line, enum field field,
                     const struct money_part *part, bool stale)
{
    unsigned doubt = part->derived || part->unknown > 0 ? FORMAT_DERIVED : 0;
    put_amount(frame, line, field, (struct amount){part->value, FORMAT_SIGN | doubt, stale, true});
}

/* "● LIVE", "✗ OFFLINE 14:02". */
static void account_state(const struct screen_input *one, char out[FIELD_BYTES],
                          enum role *ret_role)
{
    struct conn_word word;
    char since[FORMAT_MAX] = "";
    conn_word_make(one, &word);
    bool off = word.role != ROLE_CONN_LIVE && one->conn != NULL && one->conn->phase != CONN_LIVE &&
               one->conn->lost_at_ms != MODEL_NO_TIME;
    if (off) {
        format_clock(&one->format, FORMAT_CLOCK_MINUTE, one->conn->lost_at_ms, since);
    }
    snprintf(out, FIELD_BYTES, "%.40s%s%.12s", word.shortest, off ? " " : "", since);
    *ret_role = word.role;
}

static void put_day(const struct frame *frame, struct line *line, const struct money *money,
                    bool stale)
{
    bool known = money->known != MONEY_BOOKED_UNKNOWN;
    if (money->count != 1) { /* of several currencies there is no one figure */
        snprintf(line->text[FIELD_DAY], FIELD_BYTES, "%zu currencies", money->count);
        line->role[FIELD_DAY] = ROLE_DIM;
        return;
    }
    const struct money_part none = MONEY_NOTHING;
    put_part(frame, line, FIELD_DAY, known ? &money->sums[0].day : &none, stale);
    put_part(frame, line, FIELD_BOOKED, &money->sums[0].booked, stale);
    put_part(frame, line, FIELD_OPEN, &money->sums[0].open, stale);
}

static void put_balance(const struct frame *frame, struct line *line, const struct account *account,
                        const struct money *money, bool stale)
{
    double margin = account != NULL ? money_margin(account) : (double)NAN;
    struct figure net_liq = account != NULL && money != NULL ? money_net_liq(account, money)
                                                             : (struct figure){(double)NAN, true};
    put_amount(frame, line, FIELD_NET_LIQ,
               (struct amount){net_liq.value, net_liq.derived ? FORMAT_DERIVED : 0, stale, false});
    if (!isnan(margin)) {
        snprintf(line->text[FIELD_MARGIN], FIELD_BYTES, "%.0f %%", margin);
        line->role[FIELD_MARGIN] = margin_role(margin, stale);
    }
}

static void make_account(const struct frame *frame, size_t i, struct line *line)
{
    const struct screen_input *one = &frame->input->accounts->of[i];
    const struct pane_state *state = &one->panes[RESOURCE_POSITIONS];
    const struct money *money = account_money(frame->screen, frame->input, i);
    const char *badge = one->badge != NULL ? one->badge : "?";
    bool stale = state->stale;
    line->owner = frame->input->accounts->owners[i];
    snprintf(line->text[FIELD_NAME], FIELD_BYTES, "%s", line->owner->name);
    line->role[FIELD_NAME] = owner_role(line->owner);
    snprintf(line->text[FIELD_BADGE], FIELD_BYTES, "%.12s", badge);
    line->role[FIELD_BADGE] = badge_role(badge);
    if (money != NULL) {
        put_day(frame, line, money, stale);
    }
    put_balance(frame, line, row_of(one), money, is_stale(one));
    account_state(one, line->text[FIELD_STATE], &line->role[FIELD_STATE]);
    format_time(&frame->input->format, state->shown_ms, frame->input->now.wall_ms,
                line->text[FIELD_AS_OF]);
    line->role[FIELD_AS_OF] = stale ? ROLE_STALE : ROLE_DIM;
}

/* Currencies that differ, or may, are named. */
static bool names_currency(const struct money_totals *totals)
{
    size_t i = 0;
    while (i < totals->count &&
           strcmp(totals->totals[i].currency, totals->totals[0].currency) == 0) {
        i++;
    }
    return i < totals->count;
}

void total_name(const struct money_totals *totals, const struct money_total *total,
                char out[TOTAL_NAME_BYTES])
{
    bool currency = names_currency(totals) && total->currency[0] != '\0';
    const char *whose = total->alone != NULL ? total->alone->name : owner_kind_name(total->kind);
    snprintf(out, TOTAL_NAME_BYTES, "%s%s%s%s", total->alone != NULL ? "" : "Σ ", whose,
             currency ? " " : "", currency ? total->currency : "");
}

void accounts_badge(const struct screen_accounts *accounts, char out[TOTAL_NAME_BYTES])
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < accounts->count; i++) {
        const char *badge = accounts->of[i].badge;
        badge = badge != NULL && badge[0] != '\0' ? badge : "?";
        if (strstr(out, badge) == NULL && len + strlen(badge) + 2 < TOTAL_NAME_BYTES) {
            len += (size_t)snprintf(out + len, TOTAL_NAME_BYTES - len, "%s%s", len > 0 ? "+" : "",
                                    badge);
        }
    }
}

/* "Σ real INR", and how many of its accounts are not as they should be. */
static void make_total(const struct frame *frame, const struct money_total *total,
                       struct line *line)
{
    const struct money_part *parts[] = {&total->day, &total->booked, &total->open};
    size_t unknown = total->day.unknown;
    line->attributes = CELL_BOLD;
    char name[TOTAL_NAME_BYTES];
    total_name(&frame->screen->totals, total, name);
    snprintf(line->text[FIELD_NAME], FIELD_BYTES, "%s", name);
    line->role[FIELD_NAME] = ROLE_TOTAL;
    for (int i = 0; i < 3; i++) {
        put_part(frame, line, (enum field)(FIELD_DAY + i), parts[i],
                 !money_total_is_whole(total, parts[i]));
    }
    put_amount(frame, line, FIELD_NET_LIQ,
               (struct amount){total->net_liq.value, FORMAT_DERIVED,
                               !money_total_is_whole(total, &total->net_liq), false});
    if (total->stale > 0 || unknown > 0) {
        snprintf(line->text[FIELD_STATE], FIELD_BYTES, "%zu of %zu %s",
                 total->stale > 0 ? total->stale : unknown, total->members,
                 total->stale > 0 ? "stale" : "unknown");
        line->role[FIELD_STATE] = ROLE_STALE;
    }
}

static struct grid *grid_make(const struct frame *frame)
{
    const struct screen *screen = frame->screen;
    struct grid *grid = mem_calloc(1, sizeof *grid);
    for (size_t i = 0; i < frame->input->accounts->count; i++) {
        make_account(frame, i, &grid->lines[grid->count++]);
    }
    for (size_t i = 0; i < screen->totals.count; i++) {
        if (is_told(&screen->totals.totals[i])) {
            make_total(frame, &screen->totals.totals[i], &grid->lines[grid->count++]);
        }
    }
    for (int f = 0; f < FIELD_COUNT; f++) {
        grid->width[f] = text_width(fields[f].title);
        for (size_t i = 0; i < grid->count; i++) {
            int width = text_width(grid->lines[i].text[f]);
            grid->width[f] = width > grid->width[f] ? width : grid->width[f];
        }
    }
    return grid;
}

static int grid_width(const struct grid *grid)
{
    int width = -1;
    for (int f = 0; f < FIELD_COUNT; f++) {
        width += grid->width[f] > 0 ? grid->width[f] + 1 : 0;
    }
    return width;
}

/* The state may be cut; whole columns go before it is. */
static void grid_fit(struct grid *grid, int room)
{
    int state = grid->width[FIELD_STATE];
    for (int rank = FIELD_COUNT - 1; rank > 0 && grid_width(grid) > room; rank--) {
        for (int f = 0; f < FIELD_COUNT; f++) {
            int over = grid_width(grid) - room;
            if (fields[f].rank != rank) {
                continue;
            }
            if (f == FIELD_STATE && state - over >= STATE_MIN) {
                grid->width[f] = state - over;
            } else {
                grid->width[f] = over > 0 ? 0 : grid->width[f];
            }
        }
    }
    grid->width[FIELD_NAME] = grid->width[FIELD_NAME] < room ? grid->width[FIELD_NAME] : room;
}

static void put_cells(const struct frame *frame, const struct grid *grid, const struct line *line,
                      struct rect at, bool selected)
{
    unsigned attributes = (line != NULL ? line->attributes : 0) | (selected ? CELL_SELECTED : 0);
    if (selected) {
        canvas_fill(frame->canvas, at, (struct style){ROLE_SELECTED, CELL_SELECTED});
        canvas_put(frame->canvas, at, "▸", (struct style){ROLE_KEY, CELL_SELECTED});
    }
    at.x++;
    for (int f = 0; f < FIELD_COUNT; f++) {
        char out[FIELD_BYTES];
        struct rect area = {at.x, at.y, grid->width[f], 1};
        const char *text = line != NULL ? line->text[f] : fields[f].title;
        struct style style = {line != NULL ? line->role[f] : ROLE_HEADER, attributes};
        if (area.width == 0) {
            continue;
        }
        text_fit(text, (struct text_fit){area.width, TEXT_CUT_END}, out, sizeof out);
        if (fields[f].right) {
            canvas_put_right(frame->canvas, area, out, style);
        } else {
            canvas_put(frame->canvas, area, out, style);
        }
        at.x += area.width + 1;
    }
}

size_t account_cursor(const struct screen *screen, const struct screen_input *input)
{
    const struct screen_accounts *accounts = input->accounts;
    size_t i = 0;
    while (i < accounts->count && accounts->owners[i]->key != screen->account_row) {
        i++;
    }
    return i < accounts->count ? i : 0;
}

size_t account_row(const struct screen *screen, const struct screen_input *input)
{
    const struct snapshot *shown = screen_pane(screen, input, RESOURCE_ACCOUNT).shown;
    if (shown == NULL || input->accounts->count == 0) {
        return 0;
    }
    const struct owner *owner = input->accounts->owners[account_cursor(screen, input)];
    size_t i = 0;
    while (shown != NULL && i < shown->row_count && model_row(shown, i)->owner != owner) {
        i++;
    }
    return i;
}

/* Totals stay in sight; of the accounts those around the selected one. */
void paint_accounts(const struct frame *frame, struct rect inside)
{
    size_t accounts = frame->input->accounts->count, cursor;
    if (inside.height < 1 || inside.width < 6) {
        return;
    }
    struct grid *grid = grid_make(frame);
    grid_fit(grid, inside.width - 2);
    cursor = account_cursor(frame->screen, frame->input);
    bool focused = frame->screen->focus == PANE_ACCOUNT;
    struct rect at = {inside.x, inside.y, inside.width, 1};
    put_cells(frame, grid, NULL, at, false);
    size_t room = (size_t)(inside.height - 1), totals = grid->count - accounts;
    totals = totals < room / 2 ? totals : room / 2;
    size_t lines = room - totals < accounts ? room - totals : accounts;
    size_t top = cursor < lines ? 0 : cursor - lines + 1;
    for (size_t i = top; i < top + lines; i++) {
        at.y++;
        put_cells(frame, grid, &grid->lines[i], at, focused && i == cursor);
    }
    for (size_t i = 0; i < totals; i++) {
        at.y++;
        put_cells(frame, grid, &grid->lines[accounts + i], at, false);
    }
    free(grid);
}

/* What accounts have together, where there is no room for a line each. */
void paint_accounts_line(const struct frame *frame)
{
    const struct money_totals *totals = &frame->screen->totals;
    struct bar bar;
    bar.count = 0;
    bar_add(&bar, left_at(0), plain(ROLE_TEXT), " ");
    for (size_t i = 0; i < totals->count && i < 4; i++) {
        const struct money_total *total = &totals->totals[i];
        struct line line = {.owner = NULL};
        int rank = 1 + (int)i;
        make_total(frame, total, &line);
        bar_add(&bar, left_at(rank), plain(ROLE_TOTAL), "%s%s", i > 0 ? " │ " : "",
                line.text[FIELD_NAME]);
        bar_add(&bar, left_at(rank), plain(ROLE_DIM), "  Day ");
        bar_add(&bar, left_at(rank), plain(line.role[FIELD_DAY]), "%s", line.text[FIELD_DAY]);
        bar_add(&bar, left_at(rank + 4), plain(ROLE_DIM), "  Net liq ");
        bar_add(&bar, left_at(rank + 4), plain(line.role[FIELD_NET_LIQ]), "%s",
                line.text[FIELD_NET_LIQ]);
    }
    bar_repaint(&bar, frame, BAR_ACCOUNT, frame->screen->layout.account_line);
}

void paint_accounts_worth(const struct frame *frame, struct rect line)
{
    struct money_totals totals;
    struct bar bar;
    bar.count = 0;
    money_waiting_of(&totals, frame->screen->tables[PANE_ORDERS].snapshot);
    for (size_t i = 0; i < totals.count && i < 6; i++) {
        const struct money_total *total = &totals.totals[i];
        char name[TOTAL_NAME_BYTES], out[FORMAT_MAX];
        int rank = (int)i;
        total_name(&totals, total, name);
        format_number(&frame->input->format,
                      (struct format_figure){total->open.value, 0, FORMAT_DERIVED}, out);
        bar_add(&bar, left_at(rank), bold(ROLE_TOTAL), "%s %s working %zu", i > 0 ? " " : "", name,
                total->members);
        bar_add(&bar, left_at(rank), plain(ROLE_DIM), " worth ");
        bar_add(&bar, left_at(rank), plain(total->stale > 0 ? ROLE_STALE : ROLE_TEXT), "%s%s",
                total->stale > 0 ? "≈ " : "", frame->screen->hide_amounts ? FORMAT_HIDDEN : out);
        if (total->open.unknown > 0) {
            bar_add(&bar, left_at(rank + 7), plain(ROLE_DIM), ", %zu unknown", total->open.unknown);
        }
    }
    bar_paint(&bar, frame->canvas, line);
}

void accounts_add_days(struct bar *bar, const struct frame *frame)
{
    const struct money_totals *totals = &frame->screen->totals;
    for (size_t i = 0; i < totals->count && i < 8; i++) {
        const struct money_total *total = &totals->totals[i];
        char name[TOTAL_NAME_BYTES], out[FORMAT_MAX];
        struct format_figure figure = {total->day.value, 0, FORMAT_SIGN};
        bool whole = money_total_is_whole(total, &total->day), known = !isnan(total->day.value);
        struct bar_place place = {i == 0 ? 0 : 1 + (int)i, BAR_FIGURE};
        total_name(totals, total, name);
        format_number(&frame->input->format, figure, out);
        bar_add(bar, left_at(i == 0 ? 1 : place.rank), plain(ROLE_DIM), "%s%s ", i > 0 ? "  " : "",
                name);
        bar_add(bar, left_at(place.rank), plain(ROLE_STALE), "%s", whole || !known ? "" : "≈ ");
        bar_add(bar, place, (struct style){sign_role(total->day.value, !whole), CELL_BOLD}, "%s",
                frame->screen->hide_amounts && known ? FORMAT_HIDDEN : out);
    }
}
