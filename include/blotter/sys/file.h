/*
 * file: whole files of a bounded size. What is written replaces the old file in one step: whoever
 * reads finds one of the two, whole. Failures are told by errno.
 */
#ifndef BLOTTER_SYS_FILE_H
#define BLOTTER_SYS_FILE_H

#include <blotter/core/span.h>

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct file {
    char *bytes; /* to be freed; a NUL that is not counted stands behind them */
    size_t len;
    struct stat facts; /* of what was read, not of what has the name by now */
};

#define FILE_ANY 1u     /* a pipe or terminal as well: it is waited for */
#define FILE_NO_LINK 2u /* a symbolic link is refused: ELOOP */

/*
 * Reads path, which is relative to the directory (AT_FDCWD: to the working one). False when it
 * cannot be read; EINVAL: it is no regular file, EFBIG: there are more bytes than max. ret is set
 * on success only.
 */
bool file_read(int directory, const char *path, unsigned how, size_t max, struct file *ret);

/* All of it, also in pieces. */
bool file_write_all(int fd, const char *bytes, size_t len);

/*
 * Writes the parts one behind the other to a new file named fresh, ours alone (0600), and gives it
 * the name path; both are relative to the directory. What lay at fresh is removed: it is left of a
 * process that died, or a trap. On failure nothing of it is left and path is as it was.
 */
bool file_replace(int directory, const char *path, const char *fresh, const struct span parts[],
                  size_t count);

/* Makes the directory and those above it, 0700, as the XDG specification asks. */
bool file_make_directory(const char *path);

#endif
