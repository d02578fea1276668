/* The content type that a stream has to have. */
#include <blotter/core/conn.h>

#include <string.h>
#include <strings.h>

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The end of one element of a comma-separated list; commas inside quotes do not count. */
static const char *element_end(const char *at)
{
    bool quoted = false;
    while (*at != '\0' && (quoted || *at != ',')) {
        if (*at == '"') {
            quoted = !quoted;
        } else if (quoted && *at == '\\' && at[1] != '\0') {
            at++;
        }
        at++;
    }
    return at;
}

static bool is_token(const char *at, const char *end)
{
    if (at == end) {
        return false;
    }
    for (; at < end; at++) {
        bool word =
            (*at >= '0' && *at <= '9') || (*at >= 'A' && *at <= 'Z') || (*at >= 'a' && *at <= 'z');
        if (!word && (*at == '\0' || strchr("!#$%&'*+-.^_`|~", *at) == NULL)) {
            return false;
        }
    }
    return true;
}

/* One element's type and subtype without parameters. False when it is no valid type, or any type.
 */
static bool essence(const char *at, const char *end, const char **ret_at, const char **ret_end)
{
    const char *stop = memchr(at, ';', (size_t)(end - at));
    stop = stop != NULL ? stop : end;
    while (at < stop && is_space(*at)) {
        at++;
    }
    while (stop > at && is_space(stop[-1])) {
        stop--;
    }
    const char *slash = memchr(at, '/', (size_t)(stop - at));
    if (slash == NULL || !is_token(at, slash) || !is_token(slash + 1, stop) ||
        (stop - at == 3 && memcmp(at, "*/*", 3) == 0)) {
        return false;
    }
    *ret_at = at;
    *ret_end = stop;
    return true;
}

/* As fetch extracts a MIME type: of several values the last valid one counts. */
bool conn_type_is_stream(const char *content_type)
{
    static const char wanted[] = "text/event-stream";
    bool is_stream = false;
    const char *at = content_type != NULL ? content_type : "";
    for (;;) {
        const char *end = element_end(at);
        const char *from;
        const char *to;
        if (essence(at, end, &from, &to)) {
            is_stream = (size_t)(to - from) == sizeof wanted - 1 &&
                        strncasecmp(from, wanted, sizeof wanted - 1) == 0;
        }
        if (*end == '\0') {
            return is_stream;
        }
        at = end + 1;
    }
}
