/* The events strip: what came, and what came of it. Newest first. */
#include "events.h"
#include "frame.h"

#include <stdio.h>
#include <string.h>

#define NAME_WIDTH 22
#define OWNER_WIDTH_MAX 8
#define OUTCOME_WIDTH 44
#define BRIEF_WIDTH 12
#define WHAT_WIDTH_MAX 72

/* --- which entries: of one log, or of all accounts' by the time at which they came -------------
 */

static bool is_joint(const struct screen_input *input)
{
    return input->event_log == NULL && screen_is_joint(input);
}

/* Entries that came after the pause began are not shown yet. */
static size_t skipped(const struct screen *screen, const struct screen_input *input, size_t account)
{
    uint64_t total = event_log_total(input->event_log);
    uint64_t held = account < screen->held_count ? screen->held[account].logged : total;
    return screen->paused && total > held ? (size_t)(total - held) : 0;
}

static size_t count_of(const struct screen *screen, const struct screen_input *one, size_t account)
{
    if (one->event_log == NULL) {
        return 0;
    }
    size_t count = event_log_count(one->event_log), skip = skipped(screen, one, account);
    return count > skip ? count - skip : 0;
}

static size_t shown_account(const struct screen_input *input)
{
    return input->accounts != NULL ? input->accounts->shown : 0;
}

size_t events_count(const struct screen *screen, const struct screen_input *input)
{
    size_t count = 0;
    if (!is_joint(input)) {
        return count_of(screen, input, shown_account(input));
    }
    for (size_t i = 0; i < input->accounts->count; i++) {
        count += count_of(screen, &input->accounts->of[i], i);
    }
    return count;
}

/* Reads all logs at once, newest first. */
struct events_reader {
    const struct screen *screen;
    const struct screen_accounts *accounts;
    size_t at[OWNERS_MAX], end[OWNERS_MAX]; /* of each log, from its newest */
};

static void reader_open(struct events_reader *reader, const struct screen *screen,
                        const struct screen_input *input)
{
    reader->screen = screen;
    reader->accounts = input->accounts;
    for (size_t i = 0; i < input->accounts->count; i++) {
        const struct screen_input *one = &input->accounts->of[i];
        size_t count = count_of(screen, one, i);
        reader->at[i] = count > 0 ? skipped(screen, one, i) : 0;
        reader->end[i] = reader->at[i] + count;
    }
}

static bool reader_next(struct events_reader *reader, struct events_entry *ret)
{
    const struct screen_accounts *accounts = reader->accounts;
    size_t best = accounts->count;
    for (size_t i = 0; i < accounts->count; i++) {
        const struct event_log_entry *entry =
            reader->at[i] < reader->end[i] ? event_log_at(accounts->of[i].event_log, reader->at[i])
                                           : NULL;
        if (entry != NULL && (best == accounts->count || entry->wall_ms > ret->entry->wall_ms)) {
            best = i;
            ret->entry = entry;
        }
    }
    if (best == accounts->count) {
        return false;
    }
    reader->at[best]++;
    ret->owner = accounts->owners[best];
    ret->key = memo_mix(ret->owner->key, ret->entry->number) | 1;
    return true;
}

/* Those from a place on, at most as many as there is room for. */
static size_t read_window(const struct screen *screen, const struct screen_input *input,
                          size_t from, struct events_entry *ret, size_t room)
{
    struct events_reader reader;
    struct events_entry passed;
    size_t count = events_count(screen, input), got = 0;
    if (!is_joint(input)) {
        size_t skip = count > 0 ? skipped(screen, input, shown_account(input)) : 0;
        for (; got < room && from + got < count; got++) {
            const struct event_log_entry *entry = event_log_at(input->event_log, from + got + skip);
            ret[got] = (struct events_entry){entry, NULL, entry->number};
        }
        return got;
    }
    reader_open(&reader, screen, input);
    while (from > 0 && reader_next(&reader, &passed)) {
        from--;
    }
    while (got < room && reader_next(&reader, &ret[got])) {
        got++;
    }
    return got;
}

