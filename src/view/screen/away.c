/* When the user looked, what is new since, and what happened while nobody did. */
#include "accounts.h"
#include "away.h"
#include "bar.h"
#include "frame.h"
#include "parts.h"
#include "tape_pane.h"
#include "words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Without a key or the focus for this long the user is away. */
#define AWAY_US INT64_C(120000000)

/* --- looking -------------------------------------------------------------------------------- */

static uint64_t newest(const struct screen_input *input)
{
    return tape_pane_total(input);
}

static uint64_t total_key(const struct money_total *total)
{
    uint64_t key = memo_bytes((uint64_t)total->kind + 1, total->currency, strlen(total->currency));
    return total->alone != NULL ? total->alone->key : key;
}

/* Of several accounts, whichever is shown, a day for what may be added. */
static void days_of_all(const struct screen *screen, struct away_figures *figures)
{
    const struct money_totals *totals = &screen->totals;
    for (size_t i = 0; i < totals->count && figures->day_count < AWAY_DAYS_MAX; i++) {
        const struct money_total *total = &totals->totals[i];
        struct away_day *day = &figures->days[figures->day_count++];
        day->key = total_key(total);
        day->value = total->day.value;
        day->stale = !money_total_is_whole(total, &total->day);
        total_name(totals, total, day->name);
    }
}

/* What is known now, to be held against what will be known then. */
static struct away_figures figures_of(const struct screen *screen, const struct screen_input *input)
{
    struct away_figures figures = {
        .at_ms = input->now.wall_ms, .account = screen->account, .margin = (double)NAN};
    const struct snapshot *account = screen_pane(screen, input, RESOURCE_ACCOUNT).shown;
    const struct snapshot *positions = screen_pane(screen, input, RESOURCE_POSITIONS).shown;
    figures.counts = tape_pane_counts(input);
    if (input->accounts != NULL) {
        days_of_all(screen, &figures);
    } else {
        struct money money;
        money_of(&money, input->book, positions);
        figures.days[0].value = positions != NULL ? money.sums[0].day.value : (double)NAN;
        figures.days[0].stale = screen_pane(screen, input, RESOURCE_POSITIONS).stale;
        figures.day_count = 1;
    }
    if (!screen_is_joint(input) && account != NULL && account->row_count > 0) {
        figures.margin = money_margin(account->account);
    }
    return figures;
}

/* Everything up to here was there when the user last did something. */
static void look(struct screen *screen, uint64_t number, int64_t at_ms)
{
    screen->dirty |= number != screen->away.looked ? SCREEN_TAPE : 0;
    screen->away.looked = number;
    screen->away.looked_ms = at_ms;
}

/* Whoever starts it looks, as soon as there is something to look at. */
static void start(struct screen *screen, const struct screen_input *input)
{
    struct screen_away *away = &screen->away;
    struct pane_state positions = screen_pane(screen, input, RESOURCE_POSITIONS);
    if (away->touched_us == 0 && positions.shown != NULL && !positions.cached) {
        away->touched_us = input->now.mono_us;
        away->touched_ms = input->now.wall_ms;
        away->touched = newest(input);
        away->now = figures_of(screen, input);
    }
}

void away_begin(struct screen *screen, const struct screen_input *input)
{
    struct screen_away *away = &screen->away;
    bool tape = input->tape != NULL || input->accounts != NULL;
    bool known = input->looked_ms != MODEL_NO_TIME && tape;
    start(screen, input);
    if (away->begun || away->acted || !known) {
        return;
    }
    away->begun = true;
    struct tapes_entry found;
    size_t i = 0;
    while (tape_pane_find(screen, input, i, &found) && found.entry->wall_ms > input->looked_ms) {
        i++;
    }
    look(screen, tape_pane_find(screen, input, i, &found) ? found.number : 0, input->looked_ms);
    away->touched = screen->away.looked;
    away->back_us = input->now.mono_us;
}

static void note(struct screen *screen, const struct screen_input *input)
{
    struct screen_away *away = &screen->away;
    int64_t now_us = input->now.mono_us;
    bool first = !away->acted;
    bool was_away = input->day == NULL && away->touched_us != 0 &&
                    now_us - away->touched_us >= AWAY_US; /* on a past day nothing happens */
    away->acted = true;
    if (was_away) {
        look(screen, away->touched, away->touched_ms);
        away->back_us = now_us;
        away->from = away->now;
        away->to = figures_of(screen, input);
        away->digest = true;
        screen->dirty |= SCREEN_POPUP;
    } else if ((first && !away->begun) || now_us - away->back_us >= AWAY_US) {
        /* Back for a while: what came since the last key is new, and no more. */
        look(screen, first ? newest(input) : away->touched, input->now.wall_ms);
    }
    away->touched_us = now_us;
    away->touched_ms = input->now.wall_ms;
    away->touched = newest(input);
    away->now = figures_of(screen, input);
}

