#include "tool.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 16, TOOL_MS = 60000 };

/* What was run last, and what it said. */
struct last_run {
    char command[512];
    char out[65536];
};

static void describe(char *ret, size_t size, const char *tool, const char *const *arguments)
{
    snprintf(ret, size, "%s", tool);
    for (; arguments != NULL && *arguments != NULL; arguments++) {
        size_t len = strlen(ret);
        snprintf(ret + len, size - len, " %s", *arguments);
    }
}

static void run_tool(const struct bench *bench, struct last_run *last, const char *tool,
                     const char *const *arguments)
{
    char path[640];
    const char *argv[ARGUMENTS_MAX + 2] = {path};
    snprintf(path, sizeof path, "%s/%s", bench->programs, tool);
    for (size_t i = 0; arguments != NULL && arguments[i] != NULL && i < ARGUMENTS_MAX; i++) {
        argv[i + 1] = arguments[i];
    }
    last->out[0] = '\0';
    if (access(path, X_OK) == 0) {
        process_run(argv, NULL, last->out, sizeof last->out, TOOL_MS);
    }
    describe(last->command, sizeof last->command, tool, arguments);
}

/* The number after `after` in a line, NAN when it has none. */
static double number_in(const char *line, const char *after)
{
    const char *at = strstr(line, after);
    char *end;
    double value = at == NULL ? NAN : strtod(at + strlen(after), &end);
    return at == NULL || end == at + strlen(after) ? NAN : value;
}

double tool_number(const struct bench *bench, const char *tool, const char *const *arguments,
                   const char *line, const char *after)
{
    static struct last_run last;
    char command[sizeof last.command], text[512];
    describe(command, sizeof command, tool, arguments);
    if (strcmp(command, last.command) != 0) {
        run_tool(bench, &last, tool, arguments);
    }
    for (const char *at = last.out; *at != '\0'; at += strcspn(at, "\n"), at += *at == '\n') {
        snprintf(text, sizeof text, "%.*s", (int)strcspn(at, "\n"), at);
        if (strstr(text, line) != NULL) {
            return number_in(text, after);
        }
    }
    return NAN;
}
