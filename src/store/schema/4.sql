-- Alerts that are held until a better time, and what others of their rule were told before.

ALTER TABLE alerts ADD COLUMN gathers TEXT;    -- of one that is held: what it waits for, and its channels, JSON
CREATE INDEX alerts_by_gathers ON alerts (gathers) WHERE gathers IS NOT NULL;
CREATE INDEX alerts_by_rule ON alerts (rule, created_at) WHERE rule IS NOT NULL;

-- A new state beside those of 1.sql: held, until it is due.
CREATE INDEX outbox_held ON outbox (alert) WHERE state = 'held';
