-- Whose pictures may go into a model: by server (channel 0) and channel; and the members who lend theirs to nobody.

CREATE TABLE picture_rules (
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    rule TEXT NOT NULL,
    PRIMARY KEY (guild_id, channel_id)
) WITHOUT ROWID, STRICT;

CREATE TABLE closed_pictures (
    user_id INTEGER PRIMARY KEY
) STRICT;
