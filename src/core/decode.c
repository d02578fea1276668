#include <blotter/core/decode.h>

#include <stdlib.h>
#include <string.h>

#include <blotter/core/alloc.h>
#include <blotter/core/iso8601.h>

#include "fields.h"
#include "json_scan.h"
#include "snapshot.h"

#define KEY_SLOTS 128
#define TEXT_SLOTS 256
#define TEXT_SHARED_MAX 36 /* long enough for names, too short for ids, which never repeat */
#define ITEM_LIST_MAX ((size_t)100000)

/* Where a member's value goes. */
struct key_slot {
    const char *key; /* NULL: empty */
    unsigned char len;
    unsigned char field;
    bool nested;
    bool preferred; /* the field's path, not its alternative */
};

/* Finds the field of a key without comparing it with all of them. */
struct key_table {
    const struct field_table *table;
    uint64_t required;
    struct key_slot slots[KEY_SLOTS];
};

/* A text seen lately: exchanges, statuses and symbols repeat in every row. */
struct text_slot {
    struct json_span raw;
    const char *text;
};

struct decoder {
    struct snapshot *snapshot;
    struct arena *texts;
    const char *end; /* of the body */
    size_t capacity; /* rows allocated */
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
    struct text_slot shared[TEXT_SLOTS];
};

/* One row being filled. */
struct filling {
    const struct key_table *keys;
    void *row;
    uint64_t preferred; /* fields set by their path */
    uint64_t set;
};

static size_t key_hash(const char *key, size_t len, bool nested)
{
    size_t hash = len * 7 + nested * 64u;
    if (len > 0) {
        hash += (unsigned char)key[0] * 31u + (unsigned char)key[len - 1] * 17u +
                (unsigned char)key[len / 2];
    }
    return hash % KEY_SLOTS;
}

static void add_key(struct key_table *keys, const char *path, size_t field, bool preferred)
{
    if (path == NULL) {
        return;
    }
    const char *slash = strchr(path, '/');
    const char *key = slash != NULL ? slash + 1 : path;
    size_t len = strlen(key);
    size_t at = key_hash(key, len, slash != NULL);
    while (keys->slots[at].key != NULL) {
        at = (at + 1) % KEY_SLOTS;
    }
    keys->slots[at] = (struct key_slot){.key = key,
                                        .len = (unsigned char)len,
                                        .field = (unsigned char)field,
                                        .nested = slash != NULL,
                                        .preferred = preferred};
}

static void build_keys(struct key_table *keys, const struct field_table *table)
{
    keys->table = table;
    for (size_t i = 0; i < table->count; i++) {
        add_key(keys, table->fields[i].path, i, true);
        add_key(keys, table->fields[i].alternative, i, false);
        keys->required |= (uint64_t)table->fields[i].required << i;
    }
}

static const struct key_slot *find_key(const struct key_table *keys, const char *key, size_t len,
                                       bool nested)
{
    for (size_t at = key_hash(key, len, nested); keys->slots[at].key != NULL;
         at = (at + 1) % KEY_SLOTS) {
        const struct key_slot *slot = &keys->slots[at];
        if (slot->len == len && slot->nested == nested && memcmp(slot->key, key, len) == 0) {
            return slot;
        }
    }
    return NULL;
}

static const char *copy_text(struct decoder *decoder, struct json_span value)
{
    size_t room = value.len - 1;
    char *text = arena_text(decoder->texts, room);
    if (json_is_plain(value.ptr + 1, value.len - 2)) {
        memcpy(text, value.ptr + 1, value.len - 2);
        text[value.len - 2] = '\0';
        return text;
    }
    size_t len = json_string(value, text, room);
    if (len < room) {
        arena_shrink(decoder->texts, room - len - 1);
        return text;
    }
    /* Mended bytes took more room than they came in. */
    arena_shrink(decoder->texts, room);
    text = arena_text(decoder->texts, len + 1);
    json_string(value, text, len + 1);
    return text;
}

