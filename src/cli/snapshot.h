/* snapshot: what --snapshot found, and the formats it is printed in. */
#ifndef BLOTTER_CLI_SNAPSHOT_H
#define BLOTTER_CLI_SNAPSHOT_H

#include <blotter/core/engine.h>
#include <blotter/core/money.h>
#include <blotter/core/span.h>
#include <blotter/view/filter.h>
#include <blotter/view/format.h>

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct snapshot_part {
    bool wanted;
    const char *body; /* NULL: failed */
    size_t body_len;
    const struct snapshot *rows; /* the body decoded */
    struct fault fault;          /* why it failed */
    const struct filter *filter; /* NULL: every row */
};

struct snapshot_report {
    const char *profile; /* whose it is, where there are several accounts; NULL: of the only one */
    struct snapshot_part parts[RESOURCE_COUNT];
    int64_t taken_ms; /* wall clock */
    const char *url;
    const char *backend; /* NULL: the reference one */
    struct span quotes;  /* the backend's, an array; ptr NULL: it has none to give */
    const char *user;    /* NULL: none was named */
    enum format_grouping grouping;
    const char *timezone; /* NULL: local */
    bool ascii;
    bool terminal; /* it goes to a terminal: what is invisible may not pass either */
};

/* The array of a body, or of those of its rows that the filter leaves: then in *ret_own, to be
 * freed. False when the body has none. Of watchlists it is the items that are left out. */
bool snapshot_array(const struct snapshot_part *part, enum resource resource, struct span *ret,
                    char **ret_own);

/* The sums of the positions that the filter leaves. */
void snapshot_sums(const struct snapshot_part *part, struct money *ret);

/* The formats print all reports, one per account, in their order. Where there are several each
 * object, row and line names its profile. */

/*
 * One object per account: {"v":1,"takenAt":…,"url":…,"user":…,"orders":[…],…,"errors":{…}}. With a
 * backend there is "backend", and "quotes" where it has them; "sums" are those of the positions
 * shown, once a currency: {"currency":…,"rows":2,"of":7,"open":…,"booked":…,"day":…,…}. The
 * resources are the server's bytes, but for invalid UTF-8 and what a terminal would act on
 * (core/quote.h); one that failed is null and has an entry in errors.
 */
void snapshot_print_json(FILE *out, const struct snapshot_report *reports, size_t count);

/*
 * One table per pane (RFC 4180), an empty line between two. The columns are the members that the
 * server sent, nested ones as "stock.ltp", figures as they were sent; a backend's prices stand in
 * the rows of their instruments. Line breaks and joiners of a text are kept, but not on a terminal;
 * what a terminal would act on is U+FFFD; a text that a spreadsheet would run as a formula gets a
 * "'" in front.
 */
void snapshot_print_csv(FILE *out, const struct snapshot_report *reports, size_t count);

/* Tables to read, with the dashboard's columns and figures. */
void snapshot_print_text(FILE *out, const struct snapshot_report *reports, size_t count);

#endif
