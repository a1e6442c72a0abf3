-- What Wiro billed for a Run that was never answered, found after its hold had been voided. The resolution
-- stays as it is and the member pays nothing; the amount counts in the operator's counters of the
-- reservation, as a write-off does.

CREATE TABLE late_bill (
    job_id INTEGER PRIMARY KEY REFERENCES resolution (job_id),
    task_id TEXT NOT NULL UNIQUE,
    amount_pico INTEGER NOT NULL CHECK (amount_pico >= 0),
    found_at_s REAL NOT NULL
) STRICT;

CREATE TRIGGER late_bill_is_never_updated BEFORE UPDATE ON late_bill
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;

CREATE TRIGGER late_bill_is_never_deleted BEFORE DELETE ON late_bill
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;

-- Jobs that ended without anybody knowing whether their Run made a task.
CREATE INDEX jobs_unanswered ON jobs (sent_at_s)
    WHERE task_id IS NULL AND cause IN ('UNANSWERED', 'CANCELLED', 'INTERNAL');
