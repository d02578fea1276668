#include "snapshot.h"

#include <inttypes.h>
#include <string.h>

#include <blotter/core/iso8601.h>
#include <blotter/core/span.h>
#include <blotter/view/text.h>

static void put_escape(FILE *out, uint32_t code)
{
    if (code >= 0x10000) {
        code -= 0x10000;
        fprintf(out, "\\u%04" PRIx32 "\\u%04" PRIx32, 0xd800 + (code >> 10),
                0xdc00 + (code & 0x3ff));
    } else {
        fprintf(out, "\\u%04" PRIx32, code);
    }
}

/*
 * JSON allows characters inside strings that a terminal acts on (C1, DEL, bidi overrides); as
 * escapes they mean the same and do nothing. Outside of strings there is only ASCII.
 */
static void put_safe(FILE *out, const char *bytes, size_t len)
{
    while (len > 0) {
        uint32_t code;
        size_t used = text_decode(bytes, len, &code);
        bool broken = used == 1 && (unsigned char)*bytes >= 0x80; /* no UTF-8 */
        bool plain =
            code == '\n' || code == '\t' || code == '\r' || (text_code_is_safe(code) && !broken);
        if (plain) {
            fwrite(bytes, 1, used, out);
        } else {
            put_escape(out, code);
        }
        bytes += used;
        len -= used;
    }
}

/* A text of ours as a JSON string. */
static void put_string(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') {
            fprintf(out, "\\%c", byte);
        } else if (byte < 0x20 || byte == 0x7f) {
            fprintf(out, "\\u%04x", byte);
        } else {
            fputc(byte, out);
        }
    }
    fputc('"', out);
}

static void put_part(FILE *out, enum resource resource, const struct snapshot_report *report)
{
    const struct snapshot_part *part = &report->parts[resource];
    const struct resource_info *info = resource_info(resource);
    struct span body, rows;
    fprintf(out, ",\n \"%s\":", info->name);
    if (part->body == NULL || !span_check(part->body, part->body_len, &body, NULL) ||
        !span_member(body, info->member, &rows)) {
        fputs("null", out);
    } else if (report->terminal) {
        put_safe(out, rows.ptr, rows.len);
    } else {
        fwrite(rows.ptr, 1, rows.len, out);
    }
}

static void put_errors(FILE *out, const struct snapshot_report *report)
{
    const char *comma = "";
    fputs(",\n \"errors\":{", out);
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const struct snapshot_part *part = &report->parts[i];
        if (part->wanted && part->body == NULL) {
            fprintf(out, "%s\n  \"%s\":{\"kind\":\"%s\",\"status\":%d,\"text\":", comma,
                    resource_info((enum resource)i)->name, fault_kind_name(part->fault.kind),
                    part->fault.status);
            put_string(out, part->fault.text);
            fputc('}', out);
            comma = ",";
        }
    }
    fputs("}", out);
}

void snapshot_print_json(FILE *out, const struct snapshot_report *report)
{
    char taken[ISO8601_SIZE];
    iso8601_format(report->taken_ms, taken);
    fprintf(out, "{\"v\":1,\"takenAt\":\"%s\",\"url\":", taken);
    put_string(out, report->url);
    fputs(",\"user\":", out);
    if (report->user != NULL) {
        put_string(out, report->user);
    } else {
        fputs("null", out);
    }
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        if (report->parts[i].wanted) {
            put_part(out, (enum resource)i, report);
        }
    }
    put_errors(out, report);
    fputs("}\n", out);
}
