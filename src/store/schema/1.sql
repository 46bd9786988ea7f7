-- Times are milliseconds since the epoch. Lists and verdicts are JSON.

CREATE TABLE feeds (
    id             INTEGER PRIMARY KEY,
    url            TEXT NOT NULL UNIQUE,
    name           TEXT NOT NULL,
    etag           BLOB,
    last_modified  BLOB,
    validators_url TEXT,               -- who gave the validators
    first_read_at  INTEGER,            -- null until the baseline is taken
    last_poll_at   INTEGER,
    last_read_at   INTEGER,            -- the last complete document: items seen then are still in it
    next_poll_at   INTEGER,
    asked_until    INTEGER,            -- Retry-After: no request before this
    failing_since  INTEGER,
    failures       INTEGER NOT NULL DEFAULT 0,
    error          TEXT
) STRICT;

CREATE TABLE stories (
    id         INTEGER PRIMARY KEY,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE items (
    id             INTEGER PRIMARY KEY,
    feed           INTEGER NOT NULL REFERENCES feeds (id) ON DELETE CASCADE,
    key            TEXT NOT NULL,      -- unique within its feed only
    story          INTEGER NOT NULL REFERENCES stories (id),
    link           TEXT,
    canonical_link TEXT,
    headline       INTEGER,            -- fingerprint of the title
    content        INTEGER NOT NULL,   -- fingerprint of title and body: has the item changed?
    title          TEXT NOT NULL,
    body           TEXT NOT NULL,
    authors        TEXT NOT NULL,
    categories     TEXT NOT NULL,
    language       TEXT,
    published_at   INTEGER,
    first_seen_at  INTEGER NOT NULL,
    last_seen_at   INTEGER NOT NULL,
    changed_at     INTEGER,            -- the last edit after it was first seen
    UNIQUE (feed, key)
) STRICT;
CREATE INDEX items_by_story ON items (story);
CREATE INDEX items_by_link ON items (canonical_link) WHERE canonical_link IS NOT NULL;
CREATE INDEX items_by_headline ON items (headline) WHERE headline IS NOT NULL;
CREATE INDEX items_by_age ON items (last_seen_at);

CREATE TABLE alerts (
    id         TEXT PRIMARY KEY,       -- random; the row id tells the order
    kind       TEXT NOT NULL,
    rule       TEXT,                   -- of a story alert
    story      INTEGER REFERENCES stories (id),
    urgency    TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX alerts_by_story ON alerts (story, rule, created_at) WHERE story IS NOT NULL;
CREATE INDEX alerts_by_age ON alerts (created_at);

CREATE TABLE hits (
    id       INTEGER PRIMARY KEY,
    item     INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    rule     TEXT NOT NULL,
    at       INTEGER NOT NULL,
    verdict  TEXT NOT NULL,
    evidence TEXT NOT NULL,
    alert    TEXT REFERENCES alerts (id),
    UNIQUE (item, rule)
) STRICT;
CREATE INDEX hits_by_time ON hits (at);
CREATE INDEX hits_by_rule ON hits (rule, at);
CREATE INDEX hits_by_alert ON hits (alert) WHERE alert IS NOT NULL;

CREATE TABLE outbox (
    alert       TEXT NOT NULL REFERENCES alerts (id) ON DELETE CASCADE,
    channel     TEXT NOT NULL,
    state       TEXT NOT NULL DEFAULT 'waiting',   -- waiting, leased, sent, folded, dead
    due_at      INTEGER NOT NULL,
    attempts    INTEGER NOT NULL DEFAULT 0,
    error       TEXT,
    settled_at  INTEGER,                           -- when it was sent, folded or given up
    folded_into TEXT REFERENCES alerts (id) ON DELETE SET NULL,
    PRIMARY KEY (alert, channel)
) STRICT, WITHOUT ROWID;
CREATE INDEX outbox_by_due ON outbox (channel, due_at) WHERE state IN ('waiting', 'leased');
CREATE INDEX outbox_by_fold ON outbox (folded_into) WHERE folded_into IS NOT NULL;
