/* The lines around the panes: who and what (top), is it alive (state bar), tabs, three-line mini.
 */
#include "accounts.h"
#include "bar.h"
#include "curves.h"
#include "events.h"
#include "frame.h"
#include "lines.h"
#include "parts.h"
#include "tape_pane.h"
#include "words.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAME_COLUMNS 32
#define CLOCK_RANK 12

static const struct bar_place pinned = {0, 0};

/* --- identity ------------------------------------------------------------------------------- */

static void add_badge(struct bar *bar, const struct screen_input *input)
{
    if (screen_is_joint(input)) {
        char all[TOTAL_NAME_BYTES];
        accounts_badge(input->accounts, all);
        bar_add(bar, pinned, bold(strchr(all, '+') != NULL ? ROLE_BADGE_REAL : badge_role(all)),
                "▌%s▐", all);
        bar_add(bar, left_at(3), plain(ROLE_TEXT), " %zu accounts", input->accounts->count);
        return;
    }
    const char *badge = input->badge != NULL ? input->badge : "";
    if (badge[0] != '\0') {
        bar_add(bar, pinned, bold(badge_role(badge)), "▌%.12s▐", badge);
    }
}

static const char *client_of(const struct frame *frame)
{
    const char *client = frame->input->client;
    struct pane_state account = screen_pane(frame->screen, frame->input, RESOURCE_ACCOUNT);
    bool known = account.shown != NULL && account.shown->row_count > 0;
    if ((client == NULL || client[0] == '\0') && known) {
        client = account.shown->account->client_id;
    }
    return client != NULL ? client : "";
}

static void add_identity(struct bar *bar, const struct frame *frame, bool roomy)
{
    char client[BAR_TEXT_MAX];
    const struct screen_accounts *accounts = frame->input->accounts;
    if (accounts != NULL && !screen_is_joint(frame->input)) {
        const struct owner *owner = accounts->owners[accounts->shown];
        bar_add(bar, pinned, bold(owner_role(owner)), " %s", owner->name);
        bar_add(bar, left_at(7), plain(ROLE_DIM), " %zu/%zu", accounts->shown + 1, accounts->count);
    }
    text_fit(client_of(frame), (struct text_fit){NAME_COLUMNS, TEXT_CUT_END}, client,
             sizeof client);
    if (client[0] != '\0') {
        bar_add(bar, left_at(9), plain(ROLE_DIM), roomy ? "  " : " ");
        bar_add(bar, left_at(9), plain(ROLE_TEXT), "%s", client);
    }
    if (frame->input->read_only) {
        bar_add(bar, left_at(8), plain(ROLE_DIM), roomy ? "  READ-ONLY" : " RO");
    }
}

/* --- figures -------------------------------------------------------------------------------- */

static enum role sign_role(double value, bool stale)
{
    if (stale) {
        return ROLE_STALE;
    }
    return value > 0 ? ROLE_PNL_UP : value < 0 ? ROLE_PNL_DOWN : ROLE_TEXT;
}

static bool is_roomy(const struct frame *frame)
{
    return frame->screen->columns >= 110;
}

/* To the last digit where there is room for them, whole amounts elsewhere. */
static void put_figure(const struct frame *frame, struct format_figure whole, char out[FORMAT_MAX])
{
    if (frame->screen->hide_amounts && !isnan(whole.value)) {
        snprintf(out, FORMAT_MAX, "%s", FORMAT_HIDDEN);
    } else {
        format_number(&frame->input->format, whole, out);
    }
}

static void figure(const struct frame *frame, double value, unsigned flags, char out[FORMAT_MAX])
{
    int decimals = is_roomy(frame) ? 2 : 0;
    put_figure(frame, (struct format_figure){.value = value, .decimals = decimals, .flags = flags},
               out);
}

static void add_part(struct bar *bar, const struct frame *frame, struct bar_place place,
                     const struct money_part *part)
{
    char out[FORMAT_MAX];
    bool stale = screen_pane(frame->screen, frame->input, RESOURCE_POSITIONS).stale;
    unsigned doubt = part->derived || part->unknown > 0 ? FORMAT_DERIVED : 0;
    struct style style = {sign_role(part->value, stale), place.rank == 0 ? CELL_BOLD : 0};
    figure(frame, part->value, FORMAT_SIGN | doubt, out);
    bar_add(bar, place, style, "%s", out);
}

