-- How outbound calls went, as the call list tells; NULL where it does not.
ALTER TABLE listed_calls ADD COLUMN unit TEXT;
ALTER TABLE listed_calls ADD COLUMN agent_id TEXT;
ALTER TABLE listed_calls ADD COLUMN agent_name TEXT;
ALTER TABLE listed_calls ADD COLUMN direction TEXT;
ALTER TABLE listed_calls ADD COLUMN day TEXT;
ALTER TABLE listed_calls ADD COLUMN hour INTEGER;
ALTER TABLE listed_calls ADD COLUMN script TEXT;
ALTER TABLE listed_calls ADD COLUMN connected INTEGER;
ALTER TABLE listed_calls ADD COLUMN talk_ms INTEGER;
ALTER TABLE listed_calls ADD COLUMN converted INTEGER;
ALTER TABLE listed_calls ADD COLUMN ordered INTEGER;
-- When the row was first read; NULL in rows from before.
ALTER TABLE listed_calls ADD COLUMN listed_at TEXT;
CREATE INDEX listed_calls_by_seat ON listed_calls (month, direction, unit, agent_id, agent_name, day, hour,
    script, connected, talk_ms, converted, ordered);
CREATE INDEX listed_calls_added ON listed_calls (listed_at);

ALTER TABLE calls ADD COLUMN direction TEXT AS (json_extract(metadata, '$.direction')) VIRTUAL;
ALTER TABLE calls ADD COLUMN converted INTEGER;
-- When the call was first judged; NULL for calls from before.
ALTER TABLE calls ADD COLUMN added_at TEXT;
CREATE INDEX calls_added ON calls (added_at);
DROP INDEX calls_by_group;
CREATE INDEX calls_by_group ON calls (month, unit, agent_id, agent_name, channel, business, day, direction,
    converted, points, qualified, violated, cannot_judge, duration_ms, incomplete);
