/* config_file: a whole file in memory. */
#ifndef BLOTTER_CLI_CONFIG_FILE_H
#define BLOTTER_CLI_CONFIG_FILE_H

#include <stddef.h>

#define CONFIG_FILE_BYTES_MAX ((size_t)1 << 20)

/* NULL with errno set; EFBIG over the ceiling. To be freed. */
char *config_file_read(const char *path, size_t *ret_len);

#endif
