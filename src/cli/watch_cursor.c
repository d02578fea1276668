#include "watch_cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/moment.h>
#include <blotter/core/quote.h>
#include <blotter/sys/file.h>

#define MODE 0600

struct mark {
    uint64_t at;
    size_t len;
    char id[CURSOR_ID_MAX];
};

struct watch_cursor {
    char *path, *fresh; /* the file, and what it is written as */
    char *server, *user, *backend;
    char id[CURSOR_ID_MAX + 1];
    bool is_old, moved;
    struct mark marks[CURSOR_MARKS_MAX];
    size_t mark_count;
    uint64_t reached;
    int lock_fd;
    int64_t next_us; /* not before */
    int failed;      /* errno of the last write, 0: it went well */
};

static char *copy(const char *text)
{
    return text == NULL ? NULL : mem_dup(text, strlen(text));
}

/* ---- reading ---- */

/* Ours, and nobody else's to write. */
static const char *unfit(const struct stat *facts)
{
    return facts->st_uid != geteuid()    ? "it belongs to somebody else"
           : (facts->st_mode & 022) != 0 ? "others may write to it (chmod 600)"
                                         : NULL;
}

static bool same(struct span root, const char *name, const char *ours)
{
    struct span value;
    char text[2048];
    if (!span_member(root, name, &value)) {
        return false;
    }
    if (ours == NULL || span_type(value) != SPAN_STRING) {
        return ours == NULL && span_type(value) == SPAN_NULL;
    }
    span_string(value, text, sizeof text);
    return strcmp(text, ours) == 0;
}

/* Why the text is not this cursor's; NULL when it is, and cursor has the id. */
static const char *take(struct watch_cursor *cursor, const char *text, size_t len)
{
    struct span root, version, id;
    if (!span_check(text, len, &root, NULL) || !span_member(root, "blotterCursor", &version) ||
        !span_member(root, "id", &id) || span_type(id) != SPAN_STRING ||
        span_string(id, cursor->id, sizeof cursor->id) > CURSOR_ID_MAX) {
        return "it is damaged, or no cursor; remove it to begin anew";
    }
    return version.len != 1 || version.ptr[0] != '1' ? "it is of another version"
           : !same(root, "server", cursor->server)   ? "it is of another server"
           : !same(root, "user", cursor->user)       ? "it is of another user"
           : !same(root, "backend", cursor->backend) ? "it is of another backend"
                                                     : NULL;
}

/* NULL when the file was taken or is not there. */
static const char *read_file(struct watch_cursor *cursor)
{
    struct file file;
    if (!file_read(AT_FDCWD, cursor->path, FILE_NO_LINK, CURSOR_FILE_MAX, &file)) {
        return errno == ENOENT   ? NULL
               : errno == ELOOP  ? "it is a link"
               : errno == EINVAL ? "it is no file"
               : errno == EFBIG  ? "it is no cursor: too long"
                                 : strerror(errno);
    }
    const char *why = unfit(&file.facts);
    why = why == NULL ? take(cursor, file.bytes, file.len) : why;
    cursor->is_old = true;
    free(file.bytes);
    return why;
}

/* A file of its own, for the other is a new one after each write. */
static const char *take_lock(struct watch_cursor *cursor)
{
    char *path = mem_printf("%s.lock", cursor->path);
    cursor->lock_fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, MODE);
    free(path);
    if (cursor->lock_fd < 0) {
        return strerror(errno);
    }
    if (flock(cursor->lock_fd, LOCK_EX | LOCK_NB) == 0) {
        return NULL;
    }
    return errno == EWOULDBLOCK ? "another blotter goes on from it" : strerror(errno);
}

struct watch_cursor *watch_cursor_open(const char *path, const struct watch_cursor_owner *owner,
                                       char *why, size_t why_size)
{
    struct watch_cursor *cursor = mem_calloc(1, sizeof *cursor);
    cursor->path = copy(path);
    cursor->fresh = mem_printf("%s.new", path);
    cursor->server = copy(owner->server);
    cursor->user = copy(owner->user);
    cursor->backend = copy(owner->backend);
    const char *wrong = take_lock(cursor);
    wrong = wrong == NULL ? read_file(cursor) : wrong;
    if (wrong != NULL) {
        snprintf(why, why_size, "cannot use the cursor %.200s: %s", path, wrong);
        watch_cursor_close(cursor);
        return NULL;
    }
    return cursor;
}

