#include "model/fields.h"
#include "tape_private.h"

#include <blotter/core/alloc.h>
#include <blotter/core/derive.h>
#include <blotter/core/tape.h>

#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tape *tape_new(void)
{
    struct tape *tape = mem_calloc(1, sizeof *tape);
    tape->began_ms = MODEL_NO_TIME;
    tape->lost_us = MOMENT_NEVER;
    return tape;
}

void tape_free(struct tape *tape)
{
    if (tape == NULL) {
        return;
    }
    known_done(&tape->orders);
    known_done(&tape->positions);
    free(tape->ring);
    free(tape);
}

void tape_set_prices(struct tape *tape, double (*price)(const void *user, const char *symbol),
                     const void *user)
{
    tape->price = price;
    tape->price_user = user;
}

/* --- entries -------------------------------------------------------------------------------- */

void tape_entry_init(struct tape_entry *ret, enum tape_kind kind, int64_t wall_ms)
{
    *ret = (struct tape_entry){.kind = kind, .wall_ms = wall_ms, .took_ms = MODEL_NO_TIME};
    ret->quantity = ret->filled = ret->price = ret->limit = NAN;
    ret->quantity_before = ret->limit_before = ret->ltp = ret->amount = NAN;
}

static struct tape_entry *slot_of(const struct tape *tape, uint64_t number)
{
    return &tape->ring[(number - 1) % tape->room];
}

/* Until the ceiling is reached nothing is thrown away, so entries stand in order. */
static void make_room(struct tape *tape)
{
    if (tape->total == tape->room && tape->room < TAPE_MAX) {
        tape->room = tape->room == 0 ? 64 : tape->room * 2;
        tape->room = tape->room > TAPE_MAX ? TAPE_MAX : tape->room;
        tape->ring = mem_realloc_array(tape->ring, tape->room, sizeof *tape->ring);
    }
}

void tape_note_changed(struct tape *tape, uint64_t number)
{
    struct tape_entry *entry = tape_held(tape, number);
    tape->version++;
    if (entry != NULL) {
        entry->versions++;
    }
    if (tape->first_changed == 0 || number < tape->first_changed) {
        tape->first_changed = number;
    }
}

static void count_closed(struct tape *tape, double amount)
{
    if (isnan(amount)) {
        tape->counts.closed_unknown++;
    } else {
        tape->counts.closed_amount += amount;
    }
}

uint64_t tape_add(struct tape *tape, const struct tape_entry *entry)
{
    make_room(tape);
    uint64_t number = ++tape->total;
    struct tape_entry *slot = slot_of(tape, number);
    *slot = *entry;
    slot->number = number;
    tape->counts.of[entry->kind]++;
    if (entry->kind == TAPE_CLOSED) {
        count_closed(tape, entry->amount);
    }
    tape_note_changed(tape, number);
    return number;
}

/* An entry that is still held; NULL when it has gone. */
struct tape_entry *tape_held(const struct tape *tape, uint64_t number)
{
    bool here = number > 0 && number <= tape->total && tape->total - number < tape->room;
    return here ? slot_of(tape, number) : NULL;
}

uint64_t tape_total(const struct tape *tape)
{
    return tape->total;
}

size_t tape_count(const struct tape *tape)
{
    return tape->total < TAPE_MAX ? (size_t)tape->total : TAPE_MAX;
}

const struct tape_entry *tape_at(const struct tape *tape, size_t i)
{
    return i < tape_count(tape) ? slot_of(tape, tape->total - i) : NULL;
}

const struct tape_entry *tape_numbered(const struct tape *tape, uint64_t number)
{
    return tape_held(tape, number);
}

uint64_t tape_first_changed(struct tape *tape)
{
    uint64_t first = tape->first_changed;
    tape->first_changed = 0;
    return first;
}

void tape_keep_changed(struct tape *tape, uint64_t number)
{
    if (number != 0 && (tape->first_changed == 0 || number < tape->first_changed)) {
        tape->first_changed = number;
    }
}

