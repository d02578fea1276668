#include "config_file.h"

#include <blotter/sys/file.h>

#include <fcntl.h>
#include <unistd.h>

/* A file of the system's counts as ours. */
static bool is_of_others(const struct stat *facts)
{
    return (facts->st_uid != geteuid() && facts->st_uid != 0) ||
           (facts->st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

char *config_file_read(const char *path, bool named, size_t *ret_len, bool *ret_of_others)
{
    struct file file;
    if (!file_read(AT_FDCWD, path, named ? FILE_ANY : 0, CONFIG_FILE_BYTES_MAX, &file)) {
        return NULL;
    }
    *ret_len = file.len;
    *ret_of_others = is_of_others(&file.facts);
    return file.bytes;
}
