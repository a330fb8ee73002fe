-- What reports count by stands in plain columns: an index over computed ones does not spare
-- looking up every call.
DROP TRIGGER verdict_counted;
DROP TRIGGER call_uncounted;
DROP INDEX calls_by_group;
DROP INDEX calls_by_day;
DROP INDEX calls_by_points;
DROP INDEX calls_by_passes;
ALTER TABLE calls DROP COLUMN violated;
ALTER TABLE calls DROP COLUMN day;
ALTER TABLE calls DROP COLUMN agent_name;
ALTER TABLE calls DROP COLUMN channel;
ALTER TABLE calls DROP COLUMN business;
ALTER TABLE calls DROP COLUMN direction;
ALTER TABLE calls ADD COLUMN violated INTEGER NOT NULL DEFAULT 0;
ALTER TABLE calls ADD COLUMN day TEXT;
ALTER TABLE calls ADD COLUMN agent_name TEXT;
ALTER TABLE calls ADD COLUMN channel TEXT;
ALTER TABLE calls ADD COLUMN business TEXT;
ALTER TABLE calls ADD COLUMN direction TEXT;
UPDATE calls SET
    violated = deductions <> '[]',
    day = substr(started_at, 1, 10),
    agent_name = json_extract(metadata, '$.agent_name'),
    channel = json_extract(metadata, '$.channel'),
    business = json_extract(metadata, '$.business'),
    direction = json_extract(metadata, '$.direction');
CREATE INDEX calls_by_group ON calls (month, unit, agent_id, agent_name, channel, business, day, direction,
    converted, points, qualified, violated, cannot_judge, duration_ms, incomplete);
CREATE INDEX calls_by_day ON calls (day, unit, agent_id, points, qualified, violated);
CREATE INDEX calls_by_points ON calls (month, points, started_at, call_id, unit);
CREATE INDEX calls_by_passes ON calls (month, violated, cannot_judge, passes DESC);
CREATE INDEX calls_by_time ON calls (month, started_at, call_id);
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
