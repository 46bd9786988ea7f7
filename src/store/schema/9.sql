-- Why an item belongs to its story, and which stories turned out to be one.

ALTER TABLE items ADD COLUMN bond TEXT;                          -- JSON; null if it came before this column
ALTER TABLE stories ADD COLUMN merged_into INTEGER REFERENCES stories (id) ON DELETE SET NULL;
CREATE INDEX stories_by_survivor ON stories (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX items_by_first_seen ON items (first_seen_at);
