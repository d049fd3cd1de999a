-- Full years; null for a channel that certifies people of any age.
ALTER TABLE channels ADD COLUMN minimum_age INTEGER;
