-- The first schema. Times are UTC milliseconds; counts are whole numbers; text that strangers wrote stands
-- only in post, author and suspicion, so that a deletion at the source can remove it everywhere.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- One row a configured source: where reading stopped and how it fares.
CREATE TABLE source (
    id           INTEGER PRIMARY KEY,
    name         TEXT NOT NULL UNIQUE,
    network      TEXT NOT NULL,
    example      INTEGER NOT NULL DEFAULT 0,
    cursor       TEXT,
    state        TEXT NOT NULL DEFAULT 'new',   -- new, ok, failing, paused, stopped, silent
    reason       TEXT,
    failures     INTEGER NOT NULL DEFAULT 0,    -- in a row
    failing_from INTEGER,
    last_try     INTEGER,
    last_ok      INTEGER,
    last_post    INTEGER,
    habit        INTEGER NOT NULL DEFAULT 0,    -- usual longest wait between posts
    observed     INTEGER NOT NULL DEFAULT 0,    -- pages with posts that habit was learned from
    until        INTEGER                        -- a stream has been read up to here, by the network's clock
) STRICT;

CREATE TABLE author (
    id           INTEGER PRIMARY KEY,
    network      TEXT NOT NULL,
    native_id    TEXT NOT NULL,
    handle       TEXT,
    display_name TEXT,
    bio          TEXT,
    avatar       TEXT,
    url          TEXT,
    followers    INTEGER,
    created      INTEGER,
    verified     INTEGER,
    bot          INTEGER,
    status       TEXT,
    links        TEXT,
    first_seen   INTEGER NOT NULL,
    refreshed    INTEGER NOT NULL,
    UNIQUE (network, native_id)
) STRICT;

-- Posts that are a mention of some brand. Others are counted in coverage and forgotten.
CREATE TABLE post (
    id        INTEGER PRIMARY KEY,
    network   TEXT NOT NULL,
    native_id TEXT NOT NULL,
    source    INTEGER NOT NULL REFERENCES source (id),
    author    INTEGER REFERENCES author (id),
    kind      TEXT NOT NULL,
    lang      TEXT,
    title     TEXT,
    text      TEXT NOT NULL,
    summary   TEXT,
    permalink TEXT,
    published INTEGER,
    edited    INTEGER,
    seen      INTEGER NOT NULL,
    counted   INTEGER NOT NULL,                 -- the moment that decides its window
    reactions INTEGER NOT NULL DEFAULT 0,
    words     BLOB NOT NULL,                    -- hash of the folded text: one story, however often copied
    more      TEXT,                             -- counts, media, links, hashtags, thread, as JSON
    UNIQUE (network, native_id)
) STRICT;
CREATE INDEX post_author ON post (author);

-- One post about one brand.
CREATE TABLE mention (
    id      INTEGER PRIMARY KEY,
    post    INTEGER NOT NULL REFERENCES post (id) ON DELETE CASCADE,
    brand   TEXT NOT NULL,
    version TEXT NOT NULL,
    tags    TEXT NOT NULL,
    matched INTEGER NOT NULL,
    counted INTEGER NOT NULL,
    UNIQUE (post, brand)
) STRICT;
CREATE INDEX mention_window ON mention (counted, brand);

CREATE TABLE suspicion (
    id         INTEGER PRIMARY KEY,
    author     INTEGER NOT NULL REFERENCES author (id),
    brand      TEXT NOT NULL,
    source     INTEGER NOT NULL REFERENCES source (id),
    level      TEXT NOT NULL,                   -- watch, review, alert
    score      INTEGER NOT NULL,
    likeness   INTEGER NOT NULL,
    claim      INTEGER NOT NULL,
    signals    TEXT NOT NULL,
    state      TEXT NOT NULL DEFAULT 'new',     -- new, gone
    first_seen INTEGER NOT NULL,
    changed    INTEGER NOT NULL,
    UNIQUE (author, brand)
) STRICT;

