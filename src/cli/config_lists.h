/* config_lists: the sections whose names are the user's own. */
#ifndef BLOTTER_CLI_CONFIG_LISTS_H
#define BLOTTER_CLI_CONFIG_LISTS_H

#include "config_keys.h"
#include "problem.h"

#include <stddef.h>

struct listed {
    char *name, *value, *origin;
    enum config_level level;
};

struct config_lists {
    struct listed *rows[CONFIG_LISTS];
    size_t count[CONFIG_LISTS];
};

/* The section's name: "secrets". */
const char *config_list_section(enum config_list list);

/* The list that a pair of a section belongs to, and its name there ("price.X" of [alerts] is X of
 * "alerts.price"); or that of "section.name". */
bool config_list_find(const char *section, const char *name, enum config_list *ret,
                      const char **ret_name);
bool config_list_dotted(const char *dotted, enum config_list *ret, const char **ret_name);

/* Whether the pair may stand in the list; else the sentence, without a place. */
bool config_list_check(enum config_list list, const char *name, const char *value,
                       struct problem *ret_problem);

/* Adds it, or puts it in the place of one of that name and of no higher level. Copies. */
void config_list_put(struct config_lists *lists, enum config_list list, const struct listed *row);

void config_lists_done(struct config_lists *lists);

#endif
