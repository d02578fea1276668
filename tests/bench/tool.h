/*
 * tool: the benchmarks of single modules, which are programs beside this one. Each prints lines
 * that begin with a name (words), a value and its unit.
 */
#ifndef BLOTTER_BENCH_TOOL_H
#define BLOTTER_BENCH_TOOL_H

#include "bench.h"
#include "process.h"

struct tool_line {
    double value;
    char unit[24];
};

/* Runs a tool with arguments (NULL-terminated; NULL: none) and looks for one of its lines. The
 * last tool's output is kept, so asking for another of its lines does not run it again. */
bool tool_find(const struct bench *bench, const char *tool, const char *const *arguments,
               const char *name, struct tool_line *ret);

#endif
