#include "complete.h"
#include "json/span_scan.h"
#include "row_reader.h"

#include <blotter/core/iso8601.h>

#include <string.h>

#define TEXT_SHARED_MAX 36 /* long enough for names, too short for ids, which never repeat */

static size_t key_hash(const char *key, size_t len, bool nested)
{
    size_t hash = len * 7 + (nested ? 64 : 0);
    if (len > 0) {
        hash += (unsigned char)key[0] * 31u + (unsigned char)key[len - 1] * 17u +
                (unsigned char)key[len / 2];
    }
    return hash % ROW_READER_KEY_SLOTS;
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
        at = (at + 1) % ROW_READER_KEY_SLOTS;
    }
    keys->slots[at] = (struct key_slot){.key = key,
                                        .len = (unsigned char)len,
                                        .field = (unsigned char)field,
                                        .nested = slash != NULL,
                                        .preferred = preferred};
}

void row_reader_keys_init(struct key_table *keys, const struct field_table *table)
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
         at = (at + 1) % ROW_READER_KEY_SLOTS) {
        const struct key_slot *slot = &keys->slots[at];
        if (slot->len == len && slot->nested == nested && memcmp(slot->key, key, len) == 0) {
            return slot;
        }
    }
    return NULL;
}

static const char *copy_text(struct row_reader *reader, struct span value)
{
    size_t room = value.len - 1;
    char *text = arena_text(reader->texts, room);
    if (span_is_plain(value.ptr + 1, value.len - 2)) {
        memcpy(text, value.ptr + 1, value.len - 2);
        text[value.len - 2] = '\0';
        return text;
    }
    size_t len = span_string(value, text, room);
    if (len < room) {
        arena_shrink(reader->texts, room - len - 1);
        return text;
    }
    /* Mended bytes took more room than they came in. */
    arena_shrink(reader->texts, room);
    text = arena_text(reader->texts, len + 1);
    span_string(value, text, len + 1);
    return text;
}

static const char *take_text(struct row_reader *reader, struct span value)
{
    if (value.len == 2) {
        return "";
    }
    if (value.len > TEXT_SHARED_MAX) {
        return copy_text(reader, value);
    }
    size_t hash = value.len;
    for (size_t i = 1; i < value.len - 1; i++) {
        hash = hash * 31 + (unsigned char)value.ptr[i];
    }
    struct text_slot *slot = &reader->shared[(hash ^ hash >> 11) % ROW_READER_TEXT_SLOTS];
    if (slot->raw.len != value.len || memcmp(slot->raw.ptr, value.ptr, value.len) != 0) {
        *slot = (struct text_slot){value, copy_text(reader, value)};
    }
    return slot->text;
}

/* A number is its own id, as it was written. */
static const char *take_id(struct row_reader *reader, struct span value)
{
    if (span_type(value) == SPAN_STRING) {
        return take_text(reader, value);
    }
    char *text = arena_text(reader->texts, value.len + 1);
    memcpy(text, value.ptr, value.len);
    text[value.len] = '\0';
    return text;
}

static bool take_time(struct span value, bool (*parse)(const char *, size_t, int64_t *),
                      int64_t *ret)
{
    if (span_type(value) != SPAN_STRING) {
        return false;
    }
    if (span_is_plain(value.ptr + 1, value.len - 2)) {
        return parse(value.ptr + 1, value.len - 2, ret);
    }
    char text[64];
    size_t len = span_string(value, text, sizeof text);
    return len < sizeof text && parse(text, len, ret);
}

static bool take_bool(struct span value, bool *ret)
{
    enum span_type type = span_type(value);
    if (type != SPAN_TRUE && type != SPAN_FALSE) {
        return false;
    }
    *ret = type == SPAN_TRUE;
    return true;
}

/* False when the value is not of the field's type. */
static bool store_value(struct row_reader *reader, const struct field *field, void *row,
                        struct span value)
{
    void *at = (char *)row + field->offset;
    switch (field->type) {
    case FIELD_TEXT:
        if (span_type(value) != SPAN_STRING) {
            return false;
        }
        *(const char **)at = take_text(reader, value);
        return true;
    case FIELD_ID:
        if (span_type(value) != SPAN_STRING && span_type(value) != SPAN_NUMBER) {
            return false;
        }
        *(const char **)at = take_id(reader, value);
        return true;
    case FIELD_INT:
        return span_int64(value, at);
    case FIELD_NUMBER:
        return span_double(value, at);
    case FIELD_TIME:
        return take_time(value, iso8601_parse, at);
    case FIELD_STAMP:
        return take_time(value, iso8601_parse_ns, at);
    case FIELD_CLASS:
        return span_class(value, at);
    default:
        return take_bool(value, at);
    }
}

static void store_member(struct row_reader *reader, struct row_reading *reading,
                         const struct key_slot *slot, struct span value)
{
    uint64_t bit = UINT64_C(1) << slot->field;
    if (*value.ptr == 'n' || (!slot->preferred && (reading->preferred & bit) != 0)) {
        return;
    }
    const struct field *field = &reading->keys->table->fields[slot->field];
    if (store_value(reader, field, reading->row, value)) {
        reading->set |= bit;
        reading->preferred |= slot->preferred ? bit : 0;
    }
}

static const struct key_slot *find_slot(const struct key_table *keys, struct span key, bool nested)
{
    if (memchr(key.ptr, '\\', key.len) == NULL) {
        return find_key(keys, key.ptr + 1, key.len - 2, nested);
    }
    char text[64];
    size_t len = span_string(key, text, sizeof text);
    return len < sizeof text ? find_key(keys, text, len, nested) : NULL;
}

static const char *read_member(struct row_reader *reader, struct row_reading *reading,
                               struct span key, const char *at, bool nested)
{
    const struct key_slot *slot = find_slot(reading->keys, key, nested);
    const char *value = at;
    at = span_skip_value(at, reader->end);
    if (slot != NULL) {
        store_member(reader, reading, slot, (struct span){value, (size_t)(at - value)});
    }
    return at;
}

static const char *read_nest(struct row_reader *reader, struct row_reading *reading, const char *at)
{
    at++;
    while (span_step(&at, reader->end, '}') != NULL) {
        struct span key = span_step_key(&at, reader->end);
        at = read_member(reader, reading, key, at, true);
    }
    return at;
}

const char *row_reader_member(struct row_reader *reader, struct row_reading *reading,
                              struct span key, const char *at)
{
    return *at == '{' && span_string_equals(key, FIELD_NEST)
               ? read_nest(reader, reading, at)
               : read_member(reader, reading, key, at, false);
}

const char *row_reader_object(struct row_reader *reader, struct row_reading *reading,
                              const char *at)
{
    at++;
    while (span_step(&at, reader->end, '}') != NULL) {
        struct span key = span_step_key(&at, reader->end);
        at = row_reader_member(reader, reading, key, at);
    }
    return at;
}
