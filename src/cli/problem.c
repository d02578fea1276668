#include "problem.h"

#include <blotter/view/text.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Arguments and files are quoted in these texts; a terminal must not act on what they hold. */
static void clean(char text[PROBLEM_BYTES])
{
    char raw[PROBLEM_BYTES];
    size_t used = 0, len = strlen(text);
    memcpy(raw, text, len + 1);
    struct text_reader reader = {raw, raw + len};
    struct text_cluster cluster;
    while (text_next(&reader, &cluster)) {
        bool ascii = MB_CUR_MAX == 1; /* the locale's terminal knows no other characters */
        size_t size = ascii ? 1 : strlen(cluster.bytes);
        if (used + size >= PROBLEM_BYTES) {
            break;
        }
        memcpy(text + used, ascii ? (char[]){text_ascii(cluster.bytes)} : cluster.bytes, size);
        used += size;
    }
    text[used] = '\0';
}

bool problem_set(struct problem *problem, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(problem->text, sizeof problem->text, format, arguments);
    va_end(arguments);
    clean(problem->text);
    problem->located = false;
    return false;
}

void problem_name(struct problem *problem, const char *account)
{
    if (account != NULL && !problem->located) {
        const struct problem plain = *problem;
        problem_set(problem, "%.100s: %.900s", account, plain.text);
    }
}

void problem_print(const struct problem *problem)
{
    fprintf(stderr, "%s%s\n", problem->located ? "" : "blotter: ", problem->text);
}

bool problem_suggest(struct problem *problem, const struct suggest *suggest)
{
    if (suggest->best != NULL) {
        size_t len = strlen(problem->text);
        snprintf(problem->text + len, sizeof problem->text - len, " (did you mean '%s'?)",
                 suggest->best);
        clean(problem->text);
    }
    return false;
}
