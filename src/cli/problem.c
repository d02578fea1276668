#include <blotter/cli/problem.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Arguments and files are quoted in these texts; a terminal must not act on what they hold. */
static void clean(char *text)
{
    for (unsigned char *at = (unsigned char *)text; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7f || (*at == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0)) {
            *at = '?';
        }
    }
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

bool problem_suggest(struct problem *problem, const struct suggest *suggest)
{
    if (suggest->best != NULL) {
        size_t len = strlen(problem->text);
        snprintf(problem->text + len, sizeof problem->text - len, " (did you mean '%s'?)",
                 suggest->best);
    }
    return false;
}
