-- Recordings that a call list names and nobody found: counted without looking at the others.
CREATE INDEX listed_calls_missing ON listed_calls (month, unit) WHERE found = 0 AND connected IS NOT 0;
