-- The part of its query that made a post a mention, and which query decided from when on.
ALTER TABLE mention ADD COLUMN trace TEXT NOT NULL DEFAULT '';

CREATE TABLE query_version (
    brand     TEXT NOT NULL,
    since     INTEGER NOT NULL,
    version   TEXT NOT NULL,
    query     TEXT NOT NULL,
    rematched INTEGER,                          -- when it was applied to what was stored before
    PRIMARY KEY (brand, since)
) STRICT, WITHOUT ROWID;
