/* What was seen of the day's positions, and what closing them brought. */
#include "book_private.h"

#include <blotter/core/alloc.h>
#include <blotter/core/book.h>
#include <blotter/core/derive.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define AVERAGE_ROUNDED 0.006 /* how far a server's average may be from what was paid */

/* What is known of a row: how it stands, and how it last stood open. */
struct seen {
    char *id, *symbol;
    char currency[MONEY_CURRENCY_BYTES];
    uint64_t version;
    double quantity, average;         /* while it was open */
    double day, unrealized, realized; /* then, too */
    double listed_day;                /* what the server says of it as closed */
    double gain; /* what of that nothing accounts for yet: not what was known before … */
    enum { LISTED_ROW, OPEN_ROW, NEW_ROW } before; /* … when it stood so */
    bool news;                                     /* the last take brought another row */
    bool was_open, open, listed;
    bool confirmed; /* an answer had it, not only an event */
};

struct money_book {
    struct seen *seen; /* as the rows last stood */
    size_t seen_count;
    struct money_closed *closed; /* the oldest first */
    size_t closed_count, closed_room;
    int64_t day, since_ms;
    uint64_t version;
    bool begun;
    bool merges; /* the server makes one row of several that it listed as closed */
};

struct money_book *money_book_new(void)
{
    struct money_book *book = mem_calloc(1, sizeof *book);
    book->since_ms = MODEL_NO_TIME;
    return book;
}

static void free_closed(struct money_closed *closed)
{
    free(closed->id);
    free(closed->symbol);
}

static void free_seen(struct seen *seen)
{
    free(seen->id);
    free(seen->symbol);
}

static void forget_closed(struct money_book *book)
{
    for (size_t i = 0; i < book->closed_count; i++) {
        free_closed(&book->closed[i]);
    }
    book->closed_count = 0;
}

void money_book_reset(struct money_book *book)
{
    for (size_t i = 0; i < book->seen_count; i++) {
        free_seen(&book->seen[i]);
    }
    forget_closed(book);
    book->version++;
    book->seen_count = 0;
    book->begun = false;
    book->since_ms = MODEL_NO_TIME;
}

void money_book_free(struct money_book *book)
{
    if (book != NULL) {
        money_book_reset(book);
        free(book->seen);
        free(book->closed);
        free(book);
    }
}

uint64_t money_book_version(const struct money_book *book)
{
    return book->version;
}

int64_t money_book_since(const struct money_book *book)
{
    return book->since_ms;
}

bool money_book_is_of(const struct money_book *book, int64_t day)
{
    return book->begun && book->day == day;
}

bool money_book_saw_all(const struct money_book *book)
{
    return book->begun && book->since_ms == MODEL_NO_TIME;
}

const struct money_closed *money_book_closed(const struct money_book *book, size_t i)
{
    return i < book->closed_count ? &book->closed[i] : NULL;
}

void money_copy_currency(const struct position *position, char out[MONEY_CURRENCY_BYTES])
{
    const char *value = position->value_currency;
    const char *currency = value[0] == '\0'                          ? position->currency
                           : strcmp(value, CURRENCY_OF_ACCOUNT) == 0 ? ""
                                                                     : value;
    size_t len = strnlen(currency, MONEY_CURRENCY_BYTES - 1);
    memcpy(out, currency, len);
    out[len] = '\0';
}

static char *copy(const char *text)
{
    return mem_dup(text, strlen(text));
}

static size_t find_closed(const struct money_book *book, const char *id)
{
    size_t i = 0;
    while (i < book->closed_count && strcmp(book->closed[i].id, id) != 0) {
        i++;
    }
    return i;
}

const struct money_closed *money_book_find(const struct money_book *book, const char *id)
{
    return book != NULL ? money_book_closed(book, find_closed(book, id)) : NULL;
}

static bool drop_closed(struct money_book *book, const char *id)
{
    size_t at = find_closed(book, id);
    if (at == book->closed_count) {
        return false;
    }
    free_closed(&book->closed[at]);
    book->closed_count--;
    memmove(book->closed + at, book->closed + at + 1,
            (book->closed_count - at) * sizeof *book->closed);
    return true;
}

