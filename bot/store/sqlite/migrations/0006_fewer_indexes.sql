-- Fewer indexes for each reservation to be written into: a member's records are found through the ledger, in
-- the order of their reservation, and what a server uses most is counted from its latest reservations.

DROP INDEX jobs_of_member;

DROP INDEX jobs_by_guild_and_model;

DROP INDEX reservation_of_member;

CREATE INDEX reservation_of_member ON reservation (user_id, guild_id, reserved_at_s);
