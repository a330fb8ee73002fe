//! What a move leaves in the finding's row, and whether the rows are what the log says.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, params};

use crate::{
    review::workflow::{FindingState, Move, Position, RectificationState, Settings},
    store::{Store, StoreError, audit::utc_text},
};

/// What a move leaves in the finding's row.
pub(super) struct Effect<'a> {
    pub(super) id: &'a str,
    pub(super) after: Position,
    pub(super) by: &'a str,
    pub(super) at: DateTime<Utc>,
    pub(super) assignee: Option<&'a str>,
    pub(super) seq: u64,
}

impl Effect<'_> {
    pub(super) fn apply(
        &self,
        connection: &Connection,
        mv: Move,
        settings: &Settings,
    ) -> Result<(), StoreError> {
        let state = self.after.finding.unwrap_or(FindingState::Missed);
        connection
            .prepare_cached(
                "UPDATE findings SET state = ?2, rectification = ?3, moves = moves + 1,
                 last_seq = ?4, assignee = coalesce(?5, assignee) WHERE finding_id = ?1",
            )?
            .execute(params![
                self.id,
                state.as_str(),
                self.after.rectification.as_str(),
                self.seq as i64,
                self.assignee,
            ])?;
        let appeal_until = utc_text(self.at + settings.appeal_window());
        let rectify_until = utc_text(self.at + settings.rectification_limit());
        let now = utc_text(self.at);
        match mv {
            Move::Confirm | Move::Reject => self.set(
                connection,
                "decided_by = ?2, decided_at = ?3",
                [self.by, &now],
            ),
            Move::Publish => self.set(
                connection,
                "published_at = ?2, appeal_until = ?3",
                [&now, &appeal_until],
            ),
            Move::Appeal => self.set(connection, "appealed_at = ?2", [&now]),
            // Level 3 may be asked within the same time again.
            Move::Uphold if state == FindingState::Upheld => self.set(
                connection,
                "answered_by = ?2, answered_at = ?3, appeal_until = ?4",
                [self.by, &now, &appeal_until],
            ),
            Move::Uphold | Move::Overturn => self.set(
                connection,
                "answered_by = ?2, answered_at = ?3",
                [self.by, &now],
            ),
            Move::Escalate => self.set(connection, "escalated_at = ?2", [&now]),
            Move::OpenRectification | Move::FailRectification => self.set(
                connection,
                "rectify_until = ?2, rectification_round = rectification_round + 1",
                [&rectify_until],
            ),
            Move::SubmitRectification => self.set(
                connection,
                "submitted_by = ?2, submitted_at = ?3",
                [self.by, &now],
            ),
            Move::PassRectification => self.set(connection, "rectified_at = ?2", [&now]),
            Move::Assign | Move::AddMissed | Move::Acknowledge | Move::Close => Ok(()),
        }
    }

    fn set<const N: usize>(
        &self,
        connection: &Connection,
        columns: &str,
        values: [&str; N],
    ) -> Result<(), StoreError> {
        let sql = format!("UPDATE findings SET {columns} WHERE finding_id = ?1");
        let all = std::iter::once(self.id).chain(values);
        connection
            .prepare_cached(&sql)?
            .execute(rusqlite::params_from_iter(all))?;
        Ok(())
    }
}

/// A finding whose row is not what the log says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    pub finding_id: String,
    /// By the log.
    pub expected: String,
    pub found: String,
}

impl Store {
    /// Compares every finding with the last that the log says of it.
    ///
    /// # Errors
    /// When the database fails.
    pub fn deviations(&self) -> Result<Vec<Deviation>, StoreError> {
        let mut statement = self.connection.prepare(
            "WITH said AS (SELECT subject, max(seq) AS seq, count(*) AS moves FROM audit
                           WHERE subject_kind = 'finding' GROUP BY subject)
             SELECT coalesce(f.finding_id, s.subject), coalesce(a.after, 'detected'),
                    coalesce(f.state, ''), coalesce(f.rectification, 'none'),
                    coalesce(s.moves, 0), coalesce(f.moves, 0)
             FROM findings f FULL JOIN said s ON s.subject = f.finding_id
             LEFT JOIN audit a ON a.seq = s.seq",
        )?;
        let mut rows = statement.query([])?;
        let mut deviations = Vec::new();
        while let Some(row) = rows.next()? {
            let expected: String = row.get(1)?;
            let state: String = row.get(2)?;
            let rectification: String = row.get(3)?;
            let found = match (
                FindingState::parse(&state),
                RectificationState::parse(&rectification),
            ) {
                (Some(state), Some(rectification)) => Position::of(state, rectification).code(),
                _ => state,
            };
            let moves: (i64, i64) = (row.get(4)?, row.get(5)?);
            if expected != found || moves.0 != moves.1 {
                deviations.push(Deviation {
                    finding_id: row.get(0)?,
                    expected: format!("{expected} ({})", moves.0),
                    found: format!("{found} ({})", moves.1),
                });
            }
        }
        Ok(deviations)
    }
}
