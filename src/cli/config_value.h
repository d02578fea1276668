/* config_value: what a key's text means, and what is wrong with it. */
#ifndef BLOTTER_CLI_CONFIG_VALUE_H
#define BLOTTER_CLI_CONFIG_VALUE_H

#include "config_keys.h"
#include "problem.h"

#define CONFIG_VALUE_MAX 4096

/*
 * Reads a value of a key. *ret_number is what config_number is to answer (0 for texts). An empty
 * value is good for texts, paths and URLs alone. Returns false with the sentence, without a place,
 * when it is not a good value.
 */
bool config_value_parse(enum config_id id, const char *text, int64_t *ret_number,
                        struct problem *ret_problem);

/* Whether a text may be the value of name in a file, as it was typed. */
bool config_value_fits(const char *name, const char *text, struct problem *ret_problem);

#endif
