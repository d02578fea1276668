#include "theme_builtin.h"

/* THEMES(X): a row per shipped theme, written by meson from the list in themes/. */
#include "theme_list.h"

/* NOLINTBEGIN(bugprone-macro-parentheses): declarations take none. */
#define DECLARE(name, symbol)                                                                      \
    extern const char symbol[];                                                                    \
    extern const size_t symbol##_len;
#define ROW(name, symbol) {name, name ".ini", symbol, &symbol##_len},
/* NOLINTEND(bugprone-macro-parentheses) */

THEMES(DECLARE)

const struct theme_builtin theme_builtins[] = {THEMES(ROW)};
const size_t theme_builtin_count = sizeof theme_builtins / sizeof theme_builtins[0];
