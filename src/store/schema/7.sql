-- How long an alert has waited for its channel, and how much has gone through it lately.

ALTER TABLE outbox ADD COLUMN since INTEGER;                    -- when it was held no longer or sent for again; null: from the beginning

CREATE INDEX outbox_by_sent ON outbox (channel, settled_at) WHERE state = 'sent';
CREATE INDEX outbox_by_dead ON outbox (channel) WHERE state = 'dead';
