//! The log's chain: what is hashed, and what is found when a row was changed, removed or moved.
//!
//! What it cannot find: whoever can write the database, and every place where the head was noted,
//! can make a whole new chain. So note the head (`audit head`) where they cannot write.

use sha2::{Digest, Sha256};

use crate::lang::{Lang, Say};

/// One row of the log, without its hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// 1, 2, 3, …
    pub seq: u64,
    /// UTC, `2026-10-21T01:15:00Z`.
    pub at: String,
    /// Of the clock on which it was done, east positive.
    pub offset_minutes: i32,
    pub actor: String,
    pub role: String,
    pub action: String,
    pub subject_kind: String,
    pub subject: String,
    pub before: String,
    pub after: String,
    pub reason: String,
    pub rule_digest: String,
    pub model: String,
    /// JSON.
    pub details: String,
}

/// A row as it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chained {
    pub entry: Entry,
    /// The hash of the row before; empty in the first.
    pub previous: String,
    pub hash: String,
}

/// Where a chain ends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    pub length: u64,
    /// Of the last row; empty when there is none.
    pub hash: String,
}

impl Head {
    /// Reads `length:hash`, as `Display` writes it.
    pub fn parse(text: &str) -> Option<Head> {
        let (length, hash) = text.trim().split_once(':')?;
        Some(Head {
            length: length.parse().ok()?,
            hash: hash.to_owned(),
        })
    }
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.length, self.hash)
    }
}

/// SHA-256 in hex over the hash before and every field, each with its length before it, so that
/// no two different rows are the same bytes.
pub fn hash(previous: &str, entry: &Entry) -> String {
    let mut sha = Sha256::new();
    let mut field = |bytes: &[u8]| {
        sha.update((bytes.len() as u64).to_le_bytes());
        sha.update(bytes);
    };
    field(b"huiting audit 1");
    field(previous.as_bytes());
    field(&entry.seq.to_le_bytes());
    field(entry.at.as_bytes());
    field(&entry.offset_minutes.to_le_bytes());
    for text in [
        &entry.actor,
        &entry.role,
        &entry.action,
        &entry.subject_kind,
        &entry.subject,
        &entry.before,
        &entry.after,
        &entry.reason,
        &entry.rule_digest,
        &entry.model,
        &entry.details,
    ] {
        field(text.as_bytes());
    }
    hex(&sha.finalize())
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The row that comes after `head`.
pub fn chained(head: &Head, mut entry: Entry) -> Chained {
    entry.seq = head.length + 1;
    Chained {
        hash: hash(&head.hash, &entry),
        previous: head.hash.clone(),
        entry,
    }
}

/// What is wrong with a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The row is not what its hash was made from: changed, or put in another place.
    Changed { seq: u64 },
    /// The row is whole, but it does not follow the one before it, which was put in its place.
    Unlinked { seq: u64 },
    /// Rows are gone, both ends included.
    Missing { from: u64, to: u64 },
    /// Rows at the end are gone: `place` knows of more.
    CutOff {
        length: u64,
        known: u64,
        place: Place,
    },
    /// The row at the place's length has another hash than was noted.
    Rewritten { seq: u64, place: Place },
    /// Rows were added that the database's own head does not count.
    Beyond { from: u64, to: u64 },
}

/// Where a head is noted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The table beside the log.
    Database,
    /// The file beside the database.
    File,
    /// What the user noted.
    Noted,
}

impl Say for Place {
    fn say(&self, lang: Lang) -> String {
        let (chinese, english) = match self {
            Place::Database => ("库内链尾记录", "the head kept in the database"),
            Place::File => ("库旁的链尾文件", "the head file beside the database"),
            Place::Noted => ("您另外记下的链尾", "the head that you noted"),
        };
        lang.pick(chinese, english).to_owned()
    }
}