bool events_find(const struct screen *screen, const struct screen_input *input, size_t i,
                 struct events_entry *ret)
{
    return read_window(screen, input, i, ret, 1) == 1;
}

/* Where the entry with a key stands; past the end: it is not there any more. In one log numbers
 * count up, places from the newest. */
static size_t place_of(const struct screen *screen, const struct screen_input *input, uint64_t key,
                       struct events_entry *ret)
{
    struct events_reader reader;
    size_t i = 0, count = events_count(screen, input);
    if (is_joint(input)) {
        reader_open(&reader, screen, input);
        while (reader_next(&reader, ret) && ret->key != key) {
            i++;
        }
        return i;
    }
    bool known = events_find(screen, input, 0, ret) && key <= ret->entry->number;
    i = known ? (size_t)(ret->entry->number - key) : count;
    return i < count && events_find(screen, input, i, ret) ? i : count;
}

bool events_find_key(const struct screen *screen, const struct screen_input *input, uint64_t key,
                     struct events_entry *ret)
{
    return place_of(screen, input, key, ret) < events_count(screen, input);
}

size_t events_cursor(const struct screen *screen, const struct screen_input *input)
{
    struct events_entry found;
    size_t count = events_count(screen, input);
    if (screen->events.selected == 0 || count == 0) {
        return 0;
    }
    size_t at = place_of(screen, input, screen->events.selected, &found);
    return at < count ? at : count - 1;
}

void events_select(struct screen *screen, const struct screen_input *input, size_t i)
{
    size_t count = events_count(screen, input);
    struct events_entry entry;
    bool found = count > 0 && events_find(screen, input, i < count ? i : count - 1, &entry);
    screen->events.selected = found && i > 0 ? entry.key : 0;
}

static void pane_names(resource_mask mask, char *out, size_t capacity)
{
    static const char *const short_names[] = {"ord", "pos", "acct", "watch"};
    size_t len = 0;
    out[0] = '\0';
    if ((mask & RESOURCE_ALL) == RESOURCE_ALL) {
        snprintf(out, capacity, "all");
        return;
    }
    bool one = (mask & (mask - 1)) == 0;
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if ((mask & RESOURCE_BIT(i)) != 0 && len < capacity) {
            int wrote = snprintf(out + len, capacity - len, "%s%s", len > 0 ? "+" : "",
                                 one ? resource_info((enum resource)i)->pane : short_names[i]);
            len += wrote > 0 ? (size_t)wrote : 0;
        }
    }
}

/* In full for a wide strip, in brief for a narrow one. */
struct outcome {
    char full[128], brief[32];
};

static void outcome_text(const struct event_log_entry *entry, struct outcome *ret)
{
    static const char *const words[] = {[EVENT_LOG_NOTED] = "",
                                        [EVENT_LOG_PATCHED] = "patched",
                                        [EVENT_LOG_COVERED] = "shown already",
                                        [EVENT_LOG_PENDING] = "…",
                                        [EVENT_LOG_CONFIRMED] = "",
                                        [EVENT_LOG_FAILED] = "failed",
                                        [EVENT_LOG_REFUSED] = "another user's, refused"};
    char names[64], ms[FORMAT_MAX], status[16] = "";
    pane_names(entry->panes, names, sizeof names);
    format_ms(entry->fetch_us, ms);
    if (entry->status > 0) {
        snprintf(status, sizeof status, "GET %d ", entry->status);
    }
    if (entry->outcome == EVENT_LOG_NOTED) {
        ret->full[0] = ret->brief[0] = '\0';
    } else if (entry->outcome == EVENT_LOG_CONFIRMED) {
        snprintf(ret->full, sizeof ret->full, "→ %-10.40s %s%6.12s ms %4zu row%s", names, status,
                 ms, entry->rows, entry->rows == 1 ? "" : "s");
        snprintf(ret->brief, sizeof ret->brief, "→ %s", status);
    } else {
        const char *word = words[entry->outcome];
        snprintf(ret->full, sizeof ret->full, "→ %-10.40s %s%s", names, status, word);
        snprintf(ret->brief, sizeof ret->brief, "→ %s%s", status, word);
    }
}

