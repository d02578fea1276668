#include <blotter/tui/locale.h>

#include <locale.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Whether the locale that the environment names is one in UTF-8. */
static bool wants_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && value[0] != '\0') {
            const char *codeset = strchr(value, '.');
            return codeset != NULL && (strncasecmp(codeset, ".UTF-8", 6) == 0 ||
                                       strncasecmp(codeset, ".UTF8", 5) == 0);
        }
    }
    return false;
}

void locale_start(void)
{
    if (setlocale(LC_CTYPE, "") == NULL && wants_utf8()) {
        setlocale(LC_CTYPE, "C.UTF-8");
    }
}
