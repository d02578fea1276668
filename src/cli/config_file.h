/* config_file: a whole file in memory. */
#ifndef BLOTTER_CLI_CONFIG_FILE_H
#define BLOTTER_CLI_CONFIG_FILE_H

#include <blotter/cli/config.h>
#include <stdbool.h>
#include <stddef.h>

#define CONFIG_FILE_BYTES_MAX ((size_t)1 << 20)

/* NULL with errno set; EFBIG over the ceiling. To be freed. *ret_of_others: somebody else owns it
 * or may write to it. */
char *config_file_read(const char *path, size_t *ret_len, bool *ret_of_others);

/* What a shell runs is as good as the file it comes from: false with the problem when a command
 * does, for a file of others. */
bool config_file_runs_nothing(const struct config *config, struct problem *ret_problem);

#endif
