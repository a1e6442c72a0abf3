-- Jobs, the append-only ledger and the counters that answer every limit in constant time.
-- Money is whole picodollars, times are epoch seconds, stages and causes stand by name.

CREATE TABLE jobs (
    job_id INTEGER PRIMARY KEY,
    user_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    ruled_channel_id INTEGER NOT NULL,
    guild_id INTEGER,
    message_id INTEGER,
    is_private INTEGER NOT NULL CHECK (is_private IN (0, 1)),
    attachment_limit_bytes INTEGER NOT NULL,
    model TEXT NOT NULL,
    prompt TEXT NOT NULL,
    negative_prompt TEXT,
    width INTEGER,
    height INTEGER,
    steps INTEGER,
    guidance REAL,
    asked_seed INTEGER,
    picture_count INTEGER NOT NULL,
    seed INTEGER NOT NULL,
    hold_pico INTEGER NOT NULL CHECK (hold_pico >= 0),
    created_at_s REAL NOT NULL,
    stage TEXT NOT NULL,
    sent_at_s REAL,
    task_id TEXT,
    progress_step INTEGER,
    progress_total INTEGER,
    cause TEXT,
    detail TEXT NOT NULL,
    cost_pico INTEGER CHECK (cost_pico >= 0),
    elapsed_s REAL,
    outputs TEXT NOT NULL CHECK (json_valid(outputs)),
    is_delivered INTEGER NOT NULL CHECK (is_delivered IN (0, 1))
) STRICT;

-- A task belongs to one job: adopting it twice is refused by the file itself.
CREATE UNIQUE INDEX jobs_by_task ON jobs (task_id) WHERE task_id IS NOT NULL;

CREATE INDEX jobs_unfinished ON jobs (created_at_s, job_id)
    WHERE is_delivered = 0 OR stage NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED');

CREATE INDEX jobs_successes ON jobs (model, created_at_s, elapsed_s)
    WHERE stage = 'SUCCEEDED' AND elapsed_s IS NOT NULL;

-- In direct messages the guild is 0; a model stands in lower case; `ruled_channel_id` is never 0.
CREATE TABLE reservation (
    job_id INTEGER PRIMARY KEY REFERENCES jobs (job_id),
    amount_pico INTEGER NOT NULL CHECK (amount_pico >= 0),
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    ruled_channel_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    reserved_at_s REAL NOT NULL
) STRICT;

-- The counters that a reservation was held in: it settles to these, whatever the clock says by then.
CREATE TABLE reservation_usage (
    job_id INTEGER NOT NULL REFERENCES reservation (job_id),
    subject TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    subject_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    window TEXT NOT NULL,
    starts_at_s INTEGER NOT NULL,
    PRIMARY KEY (job_id, subject, guild_id, subject_id, channel_id, model, window)
) WITHOUT ROWID, STRICT;

CREATE TABLE resolution (
    job_id INTEGER PRIMARY KEY REFERENCES reservation (job_id),
    kind TEXT NOT NULL CHECK (kind IN ('post', 'void', 'write_off')),
    amount_pico INTEGER NOT NULL CHECK (amount_pico >= 0 AND (kind <> 'void' OR amount_pico = 0)),
    resolved_at_s REAL NOT NULL
) STRICT;

CREATE TABLE usage (
    subject TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    subject_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    window TEXT NOT NULL,
    starts_at_s INTEGER NOT NULL,
    runs_used INTEGER NOT NULL CHECK (runs_used >= 0),
    runs_held INTEGER NOT NULL CHECK (runs_held >= 0),
    spend_used_pico INTEGER NOT NULL CHECK (spend_used_pico >= 0),
    spend_held_pico INTEGER NOT NULL CHECK (spend_held_pico >= 0),
    PRIMARY KEY (subject, guild_id, subject_id, channel_id, model, window, starts_at_s)
) WITHOUT ROWID, STRICT;

CREATE TRIGGER reservation_is_never_updated BEFORE UPDATE ON reservation
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;

CREATE TRIGGER reservation_is_never_deleted BEFORE DELETE ON reservation
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;

CREATE TRIGGER reservation_usage_is_never_updated BEFORE UPDATE ON reservation_usage
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;

CREATE TRIGGER reservation_usage_is_never_deleted BEFORE DELETE ON reservation_usage
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;

CREATE TRIGGER resolution_is_never_updated BEFORE UPDATE ON resolution
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;

CREATE TRIGGER resolution_is_never_deleted BEFORE DELETE ON resolution
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
