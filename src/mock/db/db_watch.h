/*
 * db_watch: notices that another process may have written to the database file: inotify on Linux,
 * kqueue on the BSDs and macOS, a timer elsewhere. It only gives hints, a few too many: whether
 * something changed is for db_changed to say.
 */
#ifndef BLOTTER_MOCK_DB_WATCH_H
#define BLOTTER_MOCK_DB_WATCH_H

#include <blotter/net/loop.h>

struct db_watch;

/* Calls fn from the loop. Never fails: what cannot be watched is looked at every DB_WATCH_POLL_MS.
 */
#define DB_WATCH_POLL_MS 40
struct db_watch *db_watch_new(struct loop *loop, const char *db_path, loop_fn fn, void *user);
void db_watch_free(struct db_watch *watch); /* NULL is fine */

#endif
