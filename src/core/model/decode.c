#include "apply.h"
#include "complete.h"
#include "fields.h"
#include "json/span_scan.h"
#include "reuse.h"
#include "row_reader.h"
#include "snapshot.h"

#include <blotter/core/alloc.h>
#include <blotter/core/decode.h>
#include <blotter/core/derive.h>

#include <stdlib.h>
#include <string.h>

#define ITEM_LIST_MAX ((size_t)100000)
/* Containers around a row: the answer and its array, around an item its list and that's array. */
#define ROWS_DEPTH 2
#define ITEMS_DEPTH 4

/* Texts that no row needs any more are kept until they are as many as the others, and these. */
#define DEAD_TEXTS ((size_t)1 << 16)

struct decoder {
    struct snapshot *snapshot;
    const char *end; /* of the body */
    struct row_reader reader;
    size_t capacity; /* rows allocated */
    struct reuse reuse;
    bool anew; /* rows are read even if they were found again */
    size_t list_capacity;
    struct fault *fault;
    struct key_table rows;
    struct key_table lists;
    union {
        struct order order;
        struct position position;
        struct account account;
        struct watch_item item;
    } blank; /* a row of which everything is missing */
};

static bool check_required(struct decoder *decoder, const struct row_reading *reading,
                           const char *what, size_t number)
{
    uint64_t missing = reading->keys->required & ~reading->set;
    if (missing == 0) {
        return true;
    }
    size_t i = 0;
    while ((missing >> i & 1) == 0) {
        i++;
    }
    const struct field *field = &reading->keys->table->fields[i];
    fault_set(decoder->fault, FAULT_DECODE, 0, "%s %zu: \"%s\" is missing or not %s", what, number,
              field->path, field_type_name(field->type));
    return false;
}

/* Room for more rows, which are not written yet. NULL at the ceiling. */
static struct row *add_rows(struct decoder *decoder, size_t count)
{
    struct snapshot *snapshot = decoder->snapshot;
    if (count > DECODE_ROWS_MAX - snapshot->row_count) {
        fault_set(decoder->fault, FAULT_TOO_LARGE, 0, "more than %zu rows", DECODE_ROWS_MAX);
        return NULL;
    }
    size_t wanted = snapshot->row_count + count;
    if (wanted > decoder->capacity) {
        decoder->capacity = decoder->capacity < 4 ? 4 : decoder->capacity * 2;
        decoder->capacity = decoder->capacity < wanted ? wanted : decoder->capacity;
        snapshot_reserve(snapshot, decoder->capacity);
    }
    struct row *row = model_row(snapshot, snapshot->row_count);
    snapshot->row_count = wanted;
    return row;
}

/* Room for one more row, cleared. NULL at the ceiling. */
static struct row *add_row(struct decoder *decoder)
{
    struct row *row = add_rows(decoder, 1);
    if (row != NULL) {
        memcpy(row, &decoder->blank, model_row_size(decoder->snapshot->resource));
    }
    return row;
}

/* Rows as they were; only their bytes stand elsewhere now. */
static const char *take_run(struct decoder *decoder, struct reuse_run *run)
{
    struct snapshot *snapshot = decoder->snapshot;
    struct snapshot_delta *delta = &snapshot_block(snapshot)->delta;
    size_t size = model_row_size(snapshot->resource);
    size_t count = run->same.count;
    run->same.row = snapshot->row_count;
    struct row *rows = add_rows(decoder, count);
    if (rows == NULL) {
        return NULL;
    }
    const struct row *old = model_row(decoder->reuse.previous, run->same.from);
    const char *first = old->raw.ptr;
    memcpy(rows, old, count * size);
    for (size_t i = 0; i < count; i++) {
        struct row *row = model_row(snapshot, run->same.row + i);
        row->raw.ptr = run->at + (row->raw.ptr - first);
    }
    delta->same[delta->same_count++] = run->same;
    return reuse_run_end(&decoder->reuse, run);
}

