/* The tape: what happened, newest first, and what of it is new since the user looked. */
#include "bar.h"
#include "events.h"
#include "frame.h"
#include "tape_pane.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define WORD_WIDTH 8
#define ROOMY 96 /* columns from which on an entry takes one line */

/* --- words ---------------------------------------------------------------------------------- */

static void figure_text(const void *user, enum tape_figure kind, double value,
                        char out[TAPE_FIGURE_MAX])
{
    const struct frame *frame = user;
    struct format_figure figure = {.value = value, .decimals = 2};
    bool market = kind == TAPE_PRICE;
    if (frame->screen->hide_amounts && !market && !isnan(value)) {
        snprintf(out, TAPE_FIGURE_MAX, "%s", FORMAT_HIDDEN);
        return;
    }
    figure.flags = kind == TAPE_AMOUNT ? FORMAT_SIGN : 0;
    if (kind != TAPE_AMOUNT && !isnan(value)) {
        figure.decimals = format_decimals(value, market ? 2 : 0, market ? 4 : 6);
        figure.flags = FORMAT_PRICE;
    }
    format_number(&frame->input->format, figure, out);
}

static void symbol_text(const void *user, const char *symbol, char out[TAPE_SHOWN_MAX])
{
    const struct frame *frame = user;
    const struct column_now now = {frame->input->now.wall_ms, &frame->input->format};
    symbol_shown(symbol, &now, out);
}

void tape_say(const struct frame *frame, const struct tape_entry *entry, struct tape_words *ret)
{
    struct tape_style style = {figure_text, symbol_text, frame, frame->screen->hide_amounts};
    tape_words_make(entry, &style, ret);
}

enum role tape_role(const struct tape_entry *entry)
{
    static const enum role roles[TAPE_KINDS] = {
        [TAPE_PLACED] = ROLE_STATUS_PENDING,
        [TAPE_CHANGED] = ROLE_STATUS_PENDING,
        [TAPE_PARTIAL] = ROLE_STATUS_PARTIAL,
        [TAPE_FILLED] = ROLE_STATUS_EXECUTED,
        [TAPE_CANCELLED] = ROLE_STATUS_CANCELLED,
        [TAPE_REJECTED] = ROLE_STATUS_REJECTED,
        [TAPE_CLOSED] = ROLE_TEXT,
        [TAPE_STOP] = ROLE_ALERT,
        [TAPE_TARGET] = ROLE_ALERT,
        [TAPE_ALERT] = ROLE_ALERT,
        [TAPE_STREAM] = ROLE_CONN_WARN,
    };
    if (entry->kind == TAPE_CLOSED && !isnan(entry->amount)) {
        return entry->amount < 0 ? ROLE_PNL_DOWN : ROLE_PNL_UP;
    }
    return roles[entry->kind];
}

/* --- which entries -------------------------------------------------------------------------- */

/* Of several accounts: whose entries are shown; NULL: everybody's. */
static const struct owner *owner_of(const struct screen_input *input)
{
    const struct screen_accounts *accounts = input->accounts;
    return accounts->shown == SCREEN_ALL_ACCOUNTS ? NULL : accounts->owners[accounts->shown];
}

uint64_t tape_pane_total(const struct screen_input *input)
{
    return input->accounts != NULL ? tapes_total(input->accounts->tapes)
           : input->tape != NULL   ? tape_total(input->tape)
                                   : 0;
}

struct tape_counts tape_pane_counts(const struct screen_input *input)
{
    return input->accounts != NULL ? tapes_counts(input->accounts->tapes, NULL)
           : input->tape != NULL   ? tape_counts(input->tape)
                                   : (struct tape_counts){.closed_amount = 0};
}

/* How many entries there are above a number, whatever is held back. */
static size_t above(const struct screen_input *input, uint64_t number)
{
    uint64_t total = tape_pane_total(input);
    return input->accounts != NULL ? tapes_above(input->accounts->tapes, owner_of(input), number)
           : total > number        ? (size_t)(total - number)
                                   : 0;
}

