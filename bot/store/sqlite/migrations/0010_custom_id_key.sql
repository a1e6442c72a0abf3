-- The secret that marks the custom ids of buttons and forms, and when it was made: those from before bear no mark.

CREATE TABLE custom_id_key (
    key_id INTEGER PRIMARY KEY CHECK (key_id = 1),
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    made_at_s REAL NOT NULL
) STRICT;
