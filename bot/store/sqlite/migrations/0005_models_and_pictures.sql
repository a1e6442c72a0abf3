-- Any model's parameters and files, where a job came from, and what members and servers keep for next time.

-- JSON: [name, value] pairs; objects of the files; the job that this one started from.
ALTER TABLE jobs ADD COLUMN form_values TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(form_values));

ALTER TABLE jobs ADD COLUMN files TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(files));

ALTER TABLE jobs ADD COLUMN strength REAL;

ALTER TABLE jobs ADD COLUMN parent TEXT CHECK (parent IS NULL OR json_valid(parent));

-- What a server uses most.
CREATE INDEX jobs_by_guild_and_model ON jobs (guild_id, model);

-- The folder at Wiro that a server's files go to; in direct messages the guild is 0.
CREATE TABLE wiro_folders (
    guild_id INTEGER PRIMARY KEY,
    folder_id TEXT NOT NULL
) STRICT;

-- What a member last sent to a model: JSON, parameter id to a list of texts.
CREATE TABLE last_values (
    user_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    typed TEXT NOT NULL CHECK (json_valid(typed)),
    saved_at_s REAL NOT NULL,
    PRIMARY KEY (user_id, model)
) WITHOUT ROWID, STRICT;

-- House styles. A member's own have their user id; those that a moderator pinned for the server have 0.
-- Names are compared without regard to case.
CREATE TABLE styles (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    name_key TEXT NOT NULL,
    name TEXT NOT NULL,
    template TEXT NOT NULL,
    negative_prompt TEXT,
    model TEXT,
    width INTEGER,
    height INTEGER,
    steps INTEGER,
    guidance REAL,
    saved_by INTEGER NOT NULL,
    saved_at_s REAL NOT NULL,
    PRIMARY KEY (guild_id, user_id, name_key)
) WITHOUT ROWID, STRICT;

-- What a member asks to see, or to be erased.
CREATE INDEX styles_by_member ON styles (user_id);
