/* A theme file out of somebody's hands: refused with a sentence, or usable at every depth. */
#include <blotter/tui/theme.h>

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(const struct theme *theme)
{
    for (int depth = COLOR_MONO; depth <= COLOR_TRUE; depth++) {
        for (int role = 0; role < ROLE_COUNT; role++) {
            for (unsigned set = 0; set < 32; set++) {
                struct look look = theme_look(theme, (enum role)role, set, (enum color_depth)depth);
                bool vanishes = look.fg.kind == COLOR_INDEX && color_equal(look.fg, look.bg);
                bool colored = look.fg.kind != COLOR_DEFAULT || look.bg.kind != COLOR_DEFAULT;
                if (vanishes || (depth == COLOR_MONO && colored)) {
                    abort();
                }
            }
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct theme theme;
    struct theme_error error = {.text = ""};
    if (memchr(data, '/', size) != NULL) {
        return 0; /* a path would have us read files that the fuzzer names */
    }
    if (theme_parse("fuzz.ini", (const char *)data, size, NULL, &theme, &error)) {
        use(&theme);
    } else if (error.text[0] == '\0' || memchr(error.text, '\0', sizeof error.text) == NULL) {
        abort();
    }
    return 0;
}
