/* Holds the manuals and the tables together, in both directions. */
#include "config.h"
#include "options.h"
#include "status.h"

#include <blotter/core/event.h>
#include <blotter/core/ini.h>
#include <blotter/view/action.h>
#include <blotter/view/legend.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#define LINES_MAX 2000
#define LINE_BYTES 256

static char lines[LINES_MAX][LINE_BYTES];
static size_t line_count;

static void read_manual(const char *name)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", MAN_DIR, name);
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    line_count = 0;
    while (line_count < LINES_MAX && fgets(lines[line_count], LINE_BYTES, file) != NULL) {
        lines[line_count][strcspn(lines[line_count], "\n")] = '\0';
        line_count++;
    }
    assert_true(line_count < LINES_MAX);
    fclose(file);
}

/* Walks the lines of one section that begin with a prefix; NULL at the end. */
static const char *next_item(const char *section, const char *prefix, size_t *at)
{
    bool inside = false;
    for (size_t i = 0; i < line_count; i++) {
        if (strncmp(lines[i], ".Sh ", 4) == 0) {
            inside = strcmp(lines[i] + 4, section) == 0;
        }
        if (inside && i >= *at && strncmp(lines[i], prefix, strlen(prefix)) == 0) {
            *at = i + 1;
            return lines[i] + strlen(prefix);
        }
    }
    return NULL;
}

static bool has_item(const char *section, const char *item)
{
    size_t at = 0;
    const char *found;
    while ((found = next_item(section, ".It ", &at)) != NULL) {
        if (strcmp(found, item) == 0) {
            return true;
        }
    }
    return false;
}

static size_t count_items(const char *section, const char *prefix)
{
    size_t at = 0, count = 0;
    while (next_item(section, prefix, &at) != NULL) {
        count++;
    }
    return count;
}

static void options_are_in_the_manual(void **state)
{
    (void)state;
    read_manual("blotter.1");
    for (int i = 0; i < OPTION_TOTAL; i++) {
        const struct option_info *row = option_info((enum option_id)i);
        char item[256], argument[64] = "", letter[80] = "";
        if (row->argument != NULL) {
            snprintf(argument, sizeof argument, " Ar %s", row->argument);
        }
        if (row->letter != 0) {
            snprintf(letter, sizeof letter, "Fl %c%s , ", row->letter, argument);
        }
        snprintf(item, sizeof item, "%sFl -%s%s", letter, row->name, argument);
        if (!has_item("OPTIONS", item)) {
            fail_msg("blotter.1, OPTIONS has no '.It %s'", item);
        }
    }
    assert_int_equal(count_items("OPTIONS", ".It "), OPTION_TOTAL);
}

static void exit_codes_are_in_the_manual(void **state)
{
    (void)state;
    size_t count;
    const struct status_info *statuses = status_table(&count);
    read_manual("blotter.1");
    for (size_t i = 0; i < count; i++) {
        if (!has_item("EXIT STATUS", statuses[i].code)) {
            fail_msg("blotter.1, EXIT STATUS has no %s", statuses[i].code);
        }
    }
    assert_int_equal(count_items("EXIT STATUS", ".It "), count);
}

/* "up Pq Cm Up Cm k" says "up: Up k". */
static void spell(const char *item, char *out, size_t size)
{
    size_t len = 0;
    for (const char *at = item; *at != '\0' && len + 1 < size;) {
        size_t word = strcspn(at, " ");
        bool markup = (word == 2 && (strncmp(at, "Pq", 2) == 0 || strncmp(at, "Cm", 2) == 0));
        if (strncmp(at, "\\&", 2) == 0) {
            at += 2;
            word -= 2;
        } else if (strncmp(at, "\\-", 2) == 0 || strncmp(at, "\\e", 2) == 0) {
            at += strncmp(at, "\\-", 2) == 0 ? 1 : 0;
            word = 1;
        }
        if (!markup) {
            len += (size_t)snprintf(out + len, size - len, "%s%.*s", len > 0 ? " " : "", (int)word,
                                    at);
        }
        at += word;
        at += strspn(at, " ");
    }
}

static void actions_and_keys_are_in_the_manual(void **state)
{
    (void)state;
    read_manual("blotter.1");
    for (int i = 0; i < ACTION_COUNT; i++) {
        const struct action_info *action = action_info((enum action)i);
        char expected[256], found[256] = "";
        snprintf(expected, sizeof expected, "%s%s%s", action->name, *action->keys ? " " : "",
                 action->keys);
        const char *item;
        size_t at = 0;
        while ((item = next_item("KEYS", ".It Ic ", &at)) != NULL && strcmp(found, expected) != 0) {
            spell(item, found, sizeof found);
        }
        if (strcmp(found, expected) != 0) {
            fail_msg("blotter.1, KEYS has no '%s'", expected);
        }
    }
    assert_int_equal(count_items("KEYS", ".It Ic "), ACTION_COUNT);
}

