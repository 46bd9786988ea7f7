-- Copies are looked for within a feed. With the feed first, the entries of a poll are beside each other,
-- and a poll writes a page or two of an index instead of one for each item.

DROP INDEX items_by_link;
DROP INDEX items_by_headline;
CREATE INDEX items_by_link ON items (feed, canonical_link) WHERE canonical_link IS NOT NULL;
CREATE INDEX items_by_headline ON items (feed, headline) WHERE headline IS NOT NULL;
