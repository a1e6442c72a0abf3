BEGIN TRANSACTION;
CREATE TABLE "audit_log" (
    entry_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    actor_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    subject TEXT NOT NULL CHECK (json_valid(subject)),
    before TEXT NOT NULL CHECK (json_valid(before)),
    after TEXT NOT NULL CHECK (json_valid(after)),
    at_s REAL NOT NULL
) STRICT;
INSERT INTO "audit_log" VALUES(1,700,99,'words','{"action":"limits set","subject":"runs a day for everyone"}','""','"20"',1772107200.0);
INSERT INTO "audit_log" VALUES(2,700,99,'words','{"action":"limits set","subject":"dollars a week for <@&50>"}','""','"$5"',1772107200.0);
INSERT INTO "audit_log" VALUES(3,700,99,'words','{"action":"limits set","subject":"runs at once for <@2>"}','""','"2"',1772107200.0);
INSERT INTO "audit_log" VALUES(4,700,99,'words','{"action":"limits set","subject":"dollars a month for the server"}','""','"$100"',1772107200.0);
INSERT INTO "audit_log" VALUES(5,700,99,'words','{"action":"limits grant","subject":"runs for <@2>"}','""','"5"',1772362800.0);
INSERT INTO "audit_log" VALUES(6,700,99,'words','{"action":"rules channel","subject":"<#31>"}','""','"deny"',1772107200.0);
INSERT INTO "audit_log" VALUES(7,700,99,'words','{"action":"rules model","subject":"wiro/dear"}','""','"deny"',1772107200.0);
INSERT INTO "audit_log" VALUES(8,700,99,'words','{"action":"rules word add","subject":"bridge"}','""','"added"',1772107200.0);
INSERT INTO "audit_log" VALUES(9,700,99,'words','{"action":"rules word add","subject":"/mo+n/"}','""','"added"',1772107200.0);
INSERT INTO "audit_log" VALUES(10,700,99,'words','{"action":"rules block","subject":"<@8>"}','""','"blocked"',1772107200.0);
INSERT INTO "audit_log" VALUES(11,700,99,'words','{"action":"rules log","subject":"log channel"}','""','"<#32>"',1772107200.0);
INSERT INTO "audit_log" VALUES(12,700,99,'words','{"action":"style pin","subject":"House"}','""','"pinned"',1772107200.0);
INSERT INTO "audit_log" VALUES(13,700,99,'limit','{"audience": "member", "audience_id": 1, "dimension": {"measure": "runs", "window": "hour", "channel_id": 30, "model": "stabilityai/stable-diffusion-3-medium"}}','null','9',1772366460.0);
INSERT INTO "audit_log" VALUES(14,700,99,'grant','{"user_id": 1, "measure": "spend", "case_id": null}','null','1000000000000',1772366460.0);
INSERT INTO "audit_log" VALUES(15,700,99,'channel','{"channel_id": 33}','null','"deny"',1772366460.0);
INSERT INTO "audit_log" VALUES(16,700,99,'model','{"model": "wiro/odd"}','null','"general"',1772366460.0);
INSERT INTO "audit_log" VALUES(17,700,99,'word','{"word": {"text": "goat", "is_pattern": false, "match": "tolerant"}}','false','true',1772366460.0);
INSERT INTO "audit_log" VALUES(18,700,99,'member','{"user_id": 9}','false','true',1772366460.0);
INSERT INTO "audit_log" VALUES(19,700,99,'log channel','{}','32','34',1772366460.0);
INSERT INTO "audit_log" VALUES(20,700,99,'pictures','{"channel_id": 0}','null','"anyone"',1772366460.0);
INSERT INTO "audit_log" VALUES(21,700,99,'style','{"name": "Chalk"}','null','{"guild_id": 700, "user_id": 0, "name": "Chalk", "template": "{prompt}, chalk", "saved_by": 99, "saved_at_s": 1772366460.0, "negative_prompt": "people", "model": "stabilityai/stable-diffusion-3-medium", "width": 512, "height": 768, "steps": 20, "guidance": 4.5}',1772366460.0);
INSERT INTO "audit_log" VALUES(22,700,99,'case','{"case_id": 302, "case_kind": "report", "user_id": 1}','"open"','"restored"',1772366460.0);
CREATE TABLE bill_alarm (
    job_id INTEGER NOT NULL REFERENCES jobs (job_id),
    kind TEXT NOT NULL CHECK (kind IN ('surprise', 'disbelieved')),
    model TEXT NOT NULL,
    billed_pico INTEGER CHECK ((kind = 'surprise') = (billed_pico IS NOT NULL)),
    at_s REAL NOT NULL,
    is_told INTEGER NOT NULL DEFAULT 0 CHECK (is_told IN (0, 1)),
    PRIMARY KEY (job_id, kind)
) WITHOUT ROWID, STRICT;
CREATE TABLE blocked_members (
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    PRIMARY KEY (guild_id, user_id)
) WITHOUT ROWID, STRICT;
INSERT INTO "blocked_members" VALUES(700,8);
INSERT INTO "blocked_members" VALUES(700,9);
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
    decided_at_s REAL, press_id INTEGER, is_to_do INTEGER NOT NULL DEFAULT 0 CHECK (is_to_do IN (0, 1)), is_hiding INTEGER NOT NULL DEFAULT 0 CHECK (is_hiding IN (0, 1)), shown TEXT CHECK (shown IS NULL OR json_valid(shown)),
    CHECK ((verdict = 'open') = (decided_by IS NULL)),
    CHECK ((verdict = 'open') = (decided_at_s IS NULL))
) STRICT;
INSERT INTO "cases" VALUES(301,'ask',700,30,2,2,1772366400.0,'{"model": "stabilityai/stable-diffusion-3-medium", "prompt": "a tower", "negative_prompt": null, "width": null, "height": null, "steps": null, "guidance": null, "seed": null, "count": 1, "strength": null, "values": [], "files": []}',0,NULL,'open',NULL,NULL,NULL,0,0,NULL);
INSERT INTO "cases" VALUES(302,'report',700,30,1,2,1772366400.0,NULL,0,102,'restored',99,1772366400.0,NULL,1,1,NULL);
INSERT INTO "cases" VALUES(303,'ask',700,30,2,2,1772366460.0,'{"model": "stabilityai/stable-diffusion-3-medium", "prompt": "a mill", "negative_prompt": null, "width": null, "height": null, "steps": null, "guidance": null, "seed": 7, "count": 1, "strength": 0.4, "values": [["style", "oil"], ["sizes", ["1", "2"]]], "files": [{"parameter_id": "image", "source_url": "https://cdn.discordapp.com/a.png", "filename": "a.png", "content_type": "image/png", "size_bytes": 7, "stored_url": "https://cdn1.wiro.ai/in/a.png", "spare_url": null, "is_picture": true, "is_output": false, "owner_id": 2, "is_made_here": false}]}',0,NULL,'open',NULL,NULL,NULL,0,0,NULL);
INSERT INTO "cases" VALUES(304,'report',700,30,1,2,1772366460.0,NULL,0,101,'open',NULL,NULL,NULL,0,1,'{"text": "kept"}');
CREATE TABLE channel_rules (
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    rule TEXT NOT NULL,
    PRIMARY KEY (guild_id, channel_id)
) WITHOUT ROWID, STRICT;
INSERT INTO "channel_rules" VALUES(700,31,'deny');
INSERT INTO "channel_rules" VALUES(700,33,'deny');
CREATE TABLE closed_pictures (
    user_id INTEGER PRIMARY KEY
) STRICT;
INSERT INTO "closed_pictures" VALUES(2);
CREATE TABLE custom_id_key (
    key_id INTEGER PRIMARY KEY CHECK (key_id = 1),
    secret BLOB NOT NULL CHECK (length(secret) = 32),
    made_at_s REAL NOT NULL
) STRICT;
INSERT INTO "custom_id_key" VALUES(1,X'000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F',1772366460.0);
CREATE TABLE grants (
    grant_id INTEGER PRIMARY KEY,
    guild_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    measure TEXT NOT NULL,
    amount INTEGER NOT NULL CHECK (amount >= 0),
    granted_at_s REAL NOT NULL
) STRICT;
INSERT INTO "grants" VALUES(1,700,2,'runs',5,1772362800.0);
INSERT INTO "grants" VALUES(2,700,1,'spend',1000000000000,1772366460.0);
CREATE TABLE hold_raise (
    job_id INTEGER NOT NULL REFERENCES reservation (job_id),
    cause_job_id INTEGER NOT NULL REFERENCES jobs (job_id),
    amount_pico INTEGER NOT NULL CHECK (amount_pico > 0),
    raised_at_s REAL NOT NULL,
    PRIMARY KEY (job_id, cause_job_id)
) WITHOUT ROWID, STRICT;
CREATE TABLE intake (
    message_id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    user_id INTEGER NOT NULL,
    is_private INTEGER NOT NULL CHECK (is_private IN (0, 1))
) STRICT;
INSERT INTO "intake" VALUES(901,401,30,1,0);
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
, is_forgotten INTEGER NOT NULL DEFAULT 0 CHECK (is_forgotten IN (0, 1)), is_cancel_asked INTEGER NOT NULL DEFAULT 0 CHECK (is_cancel_asked IN (0, 1)), form_values TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(form_values)), files TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(files)), strength REAL, parent TEXT CHECK (parent IS NULL OR json_valid(parent)), is_charge_open INTEGER NOT NULL DEFAULT 0 CHECK (is_charge_open IN (0, 1)), charge_until_s REAL, exposure TEXT NOT NULL DEFAULT 'SHOWN') STRICT;
INSERT INTO "jobs" VALUES(101,1,30,30,700,601,0,10485760,'stabilityai/stable-diffusion-3-medium','a lighthouse at dusk',NULL,NULL,NULL,NULL,NULL,NULL,1,4101,10000000000,1772193600.0,'SUCCEEDED',NULL,'t101',NULL,NULL,NULL,'',4000000000,3.5,'[{"name": "a.png", "content_type": "image/png", "url": "https://cdn1.wiro.ai/a.png", "size_bytes": 1000, "text": null, "thinking": null}]',1,0,0,'[]','[]',NULL,NULL,0,NULL,'HIDDEN');
INSERT INTO "jobs" VALUES(102,1,30,30,700,602,0,10485760,'stabilityai/stable-diffusion-3-medium','a lighthouse at dusk',NULL,1024,768,28,5.0,7,1,4102,10000000000,1772362800.0,'SUCCEEDED',NULL,'t102',NULL,NULL,NULL,'',3500000000,3.5,'[{"name": "b.png", "content_type": "image/png", "url": "https://cdn1.wiro.ai/b.png", "size_bytes": 2000, "text": null, "thinking": null}]',1,0,0,'[]','[]',NULL,NULL,0,NULL,'SHOWN');
INSERT INTO "jobs" VALUES(103,2,30,30,700,603,0,10485760,'stabilityai/stable-diffusion-3-medium','a lighthouse at dusk',NULL,NULL,NULL,NULL,NULL,NULL,1,4103,10000000000,1772362800.0,'FAILED',NULL,'t103',NULL,NULL,'WIRO_FAILED','out of memory',0,3.5,'[]',1,0,0,'[]','[]',NULL,NULL,1,1772449200.0,'SHOWN');
INSERT INTO "jobs" VALUES(104,1,30,30,700,604,0,10485760,'stabilityai/stable-diffusion-3-medium','a lighthouse at dusk',NULL,NULL,NULL,NULL,NULL,NULL,1,4104,10000000000,1772362800.0,'CANCELLED',NULL,'t104',NULL,NULL,'CANCELLED','',1000000000,3.5,'[]',1,0,1,'[]','[]',NULL,NULL,0,NULL,'SHOWN');
INSERT INTO "jobs" VALUES(105,1,30,30,700,605,0,10485760,'stabilityai/stable-diffusion-3-medium','a lighthouse at dusk',NULL,NULL,NULL,NULL,NULL,NULL,1,4105,10000000000,1772362800.0,'FAILED',NULL,'t105',NULL,NULL,'OUTPUT_UNUSABLE','',3000000000,3.5,'[]',1,0,0,'[]','[]',NULL,NULL,0,NULL,'SHOWN');
INSERT INTO "jobs" VALUES(106,2,30,30,700,606,0,10485760,'stabilityai/stable-diffusion-3-medium','a lighthouse at dusk',NULL,NULL,NULL,NULL,NULL,NULL,1,4106,10000000000,1772362800.0,'FAILED',1772362800.0,NULL,NULL,NULL,'UNANSWERED','',0,3.5,'[]',1,0,0,'[]','[]',NULL,NULL,0,NULL,'SHOWN');
INSERT INTO "jobs" VALUES(107,1,30,30,NULL,607,1,10485760,'stabilityai/stable-diffusion-3-medium','a lighthouse at dusk',NULL,NULL,NULL,NULL,NULL,NULL,1,4107,10000000000,1772362800.0,'SUCCEEDED',NULL,'t107',NULL,NULL,NULL,'',3500000000,3.5,'[{"name": "answer", "content_type": "text/markdown", "url": null, "size_bytes": null, "text": "A tower.", "thinking": "Short."}]',1,0,0,'[]','[]',NULL,NULL,0,NULL,'SHOWN');
INSERT INTO "jobs" VALUES(201,1,30,30,700,701,0,10485760,'stabilityai/stable-diffusion-3-medium','a lighthouse at dusk',NULL,NULL,NULL,NULL,NULL,NULL,1,4201,10000000000,1772366400.0,'SUBMITTING',NULL,NULL,NULL,NULL,NULL,'',NULL,NULL,'[]',0,0,0,'[]','[]',NULL,NULL,0,NULL,'SHOWN');
INSERT INTO "jobs" VALUES(202,1,30,30,700,702,0,10485760,'stabilityai/stable-diffusion-3-medium','a lighthouse at dusk',NULL,NULL,NULL,NULL,NULL,NULL,1,4202,10000000000,1772366400.0,'SUBMITTING',1772366400.0,NULL,NULL,NULL,NULL,'',NULL,NULL,'[]',0,0,0,'[]','[]',NULL,NULL,0,NULL,'SHOWN');
INSERT INTO "jobs" VALUES(203,1,30,30,700,703,0,10485760,'stabilityai/stable-diffusion-3-medium','a lighthouse at dusk',NULL,NULL,NULL,NULL,NULL,NULL,1,4203,10000000000,1772366400.0,'UNKNOWN',1772366400.0,NULL,NULL,NULL,NULL,'',NULL,NULL,'[]',0,0,0,'[]','[]',NULL,NULL,0,NULL,'SHOWN');
INSERT INTO "jobs" VALUES(204,2,30,30,700,704,0,10485760,'stabilityai/stable-diffusion-3-medium','a lighthouse at dusk',NULL,NULL,NULL,NULL,NULL,NULL,1,4204,10000000000,1772366400.0,'RUNNING',1772366400.0,'t204',3,28,NULL,'',NULL,NULL,'[]',0,0,0,'[]','[]',NULL,'{"job_id": 102, "relation": "VARIATION", "guild_id": 700, "channel_id": 30, "message_id": 602}',0,NULL,'SHOWN');
INSERT INTO "jobs" VALUES(205,1,30,30,700,705,0,10485760,'stabilityai/stable-diffusion-3-medium','a lighthouse at dusk',NULL,NULL,NULL,NULL,NULL,NULL,1,4205,10000000000,1772366400.0,'QUEUED',1772366400.0,'t205',NULL,NULL,NULL,'',NULL,NULL,'[]',0,0,1,'[]','[]',NULL,NULL,0,NULL,'SHOWN');
INSERT INTO "jobs" VALUES(206,1,30,30,700,706,0,10485760,'stabilityai/stable-diffusion-3-medium','a lighthouse at dusk',NULL,NULL,NULL,NULL,NULL,NULL,1,4206,10000000000,1772366400.0,'SUCCEEDED',NULL,'t206',NULL,NULL,NULL,'',3500000000,3.5,'[{"name": "c.png", "content_type": "image/png", "url": "https://cdn1.wiro.ai/c.png", "size_bytes": 3000, "text": null, "thinking": null}]',0,0,0,'[]','[]',NULL,NULL,0,NULL,'SHOWN');
INSERT INTO "jobs" VALUES(207,1,30,30,700,707,0,10485760,'stabilityai/stable-diffusion-3-medium','a mill',NULL,NULL,NULL,NULL,NULL,NULL,1,4207,10000000000,1772366460.0,'SUBMITTING',1772366460.0,NULL,NULL,NULL,NULL,'',NULL,NULL,'[]',0,0,0,'[["style", "oil"], ["sizes", ["1", "2"]]]','[{"parameter_id": "image", "source_url": "https://cdn.discordapp.com/a.png", "filename": "a.png", "content_type": "image/png", "size_bytes": 7, "stored_url": "https://cdn1.wiro.ai/in/a.png", "spare_url": null, "is_picture": true, "is_output": false, "owner_id": 2, "is_made_here": false}]',0.4,NULL,0,NULL,'SHOWN');
INSERT INTO "jobs" VALUES(208,1,30,30,700,708,0,10485760,'stabilityai/stable-diffusion-3-medium','a mill',NULL,NULL,NULL,NULL,NULL,NULL,1,4208,10000000000,1772366460.0,'SUCCEEDED',NULL,'t208',NULL,NULL,NULL,'',NULL,2.0,'[{"name": "d.png", "content_type": "image/png", "url": "https://cdn1.wiro.ai/d.png", "size_bytes": 9, "text": null, "thinking": null}]',1,0,0,'[]','[]',NULL,NULL,1,1772452860.0,'SHOWN');
CREATE TABLE last_values (
    user_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    typed TEXT NOT NULL CHECK (json_valid(typed)),
    saved_at_s REAL NOT NULL,
    PRIMARY KEY (user_id, model)
) WITHOUT ROWID, STRICT;
INSERT INTO "last_values" VALUES(1,'wiro/small-writer','{"prompt": ["a letter"]}',1772366400.0);
CREATE TABLE late_bill (
    job_id INTEGER PRIMARY KEY REFERENCES resolution (job_id),
    task_id TEXT NOT NULL UNIQUE,
    amount_pico INTEGER NOT NULL CHECK (amount_pico >= 0),
    found_at_s REAL NOT NULL
) STRICT;
INSERT INTO "late_bill" VALUES(106,'t106',2000000000,1772365800.0);
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
INSERT INTO "limit_rules" VALUES(700,'at_once','ever',30,'stabilityai/stable-diffusion-3-medium','member',2,2);
INSERT INTO "limit_rules" VALUES(700,'runs','day',0,'','everyone',0,20);
INSERT INTO "limit_rules" VALUES(700,'runs','hour',30,'stabilityai/stable-diffusion-3-medium','member',1,9);
INSERT INTO "limit_rules" VALUES(700,'spend','month',0,'','server',0,100000000000000);
INSERT INTO "limit_rules" VALUES(700,'spend','week',0,'','role',50,5000000000000);
CREATE TABLE log_channels (
    guild_id INTEGER PRIMARY KEY,
    channel_id INTEGER NOT NULL
) STRICT;
INSERT INTO "log_channels" VALUES(700,34);
CREATE TABLE migration (
    number INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_at_s REAL NOT NULL
) STRICT
;
INSERT INTO "migration" VALUES(1,'jobs_and_ledger','7fc3dfc7dbcf27d97ad699cba18319e232da121f841d1f62095b89982099a8ab',1772366400.0);
INSERT INTO "migration" VALUES(2,'moderation','3efce2f1d6f199cc52b5393acfe5ca1d3d76373ec9b8ab9d94be2a120ee6cf97',1772366400.0);
INSERT INTO "migration" VALUES(3,'late_bills','c0ee8c86ac9b7bac4a0ad81093647acb61895aa24963b54ac9c7da1d3c9e1db1',1772366400.0);
INSERT INTO "migration" VALUES(4,'wishes_and_verdicts','2004e57ac647032971c557d88a53c672709d69928aa63bbdbfdb277a7c7eb1ec',1772366400.0);
INSERT INTO "migration" VALUES(5,'models_and_pictures','65580b58344849b2256db8e7e6cbcfadd7f53178e1879e418dee54155eb3cbd6',1772366400.0);
INSERT INTO "migration" VALUES(6,'fewer_indexes','139d241a75cee423b4d78022c503594c29c99f0fe34f85d62ddec66bbcc91cc7',1772366400.0);
INSERT INTO "migration" VALUES(7,'holds_and_caps','406f31414049768f69c4370aef7d139761bac166a3ba7dcf5db8697f8b401013',1772366460.0);
INSERT INTO "migration" VALUES(8,'open_charges','a472b22c84e2d4d393d46d558f90fec9a5c253e65118c971619f6db09cc8fb55',1772366460.0);
INSERT INTO "migration" VALUES(9,'intakes_and_uploads','50df6e7854adad2179d43e01a9926fc4e15a4cc5264593f0fc7a41c24515874f',1772366460.0);
INSERT INTO "migration" VALUES(10,'custom_id_key','62884274bcdcf9c56c86a6b1b2cea176ad58e47186974bdebe3f996b08225cc3',1772366460.0);
INSERT INTO "migration" VALUES(11,'audit_data','3ad9fc90ad8bd05224ca9ec8f975d30b1c21765ef752e60dc70305ffc1eb3935',1772366460.0);
INSERT INTO "migration" VALUES(12,'tolerant_words','3d0f3934263d976567e99e99c6918b8f07967b695a5908cacad2176d247b2f59',1772366460.0);
INSERT INTO "migration" VALUES(13,'pictures_as_input','54756ab409fdbc0be3defb46fd5dcbea7471b207aa8f872cc18f2126121aa3ad',1772366460.0);
INSERT INTO "migration" VALUES(14,'withheld','83e8780d7b914f478759057e9538cd8402b9b7cb5be7b90650d323e9560ed0b5',1772366460.0);
CREATE TABLE model_rules (
    guild_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    rule TEXT NOT NULL,
    PRIMARY KEY (guild_id, model)
) WITHOUT ROWID, STRICT;
INSERT INTO "model_rules" VALUES(700,'wiro/dear','deny');
INSERT INTO "model_rules" VALUES(700,'wiro/odd','general');
CREATE TABLE picture_rules (
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    rule TEXT NOT NULL,
    PRIMARY KEY (guild_id, channel_id)
) WITHOUT ROWID, STRICT;
INSERT INTO "picture_rules" VALUES(700,0,'anyone');
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
INSERT INTO "reservation" VALUES(101,10000000000,700,1,30,30,'stabilityai/stable-diffusion-3-medium',1772193600.0);
INSERT INTO "reservation" VALUES(102,10000000000,700,1,30,30,'stabilityai/stable-diffusion-3-medium',1772362800.0);
INSERT INTO "reservation" VALUES(103,10000000000,700,2,30,30,'stabilityai/stable-diffusion-3-medium',1772362800.0);
INSERT INTO "reservation" VALUES(104,10000000000,700,1,30,30,'stabilityai/stable-diffusion-3-medium',1772362800.0);
INSERT INTO "reservation" VALUES(105,10000000000,700,1,30,30,'stabilityai/stable-diffusion-3-medium',1772362800.0);
INSERT INTO "reservation" VALUES(106,10000000000,700,2,30,30,'stabilityai/stable-diffusion-3-medium',1772362800.0);
INSERT INTO "reservation" VALUES(107,10000000000,0,1,30,30,'stabilityai/stable-diffusion-3-medium',1772362800.0);
INSERT INTO "reservation" VALUES(201,10000000000,700,1,30,30,'stabilityai/stable-diffusion-3-medium',1772366400.0);
INSERT INTO "reservation" VALUES(202,10000000000,700,1,30,30,'stabilityai/stable-diffusion-3-medium',1772366400.0);
INSERT INTO "reservation" VALUES(203,10000000000,700,1,30,30,'stabilityai/stable-diffusion-3-medium',1772366400.0);
INSERT INTO "reservation" VALUES(204,10000000000,700,2,30,30,'stabilityai/stable-diffusion-3-medium',1772366400.0);
INSERT INTO "reservation" VALUES(205,10000000000,700,1,30,30,'stabilityai/stable-diffusion-3-medium',1772366400.0);
INSERT INTO "reservation" VALUES(206,10000000000,700,1,30,30,'stabilityai/stable-diffusion-3-medium',1772366400.0);
INSERT INTO "reservation" VALUES(207,10000000000,700,1,30,30,'stabilityai/stable-diffusion-3-medium',1772366460.0);
INSERT INTO "reservation" VALUES(208,10000000000,700,1,30,30,'stabilityai/stable-diffusion-3-medium',1772366460.0);
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
INSERT INTO "reservation_usage" VALUES(101,'member',700,1,0,'','day',1772150400);
INSERT INTO "reservation_usage" VALUES(101,'member',700,1,0,'','month',1769904000);
INSERT INTO "reservation_usage" VALUES(101,'member',700,1,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(101,'operator',0,0,0,'','day',1772150400);
INSERT INTO "reservation_usage" VALUES(101,'server',700,0,0,'','day',1772150400);
INSERT INTO "reservation_usage" VALUES(101,'server',700,0,0,'','month',1769904000);
INSERT INTO "reservation_usage" VALUES(101,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(102,'member',700,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(102,'member',700,1,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(102,'member',700,1,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(102,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(102,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(102,'person',0,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(102,'server',700,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(102,'server',700,0,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(102,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(102,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(103,'member',700,2,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(103,'member',700,2,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(103,'member',700,2,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(103,'member',700,2,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(103,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(103,'person',0,2,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(103,'server',700,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(103,'server',700,0,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(103,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(103,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(104,'member',700,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(104,'member',700,1,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(104,'member',700,1,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(104,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(104,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(104,'person',0,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(104,'server',700,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(104,'server',700,0,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(104,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(104,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(105,'member',700,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(105,'member',700,1,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(105,'member',700,1,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(105,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(105,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(105,'person',0,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(105,'server',700,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(105,'server',700,0,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(105,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(105,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(106,'member',700,2,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(106,'member',700,2,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(106,'member',700,2,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(106,'member',700,2,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(106,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(106,'person',0,2,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(106,'server',700,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(106,'server',700,0,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(106,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(106,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(107,'member',0,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(107,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(107,'person',0,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(107,'server',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(201,'member',700,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(201,'member',700,1,0,'','ever',0);
INSERT INTO "reservation_usage" VALUES(201,'member',700,1,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(201,'member',700,1,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(201,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(201,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(201,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(201,'person',0,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(201,'server',700,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(201,'server',700,0,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(201,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(201,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(201,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(202,'member',700,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(202,'member',700,1,0,'','ever',0);
INSERT INTO "reservation_usage" VALUES(202,'member',700,1,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(202,'member',700,1,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(202,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(202,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(202,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(202,'person',0,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(202,'server',700,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(202,'server',700,0,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(202,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(202,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(202,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(203,'member',700,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(203,'member',700,1,0,'','ever',0);
INSERT INTO "reservation_usage" VALUES(203,'member',700,1,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(203,'member',700,1,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(203,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(203,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(203,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(203,'person',0,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(203,'server',700,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(203,'server',700,0,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(203,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(203,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(203,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(204,'member',700,2,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(204,'member',700,2,0,'','ever',0);
INSERT INTO "reservation_usage" VALUES(204,'member',700,2,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(204,'member',700,2,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(204,'member',700,2,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(204,'member',700,2,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(204,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(204,'person',0,2,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(204,'server',700,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(204,'server',700,0,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(204,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(204,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(204,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(205,'member',700,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(205,'member',700,1,0,'','ever',0);
INSERT INTO "reservation_usage" VALUES(205,'member',700,1,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(205,'member',700,1,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(205,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(205,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(205,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(205,'person',0,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(205,'server',700,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(205,'server',700,0,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(205,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(205,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(205,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(206,'member',700,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(206,'member',700,1,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(206,'member',700,1,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(206,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(206,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(206,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(206,'person',0,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(206,'server',700,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(206,'server',700,0,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(206,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(206,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(206,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(207,'member',700,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(207,'member',700,1,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(207,'member',700,1,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(207,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(207,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(207,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(207,'person',0,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(207,'server',700,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(207,'server',700,0,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(207,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(207,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(207,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(208,'member',700,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(208,'member',700,1,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(208,'member',700,1,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(208,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(208,'member',700,1,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
INSERT INTO "reservation_usage" VALUES(208,'operator',0,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(208,'person',0,1,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(208,'server',700,0,0,'','day',1772323200);
INSERT INTO "reservation_usage" VALUES(208,'server',700,0,0,'','month',1772323200);
INSERT INTO "reservation_usage" VALUES(208,'server',700,0,0,'','week',1771804800);
INSERT INTO "reservation_usage" VALUES(208,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0);
INSERT INTO "reservation_usage" VALUES(208,'server',700,0,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400);
CREATE TABLE resolution (
    job_id INTEGER PRIMARY KEY REFERENCES reservation (job_id),
    kind TEXT NOT NULL CHECK (kind IN ('post', 'void', 'write_off')),
    amount_pico INTEGER NOT NULL CHECK (amount_pico >= 0 AND (kind <> 'void' OR amount_pico = 0)),
    resolved_at_s REAL NOT NULL
) STRICT;
INSERT INTO "resolution" VALUES(101,'post',4000000000,1772193605.0);
INSERT INTO "resolution" VALUES(102,'post',3500000000,1772362805.0);
INSERT INTO "resolution" VALUES(103,'void',0,1772362805.0);
INSERT INTO "resolution" VALUES(104,'post',1000000000,1772362805.0);
INSERT INTO "resolution" VALUES(105,'write_off',3000000000,1772362805.0);
INSERT INTO "resolution" VALUES(106,'void',0,1772362805.0);
INSERT INTO "resolution" VALUES(107,'post',3500000000,1772362805.0);
INSERT INTO "resolution" VALUES(206,'post',3500000000,1772366405.0);
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
INSERT INTO "styles" VALUES(700,0,'chalk','Chalk','{prompt}, chalk','people','stabilityai/stable-diffusion-3-medium',512,768,20,4.5,99,1772366460.0);
INSERT INTO "styles" VALUES(700,0,'house','House','{prompt}, in our colours','people',NULL,NULL,NULL,NULL,NULL,99,1772366400.0);
INSERT INTO "styles" VALUES(700,1,'ink','Ink','{prompt}, ink on paper',NULL,NULL,NULL,NULL,20,NULL,1,1772366400.0);
CREATE TABLE tracked_dimensions (
    guild_id INTEGER NOT NULL,
    channel_id INTEGER NOT NULL,
    model TEXT NOT NULL,
    window TEXT NOT NULL,
    measure TEXT NOT NULL,
    since_s INTEGER NOT NULL,
    PRIMARY KEY (guild_id, channel_id, model, window, measure)
) WITHOUT ROWID, STRICT;
INSERT INTO "tracked_dimensions" VALUES(700,0,'','day','runs',1772064000);
INSERT INTO "tracked_dimensions" VALUES(700,0,'','month','spend',1769904000);
INSERT INTO "tracked_dimensions" VALUES(700,0,'','week','spend',1771804800);
INSERT INTO "tracked_dimensions" VALUES(700,30,'stabilityai/stable-diffusion-3-medium','ever','at_once',0);
INSERT INTO "tracked_dimensions" VALUES(700,30,'stabilityai/stable-diffusion-3-medium','hour','runs',1772366400);
CREATE TABLE upload (
    upload_id INTEGER PRIMARY KEY,
    job_id INTEGER NOT NULL REFERENCES jobs (job_id),
    user_id INTEGER NOT NULL,
    guild_id INTEGER NOT NULL,
    file_id TEXT,
    url TEXT,
    sent_at_s REAL NOT NULL
) STRICT;
INSERT INTO "upload" VALUES(1,207,1,700,'file-1','https://cdn1.wiro.ai/in/a.png',1772366460.0);
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
INSERT INTO "usage" VALUES('member',0,1,0,'','day',1772323200,1,0,3500000000,0);
INSERT INTO "usage" VALUES('member',700,1,0,'','day',1772150400,1,0,4000000000,0);
INSERT INTO "usage" VALUES('member',700,1,0,'','day',1772323200,3,6,8000000000,60000000000);
INSERT INTO "usage" VALUES('member',700,1,0,'','ever',0,0,4,0,40000000000);
INSERT INTO "usage" VALUES('member',700,1,0,'','month',1769904000,1,0,4000000000,0);
INSERT INTO "usage" VALUES('member',700,1,0,'','month',1772323200,3,6,8000000000,60000000000);
INSERT INTO "usage" VALUES('member',700,1,0,'','week',1771804800,4,6,12000000000,60000000000);
INSERT INTO "usage" VALUES('member',700,1,30,'stabilityai/stable-diffusion-3-medium','ever',0,3,5,8000000000,50000000000);
INSERT INTO "usage" VALUES('member',700,1,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400,1,6,3500000000,60000000000);
INSERT INTO "usage" VALUES('member',700,2,0,'','day',1772323200,0,1,0,10000000000);
INSERT INTO "usage" VALUES('member',700,2,0,'','ever',0,0,1,0,10000000000);
INSERT INTO "usage" VALUES('member',700,2,0,'','month',1772323200,0,1,0,10000000000);
INSERT INTO "usage" VALUES('member',700,2,0,'','week',1771804800,0,1,0,10000000000);
INSERT INTO "usage" VALUES('member',700,2,30,'stabilityai/stable-diffusion-3-medium','ever',0,0,1,0,10000000000);
INSERT INTO "usage" VALUES('member',700,2,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400,0,1,0,10000000000);
INSERT INTO "usage" VALUES('operator',0,0,0,'','day',1772150400,1,0,4000000000,0);
INSERT INTO "usage" VALUES('operator',0,0,0,'','day',1772323200,6,7,16500000000,70000000000);
INSERT INTO "usage" VALUES('person',0,1,0,'','day',1772323200,4,6,11500000000,60000000000);
INSERT INTO "usage" VALUES('person',0,2,0,'','day',1772323200,0,1,0,10000000000);
INSERT INTO "usage" VALUES('server',0,0,0,'','day',1772323200,1,0,3500000000,0);
INSERT INTO "usage" VALUES('server',700,0,0,'','day',1772150400,1,0,4000000000,0);
INSERT INTO "usage" VALUES('server',700,0,0,'','day',1772323200,3,7,8000000000,70000000000);
INSERT INTO "usage" VALUES('server',700,0,0,'','month',1769904000,1,0,4000000000,0);
INSERT INTO "usage" VALUES('server',700,0,0,'','month',1772323200,3,7,8000000000,70000000000);
INSERT INTO "usage" VALUES('server',700,0,0,'','week',1771804800,4,7,12000000000,70000000000);
INSERT INTO "usage" VALUES('server',700,0,30,'stabilityai/stable-diffusion-3-medium','ever',0,3,6,8000000000,60000000000);
INSERT INTO "usage" VALUES('server',700,0,30,'stabilityai/stable-diffusion-3-medium','hour',1772366400,1,7,3500000000,70000000000);
CREATE TABLE wiro_folders (
    guild_id INTEGER PRIMARY KEY,
    folder_id TEXT NOT NULL
) STRICT;
INSERT INTO "wiro_folders" VALUES(700,'f700');
CREATE TABLE word_rules (
    guild_id INTEGER NOT NULL,
    text TEXT NOT NULL,
    is_pattern INTEGER NOT NULL CHECK (is_pattern IN (0, 1)), match TEXT NOT NULL DEFAULT 'exact' CHECK (match IN ('exact', 'tolerant')),
    PRIMARY KEY (guild_id, text, is_pattern)
) WITHOUT ROWID, STRICT;
INSERT INTO "word_rules" VALUES(700,'bridge',0,'exact');
INSERT INTO "word_rules" VALUES(700,'goat',0,'tolerant');
INSERT INTO "word_rules" VALUES(700,'mo+n',1,'exact');
CREATE UNIQUE INDEX jobs_by_task ON jobs (task_id) WHERE task_id IS NOT NULL;
CREATE INDEX jobs_unfinished ON jobs (created_at_s, job_id)
    WHERE is_delivered = 0 OR stage NOT IN ('SUCCEEDED', 'FAILED', 'CANCELLED');
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
CREATE INDEX grants_of_member ON grants (guild_id, user_id, granted_at_s);
CREATE UNIQUE INDEX cases_open_reports ON cases (job_id) WHERE kind = 'report' AND verdict = 'open';
CREATE INDEX cases_with_requests ON cases (opened_at_s) WHERE request IS NOT NULL;
CREATE INDEX jobs_to_forget ON jobs (created_at_s, job_id)
    WHERE is_forgotten = 0 AND is_delivered = 1 AND stage IN ('SUCCEEDED', 'FAILED', 'CANCELLED');
CREATE INDEX reservation_of_guild ON reservation (guild_id, reserved_at_s);
CREATE TRIGGER late_bill_is_never_updated BEFORE UPDATE ON late_bill
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER late_bill_is_never_deleted BEFORE DELETE ON late_bill
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE INDEX cases_to_do ON cases (decided_at_s) WHERE is_to_do = 1;
CREATE INDEX styles_by_member ON styles (user_id);
CREATE INDEX reservation_of_member ON reservation (user_id, guild_id, reserved_at_s);
CREATE INDEX jobs_bills ON jobs
    (model COLLATE NOCASE, created_at_s, elapsed_s, cost_pico, width, height, steps, picture_count, stage)
    WHERE stage = 'SUCCEEDED';
CREATE INDEX bill_alarm_of_model ON bill_alarm (model, at_s);
CREATE INDEX bill_alarm_untold ON bill_alarm (at_s) WHERE is_told = 0;
CREATE TRIGGER hold_raise_is_never_updated BEFORE UPDATE ON hold_raise
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE TRIGGER hold_raise_is_never_deleted BEFORE DELETE ON hold_raise
BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END;
CREATE INDEX jobs_open_charges ON jobs (is_charge_open, charge_until_s, job_id, task_id) WHERE is_charge_open = 1;
CREATE INDEX jobs_proven_free ON jobs (model COLLATE NOCASE, created_at_s)
    WHERE stage = 'SUCCEEDED' AND cost_pico = 0 AND is_charge_open = 0 AND charge_until_s IS NOT NULL;
CREATE INDEX upload_of_member ON upload (user_id);
CREATE INDEX upload_of_job ON upload (job_id);
CREATE INDEX audit_log_of_guild ON audit_log (guild_id, entry_id);
CREATE TRIGGER audit_log_is_never_updated BEFORE UPDATE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE TRIGGER audit_log_is_never_deleted BEFORE DELETE ON audit_log
BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
CREATE INDEX cases_reported_by ON cases (guild_id, opened_by, opened_at_s) WHERE is_hiding = 1;
COMMIT;
