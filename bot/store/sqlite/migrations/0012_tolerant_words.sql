-- How a word is looked for. Those that stand already go on as they are: what they refuse is what was asked for.

ALTER TABLE word_rules ADD COLUMN match TEXT NOT NULL DEFAULT 'exact' CHECK (match IN ('exact', 'tolerant'));
