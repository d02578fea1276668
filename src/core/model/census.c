#include "change.h"
#include "complete.h"
#include "fields.h"

#include <blotter/core/census.h>
#include <blotter/core/iso8601.h>
#include <blotter/core/model.h>
#include <blotter/core/suggest.h>

#include <stdio.h>
#include <string.h>

#define COUNTS_MAX 64

struct count {
    const char *path, *alternative; /* as in struct field */
    enum field_type type;
    size_t filled, unreadable;
};

struct stranger {
    char name[CENSUS_NAME_MAX];
    size_t rows;
};

struct census {
    struct count counts[COUNTS_MAX];
    size_t count;
    struct stranger strangers[CENSUS_UNKNOWN_MAX];
    size_t stranger_count;
    size_t rows;
};

/* Members of a row that are none of its figures. */
static const char *const others[] = {FIELD_NEST, "raw", "items", "userId"};

/* --- types ----------------------------------------------------------------------------------- */

static bool is_time(struct span value)
{
    char text[64];
    int64_t ms;
    size_t len = span_string(value, text, sizeof text);
    return len > 0 && len < sizeof text && iso8601_parse(text, len, &ms);
}

static bool is_class(struct span value)
{
    enum order_class class;
    return span_class(value, &class) &&
           (class != ORDER_UNKNOWN || span_string_equals(value, "unknown"));
}

static bool is_of_type(struct span value, enum field_type type)
{
    enum span_type found = span_type(value);
    int64_t integer;
    double number;
    switch (type) {
    case FIELD_TEXT:
        return found == SPAN_STRING;
    case FIELD_ID:
        return found == SPAN_STRING || found == SPAN_NUMBER;
    case FIELD_INT:
        return span_int64(value, &integer);
    case FIELD_NUMBER:
        return span_double(value, &number);
    case FIELD_TIME:
    case FIELD_STAMP:
        return is_time(value);
    case FIELD_CLASS:
        return is_class(value);
    case FIELD_BOOL:
    default:
        return found == SPAN_TRUE || found == SPAN_FALSE;
    }
}

/* --- counting -------------------------------------------------------------------------------- */

static void add(struct census *census, struct count count)
{
    if (census->count < COUNTS_MAX) {
        census->counts[census->count++] = count;
    }
}

/* "ltp", or "stock/ltp" of the object within. */
static bool find(struct span row, const char *path, struct span *ret)
{
    struct span nest;
    const char *slash = path != NULL ? strchr(path, '/') : NULL;
    bool found = slash != NULL
                     ? span_member(row, FIELD_NEST, &nest) && span_member(nest, slash + 1, ret)
                     : path != NULL && span_member(row, path, ret);
    return found && span_type(*ret) != SPAN_NULL;
}

static bool is_path(const char *path, const char *nest, struct span key)
{
    const char *slash = path != NULL ? strchr(path, '/') : NULL;
    if (path == NULL || (slash != NULL) != (nest != NULL)) {
        return false;
    }
    return span_string_equals(key, slash != NULL ? slash + 1 : path);
}

static bool is_known(const struct census *census, const char *nest, struct span key)
{
    for (size_t i = 0; nest == NULL && i < sizeof others / sizeof *others; i++) {
        if (span_string_equals(key, others[i])) {
            return true;
        }
    }
    for (size_t i = 0; i < census->count; i++) {
        if (is_path(census->counts[i].path, nest, key) ||
            is_path(census->counts[i].alternative, nest, key)) {
            return true;
        }
    }
    return false;
}

static void note_stranger(struct census *census, const char *nest, struct span key)
{
    char name[CENSUS_NAME_MAX] = "";
    size_t used = nest != NULL ? (size_t)snprintf(name, sizeof name, "%s.", nest) : 0, i = 0;
    span_string(key, name + used, sizeof name - used);
    while (i < census->stranger_count && strcmp(census->strangers[i].name, name) != 0) {
        i++;
    }
    if (i == CENSUS_UNKNOWN_MAX) {
        return;
    }
    if (i == census->stranger_count) {
        struct stranger *stranger = &census->strangers[census->stranger_count++];
        *stranger = (struct stranger){.rows = 0};
        memcpy(stranger->name, name, sizeof name);
    }
    census->strangers[i].rows++;
}

static void note_strangers(struct census *census, const char *nest, struct span object)
{
    struct span_iterator it = {NULL};
    struct span key, value;
    while (span_type(object) == SPAN_OBJECT && span_next(object, &it, &key, &value)) {
        if (nest == NULL && span_string_equals(key, FIELD_NEST)) {
            note_strangers(census, FIELD_NEST, value);
        } else if (!is_known(census, nest, key)) {
            note_stranger(census, nest, key);
        }
    }
}