/* The newest figure of an id counts. */
static bool put_closed(struct money_book *book, const struct money_closed *closed)
{
    size_t at = find_closed(book, closed->id);
    if (at < book->closed_count) {
        struct money_closed *was = &book->closed[at];
        bool same =
            was->derived == closed->derived &&
            (was->figure == closed->figure || (isnan(was->figure) && isnan(closed->figure)));
        was->figure = closed->figure;
        was->derived = closed->derived;
        was->at_ms = closed->at_ms;
        return !same;
    }
    if (book->closed_count == MONEY_CLOSED_MAX) {
        drop_closed(book, book->closed[0].id);
    }
    if (book->closed_count == book->closed_room) {
        book->closed_room = book->closed_room * 2 + 16;
        book->closed = mem_realloc(book->closed, book->closed_room * sizeof *book->closed);
    }
    struct money_closed *added = &book->closed[book->closed_count++];
    *added = *closed;
    added->in_list = added->settled = false;
    added->is_new = true;
    added->id = copy(closed->id);
    added->symbol = copy(closed->symbol);
    return true;
}

void money_book_restore(struct money_book *book, const struct money_closed *closed,
                        struct money_time now, int64_t since_ms)
{
    book->begun = true;
    book->version++;
    book->day = now.day;
    book->since_ms = since_ms;
    if (find_closed(book, closed->id) == book->closed_count) {
        put_closed(book, closed);
    }
}

/* --- closings ------------------------------------------------------------------------------- */

/*
 * The day's part of a position that is closed: what it had before, and what the closing added to
 * realised and unrealised together. Where the closing told no figure, nothing is known to have
 * been added.
 */
static double closing_figure(const struct seen *before, double realized_at_close)
{
    double realized = isnan(before->realized) ? 0 : before->realized;
    if (isnan(realized_at_close)) {
        return before->day;
    }
    return before->day + (realized_at_close - (before->unrealized + realized));
}

static bool book_it(struct money_book *book, const struct seen *seen, double figure,
                    struct money_time now)
{
    struct money_closed closed = {.id = seen->id,
                                  .symbol = seen->symbol,
                                  .figure = figure,
                                  .derived = !seen->listed,
                                  .at_ms = now.wall_ms};
    memcpy(closed.currency, seen->currency, sizeof closed.currency);
    return put_closed(book, &closed);
}

/* A row that is in the list no longer. What only an event told of, and no answer, was none. */
static bool book_vanished(struct money_book *book, const struct seen *seen, struct money_time now)
{
    if (seen->listed) {
        return book_it(book, seen, seen->listed_day, now);
    }
    return seen->open && seen->confirmed &&
           book_it(book, seen, closing_figure(seen, (double)NAN), now);
}

/* --- what another row took over -------------------------------------------------------------- */

/*
 * Servers give a position another id, join two into one, and make one closed row of several. What
 * was seen of the rows that left is in the row that stands for them then, and must not count beside
 * it.
 */
static bool is_of(const struct position *position, const char *symbol, const char *currency)
{
    char own[MONEY_CURRENCY_BYTES];
    money_copy_currency(position, own);
    return strcmp(position->symbol, symbol) == 0 && strcmp(own, currency) == 0;
}

static bool is_equal(double a, double b)
{
    return !(a < b || a > b) && !isnan(a) && !isnan(b);
}

/* Whether a row that grew by what was held elsewhere has paid what both had. */
static bool is_average_of(const struct position *position, const struct seen *one,
                          const struct seen *other)
{
    double cost = one->quantity * one->average + other->quantity * other->average;
    return fabs(position->average_price - cost / position->quantity) <= AVERAGE_ROUNDED;
}

