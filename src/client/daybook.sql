-- The daybook of blotter(1); see blotter-daybook(5). Times end in _ms: milliseconds since 1970 UTC.
-- A day is a date of the exchange's clock. NULL: not known.

CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS days (
    day TEXT PRIMARY KEY,
    first_ms INTEGER NOT NULL,  -- when it was first watched
    last_ms INTEGER NOT NULL,   -- and last
    since_ms INTEGER            -- from when on closings were seen; NULL: all of them were
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS tape (
    key TEXT PRIMARY KEY,       -- what makes it the same for two that saw it
    day TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,         -- placed changed partial filled cancelled rejected closed …
    id TEXT,                    -- the order's or position's
    symbol TEXT, side TEXT, type TEXT,
    quantity REAL, filled REAL, price REAL, limit_price REAL,
    quantity_before REAL, limit_before REAL, ltp REAL,
    amount REAL,                -- what a closing realised
    took_ms INTEGER,
    reason TEXT,
    text TEXT NOT NULL          -- the whole as a sentence
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS tape_of_day ON tape (day, at_ms);

CREATE TABLE IF NOT EXISTS samples (
    day TEXT NOT NULL,
    series TEXT NOT NULL,       -- day booked margin
    at_ms INTEGER NOT NULL,
    value REAL,                 -- holds until the next one; NULL: nothing is known from here on
    PRIMARY KEY (day, series, at_ms)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS symbols (id INTEGER PRIMARY KEY, symbol TEXT UNIQUE NOT NULL);
CREATE TABLE IF NOT EXISTS bars (
    symbol INTEGER NOT NULL REFERENCES symbols (id),
    minute INTEGER NOT NULL,    -- since 1970 UTC
    open REAL NOT NULL, high REAL NOT NULL, low REAL NOT NULL, close REAL NOT NULL,
    PRIMARY KEY (symbol, minute)
) WITHOUT ROWID;
CREATE VIEW IF NOT EXISTS prices AS
    SELECT symbols.symbol, minute * 60000 AS at_ms, open, high, low, close
    FROM bars JOIN symbols ON symbols.id = bars.symbol;

CREATE TABLE IF NOT EXISTS booked (
    day TEXT NOT NULL,
    position_id TEXT NOT NULL,
    symbol TEXT, currency TEXT,
    amount REAL,                -- of the day
    derived INTEGER NOT NULL,   -- 1: blotter's figure, 0: the server's
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (day, position_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS working (
    day TEXT NOT NULL,
    order_id TEXT NOT NULL,
    symbol TEXT, side TEXT, type TEXT, status TEXT,
    quantity REAL, filled REAL, price REAL,
    placed_ms INTEGER, at_ms INTEGER NOT NULL,
    PRIMARY KEY (day, order_id)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS bodies (
    day TEXT NOT NULL,
    resource TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    body BLOB NOT NULL,         -- the server's last answer of the day
    PRIMARY KEY (day, resource)
);

CREATE TABLE IF NOT EXISTS looked (what TEXT PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
