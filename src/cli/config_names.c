#include "config_lists.h"
#include "config_names.h"

#include <blotter/core/suggest.h>

#include <stdio.h>
#include <string.h>

bool config_name_find(const char *name, enum config_id *ret)
{
    const char *dot = strchr(name, '.');
    const char *key = dot != NULL ? dot + 1 : name;
    size_t len = dot != NULL ? (size_t)(dot - name) : 0;
    for (int i = 0; i < CONFIG_TOTAL; i++) {
        const struct config_info *info = config_info((enum config_id)i);
        bool there =
            dot == NULL || (strlen(info->section) == len && strncmp(info->section, name, len) == 0);
        if (there && strcmp(info->name, key) == 0) {
            *ret = (enum config_id)i;
            return true;
        }
    }
    return false;
}

bool config_name_refuse(const char *section, const char *name, struct problem *ret_problem)
{
    char dotted[CONFIG_TOTAL][64];
    bool asks_dotted = strchr(name, '.') != NULL;
    struct suggest suggest;
    suggest_init(&suggest, name);
    for (int i = 0; i < CONFIG_TOTAL; i++) {
        const struct config_info *info = config_info((enum config_id)i);
        snprintf(dotted[i], sizeof dotted[i], "%s.%s", info->section, info->name);
        if (section == NULL || strcmp(info->section, section) == 0) {
            suggest_offer(&suggest, asks_dotted ? dotted[i] : info->name);
        }
    }
    if (strcmp(name, "token") == 0 || strcmp(name, "main.token") == 0) {
        return problem_set(ret_problem, "a token does not belong in a config: use token_file, "
                                        "token_command or BLOTTER_TOKEN");
    }
    problem_set(ret_problem, "unknown key '%s'", name);
    if (suggest.best == NULL && section != NULL) {
        /* Right name, wrong section: say where it lives. */
        for (int i = 0; i < CONFIG_TOTAL && suggest.best == NULL; i++) {
            bool named = strcmp(config_info((enum config_id)i)->name, name) == 0;
            suggest.best = named ? dotted[i] : NULL;
        }
    }
    return problem_suggest(ret_problem, &suggest);
}

bool config_section_refuse(const char *section, struct problem *ret_problem)
{
    struct suggest suggest;
    suggest_init(&suggest, section);
    for (int i = 0; i < CONFIG_TOTAL; i++) {
        suggest_offer(&suggest, config_info((enum config_id)i)->section);
    }
    suggest_offer(&suggest, "keys");
    for (int i = 0; i < CONFIG_LISTS; i++) {
        suggest_offer(&suggest, config_list_section((enum config_list)i));
    }
    problem_set(ret_problem, "unknown section [%s]", section);
    return problem_suggest(ret_problem, &suggest);
}

bool config_section_is_known(const char *section)
{
    for (int i = 0; i < CONFIG_TOTAL; i++) {
        if (strcmp(config_info((enum config_id)i)->section, section) == 0) {
            return true;
        }
    }
    return false;
}
