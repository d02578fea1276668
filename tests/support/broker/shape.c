#include "shape.h"

#include <blotter/core/iso8601.h>

#include <string.h>

const struct shape *shape_find(const char *name)
{
    static const struct shape *const shapes[] = {&shape_alpaca, &shape_oanda, &shape_kite,
                                                 &shape_trading212, &shape_tradier};
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        if (strcmp(shapes[i]->name, name) == 0) {
            return shapes[i];
        }
    }
    return NULL;
}

bool shape_is(const char *path, const char *wanted)
{
    size_t len = strlen(wanted);
    return strncmp(path, wanted, len) == 0 && (path[len] == '\0' || path[len] == '?');
}

void shape_time(struct buf *out, const char *name, int64_t ms)
{
    char text[ISO8601_SIZE];
    iso8601_format(ms, text);
    buf_printf(out, "\"%s\":\"%s\",", name, text);
}