static const char *decode_row(struct decoder *decoder, const char *at)
{
    struct row *row = add_row(decoder);
    if (row == NULL) {
        return NULL;
    }
    size_t number = decoder->snapshot->row_count;
    if (*at != '{') {
        fault_set(decoder->fault, FAULT_DECODE, 0, "row %zu is no object", number);
        return NULL;
    }
    struct row_reading reading = {.keys = &decoder->rows, .row = row};
    const char *behind = row_reader_object(&decoder->reader, &reading, at);
    row->raw = (struct span){at, (size_t)(behind - at)};
    row->version = version_of(row->raw.ptr, row->raw.len);
    if (!check_required(decoder, &reading, "row", number)) {
        return NULL;
    }
    row_complete(decoder->snapshot->resource, row);
    if (decoder->snapshot->resource == RESOURCE_POSITIONS) {
        struct position *position = (struct position *)row;
        position->adds_up = position_adds_up(position);
        position->value_adds_up =
            position_is_product(position, position->current_value, position->current_price);
        position->cost_adds_up =
            position_is_product(position, position->invested_value, position->average_price);
    }
    return behind;
}

static const char *decode_rows(struct decoder *decoder, const char *at)
{
    at++;
    while (span_step(&at, decoder->end, ']') != NULL) {
        struct reuse_run *run = decoder->anew ? NULL : reuse_find(&decoder->reuse, at);
        at = run != NULL ? take_run(decoder, run) : decode_row(decoder, at);
        if (at == NULL) {
            return NULL;
        }
    }
    return at;
}

static struct watchlist *add_list(struct decoder *decoder)
{
    struct snapshot *snapshot = decoder->snapshot;
    if (snapshot->list_count == ITEM_LIST_MAX) {
        fault_set(decoder->fault, FAULT_TOO_LARGE, 0, "more than %zu watchlists", ITEM_LIST_MAX);
        return NULL;
    }
    if (snapshot->list_count == decoder->list_capacity) {
        decoder->list_capacity = decoder->list_capacity < 4 ? 4 : decoder->list_capacity * 2;
        snapshot->lists =
            mem_realloc_array(snapshot->lists, decoder->list_capacity, sizeof *snapshot->lists);
    }
    struct watchlist *list = &snapshot->lists[snapshot->list_count++];
    *list = (struct watchlist){.first = snapshot->row_count};
    fields_clear(decoder->lists.table, list);
    return list;
}

/* A list whose members are being read. */
struct list_reading {
    size_t number;     /* from 1 */
    size_t runs;       /* of rows found again, before its own */
    const char *items; /* NULL: it has none */
};

/* Back to before the list's rows. */
static void forget_items(struct decoder *decoder, const struct list_reading *list)
{
    decoder->snapshot->row_count = decoder->snapshot->lists[list->number - 1].first;
    snapshot_block(decoder->snapshot)->delta.same_count = list->runs;
}

/* Behind the items that stand at at; of several members with that name the last one counts. */
static const char *decode_items(struct decoder *decoder, struct list_reading *list, const char *at)
{
    forget_items(decoder, list);
    list->items = *at == '[' ? at : NULL;
    if (*at == 'n') {
        return span_skip_value(at, decoder->end);
    }
    if (*at != '[') {
        fault_set(decoder->fault, FAULT_DECODE, 0, "watchlist %zu: \"items\" is no array",
                  list->number);
        return NULL;
    }
    return decode_rows(decoder, at);
}

/* Rows that were taken over stood in this very list: its place and its id go into their versions.
 */
static bool keeps_its_rows(const struct decoder *decoder, const struct list_reading *list)
{
    const struct snapshot_delta *delta = &snapshot_block(decoder->snapshot)->delta;
    const struct snapshot *previous = decoder->reuse.previous;
    for (size_t i = list->runs; i < delta->same_count; i++) {
        size_t was = previous->items[delta->same[i].from].list;
        if (was != list->number - 1 ||
            strcmp(previous->lists[was].id, decoder->snapshot->lists[was].id) != 0) {
            return false;
        }
    }
    return true;
}

/* What its items have of a list; those that were taken over have it. */
static void complete_items(const struct decoder *decoder, const struct list_reading *list)
{
    struct snapshot *snapshot = decoder->snapshot;
    const struct watchlist *of = &snapshot->lists[list->number - 1];
    uint64_t place = text_hash(NULL, of->id) + list->number - 1;
    struct delta_walk walk = {.run = list->runs, .next = of->first};
    for (size_t i; snapshot_next_changed(snapshot, &walk, &i);) {
        struct watch_item *item = &snapshot->items[i];
        item->list = list->number - 1;
        item->watchlist_id = *item->watchlist_id != '\0' ? item->watchlist_id : of->id;
        item->row.version = version_mix(item->row.version, place);
    }
}

