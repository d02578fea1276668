/* The shipped themes, embedded at build time from themes/. */
#ifndef BLOTTER_TUI_THEME_BUILTIN_H
#define BLOTTER_TUI_THEME_BUILTIN_H

#include <stddef.h>

struct theme_builtin {
    const char *name;
    const char *file;
    const char *text;
    const size_t *len;
};

extern const struct theme_builtin theme_builtins[];
extern const size_t theme_builtin_count;

#endif
