/* tool: the benchmarks of single modules, which are programs beside this one. */
#ifndef BLOTTER_BENCH_TOOL_H
#define BLOTTER_BENCH_TOOL_H

#include "bench.h"
#include "process.h"

/*
 * Runs a tool with arguments (NULL-terminated; NULL: none) and reads a number out of what it
 * prints: the one that follows `after` in the first line that contains `line`. The last tool's
 * output is kept, so asking again does not run it again. NAN when there is no such number.
 */
double tool_number(const struct bench *bench, const char *tool, const char *const *arguments,
                   const char *line, const char *after);

#endif
