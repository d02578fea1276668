/*
 * options: the command line of blotter-mock. One table row per option drives parsing, --help and
 * the manual's check.
 */
#ifndef BLOTTER_MOCK_OPTIONS_H
#define BLOTTER_MOCK_OPTIONS_H

#include <blotter/core/fault.h>

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define OPTIONS_FAULTS_MAX 64

struct options {
    const char *host, *db, *scenario, *tls_cert, *tls_key;
    int64_t port, users, orders, positions, symbols, orders_limit, seed, latency_ms, retain;
    int64_t max_streams, max_user_streams, max_address_streams;
    double rate, quotes, heartbeat_s, head_timeout_s, exit_after_s; /* exit_after_s: 0 is never */
    const char *faults[OPTIONS_FAULTS_MAX];
    size_t fault_count;
    bool has_seed, no_extensions, open_only, gzip_streams, allow_sql, exit_with_stdin, verbose;
};

enum options_result {
    OPTIONS_RUN,
    OPTIONS_HELP,
    OPTIONS_FAULT_HELP,
    OPTIONS_SCENARIO_HELP,
    OPTIONS_VERSION,
    OPTIONS_WRONG /* *ret_fault says what */
};

/* Reads the arguments into *ret, which starts out with the defaults. Texts are borrowed from argv.
 */
enum options_result options_parse(int argc, char **argv, struct options *ret,
                                  struct fault *ret_fault);

void options_print_help(FILE *out); /* 80 columns */

#endif
