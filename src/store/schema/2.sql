-- How a feed's polls are paced, where it has moved to, and whether it is gone.

ALTER TABLE feeds ADD COLUMN body_hash BLOB;                    -- of the last complete document
ALTER TABLE feeds ADD COLUMN changed_at INTEGER;                -- when it last brought something new
ALTER TABLE feeds ADD COLUMN pace TEXT;                         -- why it is asked when it is, JSON
ALTER TABLE feeds ADD COLUMN rhythm TEXT;                       -- what its document says of that, JSON
ALTER TABLE feeds ADD COLUMN moved_to TEXT;                     -- where it has permanently redirected
ALTER TABLE feeds ADD COLUMN moved_polls INTEGER NOT NULL DEFAULT 0;   -- for how many polls in a row
ALTER TABLE feeds ADD COLUMN gone_at INTEGER;                   -- 410: it is asked no more
ALTER TABLE feeds ADD COLUMN repairs TEXT;                      -- of the last complete document, JSON

UPDATE feeds SET changed_at = (SELECT max(first_seen_at) FROM items WHERE feed = feeds.id);

ALTER TABLE alerts ADD COLUMN about TEXT;                       -- of an alert about a feed: its name