/* An open position that left, and stands in the list under another id or in another's quantity. */
static bool is_joined(struct seen *seen, struct seen *was, const struct snapshot *rows)
{
    for (size_t i = 0; was->open && i < rows->row_count; i++) {
        const struct position *position = &rows->positions[i];
        if (position_is_closed(position) || !is_of(position, was->symbol, was->currency)) {
            continue;
        }
        if (seen[i].id == NULL && is_equal(position->quantity, was->quantity) &&
            is_equal(position->average_price, was->average)) {
            free(was->id);
            seen[i] = *was;
            seen[i].id = copy(position->row.id);
            seen[i].version = 0;
            return true;
        }
        if (seen[i].id != NULL && seen[i].open &&
            is_equal(position->quantity, seen[i].quantity + was->quantity) &&
            is_average_of(position, &seen[i], was)) {
            free_seen(was);
            return true;
        }
    }
    return false;
}

/* A closing that left the list, or never stood in it, and may be in another row's figure. */
static bool may_be_in(const struct money_closed *closed, const struct seen *seen)
{
    return !closed->in_list && !closed->settled && strcmp(closed->symbol, seen->symbol) == 0 &&
           strcmp(closed->currency, seen->currency) == 0;
}

/* What may be in a row's figure: the closings that the server had listed, those that it had not. */
enum { OF_LISTED = 1, OF_DERIVED = 2 };

static unsigned part_of(const struct money_closed *closed)
{
    return closed->derived ? OF_DERIVED : OF_LISTED;
}

struct left {
    double figures[2]; /* of those of which it is known */
    size_t counts[2];
    unsigned parts, known;
};

static struct left left_for(const struct money_book *book, const struct seen *seen)
{
    struct left left = {.parts = 0};
    for (size_t i = 0; i < book->closed_count; i++) {
        const struct money_closed *closed = &book->closed[i];
        if (may_be_in(closed, seen)) {
            bool known = !isnan(closed->figure);
            left.figures[part_of(closed) - 1] += known ? closed->figure : 0;
            left.counts[part_of(closed) - 1]++;
            left.known |= known ? part_of(closed) : 0;
            left.parts |= part_of(closed);
        }
    }
    return left;
}

#define EARLY_PART 4      /* what derived figures may be off by, of what they account for alone */
#define SUM_ROUNDED 0.006 /* how far a server's sum may be from that of its rows */

/* What listed closings left no doubt of: a row that was closed before has exactly their sum more.
 */
static bool is_exact(const struct seen *seen, const struct left *left)
{
    return seen->before == LISTED_ROW && (left->known & OF_LISTED) != 0 &&
           fabs(seen->gain - left->figures[0]) <= SUM_ROUNDED * (double)(left->counts[0] + 1);
}

/*
 * Which of them are: what accounts best for what the row gained at once. Nothing but that gives
 * another figure to a row that was closed before; and of a server that does so, or takes several
 * out of its list at once, what it had listed is in the row that is there now.
 */
static unsigned taken_parts(const struct money_book *book, const struct seen *seen)
{
    struct left left = left_for(book, seen);
    double gain = seen->gain, best = (double)INFINITY;
    bool first = seen->before == NEW_ROW, again = seen->before == LISTED_ROW;
    bool same = again && is_equal(gain, 0); /* nothing is in it that was not */
    bool sure = book->merges || again || left.counts[0] > 1;
    unsigned must = sure ? left.parts & OF_LISTED : 0, taken = 0;
    if (isnan(gain) || (same && !(book->merges && is_exact(seen, &left)))) {
        return 0;
    }
    if (left.known == 0) {
        return first ? left.parts : 0;
    }
    for (unsigned parts = 0; parts <= (OF_LISTED | OF_DERIVED); parts++) {
        double figure = ((parts & OF_LISTED) != 0 ? left.figures[0] : 0) +
                        ((parts & OF_DERIVED) != 0 ? left.figures[1] : 0);
        bool early = again && parts == OF_DERIVED; /* a listed one may be about to leave */
        bool possible = (parts & ~left.parts) == 0 && (must & ~parts) == 0 &&
                        (!early || fabs(gain - figure) < fabs(gain) / EARLY_PART);
        if (possible && fabs(gain - figure) < best) {
            best = fabs(gain - figure);
            taken = parts;
        }
    }
    return taken;
}

