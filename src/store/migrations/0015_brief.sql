-- Mentions by number: the names of brands and the versions of queries stand once, in `word`, and what nearly all mentions have
-- in common stands nowhere. Whoever reads asks the view.

DROP VIEW counted_hour;
DROP VIEW clear_mention;

CREATE TABLE kept_mention (
    id        INTEGER PRIMARY KEY,
    post      INTEGER NOT NULL REFERENCES post (id) ON DELETE CASCADE,
    brand     INTEGER NOT NULL,                 -- word.id
    version   INTEGER NOT NULL,                 -- word.id
    counted   INTEGER NOT NULL,
    relevance INTEGER NOT NULL DEFAULT 1000,
    doubtful  INTEGER NOT NULL DEFAULT 0,
    matched   INTEGER,                          -- null: when its post was seen
    rule      TEXT,                             -- null: the name means nothing else
    trace     TEXT,                             -- null: the keyword of its first tag
    tags      TEXT NOT NULL,
    UNIQUE (post, brand)
) STRICT;

INSERT OR IGNORE INTO word (name) SELECT brand FROM mention UNION SELECT version FROM mention;
INSERT INTO kept_mention (id, post, brand, version, counted, relevance, doubtful, matched, rule, trace, tags)
    SELECT mention.id, mention.post, brand.id, version.id, mention.counted, mention.relevance, mention.doubtful,
        NULLIF(mention.matched, (SELECT seen FROM post WHERE post.id = mention.post)),
        NULLIF(mention.rule, '='), NULLIF(mention.trace, '='), mention.tags
    FROM mention JOIN word AS brand ON brand.name = mention.brand JOIN word AS version ON version.name = mention.version
    ORDER BY mention.id;
DROP TABLE mention;
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