/* Cut at the end like any text, but not within a figure. */
void fit_words(const char *text, int columns, char *out, size_t capacity)
{
    size_t len = text_fit(text, (struct text_fit){columns, TEXT_CUT_END}, out, capacity);
    const size_t dots = strlen("…");
    if (columns < 1 || len < dots || text_width(text) <= columns) {
        return;
    }
    size_t end = len - dots;
    while (end > 0 && strchr("0123456789.,", out[end - 1]) != NULL) {
        end--;
    }
    snprintf(out + end, capacity - end, "…");
}

static bool is_figure(const char *word, size_t len)
{
    size_t digits = 0;
    for (size_t i = 0; i < len; i++) {
        digits += word[i] >= '0' && word[i] <= '9';
        if (strchr("0123456789.,+-%e", word[i]) == NULL) {
            return false;
        }
    }
    return digits > 0;
}

/*
 * What happened, without the amounts: behind a symbol the first figure is a quantity and the others
 * are prices; what concerns the account alone is all amounts. How many rows there are is none.
 */
static void hide_amounts(const struct event_log_entry *entry, char *out, size_t size)
{
    bool account = entry->panes == RESOURCE_BIT(RESOURCE_ACCOUNT);
    size_t used = 0, figures = 0;
    out[0] = '\0';
    for (const char *at = entry->what; *at != '\0' && used + 1 < size;) {
        size_t len = strcspn(at, " "), blanks = strspn(at + len, " ");
        bool rows = strncmp(at + len + blanks, "row", 3) == 0;
        bool figure = is_figure(at, len) && (account || at != entry->what) && !rows;
        bool hidden = figure && (account || figures++ == 0);
        int put =
            hidden ? snprintf(out + used, size - used, FORMAT_HIDDEN "%.*s", (int)blanks, at + len)
                   : snprintf(out + used, size - used, "%.*s", (int)(len + blanks), at);
        used += put > 0 ? (size_t)put : size;
        at += len + blanks;
    }
}

static enum role outcome_role(const struct event_log_entry *entry)
{
    bool bad = entry->outcome == EVENT_LOG_FAILED || entry->outcome == EVENT_LOG_REFUSED;
    return bad ? ROLE_CONN_BAD : entry->outcome == EVENT_LOG_PENDING ? ROLE_CONN_WARN : ROLE_DIM;
}

/* Where the parts of a line begin; the same for every line of a strip. */
struct strip {
    int name, what, outcome, end; /* columns */
    bool roomy;
    int owner; /* columns that an account's name takes before the event's; 0: there are none */
};

/* As wide as the longest name, within reason. */
static int owner_width(const struct screen_input *input)
{
    int width = 0;
    for (size_t i = 0; is_joint(input) && i < input->accounts->count; i++) {
        int its = text_width(input->accounts->owners[i]->name);
        width = its > width ? its : width;
    }
    return width < OWNER_WIDTH_MAX ? width : OWNER_WIDTH_MAX;
}

static struct strip strip_for(const struct screen_input *input, struct rect area)
{
    struct strip strip = {.end = area.x + area.width - 1, .roomy = area.width >= 100};
    bool narrow = area.width < 70;
    strip.owner = owner_width(input);
    strip.name = area.x + 1 + (narrow ? 8 : 12) + 2 + (strip.owner > 0 ? strip.owner + 1 : 0);
    strip.what = strip.name + NAME_WIDTH + 1;
    strip.outcome = strip.end - (strip.roomy ? OUTCOME_WIDTH : area.width < 50 ? 0 : BRIEF_WIDTH);
    if (strip.roomy && strip.outcome > strip.what + WHAT_WIDTH_MAX) {
        strip.outcome = strip.what + WHAT_WIDTH_MAX;
    }
    return strip;
}

static void put_part(const struct frame *frame, struct rect area, const char *text,
                     struct style style)
{
    char out[256];
    if (area.width > 0) {
        fit_words(text, area.width, out, sizeof out);
        canvas_put(frame->canvas, area, out, style);
    }
}

