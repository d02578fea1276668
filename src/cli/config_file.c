#include "config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
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
