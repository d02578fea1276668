/*
 * usage: what the programs use over time, memory and descriptors, and whether it grows.
 */
#ifndef BLOTTER_TESTS_USAGE_H
#define BLOTTER_TESTS_USAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum usage_subject { USAGE_CLIENT, USAGE_WATCH, USAGE_MOCK, USAGE_SUBJECTS };

struct usage;

struct usage *usage_new(void);
void usage_free(struct usage *usage);

/* One sample of all; events: how many there were so far. */
void usage_take(struct usage *usage, const pid_t pids[USAGE_SUBJECTS], int64_t after_ms,
                uint64_t events);

/* The table on stdout. False, said there too, when something grows. */
bool usage_report(const struct usage *usage, bool judges_memory);

#endif
