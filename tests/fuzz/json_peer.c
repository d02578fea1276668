#include "json_peer.h"

#include <jansson.h>
#include <string.h>

static json_t *load(const char *text, size_t len)
{
    return json_loadb(text, len, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

bool json_peer_member_is(const char *line, size_t len, const char *member, const char *text,
                         size_t text_len)
{
    json_t *expected = load(text, text_len);
    json_t *whole = load(line, len);
    /* Where the line as a whole is read too strictly, so was another part of the payload. */
    bool good = expected == NULL || whole == NULL ||
                json_equal(json_object_get(whole, member), expected) != 0;
    json_decref(expected);
    json_decref(whole);
    return good;
}

bool json_peer_member_holds(const char *line, size_t len, const char *member, const char *bytes,
                            size_t bytes_len)
{
    json_t *whole = load(line, len);
    const json_t *value = json_object_get(whole, member);
    bool good = json_is_string(value) && json_string_length(value) == bytes_len &&
                memcmp(json_string_value(value), bytes, bytes_len) == 0;
    json_decref(whole);
    return good;
}
