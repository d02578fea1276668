/*
 * read: the bodies of the four reads, written straight from the database's rows. Call them inside
 * a read transaction, together with read_last_id, so that both speak of the same state.
 * Source: blotter-api(7), READS.
 */
#ifndef BLOTTER_MOCK_READ_H
#define BLOTTER_MOCK_READ_H

#include "base/text.h"
#include "db.h"

void read_orders(struct db *db, const char *user, int64_t limit, struct text *into);
/* As newer servers list them, with what was closed today, and as older ones do. */
void read_positions(struct db *db, const char *user, int64_t limit, struct text *into);
void read_open_positions(struct db *db, const char *user, int64_t limit, struct text *into);
void read_account(struct db *db, const char *user, int64_t limit, struct text *into);
void read_watchlists(struct db *db, const char *user, int64_t limit, struct text *into);

/* One watchlist or one item as the lists show them; nothing is written when there is none. */
void read_watchlist(struct db *db, const char *watchlist_id, struct text *into);
void read_watchlist_item(struct db *db, const char *item_id, struct text *into);

/* The sequence number of the last event. */
int64_t read_last_id(struct db *db);

/* A column's value as JSON, by the type it is stored with. */
void read_put_column(struct text *into, sqlite3_stmt *row, int column);

/* A fingerprint of a body for its ETag. */
uint64_t read_hash(const char *bytes, size_t len);

#endif
