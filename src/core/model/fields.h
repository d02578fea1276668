/*
 * fields: which member of a row becomes which member of our structures, one table row each.
 * Another backend is another table, not other code.
 */
#ifndef BLOTTER_CORE_FIELDS_H
#define BLOTTER_CORE_FIELDS_H

#include <blotter/core/model.h>

enum field_type {
    FIELD_TEXT,
    FIELD_ID, /* a text; from a number its digits as sent */
    FIELD_INT,
    FIELD_NUMBER,
    FIELD_TIME,  /* ms since 1970 UTC */
    FIELD_STAMP, /* ns since 1970 UTC */
    FIELD_BOOL,
    FIELD_CLASS /* enum order_class */
};

/* The one object inside a row whose members are looked into: "stock/ltp". */
#define FIELD_NEST "stock"

struct field {
    const char *path;        /* "ltp", or "stock/ltp" */
    const char *alternative; /* used when path is absent or null; NULL when there is none */
    enum field_type type;
    bool required; /* absent, null or of another type: the whole body is refused */
    size_t offset;
};

struct field_table {
    const struct field *fields;
    size_t count;
};

/* The table of a resource's rows; for watchlists that of the items. At most 64 fields. */
const struct field_table *field_table(enum resource resource);

/* A watchlist's own members. */
const struct field_table *field_table_watchlist(void);

/* "an integer", for a sentence. */
const char *field_type_name(enum field_type type);

/* Sets every field to what missing means. */
void fields_clear(const struct field_table *table, void *row);

/* Whether a field holds a const char *. */
bool field_is_text(enum field_type type);

/* Whether two rows hold the same in every field. */
bool fields_equal(const struct field_table *table, const void *a, const void *b);

#endif