uint64_t tape_version(const struct tape *tape)
{
    return tape->version;
}

struct tape_counts tape_counts(const struct tape *tape)
{
    return tape->counts;
}

/* --- orders --------------------------------------------------------------------------------- */

static enum known_state state_of(const struct order *order)
{
    static const enum known_state states[ORDER_CLASS_COUNT] = {
        [ORDER_OPEN] = KNOWN_WORKING,      [ORDER_PART] = KNOWN_WORKING,
        [ORDER_DONE] = KNOWN_FILLED,       [ORDER_DEAD] = KNOWN_CANCELLED,
        [ORDER_REJECTED] = KNOWN_REJECTED, [ORDER_UNKNOWN] = KNOWN_WORKING};
    return order->class < ORDER_CLASS_COUNT ? states[order->class] : KNOWN_WORKING;
}

static enum tape_side side_of(const struct order *order)
{
    return order->direction == ORDER_BUY    ? TAPE_BUY
           : order->direction == ORDER_SELL ? TAPE_SELL
                                            : TAPE_NO_SIDE;
}

static void fill_entry(const struct telling *telling, enum tape_kind kind, struct tape_entry *ret)
{
    const struct order *order = telling->order;
    tape_entry_init(ret, kind, telling->seen_ms);
    snprintf(ret->id, sizeof ret->id, "%s", order->row.id);
    snprintf(ret->symbol, sizeof ret->symbol, "%s", order->symbol);
    snprintf(ret->type, sizeof ret->type, "%s", order->type);
    ret->side = side_of(order);
    ret->quantity = order->quantity;
    ret->filled = order->filled;
    ret->limit = first_known(order_limit(order), telling->known->limit);
    ret->price = ret->limit;
    ret->ltp = first_known(order->ltp, telling->known->ltp);
    if (telling->tape->price != NULL) {
        double now = telling->tape->price(telling->tape->price_user, order->symbol);
        ret->ltp = first_known(now, ret->ltp);
    }
}

void tape_tell_placed(struct telling *telling)
{
    struct tape_entry entry;
    fill_entry(telling, TAPE_PLACED, &entry);
    entry.filled = NAN;
    if (telling->order->created_ms != MODEL_NO_TIME) {
        entry.wall_ms = telling->order->created_ms;
    }
    telling->known->placed_at = entry.ltp;
    telling->known->entry = tape_add(telling->tape, &entry);
}

double tape_placed_at(const struct tape *tape, const char *id)
{
    const struct known *known = known_find(&tape->orders, id);
    return known != NULL ? known->placed_at : (double)NAN;
}

uint64_t tape_kept(const struct tape *tape)
{
    return tape->kept;
}

static bool differs(double a, double b)
{
    return !isnan(a) && !isnan(b) && (a < b || a > b);
}

static void tell_change(struct telling *telling)
{
    const struct order *order = telling->order;
    const struct known *known = telling->known;
    struct tape_entry entry;
    fill_entry(telling, TAPE_CHANGED, &entry);
    entry.limit_before = differs(order_limit(order), known->limit) ? known->limit : (double)NAN;
    entry.quantity_before =
        differs(order->quantity, known->quantity) ? known->quantity : (double)NAN;
    if (!isnan(entry.limit_before) || !isnan(entry.quantity_before)) {
        telling->known->entry = tape_add(telling->tape, &entry);
    }
}

static void tell_part(struct telling *telling)
{
    struct tape_entry entry;
    fill_entry(telling, TAPE_PARTIAL, &entry);
    entry.price = telling->order->average_price;
    telling->known->entry = tape_add(telling->tape, &entry);
}

/* When it ended by the server's own clock; else when it was told. */
static int64_t end_time(const struct telling *telling)
{
    int64_t at = telling->order->executed_ms;
    return at != MODEL_NO_TIME && at <= telling->seen_ms ? at : telling->seen_ms;
}

