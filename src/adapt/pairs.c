#include "pairs.h"

#include <blotter/core/alloc.h>
#include <blotter/core/ini.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void pairs_done(struct pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        free(pairs->rows[i].section);
        free(pairs->rows[i].name);
        free(pairs->rows[i].value);
    }
    for (size_t i = 0; i < pairs->head_count; i++) {
        free(pairs->heads[i].section);
    }
    free(pairs->rows);
    free(pairs->heads);
    *pairs = (struct pairs){0};
}

static char *copy(const char *text)
{
    return mem_dup(text, strlen(text));
}

static struct pair *find(const struct pairs *pairs, const char *section, const char *name)
{
    for (size_t i = 0; i < pairs->count; i++) {
        if (strcmp(pairs->rows[i].name, name) == 0 &&
            strcmp(pairs->rows[i].section, section) == 0) {
            return &pairs->rows[i];
        }
    }
    return NULL;
}

const struct pair *pairs_find(const struct pairs *pairs, const char *section, const char *name)
{
    return find(pairs, section, name);
}

const struct head *pairs_head(const struct pairs *pairs, const char *section)
{
    for (size_t i = 0; i < pairs->head_count; i++) {
        if (strcmp(pairs->heads[i].section, section) == 0) {
            return &pairs->heads[i];
        }
    }
    return NULL;
}

static void append_pair(struct pairs *pairs, struct pair pair)
{
    pairs->rows = mem_realloc_array(pairs->rows, pairs->count + 1, sizeof *pairs->rows);
    pairs->rows[pairs->count++] = pair;
}

static void append_head(struct pairs *pairs, struct head head)
{
    pairs->heads = mem_realloc_array(pairs->heads, pairs->head_count + 1, sizeof *pairs->heads);
    pairs->heads[pairs->head_count++] = head;
}

/* --- reading --------------------------------------------------------------------------------- */

/* The reader of blotter.ini stops at the first fault: it is given a line at a time. */
struct reading {
    struct pairs *pairs;
    struct complaints *complaints;
    struct place at;
    char section[INI_SECTION_BYTES_MAX + 1];
};

static bool take_head(void *user, const struct ini_pair *pair)
{
    struct reading *reading = user;
    const struct head *first = pairs_head(reading->pairs, pair->section);
    if (*pair->section == '\0') {
        return true; /* the line was none */
    }
    snprintf(reading->section, sizeof reading->section, "%s", pair->section);
    if (first != NULL) {
        return complain(reading->complaints, reading->at,
                        "[%s] stands here a second time, first on line %d", pair->section,
                        first->at.line);
    }
    append_head(reading->pairs, (struct head){copy(pair->section), reading->at});
    return true;
}

static bool take_pair(void *user, const struct ini_pair *pair)
{
    struct reading *reading = user;
    if (*reading->section == '\0') {
        return complain(reading->complaints, reading->at, "a key before the first [section]");
    }
    const struct pair *first = pairs_find(reading->pairs, reading->section, pair->name);
    if (first != NULL) {
        return complain(reading->complaints, reading->at,
                        "'%s' stands here a second time, first on line %d", pair->name,
                        first->at.line);
    }
    append_pair(reading->pairs, (struct pair){copy(reading->section), copy(pair->name),
                                              copy(pair->value), reading->at});
    return true;
}

/* A section is told with its first key: it is given one. */
static bool read_head(struct reading *reading, const char *line, size_t len,
                      struct ini_error *error)
{
    char text[INI_SECTION_BYTES_MAX + 16];
    if (len > INI_SECTION_BYTES_MAX) {
        return ini_read(line, len, take_head, reading, error);
    }
    int size = snprintf(text, sizeof text, "%.*s\na = b\n", (int)len, line);
    return ini_read(text, (size_t)size, take_head, reading, error);
}

static void read_line(struct reading *reading, const char *line, size_t len)
{
    struct ini_error error = {0};
    while (len > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        len--;
    }
    bool is_head = len > 0 && *line == '[' && memchr(line, '\0', len) == NULL;
    if (is_head && len >= 2 && line[1] == ']') {
        complain(reading->complaints, reading->at, "neither a [section] nor a name = value");
        return;
    }
    bool good = is_head ? read_head(reading, line, len, &error)
                        : ini_read(line, len, take_pair, reading, &error);
    if (!good && *error.text != '\0') {
        complain(reading->complaints, reading->at, "%s", error.text);
    }
}

void pairs_read(struct pairs *ret, const char *path, const char *text, size_t len,
                struct complaints *complaints)
{
    *ret = (struct pairs){0};
    struct reading reading = {ret, complaints, {path, 0}, ""};
    const char *end = text + len;
    if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
        text += 3;
    }
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop != NULL ? stop : end;
        reading.at.line++;
        read_line(&reading, text, (size_t)(stop - text));
        text = stop < end ? stop + 1 : end;
    }
}

/* --- like ------------------------------------------------------------------------------------ */

/* Their names are the same. */
static void replace(struct pair *old, struct pair *with)
{
    free(with->section);
    free(with->name);
    free(old->value);
    old->value = with->value;
    old->at = with->at;
}

void pairs_lay_over(struct pairs *base, struct pairs *over)
{
    for (size_t i = 0; i < over->head_count; i++) {
        if (pairs_head(base, over->heads[i].section) == NULL) {
            append_head(base, over->heads[i]);
        } else {
            free(over->heads[i].section);
        }
    }
    for (size_t i = 0; i < over->count; i++) {
        struct pair *old = find(base, over->rows[i].section, over->rows[i].name);
        if (old != NULL) {
            replace(old, &over->rows[i]);
        } else {
            append_pair(base, over->rows[i]);
        }
    }
    free(over->rows);
    free(over->heads);
    *over = (struct pairs){0};
}