/* What the day is made of: the one place where it is taken apart. */
static void add_breakdown(struct bar *bar, const struct frame *frame)
{
    const struct money *money = &frame->screen->money;
    const struct money_sum *sum = &money->sums[0];
    char since[FORMAT_MAX];
    bar_add(bar, right_at(6), plain(ROLE_DIM), is_roomy(frame) ? " = booked " : " booked ");
    add_part(bar, frame, right_at(6), &sum->booked);
    if (money->known == MONEY_BOOKED_SINCE && money->since_ms != MODEL_NO_TIME) {
        format_clock(&frame->input->format, FORMAT_CLOCK_MINUTE, money->since_ms, since);
        bar_add(bar, right_at(6), plain(ROLE_DIM), " since %s", since);
    }
    bar_add(bar, right_at(6), plain(ROLE_DIM), is_roomy(frame) ? " + open " : " open ");
    add_part(bar, frame, right_at(6), &sum->open);
}

/* One currency's figure: the day, or only what is open where nothing is known of the rest. */
static void add_day(struct bar *bar, const struct frame *frame, size_t i)
{
    const struct money *money = &frame->screen->money;
    const struct money_sum *sum = &money->sums[i];
    bool known = money->known != MONEY_BOOKED_UNKNOWN;
    int rank = i == 0 ? 0 : 2;
    if (i > 0) {
        bar_add(bar, right_at(rank), plain(ROLE_TEXT), "  ");
    } else {
        bar_add(bar, right_at(known ? 1 : 3), plain(ROLE_DIM), known ? "Day " : "Day — ");
        bar_add(bar, right_at(1), plain(ROLE_DIM), known ? "" : "open ");
    }
    add_part(bar, frame, (struct bar_place){rank, BAR_RIGHT | BAR_FIGURE},
             known ? &sum->day : &sum->open);
    if (money->count > 1 && sum->currency[0] != '\0') {
        bar_add(bar, right_at(rank), plain(ROLE_DIM), " %s", sum->currency);
    }
    if (sum->day.unknown > 0) {
        bar_add(bar, right_at(2), plain(ROLE_DIM), ", %zu unknown", sum->day.unknown);
    }
}

/* Day = booked + open, the first figure that is looked for. */
static void add_money(struct bar *bar, const struct frame *frame, bool parts)
{
    const struct money *money = &frame->screen->money;
    struct pane_state state = screen_pane(frame->screen, frame->input, RESOURCE_POSITIONS);
    bar_add(bar, right_at(0), plain(ROLE_STALE), state.stale ? "≈ " : " ");
    if (state.shown == NULL) {
        bar_add(bar, right_at(1), plain(ROLE_DIM), "Day ");
        bar_add(bar, right_at(0), bold(ROLE_TEXT), FORMAT_MISSING);
        return;
    }
    for (size_t i = 0; i < money->count; i++) {
        add_day(bar, frame, i);
    }
    if (parts && money->count == 1 && money->known != MONEY_BOOKED_UNKNOWN) {
        add_breakdown(bar, frame);
    }
}

static const struct account *account_of(const struct frame *frame, bool *ret_stale)
{
    struct pane_state state = screen_pane(frame->screen, frame->input, RESOURCE_ACCOUNT);
    *ret_stale = state.stale;
    return state.shown != NULL && state.shown->row_count > 0 ? state.shown->account : NULL;
}

static void add_net_liq(struct bar *bar, const struct frame *frame)
{
    bool stale;
    const struct account *account = account_of(frame, &stale);
    struct figure net_liq = account != NULL ? money_net_liq(account, &frame->screen->money)
                                            : (struct figure){(double)NAN, true};
    char out[FORMAT_MAX];
    if (isnan(net_liq.value)) {
        return;
    }
    unsigned flags = net_liq.derived ? FORMAT_DERIVED : 0;
    put_figure(frame, (struct format_figure){.value = net_liq.value, .flags = flags}, out);
    bar_add(bar, right_at(10), plain(ROLE_DIM), stale ? "  │ ≈ Net liq " : "  │ Net liq ");
    bar_add(bar, right_at(10), plain(stale ? ROLE_STALE : ROLE_TEXT), "%s", out);
}