/* The server lists a row as closed that is new, or whose figure is: it may stand for several. */
static bool take_over(struct money_book *book, struct seen *seen)
{
    size_t count = book->closed_count, kept = 0;
    unsigned taken = taken_parts(book, seen);
    if (taken == 0) {
        return false;
    }
    seen->gain = 0;
    seen->before = LISTED_ROW;
    for (size_t i = 0; i < count; i++) {
        struct money_closed *closed = &book->closed[i];
        if (may_be_in(closed, seen) && (taken & part_of(closed)) != 0) {
            free_closed(closed);
        } else {
            book->closed[kept++] = *closed;
        }
    }
    book->closed_count = kept;
    return kept < count;
}

/* What the server itself listed as closed can only have gone into a row until it left; what blotter
 * derived, also into one that is listed later. */
static bool settle(struct money_book *book, bool due)
{
    bool changed = false, any = false;
    for (size_t i = 0; due && i < book->closed_count; i++) {
        any |= !book->closed[i].in_list && !book->closed[i].settled;
    }
    for (size_t i = 0; any && !book->merges && i < book->seen_count; i++) {
        struct left left = left_for(book, &book->seen[i]);
        book->merges = book->seen[i].listed && is_exact(&book->seen[i], &left) &&
                       !is_equal(book->seen[i].gain, 0);
    }
    for (size_t i = 0; due && i < book->seen_count; i++) {
        struct seen *seen = &book->seen[i];
        changed |= any && seen->listed && take_over(book, seen);
        if (seen->before != LISTED_ROW) { /* the rest is its own */
            seen->gain = 0;
            seen->before = LISTED_ROW;
        }
    }
    for (size_t i = 0; i < book->closed_count; i++) {
        struct money_closed *closed = &book->closed[i];
        closed->settled = !closed->in_list && !closed->derived;
    }
    return changed;
}

/* --- rows ----------------------------------------------------------------------------------- */

/* How much more a row that is listed as closed has than was known of it before. */
static void note_gain(const struct money_book *book, struct seen *seen, bool was_listed,
                      double figure)
{
    const struct money_closed *closed = money_book_find(book, seen->id);
    double own = closed != NULL   ? closed->figure
                 : was_listed     ? seen->listed_day
                 : seen->was_open ? seen->day
                                  : 0;
    if (was_listed || (closed != NULL && !closed->derived)) {
        seen->gain = is_equal(figure, own) ? seen->gain : seen->gain + figure - own;
        seen->before = is_equal(figure, own) ? seen->before : LISTED_ROW;
    } else {
        seen->gain = figure - own;
        seen->before = closed != NULL || seen->was_open ? OPEN_ROW : NEW_ROW;
    }
}

static void note_open(struct seen *seen, const struct position *position)
{
    seen->was_open = true;
    seen->quantity = position->quantity;
    seen->average = position->average_price;
    seen->day = position->day_pnl;
    seen->unrealized = position->unrealized_pnl;
    seen->realized = position_realized(position);
}

static bool take_row(struct money_book *book, struct seen *seen, const struct position *position,
                     struct money_time now)
{
    bool changed = false;
    seen->confirmed |= !position->row.provisional;
    seen->news = seen->version != position->row.version || seen->version == 0;
    if (!seen->news) {
        return false;
    }
    bool was_listed = seen->listed;
    seen->version = position->row.version;
    seen->open = !position_is_closed(position);
    seen->listed |= !seen->open && !position->row.provisional && !isnan(position->day_pnl);
    seen->listed &= !seen->open;
    if (seen->listed) {
        note_gain(book, seen, was_listed, position->day_pnl);
    }
    if (seen->open || seen->listed) { /* it speaks for itself */
        changed = drop_closed(book, seen->id);
    } else if (seen->was_open) {
        changed = book_it(book, seen, closing_figure(seen, position_realized(position)), now);
    }
    if (seen->open) {
        note_open(seen, position);
    } else {
        seen->listed_day = position->day_pnl;
    }
    return changed;
}

