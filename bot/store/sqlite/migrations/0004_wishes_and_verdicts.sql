-- What was asked for and not done yet: a member's wish to cancel, a verdict that was given and not carried out.

ALTER TABLE jobs ADD COLUMN is_cancel_asked INTEGER NOT NULL DEFAULT 0 CHECK (is_cancel_asked IN (0, 1));

-- `press_id` is the interaction that decided, and the id of an approved run's job. Cases of before were
-- carried out as they were decided.
ALTER TABLE cases ADD COLUMN press_id INTEGER;

ALTER TABLE cases ADD COLUMN is_to_do INTEGER NOT NULL DEFAULT 0 CHECK (is_to_do IN (0, 1));

CREATE INDEX cases_to_do ON cases (decided_at_s) WHERE is_to_do = 1;
