-- What was said, to be searched: one row for each utterance, in the column of who said it; the
-- words themselves stay in utterances. The row number is heard.id * 65536 + position.
CREATE TABLE heard (
    id        INTEGER PRIMARY KEY,
    recording TEXT NOT NULL,
    model     TEXT NOT NULL,
    UNIQUE (recording, model)
) STRICT;
CREATE VIRTUAL TABLE heard_words USING fts5 (
    agent, customer, unknown, content = '', contentless_delete = 1, tokenize = 'unicode61'
);

-- What calls and reports are counted by. Of scored rules: how many were met, and how many nobody
-- could judge; what the recording is.
ALTER TABLE calls ADD COLUMN passes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN cannot_judge INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN duration_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN incomplete INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN violated INTEGER AS (deductions <> '[]') VIRTUAL;
ALTER TABLE calls ADD COLUMN day TEXT AS (substr(started_at, 1, 10)) VIRTUAL;
ALTER TABLE calls ADD COLUMN agent_name TEXT AS (json_extract(metadata, '$.agent_name')) VIRTUAL;
ALTER TABLE calls ADD COLUMN channel TEXT AS (json_extract(metadata, '$.channel')) VIRTUAL;
ALTER TABLE calls ADD COLUMN business TEXT AS (json_extract(metadata, '$.business')) VIRTUAL;
UPDATE calls SET
    (passes, cannot_judge) = (
        SELECT coalesce(sum(v.outcome = 'pass'), 0), coalesce(sum(v.outcome = 'cannot-judge'), 0)
        FROM verdicts v JOIN rules r ON r.digest = v.rule_digest
        WHERE v.call_id = calls.call_id AND r.scored),
    (duration_ms, incomplete) = (
        SELECT duration_ms, incomplete FROM recordings WHERE digest = calls.recording);
CREATE INDEX calls_by_group ON calls (month, unit, agent_id, agent_name, channel, business, day,
    points, qualified, violated, cannot_judge, duration_ms, incomplete);
CREATE INDEX calls_by_day ON calls (day, unit, agent_id, points, qualified, violated);
CREATE INDEX calls_by_points ON calls (month, points);
CREATE INDEX calls_by_passes ON calls (month, violated, cannot_judge, passes DESC);
CREATE INDEX calls_by_source ON calls (month, rule_set, model);
CREATE INDEX findings_touched ON findings (call_id, rule_id) WHERE moves > 0;
CREATE INDEX verdicts_in_order ON verdicts (outcome, call_id, rule_id);

-- How often each rule came to which verdict; '' where a call does not say its day, unit or agent.
-- Kept by the triggers below, so that no report needs to look at every verdict.
CREATE TABLE verdict_counts (
    day      TEXT NOT NULL,
    unit     TEXT NOT NULL,
    agent_id TEXT NOT NULL,
    rule_id  TEXT NOT NULL,
    outcome  TEXT NOT NULL,
    calls    INTEGER NOT NULL,
    PRIMARY KEY (day, unit, agent_id, rule_id, outcome)
) STRICT, WITHOUT ROWID;
INSERT INTO verdict_counts
    SELECT coalesce(c.day, ''), coalesce(c.unit, ''), coalesce(c.agent_id, ''), v.rule_id, v.outcome, count(*)
    FROM calls c JOIN verdicts v ON v.call_id = c.call_id
    WHERE v.outcome <> 'not-applicable' GROUP BY 1, 2, 3, 4, 5;
CREATE TRIGGER verdict_counted AFTER INSERT ON verdicts WHEN NEW.outcome <> 'not-applicable' BEGIN
    INSERT INTO verdict_counts
        SELECT coalesce(day, ''), coalesce(unit, ''), coalesce(agent_id, ''), NEW.rule_id, NEW.outcome, 1
        FROM calls WHERE call_id = NEW.call_id
        ON CONFLICT DO UPDATE SET calls = calls + 1;
END;
CREATE TRIGGER call_uncounted BEFORE DELETE ON calls BEGIN
    UPDATE verdict_counts SET calls = calls - 1
    WHERE day = coalesce(OLD.day, '') AND unit = coalesce(OLD.unit, '')
      AND agent_id = coalesce(OLD.agent_id, '')
      AND EXISTS (SELECT 1 FROM verdicts v WHERE v.call_id = OLD.call_id
                  AND v.rule_id = verdict_counts.rule_id AND v.outcome = verdict_counts.outcome);
    DELETE FROM verdict_counts
    WHERE day = coalesce(OLD.day, '') AND unit = coalesce(OLD.unit, '')
      AND agent_id = coalesce(OLD.agent_id, '') AND calls = 0;
END;

-- Calls whose words were deleted because their time was over; verdicts and scores stay.
CREATE TABLE expired_calls (
    call_id TEXT PRIMARY KEY,
    at      TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Folders with clips and excerpts that huiting wrote into evidence packs, for retention.
CREATE TABLE evidence_folders (
    pack    TEXT NOT NULL,                   -- where the pack lay, absolute
    folder  TEXT NOT NULL,
    call_id TEXT NOT NULL,
    PRIMARY KEY (pack, folder)
) STRICT, WITHOUT ROWID;
CREATE INDEX evidence_folders_by_call ON evidence_folders (call_id);
