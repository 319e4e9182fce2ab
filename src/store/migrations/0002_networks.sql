-- What every network that may be listened to needs: budgets, posts read once more, accounts over time.

ALTER TABLE author ADD COLUMN posts INTEGER;

-- When a stored post was last read again (or first seen), and how long its text may be kept unread.
ALTER TABLE post ADD COLUMN reread INTEGER;
CREATE INDEX post_reread ON post (network, reread);

-- What a source has spent, by its own day, in the unit of its network.
CREATE TABLE spending (
    source INTEGER NOT NULL REFERENCES source (id),
    day    INTEGER NOT NULL,                    -- start of the day, UTC milliseconds
    spent  INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (source, day)
) STRICT, WITHOUT ROWID;

-- Tracked accounts (official ones of brands and competitors), once a day.
CREATE TABLE account_day (
    network      TEXT NOT NULL,
    native_id    TEXT NOT NULL,
    day          INTEGER NOT NULL,
    handle       TEXT,
    display_name TEXT,
    bio          TEXT,
    avatar       TEXT,
    followers    INTEGER,
    posts        INTEGER,
    verified     INTEGER,
    seen         INTEGER NOT NULL,
    PRIMARY KEY (network, native_id, day)
) STRICT, WITHOUT ROWID;

-- Changes of name, bio or avatar of a tracked account.
CREATE TABLE account_change (
    id        INTEGER PRIMARY KEY,
    network   TEXT NOT NULL,
    native_id TEXT NOT NULL,
    field     TEXT NOT NULL,                    -- handle, display_name, bio, avatar, verified
    before    TEXT,
    after     TEXT,
    seen      INTEGER NOT NULL
) STRICT;
CREATE INDEX account_change_of ON account_change (network, native_id, seen);

-- Imported files: where each stands, so that it can go on after a stop.
CREATE TABLE import (
    id       INTEGER PRIMARY KEY,
    source   INTEGER NOT NULL REFERENCES source (id),
    file     TEXT NOT NULL,                     -- SHA-256 of its content and of how it is read
    name     TEXT NOT NULL,
    started  INTEGER NOT NULL,
    done     INTEGER NOT NULL DEFAULT 0,        -- records taken
    ended    INTEGER,
    UNIQUE (source, file)
) STRICT;

-- Requests that pushed posts under an Idempotency-Key, so that a repeat gets the same answer.
CREATE TABLE receipt (
    source   INTEGER NOT NULL REFERENCES source (id),
    key      TEXT NOT NULL,                     -- SHA-256 of the key
    body     TEXT NOT NULL,                     -- SHA-256 of what was sent
    at       INTEGER NOT NULL,
    posts    INTEGER NOT NULL,
    repeats  INTEGER NOT NULL,
    mentions INTEGER NOT NULL,
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX receipt_at ON receipt (at);
