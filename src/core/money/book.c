/* What was seen of the day's positions, and what closing them brought. */
#include "book_private.h"

#include <blotter/core/alloc.h>
#include <blotter/core/book.h>
#include <blotter/core/derive.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is known of a row: how it stands, and how it last stood open. */
struct seen {
    char *id, *symbol;
    char currency[MONEY_CURRENCY_BYTES];
    uint64_t version;
    double day, unrealized, realized; /* while it was open */
    double listed_day;                /* what the server says of it as closed */
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
    added->in_list = false;
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

/* --- rows ----------------------------------------------------------------------------------- */

static bool take_row(struct money_book *book, struct seen *seen, const struct position *position,
                     struct money_time now)
{
    bool changed = false;
    seen->confirmed |= !position->row.provisional;
    if (seen->version == position->row.version && seen->version != 0) {
        return false;
    }
    seen->version = position->row.version;
    seen->open = !position_is_closed(position);
    seen->listed |= !seen->open && !position->row.provisional && !isnan(position->day_pnl);
    seen->listed &= !seen->open;
    if (seen->open || seen->listed) { /* it speaks for itself */
        changed = drop_closed(book, seen->id);
    } else if (seen->was_open) {
        changed = book_it(book, seen, closing_figure(seen, position_realized(position)), now);
    }
    if (seen->open) {
        seen->was_open = true;
        seen->day = position->day_pnl;
        seen->unrealized = position->unrealized_pnl;
        seen->realized = position_realized(position);
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

/* What is seen goes where its rows went; what has none any more is closed. */
static bool line_up(struct money_book *book, const struct snapshot *rows, struct money_time now)
{
    struct seen *seen = mem_calloc(rows->row_count + 1, sizeof *seen);
    bool changed = false;
    for (size_t i = 0; i < book->seen_count; i++) {
        struct seen *was = &book->seen[i];
        size_t at = model_find(rows, was->id);
        if (at < rows->row_count && seen[at].id == NULL) {
            seen[at] = *was;
        } else {
            changed |= at == rows->row_count && book_vanished(book, was, now);
            free_seen(was);
        }
    }
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

/* Yesterday's figures are no basis for today's closings. */
static bool begin_day(struct money_book *book, struct money_time now)
{
    bool had_closed = book->closed_count > 0;
    for (size_t i = 0; i < book->seen_count; i++) {
        book->seen[i].day = (double)NAN;
    }
    forget_closed(book);
    book->since_ms = book->begun ? MODEL_NO_TIME : now.wall_ms;
    book->day = now.day;
    book->begun = true;
    return had_closed;
}

bool money_book_take(struct money_book *book, const struct snapshot *positions,
                     struct money_time now)
{
    bool changed = false;
    if (!book->begun || book->day != now.day) {
        changed |= begin_day(book, now);
    }
    if (!is_in_line(book, positions)) {
        changed |= line_up(book, positions, now);
    }
    for (size_t i = 0; i < positions->row_count; i++) {
        changed |= take_row(book, &book->seen[i], &positions->positions[i], now);
    }
    for (size_t i = 0; i < book->closed_count; i++) {
        struct money_closed *closed = &book->closed[i];
        bool in_list = model_find(positions, closed->id) < positions->row_count;
        book->version += in_list != closed->in_list;
        closed->in_list = in_list;
    }
    book->version += changed;
    return changed;
}
