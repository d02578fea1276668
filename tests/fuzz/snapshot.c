/*
 * A body as --snapshot prints it: the first byte picks the resource. CSV has as many cells in each
 * line as names in the first, JSON is JSON, text holds nothing that could act on a terminal.
 */
#include "../../src/cli/snapshot.h"

#include <blotter/core/decode.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef void (*print_fn)(FILE *out, const struct snapshot_report *reports, size_t count);

static char *print(print_fn fn, const struct snapshot_report *report, size_t *ret_len)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, ret_len);
    fn(out, report, 1);
    fclose(out);
    return text;
}

/* One cell by RFC 4180; returns what ends it. */
static const char *skip_cell(const char *at)
{
    if (*at != '"') {
        size_t len = strcspn(at, ",\"\r\n");
        if (at[len] == '"') {
            abort();
        }
        return at + len;
    }
    for (at++; *at != '\0'; at++) {
        if (*at == '"' && *++at != '"') {
            return at;
        }
    }
    abort();
}

static void check_csv(const char *text, size_t len)
{
    size_t names = 0;
    if (strlen(text) != len) {
        abort();
    }
    for (const char *at = text; *at != '\0';) {
        size_t cells = 1;
        const char *begin = at;
        for (at = skip_cell(at); *at == ','; at = skip_cell(at + 1)) {
            cells++;
        }
        if (strncmp(at, "\r\n", 2) != 0 || (begin != text && cells != names)) {
            abort();
        }
        names = cells;
        at += 2;
    }
}

static void check_json(const char *text, size_t len)
{
    struct span all;
    if (!span_check(text, len, &all, NULL)) {
        abort();
    }
}

static void check_text(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (((unsigned char)text[i] < 0x20 && text[i] != '\n') || text[i] == 0x7f) {
            abort();
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        print_fn print;
        void (*check)(const char *text, size_t len);
    } formats[] = {{snapshot_print_csv, check_csv},
                   {snapshot_print_json, check_json},
                   {snapshot_print_text, check_text}};
    struct fault fault;
    if (size == 0) {
        return 0;
    }
    enum resource resource = (enum resource)(data[0] % RESOURCE_COUNT);
    struct snapshot *rows = decode_body(resource, (const char *)data + 1, size - 1, &fault);
    if (rows == NULL) {
        return 0;
    }
    struct snapshot_report report = {.url = "http://h", .timezone = "UTC", .ascii = true};
    report.parts[resource] = (struct snapshot_part){
        .wanted = true, .body = (const char *)data + 1, .body_len = size - 1, .rows = rows};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        size_t len = 0;
        char *text = print(formats[i].print, &report, &len);
        formats[i].check(text, len);
        free(text);
    }
    snapshot_unref(rows);
    return 0;
}