void away_touch(struct screen *screen, const struct screen_input *input)
{
    screen->dirty |= screen->away.digest ? SCREEN_VIEW : 0;
    screen->away.digest = false;
    note(screen, input);
}

void tape_pane_seen(struct screen *screen, const struct screen_input *input)
{
    look(screen, newest(input), input->now.wall_ms);
}

void screen_entered(struct screen *screen, const struct screen_input *input)
{
    note(screen, input);
}

/* --- the digest ------------------------------------------------------------------------------ */

/* Whether another day has begun meanwhile: what was then is no beginning of what is now. */
static bool is_another_day(const struct frame *frame)
{
    const struct screen_away *away = &frame->screen->away;
    return format_day_end(&frame->input->format, away->from.at_ms) <= away->to.at_ms;
}

static void put_day(struct bar *bar, const struct frame *frame, double before,
                    const struct away_day *day, int rank)
{
    char from[FORMAT_MAX], to[FORMAT_MAX];
    const double values[] = {before, day->value};
    char *const texts[] = {from, to};
    bool another = is_another_day(frame), up = day->value >= (another ? 0 : before);
    for (int i = 0; i < 2; i++) {
        struct format_figure figure = {values[i], 0, FORMAT_SIGN};
        if (frame->screen->hide_amounts && !isnan(values[i])) {
            snprintf(texts[i], FORMAT_MAX, "%s", FORMAT_HIDDEN);
        } else {
            format_number(&frame->input->format, figure, texts[i]);
        }
    }
    enum role role = day->stale ? ROLE_STALE : up ? ROLE_PNL_UP : ROLE_PNL_DOWN;
    if (day->name[0] != '\0') {
        bar_add(bar, left_at(rank), plain(ROLE_DIM), "%s%s ", rank > 0 ? "  " : "", day->name);
    }
    if (!another) {
        bar_add(bar, left_at(rank), plain(ROLE_TEXT), "%s → ", from);
    }
    bar_add(bar, left_at(rank), bold(role), "%s%s", day->stale ? "≈" : "", to);
}

/* Each for itself; what was not there before, or is not known, has none. */
static void put_days(struct bar *bar, const struct frame *frame)
{
    const struct screen_away *away = &frame->screen->away;
    size_t told = 0;
    for (size_t i = 0; i < away->to.day_count; i++) {
        const struct away_day *day = &away->to.days[i];
        size_t k = 0;
        while (k < away->from.day_count && away->from.days[k].key != day->key) {
            k++;
        }
        double before = k < away->from.day_count ? away->from.days[k].value : (double)NAN;
        if (k == away->from.day_count || (isnan(before) && isnan(day->value))) {
            continue;
        }
        if (told == 0) {
            bar_add(bar, left_at(0), plain(ROLE_DIM),
                    is_another_day(frame) ? "  new day " : "  Day ");
        }
        put_day(bar, frame, before, day, told == 0 ? 0 : 5 + (int)told);
        told++;
    }
}

static void put_closed(struct bar *bar, const struct frame *frame, uint64_t unknown)
{
    const struct screen_away *away = &frame->screen->away;
    double amount = away->to.counts.closed_amount - away->from.counts.closed_amount;
    struct format_figure figure = {amount, 2, FORMAT_SIGN | (unknown > 0 ? FORMAT_DERIVED : 0)};
    char text[FORMAT_MAX] = FORMAT_HIDDEN;
    if (!frame->screen->hide_amounts) {
        format_number(&frame->input->format, figure, text);
    }
    bar_add(bar, left_at(7), plain(amount < 0 ? ROLE_PNL_DOWN : ROLE_PNL_UP), " %s", text);
}

/* In the order of what matters; what matters least goes first where there is no room. */
static const struct {
    enum tape_kind kind;
    const char *one, *many;
    int rank;
    enum role role;
} counted[] = {
    {TAPE_FILLED, "filled", "filled", 3, ROLE_STATUS_EXECUTED},
    {TAPE_CLOSED, "closed", "closed", 4, ROLE_TEXT},
    {TAPE_REJECTED, "rejected", "rejected", 1, ROLE_STATUS_REJECTED},
    {TAPE_STOP, "stop passed", "stops passed", 2, ROLE_ALERT},
    {TAPE_TARGET, "target passed", "targets passed", 5, ROLE_ALERT},
    {TAPE_ALERT, "alert", "alerts", 5, ROLE_ALERT},
    {TAPE_PLACED, "placed", "placed", 9, ROLE_TEXT},
    {TAPE_PARTIAL, "filled in part", "filled in part", 11, ROLE_TEXT},
    {TAPE_CHANGED, "changed", "changed", 12, ROLE_TEXT},
    {TAPE_CANCELLED, "cancelled", "cancelled", 10, ROLE_TEXT},
    {TAPE_STREAM, "break of the stream", "breaks of the stream", 13, ROLE_TEXT},
};

