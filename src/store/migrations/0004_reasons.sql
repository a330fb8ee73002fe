-- Why a customer called, leaves or refuses, as the cues with a topic heard it.
CREATE TABLE reasons (
    call_id  TEXT NOT NULL REFERENCES calls (call_id) ON DELETE CASCADE,
    topic    TEXT NOT NULL,                  -- contact, leaving
    cue      TEXT NOT NULL,
    title    TEXT NOT NULL,
    title_en TEXT NOT NULL,
    evidence TEXT NOT NULL,                  -- JSON
    PRIMARY KEY (call_id, topic, cue)
) STRICT, WITHOUT ROWID;
CREATE INDEX reasons_by_cue ON reasons (topic, cue);