static void tell_end(struct telling *telling, enum known_state state)
{
    static const enum tape_kind kinds[] = {[KNOWN_FILLED] = TAPE_FILLED,
                                           [KNOWN_CANCELLED] = TAPE_CANCELLED,
                                           [KNOWN_REJECTED] = TAPE_REJECTED};
    const struct order *order = telling->order;
    int64_t created =
        order->created_ms != MODEL_NO_TIME ? order->created_ms : telling->known->created_ms;
    struct tape_entry entry;
    fill_entry(telling, kinds[state], &entry);
    entry.wall_ms = end_time(telling);
    if (state == KNOWN_FILLED) {
        entry.price = order->average_price;
        entry.took_ms = created != MODEL_NO_TIME && entry.wall_ms >= created
                            ? entry.wall_ms - created
                            : MODEL_NO_TIME;
    }
    snprintf(entry.text, sizeof entry.text, "%s", order->failure_reason);
    telling->known->entry = tape_add(telling->tape, &entry);
}

/* What the event did not say and the rows do. */
static void complete_end(struct telling *telling, enum known_state state)
{
    const struct order *order = telling->order;
    struct tape_entry *entry = tape_held(telling->tape, telling->known->entry);
    if (entry == NULL || strncmp(entry->id, order->row.id, sizeof entry->id - 1) != 0) {
        return;
    }
    bool more = false;
    if (entry->text[0] == '\0' && order->failure_reason[0] != '\0') {
        snprintf(entry->text, sizeof entry->text, "%s", order->failure_reason);
        more = true;
    }
    if (state == KNOWN_FILLED && isnan(entry->price) && !isnan(order->average_price)) {
        entry->price = order->average_price;
        more = true;
    }
    if (isnan(entry->limit) && !isnan(order_limit(order))) {
        entry->limit = order_limit(order);
        more = true;
    }
    if (more) {
        tape_note_changed(telling->tape, entry->number);
    }
}

void tape_remember_order(struct known *known, const struct order *order, enum known_state state)
{
    known->state = (uint8_t)state;
    if (order->symbol[0] != '\0') {
        snprintf(known->symbol, sizeof known->symbol, "%s", order->symbol);
    }
    if (order->direction != ORDER_SIDE_UNKNOWN) {
        known->direction = (uint8_t)order->direction;
    }
    known->limit = first_known(order_limit(order), known->limit);
    known->quantity = first_known(order->quantity, known->quantity);
    known->filled =
        order->filled > known->filled || isnan(known->filled) ? order->filled : known->filled;
    known->ltp = first_known(order->ltp, known->ltp);
    if (order->created_ms != MODEL_NO_TIME) {
        known->created_ms = order->created_ms;
    }
}

/* Nothing ends twice, and nothing that has ended works again: a late word about it is no news. */
void tape_tell_difference(struct telling *telling, bool old)
{
    const struct order *order = telling->order;
    struct known *known = telling->known;
    enum known_state state = state_of(order);
    if (known->state != KNOWN_WORKING) {
        if ((enum known_state)known->state == state) {
            complete_end(telling, state);
        }
        return;
    }
    if (state != KNOWN_WORKING) {
        tell_end(telling, state);
    } else if (old) {
        return; /* the rows hold what came of it */
    } else if (order->filled > known->filled && order->filled > 0) {
        tell_part(telling);
    } else {
        tell_change(telling);
    }
    tape_remember_order(known, order, state);
}

void tape_remember(struct tape *tape, const struct order *order)
{
    bool new;
    struct known *known = known_get(&tape->orders, order->row.id, &new);
    if (new) {
        tape_remember_order(known, order, state_of(order));
    }
}

/* --- positions --------------------------------------------------------------------------- */

static void tell_closed(struct tape *tape, const struct position *position, struct known *known,
                        int64_t at_ms)
{
    struct tape_entry entry;
    tape_entry_init(&entry, TAPE_CLOSED, at_ms);
    snprintf(entry.id, sizeof entry.id, "%s", position->row.id);
    snprintf(entry.symbol, sizeof entry.symbol, "%s", position->symbol);
    entry.amount = first_known(position->realized_pnl, position->booked_pnl);
    entry.ltp = position->current_price;
    known->entry = tape_add(tape, &entry);
    known->state = KNOWN_FILLED;
}

