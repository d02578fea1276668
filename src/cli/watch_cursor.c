#include "watch_cursor.h"

#include <blotter/core/alloc.h>
#include <blotter/core/buf.h>
#include <blotter/core/moment.h>
#include <blotter/core/quote.h>
#include <blotter/sys/file.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MODE 0600

struct mark {
    uint64_t at;
    size_t len;
    char id[CURSOR_ID_MAX];
};

/* Of one source. */
struct place {
    char *name, *server, *user, *backend;
    char id[CURSOR_ID_MAX + 1];
    bool is_old;
    bool left; /* nobody uses it now */
    struct mark marks[CURSOR_MARKS_MAX];
    size_t mark_count;
};

struct watch_cursor {
    char *path, *fresh;   /* the file, and what it is written as */
    struct place *places; /* room for CURSOR_PLACES_MAX */
    size_t count;
    struct buf others; /* lines of the file that are not ours */
    bool moved;
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

static const char damaged[] = "it is damaged, or no cursor; remove it to begin anew";

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

/* Why a place is not this one; NULL when it is, and has the id. */
static const char *take_place(struct place *place, struct span root)
{
    struct span version, id;
    if (!span_member(root, "blotterCursor", &version) || !span_member(root, "id", &id) ||
        span_type(id) != SPAN_STRING ||
        span_string(id, place->id, sizeof place->id) > CURSOR_ID_MAX) {
        return damaged;
    }
    place->is_old = true;
    return version.len != 1 || version.ptr[0] != '1' ? "it is of another version"
           : !same(root, "server", place->server)    ? "it is of another server"
           : !same(root, "user", place->user)        ? "it is of another user"
           : !same(root, "backend", place->backend)  ? "it is of another backend"
                                                     : NULL;
}

/* The same of the line of a named one: others stay as they are. */
static const char *take_line(struct watch_cursor *cursor, const char *line, size_t len)
{
    struct span root, name;
    if (!span_check(line, len, &root, NULL)) {
        return damaged;
    }
    bool named = span_member(root, "profile", &name);
    if (!named || cursor->places[0].name == NULL) {
        return named                            ? "it is of several accounts"
               : cursor->places[0].name != NULL ? "it is of one account without a name"
                                                : take_place(cursor->places, root);
    }
    for (size_t i = 0; i < cursor->count; i++) {
        if (same(root, "profile", cursor->places[i].name)) {
            return take_place(&cursor->places[i], root);
        }
    }
    buf_append(&cursor->others, line, len);
    buf_append(&cursor->others, "\n", 1);
    return NULL;
}

static const char *take(struct watch_cursor *cursor, const char *text, size_t len)
{
    const char *why = NULL, *end = text + len;
    bool any = false;
    while (text < end && why == NULL) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        stop = stop != NULL ? stop : end;
        if (stop > text) {
            why = any && cursor->places[0].name == NULL
                      ? damaged
                      : take_line(cursor, text, (size_t)(stop - text));
            any = true;
        }
        text = stop + 1;
    }
    return any ? why : damaged;
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

static void place_open(struct place *place, const struct watch_cursor_owner *owner)
{
    *place = (struct place){.name = copy(owner->name),
                            .server = copy(owner->server),
                            .user = copy(owner->user),
                            .backend = copy(owner->backend)};
}

static void place_done(struct place *place)
{
    free(place->name);
    free(place->server);
    free(place->user);
    free(place->backend);
}

struct watch_cursor *watch_cursor_open(const char *path, const struct watch_cursor_owner *owners,
                                       size_t count, char why[CURSOR_WHY_MAX])
{
    struct watch_cursor *cursor = mem_calloc(1, sizeof *cursor);
    cursor->path = copy(path);
    cursor->fresh = mem_printf("%s.new", path);
    cursor->places = mem_calloc(CURSOR_PLACES_MAX, sizeof *cursor->places);
    cursor->count = count;
    buf_init(&cursor->others, CURSOR_FILE_MAX);
    for (size_t i = 0; i < count; i++) {
        place_open(&cursor->places[i], &owners[i]);
    }
    const char *wrong = take_lock(cursor);
    wrong = wrong == NULL ? read_file(cursor) : wrong;
    if (wrong != NULL) {
        snprintf(why, CURSOR_WHY_MAX, "cannot use the cursor %.200s: %s", path, wrong);
        watch_cursor_close(cursor);
        return NULL;
    }
    return cursor;
}

bool watch_cursor_is_old(const struct watch_cursor *cursor, size_t owner)
{
    return cursor->places[owner].is_old;
}

const char *watch_cursor_id(const struct watch_cursor *cursor, size_t owner)
{
    return cursor->places[owner].id;
}

/* ---- writing ---- */

static bool move(struct place *place, const char *id, size_t len)
{
    if (len > CURSOR_ID_MAX || memchr(id, '\0', len) != NULL) {
        len = 0; /* none that could be asked for */
    }
    if (place->is_old && strlen(place->id) == len && memcmp(place->id, id, len) == 0) {
        return false;
    }
    memcpy(place->id, id, len);
    place->id[len] = '\0';
    return place->is_old = true;
}

void watch_cursor_mark(struct watch_cursor *cursor, size_t owner, struct watch_mark mark)
{
    struct place *place = &cursor->places[owner];
    size_t count = place->mark_count;
    uint64_t before = count > 1 ? place->marks[count - 2].at : cursor->reached;
    if (count == 0 || (mark.at - before >= CURSOR_MARK_EVERY && count < CURSOR_MARKS_MAX)) {
        count = ++place->mark_count;
    }
    struct mark *last = &place->marks[count - 1];
    last->at = mark.at;
    last->len = mark.len <= CURSOR_ID_MAX ? mark.len : 0;
    memcpy(last->id, mark.id, last->len);
}

static bool reach(struct place *place, uint64_t sent)
{
    size_t count = 0;
    bool moved = false;
    while (count < place->mark_count && place->marks[count].at <= sent) {
        count++;
    }
    if (count > 0) {
        moved = move(place, place->marks[count - 1].id, place->marks[count - 1].len);
        place->mark_count -= count;
        memmove(place->marks, place->marks + count, place->mark_count * sizeof *place->marks);
    }
    return moved;
}

void watch_cursor_reach(struct watch_cursor *cursor, uint64_t sent)
{
    cursor->reached = sent;
    for (size_t i = 0; i < cursor->count; i++) {
        cursor->moved |= reach(&cursor->places[i], sent);
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

static void put_place(struct buf *text, const struct place *place)
{
    buf_append_text(text, "{\"blotterCursor\":1");
    if (place->name != NULL) {
        put_member(text, "profile", place->name);
    }
    put_member(text, "server", place->server);
    put_member(text, "user", place->user);
    put_member(text, "backend", place->backend);
    put_member(text, "id", place->id);
    buf_append_text(text, "}\n");
}

/* Who has no place yet has no line: an empty id would be that of a server without ids. */
static bool write_file(struct watch_cursor *cursor)
{
    struct buf text;
    buf_init(&text, SIZE_MAX);
    for (size_t i = 0; i < cursor->count; i++) {
        if (cursor->places[i].is_old) {
            put_place(&text, &cursor->places[i]);
        }
    }
    if (text.len + cursor->others.len <= CURSOR_FILE_MAX) {
        buf_append(&text, cursor->others.data, cursor->others.len);
    }
    errno = 0;
    /* What a process that died left behind is of the holder of the lock: us. */
    bool good =
        file_replace(AT_FDCWD, cursor->path, cursor->fresh, &(struct span){text.data, text.len}, 1);
    int error = good ? 0 : errno;
    buf_done(&text);
    errno = error;
    return good;
}

/* ---- owners that come and go ---- */

/* The line of a name among those of others goes to its place. Why not, or NULL. */
static const char *take_from_others(struct watch_cursor *cursor, struct place *place)
{
    struct buf rest;
    const char *why = NULL, *text = cursor->others.data, *end = text + cursor->others.len;
    buf_init(&rest, CURSOR_FILE_MAX);
    while (text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        struct span root;
        bool whole = span_check(text, (size_t)(stop - text), &root, NULL);
        if (whole && same(root, "profile", place->name)) {
            why = take_place(place, root);
        } else {
            buf_append(&rest, text, (size_t)(stop - text) + 1);
        }
        text = stop + 1;
    }
    if (why == NULL) {
        struct buf before = cursor->others;
        cursor->others = rest;
        rest = before;
    }
    buf_done(&rest);
    return why;
}

/* Room for one more: a new place, or one that nobody uses, whose line stays among the others. */
static struct place *find_room(struct watch_cursor *cursor)
{
    size_t i = 0;
    if (cursor->count < CURSOR_PLACES_MAX) {
        return &cursor->places[cursor->count++];
    }
    while (i < cursor->count && !cursor->places[i].left) {
        i++;
    }
    if (i == cursor->count) {
        return NULL;
    }
    if (cursor->places[i].is_old) {
        put_place(&cursor->others, &cursor->places[i]);
    }
    place_done(&cursor->places[i]);
    return &cursor->places[i];
}

static bool text_equal(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* One that was here and left goes on where it was. */
static struct place *find_left(struct watch_cursor *cursor, const struct watch_cursor_owner *owner)
{
    for (size_t i = 0; i < cursor->count; i++) {
        struct place *place = &cursor->places[i];
        if (place->left && text_equal(place->name, owner->name)) {
            return place;
        }
    }
    return NULL;
}

static bool is_of(const struct place *place, const struct watch_cursor_owner *owner)
{
    return text_equal(place->server, owner->server) && text_equal(place->user, owner->user) &&
           text_equal(place->backend, owner->backend);
}

/* A place for the owner, with its line if the file has one. NULL, or why not: it is nobody's then.
 */
static const char *place_enter(struct watch_cursor *cursor, struct place *place,
                               const struct watch_cursor_owner *owner)
{
    place_open(place, owner);
    const char *wrong = take_from_others(cursor, place);
    if (wrong != NULL) {
        place_done(place);
        *place = (struct place){.left = true};
    }
    return wrong;
}

bool watch_cursor_add(struct watch_cursor *cursor, const struct watch_cursor_owner *owner,
                      size_t *ret_owner, char why[CURSOR_WHY_MAX])
{
    const char *wrong;
    struct place *place = find_left(cursor, owner);
    if (place != NULL) {
        wrong = is_of(place, owner) ? NULL : "its place is of another account";
    } else {
        place = find_room(cursor);
        wrong = place != NULL ? place_enter(cursor, place, owner) : "too many accounts";
    }
    if (wrong != NULL) {
        snprintf(why, CURSOR_WHY_MAX, "cannot use the cursor %.200s: %s", cursor->path, wrong);
        return false;
    }
    place->left = false;
    *ret_owner = (size_t)(place - cursor->places);
    return true;
}

void watch_cursor_leave(struct watch_cursor *cursor, size_t owner)
{
    cursor->places[owner].left = true;
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
    for (size_t i = 0; i < cursor->count; i++) {
        place_done(&cursor->places[i]);
    }
    free(cursor->places);
    buf_done(&cursor->others);
    free(cursor);
}