/* Entries that came after the pause began are not shown yet. */
static size_t skipped(const struct screen *screen, const struct screen_input *input)
{
    return screen->paused ? above(input, screen->held_tape) : 0;
}

size_t tape_pane_count(const struct screen *screen, const struct screen_input *input)
{
    size_t skip = skipped(screen, input);
    size_t count = input->accounts != NULL ? tapes_count(input->accounts->tapes, owner_of(input))
                   : input->tape != NULL   ? tape_count(input->tape)
                                           : 0;
    return count > skip ? count - skip : 0;
}

bool tape_pane_find(const struct screen *screen, const struct screen_input *input, size_t i,
                    struct tapes_entry *ret)
{
    if (i >= tape_pane_count(screen, input)) {
        return false;
    }
    i += skipped(screen, input);
    if (input->accounts != NULL) {
        return tapes_at(input->accounts->tapes, owner_of(input), i, ret);
    }
    ret->entry = tape_at(input->tape, i);
    ret->owner = NULL;
    ret->number = ret->entry->number;
    return true;
}

const struct tape_entry *tape_pane_at(const struct screen *screen, const struct screen_input *input,
                                      size_t i)
{
    struct tapes_entry found;
    return tape_pane_find(screen, input, i, &found) ? found.entry : NULL;
}

/* The same of those that are shown: numbers count up, indexes from the newest. */
static size_t entries_above(const struct screen *screen, const struct screen_input *input,
                            uint64_t number)
{
    size_t count = tape_pane_count(screen, input), skip = skipped(screen, input);
    size_t newer = above(input, number);
    newer = newer > skip ? newer - skip : 0;
    return newer < count ? newer : count;
}

size_t tape_pane_cursor(const struct screen *screen, const struct screen_input *input)
{
    size_t count = tape_pane_count(screen, input);
    if (screen->strip.selected == 0) {
        return 0;
    }
    size_t at = entries_above(screen, input, screen->strip.selected);
    return at < count ? at : count > 0 ? count - 1 : 0;
}

void tape_pane_select(struct screen *screen, const struct screen_input *input, size_t i)
{
    size_t count = tape_pane_count(screen, input);
    struct tapes_entry found;
    bool there = tape_pane_find(screen, input, i < count ? i : count - 1, &found);
    screen->strip.selected = there && i > 0 ? found.number : 0;
}

size_t tape_pane_new(const struct screen *screen, const struct screen_input *input)
{
    return input->day != NULL ? 0 : entries_above(screen, input, screen->away.looked);
}

/* --- painting ------------------------------------------------------------------------------- */

struct tape_line {
    const struct frame *frame;
    struct rect area; /* its line is the one painted next */
    bool selected;
    const struct owner *owner; /* named, where several accounts' entries stand together */
};

#define OWNER_COLUMNS 6

static void put_part(const struct tape_line *line, int x, int width, const char *text,
                     struct style style)
{
    char out[256];
    style.attributes |= line->selected ? CELL_SELECTED : 0;
    if (width > 0) {
        fit_words(text, width, out, sizeof out);
        canvas_put(line->frame->canvas, (struct rect){line->area.x + x, line->area.y, width, 1},
                   out, style);
    }
}

static void ground(const struct tape_line *line)
{
    if (line->selected) {
        canvas_fill(line->frame->canvas,
                    (struct rect){line->area.x, line->area.y, line->area.width, 1},
                    (struct style){ROLE_SELECTED, CELL_SELECTED});
    }
}

/* A number of everything that an entry's words are made of. Entries of several tapes may have the
 * same number, but no two stand in one place. */
static uint64_t words_number(const struct frame *frame, const struct tape_entry *entry)
{
    const struct screen *screen = frame->screen;
    uint64_t number = memo_mix((uint64_t)(uintptr_t)entry | screen->hide_amounts, entry->number);
    number = memo_mix(memo_mix(number, entry->versions), (uint64_t)entry->wall_ms);
    number = memo_mix(number, (uint64_t)frame->screen->day_end_ms);
    return memo_mix(number, (uint64_t)frame->input->format.grouping);
}

