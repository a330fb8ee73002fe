-- How a recording was listened to.
ALTER TABLE transcripts ADD COLUMN role_certainty REAL;       -- 0 to 1; NULL where given or unknown
ALTER TABLE transcripts ADD COLUMN against_list REAL;         -- certainty that the call list has the roles wrong
ALTER TABLE transcripts ADD COLUMN channel_faults TEXT NOT NULL DEFAULT '[]';  -- JSON
ALTER TABLE transcripts ADD COLUMN measures TEXT NOT NULL DEFAULT 'null';      -- JSON: talk, silence, talk-over, speed, delays
ALTER TABLE utterances ADD COLUMN speaker_certainty REAL;     -- 0 to 1; NULL where the channel tells
