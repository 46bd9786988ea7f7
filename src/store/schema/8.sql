-- Stories that a person has found to be not what a rule is for.

CREATE TABLE not_relevant (
    rule  TEXT NOT NULL,
    story INTEGER NOT NULL REFERENCES stories (id) ON DELETE CASCADE,
    at    INTEGER NOT NULL,
    PRIMARY KEY (rule, story)
) STRICT, WITHOUT ROWID;
CREATE INDEX not_relevant_by_story ON not_relevant (story);
