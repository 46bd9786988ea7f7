-- How widely a story is carried, and feeds that repeat themselves.

CREATE TABLE escalations (
    rule  TEXT NOT NULL,
    story INTEGER NOT NULL REFERENCES stories (id) ON DELETE CASCADE,
    at    INTEGER NOT NULL,
    PRIMARY KEY (rule, story)
) STRICT, WITHOUT ROWID;
CREATE INDEX escalations_by_story ON escalations (story);

ALTER TABLE feeds ADD COLUMN repeated_at INTEGER;   -- when it last brought as new what it had brought before
