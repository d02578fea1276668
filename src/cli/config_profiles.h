/* config_profiles: the names of the profiles that are in force. */
#ifndef BLOTTER_CLI_CONFIG_PROFILES_H
#define BLOTTER_CLI_CONFIG_PROFILES_H

#include "config.h"

struct profile_names {
    char *rows[CONFIG_PROFILES_MAX];
    size_t count;
};

/* Adds one; copies. False when it is empty, stands there already or is one too many; the sentence
 * has no place. */
bool profile_names_add(struct profile_names *names, const char *name, size_t len,
                       struct problem *ret_problem);

/* Adds those of "a, b". */
bool profile_names_split(struct profile_names *names, const char *text,
                         struct problem *ret_problem);

/* "a, b" into out. */
void profile_names_join(const struct profile_names *names, char *out, size_t size);

void profile_names_clear(struct profile_names *names);

#endif