impl Say for Fault {
    fn say(&self, lang: Lang) -> String {
        match self {
            Fault::Changed { seq } => lang.pick(
                format!("第 {seq} 条被改动或换了位置"),
                format!("row {seq} was changed or put in another place"),
            ),
            Fault::Unlinked { seq } => {
                let before = seq - 1;
                lang.pick(
                    format!("第 {seq} 条接不上第 {before} 条:第 {before} 条被整条换过"),
                    format!("row {seq} does not follow row {before}: row {before} was replaced"),
                )
            }
            Fault::Missing { from, to } if from == to => lang.pick(
                format!("第 {from} 条被删掉了"),
                format!("row {from} was removed"),
            ),
            Fault::Missing { from, to } => lang.pick(
                format!("第 {from} 至 {to} 条被删掉了"),
                format!("rows {from} to {to} were removed"),
            ),
            Fault::CutOff { length, known, place } => lang.pick(
                format!("末尾被删:现有 {length} 条,而{}是 {known} 条", place.say(lang)),
                format!("rows at the end were removed: there are {length}, {} says {known}", place.say(lang)),
            ),
            Fault::Rewritten { seq, place } => lang.pick(
                format!("第 {seq} 条与{}不符:它或它之前的被重写过", place.say(lang)),
                format!("row {seq} is not that of {}: it or one before it was rewritten", place.say(lang)),
            ),
            Fault::Beyond { from, to } => lang.pick(
                format!("第 {from} 至 {to} 条不在库内链尾记录之内:是绕过程序加进去的"),
                format!("rows {from} to {to} are not counted by the head kept in the database: they were put in past the program"),
            ),
        }
    }
}

/// Goes through the rows in their order and collects what is wrong.
#[derive(Debug, Default)]
pub struct Verifier {
    last: Head,
    faults: Vec<Fault>,
    heads: Vec<(Place, Head)>,
    /// Whether the row before this one was at fault itself.
    blamed: bool,
}

impl Verifier {
    /// `heads`: what is known elsewhere of the chain.
    pub fn new(heads: Vec<(Place, Head)>) -> Verifier {
        Verifier {
            heads,
            ..Verifier::default()
        }
    }

    pub fn row(&mut self, row: &Chained) {
        let seq = row.entry.seq;
        let expected = self.last.length + 1;
        if seq > expected {
            self.faults.push(Fault::Missing {
                from: expected,
                to: seq - 1,
            });
            self.blamed = true;
        }
        let whole = hash(&row.previous, &row.entry) == row.hash;
        let linked = row.previous == self.last.hash;
        if !whole {
            self.faults.push(Fault::Changed { seq });
        } else if !linked && !self.blamed {
            self.faults.push(if seq == 1 {
                Fault::Changed { seq }
            } else {
                Fault::Unlinked { seq }
            });
        }
        self.blamed = !whole;
        for (place, head) in &self.heads {
            if head.length == seq && head.hash != row.hash {
                self.faults.push(Fault::Rewritten { seq, place: *place });
            }
        }
        self.last = Head {
            length: seq,
            hash: row.hash.clone(),
        };
    }

