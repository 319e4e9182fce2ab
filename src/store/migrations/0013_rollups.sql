-- Mentions that count (view clear_mention), added up as they are stored, changed and taken away, so that figures over
-- months need not read every row. `vigie check --figures` counts the rows again and compares.

-- Names of brands, networks and languages in the rollups.
CREATE TABLE word (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE rollup_hour (
    hour      INTEGER NOT NULL,                 -- hours since 1970
    brand     INTEGER NOT NULL,                 -- word.id
    network   INTEGER NOT NULL,                 -- word.id
    language  INTEGER NOT NULL,                 -- word.id, 'unknown' where nobody can say
    sentiment INTEGER NOT NULL,                 -- -1, 0, 1; 2 where nothing is understood
    mentions  INTEGER NOT NULL,
    PRIMARY KEY (hour, brand, network, language, sentiment)
) STRICT, WITHOUT ROWID;

-- The same by day, for long windows.
CREATE TABLE rollup_day (
    brand    INTEGER NOT NULL,
    day      INTEGER NOT NULL,                  -- days since 1970 (UTC)
    network  INTEGER NOT NULL,
    mentions INTEGER NOT NULL,
    PRIMARY KEY (brand, day, network)
) STRICT, WITHOUT ROWID;

-- What the rollups must say.
CREATE VIEW counted_hour AS
    SELECT (mention.counted - (mention.counted % 3600000 + 3600000) % 3600000) / 3600000 AS hour,
        mention.brand AS brand, post.network AS network,
        COALESCE(NULLIF(COALESCE(post.language, post.lang), ''), 'unknown') AS language,
        CASE post.sentiment WHEN 'negative' THEN -1 WHEN 'neutral' THEN 0 WHEN 'positive' THEN 1 ELSE 2 END AS sentiment,
        COUNT(*) AS mentions
    FROM clear_mention AS mention JOIN post ON post.id = mention.post
    GROUP BY 1, 2, 3, 4, 5;

-- Nothing asks by it: posts are read again by source, and expire by network, which the unique index leads to.
DROP INDEX post_reread;

-- Open alerts of a rule are found by alert_window as well: their window is null.
DROP INDEX alert_open;

INSERT INTO word (name)
    SELECT brand FROM counted_hour UNION SELECT network FROM counted_hour UNION SELECT language FROM counted_hour;
INSERT INTO rollup_hour (hour, brand, network, language, sentiment, mentions)
    SELECT hour, brand.id, network.id, language.id, sentiment, mentions FROM counted_hour
        JOIN word AS brand ON brand.name = counted_hour.brand JOIN word AS network ON network.name = counted_hour.network
        JOIN word AS language ON language.name = counted_hour.language;
INSERT INTO rollup_day (brand, day, network, mentions)
    SELECT brand, (hour - (hour % 24 + 24) % 24) / 24, network, SUM(mentions) FROM rollup_hour GROUP BY 1, 2, 3;
