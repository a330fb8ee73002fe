//! How long a side takes to say its first word, from the beginning of the recording.

use super::{Finding, Node, UnknownBecause};
use crate::{
    rules::{engine::View, reason::Words, truth::Truth},
    time::{Millis, Span},
    transcript::Speaker,
};

#[derive(Debug)]
pub struct AnswerDelay {
    pub speaker: Speaker,
    pub longer_than: Millis,
}

impl AnswerDelay {
    pub(super) fn judge<'r>(&'r self, node: &'r Node, view: &View<'_>) -> Finding<'r> {
        let Some(timeline) = &view.transcript().timeline else {
            return Finding::no_times(node);
        };
        let first = |is: &dyn Fn(Speaker) -> bool| {
            timeline
                .speech
                .iter()
                .filter(|stretch| is(stretch.speaker))
                .map(|stretch| stretch.span.from)
                .min()
        };
        let own = first(&|speaker| speaker == self.speaker);
        let unknown = first(&|speaker| speaker == Speaker::Unknown);
        let late = |from: Option<Millis>| from.is_none_or(|from| from > self.longer_than);
        // A voice that nobody knows may be theirs, and may be the other side's.
        let truth = match (own, unknown) {
            (own, None) => Truth::of(late(own)),
            (own, unknown) if late(own) && late(unknown) => Truth::True,
            (own, _) if !late(own) => Truth::False,
            _ => Truth::Unknown,
        };
        let begins = [own, unknown].into_iter().flatten().min();
        let until = begins.unwrap_or(timeline.duration);
        let spans = match truth {
            Truth::False => Vec::new(),
            _ => vec![Span {
                from: Millis(0),
                to: until,
            }],
        };
        let seconds = until.as_seconds();
        let words = Words {
            zh: format!("第一句话在 {seconds:.1} 秒"),
            en: format!("the first words come at {seconds:.1} s"),
        };
        let finding = Finding::of_sound(
            node,
            truth,
            &spans,
            Some(self.speaker),
            view,
            "answer-delay",
        )
        .measured(words);
        match truth {
            Truth::Unknown => finding.because(UnknownBecause::OneChannel),
            _ => finding,
        }
    }
}