static void complete_closed(struct tape *tape, const struct position *position,
                            const struct known *known)
{
    double amount = first_known(position->realized_pnl, position->booked_pnl);
    struct tape_entry *entry = tape_held(tape, known->entry);
    if (entry != NULL && entry->kind == TAPE_CLOSED && isnan(entry->amount) && !isnan(amount)) {
        entry->amount = amount;
        tape->counts.closed_unknown--;
        count_closed(tape, amount);
        tape_note_changed(tape, entry->number);
    }
}

#define GONE_ENTRIES 64 /* how far back one that is gone is looked for */

/* A closed row that is new may be the one that left without a word, under another id. */
static bool complete_gone(struct tape *tape, const struct position *position, struct known *known)
{
    for (size_t i = 0; i < GONE_ENTRIES && i < tape_count(tape); i++) {
        const struct tape_entry *entry = tape_at(tape, i);
        if (entry->kind == TAPE_CLOSED && isnan(entry->amount) &&
            strncmp(entry->symbol, position->symbol, sizeof entry->symbol - 1) == 0) {
            known->entry = entry->number;
            complete_closed(tape, position, known);
            return true;
        }
    }
    return false;
}

/* told: whether a closing that is new is news; that of the first rows was before our time. */
void tape_take_position(struct tape *tape, const struct position *position, int64_t at_ms,
                        bool told)
{
    bool is_new, closed = position_is_closed(position);
    struct known *known = known_get(&tape->positions, position->row.id, &is_new);
    if (!closed) {
        known->state = KNOWN_WORKING;
        snprintf(known->symbol, sizeof known->symbol, "%s", position->symbol);
        bool whole = strlen(position->row.id) < sizeof known->id;
        snprintf(known->id, sizeof known->id, "%s", whole ? position->row.id : "");
        known->quantity = position->quantity;
        known->limit = position->average_price;
    } else if (is_new && (!told || complete_gone(tape, position, known))) {
        known->state = KNOWN_FILLED;
    } else if (known->state == KNOWN_WORKING) {
        tell_closed(tape, position, known, at_ms);
    } else {
        complete_closed(tape, position, known);
    }
}

/* --- rows ----------------------------------------------------------------------------------- */

/* An order that we have not heard of: of the first rows it is older than we are. */
static void new_order(struct telling *telling, bool told)
{
    const struct order *order = telling->order;
    struct tape *tape = telling->tape;
    bool before = order->created_ms != MODEL_NO_TIME && order->created_ms < tape->began_ms;
    if (!told || before) {
        tape_remember_order(telling->known, order, state_of(order));
        return;
    }
    tape_tell_placed(telling);
    tape_remember_order(telling->known, order, KNOWN_WORKING);
    telling->known->filled = 0;
    tape_tell_difference(telling, false);
}

/* An event names no price; the rows that follow it at once do. */
#define PLACED_SOON_MS 5000
static void complete_placed(struct telling *telling)
{
    struct tape_entry *entry = tape_held(telling->tape, telling->known->entry);
    bool placed = entry != NULL && entry->kind == TAPE_PLACED && isnan(entry->ltp) &&
                  strncmp(entry->id, telling->order->row.id, sizeof entry->id - 1) == 0;
    if (placed && !isnan(telling->order->ltp) &&
        telling->seen_ms - entry->wall_ms <= PLACED_SOON_MS) {
        entry->ltp = telling->known->placed_at = telling->order->ltp;
        tape_note_changed(telling->tape, entry->number);
    }
}

static void take_order(struct tape *tape, const struct order *order, int64_t at_ms, bool told)
{
    bool new;
    struct known *known = known_get(&tape->orders, order->row.id, &new);
    struct telling telling = {tape, order, known, at_ms};
    if (new) {
        new_order(&telling, told);
    } else {
        complete_placed(&telling);
        tape_tell_difference(&telling, false);
    }
    known->ltp = first_known(order->ltp, known->ltp);
}

