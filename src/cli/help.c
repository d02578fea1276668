#include "options.h"
#include "status.h"

#include <blotter/net/version.h>

#include <string.h>

#define HELP_COLUMNS 80
#define HELP_INDENT 26

static const struct example {
    const char *command, *meaning;
} examples[] = {
    {"blotter --demo", "see it live, without a backend"},
    {"blotter --url https://api.example.com --user 42 --token-file ~/.token", "your own data"},
    {"blotter --watch -o json -e 'order_*' | jq .data", "follow your orders in a pipe"},
    {"blotter --snapshot -o csv -p positions > positions.csv", "positions as a table"},
    {"blotter --print-config > ~/.config/blotter/blotter.ini", "a config to start from"},
};

/* Prints text from the given column on, wrapped at words, continued at the indent. */
static void print_wrapped(FILE *out, const char *text, size_t column, size_t indent)
{
    if (column >= indent) {
        fprintf(out, "\n");
        column = 0;
    }
    fprintf(out, "%*s", (int)(indent - column), "");
    column = indent;
    while (*text != '\0') {
        size_t len = strcspn(text, " ");
        if (column > indent && column + 1 + len >= HELP_COLUMNS) {
            fprintf(out, "\n%*s", (int)indent, "");
            column = indent;
        } else if (column > indent) {
            fprintf(out, " ");
            column++;
        }
        fprintf(out, "%.*s", (int)len, text);
        column += len;
        text += len;
        text += strspn(text, " ");
    }
    fprintf(out, "\n");
}

static void print_option(FILE *out, const struct option_info *row)
{
    char head[96];
    int len =
        snprintf(head, sizeof head, "  %c%c%s--%s%s%s", row->letter != 0 ? '-' : ' ',
                 row->letter != 0 ? row->letter : ' ', row->letter != 0 ? ", " : "  ", row->name,
                 row->argument != NULL ? " " : "", row->argument != NULL ? row->argument : "");
    fprintf(out, "%s", head);
    print_wrapped(out, row->help, (size_t)len, HELP_INDENT);
}

static void print_statuses(FILE *out)
{
    size_t count;
    const struct status_info *statuses = status_table(&count);
    fprintf(out, "\nExit codes:\n");
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "  %-6s %s\n", statuses[i].code, statuses[i].meaning);
    }
}

void options_print_help(FILE *out)
{
    fprintf(out, "usage: blotter [OPTIONS]\n\n"
                 "Your orders, positions, account and watchlist, live in the terminal.\n"
                 "Without --watch or --snapshot the dashboard opens; ? shows its keys.\n");
    const char *group = "";
    for (int i = 0; i < OPTION_TOTAL; i++) {
        const struct option_info *row = option_info((enum option_id)i);
        if (strcmp(group, row->group) != 0) {
            group = row->group;
            fprintf(out, "\n%s:\n", group);
        }
        print_option(out, row);
    }
    fprintf(out, "\nExamples:\n");
    for (size_t i = 0; i < sizeof examples / sizeof *examples; i++) {
        fprintf(out, "  %s\n      %s\n", examples[i].command, examples[i].meaning);
    }
    print_statuses(out);
    fprintf(out, "\nManuals: blotter(1), blotter(5), blotter-api(7)\n");
}

void options_print_version(FILE *out)
{
    fprintf(out, "blotter %s\nlibcurl %s\nTLS %s\nncurses %s\n", BLOTTER_VERSION,
            net_curl_version(), net_tls_version(), BLOTTER_CURSES_VERSION);
}
