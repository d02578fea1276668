/* config_file: a whole file in memory. */
#ifndef BLOTTER_CLI_CONFIG_FILE_H
#define BLOTTER_CLI_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#define CONFIG_FILE_BYTES_MAX ((size_t)1 << 20)

/* NULL with errno set; EFBIG over the ceiling, EINVAL: no regular file, unless the user named it:
 * his pipe is waited for. To be freed. *ret_of_others: somebody else owns it or may write to it. */
char *config_file_read(const char *path, bool named, size_t *ret_len, bool *ret_of_others);

#endif
