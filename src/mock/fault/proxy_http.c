#include "proxy_http.h"

#include <string.h>
#include <strings.h>

/* ---- heads ---- */

size_t proxy_head_length(const char *bytes, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        if (bytes[i] != '\n') {
            continue;
        }
        if (bytes[i + 1] == '\n') {
            return i + 2;
        }
        if (bytes[i + 1] == '\r' && i + 2 < len && bytes[i + 2] == '\n') {
            return i + 3;
        }
    }
    return 0;
}

/* Whether the header line of len bytes has that name. */
static bool line_is(const char *line, size_t len, const char *name)
{
    size_t name_len = strlen(name);
    return len > name_len && line[name_len] == ':' && strncasecmp(line, name, name_len) == 0;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* The value behind the colon, without the white space around it. */
static void value_of(const char **line, size_t *len, const char *name)
{
    *line += strlen(name) + 1;
    *len -= strlen(name) + 1;
    while (*len > 0 && is_blank(**line)) {
        (*line)++;
        (*len)--;
    }
    while (*len > 0 && is_blank((*line)[*len - 1])) {
        (*len)--;
    }
}

static bool value_is(const char *value, size_t len, const char *word)
{
    return strlen(word) == len && strncasecmp(value, word, len) == 0;
}

static bool read_length(const char *value, size_t len, int64_t *ret)
{
    int64_t length = 0;
    if (len == 0 || len > 15) {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (value[i] < '0' || value[i] > '9') {
            return false;
        }
        length = length * 10 + (value[i] - '0');
    }
    *ret = length;
    return true;
}

/* Two lengths that differ, or an encoding that is not plain chunked, could be read in two ways. */
static bool read_line(struct proxy_head *head, const char *line, size_t len)
{
    if (line_is(line, len, "Content-Length")) {
        int64_t length;
        value_of(&line, &len, "Content-Length");
        if (!read_length(line, len, &length) || (head->length >= 0 && head->length != length)) {
            return false;
        }
        head->length = length;
    } else if (line_is(line, len, "Transfer-Encoding")) {
        value_of(&line, &len, "Transfer-Encoding");
        if (!value_is(line, len, "chunked") || head->chunked) {
            return false;
        }
        head->chunked = true;
    } else if (line_is(line, len, "Connection")) {
        value_of(&line, &len, "Connection");
        head->close = head->close || value_is(line, len, "close");
    }
    return true;
}

static bool read_lines(struct proxy_head *head, const char *bytes, size_t len)
{
    const char *end = bytes + len;
    const char *line = memchr(bytes, '\n', len);
    while (line != NULL && ++line < end) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t line_len = (size_t)((newline == NULL ? end : newline) - line);
        bool continues = line_len > 0 && (*line == ' ' || *line == '\t');
        if (continues || !read_line(head, line, line_len)) {
            return false;
        }
        line = newline;
    }
    return !(head->chunked && head->length >= 0);
}

bool proxy_head_read_request(const char *bytes, size_t len, struct proxy_head *ret)
{
    *ret = (struct proxy_head){.length = -1};
    const char *end = memchr(bytes, '\n', len);
    const char *target = end == NULL ? NULL : memchr(bytes, ' ', (size_t)(end - bytes));
    const char *after = target == NULL ? NULL : memchr(target + 1, ' ', (size_t)(end - target - 1));
    if (after == NULL || target == bytes || after == target + 1 ||
        after - target - 1 > PROXY_PATH_MAX || strncmp(after + 1, "HTTP/1.", 7) != 0) {
        return false;
    }
    memcpy(ret->path, target + 1, (size_t)(after - target - 1));
    ret->path[after - target - 1] = '\0';
    ret->is_head = target - bytes == 4 && memcmp(bytes, "HEAD", 4) == 0;
    ret->close = after[8] == '0';
    return read_lines(ret, bytes, len);
}

bool proxy_head_read_answer(const char *bytes, size_t len, struct proxy_head *ret)
{
    *ret = (struct proxy_head){.length = -1};
    if (len < 13 || strncmp(bytes, "HTTP/1.", 7) != 0 || bytes[8] != ' ') {
        return false;
    }
    for (int i = 9; i < 12; i++) {
        if (bytes[i] < '0' || bytes[i] > '9') {
            return false;
        }
        ret->status = ret->status * 10 + (bytes[i] - '0');
    }
    ret->close = bytes[7] == '0';
    return read_lines(ret, bytes, len);
}

