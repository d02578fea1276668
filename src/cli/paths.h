/*
 * paths: where things lie, by the XDG base directory specification. Nothing is created and nothing
 * is read from the current directory.
 */
#ifndef BLOTTER_CLI_PATHS_H
#define BLOTTER_CLI_PATHS_H

#include <stdbool.h>
#include <stddef.h>

/* Absolute paths, each NULL when the environment leaves it unknown (no HOME and no such user). */
struct paths {
    char *home;
    char *config_file; /* …/blotter/blotter.ini */
    char *theme_dir;   /* …/blotter/themes */
    char *backend_dir; /* …/blotter/backends, the user's */
    char *shipped_dir; /* where backends were installed, or built */
    char *cache_dir;   /* …/blotter */
    char *state_dir;   /* …/blotter */
};

/* From XDG_CONFIG_HOME, XDG_CACHE_HOME, XDG_STATE_HOME (only when absolute), HOME, and the user
 * database. */
void paths_init(struct paths *ret);
void paths_done(struct paths *paths);

/* The path of the running program. False when the system does not tell. */
bool paths_program(char *out, size_t size);

#endif
