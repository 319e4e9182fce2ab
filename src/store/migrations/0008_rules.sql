-- Rules that cool down, are muted and hold back.

-- What an alert is about, for its rule's cool-down: a brand, an author, a post.
ALTER TABLE alert ADD COLUMN subject TEXT NOT NULL DEFAULT '';
CREATE INDEX alert_subject ON alert (rule, subject, raised) WHERE subject <> '';

-- Until when a notice is news; after that it stands in the next digest instead. How many alerts it tells.
ALTER TABLE notice ADD COLUMN useful INTEGER;
ALTER TABLE notice ADD COLUMN alerts INTEGER NOT NULL DEFAULT 0;
-- The key of the mail that told a notice which was held back (state 'held', then 'folded').
ALTER TABLE notice ADD COLUMN told_in TEXT;
CREATE INDEX notice_held ON notice (recipient) WHERE state = 'held';
CREATE INDEX notice_recipient ON notice (recipient, written);

-- Rules that a person has silenced for a while.
CREATE TABLE mute (
    id    INTEGER PRIMARY KEY,
    rule  TEXT NOT NULL,
    brand TEXT,                                 -- null: all
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    who   TEXT NOT NULL,
    note  TEXT,
    kept  INTEGER NOT NULL DEFAULT 0            -- alerts not raised because of it
) STRICT;
CREATE INDEX mute_rule ON mute (rule, until);
