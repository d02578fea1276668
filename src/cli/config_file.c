#include "config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <blotter/core/alloc.h>

/* A file of the system's counts as ours. */
static bool is_of_others(FILE *file)
{
    struct stat facts;
    return fstat(fileno(file), &facts) != 0 || (facts.st_uid != geteuid() && facts.st_uid != 0) ||
           (facts.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

char *config_file_read(const char *path, size_t *ret_len, bool *ret_of_others)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return NULL;
    }
    *ret_of_others = is_of_others(file);
    char *text = mem_alloc(CONFIG_FILE_BYTES_MAX + 1);
    errno = 0;
    *ret_len = fread(text, 1, CONFIG_FILE_BYTES_MAX + 1, file);
    int why = ferror(file)                       ? (errno != 0 ? errno : EIO)
              : *ret_len > CONFIG_FILE_BYTES_MAX ? EFBIG
                                                 : 0;
    fclose(file);
    if (why != 0) {
        free(text);
        errno = why;
        return NULL;
    }
    return text;
}

static bool refuse(const char *origin, const char *what, struct problem *problem)
{
    problem_set(problem,
                "%s: %s is not run from a file that others own or may write to: make it yours "
                "alone, by chmod go-w or a copy",
                origin, what);
    problem->located = true;
    return false;
}

static bool is_of_file(enum config_level level)
{
    return level == CONFIG_FILE || level == CONFIG_OF_PROFILE;
}

bool config_file_runs_nothing(const struct config *config, struct problem *ret_problem)
{
    static const enum config_id commands[] = {CONFIG_TOKEN_COMMAND, CONFIG_ON_EVENT};
    struct config_entry entry;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        if (is_of_file(config_level(config, commands[i])) &&
            config_text(config, commands[i]) != NULL) {
            return refuse(config_origin(config, commands[i]), config_info(commands[i])->name,
                          ret_problem);
        }
    }
    for (size_t i = 0; config_entry(config, CONFIG_SECRETS, i, &entry); i++) {
        if (is_of_file(entry.level) && strncmp(entry.value, "command:", 8) == 0) {
            return refuse(entry.origin, entry.name, ret_problem);
        }
    }
    return true;
}
