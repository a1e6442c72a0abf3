-- What moderators set and decide, who changed what, and the indexes of figures and of members' own records.

CREATE TABLE limit_rules (
    guild_id INTEGER NOT NULL,
    measure TEXT NOT NULL,
    window TEXT NOT NULL,
    channel_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    audience TEXT NOT NULL,
    audience_id INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    PRIMARY KEY (guild_id, measure, window, channel_id, model, audience, audience_id)
) WITHOUT ROWID, STRICT;

-- Every dimension that was ever limited: its counters hold every reservation from `since_s` on, and in the
-- window 'ever' every one that is unresolved.
CREATE TABLE tracked_dimensions (
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    window TEXT NOT NULL,
    measure TEXT NOT NULL,
    since_s INTEGER NOT NULL,
    PRIMARY KEY (guild_id, channel_id, model, window, measure)
) WITHOUT ROWID, STRICT;

CREATE TABLE grants (
    grant_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    measure TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    granted_at_s REAL NOT NULL
) STRICT;

CREATE INDEX grants_of_member ON grants (guild_id, user_id, granted_at_s);

CREATE TABLE channel_rules (
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    rule TEXT NOT NULL,
    PRIMARY KEY (guild_id, channel_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE model_rules (
    guild_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    rule TEXT NOT NULL,
    PRIMARY KEY (guild_id, model)
) WITHOUT ROWID, STRICT;

CREATE TABLE word_rules (
    guild_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    is_pattern INTEGER NOT NULL CHECK (is_pattern IN (0, 1)),
    PRIMARY KEY (guild_id, text, is_pattern)
) WITHOUT ROWID, STRICT;

CREATE TABLE blocked_members (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE log_channels (
    guild_id INTEGER PRIMARY KEY,
    channel_id INTEGER NOT NULL
) STRICT;

CREATE TABLE audit_log (
    entry_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    actor_id INTEGER NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    before TEXT NOT NULL,
    after TEXT NOT NULL,
    at_s REAL NOT NULL
) STRICT;

CREATE INDEX audit_log_of_guild ON audit_log (guild_id, entry_id);

CREATE TRIGGER audit_log_is_never_updated BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;

CREATE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;

CREATE TABLE budget_warnings (
    guild_id INTEGER NOT NULL,
    measure TEXT NOT NULL,
    window TEXT NOT NULL,
    channel_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    starts_at_s INTEGER NOT NULL,
    percent INTEGER NOT NULL,
    PRIMARY KEY (guild_id, measure, window, channel_id, model, starts_at_s, percent)
) WITHOUT ROWID, STRICT;

CREATE TABLE cases (
    case_id INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    opened_by INTEGER NOT NULL,
    opened_at_s REAL NOT NULL,
    request TEXT CHECK (request IS NULL OR json_valid(request)),
    is_private INTEGER NOT NULL CHECK (is_private IN (0, 1)),
    job_id INTEGER,
    verdict TEXT NOT NULL,
    decided_by INTEGER,
    decided_at_s REAL,
    CHECK ((verdict = 'open') = (decided_by IS NULL)),
    CHECK ((verdict = 'open') = (decided_at_s IS NULL))
) STRICT;

-- One picture, one open report.
CREATE UNIQUE INDEX cases_open_reports ON cases (job_id) WHERE kind = 'report' AND verdict = 'open';

CREATE INDEX cases_with_requests ON cases (opened_at_s) WHERE request IS NOT NULL;

ALTER TABLE jobs ADD COLUMN is_forgotten INTEGER NOT NULL DEFAULT 0 CHECK (is_forgotten IN (0, 1));

CREATE INDEX jobs_of_member ON jobs (user_id, guild_id, job_id);

CREATE INDEX jobs_to_forget ON jobs (created_at_s, job_id)
    WHERE is_forgotten = 0 AND is_delivered = 1 AND stage IN ('SUCCEEDED', 'FAILED', 'CANCELLED');

CREATE INDEX reservation_of_guild ON reservation (guild_id, reserved_at_s);

CREATE INDEX reservation_of_member ON reservation (guild_id, user_id, reserved_at_s);
