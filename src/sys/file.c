#include <blotter/core/alloc.h>
#include <blotter/sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_BYTES 4096 /* where nothing is known of the size */

static ssize_t read_some(int fd, char *into, size_t size)
{
    ssize_t got;
    do {
        got = read(fd, into, size);
    } while (got < 0 && errno == EINTR);
    return got;
}

/* One byte more than there may be tells that there are too many. */
static bool read_all(int fd, size_t max, struct file *file)
{
    size_t known = file->facts.st_size > 0 ? (size_t)file->facts.st_size : FIRST_BYTES;
    size_t room = known < max ? known : max;
    ssize_t got = 1;
    file->bytes = mem_alloc(room + 2);
    while (file->len <= max &&
           (got = read_some(fd, file->bytes + file->len, room + 1 - file->len)) > 0) {
        file->len += (size_t)got;
        if (file->len > room && room < max) {
            room = room < max / 2 ? room * 2 : max;
            file->bytes = mem_realloc(file->bytes, room + 2);
        }
    }
    file->bytes[file->len] = '\0';
    if (file->len > max) {
        errno = EFBIG;
    }
    return got >= 0 && file->len <= max;
}

static bool read_fd(int fd, unsigned how, size_t max, struct file *file)
{
    if (fstat(fd, &file->facts) != 0) {
        return false;
    }
    if ((how & FILE_ANY) == 0 && !S_ISREG(file->facts.st_mode)) {
        errno = EINVAL;
        return false;
    }
    return read_all(fd, max, file);
}

/* Closes, and keeps the reason for a failure. */
static void let_go(int fd)
{
    int why = errno;
    close(fd);
    errno = why;
}

bool file_read(int directory, const char *path, unsigned how, size_t max, struct file *ret)
{
    struct file file = {.len = 0};
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY;
    flags |= (how & FILE_ANY) != 0 ? 0 : O_NONBLOCK; /* a pipe is refused, not waited for */
    flags |= (how & FILE_NO_LINK) != 0 ? O_NOFOLLOW : 0;
    int fd = openat(directory, path, flags);
    if (fd < 0) {
        return false;
    }
    bool good = read_fd(fd, how, max, &file);
    let_go(fd);
    if (good) {
        *ret = file;
    } else {
        free(file.bytes);
    }
    return good;
}

bool file_write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t put = write(fd, bytes, len);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return false;
        }
        bytes += put;
        len -= (size_t)put;
    }
    return true;
}

static int create(int directory, const char *path)
{
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int fd = openat(directory, path, flags, 0600);
    if (fd < 0 && errno == EEXIST && unlinkat(directory, path, 0) == 0) {
        fd = openat(directory, path, flags, 0600);
    }
    return fd;
}

bool file_replace(int directory, const char *path, const char *fresh, const struct span parts[],
                  size_t count)
{
    int fd = create(directory, fresh);
    if (fd < 0) {
        return false;
    }
    bool good = fchmod(fd, 0600) == 0;
    for (size_t i = 0; i < count && good; i++) {
        good = file_write_all(fd, parts[i].ptr, parts[i].len);
    }
    if (!good) {
        let_go(fd);
    } else {
        good = close(fd) == 0 && renameat(directory, fresh, directory, path) == 0;
    }
    if (!good) {
        int why = errno;
        (void)unlinkat(directory, fresh, 0);
        errno = why;
    }
    return good;
}

bool file_make_directory(const char *path)
{
    char *copy = mem_dup(path, strlen(path));
    bool good = true;
    for (char *at = copy + 1; good && at != NULL;) {
        at = strchr(at, '/');
        if (at != NULL) {
            *at = '\0';
        }
        good = mkdir(copy, 0700) == 0 || errno == EEXIST || errno == EISDIR;
        if (at != NULL) {
            *at++ = '/';
        }
    }
    int why = errno;
    free(copy);
    errno = why;
    return good;
}
