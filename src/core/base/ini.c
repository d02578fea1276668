#include <blotter/core/ini.h>

#include <ini.h>
#include <stdio.h>
#include <string.h>

/*
 * inih cuts long lines, joins indented ones and does not tell line numbers; the reader below
 * hands it one checked line at a time, so none of that can happen.
 */
struct source {
    const char *at, *end;
    int line;
    bool stopped;
    ini_pair_fn fn;
    void *user;
    struct ini_error error;
};

static void refuse(struct source *source, const char *text)
{
    source->stopped = true;
    source->error.line = source->line;
    snprintf(source->error.text, sizeof source->error.text, "%s", text);
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

/* inih asks for the next line as fgets would give it. */
static char *next_line(char *out, int capacity, void *stream)
{
    struct source *source = stream;
    if (source->stopped || source->at == source->end) {
        return NULL;
    }
    const char *start = source->at;
    const char *stop = memchr(start, '\n', (size_t)(source->end - start));
    source->at = stop != NULL ? stop + 1 : source->end;
    stop = stop != NULL ? stop : source->end;
    source->line++;
    while (start < stop && is_blank(*start)) {
        start++;
    }
    size_t len = (size_t)(stop - start);
    if (len > INI_LINE_BYTES_MAX || len + 2 > (size_t)capacity) {
        refuse(source, "the line is too long");
        return NULL;
    }
    if (len > INI_SECTION_BYTES_MAX && *start == '[') {
        refuse(source, "the section's name is too long");
        return NULL;
    }
    if (memchr(start, '\0', len) != NULL) {
        refuse(source, "a NUL byte");
        return NULL;
    }
    memcpy(out, start, len);
    memcpy(out + len, "\n", 2);
    return out;
}

static int take_pair(void *user, const char *section, const char *name, const char *value)
{
    struct source *source = user;
    if (source->stopped) {
        return 1;
    }
    if (name == NULL || *name == '\0') {
        refuse(source, "a value without a name");
        return 1;
    }
    struct ini_pair pair = {section, name, value == NULL ? "" : value, source->line};
    if (!source->fn(source->user, &pair)) {
        refuse(source, "");
    }
    return 1;
}

bool ini_read(const char *text, size_t len, ini_pair_fn fn, void *user, struct ini_error *ret_error)
{
    struct source source = {.at = text, .end = text + len, .fn = fn, .user = user};
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        source.at += 3;
    }
    int bad_line = ini_parse_stream(next_line, &source, take_pair, &source);
    if (bad_line > 0 && (!source.stopped || bad_line < source.error.line)) {
        source.line = bad_line;
        refuse(&source, "neither a [section] nor a name = value");
    }
    if (source.stopped) {
        *ret_error = source.error;
        return false;
    }
    return true;
}