static void begin_row(struct seen *seen, const struct position *position)
{
    *seen = (struct seen){.id = copy(position->row.id), .symbol = copy(position->symbol)};
    money_copy_currency(position, seen->currency);
}

static bool is_in_line(const struct money_book *book, const struct snapshot *rows)
{
    bool same = book->seen_count == rows->row_count;
    for (size_t i = 0; same && i < rows->row_count; i++) {
        same = (book->seen[i].version == rows->positions[i].row.version &&
                book->seen[i].version != 0) ||
               strcmp(book->seen[i].id, rows->positions[i].row.id) == 0;
    }
    return same;
}

/* Those that have a row no more; of two of one id only the first was looked at. */
static bool end_rows(struct money_book *book, struct seen *seen, const struct snapshot *rows,
                     struct money_time now)
{
    bool changed = false;
    for (size_t i = 0; i < book->seen_count; i++) {
        struct seen *was = &book->seen[i];
        if (was->id == NULL) {
            continue;
        }
        bool gone = model_find(rows, was->id) == rows->row_count;
        if (!gone || !is_joined(seen, was, rows)) {
            changed |= gone && book_vanished(book, was, now);
            free_seen(was);
        }
    }
    return changed;
}

/* What is seen goes where its rows went; what has none any more is closed. */
static bool line_up(struct money_book *book, const struct snapshot *rows, struct money_time now)
{
    struct seen *seen = mem_calloc(rows->row_count + 1, sizeof *seen);
    for (size_t i = 0; i < book->seen_count; i++) {
        struct seen *was = &book->seen[i];
        size_t at = model_find(rows, was->id);
        if (at < rows->row_count && seen[at].id == NULL) {
            seen[at] = *was;
            was->id = NULL;
        }
    }
    bool changed = end_rows(book, seen, rows, now);
    for (size_t i = 0; i < rows->row_count; i++) {
        if (seen[i].id == NULL) {
            begin_row(&seen[i], &rows->positions[i]);
        }
    }
    free(book->seen);
    book->seen = seen;
    book->seen_count = rows->row_count;
    return changed;
}

bool money_book_begin_day(struct money_book *book, struct money_time now, bool watched)
{
    bool had_closed = book->closed_count > 0;
    if (book->begun && book->day == now.day) {
        return false;
    }
    for (size_t i = 0; i < book->seen_count; i++) { /* of yesterday: no basis for today's */
        book->seen[i].day = book->seen[i].listed_day = (double)NAN;
        book->seen[i].listed = false;
    }
    forget_closed(book);
    book->since_ms = book->begun && watched ? MODEL_NO_TIME : now.wall_ms;
    book->day = now.day;
    book->begun = true;
    book->version += had_closed;
    return had_closed;
}

/* True when one that stood in the list, or was kept from before, does not any more. */
static bool note_listed(struct money_book *book, const struct snapshot *positions)
{
    bool left = false;
    for (size_t i = 0; i < book->closed_count; i++) {
        struct money_closed *closed = &book->closed[i];
        bool in_list = model_find(positions, closed->id) < positions->row_count;
        book->version += in_list != closed->in_list;
        left |= !in_list && (closed->in_list || closed->is_new);
        closed->in_list = in_list;
        closed->is_new = false;
    }
    return left;
}

bool money_book_take(struct money_book *book, const struct snapshot *positions,
                     struct money_time now)
{
    bool news = false, changed = money_book_begin_day(book, now, true);
    if (!is_in_line(book, positions)) {
        changed |= line_up(book, positions, now);
    }
    for (size_t i = 0; i < positions->row_count; i++) {
        changed |= take_row(book, &book->seen[i], &positions->positions[i], now);
        news |= book->seen[i].news && book->seen[i].listed;
    }
    news |= note_listed(book, positions);
    changed |= settle(book, news);
    book->version += changed;
    return changed;
}
