//! How long a side takes to say its first word, from the answer.

use super::{Finding, Node, UnknownBecause};
use crate::{
    acoustics,
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
        let own = acoustics::first_words(timeline, |speaker| speaker == self.speaker);
        let unknown = acoustics::first_words(timeline, |speaker| speaker == Speaker::Unknown);
        let late = |from: Option<Millis>| from.is_none_or(|from| from > self.longer_than);
        // A voice that nobody knows may be theirs, and may be the other side's.
        let truth = match (own, unknown) {
            (own, None) => Truth::of(late(own)),
            (own, unknown) if late(own) && late(unknown) => Truth::True,
            (own, _) if !late(own) => Truth::False,
            _ => Truth::Unknown,
        };
        let begins = [own, unknown].into_iter().flatten().min();
        let call = acoustics::call(timeline);
        let delay = begins.unwrap_or(call.length());
        let spans = match truth {
            Truth::False => Vec::new(),
            _ => vec![Span {
                from: call.from,
                to: Millis(call.from.0 + delay.0),
            }],
        };
        let seconds = delay.as_seconds();
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