/* Its members; what stands behind them, or NULL. */
static const char *read_list(struct decoder *decoder, struct list_reading *list, const char *at)
{
    struct row_reading reading = {.keys = &decoder->lists,
                                  .row = &decoder->snapshot->lists[list->number - 1]};
    bool object = *at == '{';
    const char *behind = object ? at + 1 : span_skip_value(at, decoder->end);
    while (object && span_step(&behind, decoder->end, '}') != NULL) {
        struct span key = span_step_key(&behind, decoder->end);
        behind = span_string_equals(key, "items")
                     ? decode_items(decoder, list, behind)
                     : row_reader_member(&decoder->reader, &reading, key, behind);
        if (behind == NULL) {
            return NULL;
        }
    }
    return check_required(decoder, &reading, "watchlist", list->number) ? behind : NULL;
}

static const char *decode_list(struct decoder *decoder, const char *at)
{
    if (add_list(decoder) == NULL) {
        return NULL;
    }
    struct snapshot *snapshot = decoder->snapshot;
    struct list_reading list = {.number = snapshot->list_count,
                                .runs = snapshot_block(snapshot)->delta.same_count};
    const char *behind = read_list(decoder, &list, at);
    if (behind == NULL) {
        return NULL;
    }
    if (!keeps_its_rows(decoder, &list)) {
        forget_items(decoder, &list);
        decoder->anew = true;
        bool good = decode_rows(decoder, list.items) != NULL;
        decoder->anew = false;
        if (!good) {
            return NULL;
        }
    }
    struct watchlist *of = &snapshot->lists[list.number - 1];
    of->count = snapshot->row_count - of->first;
    complete_items(decoder, &list);
    return behind;
}

static const char *decode_lists(struct decoder *decoder, const char *at)
{
    at++;
    while (span_step(&at, decoder->end, ']') != NULL) {
        at = decode_list(decoder, at);
        if (at == NULL) {
            return NULL;
        }
    }
    return at;
}

/* The member that holds the rows; stands on its value. NULL with the fault set when it cannot be.
 */
static const char *decode_change(struct decoder *decoder, const char *at)
{
    enum resource resource = decoder->snapshot->resource;
    decoder->snapshot->row_count = 0;
    decoder->snapshot->list_count = 0;
    snapshot_block(decoder->snapshot)->delta.same_count = 0;
    if (*at == 'n') {
        return span_skip_value(at, decoder->end); /* no account, or a list without rows */
    }
    if (resource == RESOURCE_ACCOUNT) {
        return decode_row(decoder, at);
    }
    if (*at != '[') {
        fault_set(decoder->fault, FAULT_DECODE, 0, "\"%s\" is no array",
                  resource_info(resource)->member);
        return NULL;
    }
    return resource == RESOURCE_WATCHLISTS ? decode_lists(decoder, at) : decode_rows(decoder, at);
}

/* Says that something is wrong, and not that nothing is. */
static bool tells(struct span value)
{
    struct span_iterator it = {NULL};
    struct span key, within;
    double number;
    switch (span_type(value)) {
    case SPAN_TRUE:
        return true;
    case SPAN_NUMBER:
        return span_double(value, &number) && number != 0;
    case SPAN_STRING:
        return span_string(value, NULL, 0) > 0;
    case SPAN_ARRAY:
    case SPAN_OBJECT:
        return span_next(value, &it, &key, &within);
    default:
        return false;
    }
}

/* The words of an error: itself, its message, or those of the first of several. */
static bool find_words(struct span error, char *text, size_t size)
{
    struct span_iterator it = {NULL};
    struct span key, first;
    if (span_type(error) == SPAN_ARRAY && span_next(error, &it, &key, &first)) {
        error = first;
    }
    if (span_type(error) == SPAN_OBJECT && !span_member(error, "message", &error)) {
        return false;
    }
    return span_type(error) == SPAN_STRING && span_string(error, text, size) > 0;
}