/* An entry's words on lines that wide: a sentence that is too long goes on below. */
#define PIECES_MAX 4
struct tape_pieces {
    struct {
        const char *text;
        size_t len;
        bool more;
    } all[PIECES_MAX];
    int count;
};

static void add_pieces(struct tape_pieces *pieces, const char *text, int columns, bool more)
{
    const char *end = text + strlen(text);
    for (int i = 0; i < PIECES_MAX / 2 && text < end; i++) {
        bool last = i + 1 == PIECES_MAX / 2; /* the rest is cut there */
        const char *stop = last || columns < 8 ? end : text_wrap(text, end, columns);
        pieces->all[pieces->count].text = text;
        pieces->all[pieces->count].len = (size_t)(stop - text);
        pieces->all[pieces->count++].more = more;
        text = stop;
    }
}

/* Where the words of an entry begin. */
static int words_column(const struct frame *frame)
{
    return 1 + 9 + (screen_is_joint(frame->input) ? OWNER_COLUMNS + 1 : 0) + WORD_WIDTH + 1;
}

static void cut_words(const struct frame *frame, const struct tape_words *words, int width,
                      struct tape_pieces *ret)
{
    int columns = width - words_column(frame) - 1;
    ret->count = 0;
    add_pieces(ret, words->line, columns, false);
    add_pieces(ret, words->more, columns, true);
}

/* How many lines an entry takes in a pane that wide. Its words are made once. */
static int height_of(const struct frame *frame, const struct tape_entry *entry, int width)
{
    struct tape_height *known = &frame->screen->strip.heights[entry->number % CANVAS_SIDE_MAX];
    uint64_t number =
        memo_mix(words_number(frame, entry), (uint64_t)width << 8 | (uint64_t)words_column(frame));
    if (width >= ROOMY) {
        return 1;
    }
    if (known->words != number) {
        struct tape_words words;
        struct tape_pieces pieces;
        tape_say(frame, entry, &words);
        cut_words(frame, &words, width, &pieces);
        *known = (struct tape_height){number, pieces.count > 1 ? pieces.count : 1};
    }
    return known->lines;
}

/* Whose the entry is, where that is said. */
static const struct owner *shown_owner(const struct frame *frame, const struct tapes_entry *found)
{
    return screen_is_joint(frame->input) ? found->owner : NULL;
}

static int owner_columns(const struct tape_line *line)
{
    return line->owner != NULL ? OWNER_COLUMNS + 1 : 0;
}

static void put_entry(const struct tape_line *line, const struct tape_entry *entry,
                      const struct tape_words *words)
{
    char at[FORMAT_MAX];
    int width = line->area.width, text = 1 + 9 + owner_columns(line);
    int rest = text + WORD_WIDTH + 1;
    format_time(&line->frame->input->format, entry->wall_ms, line->frame->input->now.wall_ms, at);
    ground(line);
    if (line->selected) {
        put_part(line, 0, 1, "▸", plain(ROLE_KEY));
    }
    put_part(line, 1, 8, at, plain(ROLE_DIM));
    if (line->owner != NULL) {
        put_part(line, 1 + 9, OWNER_COLUMNS, line->owner->name, plain(owner_role(line->owner)));
    }
    put_part(line, text, WORD_WIDTH, words->word, plain(tape_role(entry)));
    put_part(line, rest, width - rest - 1, words->line, plain(ROLE_TEXT));
    int used = rest + text_width(words->line) + 3;
    bool beside = words->more[0] != '\0' && width >= ROOMY && used + 8 < width;
    if (beside) {
        used = used < rest + 40 ? rest + 40 : used;
        put_part(line, used, width - used - 1, words->more, plain(ROLE_DIM));
    }
}