static void take_row(struct census *census, struct span row)
{
    census->rows++;
    for (size_t i = 0; i < census->count; i++) {
        struct count *count = &census->counts[i];
        struct span value;
        if (find(row, count->path, &value) || find(row, count->alternative, &value)) {
            bool good = is_of_type(value, count->type);
            count->filled += good;
            count->unreadable += !good;
        }
    }
    note_strangers(census, NULL, row);
}

static void take_rows(struct census *census, struct span rows)
{
    struct span_iterator it = {NULL};
    struct span key, row;
    while (span_type(rows) == SPAN_ARRAY && span_next(rows, &it, &key, &row)) {
        take_row(census, row);
    }
}

/* --- telling --------------------------------------------------------------------------------- */

/* As a jq program has it. */
static const char *shown_name(const char *path, char out[CENSUS_NAME_MAX])
{
    const char *slash = strchr(path, '/');
    if (slash == NULL) {
        return path;
    }
    snprintf(out, CENSUS_NAME_MAX, "%.*s.%s", (int)(slash - path), path, slash + 1);
    return out;
}

static void tell_count(const struct count *count, census_fn fn, void *user)
{
    char name[CENSUS_NAME_MAX];
    struct census_member member = {.name = shown_name(count->path, name),
                                   .wanted = field_type_name(count->type)};
    if (count->filled > 0 || count->unreadable == 0) {
        member.kind = count->filled > 0 ? CENSUS_FILLED : CENSUS_EMPTY;
        member.rows = count->filled;
        fn(user, &member);
    }
    if (count->unreadable > 0) {
        member.kind = CENSUS_UNREADABLE;
        member.rows = count->unreadable;
        fn(user, &member);
    }
}

static void tell_stranger(const struct census *census, const struct stranger *stranger,
                          census_fn fn, void *user)
{
    struct suggest suggest;
    char names[COUNTS_MAX][CENSUS_NAME_MAX];
    suggest_init(&suggest, stranger->name);
    for (size_t i = 0; i < census->count; i++) {
        suggest_offer(&suggest, shown_name(census->counts[i].path, names[i]));
    }
    struct census_member member = {CENSUS_UNKNOWN, stranger->name, NULL, suggest.best,
                                   stranger->rows};
    fn(user, &member);
}

static size_t tell(const struct census *census, census_fn fn, void *user)
{
    for (size_t i = 0; i < census->count; i++) {
        tell_count(&census->counts[i], fn, user);
    }
    for (size_t i = 0; i < census->stranger_count; i++) {
        tell_stranger(census, &census->strangers[i], fn, user);
    }
    return census->rows;
}

/* --- the two kinds --------------------------------------------------------------------------- */

static void add_fields(struct census *census, enum resource resource)
{
    const struct field_table *table = field_table(resource);
    for (size_t i = 0; i < table->count; i++) {
        const struct field *field = &table->fields[i];
        if (strcmp(field->path, "userId") != 0) {
            add(census, (struct count){field->path, field->alternative, field->type, 0, 0});
        }
    }
}

static void take_lists(struct census *census, struct span lists)
{
    struct span_iterator it = {NULL};
    struct span key, list, items;
    while (span_type(lists) == SPAN_ARRAY && span_next(lists, &it, &key, &list)) {
        if (span_member(list, "items", &items)) {
            take_rows(census, items);
        }
    }
}

size_t census_take(enum resource resource, struct span body, census_fn fn, void *user)
{
    struct census census = {.count = 0};
    struct span rows;
    add_fields(&census, resource);
    if (span_member(body, resource_info(resource)->member, &rows)) {
        if (resource == RESOURCE_WATCHLISTS) {
            take_lists(&census, rows);
        } else if (span_type(rows) == SPAN_OBJECT) {
            take_row(&census, rows);
        } else {
            take_rows(&census, rows);
        }
    }
    return tell(&census, fn, user);
}

size_t census_take_quotes(struct span updates, census_fn fn, void *user)
{
    const struct change *change = change_find(EVENT_QUOTES_UPDATED, RESOURCE_WATCHLISTS);
    struct census census = {.count = 0};
    add(&census, (struct count){change->key, NULL, FIELD_ID, 0, 0});
    add(&census, (struct count){change->other_key, NULL, FIELD_TEXT, 0, 0});
    for (size_t i = 0; i < change->member_count; i++) {
        const struct change_member *member = &change->members[i];
        add(&census, (struct count){member->name, NULL, member->type, 0, 0});
    }
    take_rows(&census, updates);
    return tell(&census, fn, user);
}
