-- What was changed in an item after it was first seen, and what channels are asked again for.

CREATE TABLE edits (
    item    INTEGER NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    at      INTEGER NOT NULL,
    title   TEXT,                  -- as it was, if its words changed
    passage TEXT                   -- of the text, that is gone, if its words changed
) STRICT;
CREATE INDEX edits_by_item ON edits (item, at);

CREATE INDEX outbox_leased ON outbox (alert) WHERE state = 'leased';
CREATE INDEX outbox_waiting ON outbox (alert) WHERE state = 'waiting';
