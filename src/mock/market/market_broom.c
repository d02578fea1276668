#include "market_private.h"

#include <math.h>

static void run(struct book *book, int code)
{
    book->failed |= code < 0;
}

/* Orders go unnoticed while meta says so (see schema.sql): no list shows these any more. */
static void sweep_orders(struct book *book, const char *account_id, int64_t keep)
{
    run(book, db_run(book->db, "INSERT OR REPLACE INTO meta VALUES ('pruning', 1)", ""));
    run(book, db_run(book->db,
                     "DELETE FROM orders WHERE id IN (SELECT id FROM orders WHERE"
                     " tradingAccountId = ? AND status <> 'PENDING'"
                     " ORDER BY createdAt DESC LIMIT -1 OFFSET ?)",
                     "si", account_id, keep));
    run(book, db_run(book->db, "DELETE FROM meta WHERE name = 'pruning'", ""));
}

/* What was closed on one day in one symbol becomes one row that carries the sums: the list stays
 * short, and what it adds up to stays. */
static void merge_positions(struct book *book, const char *account_id)
{
    run(book, db_run(book->db,
                     "UPDATE positions SET realizedPnL = realized, dayStart = start, dayPnL = day"
                     " FROM (SELECT max(rowid) AS last, round(sum(realizedPnL), 2) AS realized,"
                     "  round(sum(dayStart), 2) AS start, round(sum(dayPnL), 2) AS day FROM"
                     "  positions WHERE tradingAccountId = ? AND quantity = 0"
                     "  GROUP BY symbol, substr(closedAt, 1, 10) HAVING count(*) > 1)"
                     " WHERE positions.rowid = last",
                     "s", account_id));
    run(book, db_run(book->db,
                     "DELETE FROM positions WHERE tradingAccountId = ?1 AND quantity = 0"
                     " AND rowid NOT IN (SELECT max(rowid) FROM positions"
                     "  WHERE tradingAccountId = ?1 AND quantity = 0"
                     "  GROUP BY symbol, substr(closedAt, 1, 10))",
                     "s", account_id));
}

static void sweep_positions(struct book *book, const char *account_id, int64_t keep)
{
    merge_positions(book, account_id);
    run(book, db_run(book->db,
                     "DELETE FROM positions WHERE id IN (SELECT id FROM positions WHERE"
                     " tradingAccountId = ? AND quantity = 0"
                     " ORDER BY closedAt DESC, rowid DESC LIMIT -1 OFFSET ?)",
                     "si", account_id, keep));
}

/* Old transactions become one that carries their sum, dated like the newest of them. */
static void sweep_transactions(struct book *book, const char *account_id)
{
    char id[DICE_UUID_SIZE];
    dice_uuid(book->dice, id);
    run(book, db_run(book->db,
                     "INSERT INTO transactions (id, tradingAccountId, type, amount, description,"
                     " createdAt) SELECT ?1, ?2, iif(total < 0, 'DEBIT', 'CREDIT'), abs(total),"
                     " 'Carried forward', newest FROM (SELECT"
                     "  round(sum(iif(type = 'CREDIT', amount, -amount)), 2) AS total,"
                     "  max(createdAt) AS newest, count(*) AS many FROM (SELECT * FROM"
                     "  transactions WHERE tradingAccountId = ?2"
                     "  ORDER BY createdAt DESC, rowid DESC LIMIT -1 OFFSET ?3)) WHERE many > 1",
                     "ssi", id, account_id, (int64_t)MARKET_TRANSACTIONS_KEEP));
    run(book, db_run(book->db,
                     "DELETE FROM transactions WHERE id <> ?1 AND EXISTS (SELECT 1 FROM"
                     " transactions WHERE id = ?1) AND rowid IN (SELECT rowid FROM transactions"
                     " WHERE tradingAccountId = ?2 AND id <> ?1"
                     " ORDER BY createdAt DESC, rowid DESC LIMIT -1 OFFSET ?3)",
                     "ssi", id, account_id, (int64_t)MARKET_TRANSACTIONS_KEEP));
}

void market_broom(struct book *book, const struct market_trader *trader, const char *account_id)
{
    sweep_orders(book, account_id, trader->orders_keep);
    sweep_positions(book, account_id, trader->closed_keep);
    sweep_transactions(book, account_id);
}
