-- Whose a job is: whoever follows it from the record on counts this up, and writes only while it stands.
ALTER TABLE jobs ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0 CHECK (epoch >= 0);