/* The n-th line of an entry in a narrow pane. */
static void put_piece(const struct tape_line *line, const struct tape_entry *entry,
                      struct tape_words *words, int n)
{
    struct tape_pieces pieces;
    char text[sizeof words->line];
    int rest = words_column(line->frame);
    cut_words(line->frame, words, line->area.width, &pieces);
    if (n >= pieces.count && n > 0) {
        return;
    }
    snprintf(text, sizeof text, "%.*s", pieces.count > 0 ? (int)pieces.all[n].len : 0,
             pieces.count > 0 ? pieces.all[n].text : "");
    if (n == 0) {
        memcpy(words->line, text, sizeof text);
        put_entry(line, entry, words);
        return;
    }
    ground(line);
    put_part(line, rest, line->area.width - rest - 1, text,
             plain(pieces.all[n].more ? ROLE_DIM : ROLE_TEXT));
}

/* "── new since you looked, 14:20 ───" */
static void put_looked(const struct tape_line *line)
{
    const struct frame *frame = line->frame;
    char text[BAR_TEXT_MAX], at[FORMAT_MAX];
    format_clock(&frame->input->format, FORMAT_CLOCK_MINUTE, frame->screen->away.looked_ms, at);
    snprintf(text, sizeof text, "── new since you looked%s%s ",
             frame->screen->away.looked_ms != MODEL_NO_TIME ? ", " : "",
             frame->screen->away.looked_ms != MODEL_NO_TIME ? at : "");
    put_part(line, 1, line->area.width - 2, text, plain(ROLE_DIM));
    for (int x = 1 + text_width(text); x < line->area.width - 1; x++) {
        put_part(line, x, 1, "─", plain(ROLE_DIM));
    }
}

/* Whether the line about what is new stands above entry i. */
static bool is_looked(const struct frame *frame, size_t i)
{
    size_t new = tape_pane_new(frame->screen, frame->input);
    return new > 0 && i == new;
}

/* The first entry shown, so that the selected one is. */
static void keep_in_sight(const struct frame *frame, size_t cursor, int width, int height)
{
    struct screen *screen = frame->screen;
    size_t *top = &screen->strip.top;
    *top = screen->strip.selected == 0 ? 0 : *top;
    *top = cursor < *top ? cursor : *top;
    int lines = 0;
    for (size_t i = cursor + 1; i-- > *top;) {
        lines += height_of(frame, tape_pane_at(screen, frame->input, i), width) +
                 (is_looked(frame, i) ? 1 : 0);
        if (lines > height) {
            *top = i + 1;
            return;
        }
    }
}

/* What stands on a line: one of an entry's, or the one about what is new. */
#define TAPE_LOOKED (-1)
struct tape_place {
    size_t entry;
    int line; /* of the entry, from 0; TAPE_LOOKED */
};

struct tape_painter {
    const struct frame *frame;
    struct rect area;
    size_t cursor;
    struct tape_place places[CANVAS_SIDE_MAX];
    int count;
};

static void place(struct tape_painter *painter, size_t entry, int line)
{
    if (painter->count < painter->area.height && painter->count < CANVAS_SIDE_MAX) {
        painter->places[painter->count++] = (struct tape_place){entry, line};
    }
}

/* The entries from strip.top on. */
static void place_entries(struct tape_painter *painter)
{
    const struct frame *frame = painter->frame;
    size_t count = tape_pane_count(frame->screen, frame->input);
    painter->count = 0;
    for (size_t i = frame->screen->strip.top; i < count && painter->count < painter->area.height;
         i++) {
        const struct tape_entry *entry = tape_pane_at(frame->screen, frame->input, i);
        if (is_looked(frame, i)) {
            place(painter, i, TAPE_LOOKED);
        }
        int height = height_of(frame, entry, painter->area.width);
        for (int line = 0; line < height; line++) {
            place(painter, i, line);
        }
    }
}

static bool is_selected(const struct tape_painter *painter, size_t entry)
{
    return painter->frame->screen->focus == PANE_EVENTS && entry == painter->cursor;
}

