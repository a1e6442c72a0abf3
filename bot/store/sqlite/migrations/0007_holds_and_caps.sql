-- What holds are measured by: what models cost us, bills that nobody could foresee, and what running jobs were
-- held for besides because of them. And the counters of each person, wherever they are.

-- The latest successes of a model with all that a hold looks at, in one run through the index. A model is found
-- in any spelling.
CREATE INDEX jobs_bills ON jobs
    (model COLLATE NOCASE, created_at_s, elapsed_s, cost_pico, width, height, steps, picture_count, stage)
    WHERE stage = 'SUCCEEDED';

DROP INDEX jobs_successes;

-- A bill of several times its hold, or one that is no amount or past belief and was booked as the hold. The
-- model stands in lower case.
CREATE TABLE bill_alarm (
    job_id INTEGER NOT NULL REFERENCES jobs (job_id),
    kind TEXT NOT NULL CHECK (kind IN ('surprise', 'disbelieved')),
    model TEXT NOT NULL,
    billed_pico INTEGER CHECK ((kind = 'surprise') = (billed_pico IS NOT NULL)),
    at_s REAL NOT NULL,
    is_told INTEGER NOT NULL DEFAULT 0 CHECK (is_told IN (0, 1)),
    PRIMARY KEY (job_id, kind)
) WITHOUT ROWID, STRICT;

CREATE INDEX bill_alarm_of_model ON bill_alarm (model, at_s);

CREATE INDEX bill_alarm_untold ON bill_alarm (at_s) WHERE is_told = 0;

-- What is held for a job beside its reservation, since the job `cause_job_id` was billed as nobody had foreseen.
-- It stands in the counters of the reservation, and is given up together with it.
CREATE TABLE hold_raise (
    job_id INTEGER NOT NULL REFERENCES reservation (job_id),
    cause_job_id INTEGER NOT NULL REFERENCES jobs (job_id),
    amount_pico INTEGER NOT NULL CHECK (amount_pico > 0),
    raised_at_s REAL NOT NULL,
    PRIMARY KEY (job_id, cause_job_id)
) WITHOUT ROWID, STRICT;

CREATE TRIGGER hold_raise_is_never_updated BEFORE UPDATE ON hold_raise
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;

CREATE TRIGGER hold_raise_is_never_deleted BEFORE DELETE ON hold_raise
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;

-- Each person's day, over all servers and direct messages: counted back for the latest day with a reservation,
-- which is today wherever today has one. Amounts are summed in halves: a sum past 64 bits is an error in SQLite.
INSERT INTO usage (subject, guild_id, subject_id, channel_id, model, window, starts_at_s,
                   runs_used, runs_held, spend_used_pico, spend_held_pico)
SELECT 'person', 0, user_id, 0, '', 'day', starts_at_s, runs_used, runs_held,
       CASE WHEN used_high + (used_low >> 32) >= 2147483648 THEN 9223372036854775807
            ELSE (used_high << 32) + used_low END,
       (held_high << 32) + held_low
FROM (
    SELECT h.user_id, latest.starts_at_s,
           count(*) FILTER (WHERE r.kind = 'post') AS runs_used,
           count(*) FILTER (WHERE r.job_id IS NULL) AS runs_held,
           coalesce(sum(r.amount_pico >> 32) FILTER (WHERE r.kind = 'post'), 0) AS used_high,
           coalesce(sum(r.amount_pico & 4294967295) FILTER (WHERE r.kind = 'post'), 0) AS used_low,
           coalesce(sum(h.amount_pico >> 32) FILTER (WHERE r.job_id IS NULL), 0) AS held_high,
           coalesce(sum(h.amount_pico & 4294967295) FILTER (WHERE r.job_id IS NULL), 0) AS held_low
    FROM (SELECT CAST(max(reserved_at_s) / 86400 AS INTEGER) * 86400 AS starts_at_s FROM reservation) AS latest
    JOIN reservation AS h ON h.reserved_at_s >= latest.starts_at_s
    LEFT JOIN resolution AS r USING (job_id)
    GROUP BY h.user_id
);

INSERT INTO reservation_usage (job_id, subject, guild_id, subject_id, channel_id, model, window, starts_at_s)
SELECT h.job_id, 'person', 0, h.user_id, 0, '', 'day', latest.starts_at_s
FROM (SELECT CAST(max(reserved_at_s) / 86400 AS INTEGER) * 86400 AS starts_at_s FROM reservation) AS latest
JOIN reservation AS h ON h.reserved_at_s >= latest.starts_at_s;

-- What members have running at this moment counts against the limit of jobs at once that holds by default.
INSERT INTO usage (subject, guild_id, subject_id, channel_id, model, window, starts_at_s,
                   runs_used, runs_held, spend_used_pico, spend_held_pico)
SELECT 'member', h.guild_id, h.user_id, 0, '', 'ever', 0, 0, count(*), 0, sum(h.amount_pico)
FROM reservation AS h LEFT JOIN resolution AS r USING (job_id)
WHERE r.job_id IS NULL AND NOT EXISTS (
    SELECT 1 FROM reservation_usage AS u
    WHERE u.job_id = h.job_id AND u.subject = 'member' AND u.channel_id = 0 AND u.model = '' AND u.window = 'ever'
)
GROUP BY h.guild_id, h.user_id
ON CONFLICT DO UPDATE
SET runs_held = runs_held + excluded.runs_held, spend_held_pico = spend_held_pico + excluded.spend_held_pico;

INSERT INTO reservation_usage (job_id, subject, guild_id, subject_id, channel_id, model, window, starts_at_s)
SELECT h.job_id, 'member', h.guild_id, h.user_id, 0, '', 'ever', 0
FROM reservation AS h LEFT JOIN resolution AS r USING (job_id)
WHERE r.job_id IS NULL AND NOT EXISTS (
    SELECT 1 FROM reservation_usage AS u
    WHERE u.job_id = h.job_id AND u.subject = 'member' AND u.channel_id = 0 AND u.model = '' AND u.window = 'ever'
);
