/*
 * config: every setting, where it came from and what is in force. One table row per key; the
 * defaults are the embedded blotter.ini, read by the reader that reads the user's.
 * Precedence: flag > environment > profile > file > default.
 */
#ifndef BLOTTER_CLI_CONFIG_H
#define BLOTTER_CLI_CONFIG_H

#include "config_keys.h"
#include "options.h"
#include "problem.h"

#include <blotter/core/resource.h>

#include <stdint.h>
#include <stdio.h>

#define CONFIG_PROFILES_MAX 32 /* accounts at once */

struct config;

/* What to read. All borrowed for the call; NULL members mean none. */
struct config_source {
    const char *path;              /* the config file */
    bool path_must_exist;          /* named by the user */
    const struct options *options; /* flags */
    const char *home;              /* for "~/" */
    const char *profile;           /* of several that are named: this one is in force, alone */
};

/*
 * Reads it all. NULL with *ret_problem set at the first mistake. One profile that is named is in
 * force, and all are checked. Of several none is: they are loaded one by one as source.profile,
 * with their mistakes.
 */
struct config *config_load(const struct config_source *source, struct problem *ret_problem);
void config_free(struct config *config); /* NULL is fine */

/* The text in force, NULL when empty. Lives as long as the config or until the key is forced. */
const char *config_text(const struct config *config, enum config_id id);
/* The number in force: see config_type. 0 for texts. */
int64_t config_number(const struct config *config, enum config_id id);
/* The figure in force; NAN when empty. */
double config_figure(const struct config *config, enum config_id id);
enum config_level config_level(const struct config *config, enum config_id id);
/* "file:line", "BLOTTER_URL", "--url", "default": where the value in force was said. */
const char *config_origin(const struct config *config, enum config_id id);
/* The profiles that are named, in order; NULL past the end. */
const char *config_profile(const struct config *config, size_t i);
/* The pairs of a profile as they stand in the file, in order. False past the end. */
bool config_profile_pair(const struct config *config, const char *profile, size_t i,
                         const char **ret_name, const char **ret_value);
/* The config file that was read, NULL when there was none. */
const char *config_path(const struct config *config);

/* Replaces a value, whatever set it. False when it is not a good one. */
bool config_force(struct config *config, enum config_id id, const char *value,
                  struct problem *ret_problem);

/* The pairs of [keys] in order: action, its keys, and where that was said. False past the end. */
bool config_key_binding(const struct config *config, size_t i, const char **ret_action,
                        const char **ret_keys, const char **ret_origin);

/* A pair of a section whose names are the user's own. */
struct config_entry {
    const char *name, *value, *origin; /* live as long as the config */
    enum config_level level;
};

/* False past the end. */
bool config_entry(const struct config *config, enum config_list list, size_t i,
                  struct config_entry *ret);

/* Prints the config in force as a file that says the same, comments and all. Never a token. */
void config_print(const struct config *config, FILE *out);

/* The embedded default file. */
const char *config_default_file(size_t *ret_len);

#endif
