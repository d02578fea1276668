-- The mock server's database. Columns are named as the API's members, so that anyone with the
-- sqlite3 shell can write here; the triggers below notice every change and write `events` in the
-- same transaction. Times are ISO 8601 UTC text with milliseconds. Run once, when the file is new.

CREATE TABLE meta (name TEXT PRIMARY KEY NOT NULL, value INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO meta VALUES ('schema', 2), ('sessions', 0);

CREATE TABLE users (
    id TEXT PRIMARY KEY NOT NULL,
    name TEXT,
    email TEXT,
    createdAt TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

CREATE TABLE sessions (
    token TEXT PRIMARY KEY NOT NULL CHECK (length(token) > 0),
    userId TEXT NOT NULL REFERENCES users (id),
    expiresAt TEXT, -- NULL: never
    createdAt TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE INDEX sessions_user ON sessions (userId);

CREATE TABLE trading_accounts (
    id TEXT PRIMARY KEY NOT NULL,
    userId TEXT NOT NULL UNIQUE REFERENCES users (id),
    balance REAL NOT NULL DEFAULT 0 CHECK (balance BETWEEN -1e15 AND 1e15),
    availableMargin REAL NOT NULL DEFAULT 0 CHECK (availableMargin BETWEEN -1e15 AND 1e15),
    usedMargin REAL NOT NULL DEFAULT 0 CHECK (usedMargin BETWEEN -1e15 AND 1e15),
    clientId TEXT,
    createdAt TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updatedAt TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

CREATE TABLE stocks (
    id TEXT PRIMARY KEY NOT NULL,
    instrumentId TEXT NOT NULL UNIQUE,
    symbol TEXT NOT NULL UNIQUE,
    exchange TEXT NOT NULL DEFAULT 'NSE',
    ticker TEXT,
    name TEXT NOT NULL,
    segment TEXT NOT NULL DEFAULT 'NSE',
    ltp REAL NOT NULL CHECK (ltp BETWEEN 0 AND 1e12),
    open REAL, high REAL, low REAL, close REAL,
    volume INTEGER NOT NULL DEFAULT 0,
    change REAL NOT NULL DEFAULT 0 CHECK (change BETWEEN -1e12 AND 1e12),
    changePercent REAL NOT NULL DEFAULT 0 CHECK (changePercent BETWEEN -1e12 AND 1e12),
    sector TEXT,
    isActive INTEGER NOT NULL DEFAULT 1 CHECK (isActive IN (0, 1)),
    strikePrice REAL,
    optionType TEXT CHECK (optionType IN ('CE', 'PE')),
    expiry TEXT,
    lot_size INTEGER,
    token INTEGER UNIQUE,
    createdAt TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updatedAt TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);

CREATE TABLE orders (
    id TEXT PRIMARY KEY NOT NULL,
    tradingAccountId TEXT NOT NULL REFERENCES trading_accounts (id),
    stockId TEXT REFERENCES stocks (id),
    symbol TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (typeof(quantity) = 'integer' AND quantity > 0),
    orderType TEXT NOT NULL CHECK (orderType IN ('MARKET', 'LIMIT')),
    orderSide TEXT NOT NULL CHECK (orderSide IN ('BUY', 'SELL')),
    price REAL CHECK (price BETWEEN 0 AND 1e12),
    averagePrice REAL CHECK (averagePrice BETWEEN 0 AND 1e12),
    filledQuantity INTEGER NOT NULL DEFAULT 0 CHECK (typeof(filledQuantity) = 'integer'),
    productType TEXT NOT NULL DEFAULT 'MIS' CHECK (productType IN ('MIS', 'CNC', 'NRML')),
    status TEXT NOT NULL DEFAULT 'PENDING'
        CHECK (status IN ('PENDING', 'EXECUTED', 'CANCELLED', 'REJECTED')),
    failureReason TEXT,
    blockedMargin REAL NOT NULL DEFAULT 0 CHECK (blockedMargin BETWEEN 0 AND 1e15), -- while PENDING
    createdAt TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    executedAt TEXT
);
CREATE INDEX orders_newest ON orders (tradingAccountId, createdAt);
CREATE INDEX orders_stock ON orders (stockId);
CREATE INDEX orders_pending ON orders (tradingAccountId, createdAt, blockedMargin) WHERE status = 'PENDING';

CREATE TABLE positions (
    id TEXT PRIMARY KEY NOT NULL,
    tradingAccountId TEXT NOT NULL REFERENCES trading_accounts (id),
    stockId TEXT REFERENCES stocks (id),
    symbol TEXT NOT NULL,
    quantity INTEGER NOT NULL CHECK (typeof(quantity) = 'integer'), -- negative: short, 0: closed
    averagePrice REAL NOT NULL CHECK (averagePrice BETWEEN 0 AND 1e12),
    productType TEXT NOT NULL DEFAULT 'MIS' CHECK (productType IN ('MIS', 'CNC', 'NRML')),
    unrealizedPnL REAL NOT NULL DEFAULT 0 CHECK (unrealizedPnL BETWEEN -1e15 AND 1e15),
    dayPnL REAL NOT NULL DEFAULT 0 CHECK (dayPnL BETWEEN -1e15 AND 1e15),
    realizedPnL REAL NOT NULL DEFAULT 0 CHECK (realizedPnL BETWEEN -1e15 AND 1e15),
    dayStart REAL NOT NULL DEFAULT 0, -- unrealizedPnL + realizedPnL when the day began; 0: opened today
    stopLoss REAL CHECK (stopLoss BETWEEN 0 AND 1e12),
    target REAL CHECK (target BETWEEN 0 AND 1e12),
    createdAt TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updatedAt TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    closedAt TEXT -- a trigger sets it
);
CREATE INDEX positions_account ON positions (tradingAccountId, createdAt);
CREATE INDEX positions_open ON positions (tradingAccountId, symbol, quantity, averagePrice)
    WHERE quantity <> 0;
CREATE INDEX positions_stock ON positions (stockId);

CREATE TABLE transactions (
    id TEXT PRIMARY KEY NOT NULL,
    tradingAccountId TEXT NOT NULL REFERENCES trading_accounts (id),
    orderId TEXT,
    positionId TEXT,
    type TEXT NOT NULL CHECK (type IN ('CREDIT', 'DEBIT')),
    amount REAL NOT NULL CHECK (amount BETWEEN 0 AND 1e15),
    description TEXT,
    createdAt TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE INDEX transactions_account ON transactions (tradingAccountId, createdAt);

CREATE TABLE watchlists (
    id TEXT PRIMARY KEY NOT NULL,
    userId TEXT NOT NULL REFERENCES users (id),
    name TEXT NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    sortOrder INTEGER NOT NULL DEFAULT 0,
    createdAt TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    updatedAt TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (userId, name)
);

CREATE TABLE watchlist_items (
    id TEXT PRIMARY KEY NOT NULL,
    watchlistId TEXT NOT NULL REFERENCES watchlists (id),
    stockId TEXT NOT NULL REFERENCES stocks (id),
    token INTEGER,
    notes TEXT,
    alertPrice REAL CHECK (alertPrice BETWEEN 0 AND 1e12),
    alertType TEXT CHECK (alertType IN ('ABOVE', 'BELOW', 'BOTH')),
    sortOrder INTEGER NOT NULL DEFAULT 0,
    createdAt TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    UNIQUE (watchlistId, stockId)
);
CREATE INDEX watchlist_items_stock ON watchlist_items (stockId);

-- What happened, in commit order. The sequence starts at the creation time in milliseconds since
-- 1970, so that the ids of an older database are never given out again by a newer one.
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL,
    type TEXT NOT NULL,
    data TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))
);
CREATE INDEX events_user ON events (user_id, id);
INSERT INTO sqlite_sequence (name, seq)
    VALUES ('events', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER));

-- What only ticked since the feed last looked; the feed empties these two.
CREATE TABLE ticked_positions (id TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID;
CREATE TABLE ticked_stocks (id TEXT PRIMARY KEY NOT NULL) WITHOUT ROWID;

-- Sessions: the server reloads its table of tokens when this counter moves.
CREATE TRIGGER sessions_insert AFTER INSERT ON sessions BEGIN
    UPDATE meta SET value = value + 1 WHERE name = 'sessions';
END;
CREATE TRIGGER sessions_update AFTER UPDATE ON sessions BEGIN
    UPDATE meta SET value = value + 1 WHERE name = 'sessions';
END;
CREATE TRIGGER sessions_delete AFTER DELETE ON sessions BEGIN
    UPDATE meta SET value = value + 1 WHERE name = 'sessions';
END;

-- Orders.
CREATE TRIGGER orders_insert AFTER INSERT ON orders BEGIN
    INSERT INTO events (user_id, type, data)
    SELECT userId, 'order_placed', json_object(
        'orderId', new.id, 'symbol', new.symbol, 'quantity', new.quantity,
        'orderType', new.orderType, 'orderSide', new.orderSide, 'status', new.status,
        'price', CASE new.status WHEN 'EXECUTED' THEN coalesce(new.averagePrice, new.price) ELSE new.price END,
        'tradingAccountId', new.tradingAccountId,
        'filledQuantity', new.filledQuantity, 'averagePrice', new.averagePrice)
    FROM trading_accounts WHERE id = new.tradingAccountId;
END;
CREATE TRIGGER orders_update AFTER UPDATE ON orders
WHEN (old.id, old.tradingAccountId, old.stockId, old.symbol, old.quantity, old.orderType, old.orderSide,
      old.price, old.averagePrice, old.filledQuantity, old.productType, old.status, old.failureReason,
      old.createdAt, old.executedAt)
  IS NOT
     (new.id, new.tradingAccountId, new.stockId, new.symbol, new.quantity, new.orderType, new.orderSide,
      new.price, new.averagePrice, new.filledQuantity, new.productType, new.status, new.failureReason,
      new.createdAt, new.executedAt)
BEGIN
    INSERT INTO events (user_id, type, data)
    SELECT userId,
        CASE WHEN new.status = old.status THEN 'order_updated'
             WHEN new.status = 'EXECUTED' THEN 'order_executed'
             WHEN new.status IN ('CANCELLED', 'REJECTED') THEN 'order_cancelled'
             ELSE 'order_updated' END,
        json_insert(json_object(
        'orderId', new.id, 'symbol', new.symbol, 'quantity', new.quantity,
        'orderType', new.orderType, 'orderSide', new.orderSide, 'status', new.status,
        'price', CASE new.status WHEN 'EXECUTED' THEN coalesce(new.averagePrice, new.price) ELSE new.price END,
        'tradingAccountId', new.tradingAccountId,
        'filledQuantity', new.filledQuantity, 'averagePrice', new.averagePrice),
        iif(new.status = 'REJECTED' AND new.failureReason IS NOT NULL, '$.failureReason', '$.orderId'),
        new.failureReason)
    FROM trading_accounts WHERE id = new.tradingAccountId;
END;
-- A deleted row has no event of its own in the reference; its pane must still be read again. The
-- market clears away old rows that no list shows any more, and says so by a row in meta.
CREATE TRIGGER orders_delete AFTER DELETE ON orders
WHEN NOT EXISTS (SELECT 1 FROM meta WHERE name = 'pruning') BEGIN
    INSERT INTO events (user_id, type, data)
    SELECT userId, 'order_updated', json_object(
        'orderId', old.id, 'symbol', old.symbol, 'quantity', old.quantity,
        'orderType', old.orderType, 'orderSide', old.orderSide, 'status', old.status,
        'price', CASE old.status WHEN 'EXECUTED' THEN coalesce(old.averagePrice, old.price) ELSE old.price END,
        'tradingAccountId', old.tradingAccountId,
        'filledQuantity', old.filledQuantity, 'averagePrice', old.averagePrice)
    FROM trading_accounts WHERE id = old.tradingAccountId;
END;

-- Positions. A change of the profit figures alone is a tick, anything else an event.
CREATE TRIGGER positions_insert AFTER INSERT ON positions BEGIN
    INSERT INTO events (user_id, type, data)
    SELECT userId, 'position_opened', json_object(
        'positionId', new.id, 'symbol', new.symbol, 'quantity', new.quantity,
        'averagePrice', new.averagePrice, 'tradingAccountId', new.tradingAccountId)
    FROM trading_accounts WHERE id = new.tradingAccountId;
END;
CREATE TRIGGER positions_update AFTER UPDATE ON positions
WHEN (old.id, old.tradingAccountId, old.stockId, old.symbol, old.quantity, old.averagePrice, old.productType,
      old.realizedPnL, old.stopLoss, old.target, old.createdAt)
  IS NOT
     (new.id, new.tradingAccountId, new.stockId, new.symbol, new.quantity, new.averagePrice, new.productType,
      new.realizedPnL, new.stopLoss, new.target, new.createdAt)
BEGIN
    INSERT INTO events (user_id, type, data)
    SELECT userId,
        CASE WHEN new.quantity = 0 AND old.quantity <> 0 THEN 'position_closed' ELSE 'position_updated' END,
        CASE WHEN new.quantity = 0 AND old.quantity <> 0
        THEN json_object(
            'positionId', new.id, 'symbol', new.symbol, 'quantity', new.quantity,
            'averagePrice', new.averagePrice, 'tradingAccountId', new.tradingAccountId,
            'realizedPnL', new.realizedPnL)
        ELSE json_object(
            'positionId', new.id, 'symbol', new.symbol, 'quantity', new.quantity,
            'averagePrice', new.averagePrice, 'tradingAccountId', new.tradingAccountId) END
    FROM trading_accounts WHERE id = new.tradingAccountId;
END;
CREATE TRIGGER positions_closed AFTER UPDATE OF quantity ON positions
WHEN (old.quantity = 0) <> (new.quantity = 0) BEGIN
    UPDATE positions SET closedAt = iif(new.quantity = 0, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), NULL)
    WHERE rowid = new.rowid;
END;
CREATE TRIGGER positions_tick AFTER UPDATE OF unrealizedPnL, dayPnL ON positions
WHEN (old.unrealizedPnL, old.dayPnL) IS NOT (new.unrealizedPnL, new.dayPnL)
BEGIN
    INSERT INTO ticked_positions
    SELECT new.id WHERE NOT EXISTS (SELECT 1 FROM ticked_positions WHERE id = new.id);
END;
CREATE TRIGGER positions_delete AFTER DELETE ON positions WHEN old.quantity <> 0 BEGIN
    INSERT INTO events (user_id, type, data)
    SELECT userId, 'position_closed', json_object(
        'positionId', old.id, 'symbol', old.symbol, 'quantity', 0,
        'averagePrice', old.averagePrice, 'tradingAccountId', old.tradingAccountId,
        'realizedPnL', old.realizedPnL)
    FROM trading_accounts WHERE id = old.tradingAccountId;
END;

-- Accounts.
CREATE TRIGGER accounts_insert AFTER INSERT ON trading_accounts BEGIN
    INSERT INTO events (user_id, type, data) VALUES (new.userId, 'balance_updated', json_object(
        'tradingAccountId', new.id, 'balance', new.balance, 'availableMargin', new.availableMargin,
        'usedMargin', new.usedMargin, 'balanceChange', new.balance));
END;
-- Figures that move while neither the balance nor the used margin does are told with a change of 0.
CREATE TRIGGER accounts_balance AFTER UPDATE ON trading_accounts
WHEN old.balance IS NOT new.balance
  OR (old.usedMargin IS new.usedMargin AND (old.availableMargin, old.clientId, old.userId)
      IS NOT (new.availableMargin, new.clientId, new.userId))
BEGIN
    INSERT INTO events (user_id, type, data) VALUES (new.userId, 'balance_updated', json_object(
        'tradingAccountId', new.id, 'balance', new.balance, 'availableMargin', new.availableMargin,
        'usedMargin', new.usedMargin, 'balanceChange', round(new.balance - old.balance, 4)));
END;
CREATE TRIGGER accounts_margin AFTER UPDATE ON trading_accounts
WHEN old.usedMargin IS NOT new.usedMargin
BEGIN
    INSERT INTO events (user_id, type, data) VALUES (new.userId,
        CASE WHEN new.usedMargin > old.usedMargin THEN 'margin_blocked' ELSE 'margin_released' END,
        json_object(
        'tradingAccountId', new.id, 'balance', new.balance, 'availableMargin', new.availableMargin,
        'usedMargin', new.usedMargin, 'marginChange', round(new.usedMargin - old.usedMargin, 4)));
END;

-- Watchlists.
CREATE TRIGGER watchlists_insert AFTER INSERT ON watchlists BEGIN
    INSERT INTO events (user_id, type, data) VALUES (new.userId, 'watchlist_updated', json_object(
        'watchlistId', new.id, 'action', 'item_updated', 'userId', new.userId));
END;
CREATE TRIGGER watchlists_update AFTER UPDATE ON watchlists
WHEN (old.id, old.userId, old.name, old.sortOrder) IS NOT (new.id, new.userId, new.name, new.sortOrder)
BEGIN
    INSERT INTO events (user_id, type, data) VALUES (new.userId, 'watchlist_updated', json_object(
        'watchlistId', new.id, 'action', 'item_updated', 'userId', new.userId));
END;
CREATE TRIGGER watchlists_delete AFTER DELETE ON watchlists BEGIN
    INSERT INTO events (user_id, type, data) VALUES (old.userId, 'watchlist_updated', json_object(
        'watchlistId', old.id, 'action', 'item_updated', 'userId', old.userId));
END;
CREATE TRIGGER watchlist_items_insert AFTER INSERT ON watchlist_items BEGIN
    INSERT INTO events (user_id, type, data)
    SELECT userId, 'watchlist_item_added', json_object(
        'watchlistId', id, 'action', 'item_added', 'itemId', new.id, 'userId', userId)
    FROM watchlists WHERE id = new.watchlistId;
END;
CREATE TRIGGER watchlist_items_update AFTER UPDATE ON watchlist_items
WHEN (old.id, old.watchlistId, old.stockId, old.token, old.notes, old.alertPrice, old.alertType, old.sortOrder)
  IS NOT
     (new.id, new.watchlistId, new.stockId, new.token, new.notes, new.alertPrice, new.alertType, new.sortOrder)
BEGIN
    INSERT INTO events (user_id, type, data)
    SELECT userId, 'watchlist_updated', json_object(
        'watchlistId', id, 'action', 'item_updated', 'itemId', new.id, 'userId', userId)
    FROM watchlists WHERE id = new.watchlistId;
END;
CREATE TRIGGER watchlist_items_delete AFTER DELETE ON watchlist_items BEGIN
    INSERT INTO events (user_id, type, data)
    SELECT userId, 'watchlist_item_removed', json_object(
        'watchlistId', id, 'action', 'item_removed', 'itemId', old.id, 'userId', userId)
    FROM watchlists WHERE id = old.watchlistId;
END;

-- A row that moves to another owner is told to the new one above, and to the one who loses it here.
CREATE TRIGGER orders_moved AFTER UPDATE OF tradingAccountId ON orders
WHEN old.tradingAccountId IS NOT new.tradingAccountId BEGIN
    INSERT INTO events (user_id, type, data)
    SELECT userId, 'order_updated', json_object(
        'orderId', old.id, 'symbol', old.symbol, 'quantity', old.quantity,
        'orderType', old.orderType, 'orderSide', old.orderSide, 'status', old.status,
        'price', CASE old.status WHEN 'EXECUTED' THEN coalesce(old.averagePrice, old.price) ELSE old.price END,
        'tradingAccountId', old.tradingAccountId,
        'filledQuantity', old.filledQuantity, 'averagePrice', old.averagePrice)
    FROM trading_accounts WHERE id = old.tradingAccountId;
END;
CREATE TRIGGER positions_moved AFTER UPDATE OF tradingAccountId ON positions
WHEN old.tradingAccountId IS NOT new.tradingAccountId AND old.quantity <> 0 BEGIN
    INSERT INTO events (user_id, type, data)
    SELECT userId, 'position_closed', json_object(
        'positionId', old.id, 'symbol', old.symbol, 'quantity', 0,
        'averagePrice', old.averagePrice, 'tradingAccountId', old.tradingAccountId,
        'realizedPnL', old.realizedPnL)
    FROM trading_accounts WHERE id = old.tradingAccountId;
END;
CREATE TRIGGER accounts_moved AFTER UPDATE OF userId ON trading_accounts
WHEN old.userId IS NOT new.userId BEGIN
    INSERT INTO events (user_id, type, data) VALUES (old.userId, 'balance_updated', json_object(
        'tradingAccountId', old.id, 'balance', old.balance, 'availableMargin', old.availableMargin,
        'usedMargin', old.usedMargin, 'balanceChange', 0));
END;
CREATE TRIGGER watchlists_moved AFTER UPDATE OF userId ON watchlists
WHEN old.userId IS NOT new.userId BEGIN
    INSERT INTO events (user_id, type, data) VALUES (old.userId, 'watchlist_updated', json_object(
        'watchlistId', old.id, 'action', 'item_updated', 'userId', old.userId));
END;
CREATE TRIGGER watchlist_items_moved AFTER UPDATE OF watchlistId ON watchlist_items
WHEN old.watchlistId IS NOT new.watchlistId BEGIN
    INSERT INTO events (user_id, type, data)
    SELECT userId, 'watchlist_item_removed', json_object(
        'watchlistId', id, 'action', 'item_removed', 'itemId', old.id, 'userId', userId)
    FROM watchlists WHERE id = old.watchlistId;
END;

-- Quotes.
CREATE TRIGGER stocks_tick AFTER UPDATE OF ltp, change, changePercent, volume ON stocks
WHEN (old.ltp, old.change, old.changePercent, old.volume)
  IS NOT (new.ltp, new.change, new.changePercent, new.volume)
BEGIN
    INSERT INTO ticked_stocks
    SELECT new.id WHERE NOT EXISTS (SELECT 1 FROM ticked_stocks WHERE id = new.id);
END;

-- Cascades. Written out, and run before the parent goes, so that the children's own triggers still
-- find their owner, and so that they happen for a writer that has not switched foreign keys on.
CREATE TRIGGER users_cascade BEFORE DELETE ON users BEGIN
    DELETE FROM sessions WHERE userId = old.id;
    DELETE FROM watchlists WHERE userId = old.id;
    DELETE FROM trading_accounts WHERE userId = old.id;
END;
CREATE TRIGGER accounts_cascade BEFORE DELETE ON trading_accounts BEGIN
    DELETE FROM orders WHERE tradingAccountId = old.id;
    DELETE FROM positions WHERE tradingAccountId = old.id;
    DELETE FROM transactions WHERE tradingAccountId = old.id;
END;
CREATE TRIGGER watchlists_cascade BEFORE DELETE ON watchlists BEGIN
    DELETE FROM watchlist_items WHERE watchlistId = old.id;
END;
CREATE TRIGGER stocks_cascade BEFORE DELETE ON stocks BEGIN
    UPDATE orders SET stockId = NULL WHERE stockId = old.id;
    UPDATE positions SET stockId = NULL WHERE stockId = old.id;
    DELETE FROM watchlist_items WHERE stockId = old.id;
END;
