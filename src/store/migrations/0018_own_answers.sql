-- What a brand's own accounts answered in posts that name no brand: that they did and when, without words.
CREATE TABLE own_answer (
    brand     TEXT NOT NULL,
    network   TEXT NOT NULL,
    native_id TEXT NOT NULL,
    author    TEXT NOT NULL,                    -- native id of the account
    reply_to  TEXT NOT NULL,                    -- native id of what it answers
    at        INTEGER NOT NULL,
    PRIMARY KEY (brand, network, native_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX own_answer_post ON own_answer (network, native_id);
CREATE INDEX own_answer_author ON own_answer (network, author);
