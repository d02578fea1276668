#include <blotter/core/backend.h>

#include <string.h>
#include <strings.h>

#define SYMBOLS "symbols"

/* --- {NAME} ---------------------------------------------------------------------------------- */

bool backend_next_name(const char **at, const char **ret_name, size_t *ret_len)
{
    const char *open = strchr(*at, '{');
    const char *close = open != NULL ? strchr(open, '}') : NULL;
    if (close == NULL) {
        return false;
    }
    *ret_name = open + 1;
    *ret_len = (size_t)(close - open - 1);
    *at = close + 1;
    return true;
}

/* The name without what follows a colon. */
static size_t plain_length(const char *name, size_t len)
{
    const char *colon = memchr(name, ':', len);
    return colon != NULL ? (size_t)(colon - name) : len;
}

static bool is_name(const char *name, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(name, word, len) == 0;
}

bool backend_names(const char *path, const char *name)
{
    const char *found;
    size_t len;
    while (backend_next_name(&path, &found, &len)) {
        if (is_name(found, plain_length(found, len), name)) {
            return true;
        }
    }
    return false;
}

static bool append_symbols(struct buf *out, const char *joint, size_t joint_len,
                           const struct backend_filling *filling)
{
    bool good = filling->symbol_count > 0;
    for (size_t i = 0; good && i < filling->symbol_count; i++) {
        good = (i == 0 || buf_append(out, joint, joint_len)) &&
               buf_append_url(out, filling->symbols[i]);
    }
    return good;
}

static bool append_name(struct buf *out, const char *name, size_t len,
                        const struct backend_filling *filling)
{
    size_t plain = plain_length(name, len);
    if (is_name(name, plain, SYMBOLS)) {
        return plain == len ? append_symbols(out, ",", 1, filling)
                            : append_symbols(out, name + plain + 1, len - plain - 1, filling);
    }
    const char *value = filling->value != NULL ? filling->value(filling->user, name, len) : NULL;
    return value != NULL && buf_append_url(out, value);
}

bool backend_fill(struct buf *out, const char *path, const struct backend_filling *filling)
{
    const char *at = path, *name;
    size_t len;
    while (backend_next_name(&at, &name, &len)) {
        if (!buf_append(out, path, (size_t)(name - 1 - path)) ||
            !append_name(out, name, len, filling)) {
            return false;
        }
        path = at;
    }
    return buf_append_text(out, path);
}

/* --- the next page --------------------------------------------------------------------------- */

bool backend_set_query(struct buf *out, const char *path, const char *name, const char *value)
{
    size_t name_len = strlen(name);
    const char *query = strchr(path, '?');
    bool good = buf_append(out, path, query != NULL ? (size_t)(query - path) : strlen(path));
    const char *joint = "?";
    while (good && query != NULL) {
        const char *member = query + 1;
        size_t len = strcspn(member, "&");
        bool same = len >= name_len && memcmp(member, name, name_len) == 0 &&
                    (len == name_len || member[name_len] == '=');
        if (!same && len > 0) {
            good = buf_append_text(out, joint) && buf_append(out, member, len);
            joint = "&";
        }
        query = member[len] == '&' ? member + len : NULL;
    }
    return good && buf_append_text(out, joint) && buf_append_url(out, name) &&
           buf_append_text(out, "=") && buf_append_url(out, value);
}

/* Whether the parameters behind a link say rel="next". */
static bool is_next(const char *parameters, size_t len)
{
    static const char word[] = "next";
    const char *end = parameters + len;
    for (const char *at = parameters; at < end; at++) {
        if ((size_t)(end - at) > 4 && strncasecmp(at, "rel=", 4) == 0) {
            at += at[4] == '"' ? 5 : 4;
            size_t left = (size_t)(end - at);
            return left >= sizeof word - 1 && strncasecmp(at, word, sizeof word - 1) == 0 &&
                   (left == sizeof word - 1 || strchr("\"; ", at[sizeof word - 1]) != NULL);
        }
    }
    return false;
}

bool backend_link_next(struct buf *out, const char *header)
{
    const char *open = header;
    while ((open = strchr(open, '<')) != NULL) {
        const char *close = strchr(open, '>');
        if (close == NULL) {
            break;
        }
        if (is_next(close, strcspn(close, "<"))) {
            return buf_append(out, open + 1, (size_t)(close - open - 1));
        }
        open = close;
    }
    return false;
}