static bool is_no(struct span success)
{
    double number;
    return span_type(success) == SPAN_FALSE || span_string_equals(success, "false") ||
           (span_type(success) == SPAN_NUMBER && span_double(success, &number) && number == 0);
}

/*
 * The server says itself that this is an error: by success, or with no rows beside it. What is
 * wrong beside rows is about others than these.
 */
static bool is_refusal(struct span object, bool found, bool empty, struct fault *ret_fault)
{
    static const char *const members[] = {"error", "errors", "message"};
    struct span value, told[] = {{NULL, 0}, {NULL, 0}, {NULL, 0}};
    bool refused = span_member(object, "success", &value) && is_no(value);
    refused |= empty && span_member(object, "status", &value) && span_string_equals(value, "error");
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        bool error = span_member(object, members[i], &told[i]) && tells(told[i]);
        refused |= error && (!found || (empty && i < 2));
    }
    if (!refused) {
        return false;
    }
    char text[sizeof ret_fault->text];
    size_t i = 0;
    while (i < sizeof members / sizeof *members && !find_words(told[i], text, sizeof text)) {
        i++;
    }
    fault_set(ret_fault, FAULT_SERVER, 200, "%s",
              i < sizeof members / sizeof *members ? text : "the server gave no reason");
    return true;
}

static void keep_user(struct decoder *decoder, struct span value)
{
    if (span_type(value) == SPAN_STRING) {
        size_t size = span_string(value, NULL, 0) + 1;
        char *user = arena_text(decoder->reader.texts, size);
        span_string(value, user, size);
        decoder->snapshot->user = user;
    }
}

/* One walk over the answer's members; the rows are decoded where they stand. */
static bool decode_object(struct decoder *decoder, struct span object)
{
    const char *member = resource_info(decoder->snapshot->resource)->member;
    const char *at = object.ptr + 1;
    bool found = false;
    bool good = true;
    bool doubtful = false;
    while (span_step(&at, decoder->end, '}') != NULL) {
        struct span key = span_step_key(&at, decoder->end);
        if (span_string_equals(key, member)) {
            found = true;
            const char *behind = decode_change(decoder, at);
            good = behind != NULL;
            at = good ? behind : span_skip_value(at, decoder->end);
            continue;
        }
        const char *value = at;
        at = span_skip_value(at, decoder->end);
        struct span kept = {value, (size_t)(at - value)};
        if (span_string_equals(key, "success")) {
            doubtful |= is_no(kept);
        } else if (span_string_equals(key, "userId")) {
            keep_user(decoder, kept);
        }
    }
    bool empty = decoder->snapshot->row_count + decoder->snapshot->list_count == 0;
    if ((!found || empty || doubtful) && is_refusal(object, found, empty, decoder->fault)) {
        return false;
    }
    if (!found) {
        fault_set(decoder->fault, FAULT_DECODE, 0, "no \"%s\" in the answer", member);
    }
    return found && good;
}

static bool check_text(struct decoder *decoder, struct span text, struct span *ret_top)
{
    bool items = decoder->snapshot->resource == RESOURCE_WATCHLISTS;
    struct span_known known = {reuse_skip, &decoder->reuse, items ? ITEMS_DEPTH : ROWS_DEPTH};
    bool anew = decoder->reuse.previous == NULL;
    size_t error_at = 0;
    if (!span_check_known(text, anew ? NULL : &known, ret_top, &error_at)) {
        fault_set(decoder->fault, FAULT_DECODE, 0,
                  error_at == text.len ? "the answer ends in mid-text (byte %zu)"
                                       : "the answer is no JSON (byte %zu)",
                  error_at);
        return false;
    }
    if (span_type(*ret_top) != SPAN_OBJECT) {
        fault_set(decoder->fault, FAULT_DECODE, 0, "the answer is no JSON object");
        return false;
    }
    return true;
}

/* Makes ready for rows that are like those before. */
static void expect_rows(struct decoder *decoder)
{
    const struct snapshot *previous = decoder->reuse.previous;
    struct snapshot_delta *delta = &snapshot_block(decoder->snapshot)->delta;
    if (decoder->reuse.run_count > 0) {
        delta->same = mem_realloc_array(NULL, decoder->reuse.run_count, sizeof *delta->same);
        decoder->capacity = previous->row_count + 4;
        snapshot_reserve(decoder->snapshot, decoder->capacity);
    }
}

