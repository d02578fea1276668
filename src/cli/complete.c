#include <blotter/cli/options.h>

#include <string.h>

/*
 * The completion scripts, written from the option rows. What an argument can be is told by the
 * row: a list of values, or a FILE; anything else is left to the user.
 */

static bool takes_file(const struct option_info *row)
{
    return row->argument != NULL && strcmp(row->argument, "FILE") == 0;
}

static bool may_repeat(enum option_id id)
{
    return id == OPTION_SET || id == OPTION_EVENT || id == OPTION_VERBOSE;
}

/* A list "a|b|c" with another separator. */
static void print_values(FILE *out, const char *values, char separator)
{
    for (const char *at = values; *at != '\0'; at++) {
        fputc(*at == '|' ? separator : *at, out);
    }
}

/* The values to offer: those of the row, or the pane words. */
static const char *values_of(enum option_id id)
{
    return id == OPTION_PANES ? "orders|positions|account|watchlist" : option_info(id)->values;
}

/* --- bash ----------------------------------------------------------------------------------- */

static void bash_pattern(FILE *out, const struct option_info *row)
{
    fprintf(out, "        --%s", row->name);
    if (row->letter != 0) {
        fprintf(out, " | -%c", row->letter);
    }
    fprintf(out, ")\n");
}

static void bash_case(FILE *out, enum option_id id)
{
    const struct option_info *row = option_info(id);
    if (row->argument == NULL) {
        return;
    }
    bash_pattern(out, row);
    if (values_of(id) != NULL) {
        fprintf(out, "            _blotter_offer -W '");
        print_values(out, values_of(id), ' ');
        fprintf(out, "' -- \"$cur\"\n");
    } else if (takes_file(row)) {
        fprintf(out, "            compopt -o filenames 2>/dev/null\n"
                     "            _blotter_offer -f -- \"$cur\"\n");
    } else {
        fprintf(out, "            COMPREPLY=()\n");
    }
    fprintf(out, "            return\n            ;;\n");
}

static void print_bash(FILE *out)
{
    fprintf(out, "# bash completion for blotter, generated from its option table\n"
                 "_blotter_offer() { # a line is a word: names have spaces\n"
                 "    local word\n"
                 "    COMPREPLY=()\n"
                 "    while IFS= read -r word; do\n"
                 "        COMPREPLY+=(\"$word\")\n"
                 "    done < <(compgen \"$@\")\n"
                 "}\n"
                 "_blotter() {\n"
                 "    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
                 "    case $prev in\n");
    for (int i = 0; i < OPTION_TOTAL; i++) {
        bash_case(out, (enum option_id)i);
    }
    fprintf(out, "    esac\n    _blotter_offer -W '");
    for (int i = 0; i < OPTION_TOTAL; i++) {
        fprintf(out, "%s--%s", i > 0 ? " " : "", option_info((enum option_id)i)->name);
    }
    fprintf(out, "' -- \"$cur\"\n}\ncomplete -F _blotter blotter\n");
}

/* --- zsh ------------------------------------------------------------------------------------ */

/* Inside '…[…]' of _arguments: brackets and colons are escaped, a quote is left and entered again.
 */
static void zsh_escape(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            fprintf(out, "'\\''");
        } else {
            fprintf(out, "%s%c", strchr("[]:\\", *text) != NULL ? "\\" : "", *text);
        }
    }
}

static void zsh_argument(FILE *out, enum option_id id)
{
    const struct option_info *row = option_info(id);
    if (row->argument == NULL) {
        return;
    }
    fprintf(out, ":");
    zsh_escape(out, row->argument);
    fprintf(out, ":");
    if (id == OPTION_PANES) {
        fprintf(out, "_sequence compadd - ");
        print_values(out, values_of(id), ' ');
    } else if (row->values != NULL) {
        fprintf(out, "(");
        print_values(out, row->values, ' ');
        fprintf(out, ")");
    } else if (takes_file(row)) {
        fprintf(out, "_files");
    }
}

static void zsh_spec(FILE *out, enum option_id id, bool letter)
{
    const struct option_info *row = option_info(id);
    fprintf(out, " \\\n    '%s", may_repeat(id) ? "*" : "");
    if (!may_repeat(id) && row->letter != 0) {
        fprintf(out, "(-%c --%s)", row->letter, row->name);
    }
    if (letter) {
        fprintf(out, "-%c%s", row->letter, row->argument != NULL ? "+" : "");
    } else {
        fprintf(out, "--%s%s", row->name, row->argument != NULL ? "=" : "");
    }
    fprintf(out, "[");
    zsh_escape(out, row->help);
    fprintf(out, "]");
    zsh_argument(out, id);
    fprintf(out, "'");
}

static void print_zsh(FILE *out)
{
    fprintf(out, "#compdef blotter\n# zsh completion for blotter, generated from its option "
                 "table\n_arguments -s -S");
    for (int i = 0; i < OPTION_TOTAL; i++) {
        if (option_info((enum option_id)i)->letter != 0) {
            zsh_spec(out, (enum option_id)i, true);
        }
        zsh_spec(out, (enum option_id)i, false);
    }
    fprintf(out, "\n");
}

/* --- fish ----------------------------------------------------------------------------------- */

static void fish_escape(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        fprintf(out, "%s%c", *text == '\'' || *text == '\\' ? "\\" : "", *text);
    }
}

static void print_fish(FILE *out)
{
    fprintf(out, "# fish completion for blotter, generated from its option table\n"
                 "complete -c blotter -f\n");
    for (int i = 0; i < OPTION_TOTAL; i++) {
        const struct option_info *row = option_info((enum option_id)i);
        fprintf(out, "complete -c blotter -l %s", row->name);
        if (row->letter != 0) {
            fprintf(out, " -s %c", row->letter);
        }
        if (row->argument != NULL) {
            fprintf(out, takes_file(row) ? " -r -F" : " -x");
        }
        if (values_of((enum option_id)i) != NULL) {
            fprintf(out, " -a '");
            print_values(out, values_of((enum option_id)i), ' ');
            fprintf(out, "'");
        }
        fprintf(out, " -d '");
        fish_escape(out, row->help);
        fprintf(out, "'\n");
    }
}

static const struct shell {
    const char *name;
    void (*print)(FILE *out);
} shells[] = {{"bash", print_bash}, {"zsh", print_zsh}, {"fish", print_fish}};

bool options_print_completion(FILE *out, const char *shell)
{
    for (size_t i = 0; i < sizeof shells / sizeof *shells; i++) {
        if (strcmp(shells[i].name, shell) == 0) {
            shells[i].print(out);
            return true;
        }
    }
    return false;
}