void proxy_head_rechunk(const char *bytes, size_t len, struct buf *out)
{
    const char *end = bytes + len;
    for (const char *line = bytes; line < end;) {
        const char *newline = memchr(line, '\n', (size_t)(end - line));
        size_t line_len = (size_t)((newline == NULL ? end : newline + 1) - line);
        if (line_len <= 2) {
            break;
        }
        if (!line_is(line, line_len, "Content-Length") &&
            !line_is(line, line_len, "Transfer-Encoding")) {
            buf_append(out, line, line_len);
        }
        line += line_len;
    }
    buf_append_text(out, "Transfer-Encoding: chunked\r\n\r\n");
}

/* ---- bodies ---- */

static void begin(struct proxy_body *body, bool chunked, int64_t length)
{
    *body = (struct proxy_body){.state = PROXY_BODY_PLAIN, .left = length};
    if (chunked) {
        body->state = PROXY_BODY_SIZE;
        body->left = 0;
    } else if (length == 0) {
        body->state = PROXY_BODY_DONE;
    } else if (length < 0) {
        body->state = PROXY_BODY_TO_CLOSE;
    }
}

void proxy_body_of_request(struct proxy_body *body, const struct proxy_head *request)
{
    begin(body, request->chunked, request->length < 0 ? 0 : request->length);
}

void proxy_body_of_answer(struct proxy_body *body, const struct proxy_head *answer,
                          const struct proxy_head *request)
{
    bool bare =
        request->is_head || answer->status < 200 || answer->status == 204 || answer->status == 304;
    begin(body, !bare && answer->chunked, bare ? 0 : answer->length);
}

static int digit_of(char byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    char low = (char)(byte | 0x20);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static void end_size_line(struct proxy_body *body)
{
    if (body->digits == 0) {
        body->state = PROXY_BODY_BROKEN;
    } else if (body->left > 0) {
        body->state = PROXY_BODY_CHUNK;
    } else {
        body->state = PROXY_BODY_TRAILER;
        body->line_len = 0;
    }
}

static void take_size_byte(struct proxy_body *body, char byte)
{
    int digit = body->digits < 0 ? -1 : digit_of(byte);
    if (byte == '\n') {
        end_size_line(body);
    } else if (digit >= 0 && body->digits < 12) {
        body->left = body->left * 16 + digit;
        body->digits++;
    } else if (body->digits > 0 && strchr("\r; \t", byte) != NULL) {
        body->digits = -body->digits; /* the size is over: an extension may follow */
    } else if (body->digits >= 0) {
        body->state = PROXY_BODY_BROKEN;
    }
}

static void take_after_byte(struct proxy_body *body, char byte)
{
    if (byte == '\n') {
        *body = (struct proxy_body){.state = PROXY_BODY_SIZE};
    } else if (byte != '\r') {
        body->state = PROXY_BODY_BROKEN;
    }
}

static void take_trailer_byte(struct proxy_body *body, char byte)
{
    if (byte != '\n') {
        body->line_len += byte != '\r';
    } else if (body->line_len == 0) {
        body->state = PROXY_BODY_DONE;
    } else {
        body->line_len = 0;
    }
}

static size_t take_framing(struct proxy_body *body, const char *bytes, size_t len)
{
    size_t taken = 0;
    while (taken < len) {
        char byte = bytes[taken];
        switch (body->state) {
        case PROXY_BODY_SIZE:
            take_size_byte(body, byte);
            break;
        case PROXY_BODY_AFTER:
            take_after_byte(body, byte);
            break;
        case PROXY_BODY_TRAILER:
            take_trailer_byte(body, byte);
            break;
        default:
            return taken;
        }
        taken++;
    }
    return taken;
}

static size_t take_own(struct proxy_body *body, size_t len)
{
    if (body->state == PROXY_BODY_TO_CLOSE) {
        return len;
    }
    size_t taken = (int64_t)len < body->left ? len : (size_t)body->left;
    body->left -= (int64_t)taken;
    if (body->left == 0) {
        body->state = body->state == PROXY_BODY_CHUNK ? PROXY_BODY_AFTER : PROXY_BODY_DONE;
    }
    return taken;
}

size_t proxy_body_run(struct proxy_body *body, const char *bytes, size_t len, bool *ret_own)
{
    switch (body->state) {
    case PROXY_BODY_DONE:
    case PROXY_BODY_BROKEN:
        return 0;
    case PROXY_BODY_PLAIN:
    case PROXY_BODY_CHUNK:
    case PROXY_BODY_TO_CLOSE:
        *ret_own = true;
        return take_own(body, len);
    default:
        *ret_own = false;
        return take_framing(body, bytes, len);
    }
}

bool proxy_body_is_own(const struct proxy_body *body)
{
    return body->state == PROXY_BODY_PLAIN || body->state == PROXY_BODY_CHUNK ||
           body->state == PROXY_BODY_TO_CLOSE;
}
