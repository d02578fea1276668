#include "status.h"

#include <assert.h>

static const struct status_info rows[] = {
    {"0", "done, or quit"},
    {"1", "runtime error"},
    {"2", "wrong usage or configuration"},
    {"3", "not authorised"},
    {"4", "unreachable or timed out (--snapshot, --check-config)"},
    {"5", "partial: some panes or accounts failed, the rest was printed"},
    {"128+n", "ended by signal n"},
};

const struct status_info *status_table(size_t *ret_count)
{
    *ret_count = sizeof rows / sizeof *rows;
    return rows;
}

static const unsigned char of_fault[] = {
    [FAULT_NONE] = STATUS_OK,
    [FAULT_RESOLVE] = STATUS_UNREACHABLE,
    [FAULT_CONNECT] = STATUS_UNREACHABLE,
    [FAULT_TLS] = STATUS_UNREACHABLE,
    [FAULT_TIMEOUT] = STATUS_UNREACHABLE,
    [FAULT_NETWORK] = STATUS_UNREACHABLE,
    [FAULT_AUTH] = STATUS_AUTH,
    [FAULT_HTTP] = STATUS_RUNTIME,
    [FAULT_TYPE] = STATUS_RUNTIME,
    [FAULT_REDIRECT] = STATUS_RUNTIME,
    [FAULT_TOO_LARGE] = STATUS_RUNTIME,
    [FAULT_DECODE] = STATUS_RUNTIME,
    [FAULT_SERVER] = STATUS_RUNTIME,
    [FAULT_CONFIG] = STATUS_USAGE,
};
static_assert(sizeof of_fault == FAULT_KIND_COUNT, "a status per kind");

enum status status_of_fault(enum fault_kind kind)
{
    return (enum status)of_fault[kind];
}

void status_add(struct status_tally *tally, enum status status)
{
    tally->good |= status == STATUS_OK || status == STATUS_PARTIAL;
    tally->bad |= status != STATUS_OK;
    if (tally->worst == STATUS_OK || (status == STATUS_AUTH && tally->worst != STATUS_AUTH)) {
        tally->worst = status;
    }
}

enum status status_total(const struct status_tally *tally)
{
    return !tally->bad ? STATUS_OK : tally->good ? STATUS_PARTIAL : tally->worst;
}
