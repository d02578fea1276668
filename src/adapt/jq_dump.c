#include "jq_dump.h"

#include <string.h>

struct dump {
    const struct jq_api *api;
    struct buf *out;
    int depth;
};

/* --- strings --------------------------------------------------------------------------------- */

/* What has to be escaped: quotes, backslashes and controls. */
static bool is_plain(unsigned char byte)
{
    return byte >= ' ' && byte != '"' && byte != '\\' && byte != 0x7f;
}

static bool put_escape(struct buf *out, unsigned char byte)
{
    static const char bytes[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *at = byte != '\0' ? strchr(bytes, byte) : NULL;
    return at != NULL ? buf_printf(out, "\\%c", letters[at - bytes])
                      : buf_printf(out, "\\u%04x", byte);
}

static bool put_bytes(struct buf *out, const char *text, size_t len)
{
    size_t from = 0;
    bool good = buf_append(out, "\"", 1);
    for (size_t i = 0; i < len && good; i++) {
        if (!is_plain((unsigned char)text[i])) {
            good =
                buf_append(out, text + from, i - from) && put_escape(out, (unsigned char)text[i]);
            from = i + 1;
        }
    }
    return good && buf_append(out, text + from, len - from) && buf_append(out, "\"", 1);
}

static bool put_string(const struct dump *dump, jv string)
{
    const struct jq_api *api = dump->api;
    size_t len = (size_t)api->string_length_bytes(api->copy(string));
    return put_bytes(dump->out, api->string_value(string), len);
}

/* --- values ---------------------------------------------------------------------------------- */

static bool put(struct dump *dump, jv value);

static bool put_array(struct dump *dump, jv array)
{
    const struct jq_api *api = dump->api;
    int count = api->array_length(api->copy(array));
    bool good = buf_append(dump->out, "[", 1);
    for (int i = 0; i < count && good; i++) {
        jv element = api->array_get(api->copy(array), i);
        good = (i == 0 || buf_append(dump->out, ",", 1)) && put(dump, element);
        api->free(element);
    }
    return good && buf_append(dump->out, "]", 1);
}

static bool put_member(struct dump *dump, jv object, int at)
{
    const struct jq_api *api = dump->api;
    jv key = api->object_iter_key(object, at), value = api->object_iter_value(object, at);
    bool good = put_string(dump, key) && buf_append(dump->out, ":", 1) && put(dump, value);
    api->free(key);
    api->free(value);
    return good;
}

static bool put_object(struct dump *dump, jv object)
{
    const struct jq_api *api = dump->api;
    bool good = buf_append(dump->out, "{", 1), first = true;
    for (int at = api->object_iter(object); good && api->object_iter_valid(object, at);
         at = api->object_iter_next(object, at)) {
        good = (first || buf_append(dump->out, ",", 1)) && put_member(dump, object, at);
        first = false;
    }
    return good && buf_append(dump->out, "}", 1);
}

/* Numbers are written as this version of jq writes them. */
static bool put_number(const struct dump *dump, jv number)
{
    const struct jq_api *api = dump->api;
    jv text = api->dump_string(api->copy(number), 0);
    bool good = buf_append_text(dump->out, api->string_value(text));
    api->free(text);
    return good;
}

static bool put_nested(struct dump *dump, jv value, bool (*put_it)(struct dump *, jv))
{
    bool good = ++dump->depth <= JQ_DUMP_DEPTH_MAX && put_it(dump, value);
    dump->depth--;
    return good;
}

static bool put(struct dump *dump, jv value)
{
    switch (dump->api->get_kind(value)) {
    case JV_KIND_STRING:
        return put_string(dump, value);
    case JV_KIND_ARRAY:
        return put_nested(dump, value, put_array);
    case JV_KIND_OBJECT:
        return put_nested(dump, value, put_object);
    case JV_KIND_TRUE:
        return buf_append_text(dump->out, "true");
    case JV_KIND_FALSE:
        return buf_append_text(dump->out, "false");
    case JV_KIND_NUMBER:
        return put_number(dump, value);
    case JV_KIND_INVALID:
    case JV_KIND_NULL:
    default:
        return buf_append_text(dump->out, "null");
    }
}

/* Takes it. */
static bool put_rows(struct dump *dump, jv array)
{
    const struct jq_api *api = dump->api;
    int count = api->array_length(api->copy(array));
    bool good = buf_append(dump->out, "[", 1);
    dump->depth++;
    for (int i = 0; i < count && good; i++) {
        jv element = api->array_get(api->copy(array), i);
        array = api->array_set(array, i, api->null());
        good = (i == 0 || buf_append(dump->out, ",", 1)) && put(dump, element);
        api->free(element);
    }
    api->free(array);
    return good && buf_append(dump->out, "]", 1);
}

bool jq_dump(const struct jq_api *api, jv value, struct buf *out)
{
    struct dump dump = {api, out, 0};
    if (api->get_kind(value) == JV_KIND_ARRAY) {
        return put_rows(&dump, value);
    }
    bool good = put(&dump, value);
    api->free(value);
    return good;
}