static void add_margin(struct bar *bar, const struct frame *frame)
{
    bool stale;
    const struct account *account = account_of(frame, &stale);
    double percent = account != NULL ? money_margin(account) : (double)NAN;
    if (isnan(percent)) {
        return;
    }
    bool roomy = is_roomy(frame), high = percent >= MONEY_MARGIN_HIGH;
    struct style style = {margin_role(percent, stale), high ? CELL_BOLD : 0};
    bar_add(bar, right_at(high ? 2 : 5), plain(ROLE_DIM), roomy ? "  │ Margin " : " margin ");
    bar_add(bar, right_at(high ? 2 : 5), style, roomy ? "%.0f %%" : "%.0f%%", percent);
}

static bool bar_has(const struct bar *bar, int rank)
{
    size_t i = 0;
    while (i < bar->count && bar->items[i].rank != rank) {
        i++;
    }
    return i < bar->count;
}

/* At the very end, where there is room for what the account's pane says as well. */
static void add_balance(struct bar *bar, const struct frame *frame)
{
    bool stale;
    const struct account *account = account_of(frame, &stale);
    char out[FORMAT_MAX];
    if (account == NULL || !is_roomy(frame)) {
        return;
    }
    figure(frame, account->balance, 0, out);
    bar_add(bar, right_at(14), plain(ROLE_DIM), stale ? "  ≈ Balance " : "  Balance ");
    bar_add(bar, right_at(14), plain(stale ? ROLE_STALE : ROLE_TEXT), "%s", out);
}

/* The time of day, to the minute, and how far it is ahead of UTC. */
static void add_clock(struct bar *bar, const struct frame *frame)
{
    char minute[FORMAT_MAX], full[FORMAT_MAX];
    int64_t now_ms = frame->input->now.wall_ms;
    format_clock(&frame->input->format, FORMAT_CLOCK_MINUTE, now_ms, minute);
    format_clock(&frame->input->format, FORMAT_CLOCK_FULL, now_ms, full);
    const char *zone = strrchr(full, ' ');
    zone = zone == NULL || strcmp(zone, " +00:00") == 0 ? " UTC" : zone;
    frame->screen->clock_minute = now_ms / MINUTE_MS;
    if (is_roomy(frame)) {
        bar_add(bar, right_at(CLOCK_RANK), plain(ROLE_DIM), "  │ %s%s", minute, zone);
    }
}

void paint_top(const struct frame *frame)
{
    struct bar bar;
    bar.count = 0;
    bool roomy = is_roomy(frame);
    if (screen_is_joint(frame->input)) {
        paint_strip(frame);
        return;
    }
    bar_add(&bar, left_at(11), bold(ROLE_TITLE), " blotter ");
    bar_add(&bar, left_at(13), plain(ROLE_TEXT), " ");
    add_badge(&bar, frame->input);
    add_identity(&bar, frame, roomy);
    add_money(&bar, frame, true);
    add_net_liq(&bar, frame);
    add_margin(&bar, frame);
    add_clock(&bar, frame);
    add_balance(&bar, frame);
    bar_add(&bar, right_at(13), plain(ROLE_TEXT), " ");
    if (bar_repaint(&bar, frame, BAR_TOP, frame->screen->layout.top)) {
        frame->screen->clock = bar_has(&bar, CLOCK_RANK);
    }
}

static void add_field(struct bar *bar, const struct frame *frame, const char *label, double value)
{
    bool stale;
    char out[FORMAT_MAX];
    int rank = 1 + (int)bar->count;
    account_of(frame, &stale);
    figure(frame, value, 0, out);
    bar_add(bar, left_at(rank), plain(ROLE_DIM), "%s ", label);
    bar_add(bar, left_at(rank), plain(stale ? ROLE_STALE : ROLE_TEXT), "%s  ", out);
}

