/*
 * db_hint: notices that another process may have written to the database file: inotify on Linux,
 * kqueue on the BSDs and macOS, a timer elsewhere. It only gives hints, a few too many: whether
 * something changed is for db_changed to say.
 */
#ifndef BLOTTER_MOCK_DB_HINT_H
#define BLOTTER_MOCK_DB_HINT_H

#include <blotter/net/loop.h>

struct db_hint;

/* Calls fn from the loop. Never fails: what cannot be watched is looked at every DB_HINT_POLL_MS.
 */
#define DB_HINT_POLL_MS 40
struct db_hint *db_hint_new(struct loop *loop, const char *db_path, loop_fn fn, void *user);
void db_hint_free(struct db_hint *hint); /* NULL is fine */

#endif
