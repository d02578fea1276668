#include "config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <blotter/core/alloc.h>

char *config_file_read(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        return NULL;
    }
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
