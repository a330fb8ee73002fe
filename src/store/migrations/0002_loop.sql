-- From findings to closure: people, the loop, samples, calibration, exemplars, what was issued.
-- Times are `2026-10-21T01:15:00Z`; days are `2026-10-21` on the clock of the place.

-- What a violation costs by the rule's own file; needed to score again without the rules folder.
ALTER TABLE rules ADD COLUMN points INTEGER;

-- Scorecards as they were when they scored.
CREATE TABLE scorecards (
    digest TEXT PRIMARY KEY,
    card   TEXT NOT NULL                     -- JSON
) STRICT, WITHOUT ROWID;

-- Province, branch, unit, team: a tree. Calls name their unit by its id or its name.
CREATE TABLE units (
    unit_id TEXT PRIMARY KEY,
    name    TEXT NOT NULL UNIQUE,
    parent  TEXT REFERENCES units (unit_id),
    level   TEXT NOT NULL                    -- province | branch | unit | team
) STRICT, WITHOUT ROWID;

CREATE TABLE people (
    person_id TEXT PRIMARY KEY,
    name      TEXT NOT NULL,
    role      TEXT NOT NULL,                 -- inspector | reviewer | arbiter | agent | manager | compliance | admin
    agent_id  TEXT,                          -- the agent's number in the call list; only of agents
    active    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The units given to a person, each with everything below it; `*` is all.
CREATE TABLE person_units (
    person_id TEXT NOT NULL REFERENCES people (person_id) ON DELETE CASCADE,
    unit_id   TEXT NOT NULL,
    PRIMARY KEY (person_id, unit_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX calls_by_agent ON calls (agent_id, started_at);

-- What must be decided: one for each call and rule that the machine found in violation or could not
-- judge, or that a person listening found missed. Where it stands now; how it came there is in `audit`.
CREATE TABLE findings (
    finding_id          TEXT PRIMARY KEY,    -- from call and rule, 16 hex digits
    call_id             TEXT NOT NULL,
    rule_id             TEXT NOT NULL,
    origin              TEXT NOT NULL,       -- machine | person
    outcome             TEXT NOT NULL,       -- what the machine said when nobody had decided yet
    rule_digest         TEXT NOT NULL,       -- and by which rule,
    model               TEXT NOT NULL,       -- model (SHA-256)
    recording           TEXT NOT NULL,       -- and recording (BLAKE3)
    state               TEXT NOT NULL,       -- review::workflow::FindingState
    assignee            TEXT,
    decided_by          TEXT,                -- who confirmed or rejected it (level 1)
    decided_at          TEXT,
    published_at        TEXT,
    appeal_until        TEXT,                -- an appeal or escalation must come before
    appealed_at         TEXT,
    escalated_at        TEXT,
    answered_by         TEXT,                -- who decided the appeal (level 2 or 3)
    answered_at         TEXT,
    rectification       TEXT NOT NULL,       -- review::workflow::RectificationState
    rectify_until       TEXT,                -- evidence must come before
    rectification_round INTEGER NOT NULL,    -- 0: none was opened; 2: reopened once
    submitted_by        TEXT,
    submitted_at        TEXT,
    rectified_at        TEXT,                -- the recheck was passed
    moves               INTEGER NOT NULL,    -- how many moves of people it has seen
    last_seq            INTEGER NOT NULL,    -- the last of them in `audit`; 0: none
    UNIQUE (call_id, rule_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX findings_by_state ON findings (state, rectification);
CREATE INDEX findings_by_rule ON findings (rule_id, state);

-- Scores restated by what people decided; a call that is not here has the machine's score alone.
CREATE TABLE final_scores (
    call_id    TEXT PRIMARY KEY,
    basis      TEXT NOT NULL,                -- final: all findings are decided; machine: some are not
    points     INTEGER NOT NULL,
    qualified  INTEGER NOT NULL,
    fatal      INTEGER NOT NULL,
    deductions TEXT NOT NULL,                -- JSON
    decided    INTEGER NOT NULL,             -- findings decided
    pending    INTEGER NOT NULL              -- findings not decided, or under appeal
) STRICT, WITHOUT ROWID;

-- Every move, chained: `hash` is SHA-256 over the hash before and this row (see store::audit).
CREATE TABLE audit (
    seq            INTEGER PRIMARY KEY,      -- 1, 2, 3, … without a gap
    at             TEXT NOT NULL,            -- UTC
    offset_minutes INTEGER NOT NULL,         -- of the clock on which it was done
    actor          TEXT NOT NULL,
    role           TEXT NOT NULL,
    action         TEXT NOT NULL,            -- confirm, overturn, …, import-people, sample-draw, …
    subject_kind   TEXT NOT NULL,            -- finding | people | units | sample | calibration | exemplar | …
    subject        TEXT NOT NULL,
    before         TEXT NOT NULL,            -- state before; empty: none
    after          TEXT NOT NULL,
    reason         TEXT NOT NULL,            -- numbers of people are covered
    rule_digest    TEXT NOT NULL,            -- as they judge now; empty where no rule is concerned
    model          TEXT NOT NULL,
    details        TEXT NOT NULL,            -- JSON
    previous       TEXT NOT NULL,            -- the hash before; empty in the first row
    hash           TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_subject ON audit (subject_kind, subject, seq);

-- Where the chain ends, a second time.
CREATE TABLE audit_head (
    one    INTEGER PRIMARY KEY CHECK (one = 1),
    length INTEGER NOT NULL,
    hash   TEXT NOT NULL
) STRICT;
INSERT INTO audit_head VALUES (1, 0, '');

-- Rows of batch files that are done, so that a batch that was cut off can be run again.
CREATE TABLE batch_rows (
    row_key    TEXT PRIMARY KEY,             -- from the command, the row and how often it stood before
    finding_id TEXT NOT NULL,
    seq        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE samples (
    sample_id  TEXT PRIMARY KEY,             -- spot-2026-W42-1
    period     TEXT NOT NULL,                -- 2026-W42, 2026-10
    from_day   TEXT NOT NULL,
    to_day     TEXT NOT NULL,                -- included
    unit       TEXT,                         -- a subtree; NULL: all
    seed       INTEGER NOT NULL,
    per_agent  INTEGER NOT NULL,
    random     REAL NOT NULL,                -- the part drawn at random over all calls
    drawn_by   TEXT NOT NULL,
    drawn_at   TEXT NOT NULL,
    population INTEGER NOT NULL              -- calls that could have been drawn
) STRICT, WITHOUT ROWID;

-- Unit and agent: how many calls there were, how many of them were drawn at random.
CREATE TABLE sample_strata (
    sample_id TEXT NOT NULL REFERENCES samples (sample_id),
    unit      TEXT NOT NULL,
    agent_id  TEXT NOT NULL,
    calls     INTEGER NOT NULL,
    drawn     INTEGER NOT NULL,
    PRIMARY KEY (sample_id, unit, agent_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE sample_items (
    sample_id TEXT NOT NULL REFERENCES samples (sample_id),
    call_id   TEXT NOT NULL,
    position  INTEGER NOT NULL,
    part      TEXT NOT NULL,                 -- random | risk
    why       TEXT NOT NULL,                 -- JSON list: cannot-judge, critical, new-agent, repeated, key-item
    unit      TEXT NOT NULL,
    agent_id  TEXT NOT NULL,
    assignee  TEXT,
    heard_by  TEXT,
    heard_at  TEXT,
    PRIMARY KEY (sample_id, call_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX sample_items_by_call ON sample_items (call_id);

-- What the machine said of a call when a person had heard it; the truth is in `findings`.
CREATE TABLE heard_verdicts (
    sample_id   TEXT NOT NULL,
    call_id     TEXT NOT NULL,
    rule_id     TEXT NOT NULL,
    rule_digest TEXT NOT NULL,
    machine     TEXT NOT NULL,               -- outcome
    PRIMARY KEY (sample_id, call_id, rule_id),
    FOREIGN KEY (sample_id, call_id) REFERENCES sample_items (sample_id, call_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE calibrations (
    calibration_id TEXT PRIMARY KEY,         -- cal-2026-10-1
    period         TEXT NOT NULL,
    seed           INTEGER NOT NULL,
    expert         TEXT NOT NULL,            -- person
    opened_by      TEXT NOT NULL,
    opened_at      TEXT NOT NULL,
    closed_at      TEXT                      -- until then nobody sees another's judgement
) STRICT, WITHOUT ROWID;

CREATE TABLE calibration_calls (
    calibration_id TEXT NOT NULL REFERENCES calibrations (calibration_id),
    call_id        TEXT NOT NULL,
    position       INTEGER NOT NULL,
    PRIMARY KEY (calibration_id, call_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE calibration_raters (
    calibration_id TEXT NOT NULL REFERENCES calibrations (calibration_id),
    person_id      TEXT NOT NULL,
    expert         INTEGER NOT NULL,
    PRIMARY KEY (calibration_id, person_id)
) STRICT, WITHOUT ROWID;

-- One rater's judgement of one rule on one call.
CREATE TABLE calibration_judgements (
    calibration_id TEXT NOT NULL,
    call_id        TEXT NOT NULL,
    rule_id        TEXT NOT NULL,
    person_id      TEXT NOT NULL,
    outcome        TEXT NOT NULL,
    at             TEXT NOT NULL,
    PRIMARY KEY (calibration_id, call_id, rule_id, person_id),
    FOREIGN KEY (calibration_id, call_id) REFERENCES calibration_calls (calibration_id, call_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE exemplars (
    exemplar_id TEXT PRIMARY KEY,            -- from call and rule, 16 hex digits
    call_id     TEXT NOT NULL,
    rule_id     TEXT NOT NULL,
    scenario    TEXT NOT NULL,               -- the call's business
    state       TEXT NOT NULL,               -- proposed | released | withdrawn
    merit       REAL NOT NULL,               -- 0 … 1
    why_zh      TEXT NOT NULL,
    why_en      TEXT NOT NULL,
    proposed_at TEXT NOT NULL,
    released_by TEXT,
    released_at TEXT,
    UNIQUE (call_id, rule_id)
) STRICT, WITHOUT ROWID;

-- Reports as they were issued; never changed, only marked.
CREATE TABLE issued_reports (
    report_id      TEXT PRIMARY KEY,
    kind           TEXT NOT NULL,            -- weekly | monthly | …
    period         TEXT NOT NULL,
    from_day       TEXT NOT NULL,
    to_day         TEXT NOT NULL,            -- included
    unit           TEXT,                     -- a subtree (unit_id); NULL: all
    lang           TEXT NOT NULL,
    as_of          TEXT NOT NULL,
    inputs_digest  TEXT NOT NULL,
    output_digest  TEXT NOT NULL,
    file           TEXT NOT NULL,
    issued_by      TEXT NOT NULL,
    issued_at      TEXT NOT NULL,
    superseded_at  TEXT,
    superseded_seq INTEGER,                  -- the first move in `audit` that made it so
    superseded_why TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX issued_reports_by_days ON issued_reports (from_day, to_day);

-- The month's key rectification items, set by the manager; none: the four key items.
CREATE TABLE key_items (
    month   TEXT NOT NULL,
    rule_id TEXT NOT NULL,
    PRIMARY KEY (month, rule_id)
) STRICT, WITHOUT ROWID;

-- Calls that retention must leave alone.
CREATE TABLE legal_holds (
    call_id TEXT PRIMARY KEY,
    reason  TEXT NOT NULL,
    held_by TEXT NOT NULL,
    held_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