static const char *take_text(struct decoder *decoder, struct json_span value)
{
    if (value.len == 2) {
        return "";
    }
    if (value.len > TEXT_SHARED_MAX) {
        return copy_text(decoder, value);
    }
    size_t hash = value.len;
    for (size_t i = 1; i < value.len - 1; i++) {
        hash = hash * 31 + (unsigned char)value.ptr[i];
    }
    struct text_slot *slot = &decoder->shared[(hash ^ hash >> 11) % TEXT_SLOTS];
    if (slot->raw.len != value.len || memcmp(slot->raw.ptr, value.ptr, value.len) != 0) {
        *slot = (struct text_slot){value, copy_text(decoder, value)};
    }
    return slot->text;
}

static bool take_time(struct json_span value, int64_t *ret)
{
    if (json_type(value) != JSON_STRING) {
        return false;
    }
    if (json_is_plain(value.ptr + 1, value.len - 2)) {
        return iso8601_parse(value.ptr + 1, value.len - 2, ret);
    }
    char text[64];
    size_t len = json_string(value, text, sizeof text);
    return len < sizeof text && iso8601_parse(text, len, ret);
}

static bool take_bool(struct json_span value, bool *ret)
{
    enum json_type type = json_type(value);
    if (type != JSON_TRUE && type != JSON_FALSE) {
        return false;
    }
    *ret = type == JSON_TRUE;
    return true;
}

/* False when the value is not of the field's type. */
static bool store_value(struct decoder *decoder, const struct field *field, void *row,
                        struct json_span value)
{
    void *at = (char *)row + field->offset;
    switch (field->type) {
    case FIELD_TEXT:
        if (json_type(value) != JSON_STRING) {
            return false;
        }
        *(const char **)at = take_text(decoder, value);
        return true;
    case FIELD_INT:
        return json_int64(value, at);
    case FIELD_NUMBER:
        return json_double(value, at);
    case FIELD_TIME:
        return take_time(value, at);
    default:
        return take_bool(value, at);
    }
}

static void store_member(struct decoder *decoder, struct filling *filling,
                         const struct key_slot *slot, struct json_span value)
{
    uint64_t bit = UINT64_C(1) << slot->field;
    if (*value.ptr == 'n' || (!slot->preferred && (filling->preferred & bit) != 0)) {
        return;
    }
    const struct field *field = &filling->keys->table->fields[slot->field];
    if (store_value(decoder, field, filling->row, value)) {
        filling->set |= bit;
        filling->preferred |= slot->preferred ? bit : 0;
    }
}

/* Steps to the next key or element; NULL behind the end of the container, whose end goes to *at. */
static const char *step(const char **at, const char *end, char closing)
{
    const char *next = json_skip_space(*at, end);
    if (*next == ',') {
        next = json_skip_space(next + 1, end);
    }
    if (*next == closing) {
        *at = next + 1;
        return NULL;
    }
    *at = next;
    return next;
}

/* The key at *at without its quotes; *at moves to the value. */
static struct json_span step_key(const char **at, const char *end)
{
    const char *key = *at;
    const char *behind = json_skip_string(key + 1, end);
    *at = json_skip_space(json_skip_space(behind, end) + 1, end);
    return (struct json_span){key, (size_t)(behind - key)};
}

static const struct key_slot *find_slot(const struct key_table *keys, struct json_span key,
                                        bool nested)
{
    if (memchr(key.ptr, '\\', key.len) == NULL) {
        return find_key(keys, key.ptr + 1, key.len - 2, nested);
    }
    char text[64];
    size_t len = json_string(key, text, sizeof text);
    return len < sizeof text ? find_key(keys, text, len, nested) : NULL;
}

/* Fills from the object at at; the result stands behind it. Nests once at most. */
static const char *fill_object(struct decoder *decoder, struct filling *filling, const char *at,
                               bool nested)
{
    at++;
    while (step(&at, decoder->end, '}') != NULL) {
        struct json_span key = step_key(&at, decoder->end);
        if (!nested && *at == '{' && json_string_equals(key, FIELD_NEST)) {
            at = fill_object(decoder, filling, at, true);
            continue;
        }
        const struct key_slot *slot = find_slot(filling->keys, key, nested);
        const char *value = at;
        at = json_skip_value(at, decoder->end);
        if (slot != NULL) {
            store_member(decoder, filling, slot, (struct json_span){value, (size_t)(at - value)});
        }
    }
    return at;
}