bool watch_cursor_is_old(const struct watch_cursor *cursor)
{
    return cursor->is_old;
}

const char *watch_cursor_id(const struct watch_cursor *cursor)
{
    return cursor->id;
}

/* ---- writing ---- */

static void move(struct watch_cursor *cursor, const char *id, size_t len)
{
    if (len > CURSOR_ID_MAX || memchr(id, '\0', len) != NULL) {
        len = 0; /* none that could be asked for */
    }
    if (!cursor->is_old || strlen(cursor->id) != len || memcmp(cursor->id, id, len) != 0) {
        memcpy(cursor->id, id, len);
        cursor->id[len] = '\0';
        cursor->is_old = cursor->moved = true;
    }
}

void watch_cursor_mark(struct watch_cursor *cursor, uint64_t at, const char *id, size_t len)
{
    size_t count = cursor->mark_count;
    uint64_t before = count > 1 ? cursor->marks[count - 2].at : cursor->reached;
    if (count == 0 || (at - before >= CURSOR_MARK_EVERY && count < CURSOR_MARKS_MAX)) {
        count = ++cursor->mark_count;
    }
    struct mark *last = &cursor->marks[count - 1];
    last->at = at;
    last->len = len <= CURSOR_ID_MAX ? len : 0;
    memcpy(last->id, id, last->len);
}

void watch_cursor_reach(struct watch_cursor *cursor, uint64_t sent)
{
    size_t count = 0;
    cursor->reached = sent;
    while (count < cursor->mark_count && cursor->marks[count].at <= sent) {
        count++;
    }
    if (count > 0) {
        move(cursor, cursor->marks[count - 1].id, cursor->marks[count - 1].len);
        cursor->mark_count -= count;
        memmove(cursor->marks, cursor->marks + count, cursor->mark_count * sizeof *cursor->marks);
    }
}

static void put_member(struct buf *out, const char *name, const char *value)
{
    buf_printf(out, ",\"%s\":", name);
    if (value == NULL) {
        buf_append_text(out, "null");
    } else {
        quote_text(out, value, strlen(value));
    }
}

static bool write_file(struct watch_cursor *cursor)
{
    struct buf text;
    buf_init(&text, SIZE_MAX);
    buf_append_text(&text, "{\"blotterCursor\":1");
    put_member(&text, "server", cursor->server);
    put_member(&text, "user", cursor->user);
    put_member(&text, "backend", cursor->backend);
    put_member(&text, "id", cursor->id);
    buf_append_text(&text, "}\n");
    errno = 0;
    /* What a process that died left behind is of the holder of the lock: us. */
    bool good =
        file_replace(AT_FDCWD, cursor->path, cursor->fresh, &(struct span){text.data, text.len}, 1);
    int error = good ? 0 : errno;
    buf_done(&text);
    errno = error;
    return good;
}

int64_t watch_cursor_write(struct watch_cursor *cursor, int64_t now_us, char *why, size_t why_size)
{
    why[0] = '\0';
    if (!cursor->moved) {
        return MOMENT_NEVER;
    }
    if (now_us < cursor->next_us) {
        return cursor->next_us;
    }
    if (write_file(cursor)) {
        cursor->moved = false;
        cursor->failed = 0;
        cursor->next_us = now_us + CURSOR_EVERY_US;
        return MOMENT_NEVER;
    }
    int error = errno;
    if (error != cursor->failed) {
        snprintf(why, why_size,
                 "cannot write the cursor %.200s: %s; events go on, and will come again",
                 cursor->path, strerror(error));
    }
    cursor->failed = error;
    cursor->next_us = now_us + CURSOR_AGAIN_US;
    return cursor->next_us;
}

void watch_cursor_close(struct watch_cursor *cursor)
{
    if (cursor == NULL) {
        return;
    }
    if (cursor->moved) {
        write_file(cursor);
    }
    if (cursor->lock_fd >= 0) {
        close(cursor->lock_fd);
    }
    free(cursor->path);
    free(cursor->fresh);
    free(cursor->server);
    free(cursor->user);
    free(cursor->backend);
    free(cursor);
}
