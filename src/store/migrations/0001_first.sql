-- What a recording is, by the BLAKE3 digest of its bytes.
CREATE TABLE recordings (
    digest         TEXT PRIMARY KEY,
    container      TEXT NOT NULL,
    codec          TEXT NOT NULL,
    sample_rate_hz INTEGER NOT NULL,
    channels       INTEGER NOT NULL,
    duration_ms    INTEGER NOT NULL,
    incomplete     INTEGER NOT NULL          -- 1: the file ended before its header said so
) STRICT, WITHOUT ROWID;

-- Where recordings were seen; size and time of change save reading a file again.
CREATE TABLE recording_files (
    path        TEXT PRIMARY KEY,
    size_bytes  INTEGER NOT NULL,
    modified_ns INTEGER NOT NULL,
    digest      TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX recording_files_by_digest ON recording_files (digest);

-- Files that could not be listened to, each until it can be.
CREATE TABLE failures (
    path       TEXT PRIMARY KEY,
    cause      TEXT NOT NULL,                -- a stable word: empty, malformed, unsupported, …
    message_zh TEXT NOT NULL,
    message_en TEXT NOT NULL,
    month      TEXT                          -- of the call, where the call list tells
) STRICT, WITHOUT ROWID;

-- Rows of call lists, for coverage.
CREATE TABLE listed_calls (
    file    TEXT PRIMARY KEY,                -- as the list names it
    call_id TEXT,
    month   TEXT,
    found   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX listed_calls_by_call ON listed_calls (call_id);

CREATE TABLE models (
    digest TEXT PRIMARY KEY,
    name   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What one model heard in one recording.
CREATE TABLE transcripts (
    recording     TEXT NOT NULL REFERENCES recordings (digest),
    model         TEXT NOT NULL REFERENCES models (digest),
    agent_channel INTEGER,                   -- as the call list named it then
    role_source   TEXT NOT NULL,
    speakers      TEXT NOT NULL,             -- JSON: who is on each channel
    timeline      TEXT NOT NULL,             -- JSON: where somebody spoke
    untranscribed TEXT NOT NULL,             -- JSON: speech without words to trust
    PRIMARY KEY (recording, model)
) STRICT, WITHOUT ROWID;

CREATE TABLE utterances (
    recording   TEXT NOT NULL,
    model       TEXT NOT NULL,
    position    INTEGER NOT NULL,
    speaker     TEXT NOT NULL,
    from_ms     INTEGER,
    to_ms       INTEGER,
    text        TEXT NOT NULL,
    probability REAL,
    words       TEXT NOT NULL,               -- JSON: [characters, from_ms, to_ms, probability in 1/1000] …
    PRIMARY KEY (recording, model, position),
    FOREIGN KEY (recording, model) REFERENCES transcripts (recording, model) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- Rules as they were when they judged.
CREATE TABLE rules (
    digest   TEXT PRIMARY KEY,
    rule_id  TEXT NOT NULL,
    title    TEXT NOT NULL,
    title_en TEXT NOT NULL,
    severity TEXT NOT NULL,
    scored   INTEGER NOT NULL,
    basis    TEXT NOT NULL,                  -- JSON list
    remedy   TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- A call with its score; what it was judged by stands in the digests.
CREATE TABLE calls (
    call_id    TEXT PRIMARY KEY,
    recording  TEXT NOT NULL REFERENCES recordings (digest),
    path       TEXT NOT NULL,
    model      TEXT NOT NULL REFERENCES models (digest),
    rule_set   TEXT NOT NULL,
    scorecard  TEXT NOT NULL,
    metadata   TEXT NOT NULL,                -- JSON: the call list's row
    month      TEXT,                         -- 2026-10, on the clock of the call's place
    started_at TEXT,
    agent_id   TEXT,
    unit       TEXT,
    points     INTEGER NOT NULL,
    qualified  INTEGER NOT NULL,
    fatal      INTEGER NOT NULL,
    deductions TEXT NOT NULL                 -- JSON
) STRICT, WITHOUT ROWID;
CREATE INDEX calls_by_month ON calls (month, call_id);
CREATE INDEX calls_by_recording ON calls (recording);

CREATE TABLE verdicts (
    call_id     TEXT NOT NULL REFERENCES calls (call_id) ON DELETE CASCADE,
    rule_id     TEXT NOT NULL,
    rule_digest TEXT NOT NULL REFERENCES rules (digest),
    outcome     TEXT NOT NULL,
    turns       TEXT NOT NULL,               -- JSON
    evidence    TEXT NOT NULL,               -- JSON
    reason      TEXT NOT NULL,               -- JSON
    PRIMARY KEY (call_id, rule_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX verdicts_by_outcome ON verdicts (outcome, rule_id);
