-- What a text is about, as far as that is in doubt: its language, whether it is about the brand, and what people say.

-- The language as settled from the text and from what its network declares (post.lang): '' where nobody could say, null of
-- posts stored before this was asked.
ALTER TABLE post ADD COLUMN language TEXT;

-- How sure it is that a mention is about the brand, in thousandths, and the rule that gave it. A doubtful one is under the
-- brand's threshold: kept apart, in no count.
ALTER TABLE mention ADD COLUMN relevance INTEGER NOT NULL DEFAULT 1000;
ALTER TABLE mention ADD COLUMN rule TEXT NOT NULL DEFAULT '';
ALTER TABLE mention ADD COLUMN doubtful INTEGER NOT NULL DEFAULT 0;
CREATE INDEX mention_doubtful ON mention (brand, counted) WHERE doubtful = 1;

-- What every figure is counted over.
CREATE VIEW clear_mention AS
    SELECT id, post, brand, version, tags, matched, counted, relevance, rule, doubtful FROM mention WHERE doubtful = 0;

-- What people said of a post and a brand. It outlives the mention, so that a change of keywords loses nothing; its text goes
-- when the post is deleted at its source.
CREATE TABLE label (
    network   TEXT NOT NULL,
    native_id TEXT NOT NULL,
    brand     TEXT NOT NULL,
    relevant  INTEGER NOT NULL,
    at        INTEGER NOT NULL,
    asked     TEXT NOT NULL,                    -- doubtful, random, mail, given
    keywords  TEXT NOT NULL,                    -- those found in it, as a JSON list
    text      TEXT,
    PRIMARY KEY (network, native_id, brand)
) STRICT, WITHOUT ROWID;
CREATE INDEX label_brand ON label (brand, at);