void paint_account_line(const struct frame *frame)
{
    struct bar bar;
    bar.count = 0;
    struct rect area = frame->screen->layout.account_line;
    bool stale;
    const struct account *account = account_of(frame, &stale);
    struct pane_state state = screen_pane(frame->screen, frame->input, RESOURCE_ACCOUNT);
    char text[BAR_TEXT_MAX];
    if (area.height == 0) {
        return;
    }
    if (screen_is_joint(frame->input)) {
        paint_accounts_line(frame);
        return;
    }
    bar_add(&bar, pinned, plain(ROLE_TEXT), " ");
    if (account == NULL) {
        empty_reason(frame, PANE_ACCOUNT, text, sizeof text);
        bar_add(&bar, pinned, plain(ROLE_DIM), "Account: %s", text);
        bar_repaint(&bar, frame, BAR_ACCOUNT, area);
        return;
    }
    add_field(&bar, frame, "Bal", account->balance);
    add_field(&bar, frame, "Avail", account->available_margin);
    add_field(&bar, frame, "Used", account->used_margin);
    if (!isnan(money_margin(account))) {
        bar_add(&bar, left_at(12), plain(margin_role(money_margin(account), stale)), "(~%.1f %%)",
                money_margin(account));
    }
    format_time(&frame->input->format, state.shown_ms, frame->input->now.wall_ms, text);
    bar_add(&bar, right_at(stale ? 0 : 13), plain(stale ? ROLE_STALE : ROLE_DIM),
            stale ? "≈ as of %s " : "as of %s ", text);
    bar_repaint(&bar, frame, BAR_ACCOUNT, area);
}

/* --- tabs ----------------------------------------------------------------------------------- */

static void add_tab(struct bar *bar, const struct frame *frame, enum pane pane)
{
    const struct screen *screen = frame->screen;
    bool here = pane == screen->focus;
    bool counted = screen_has_table(pane) && screen->tables[pane].snapshot != NULL;
    char count[24] = "";
    if (counted) {
        snprintf(count, sizeof count, " %zu", screen->tables[pane].total);
    }
    bool alert = screen_has_table(pane) && screen->tables[pane].attention_count > 0;
    int rank = here ? 0 : 2 + (int)pane;
    struct style style = here ? bold(ROLE_TITLE) : plain(ROLE_DIM);
    bool now = pane == PANE_ORDERS && screen->layout.now != 0;
    bar_add(bar, left_at(rank), style, here ? "[%d %s" : " %d %s", (int)pane + 1,
            now ? "Now" : pane_info(pane)->tab);
    bar_add(bar, left_at(here ? 1 : PANE_COUNT + 3), style, "%s", count);
    bar_add(bar, left_at(rank), bold(ROLE_ALERT), "%s", alert ? "!" : "");
    bar_add(bar, left_at(rank), style, here ? "] " : " ");
    bar_add(bar, left_at(PANE_COUNT + 4), style, " ");
}

/* The segments that begin a tab hold its number: "[1 Ord", " 2 Pos". */
static void note_tabs(struct screen *screen, const struct bar *bar)
{
    for (int i = 0; i < PANE_COUNT; i++) {
        screen->tab_x[i] = -1;
    }
    for (size_t i = 0; i < bar->count; i++) {
        int pane = bar->items[i].text[0] != '\0' ? bar->items[i].text[1] - '1' : -1;
        if (pane >= 0 && pane < PANE_COUNT) {
            screen->tab_x[pane] = bar->items[i].x;
        }
    }
}

static int tabs_end(const struct bar *bar)
{
    const struct bar_item *last = bar->count > 0 ? &bar->items[bar->count - 1] : NULL;
    return last != NULL ? last->x + text_width(last->text) : 0;
}

void paint_tabs(const struct frame *frame)
{
    struct bar bar;
    bar.count = 0;
    if (frame->screen->layout.tabs.height == 0) {
        return;
    }
    for (int i = 0; i < PANE_COUNT; i++) {
        if ((screen_wanted(frame->input) & LAYOUT_PANE_BIT(i)) != 0) {
            add_tab(&bar, frame, (enum pane)i);
        }
    }
    if (bar_repaint(&bar, frame, BAR_TABS, frame->screen->layout.tabs)) {
        note_tabs(frame->screen, &bar);
        frame->screen->tabs_end = tabs_end(&bar);
    }
    struct rect rest = frame->screen->layout.tabs;
    int used = frame->screen->tabs_end + 1 - rest.x;
    rest.x += used;
    rest.width -= used + 1;
    paint_day_spark(frame, rest);
}

/* --- state bar ------------------------------------------------------------------------------ */