static bool check_required(struct decoder *decoder, const struct filling *filling, const char *what,
                           size_t number)
{
    uint64_t missing = filling->keys->required & ~filling->set;
    if (missing == 0) {
        return true;
    }
    size_t i = 0;
    while ((missing >> i & 1) == 0) {
        i++;
    }
    const struct field *field = &filling->keys->table->fields[i];
    fault_set(decoder->fault, FAULT_DECODE, 0, "%s %zu: \"%s\" is missing or not %s", what, number,
              field->path, field_type_name(field->type));
    return false;
}

/* Room for one more row, cleared. NULL at the ceiling. */
static struct row *add_row(struct decoder *decoder)
{
    struct snapshot *snapshot = decoder->snapshot;
    size_t size = model_row_size(snapshot->resource);
    if (snapshot->row_count == DECODE_ROWS_MAX) {
        fault_set(decoder->fault, FAULT_TOO_LARGE, 0, "more than %zu rows", DECODE_ROWS_MAX);
        return NULL;
    }
    if (snapshot->row_count == decoder->capacity) {
        decoder->capacity = decoder->capacity < 4 ? 4 : decoder->capacity * 2;
        snapshot->rows = mem_realloc_array(snapshot->rows, decoder->capacity, size);
    }
    struct row *row = model_row(snapshot, snapshot->row_count++);
    memcpy(row, &decoder->blank, size);
    return row;
}

/* What the members only imply. */
static void complete_row(enum resource resource, struct row *row)
{
    if (resource == RESOURCE_POSITIONS) {
        struct position *position = (struct position *)row;
        position->is_closed = position->is_closed || position->quantity == 0 ||
                              strcmp(position->status, "CLOSED") == 0;
    }
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
    struct filling filling = {.keys = &decoder->rows, .row = row};
    const char *behind = fill_object(decoder, &filling, at, false);
    row->raw = (struct json_span){at, (size_t)(behind - at)};
    row->version = version_of(row->raw.ptr, row->raw.len);
    if (!check_required(decoder, &filling, "row", number)) {
        return NULL;
    }
    complete_row(decoder->snapshot->resource, row);
    return behind;
}

