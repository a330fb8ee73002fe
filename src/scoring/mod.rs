//! Verdicts into points: the scorecard of a call, an agent, a unit.