/* The connection word in the room there is: a reason may be cut, a time may not. */
static void add_word(struct bar *bar, const struct conn_word *word, int columns)
{
    char out[BAR_TEXT_MAX];
    bool reason = word->role == ROLE_CONN_BAD && columns >= 16;
    bool whole = text_width(word->text) <= columns;
    text_fit(whole || reason ? word->text : word->shortest,
             (struct text_fit){columns, TEXT_CUT_END}, out, sizeof out);
    bar_add(bar, pinned, bold(word->role), "%s", out);
    if (word->more[0] != '\0') {
        bar_add(bar, left_at(2), plain(word->role == ROLE_CONN_BAD ? ROLE_CONN_BAD : ROLE_DIM),
                " %s", word->more);
    }
    if (word->why[0] != '\0') {
        bar_add(bar, (struct bar_place){4, BAR_ELASTIC},
                plain(word->role == ROLE_CONN_BAD ? ROLE_CONN_BAD : ROLE_DIM), " │ %s", word->why);
    }
}

static void add_pause(struct bar *bar, const struct frame *frame)
{
    uint64_t now = screen_arrived(frame->input);
    if (frame->screen->paused) {
        bar_add(bar, pinned, bold(ROLE_CONN_WARN), "▮▮ PAUSED +%llu ",
                (unsigned long long)(now - frame->screen->held_total));
        bar_add(bar, pinned, plain(ROLE_DIM), "│ ");
    }
}

static void add_latency(struct bar *bar, const char *label, const struct latency_summary *latency,
                        bool p99)
{
    char middle[FORMAT_MAX], high[FORMAT_MAX];
    if (latency->count == 0) {
        return;
    }
    format_ms(latency->p50_us, middle);
    format_ms(p99 ? latency->p99_us : latency->p95_us, high);
    bar_add(bar, left_at(p99 ? 9 : 10), plain(ROLE_DIM), " │ %s p50 %s %s %s ms", label, middle,
            p99 ? "p99" : "p95", high);
}

/* "! 3: 1 rejected, 1 stop passed, 1 unfilled". */
static void add_due(struct bar *bar, const struct frame *frame)
{
    const struct table *tables = frame->screen->tables;
    size_t orders = tables[PANE_ORDERS].attention_count, late = tables[PANE_ORDERS].late_count;
    const struct {
        size_t count;
        const char *word;
    } parts[] = {{orders - late, "rejected"},
                 {tables[PANE_POSITIONS].attention_count, "stop passed"},
                 {late, "unfilled"},
                 {tables[PANE_WATCHLIST].attention_count, "price"}};
    size_t all = orders + parts[1].count + parts[3].count;
    if (all == 0) {
        return;
    }
    char key[16];
    key_of(frame->input, ACTION_DUE, key, sizeof key);
    bar_add(bar, left_at(4), plain(ROLE_DIM), " │ ");
    bar_add(bar, left_at(4), bold(ROLE_ALERT), "%s %zu", key[0] != '\0' ? key : "!", all);
    const char *gap = ": ";
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].count > 0) {
            bar_add(bar, left_at(5), plain(ROLE_ALERT), "%s%zu %s", gap, parts[i].count,
                    parts[i].word);
            gap = ", ";
        }
    }
}

static void add_counts(struct bar *bar, const struct frame *frame)
{
    const struct screen_input *input = frame->input;
    if (frame->screen->strip.event_log) { /* what only those want who look at how it is done */
        add_latency(bar, "event→screen", &input->event_latency, true);
        add_latency(bar, "GET", &input->fetch_latency, false);
        bar_add(bar, left_at(8), plain(ROLE_DIM), " │ %llu ev", (unsigned long long)input->events);
    }
    if (input->errors > 0 || frame->screen->strip.event_log) {
        bar_add(bar, left_at(7), plain(ROLE_DIM), " │ ");
        bar_add(bar, left_at(7), plain(input->errors > 0 ? ROLE_CONN_WARN : ROLE_DIM), "err %llu",
                (unsigned long long)input->errors);
    }
    add_due(bar, frame);
}

#define NOTICE_LEAST 8 /* columns: fewer tell nothing */

/* All but what must stay gives way to it for its moment; what is still too long is cut. */
static void add_notice(struct bar *bar, const struct frame *frame)
{
    const char *notice = frame->input->notice;
    int room = frame->screen->columns - 3;
    for (size_t i = 0; i < bar->count; i++) {
        room -= bar->items[i].rank == 0 ? text_width(bar->items[i].text) : 0;
    }
    if (notice == NULL || notice[0] == '\0' || room < NOTICE_LEAST) {
        return;
    }
    char text[BAR_TEXT_MAX];
    text_fit(notice, (struct text_fit){room, TEXT_CUT_END}, text, sizeof text);
    bar_add(bar, left_at(1), plain(ROLE_DIM), " │ ");
    bar_add(bar, left_at(1), plain(ROLE_ALERT), "%s", text);
}