/* The same position under another id, which the list did not have before. */
static bool is_renamed(const struct tape *tape, const struct snapshot *rows,
                       const struct known *gone, size_t known_before)
{
    for (size_t i = 0; i < rows->row_count; i++) {
        const struct position *position = &rows->positions[i];
        const struct known *known = known_find(&tape->positions, position->row.id);
        bool new = known != NULL && (size_t)(known - tape->positions.all) >= known_before;
        if (new && !position_is_closed(position) && !differs(position->quantity, gone->quantity) &&
            !differs(position->average_price, gone->limit) &&
            strncmp(position->symbol, gone->symbol, sizeof gone->symbol - 1) == 0) {
            return true;
        }
    }
    return false;
}

/* Open positions that are in no list any more were closed, whatever they made. */
static void tell_vanished(struct tape *tape, const struct snapshot *rows, int64_t at_ms,
                          size_t known_before)
{
    for (size_t i = 0; i < tape->positions.count; i++) {
        struct known *known = &tape->positions.all[i];
        if (known->state != KNOWN_WORKING || known->id[0] == '\0' ||
            model_find(rows, known->id) < rows->row_count) {
            continue;
        }
        if (is_renamed(tape, rows, known, known_before)) {
            known->state = KNOWN_FILLED;
        } else {
            struct position gone;
            fields_clear(field_table(RESOURCE_POSITIONS), &gone);
            gone.row.id = known->id;
            gone.symbol = known->symbol;
            tell_closed(tape, &gone, known, at_ms);
        }
    }
}

static struct known_set *set_of(struct tape *tape, enum resource resource)
{
    return resource == RESOURCE_ORDERS ? &tape->orders : &tape->positions;
}

static void take_rows(struct tape *tape, int64_t at_ms, const struct snapshot *rows, bool told)
{
    for (size_t i = 0; i < rows->row_count; i++) {
        const struct row *row = model_row(rows, i);
        if (seen_skips(&set_of(tape, rows->resource)->seen, i, row->version)) {
            continue;
        }
        if (rows->resource == RESOURCE_ORDERS) {
            take_order(tape, (const void *)row, at_ms, told);
        } else {
            tape_take_position(tape, (const void *)row, at_ms, told);
        }
    }
}

void tape_rows(struct tape *tape, struct moment now, const struct snapshot *rows, bool fresh)
{
    bool orders = rows != NULL && rows->resource == RESOURCE_ORDERS;
    if (rows == NULL || (!orders && rows->resource != RESOURCE_POSITIONS)) {
        return;
    }
    bool *had = &tape->had[orders ? 0 : 1];
    struct known_set *set = set_of(tape, rows->resource);
    if (tape->began_ms == MODEL_NO_TIME) {
        tape->began_ms = now.wall_ms;
    }
    size_t known_before = set->count;
    seen_begin(&set->seen, rows->row_count);
    take_rows(tape, now.wall_ms, rows, *had);
    seen_end(&set->seen, rows->row_count);
    if (!orders && fresh) {
        tell_vanished(tape, rows, now.wall_ms, known_before);
    }
    *had = *had || fresh;
}

/* --- the stream ----------------------------------------------------------------------------- */

void tape_stream(struct tape *tape, struct moment now, bool open)
{
    if (!open) {
        tape->lost_us = tape->lost_us == MOMENT_NEVER ? now.mono_us : tape->lost_us;
        tape->stream_entry = 0;
        return;
    }
    if (tape->lost_us == MOMENT_NEVER) {
        return;
    }
    struct tape_entry entry;
    tape_entry_init(&entry, TAPE_STREAM, now.wall_ms);
    entry.took_ms = (now.mono_us - tape->lost_us) / 1000;
    tape->lost_us = MOMENT_NEVER;
    tape->replay_until = 0;
    tape->stream_entry = tape_add(tape, &entry);
}
