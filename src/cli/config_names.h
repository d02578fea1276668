/*
 * config_names: which names of sections and keys there are, and what to say of those that are
 * not.
 */
#ifndef BLOTTER_CLI_CONFIG_NAMES_H
#define BLOTTER_CLI_CONFIG_NAMES_H

#include "config_keys.h"
#include "problem.h"

/* [main], profiles and -O reach every key: by "section.key", or by its bare name. */
bool config_name_find(const char *name, enum config_id *ret);

/* False, with the problem and what was probably meant. section NULL: keys of every one. */
bool config_name_refuse(const char *section, const char *name, struct problem *ret_problem);

/* Whether keys of the table live there: [keys], lists and profiles are none of these. */
bool config_section_is_known(const char *section);
bool config_section_refuse(const char *section, struct problem *ret_problem);

#endif