static void add_hint(struct bar *bar, enum action action, int rank, const char *key)
{
    size_t first = bar->count;
    bar_add(bar, right_at(rank), plain(ROLE_TEXT), "  ");
    bar_add(bar, right_at(rank), plain(ROLE_KEY), "%s", key);
    bar_add(bar, right_at(rank), plain(ROLE_DIM), " %s", action_info(action)->hint);
    for (size_t i = first + 1; i < bar->count; i++) {
        bar->items[i].action = action;
    }
}

/* Where a click finds them. */
static void note_hints(struct screen *screen, const struct bar *bar)
{
    screen->hint_count = 0;
    for (size_t i = 0; i < bar->count && screen->hint_count < SCREEN_HINTS_MAX; i++) {
        const struct bar_item *item = &bar->items[i];
        if (item->action != ACTION_COUNT) {
            screen->hints[screen->hint_count++] =
                (struct screen_hint){item->x, text_width(item->text), item->action};
        }
    }
}

static void add_hints(struct bar *bar, const struct frame *frame)
{
    static const struct {
        enum action_scope scope;
        enum action action;
        int rank;
    } hints[] = {
        {SCOPE_PANES, ACTION_FILTER, 13},
        {SCOPE_PANES, ACTION_SORT, 14},
        {SCOPE_PANES, ACTION_DETAIL, 15},
        {SCOPE_PANES, ACTION_ZOOM, 16},
        {SCOPE_PANES, ACTION_HELP, 3},
        {SCOPE_PANES, ACTION_QUIT, 3},
        {SCOPE_HELP, ACTION_FILTER, 4},
        {SCOPE_HELP, ACTION_BACK, 3},
        {SCOPE_SYMBOL, ACTION_FIELDS, 4},
        {SCOPE_SYMBOL, ACTION_BACK, 3},
        {SCOPE_DETAIL, ACTION_COPY_ROW, 4},
        {SCOPE_DETAIL, ACTION_BACK, 3},
        {SCOPE_COLUMNS, ACTION_COLUMN_TOGGLE, 3},
        {SCOPE_COLUMNS, ACTION_COLUMN_EARLIER, 5},
        {SCOPE_COLUMNS, ACTION_COLUMN_LATER, 5},
        {SCOPE_COLUMNS, ACTION_BACK, 3},
        {SCOPE_SORT, ACTION_SORT_BY, 3},
        {SCOPE_SORT, ACTION_SORT_REVERSE, 4},
        {SCOPE_SORT, ACTION_BACK, 3},
        {SCOPE_PROMPT, ACTION_ACCEPT, 3},
        {SCOPE_PROMPT, ACTION_BACK, 3},
    };
    enum action_scope scope = screen_scope(frame->screen);
    for (size_t i = 0; i < sizeof hints / sizeof *hints; i++) {
        char key[24];
        if (hints[i].scope != scope || !action_works_in(hints[i].action, frame->screen->focus)) {
            continue;
        }
        key_of(frame->input, hints[i].action, key, sizeof key);
        if (key[0] != '\0') {
            add_hint(bar, hints[i].action, hints[i].rank, key);
        }
    }
    bar_add(bar, right_at(17), plain(ROLE_DIM), " ");
}

void paint_state(const struct frame *frame)
{
    struct bar bar;
    bar.count = 0;
    struct conn_word word;
    conn_word_make(frame->input, &word);
    bar_add(&bar, left_at(2), plain(ROLE_TEXT), " ");
    add_pause(&bar, frame);
    add_word(&bar, &word, frame->screen->columns - 2 - (frame->screen->paused ? 18 : 0));
    add_counts(&bar, frame);
    add_notice(&bar, frame);
    add_hints(&bar, frame);
    if (bar_repaint(&bar, frame, BAR_STATE, frame->screen->layout.state)) {
        note_hints(frame->screen, &bar);
    }
}

#define MINI_LINES 3 /* with what is pinned */

/* --- three lines ---------------------------------------------------------------------------- */

