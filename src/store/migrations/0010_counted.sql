-- What a month's report would have to look at every call for.

-- How many rules a call lost points for: the calls with the lowest scores stand in order, with all
-- that tells whether a report wants them.
ALTER TABLE calls ADD COLUMN deducted INTEGER NOT NULL DEFAULT 0;
UPDATE calls SET deducted = json_array_length(deductions) WHERE violated;
DROP INDEX calls_by_points;
CREATE INDEX calls_by_points ON calls (month, points, deducted DESC, started_at, call_id, unit, channel, business);

-- What each row of a call list counts for: once among all, and of outbound calls once by agent and
-- day, by script and by hour. A talk of more than 18 seconds is a long one.
CREATE VIEW listed_parts AS
WITH rows AS (
    SELECT file, month, coalesce(unit, '') AS unit, direction, coalesce(agent_id, '') AS agent_id,
           coalesce(day, '') AS day, coalesce(script, '') AS script, coalesce(CAST(hour AS TEXT), '') AS hour,
           1 AS listed,
           connected IS NOT NULL AS connected_known, coalesce(connected, 0) AS connected,
           coalesce(connected AND talk_ms IS NOT NULL, 0) AS talk_known, coalesce(connected AND talk_ms > 18000, 0) AS long_talk,
           coalesce(connected AND converted IS NOT NULL, 0) AS converted_known, coalesce(connected AND converted, 0) AS converted,
           coalesce(connected AND converted AND ordered IS NOT NULL, 0) AS ordered_known,
           coalesce(connected AND converted AND ordered, 0) AS ordered
    FROM listed_calls WHERE month IS NOT NULL)
SELECT file, month, 'all' AS part, unit, '' AS name, '' AS day, listed, connected_known, connected, talk_known,
       long_talk, converted_known, converted, ordered_known, ordered FROM rows
UNION ALL
SELECT file, month, 'agent', unit, agent_id, day, listed, connected_known, connected, talk_known,
       long_talk, converted_known, converted, ordered_known, ordered FROM rows WHERE direction = 'outbound'
UNION ALL
SELECT file, month, 'script', unit, script, '', listed, connected_known, connected, talk_known,
       long_talk, converted_known, converted, ordered_known, ordered FROM rows WHERE direction = 'outbound'
UNION ALL
SELECT file, month, 'hour', unit, hour, '', listed, connected_known, connected, talk_known,
       long_talk, converted_known, converted, ordered_known, ordered FROM rows WHERE direction = 'outbound';

CREATE TABLE listed_counts (
    month           TEXT NOT NULL,
    part            TEXT NOT NULL,           -- all, agent, script, hour
    unit            TEXT NOT NULL,           -- '' where the list says nothing; so are name and day
    name            TEXT NOT NULL,           -- the agent's number, the script, the hour
    day             TEXT NOT NULL,           -- of agents only
    listed          INTEGER NOT NULL,
    connected_known INTEGER NOT NULL,
    connected       INTEGER NOT NULL,
    talk_known      INTEGER NOT NULL,        -- of the connected
    long_talk       INTEGER NOT NULL,
    converted_known INTEGER NOT NULL,        -- of the connected
    converted       INTEGER NOT NULL,
    ordered_known   INTEGER NOT NULL,        -- of the converted
    ordered         INTEGER NOT NULL,
    PRIMARY KEY (month, part, unit, name, day)
) STRICT, WITHOUT ROWID;
INSERT INTO listed_counts
    SELECT month, part, unit, name, day, sum(listed), sum(connected_known), sum(connected), sum(talk_known),
           sum(long_talk), sum(converted_known), sum(converted), sum(ordered_known), sum(ordered)
    FROM listed_parts GROUP BY month, part, unit, name, day;

CREATE TRIGGER listed_counted AFTER INSERT ON listed_calls BEGIN
    INSERT INTO listed_counts
        SELECT month, part, unit, name, day, listed, connected_known, connected, talk_known, long_talk,
               converted_known, converted, ordered_known, ordered
        FROM listed_parts WHERE file = NEW.file
        ON CONFLICT DO UPDATE SET listed = listed + excluded.listed,
            connected_known = connected_known + excluded.connected_known, connected = connected + excluded.connected,
            talk_known = talk_known + excluded.talk_known, long_talk = long_talk + excluded.long_talk,
            converted_known = converted_known + excluded.converted_known, converted = converted + excluded.converted,
            ordered_known = ordered_known + excluded.ordered_known, ordered = ordered + excluded.ordered;
    DELETE FROM unlisted_calls WHERE call_id = NEW.call_id;
END;
CREATE TRIGGER listed_uncounted BEFORE DELETE ON listed_calls BEGIN
    UPDATE listed_counts SET listed = listed_counts.listed - p.listed,
        connected_known = listed_counts.connected_known - p.connected_known, connected = listed_counts.connected - p.connected,
        talk_known = listed_counts.talk_known - p.talk_known, long_talk = listed_counts.long_talk - p.long_talk,
        converted_known = listed_counts.converted_known - p.converted_known, converted = listed_counts.converted - p.converted,
        ordered_known = listed_counts.ordered_known - p.ordered_known, ordered = listed_counts.ordered - p.ordered
    FROM listed_parts p
    WHERE p.file = OLD.file AND listed_counts.month = p.month AND listed_counts.part = p.part
      AND listed_counts.unit = p.unit AND listed_counts.name = p.name AND listed_counts.day = p.day;
END;
-- Rows are replaced, never changed: what they count for follows.
CREATE TRIGGER listed_replaced BEFORE UPDATE ON listed_calls BEGIN
    SELECT RAISE(ABORT, 'rows of call lists are replaced, never changed');
END;
CREATE TRIGGER listed_forgotten AFTER DELETE ON listed_calls BEGIN
    INSERT OR IGNORE INTO unlisted_calls
        SELECT call_id, month, unit FROM calls
        WHERE call_id = OLD.call_id
          AND NOT EXISTS (SELECT 1 FROM listed_calls l WHERE l.call_id = OLD.call_id);
END;

-- Judged calls that no call list names.
CREATE TABLE unlisted_calls (
    call_id TEXT PRIMARY KEY,
    month   TEXT,
    unit    TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX unlisted_calls_by_month ON unlisted_calls (month, unit);
INSERT INTO unlisted_calls
    SELECT call_id, month, unit FROM calls c
    WHERE NOT EXISTS (SELECT 1 FROM listed_calls l WHERE l.call_id = c.call_id);
CREATE TRIGGER call_unlisted AFTER INSERT ON calls
WHEN NOT EXISTS (SELECT 1 FROM listed_calls l WHERE l.call_id = NEW.call_id) BEGIN
    INSERT OR IGNORE INTO unlisted_calls VALUES (NEW.call_id, NEW.month, NEW.unit);
END;
CREATE TRIGGER call_gone AFTER DELETE ON calls BEGIN
    DELETE FROM unlisted_calls WHERE call_id = OLD.call_id;
END;

-- Outbound calls that somebody answered, those that came furthest first.
CREATE INDEX listed_calls_answered ON listed_calls (month, converted DESC, ordered DESC, file, unit, script, hour, call_id)
    WHERE direction = 'outbound' AND connected = 1;
