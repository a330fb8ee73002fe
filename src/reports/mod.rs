//! Reports from judged calls: pure functions from facts to tables, and renderers.
