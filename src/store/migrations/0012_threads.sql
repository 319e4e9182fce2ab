-- Matters that last, the threads that mails about them make, and what the people behind addresses want.

-- Something that a rule told and that may go on: a spike, a drop, a silence, a share that grows, a source in trouble.
CREATE TABLE incident (
    rule    TEXT NOT NULL,
    subject TEXT NOT NULL,                      -- as in alert
    opened  INTEGER NOT NULL,
    told    INTEGER NOT NULL,                   -- when something was raised about it last
    detail  TEXT NOT NULL,                      -- what was told last, as in alert
    calm    INTEGER,                            -- since when all is well again; null while it is not
    ended   INTEGER,
    PRIMARY KEY (rule, subject, opened)
) STRICT, WITHOUT ROWID;
CREATE INDEX incident_open ON incident (rule, subject) WHERE ended IS NULL;

-- The first mail of each thread to each recipient: later ones answer it.
CREATE TABLE thread (
    thread     TEXT NOT NULL,
    recipient  TEXT NOT NULL,
    message_id TEXT NOT NULL,
    topic      TEXT NOT NULL,                   -- what its subjects have in common
    opened     INTEGER NOT NULL,
    PRIMARY KEY (thread, recipient)
) STRICT, WITHOUT ROWID;
CREATE INDEX notice_message ON notice (message_id);

-- Addresses that were written to, or would have been.
CREATE TABLE recipient (
    address      TEXT PRIMARY KEY,
    token        TEXT NOT NULL UNIQUE,          -- whoever knows it may confirm and unsubscribe this address
    since        INTEGER NOT NULL,
    asked        INTEGER,                       -- when it was asked to confirm
    confirmed    INTEGER,
    unsubscribed INTEGER,
    how          TEXT,                          -- who or what unsubscribed it
    resumed      INTEGER                        -- when somebody lifted what kept mails from it
) STRICT, WITHOUT ROWID;
