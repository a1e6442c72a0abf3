-- What Wiro may charge for a run after it has ended is asked after for a day, whoever pays it then. A hold that
-- is kept until then has no resolution; one that was resolved stays as it is, and what is charged later stands
-- in late_bill, where the operator pays it.

ALTER TABLE jobs ADD COLUMN is_charge_open INTEGER NOT NULL DEFAULT 0 CHECK (is_charge_open IN (0, 1));

-- Kept once it has passed: it tells apart what was waited for and never charged.
ALTER TABLE jobs ADD COLUMN charge_until_s REAL;

CREATE INDEX jobs_open_charges ON jobs (is_charge_open, charge_until_s, job_id, task_id) WHERE is_charge_open = 1;

-- Successes that were waited for a whole day and cost nothing: their models are free.
CREATE INDEX jobs_proven_free ON jobs (model COLLATE NOCASE, created_at_s)
    WHERE stage = 'SUCCEEDED' AND cost_pico = 0 AND is_charge_open = 0 AND charge_until_s IS NOT NULL;

-- Of the last day on record: Runs without an answer, tasks that were given up, and whatever ended at no cost.
UPDATE jobs SET is_charge_open = 1, charge_until_s = coalesce(sent_at_s, created_at_s) + 86400.0
WHERE stage IN ('SUCCEEDED', 'FAILED', 'CANCELLED')
  AND coalesce(sent_at_s, created_at_s) > (SELECT max(created_at_s) FROM jobs) - 86400.0
  AND (
      (task_id IS NULL AND sent_at_s IS NOT NULL AND cause IN ('UNANSWERED', 'CANCELLED', 'INTERNAL'))
      OR (task_id IS NOT NULL AND coalesce(cost_pico, 0) = 0)
  )
  AND EXISTS (
      SELECT 1 FROM resolution AS r
      WHERE r.job_id = jobs.job_id AND (r.kind = 'void' OR (r.kind = 'post' AND r.amount_pico = 0))
  )
  AND NOT EXISTS (SELECT 1 FROM late_bill AS late WHERE late.job_id = jobs.job_id);

DROP INDEX jobs_unanswered;