-- What was taken away at the source, and when we took it away here.
CREATE TABLE tombstone (
    network   TEXT NOT NULL,
    native_id TEXT NOT NULL,
    what      TEXT NOT NULL,                    -- post, account
    deleted   INTEGER,
    seen      INTEGER NOT NULL,
    PRIMARY KEY (network, native_id, what)
) STRICT, WITHOUT ROWID;

-- Per source and hour: what was due, what was done, what was heard.
CREATE TABLE coverage (
    source   INTEGER NOT NULL REFERENCES source (id),
    hour     INTEGER NOT NULL,
    due      INTEGER NOT NULL DEFAULT 0,
    done     INTEGER NOT NULL DEFAULT 0,
    failed   INTEGER NOT NULL DEFAULT 0,
    paused   INTEGER NOT NULL DEFAULT 0,
    posts    INTEGER NOT NULL DEFAULT 0,
    repeats  INTEGER NOT NULL DEFAULT 0,
    mentions INTEGER NOT NULL DEFAULT 0,
    reason   TEXT,
    PRIMARY KEY (source, hour)
) STRICT, WITHOUT ROWID;

-- A stretch of time that a source could not give.
CREATE TABLE gap (
    id     INTEGER PRIMARY KEY,
    source INTEGER NOT NULL REFERENCES source (id),
    "from" INTEGER NOT NULL,
    "to"   INTEGER NOT NULL,
    reason TEXT NOT NULL,
    closed INTEGER
) STRICT;
CREATE INDEX gap_window ON gap ("to");

-- Alerts that wait for their group to close; kept afterwards as the record of what was told.
CREATE TABLE alert_group (
    rule   TEXT PRIMARY KEY,
    opened INTEGER,                             -- null when closed
    closes INTEGER,
    last   INTEGER                              -- when it closed last
) STRICT, WITHOUT ROWID;
CREATE INDEX alert_group_closes ON alert_group (closes) WHERE closes IS NOT NULL;

CREATE TABLE alert (
    id     INTEGER PRIMARY KEY,
    rule   TEXT NOT NULL,
    kind   TEXT NOT NULL,                       -- mention, suspicion, source
    ref    INTEGER NOT NULL,                    -- mention.id, suspicion.id, source.id
    key    TEXT NOT NULL UNIQUE,                -- the same alert is raised once
    raised INTEGER NOT NULL,
    window INTEGER,                             -- alert_group.opened, once its group has closed
    detail TEXT
) STRICT;
CREATE INDEX alert_open ON alert (rule) WHERE window IS NULL;
CREATE INDEX alert_window ON alert (rule, window);
CREATE INDEX alert_ref ON alert (kind, ref);

-- One finished e-mail to one recipient.
CREATE TABLE notice (
    id         INTEGER PRIMARY KEY,
    key        TEXT NOT NULL UNIQUE,
    kind       TEXT NOT NULL,                   -- alert, digest
    rule       TEXT NOT NULL,
    window     INTEGER NOT NULL,
    recipient  TEXT NOT NULL,
    message_id TEXT NOT NULL,
    subject    TEXT NOT NULL,
    bytes      BLOB NOT NULL,
    html       TEXT NOT NULL,
    written    INTEGER NOT NULL,
    state      TEXT NOT NULL DEFAULT 'due',     -- due, sent, failed, withdrawn
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_try   INTEGER NOT NULL,
    sent       INTEGER
) STRICT;
CREATE INDEX notice_due ON notice (next_try) WHERE state = 'due';

CREATE TABLE delivery (
    notice  INTEGER NOT NULL REFERENCES notice (id) ON DELETE CASCADE,
    attempt INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    outcome TEXT NOT NULL,                      -- sent, retry, failed
    answer  TEXT NOT NULL,
    PRIMARY KEY (notice, attempt)
) STRICT, WITHOUT ROWID;
