#include "theme_builtin.h"

/* One row a shipped theme, in the order in which the user meets them. */
#define THEMES(X)                                                                                  \
    X("default", theme_default)                                                                    \
    X("dark", theme_dark)                                                                          \
    X("light", theme_light)                                                                        \
    X("mono", theme_mono)                                                                          \
    X("high-contrast", theme_high_contrast)                                                        \
    X("colorblind", theme_colorblind)                                                              \
    X("solarized", theme_solarized)                                                                \
    X("nord", theme_nord)                                                                          \
    X("gruvbox", theme_gruvbox)

/* NOLINTBEGIN(bugprone-macro-parentheses): declarations take none. */
#define DECLARE(name, symbol)                                                                      \
    extern const char symbol[];                                                                    \
    extern const size_t symbol##_len;
#define ROW(name, symbol) {name, name ".ini", symbol, &symbol##_len},
/* NOLINTEND(bugprone-macro-parentheses) */

THEMES(DECLARE)

const struct theme_builtin theme_builtins[] = {THEMES(ROW)};
const size_t theme_builtin_count = sizeof theme_builtins / sizeof theme_builtins[0];