static void mini_pnl(const struct frame *frame, struct bar *bar)
{
    if (screen_is_joint(frame->input)) {
        accounts_add_days(bar, frame);
        return;
    }
    struct bar right;
    right.count = 0;
    add_money(&right, frame, false);
    for (size_t i = 0; i < right.count && bar->count < BAR_ITEMS_MAX; i++) {
        right.items[i].right = false;
        bar->items[bar->count++] = right.items[i];
    }
}

/* The word where it fits, else its sign alone. */
static void mini_word(struct bar *bar, const struct conn_word *word, int columns)
{
    struct text_reader sign = {word->text, word->text + strlen(word->text)};
    struct text_cluster cluster;
    if (text_width(word->shortest) <= columns || !text_next(&sign, &cluster)) {
        add_word(bar, word, columns);
    } else {
        bar_add(bar, pinned, bold(word->role), "%s", cluster.bytes);
    }
}

/* "3 working 4 held !1": what there is of it. */
static void mini_counts(const struct frame *frame, struct bar *bar)
{
    const struct table *tables = frame->screen->tables;
    size_t due = 0, held = 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        due += screen_has_table((enum pane)i) ? tables[i].attention_count : 0;
    }
    for (size_t i = 0; i < tables[PANE_POSITIONS].sums.count; i++) {
        held += tables[PANE_POSITIONS].sums.sums[i].open_count;
    }
    if (tables[PANE_ORDERS].snapshot != NULL) {
        bar_add(bar, left_at(1), plain(ROLE_TEXT), " %zu working",
                table_view_count(&tables[PANE_ORDERS], ORDER_VIEW_WORKING));
    }
    if (tables[PANE_POSITIONS].snapshot != NULL) {
        bar_add(bar, left_at(2), plain(ROLE_TEXT), " %zu held", held);
    }
    if (due > 0) {
        bar_add(bar, left_at(0), bold(ROLE_ALERT), " !%zu", due);
    }
}

/* Below what is pinned: counts, and what happened last. */
static void paint_mini_rest(const struct frame *frame)
{
    const struct screen *screen = frame->screen;
    struct bar counts;
    counts.count = 0;
    mini_counts(frame, &counts);
    bar_paint(&counts, frame->canvas, (struct rect){0, MINI_LINES, screen->columns, 1});
    for (int y = MINI_LINES + 1; y < screen->rows; y++) {
        struct tapes_entry found;
        struct tape_words words;
        char text[sizeof words.line + OWNER_NAME_BYTES + 16], out[sizeof text];
        if (!tape_pane_find(screen, frame->input, (size_t)(y - MINI_LINES - 1), &found)) {
            return;
        }
        tape_say(frame, found.entry, &words);
        bool named = screen_is_joint(frame->input);
        snprintf(text, sizeof text, "%s%s%s %s", named ? found.owner->name : "", named ? " " : "",
                 words.word, words.line);
        fit_words(text, screen->columns - 1, out, sizeof out);
        canvas_put(frame->canvas, (struct rect){1, y, screen->columns - 1, 1}, out,
                   plain(tape_role(found.entry)));
    }
}

/* Three lines when there are three; with fewer, what is pinned shares them. */
void paint_mini(const struct frame *frame)
{
    const struct screen *screen = frame->screen;
    struct bar bars[MINI_LINES];
    bars[0].count = bars[1].count = bars[2].count = 0;
    int lines = screen->rows < MINI_LINES ? screen->rows : MINI_LINES;
    struct conn_word word;
    conn_word_make(frame->input, &word);
    canvas_fill(frame->canvas, (struct rect){0, 0, screen->columns, screen->rows},
                plain(ROLE_TEXT));
    struct bar *conn = &bars[lines >= 3 ? 1 : 0], *pnl = &bars[lines >= 3 ? 2 : lines - 1];
    add_badge(&bars[0], frame->input);
    add_identity(&bars[0], frame, false);
    bar_add(conn, left_at(1), plain(ROLE_TEXT), "%s", conn->count > 0 ? " " : "");
    add_pause(conn, frame);
    mini_word(conn, &word, screen->columns - (lines >= 3 ? 0 : lines == 2 ? 7 : 21));
    mini_pnl(frame, pnl);
    for (int i = 0; i < lines; i++) {
        bar_paint(&bars[i], frame->canvas, (struct rect){0, i, screen->columns, 1});
    }
    if (screen->rows > MINI_LINES) {
        paint_mini_rest(frame);
    }
}
