-- The queue and the log are read a page at a time.
DROP INDEX findings_by_state;
CREATE INDEX findings_by_state ON findings (state, rectification, call_id, rule_id);
CREATE INDEX findings_by_assignee ON findings (assignee, call_id, rule_id) WHERE assignee IS NOT NULL;
CREATE INDEX audit_by_actor ON audit (actor, seq);
CREATE INDEX audit_by_action ON audit (action, seq);
CREATE INDEX audit_of_subject ON audit (subject, seq);
CREATE INDEX findings_rectified ON findings (rectified_at) WHERE rectified_at IS NOT NULL;