static void put_counts(struct bar *bar, const struct frame *frame)
{
    const struct screen_away *away = &frame->screen->away;
    for (size_t i = 0; i < sizeof counted / sizeof *counted; i++) {
        enum tape_kind kind = counted[i].kind;
        uint64_t count = away->to.counts.of[kind] - away->from.counts.of[kind];
        if (count == 0) {
            continue;
        }
        bar_add(bar, left_at(counted[i].rank), plain(ROLE_DIM), " · ");
        bar_add(bar, left_at(counted[i].rank), plain(counted[i].role), "%llu %s",
                (unsigned long long)count, count == 1 ? counted[i].one : counted[i].many);
        bool added = frame->input->accounts == NULL || frame->screen->totals.count == 1;
        if (kind == TAPE_CLOSED && added) { /* what several kinds of money made is no one sum */
            put_closed(bar, frame,
                       away->to.counts.closed_unknown - away->from.counts.closed_unknown);
        }
    }
}

#define NAMES_MAX 4

/* " · kite 3, alpaca 1": whose they are. */
static void put_names(struct bar *bar, const struct frame *frame)
{
    const struct screen_accounts *accounts = frame->input->accounts;
    size_t counts[OWNERS_MAX] = {0}, named = 0;
    struct tapes_entry found;
    if (accounts == NULL) {
        return;
    }
    for (size_t i = 0;
         tapes_at(accounts->tapes, NULL, i, &found) && found.number > frame->screen->away.looked;
         i++) {
        counts[found.owner->number]++;
    }
    for (size_t i = 0; i < accounts->count && named < NAMES_MAX; i++) {
        const struct owner *owner = accounts->owners[i];
        if (counts[owner->number] > 0) {
            bar_add(bar, left_at(8), plain(ROLE_DIM), "%s", named++ == 0 ? " · " : ", ");
            bar_add(bar, left_at(8), plain(owner_role(owner)), "%s", owner->name);
            bar_add(bar, left_at(8), plain(ROLE_DIM), " %zu", counts[owner->number]);
        }
    }
}

static void put_margin(struct bar *bar, const struct screen_away *away)
{
    bool same = away->from.account == away->to.account;
    double from = same ? away->from.margin : (double)NAN, to = away->to.margin;
    if (!isnan(from) && !isnan(to) && fabs(from - to) >= 0.5) {
        bar_add(bar, left_at(6), plain(ROLE_DIM), " · margin ");
        bar_add(bar, left_at(6), plain(ROLE_TEXT), "%.0f → ", from);
        bar_add(bar, left_at(6), (struct style){margin_role(to, false), 0}, "%.0f %%", to);
    }
}

/* On the line above the state bar, over whatever stands there. */
void paint_digest(const struct frame *frame)
{
    const struct screen_away *away = &frame->screen->away;
    struct rect area = frame->screen->layout.body;
    char took[TAPE_FIGURE_MAX], key[24];
    struct bar bar;
    bar.count = 0;
    if (!away->digest || frame->screen->layout.kind == LAYOUT_MINI || area.height < 1) {
        return;
    }
    area.y += area.height - 1;
    area.height = 1;
    tape_duration((away->to.at_ms - away->from.at_ms) / 1000 * 1000, took);
    bar_add(&bar, left_at(0), (struct style){ROLE_CONN_WARN, CELL_BOLD | CELL_REVERSE}, " AWAY %s ",
            took);
    put_days(&bar, frame);
    put_counts(&bar, frame);
    put_names(&bar, frame);
    put_margin(&bar, away);
    key_of(frame->input, ACTION_DETAIL, key, sizeof key);
    if (key[0] != '\0') {
        bar_add(&bar, right_at(8), plain(ROLE_KEY), "  %s", key);
        bar_add(&bar, right_at(8), plain(ROLE_DIM), " lists ");
        bar_add(&bar, right_at(14), plain(ROLE_DIM), "them, any key hides this ");
    }
    bar_paint(&bar, frame->canvas, area);
}
