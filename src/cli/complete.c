#include "config.h"
#include "options.h"

#include <blotter/core/event.h>
#include <blotter/core/resource.h>

#include <string.h>

/*
 * The completion scripts, written from the option rows. What an argument can be is told by the
 * row: a list of values, or a FILE; some are words of other tables. The rest is left to the user.
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

/* What else an argument can be: words of another table, or what a command of the shell prints. */
static const char *event_word(int at)
{
    return at + 1 < EVENT_TYPE_COUNT ? event_info((enum event_type)(at + 1))->name : NULL;
}

static const char *pane_word(int at)
{
    return at < RESOURCE_COUNT ? resource_info((enum resource)at)->pane : NULL;
}

static const char *theme_word(int at)
{
    static const char *const names[] = {BLOTTER_THEMES};
    return at < (int)(sizeof names / sizeof *names) ? names[at] : NULL;
}

static const char *setting_word(int at)
{
    static char word[64];
    if (at >= CONFIG_TOTAL) {
        return NULL;
    }
    const struct config_info *row = config_info((enum config_id)at);
    snprintf(word, sizeof word, "%s.%s=", row->section, row->name);
    return word;
}

#define CONFIG_PLACE "\"${XDG_CONFIG_HOME:-$HOME/.config}/blotter/blotter.ini\""

static const struct offer {
    const char *(*word)(int at); /* NULL behind the last */
    const char *command, *fish;  /* the second where fish says it another way */
    enum option_id id;
    bool list; /* several, with commas */
} offers[] = {
    {pane_word, NULL, NULL, OPTION_PANES, true},
    {event_word, NULL, NULL, OPTION_EVENT, false},
    {theme_word, NULL, NULL, OPTION_THEME, false},
    {setting_word, NULL, NULL, OPTION_SET, false},
    {NULL, "sed -n \"s/^ *\\[profile\\.\\(.*\\)\\].*/\\1/p\" " CONFIG_PLACE " 2>/dev/null",
     "sed -n 's/^ *\\[profile\\.\\(.*\\)\\].*/\\1/p' "
     "(set -q XDG_CONFIG_HOME; and echo $XDG_CONFIG_HOME; or echo ~/.config)/blotter/blotter.ini "
     "2>/dev/null",
     OPTION_PROFILE, false},
};

static const struct offer *offer_of(enum option_id id)
{
    static const struct offer nothing = {.word = NULL};
    for (size_t i = 0; i < sizeof offers / sizeof *offers; i++) {
        if (offers[i].id == id) {
            return &offers[i];
        }
    }
    return &nothing;
}

/* The words that can be told now, with spaces. */
static void print_words(FILE *out, enum option_id id)
{
    const struct offer *offer = offer_of(id);
    if (option_info(id)->values != NULL) {
        print_values(out, option_info(id)->values, ' ');
    }
    for (int i = 0; offer->word != NULL && offer->word(i) != NULL; i++) {
        fprintf(out, "%s%s", i > 0 ? " " : "", offer->word(i));
    }
}

static bool has_words(enum option_id id)
{
    return option_info(id)->values != NULL || offer_of(id)->word != NULL;
}

static const char *command_of(enum option_id id)
{
    return offer_of(id)->command;
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
    if (id == OPTION_OUTPUT) { /* the formats of the mode that was asked for */
        fprintf(out,
                "            case \" ${COMP_WORDS[*]} \" in\n"
                "                *' --watch '*) _blotter_offer -W 'text json raw' -- \"$cur\" ;;\n"
                "                *) _blotter_offer -W 'text json csv' -- \"$cur\" ;;\n"
                "            esac\n");
    } else if (has_words(id)) {
        fprintf(out, "            _blotter_offer -W '");
        print_words(out, id);
        fprintf(out, "' -- \"$cur\"\n");
        if (id == OPTION_SET) {
            fprintf(out, "            compopt -o nospace 2>/dev/null\n");
        }
    } else if (command_of(id) != NULL) {
        fprintf(out, "            _blotter_offer -W \"$(%s)\" -- \"$cur\"\n", command_of(id));
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
    if (offer_of(id)->list) {
        fprintf(out, "_sequence compadd - ");
        print_words(out, id);
    } else if (id == OPTION_SET) { /* the value is still to be typed */
        fprintf(out, "{compadd -S \"\" - ");
        print_words(out, id);
        fprintf(out, "}");
    } else if (has_words(id)) {
        fprintf(out, "(");
        print_words(out, id);
        fprintf(out, ")");
    } else if (command_of(id) != NULL) {
        fprintf(out, "{compadd - $(");
        for (const char *at = command_of(id); *at != '\0'; at++) { /* a colon would end the field */
            fprintf(out, *at == ':' ? "\\:" : "%c", *at);
        }
        fprintf(out, ")}");
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
        if (has_words((enum option_id)i)) {
            fprintf(out, " -a '");
            print_words(out, (enum option_id)i);
            fprintf(out, "'");
        } else if (command_of((enum option_id)i) != NULL) {
            fprintf(out, " -a \"(%s)\"", offer_of((enum option_id)i)->fish);
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
