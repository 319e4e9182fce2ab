-- The life of a case: what a person decided, and what happened to it since; and what accounts answered to mentions.

-- When it last became something to tell: first seen, risen to a higher level, come back after it was dismissed.
ALTER TABLE suspicion ADD COLUMN news INTEGER NOT NULL DEFAULT 0;
-- How often it came back.
ALTER TABLE suspicion ADD COLUMN returns INTEGER NOT NULL DEFAULT 0;
UPDATE suspicion SET news = first_seen;
CREATE INDEX suspicion_news ON suspicion (news);

-- Everything that happened to a case, in order. The profile it had then goes with the account.
CREATE TABLE case_event (
    id        INTEGER PRIMARY KEY,
    suspicion INTEGER NOT NULL REFERENCES suspicion (id) ON DELETE CASCADE,
    at        INTEGER NOT NULL,
    who       TEXT NOT NULL,                    -- a person, or vigie
    what      TEXT NOT NULL,                    -- new, risen, changed, confirmed, dismissed, reported, returned, gone
    note      TEXT,
    known     TEXT                              -- handle, display name, bio, picture then, as JSON
) STRICT;
CREATE INDEX case_event_of ON case_event (suspicion, id);

-- Accounts that a person said are no impostors of a brand; for as long as they stay what they were.
CREATE TABLE ignored (
    network   TEXT NOT NULL,
    native_id TEXT NOT NULL,
    brand     TEXT NOT NULL,
    level     TEXT NOT NULL,                    -- of the suspicion then
    known     TEXT NOT NULL,                    -- the profile then, as JSON
    at        INTEGER NOT NULL,
    who       TEXT NOT NULL,
    PRIMARY KEY (network, native_id, brand)
) STRICT, WITHOUT ROWID;

-- What people said of accounts: the truth to measure against. No words of the account stand here.
CREATE TABLE account_label (
    network   TEXT NOT NULL,
    native_id TEXT NOT NULL,
    brand     TEXT NOT NULL,
    label     TEXT NOT NULL,                    -- impostor, legit
    at        INTEGER NOT NULL,
    who       TEXT NOT NULL,
    PRIMARY KEY (network, native_id, brand)
) STRICT, WITHOUT ROWID;

-- Answers to mentions that ask for something a help desk might ask for, of accounts that come near a brand or of whom
-- nothing is known yet.
CREATE TABLE answer (
    id        INTEGER PRIMARY KEY,
    author    INTEGER NOT NULL REFERENCES author (id),
    brand     TEXT NOT NULL,
    network   TEXT NOT NULL,
    native_id TEXT NOT NULL,
    person    TEXT NOT NULL,                    -- native id of whoever is answered
    text      TEXT NOT NULL,
    permalink TEXT,
    delay     INTEGER,                          -- milliseconds after what it answers
    published INTEGER,
    seen      INTEGER NOT NULL,
    UNIQUE (network, native_id, brand)
) STRICT;
CREATE INDEX answer_of ON answer (author, brand);
CREATE INDEX answer_seen ON answer (seen);