struct defaults {
    size_t count;
};

static bool check_key(void *user, const struct ini_pair *pair)
{
    struct defaults *defaults = user;
    char heading[64], item[256];
    bool inside = false, found = false;
    snprintf(heading, sizeof heading, ".Ss Section %s", pair->section);
    snprintf(item, sizeof item, ".It Cm %s%s%s", pair->name, *pair->value ? " Pq Cm " : "",
             pair->value);
    for (size_t i = 0; i < line_count; i++) {
        if (strncmp(lines[i], ".Ss ", 4) == 0 || strncmp(lines[i], ".Sh ", 4) == 0) {
            inside = strcmp(lines[i], heading) == 0;
        }
        found |= inside && strcmp(lines[i], item) == 0;
    }
    if (!found) {
        fail_msg("blotter.5, section %s has no '%s'", pair->section, item);
    }
    defaults->count++;
    return true;
}

/* Every mark's meaning, in the order of the help overlay. */
static void marks_are_in_the_manual(void **state)
{
    (void)state;
    const struct legend_row *row;
    size_t count = 0;
    read_manual("blotter.1");
    for (; (row = legend_row(count)) != NULL; count++) {
        char expected[256];
        size_t at = 0;
        snprintf(expected, sizeof expected, "%s.", row->meaning);
        while (at < line_count && strcasecmp(lines[at], expected) != 0) {
            at++;
        }
        if (at == line_count) {
            fail_msg("blotter.1, MARKS has no '%s'", expected);
        }
    }
    assert_int_equal(count_items("MARKS", ".It Sy "), count);
}

static void config_keys_and_defaults_are_in_the_manual(void **state)
{
    (void)state;
    size_t len;
    struct defaults defaults = {0};
    struct ini_error error;
    read_manual("blotter.5");
    const char *text = config_default_file(&len);
    assert_true(ini_read(text, len, check_key, &defaults, &error));
    assert_int_equal(count_items("KEYS", ".It Cm "), defaults.count);
    assert_int_equal(defaults.count, CONFIG_TOTAL);
}

static void environment_is_in_the_manual(void **state)
{
    (void)state;
    read_manual("blotter.1");
    for (int i = 0; i < CONFIG_TOTAL; i++) {
        const char *variable = config_info((enum config_id)i)->environment;
        char item[64];
        snprintf(item, sizeof item, "Ev %s", variable != NULL ? variable : "BLOTTER_TOKEN");
        if (!has_item("ENVIRONMENT", item)) {
            fail_msg("blotter.1, ENVIRONMENT has no %s", item);
        }
    }
}

static bool line_has_word(const char *line, const char *word)
{
    size_t len = strlen(word);
    for (const char *at = strstr(line, word); at != NULL; at = strstr(at + 1, word)) {
        if ((at == line || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0')) {
            return true;
        }
    }
    return false;
}

static void reads_and_events_are_in_the_manual(void **state)
{
    (void)state;
    read_manual("blotter-api.7");
    for (int i = 0; i < RESOURCE_COUNT; i++) {
        const char *path = resource_info((enum resource)i)->path;
        size_t at = 0;
        const char *item;
        while ((item = next_item("READS", ".It Ql GET ", &at)) != NULL &&
               strncmp(item, path, strlen(path)) != 0) {
        }
        assert_non_null(item);
    }
    for (int i = EVENT_UNKNOWN + 1; i < EVENT_TYPE_COUNT; i++) {
        const char *name = event_info((enum event_type)i)->name, *item;
        size_t at = 0;
        while ((item = next_item("THE STREAM", ".It Cm ", &at)) != NULL &&
               !line_has_word(item, name)) {
        }
        if (item == NULL) {
            fail_msg("blotter-api.7 has no event %s", name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_in_the_manual),
        cmocka_unit_test(exit_codes_are_in_the_manual),
        cmocka_unit_test(actions_and_keys_are_in_the_manual),
        cmocka_unit_test(marks_are_in_the_manual),
        cmocka_unit_test(config_keys_and_defaults_are_in_the_manual),
        cmocka_unit_test(environment_is_in_the_manual),
        cmocka_unit_test(reads_and_events_are_in_the_manual),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
