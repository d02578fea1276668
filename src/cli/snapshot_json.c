#include "snapshot.h"

#include <blotter/core/iso8601.h>
#include <blotter/core/quote.h>

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Through a buffer of its own: what is quoted grows. */
static void put_quoted(FILE *out, void (*quote)(struct buf *, struct span), struct span value)
{
    struct buf text;
    buf_init(&text, SIZE_MAX);
    quote(&text, value);
    fwrite(text.data, 1, text.len, out);
    buf_done(&text);
}

static void quote_bytes(struct buf *out, struct span text)
{
    quote_text(out, text.ptr, text.len);
}

/* A text of ours as a JSON string. */
static void put_string(FILE *out, const char *text)
{
    put_quoted(out, quote_bytes, (struct span){text, strlen(text)});
}

/* The rows of a list that is null are none. */
static void put_rows(FILE *out, enum resource resource, struct span rows, bool terminal)
{
    if (span_type(rows) == SPAN_NULL && resource != RESOURCE_ACCOUNT) {
        fputs("[]", out);
    } else {
        put_quoted(out, terminal ? quote_shown : quote_value, rows);
    }
}

static void put_part(FILE *out, enum resource resource, const struct snapshot_report *report)
{
    const struct snapshot_part *part = &report->parts[resource];
    const struct resource_info *info = resource_info(resource);
    struct span rows;
    char *own = NULL;
    fprintf(out, ",\n \"%s\":", info->name);
    if (!snapshot_array(part, resource, &rows, &own)) {
        fputs("null", out);
    } else {
        put_rows(out, resource, rows, report->terminal);
    }
    free(own);
}

static void put_number(FILE *out, const char *name, double value)
{
    if (isfinite(value)) {
        fprintf(out, ",\"%s\":%.15g", name, value);
    } else {
        fprintf(out, ",\"%s\":null", name);
    }
}

/* A sum, how many rows lack the figure, and whether blotter derived a part of it. */
static void put_sum(FILE *out, const char *name, const struct money_part *part)
{
    put_number(out, name, part->value);
    fprintf(out, ",\"%sUnknown\":%zu,\"%sDerived\":%s", name, part->unknown, name,
            part->derived ? "true" : "false");
}

static void put_sums(FILE *out, const struct snapshot_part *part)
{
    struct money money;
    snapshot_sums(part, &money);
    fputs(",\n \"sums\":[", out);
    for (size_t i = 0; i < money.count; i++) {
        const struct money_sum *sum = &money.sums[i];
        fprintf(out, "%s\n  {\"currency\":", i > 0 ? "," : "");
        if (sum->currency[0] != '\0') {
            put_string(out, sum->currency);
        } else {
            fputs("null", out);
        }
        fprintf(out, ",\"rows\":%zu,\"of\":%zu", sum->open_count + sum->closed_count,
                part->rows->row_count);
        put_number(out, "open", sum->open.value);
        put_number(out, "booked", sum->booked.value);
        put_sum(out, "day", &sum->day);
        put_sum(out, "unrealised", &sum->unrealized);
        put_sum(out, "value", &sum->value);
        fputs("}", out);
    }
    fputs("]", out);
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

static void print_report(FILE *out, const struct snapshot_report *report)
{
    char taken[ISO8601_SIZE];
    iso8601_format(report->taken_ms, taken);
    fputs("{\"v\":1,", out);
    if (report->profile != NULL) {
        fputs("\"profile\":", out);
        put_string(out, report->profile);
        fputc(',', out);
    }
    fprintf(out, "\"takenAt\":\"%s\",\"url\":", taken);
    put_string(out, report->url);
    if (report->backend != NULL) {
        fputs(",\"backend\":", out);
        put_string(out, report->backend);
    }
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
    const struct snapshot_part *positions = &report->parts[RESOURCE_POSITIONS];
    if (positions->wanted && positions->body != NULL && positions->rows != NULL) {
        put_sums(out, positions);
    }
    if (report->quotes.ptr != NULL) {
        fputs(",\n \"quotes\":", out);
        put_quoted(out, report->terminal ? quote_shown : quote_value, report->quotes);
    }
    put_errors(out, report);
    fputs("}\n", out);
}

void snapshot_print_json(FILE *out, const struct snapshot_report *reports, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        print_report(out, &reports[i]);
    }
}
