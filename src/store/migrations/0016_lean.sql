-- Rows without what is nearly always nothing or the same: what most posts lack stands last, where it takes no room, and the
-- moments that follow from another are told from it. Runs without foreign keys, so that no mention goes with the old table.

DROP VIEW counted_hour;
DROP VIEW clear_mention;
DROP VIEW mention;

CREATE TABLE lean_post (
    id        INTEGER PRIMARY KEY,
    seen      INTEGER NOT NULL GENERATED ALWAYS AS (counted + delay) VIRTUAL,
    published INTEGER GENERATED ALWAYS AS (CASE WHEN undated IS NULL THEN COALESCE(told, counted) END) VIRTUAL,
    network   TEXT NOT NULL,
    native_id TEXT NOT NULL,
    source    INTEGER NOT NULL REFERENCES source (id),
    author    INTEGER REFERENCES author (id),
    kind      TEXT NOT NULL,
    counted   INTEGER NOT NULL,                 -- the moment that decides its window
    delay     INTEGER NOT NULL,                 -- milliseconds from there until we saw it
    reactions INTEGER NOT NULL DEFAULT 0,
    words     BLOB NOT NULL,                    -- hash of the folded text: one story, however often copied
    permalink TEXT,
    language  TEXT,
    text      TEXT NOT NULL,
    sentiment TEXT,
    lang      TEXT,
    more      TEXT,                             -- counts, media, links, hashtags, thread, as JSON
    story     INTEGER,                          -- post.id whose text it copies
    told      INTEGER,                          -- when it was published by its own account, if that is not when it counts
    undated   INTEGER,                          -- 1: nobody says when it was published
    reread    INTEGER,
    edited    INTEGER,
    title     TEXT,
    local_id  TEXT,
    summary   TEXT,
    UNIQUE (network, native_id)
) STRICT;
INSERT INTO lean_post (id, network, native_id, source, author, kind, counted, delay, reactions, words, permalink, language, text,
        sentiment, lang, more, story, told, undated, reread, edited, title, local_id, summary)
    SELECT id, network, native_id, source, author, kind, counted, seen - counted, reactions, words, permalink, language, text,
        sentiment, lang, more, story, NULLIF(published, counted), CASE WHEN published IS NULL THEN 1 END, reread, edited, title,
        local_id, summary
    FROM post ORDER BY id;
DROP TABLE post;
ALTER TABLE lean_post RENAME TO post;
CREATE INDEX post_author ON post (author);
CREATE INDEX post_local_id ON post (network, local_id) WHERE local_id IS NOT NULL;
CREATE INDEX post_story ON post (story) WHERE story IS NOT NULL;

CREATE TABLE lean_mention (
    id        INTEGER PRIMARY KEY,
    post      INTEGER NOT NULL REFERENCES post (id) ON DELETE CASCADE,
    brand     INTEGER NOT NULL,                 -- word.id
    version   INTEGER NOT NULL,                 -- word.id
    counted   INTEGER NOT NULL,
    relevance INTEGER NOT NULL DEFAULT 1000,
    doubtful  INTEGER NOT NULL DEFAULT 0,
    tags      TEXT NOT NULL,
    matched   INTEGER,                          -- null: when its post was seen
    rule      TEXT,                             -- null: the name means nothing else
    trace     TEXT,                             -- null: the keyword of its first tag
    UNIQUE (post, brand)
) STRICT;
INSERT INTO lean_mention (id, post, brand, version, counted, relevance, doubtful, tags, matched, rule, trace)
    SELECT id, post, brand, version, counted, relevance, doubtful, tags, matched, rule, trace FROM kept_mention ORDER BY id;
DROP TABLE kept_mention;
ALTER TABLE lean_mention RENAME TO kept_mention;
CREATE INDEX mention_window ON kept_mention (counted, brand);
CREATE INDEX mention_doubtful ON kept_mention (counted) WHERE doubtful = 1;

CREATE VIEW mention AS
    SELECT id, post, (SELECT name FROM word WHERE word.id = kept_mention.brand) AS brand,
        (SELECT name FROM word WHERE word.id = kept_mention.version) AS version, tags,
        COALESCE(matched, (SELECT seen FROM post WHERE post.id = kept_mention.post)) AS matched,
        counted, relevance, COALESCE(rule, '=') AS rule, doubtful, COALESCE(trace, '=') AS trace
    FROM kept_mention;

-- What every figure is counted over.
CREATE VIEW clear_mention AS
    SELECT id, post, brand, version, tags, matched, counted, relevance, rule, doubtful FROM mention WHERE doubtful = 0;

-- What the rollups must say. A sentiment is one sign; whole words are those of stores of before.
CREATE VIEW counted_hour AS
    SELECT (mention.counted - (mention.counted % 3600000 + 3600000) % 3600000) / 3600000 AS hour,
        mention.brand AS brand, post.network AS network,
        COALESCE(NULLIF(COALESCE(post.language, post.lang), ''), 'unknown') AS language,
        CASE WHEN post.sentiment IN ('-', 'negative') THEN -1 WHEN post.sentiment IN ('=', 'neutral') THEN 0
            WHEN post.sentiment IN ('+', 'positive') THEN 1 ELSE 2 END AS sentiment,
        COUNT(*) AS mentions
    FROM clear_mention AS mention JOIN post ON post.id = mention.post
    GROUP BY 1, 2, 3, 4, 5;
