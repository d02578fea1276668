#include "print.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
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

static void print_machine(FILE *out, const struct bench *bench)
{
    struct utsname system;
    double load[3] = {0};
    getloadavg(load, 3);
    uname(&system);
    fprintf(out, "%s %s %s, %ld processors, load %.1f before and %.1f after%s\n", system.sysname,
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
    print_machine(stdout, bench);
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

/* --- tables for documents ----------------------------------------------------------------- */

/* What the README shows; the others are behind a link. */
static bool is_chosen(const struct row *row)
{
    static const char *const ids[] = {"load.50ms", "event.patch.p50", "event.confirm.p50",
                                      "idle.cpu", "memory.100"};
    size_t i = 0;
    while (i < sizeof ids / sizeof ids[0] && strcmp(ids[i], row->id) != 0) {
        i++;
    }
    return i < sizeof ids / sizeof ids[0];
}

static void put_row(FILE *out, const struct row *row, const struct result *result)
{
    struct cells cells;
    char of_budget[CELL] = "", spread[2 * CELL] = "", low[CELL], high[CELL];
    bool missed = print_missed(row, result);
    fill_cells(row, result, &cells);
    if (!isnan(result->budget) && result->budget > 0 && result->measured) {
        char ratio[CELL];
        number(result->figure / result->budget, ratio);
        snprintf(of_budget, sizeof of_budget, " (%.20sx)", ratio);
    }
    if (!isnan(result->low)) {
        number(result->low, low);
        number(result->high, high);
        snprintf(spread, sizeof spread, " (%.20s..%.20s)", low, high);
    }
    fprintf(out, "| %s | %s%s%s%s | %s%s | %s | %s%s%s |\n", row->what, missed ? "**" : "",
            result->measured ? cells.figure : "not run", missed ? "** (missed)" : "", spread,
            cells.budget, of_budget, cells.peer, cells.limit,
            result->limit_what[0] == '\0' ? "" : ": ", result->limit_what);
}

static void count_budgets(const struct bench *bench, int *ret_kept, int *ret_missed)
{
    *ret_kept = *ret_missed = 0;
    for (size_t i = 0; i < row_count; i++) {
        const struct result *result = &bench->results[i];
        bool counts = result->measured && !isnan(result->budget);
        *ret_missed += print_missed(&rows[i], result);
        *ret_kept += counts && !print_missed(&rows[i], result);
    }
}

void print_table(FILE *out, const struct bench *bench, bool chosen)
{
    char date[16];
    time_t now = time(NULL);
    int kept, over;
    struct tm day;
    fprintf(out, "| what | blotter | budget | peer | limit |\n| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < row_count; i++) {
        if (bench_wants(bench, rows[i].id) && (!chosen || is_chosen(&rows[i]))) {
            put_row(out, &rows[i], &bench->results[i]);
        }
    }
    count_budgets(bench, &kept, &over);
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &day));
    fprintf(
        out,
        "\nOne run of `./run bench` on %s: %d budgets of all its rows kept, %d missed. Medians, "
        "with the first and third\nquartile; in brackets ours divided by the other; a figure "
        "keeps its budget up to 1 %% beyond it%s%s.\n",
        date, kept, over, bench->peer_dir[0] == '\0' ? "; peer not installed: " : "",
        bench->peer_dir[0] == '\0' ? bench->peer_why : "");
    print_machine(out, bench);
}

void print_markdown(const struct bench *bench)
{
    print_table(stdout, bench, false);
}

/* --- into the documents ------------------------------------------------------------------- */

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t len = file == NULL ? -1 : getdelim(&text, &room, '\0', file);
    if (file != NULL) {
        fclose(file);
    }
    if (len < 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* What stands between the two marks of a file becomes the table. */
static bool put_into(const struct bench *bench, const char *path, bool chosen)
{
    static const char begin[] = "<!-- bench -->\n", end[] = "<!-- /bench -->";
    char *text = read_whole(path);
    char *from = text == NULL ? NULL : strstr(text, begin);
    char *to = from == NULL ? NULL : strstr(from, end);
    FILE *file = to == NULL ? NULL : fopen(path, "w");
    bool good = file != NULL;
    if (good) {
        from += sizeof begin - 1;
        fwrite(text, 1, (size_t)(from - text), file);
        print_table(file, bench, chosen);
        fputs(to, file);
        good = fclose(file) == 0;
    }
    free(text);
    if (!good) {
        fprintf(stderr, "bench: %s: not written: no file, or no marks in it\n", path);
    }
    return good;
}

bool print_documents(const struct bench *bench)
{
    bool all = put_into(bench, BENCH_ROOT "/tests/bench/README.md", false);
    return put_into(bench, BENCH_ROOT "/README.md", true) && all;
}
