-- Audit entries are data from here on: what each is about, before and after, as JSON that is put into words when
-- it is shown. What was kept as words stays as it is read: the kind 'words'.

CREATE TABLE changes (
    entry_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    actor_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL CHECK (json_valid(subject)),
    before TEXT NOT NULL CHECK (json_valid(before)),
    after TEXT NOT NULL CHECK (json_valid(after)),
    at_s REAL NOT NULL
) STRICT;

INSERT INTO changes (entry_id, guild_id, actor_id, kind, subject, before, after, at_s)
SELECT entry_id, guild_id, actor_id, 'words', json_object('action', action, 'subject', subject),
       json_quote(before), json_quote(after), at_s
FROM audit_log;

DROP TABLE audit_log;

ALTER TABLE changes RENAME TO audit_log;

CREATE INDEX audit_log_of_guild ON audit_log (guild_id, entry_id);

CREATE TRIGGER audit_log_is_never_updated BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;

CREATE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