    /// Every fault, and where the chain ends as it was found.
    pub fn finish(mut self) -> (Vec<Fault>, Head) {
        let length = self.last.length;
        for (place, head) in &self.heads {
            if head.length > length {
                self.faults.push(Fault::CutOff {
                    length,
                    known: head.length,
                    place: *place,
                });
            } else if *place == Place::Database && head.length < length {
                self.faults.push(Fault::Beyond {
                    from: head.length + 1,
                    to: length,
                });
            }
        }
        (self.faults, self.last)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chain(length: u64) -> (Vec<Chained>, Head) {
        let mut head = Head::default();
        let mut rows = Vec::new();
        for number in 1..=length {
            let entry = Entry {
                actor: format!("person-{}", number % 3),
                reason: format!("理由 {number}"),
                at: "2026-10-21T01:15:00Z".into(),
                ..Entry::default()
            };
            let row = chained(&head, entry);
            head = Head {
                length: number,
                hash: row.hash.clone(),
            };
            rows.push(row);
        }
        (rows, head)
    }

    fn faults(rows: &[Chained], heads: Vec<(Place, Head)>) -> Vec<Fault> {
        let mut verifier = Verifier::new(heads);
        for row in rows {
            verifier.row(row);
        }
        verifier.finish().0
    }

    fn head_of(length: u64) -> Vec<(Place, Head)> {
        vec![(Place::Database, chain(length).1)]
    }

    #[test]
    fn every_kind_of_tampering_is_named() {
        let check = |change: &dyn Fn(&mut Vec<Chained>), expected: &[Fault]| {
            let (mut rows, _) = chain(6);
            change(&mut rows);
            assert_eq!(faults(&rows, head_of(6)), expected);
        };
        check(&|_| {}, &[]);
        check(
            &|rows| rows[2].entry.reason = "别的".into(),
            &[Fault::Changed { seq: 3 }],
        );
        check(
            &|rows| drop(rows.remove(2)),
            &[Fault::Missing { from: 3, to: 3 }],
        );
        check(
            &|rows| drop(rows.drain(4..)),
            &[Fault::CutOff {
                length: 4,
                known: 6,
                place: Place::Database,
            }],
        );
        // Changed, and its own hash made to fit.
        check(
            &|rows| {
                rows[2].entry.reason = "别的".into();
                rows[2].hash = hash(&rows[2].previous, &rows[2].entry);
            },
            &[Fault::Unlinked { seq: 4 }],
        );
        // Two rows in each other's place.
        check(
            &|rows| {
                rows.swap(1, 2);
                rows[1].entry.seq = 2;
                rows[2].entry.seq = 3;
            },
            &[Fault::Changed { seq: 2 }, Fault::Changed { seq: 3 }],
        );
        check(
            &|rows| drop(rows.remove(0)),
            &[Fault::Missing { from: 1, to: 1 }],
        );
    }

    #[test]
    fn a_chain_made_anew_is_found_by_a_head_noted_elsewhere() {
        let (rows, head) = chain(5);
        let mut forged = Vec::new();
        let mut last = Head::default();
        for row in &rows {
            let mut entry = row.entry.clone();
            if entry.seq == 2 {
                entry.reason = "别的".into();
            }
            let row = chained(&last, entry);
            last = Head {
                length: row.entry.seq,
                hash: row.hash.clone(),
            };
            forged.push(row);
        }
        assert_eq!(faults(&forged, vec![(Place::Database, last)]), []);
        assert_eq!(
            faults(&forged, vec![(Place::Noted, head)]),
            [Fault::Rewritten {
                seq: 5,
                place: Place::Noted
            }]
        );
    }

    #[test]
    fn heads_are_read_as_they_are_written() {
        let head = chain(3).1;
        assert_eq!(Head::parse(&head.to_string()), Some(head));
        assert_eq!(Head::parse("nonsense"), None);
    }

    proptest! {
        #[test]
        fn any_changed_row_is_named(length in 1u64..20, at in 0usize..20, field in 0usize..6) {
            let (mut rows, head) = chain(length);
            let at = at % rows.len();
            let entry = &mut rows[at].entry;
            match field {
                0 => entry.actor.push('x'),
                1 => entry.at = "2026-10-22T01:15:00Z".into(),
                2 => entry.offset_minutes += 1,
                3 => entry.details = "{}".into(),
                4 => std::mem::swap(&mut entry.before, &mut entry.reason),
                _ => entry.rule_digest = "0".into(),
            }
            let found = faults(&rows, vec![(Place::Database, head)]);
            prop_assert_eq!(found, vec![Fault::Changed { seq: at as u64 + 1 }]);
        }

        #[test]
        fn any_removed_rows_are_named(length in 2u64..20, at in 0usize..20, count in 1usize..5) {
            let (mut rows, head) = chain(length);
            let from = at % rows.len();
            let to = (from + count).min(rows.len());
            rows.drain(from..to);
            let found = faults(&rows, vec![(Place::Database, head)]);
            let expected = if to as u64 == length {
                Fault::CutOff { length: from as u64, known: length, place: Place::Database }
            } else {
                Fault::Missing { from: from as u64 + 1, to: to as u64 }
            };
            prop_assert_eq!(found, vec![expected]);
        }
    }
}
