-- Profile pictures of accounts under suspicion and of brands, each asked for once: what they hash to, or why not.
CREATE TABLE picture (
    address TEXT PRIMARY KEY,
    hash    TEXT,                               -- 16 hexadecimal digits; null where there is none
    note    TEXT,                               -- why there is none
    tries   INTEGER NOT NULL,
    asked   INTEGER NOT NULL,
    again   INTEGER                             -- when to ask once more; null: never
) STRICT, WITHOUT ROWID;
