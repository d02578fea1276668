#include "print.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { CELL = 64 };

bool print_missed(const struct row *row, const struct result *result)
{
    if (!result->measured || isnan(result->budget)) {
        return false;
    }
    /* Nobody can tell a hundredth: a timer of 1,000 ms is noticed after 1,001. */
    return row->at_least ? result->figure < result->budget * 0.99
                         : result->figure > result->budget * 1.01;
}

/* Three significant digits, thousands whole. */
static void number(double value, char *ret)
{
    double size = fabs(value);
    if (isnan(value)) {
        snprintf(ret, CELL, "-");
    } else if (size >= 100 || value == floor(value)) {
        snprintf(ret, CELL, "%.0f", value);
    } else {
        snprintf(ret, CELL, size >= 10 ? "%.1f" : size >= 1 ? "%.2f" : "%.3f", value);
    }
}

static void with_unit(double value, const char *unit, char *ret)
{
    number(value, ret);
    size_t len = strlen(ret);
    if (!isnan(value) && unit[0] != '\0') {
        snprintf(ret + len, CELL - len, " %s", unit);
    }
}

/* "195 ms (0.09x)": what ours is measured against, and ours divided by it. */
static void against(double other, const struct row *row, const struct result *result, char *ret)
{
    with_unit(other, row->unit, ret);
    if (!isnan(other) && other > 0 && result->measured) {
        char ratio[CELL];
        number(result->figure / other, ratio);
        size_t len = strlen(ret);
        snprintf(ret + len, CELL - len, " (%sx)", ratio);
    }
}

static void budget(const struct row *row, const struct result *result, char *ret)
{
    char value[CELL];
    with_unit(result->budget, row->unit, value);
    snprintf(ret, CELL, "%s%.60s",
             isnan(result->budget) ? ""
             : row->at_least       ? ">= "
                                   : "<= ",
             value);
}

static void noise(const struct result *result, char *ret)
{
    char low[CELL], high[CELL];
    number(result->low, low);
    number(result->high, high);
    if (isnan(result->low)) {
        snprintf(ret, CELL, "n=%zu", result->samples);
    } else {
        snprintf(ret, CELL, "%.20s..%.20s n=%zu", low, high, result->samples);
    }
}

static const char *verdict(const struct row *row, const struct result *result)
{
    if (!result->measured) {
        return "none";
    }
    return isnan(result->budget) ? "" : print_missed(row, result) ? "MISS" : "ok";
}

struct cells {
    char figure[CELL], budget[CELL], peer[CELL], limit[CELL], noise[CELL];
};

static void fill_cells(const struct row *row, const struct result *result, struct cells *ret)
{
    with_unit(result->figure, row->unit, ret->figure);
    budget(row, result, ret->budget);
    against(result->peer, row, result, ret->peer);
    against(result->limit, row, result, ret->limit);
    noise(result, ret->noise);
}

static void print_machine(const struct bench *bench)
{
    struct utsname system;
    double load[3] = {0};
    getloadavg(load, 3);
    uname(&system);
    printf("%s %s %s, %ld processors, load %.1f before and %.1f after%s\n", system.sysname,
           system.release, system.machine, sysconf(_SC_NPROCESSORS_ONLN), bench->load_before,
           load[0], bench->load_before > 1 ? " (others were busy: times are too long)" : "");
}

void print_text(const struct bench *bench)
{
    printf("%-18s %14s %16s %-4s %22s %22s  %s\n", "row", "figure", "budget", "", "peer (ratio)",
           "limit (ratio)", "first..third quartile");
    for (size_t i = 0; i < row_count; i++) {
        const struct result *result = &bench->results[i];
        struct cells cells;
        if (!bench_wants(bench, rows[i].id)) {
            continue;
        }
        fill_cells(&rows[i], result, &cells);
        printf("%-18s %14s %16s %-4s %22s %22s  %s\n", rows[i].id, cells.figure, cells.budget,
               verdict(&rows[i], result), cells.peer, cells.limit, cells.noise);
        if (result->note[0] != '\0' || result->limit_what[0] != '\0') {
            printf("%18s %s%s%s%s\n", "",
                   result->limit_what[0] == '\0' ? "" : "limit: ", result->limit_what,
                   result->note[0] != '\0' && result->limit_what[0] != '\0' ? "; " : "",
                   result->note);
        }
    }
    if (bench->peer_dir[0] == '\0') {
        printf("peer not installed: %s\n", bench->peer_why);
    }
    print_machine(bench);
}

static json_t *real_or_null(double value)
{
    return isnan(value) ? json_null() : json_real(value);
}

void print_json(const struct bench *bench)
{
    json_t *list = json_array();
    for (size_t i = 0; i < row_count; i++) {
        const struct row *row = &rows[i];
        const struct result *result = &bench->results[i];
        if (!bench_wants(bench, row->id)) {
            continue;
        }
        json_t *object = json_pack("{s:s,s:s,s:s,s:b,s:b,s:s,s:s,s:i}", "id", row->id, "what",
                                   row->what, "unit", row->unit, "at_least", row->at_least,
                                   "missed", print_missed(row, result), "note", result->note,
                                   "limit_is", result->limit_what, "samples", (int)result->samples);
        json_object_set_new(object, "figure", real_or_null(result->figure));
        json_object_set_new(object, "low", real_or_null(result->low));
        json_object_set_new(object, "high", real_or_null(result->high));
        json_object_set_new(object, "budget", real_or_null(result->budget));
        json_object_set_new(object, "peer", real_or_null(result->peer));
        json_object_set_new(object, "limit", real_or_null(result->limit));
        json_array_append_new(list, object);
    }
    json_t *root = json_pack("{s:i,s:o}", "v", 1, "rows", list);
    json_dumpf(root, stdout, JSON_INDENT(1));
    printf("\n");
    json_decref(root);
}

void print_markdown(const struct bench *bench)
{
    printf("| what | blotter | budget | peer | limit |\n| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < row_count; i++) {
        const struct result *result = &bench->results[i];
        struct cells cells;
        if (!bench_wants(bench, rows[i].id)) {
            continue;
        }
        fill_cells(&rows[i], result, &cells);
        printf("| %s | %s%s%s | %s | %s | %s%s%s |\n", rows[i].what,
               print_missed(&rows[i], result) ? "**" : "", cells.figure,
               print_missed(&rows[i], result) ? "** (missed)" : "", cells.budget, cells.peer,
               cells.limit, result->limit_what[0] == '\0' ? "" : ": ", result->limit_what);
    }
    printf("\n`./run bench --markdown` prints this table");
    if (bench->peer_dir[0] == '\0') {
        printf("; peer not installed: %s", bench->peer_why);
    }
    printf(". Medians; ");
    print_machine(bench);
}
