/*
 * status: the exit codes, one table row each; --help and the manual walk the same rows.
 */
#ifndef BLOTTER_CLI_STATUS_H
#define BLOTTER_CLI_STATUS_H

#include <blotter/core/fault.h>

#include <stdbool.h>
#include <stddef.h>

enum status {
    STATUS_OK = 0,
    STATUS_RUNTIME = 1,
    STATUS_USAGE = 2,
    STATUS_AUTH = 3,
    STATUS_UNREACHABLE = 4,
    STATUS_PARTIAL = 5,
    STATUS_SIGNAL = 128 /* plus the signal's number */
};

struct status_info {
    const char *code; /* "0" … "5", "128+n" */
    const char *meaning;
};

/* The rows in order; *ret_count says how many. Static storage. */
const struct status_info *status_table(size_t *ret_count);

/* What a failure of that kind ends the program with. */
enum status status_of_fault(enum fault_kind kind);

/* Of several things that were tried, what the program ends with: 0 when all are good, 5 when some
 * are, else the most telling failure's: the token's before the first. Begins with zeros. */
struct status_tally {
    bool good, bad;
    enum status worst;
};
void status_add(struct status_tally *tally, enum status status);
enum status status_total(const struct status_tally *tally);

#endif