/* A number of everything that a line is made of. */
static uint64_t line_number(const struct tape_painter *painter, const struct tape_place *at)
{
    const struct frame *frame = painter->frame;
    uint64_t common = (uint64_t)painter->area.width << 8 | (uint64_t)(at->line + 1) << 4 | 2;
    if (at->line == TAPE_LOOKED) {
        return memo_mix((uint64_t)frame->screen->away.looked_ms, common);
    }
    struct tapes_entry found;
    if (!tape_pane_find(frame->screen, frame->input, at->entry, &found)) {
        return MEMO_BLANK;
    }
    const struct owner *owner = shown_owner(frame, &found);
    uint64_t whose = owner != NULL ? owner->key : 0;
    return memo_mix(memo_mix(words_number(frame, found.entry), whose),
                    common | is_selected(painter, at->entry));
}

static void paint_tape_line(void *user, size_t at, int y)
{
    const struct tape_painter *painter = user;
    const struct tape_place *place = &painter->places[at];
    struct rect area = {painter->area.x, y, painter->area.width, 1};
    struct tape_line line = {painter->frame, area, false, NULL};
    struct tape_words words;
    struct tapes_entry found;
    if (place->line == TAPE_LOOKED) {
        put_looked(&line);
        return;
    }
    if (!tape_pane_find(painter->frame->screen, painter->frame->input, place->entry, &found)) {
        return;
    }
    line.selected = is_selected(painter, place->entry);
    line.owner = shown_owner(painter->frame, &found);
    tape_say(painter->frame, found.entry, &words);
    if (painter->area.width >= ROOMY) {
        put_entry(&line, found.entry, &words);
    } else {
        put_piece(&line, found.entry, &words, place->line);
    }
}

void paint_tape(const struct frame *frame, struct rect area)
{
    struct screen *screen = frame->screen;
    struct tape_painter painter; /* its places are written as far as they are used */
    painter.frame = frame;
    painter.area = area;
    painter.cursor = tape_pane_cursor(screen, frame->input);
    painter.count = 0;
    uint64_t wanted[CANVAS_SIDE_MAX];
    if (tape_pane_count(screen, frame->input) == 0) {
        canvas_fill(frame->canvas, area, plain(ROLE_TEXT));
        memo_forget(&screen->memos[PANE_EVENTS].lines);
        return;
    }
    keep_in_sight(frame, painter.cursor, area.width, area.height);
    place_entries(&painter);
    for (int i = 0; i < area.height && i < CANVAS_SIDE_MAX; i++) {
        wanted[i] = i < painter.count ? line_number(&painter, &painter.places[i]) : MEMO_BLANK;
    }
    memo_paint(&screen->memos[PANE_EVENTS].lines, frame->canvas, area, wanted, paint_tape_line,
               &painter);
}

/* The entry on the n-th line of the pane, as painted; the last one below. */
size_t tape_pane_entry_on(const struct frame *frame, int width, int line)
{
    const struct screen *screen = frame->screen;
    size_t count = tape_pane_count(screen, frame->input), i = screen->strip.top;
    struct tapes_entry found;
    for (; i + 1 < count && tape_pane_find(screen, frame->input, i, &found); i++) {
        line -= height_of(frame, found.entry, width) + (is_looked(frame, i) ? 1 : 0);
        if (line < 0) {
            break;
        }
    }
    return i;
}

void paint_tape_lines(const struct frame *frame, struct rect area)
{
    canvas_fill(frame->canvas, area, plain(ROLE_TEXT));
    for (int i = 0; i < area.height; i++) {
        struct tape_line line = {frame, {area.x, area.y + i, area.width, 1}, false, NULL};
        struct tapes_entry found;
        struct tape_words words;
        if (!tape_pane_find(frame->screen, frame->input, (size_t)i, &found)) {
            return;
        }
        const struct tape_entry *entry = found.entry;
        line.owner = shown_owner(frame, &found);
        tape_say(frame, entry, &words);
        if (words.more[0] != '\0' && strlen(words.line) + strlen(words.more) + 3 < 256) {
            size_t len = strlen(words.line);
            snprintf(words.line + len, sizeof words.line - len, ": %s", words.more);
            words.more[0] = '\0';
        }
        put_entry(&line, entry, &words);
    }
}
