-- What the user does not want to hear of for a while.

CREATE TABLE mutes (
    rule  TEXT UNIQUE,
    story INTEGER UNIQUE REFERENCES stories (id) ON DELETE CASCADE,
    feed  INTEGER UNIQUE REFERENCES feeds (id) ON DELETE CASCADE,
    since INTEGER NOT NULL,
    until INTEGER NOT NULL,
    CHECK ((rule IS NULL) + (story IS NULL) + (feed IS NULL) = 2)
) STRICT;