/* What is the same in both stands in the same order, and the others have the ids they had. */
static bool is_aligned(const struct snapshot *snapshot, const struct snapshot *previous)
{
    const struct snapshot_delta *delta = &snapshot_block(snapshot)->delta;
    for (size_t i = 0; i < delta->same_count; i++) {
        if (delta->same[i].row != delta->same[i].from + delta->front) {
            return false;
        }
    }
    struct delta_walk walk = {0};
    for (size_t i; snapshot_next_changed(snapshot, &walk, &i);) {
        if (i >= delta->front &&
            strcmp(model_row(snapshot, i)->id, model_row(previous, i - delta->front)->id) != 0) {
            return false;
        }
    }
    return true;
}

static void finish_rows(struct decoder *decoder)
{
    struct snapshot *snapshot = decoder->snapshot;
    const struct snapshot *previous = decoder->reuse.previous;
    struct snapshot_delta *delta = &snapshot_block(snapshot)->delta;
    if (decoder->capacity - snapshot->row_count > snapshot->row_count / 8 + 8) {
        snapshot_reserve(snapshot, snapshot->row_count);
    }
    if (previous != NULL && snapshot->row_count >= previous->row_count) {
        delta->from = previous;
        delta->front = snapshot->row_count - previous->row_count;
        delta->aligned = is_aligned(snapshot, previous);
    }
    if (!delta->aligned) {
        snapshot_index(snapshot);
    }
}

/* Texts of rows taken over stay where they are; new ones come behind them. */
static void share_texts(struct snapshot_block *block, const struct snapshot *previous)
{
    if (previous == NULL) {
        block->texts = arena_new();
        return;
    }
    block->texts = arena_ref(snapshot_block(previous)->texts);
    block->texts_first = snapshot_block(previous)->texts_first;
}

/* Where there are many rows. */
static bool can_reuse(enum resource resource, const struct snapshot *previous)
{
    if (previous == NULL || previous->resource != resource || previous->row_count == 0 ||
        resource == RESOURCE_ACCOUNT) {
        return false;
    }
    const struct snapshot_block *block = snapshot_block(previous);
    return block->texts->used <= 2 * block->texts_first + DEAD_TEXTS;
}

struct snapshot *decode_next(const struct snapshot *previous, enum resource resource,
                             struct span body, struct fault *ret_fault)
{
    struct decoder *decoder = mem_calloc(1, sizeof *decoder);
    struct snapshot *snapshot = snapshot_new(resource);
    struct snapshot_block *block = snapshot_block(snapshot);
    struct span top;
    reuse_init(&decoder->reuse, can_reuse(resource, previous) ? previous : NULL);
    share_texts(block, decoder->reuse.previous);
    block->body = mem_dup(body.ptr, body.len);
    block->body_len = body.len;
    decoder->snapshot = snapshot;
    decoder->reader.texts = block->texts;
    decoder->reader.end = block->body + body.len;
    decoder->end = block->body + body.len;
    decoder->fault = ret_fault;
    row_reader_keys_init(&decoder->rows, field_table(resource));
    row_reader_keys_init(&decoder->lists, field_table_watchlist());
    fields_clear(field_table(resource), &decoder->blank);
    bool good = check_text(decoder, (struct span){block->body, body.len}, &top);
    if (good) {
        expect_rows(decoder);
        good = decode_object(decoder, top);
    }
    if (good) {
        finish_rows(decoder);
        block->texts_first = block->texts_first > 0 ? block->texts_first : block->texts->used;
    } else {
        snapshot_unref(snapshot);
    }
    reuse_done(&decoder->reuse);
    free(decoder);
    return good ? snapshot : NULL;
}

struct snapshot *decode_body(enum resource resource, const char *body, size_t len,
                             struct fault *ret_fault)
{
    return decode_next(NULL, resource, (struct span){body, len}, ret_fault);
}

const char *decode_source(const struct snapshot *snapshot, size_t *ret_len)
{
    *ret_len = snapshot_block(snapshot)->body_len;
    return snapshot_block(snapshot)->body;
}
