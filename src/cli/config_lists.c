#include "config_lists.h"
#include "config_value.h"

#include <blotter/core/alarm.h>
#include <blotter/core/alloc.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define PRICES_MAX 16 /* of one symbol */

static bool check_secret(const char *value, struct problem *problem)
{
    bool file = strncmp(value, "file:", 5) == 0, command = strncmp(value, "command:", 8) == 0;
    if ((!file || value[5] == '\0') && (!command || value[8] == '\0')) {
        return problem_set(problem, "a secret is file:PATH or command:CMD; it never stands here");
    }
    if (file && value[5] != '/' && strncmp(value + 5, "~/", 2) != 0) {
        return problem_set(problem, "a secret's file is absolute or begins with ~/");
    }
    return true;
}

static bool check_any(const char *value, struct problem *problem)
{
    return *value != '\0' || problem_set(problem, "it needs a value");
}

static bool check_price(const char *value, struct problem *problem)
{
    struct alarm_rule rules[PRICES_MAX];
    return alarm_rules_parse("S", value, rules, PRICES_MAX) > 0 ||
           problem_set(problem, "a price is told as '> 3000' or '< 2800', several with commas");
}

static const struct {
    const char *section;
    bool (*check)(const char *value, struct problem *problem);
} lists[] = {
    [CONFIG_SECRETS] = {"secrets", check_secret}, [CONFIG_VALUES] = {"values", check_any},
    [CONFIG_SYMBOLS] = {"symbols", check_any},    [CONFIG_PRICES] = {"alerts.price", check_price},
    [CONFIG_VIEWS] = {"views", check_any},
};
static_assert(sizeof lists / sizeof *lists == CONFIG_LISTS, "a row per list");

const char *config_list_section(enum config_list list)
{
    return lists[list].section;
}

bool config_list_dotted(const char *dotted, enum config_list *ret, const char **ret_name)
{
    for (int i = 0; i < CONFIG_LISTS; i++) {
        size_t len = strlen(lists[i].section);
        if (strncmp(lists[i].section, dotted, len) == 0 && dotted[len] == '.' &&
            dotted[len + 1] != '\0') {
            *ret = (enum config_list)i;
            *ret_name = dotted + len + 1;
            return true;
        }
    }
    return false;
}

bool config_list_find(const char *section, const char *name, enum config_list *ret,
                      const char **ret_name)
{
    for (int i = 0; i < CONFIG_LISTS; i++) {
        const char *own = lists[i].section;
        size_t len = strlen(section);
        if (strcmp(own, section) == 0) {
            *ret = (enum config_list)i;
            *ret_name = name;
            return true;
        }
        if (strncmp(own, section, len) != 0 || own[len] != '.') {
            continue;
        }
        size_t first = strlen(own + len + 1); /* of the name, up to a point */
        if (strlen(name) > first + 1 && memcmp(name, own + len + 1, first) == 0 &&
            name[first] == '.') {
            *ret = (enum config_list)i;
            *ret_name = name + first + 1;
            return true;
        }
    }
    return false;
}

bool config_list_check(enum config_list list, const char *name, const char *value,
                       struct problem *ret_problem)
{
    return config_value_fits(name, value, ret_problem) && lists[list].check(value, ret_problem);
}

static char *copy(const char *text)
{
    return mem_dup(text, strlen(text));
}

static void row_done(struct listed *row)
{
    free(row->name);
    free(row->value);
    free(row->origin);
}

static struct listed *find(const struct config_lists *all, enum config_list list, const char *name)
{
    for (size_t i = 0; i < all->count[list]; i++) {
        if (strcmp(all->rows[list][i].name, name) == 0) {
            return &all->rows[list][i];
        }
    }
    return NULL;
}

void config_list_put(struct config_lists *all, enum config_list list, const struct listed *row)
{
    struct listed *old = find(all, list, row->name);
    if (old != NULL && row->level < old->level) {
        return;
    }
    struct listed fresh = {copy(row->name), copy(row->value), copy(row->origin), row->level};
    if (old != NULL) {
        row_done(old);
        *old = fresh;
        return;
    }
    size_t count = all->count[list]++;
    all->rows[list] = mem_realloc_array(all->rows[list], count + 1, sizeof *all->rows[list]);
    all->rows[list][count] = fresh;
}

void config_lists_done(struct config_lists *all)
{
    for (int i = 0; i < CONFIG_LISTS; i++) {
        for (size_t j = 0; j < all->count[i]; j++) {
            row_done(&all->rows[i][j]);
        }
        free(all->rows[i]);
    }
}