static const char *decode_rows(struct decoder *decoder, const char *at)
{
    at++;
    while (step(&at, decoder->end, ']') != NULL) {
        at = decode_row(decoder, at);
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

static bool decode_items(struct decoder *decoder, struct json_span items, size_t number)
{
    if (json_type(items) == JSON_NULL || items.ptr == NULL) {
        return true;
    }
    if (json_type(items) != JSON_ARRAY) {
        fault_set(decoder->fault, FAULT_DECODE, 0, "watchlist %zu: \"items\" is no array", number);
        return false;
    }
    return decode_rows(decoder, items.ptr) != NULL;
}

static bool decode_list(struct decoder *decoder, struct json_span value)
{
    struct watchlist *list = add_list(decoder);
    if (list == NULL) {
        return false;
    }
    size_t number = decoder->snapshot->list_count;
    struct filling filling = {.keys = &decoder->lists, .row = list};
    if (json_type(value) == JSON_OBJECT) {
        fill_object(decoder, &filling, value.ptr, false);
    }
    struct json_span items = {NULL, 0};
    json_member(value, "items", &items);
    if (!check_required(decoder, &filling, "watchlist", number) ||
        !decode_items(decoder, items, number)) {
        return false;
    }
    list->count = decoder->snapshot->row_count - list->first;
    for (size_t i = list->first; i < decoder->snapshot->row_count; i++) {
        struct watch_item *item = &decoder->snapshot->items[i];
        item->list = number - 1;
        item->watchlist_id = *item->watchlist_id != '\0' ? item->watchlist_id : list->id;
        item->row.version = version_mix(item->row.version, text_hash(list->id) + item->list);
    }
    return true;
}

static const char *decode_lists(struct decoder *decoder, const char *at)
{
    at++;
    while (step(&at, decoder->end, ']') != NULL) {
        const char *behind = json_skip_value(at, decoder->end);
        if (!decode_list(decoder, (struct json_span){at, (size_t)(behind - at)})) {
            return NULL;
        }
        at = behind;
    }
    return at;
}

/* The member that holds the rows; stands on its value. NULL with the fault set when it cannot be.
 */
static const char *decode_payload(struct decoder *decoder, const char *at)
{
    enum resource resource = decoder->snapshot->resource;
    decoder->snapshot->row_count = 0;
    decoder->snapshot->list_count = 0;
    if (resource == RESOURCE_ACCOUNT) {
        return *at == 'n' ? json_skip_value(at, decoder->end) : decode_row(decoder, at);
    }
    if (*at != '[') {
        fault_set(decoder->fault, FAULT_DECODE, 0, "\"%s\" is no array",
                  resource_info(resource)->member);
        return NULL;
    }
    return resource == RESOURCE_WATCHLISTS ? decode_lists(decoder, at) : decode_rows(decoder, at);
}

/* The server says itself that this is an error, whatever else is in the body. */
static bool is_refusal(struct json_span object, bool has_rows, struct fault *ret_fault)
{
    struct json_span value;
    bool refused = json_member(object, "success", &value) && json_type(value) == JSON_FALSE;
    bool told = json_member(object, "error", &value) || json_member(object, "message", &value);
    if (!refused && (has_rows || !told)) {
        return false;
    }
    char text[sizeof ret_fault->text];
    if (!told || json_string(value, text, sizeof text) == 0) {
        memcpy(text, "the server gave no reason", sizeof "the server gave no reason");
    }
    fault_set(ret_fault, FAULT_SERVER, 200, "%s", text);
    return true;
}

/* One walk over the answer's members; the rows are decoded where they stand. */
static bool decode_object(struct decoder *decoder, struct json_span object)
{
    const char *member = resource_info(decoder->snapshot->resource)->member;
    const char *at = object.ptr + 1;
    bool found = false;
    bool good = true;
    struct json_span last_success = {NULL, 0};
    while (step(&at, decoder->end, '}') != NULL) {
        struct json_span key = step_key(&at, decoder->end);
        if (json_string_equals(key, member)) {
            found = true;
            const char *behind = decode_payload(decoder, at);
            good = behind != NULL;
            at = good ? behind : json_skip_value(at, decoder->end);
            continue;
        }
        const char *value = at;
        at = json_skip_value(at, decoder->end);
        if (json_string_equals(key, "success")) {
            last_success = (struct json_span){value, (size_t)(at - value)};
        }
    }
    if ((!found || json_type(last_success) == JSON_FALSE) &&
        is_refusal(object, found, decoder->fault)) {
        return false;
    }
    if (!found) {
        fault_set(decoder->fault, FAULT_DECODE, 0, "no \"%s\" in the answer", member);
    }
    return found && good;
}

static bool decode_text(struct decoder *decoder, const char *body, size_t len)
{
    struct json_span top;
    size_t error_at = 0;
    if (!json_check(body, len, &top, &error_at)) {
        fault_set(decoder->fault, FAULT_DECODE, 0,
                  error_at == len ? "the answer ends in mid-text (byte %zu)"
                                  : "the answer is no JSON (byte %zu)",
                  error_at);
        return false;
    }
    if (json_type(top) != JSON_OBJECT) {
        fault_set(decoder->fault, FAULT_DECODE, 0, "the answer is no JSON object");
        return false;
    }
    return decode_object(decoder, top);
}

struct snapshot *decode_body(enum resource resource, const char *body, size_t len,
                             struct fault *ret_fault)
{
    struct decoder *decoder = mem_calloc(1, sizeof *decoder);
    struct snapshot *snapshot = snapshot_new(resource);
    struct snapshot_block *block = snapshot_block(snapshot);
    block->body = mem_dup(body, len);
    block->body_len = len;
    decoder->snapshot = snapshot;
    decoder->texts = &block->texts;
    decoder->end = block->body + len;
    decoder->fault = ret_fault;
    build_keys(&decoder->rows, field_table(resource));
    build_keys(&decoder->lists, field_table_watchlist());
    fields_clear(field_table(resource), &decoder->blank);
    if (!decode_text(decoder, block->body, len)) {
        snapshot_unref(snapshot);
        snapshot = NULL;
    } else {
        snapshot->rows =
            mem_realloc_array(snapshot->rows, snapshot->row_count, model_row_size(resource));
        snapshot_index(snapshot);
    }
    free(decoder);
    return snapshot;
}

const char *decode_source(const struct snapshot *snapshot, size_t *ret_len)
{
    *ret_len = snapshot_block(snapshot)->body_len;
    return snapshot_block(snapshot)->body;
}
