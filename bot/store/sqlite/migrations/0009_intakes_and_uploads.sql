-- What is on its way: requests that were acknowledged and have no job yet, and files that were sent to Wiro.

-- An answer that says "is thinking…". What is left of these at a start was cut short, and is told so.
CREATE TABLE intake (
    message_id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    is_private INTEGER NOT NULL CHECK (is_private IN (0, 1))
) STRICT;

-- On record before it is sent, `url` NULL: until Wiro has answered, nobody knows whether it is there.
-- A row goes when the file is gone. In direct messages the guild is 0.
CREATE TABLE upload (
    upload_id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs (job_id),
    user_id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    file_id TEXT,
    url TEXT,
    sent_at_s REAL NOT NULL
) STRICT;

CREATE INDEX upload_of_member ON upload (user_id);

CREATE INDEX upload_of_job ON upload (job_id);

-- Those of before. Another job may use the same file once more; it belongs to the first.
INSERT INTO upload (job_id, user_id, guild_id, url, sent_at_s)
SELECT min(jobs.job_id), jobs.user_id, coalesce(jobs.guild_id, 0), file.value ->> '$.stored_url', jobs.created_at_s
FROM jobs, json_each(jobs.files) AS file
WHERE file.value ->> '$.stored_url' IS NOT NULL
GROUP BY file.value ->> '$.stored_url';
