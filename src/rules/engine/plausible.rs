//! Where a pattern may stand, told by one look at all places of the utterance together.

use super::{
    matcher::Comparison,
    pattern::{Pattern, Piece},
    positions::{self, Known, Places},
    spoken::Spoken,
};

/// Where the item may begin as far as one look at all places together tells; none when the
/// pattern cannot stand anywhere. Most patterns are given up here.
pub fn plausible(
    pattern: &Pattern,
    item: usize,
    spoken: Spoken<'_>,
    known: Known<'_>,
    comparison: Comparison,
) -> Places {
    let by_sound = comparison != Comparison::Written;
    let length = spoken.text.chars().len();
    let all = positions::range(0, length);
    let mut wanted = all;
    // Where the next piece may begin.
    let mut places = all;
    for (number, piece) in pattern.pieces.iter().enumerate() {
        places &= match piece {
            Piece::Choice(list) | Piece::Repeat(list) if !list.by_first.is_open() => {
                known.begins(list.id, by_sound)
            }
            Piece::Start => 1,
            Piece::End => 1 << length,
            Piece::ClauseEdge => spoken.pauses,
            Piece::Question => spoken.asked,
            _ => all,
        };
        if places == 0 {
            return 0;
        }
        if number == item {
            wanted = places;
        }
        places = match piece {
            Piece::Choice(list) | Piece::Repeat(list) if list.by_last.is_open() => {
                positions::not_before(places)
            }
            Piece::Choice(list) | Piece::Repeat(list) => {
                known.ends(list.id, by_sound) & positions::not_before(places)
            }
            Piece::Gap { most, .. } => positions::spread(places, usize::from(*most)) & all,
            Piece::Value(kind) => {
                let own = spoken.values.iter().filter(|value| value.kind == *kind);
                own.filter(|value| places >> value.from & 1 == 1)
                    .fold(0, |ends, value| ends | 1 << value.to)
            }
            Piece::Text { .. } => positions::not_before(places),
            Piece::Start | Piece::End | Piece::ClauseEdge | Piece::Question => places,
        };
    }
    match places {
        0 => 0,
        _ => wanted,
    }
}