static void put_entry(const struct frame *frame, const struct events_entry *found, struct rect line,
                      unsigned attributes)
{
    const struct event_log_entry *entry = found->entry;
    char at[FORMAT_MAX], what[256];
    struct outcome outcome;
    struct strip strip = strip_for(frame->input, line);
    bool short_time = line.width < 70;
    format_clock(&frame->input->format, short_time ? FORMAT_CLOCK : FORMAT_CLOCK_MS, entry->wall_ms,
                 at);
    if (frame->screen->hide_amounts) {
        hide_amounts(entry, what, sizeof what);
    } else {
        snprintf(what, sizeof what, "%s", entry->what);
    }
    outcome_text(entry, &outcome);
    if (outcome.full[0] == '\0') {
        strip.outcome = strip.end; /* nothing followed: the line is for what happened */
    }
    struct style dim = {ROLE_DIM, attributes}, text = {ROLE_TEXT, attributes};
    put_part(frame, (struct rect){line.x + 1, line.y, strip.end - line.x - 1, 1}, at, dim);
    if (found->owner != NULL) {
        put_part(frame, (struct rect){strip.name - strip.owner - 1, line.y, strip.owner, 1},
                 found->owner->name, (struct style){owner_role(found->owner), attributes});
    }
    put_part(frame, (struct rect){strip.name, line.y, strip.end - strip.name, 1}, entry->name,
             text);
    put_part(frame, (struct rect){strip.what, line.y, strip.outcome - strip.what - 1, 1}, what,
             text);
    put_part(frame, (struct rect){strip.outcome, line.y, strip.end - strip.outcome, 1},
             strip.roomy ? outcome.full : outcome.brief,
             (struct style){outcome_role(entry), attributes});
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

struct painter {
    const struct frame *frame;
    struct rect area;
    size_t cursor;
    struct events_entry window[CANVAS_SIDE_MAX]; /* what its lines show */
};

static bool is_selected(const struct painter *painter, size_t at)
{
    return painter->frame->screen->focus == PANE_EVENTS && at == painter->cursor;
}

/* A number of everything that an entry's line is made of. */
static uint64_t entry_number(const struct painter *painter, size_t line)
{
    const struct screen *screen = painter->frame->screen;
    const struct event_log_entry *entry = painter->window[line].entry;
    size_t at = screen->events.top + line;
    uint64_t number = memo_mix(painter->window[line].key,
                               (uint64_t)painter->area.width << 32 | (uint64_t)entry->outcome << 8 |
                                   (uint64_t)screen->hide_amounts << 1 | is_selected(painter, at));
    number = memo_mix(number, (uint64_t)entry->fetch_us);
    return memo_mix(number, (uint64_t)entry->rows << 16 | (uint64_t)entry->status);
}

static void paint_line(void *user, size_t line, int y)
{
    const struct painter *painter = user;
    const struct frame *frame = painter->frame;
    size_t at = frame->screen->events.top + line;
    struct rect area = {painter->area.x, y, painter->area.width, 1};
    bool selected = is_selected(painter, at);
    if (selected) {
        canvas_fill(frame->canvas, area, (struct style){ROLE_SELECTED, CELL_SELECTED});
        canvas_put(frame->canvas, area, "▸", (struct style){ROLE_KEY, CELL_SELECTED});
    }
    put_entry(frame, &painter->window[line], area, selected ? CELL_SELECTED : 0);
}

void paint_events(const struct frame *frame, struct rect area)
{
    struct screen *screen = frame->screen;
    size_t count = events_count(screen, frame->input), lines;
    uint64_t wanted[CANVAS_SIDE_MAX];
    struct painter painter;
    if (area.height < 1 || count == 0) {
        return;
    }
    painter.frame = frame;
    painter.area = area;
    painter.cursor = events_cursor(screen, frame->input);
    keep_in_sight(screen, painter.cursor, count, (size_t)area.height);
    lines =
        read_window(screen, frame->input, screen->events.top, painter.window, (size_t)area.height);
    for (size_t i = 0; i < (size_t)area.height; i++) {
        wanted[i] = i < lines ? entry_number(&painter, i) : MEMO_BLANK;
    }
    memo_paint(&screen->memos[PANE_EVENTS].lines, frame->canvas, area, wanted, paint_line,
               &painter);
}
