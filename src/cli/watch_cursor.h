/*
 * watch_cursor: the file that remembers the last event that was printed, of each source, so that
 * the next --watch goes on behind it. A place belongs to one server, user and backend, the file to
 * one process at a time. One source without a name is the file's only line; named ones have a line
 * each, and lines of others stay.
 */
#ifndef BLOTTER_CLI_WATCH_CURSOR_H
#define BLOTTER_CLI_WATCH_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CURSOR_ID_MAX 256                   /* bytes of an id; a longer one is not kept */
#define CURSOR_FILE_MAX ((size_t)128 << 10) /* a place takes 3 KiB at most */
#define CURSOR_PLACES_MAX 32
#define CURSOR_MARKS_MAX 64
#define CURSOR_MARK_EVERY 4096           /* bytes of output between two marks */
#define CURSOR_EVERY_US INT64_C(100000)  /* between two writes */
#define CURSOR_AGAIN_US INT64_C(1000000) /* after one that failed */

struct watch_cursor;

/* Whose place it is. NULL: none was named. */
struct watch_cursor_owner {
    const char *server, *user, *backend;
    const char *name; /* its profile's; NULL: it is the only one */
};

#define CURSOR_WHY_MAX 512

/*
 * Takes the file (it need not be there yet) for this process, with a place for each of the owners,
 * at most CURSOR_PLACES_MAX. NULL with a sentence in why when it is another's, damaged, in use, or
 * cannot be read.
 */
struct watch_cursor *watch_cursor_open(const char *path, const struct watch_cursor_owner *owners,
                                       size_t count, char why[CURSOR_WHY_MAX]);
/*
 * While it is used: one more owner with a name, whose line the file may have. False with a sentence
 * in why when that is another's, or when CURSOR_PLACES_MAX are in use. Who leaves keeps the line.
 */
bool watch_cursor_add(struct watch_cursor *cursor, const struct watch_cursor_owner *owner,
                      size_t *ret_owner, char why[CURSOR_WHY_MAX]);
void watch_cursor_leave(struct watch_cursor *cursor, size_t owner);

/* Writes what is not yet written, and lets the file go. NULL is fine. */
void watch_cursor_close(struct watch_cursor *cursor);

/* Whether the file had the owner's place: whoever continues must not skip anything. Its id, "" when
 * the server sent none. */
bool watch_cursor_is_old(const struct watch_cursor *cursor, size_t owner);
const char *watch_cursor_id(const struct watch_cursor *cursor, size_t owner);

/* Once so many bytes of output have been written, the owner's place is this id. In growing order.
 */
struct watch_mark {
    uint64_t at;
    const char *id;
    size_t len;
};
void watch_cursor_mark(struct watch_cursor *cursor, size_t owner, struct watch_mark mark);
/* So many have been; watch_cursor_write writes the place. */
void watch_cursor_reach(struct watch_cursor *cursor, uint64_t sent);

/*
 * Writes the place when it has moved and it is time to: under a temporary name, then renamed.
 * Returns when to call again, MOMENT_NEVER when there is nothing to write. A failure that is news
 * is put into why (else it is "").
 */
int64_t watch_cursor_write(struct watch_cursor *cursor, int64_t now_us, char *why, size_t why_size);

#endif
