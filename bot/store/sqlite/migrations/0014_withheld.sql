-- What was reported is hidden on record, too, and a case keeps what its message showed before.

ALTER TABLE jobs ADD COLUMN exposure TEXT NOT NULL DEFAULT 'SHOWN';

ALTER TABLE cases ADD COLUMN is_hiding INTEGER NOT NULL DEFAULT 0 CHECK (is_hiding IN (0, 1));

-- JSON: the components of the message, until the verdict is carried out.
ALTER TABLE cases ADD COLUMN shown TEXT CHECK (shown IS NULL OR json_valid(shown));

UPDATE cases SET is_hiding = 1 WHERE kind = 'report';

UPDATE jobs SET exposure = 'HIDDEN'
WHERE job_id IN (SELECT job_id FROM cases WHERE kind = 'report' AND verdict IN ('open', 'blocked'));

UPDATE jobs SET exposure = 'REMOVED'
WHERE job_id IN (SELECT job_id FROM cases WHERE kind = 'report' AND verdict = 'deleted');

-- How often a member has hidden something today.
CREATE INDEX cases_reported_by ON cases (guild_id, opened_by, opened_at_s) WHERE is_hiding = 1;
