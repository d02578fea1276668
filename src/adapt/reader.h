/*
 * reader: lines of a backend's .ini become a struct backend; every line that says something that
 * cannot be is complained about. The first half takes keys by a table, the second asks whether all
 * of it fits together (rules.c).
 */
#ifndef BLOTTER_ADAPT_READER_H
#define BLOTTER_ADAPT_READER_H

#include "pairs.h"

#include <blotter/adapt/adapt.h>

struct reading {
    const struct pairs *pairs;
    const struct adapt_source *source;
    struct complaints *complaints;
    struct backend *backend;
    struct place whole; /* the file, for what is missing in it */
};

/* Fills in the backend, whose texts are those of the pairs. */
void reader_take(struct reading *reading);

/* What the sections owe each other: hosts, values, secrets, polls, quotas. */
void rules_check(struct reading *reading);

/* The section a function of the .jq belongs to, with the function's name in ret. */
#define READER_FUNCTIONS_MAX (RESOURCE_COUNT + BACKEND_DISCOVER_MAX + 8)
struct duty {
    const char *function;
    const char *section; /* NULL: the function may be missing */
};
size_t reader_duties(const struct backend *backend, struct duty ret[READER_FUNCTIONS_MAX]);

/* Names that [discover.…] cannot take. NULL past the end. */
const char *reader_function(size_t i);

/* The tables, for the test that holds the manual against them. NULL past the end. */
const char *reader_section(size_t i); /* "orders", "discover." */
const char *reader_key(size_t i);

/* Whether the text is a name: a letter or _, then letters, digits and _. */
bool reader_is_name(const char *text, size_t len);

#endif
