//! Who says which words: the agent, the customer, or nobody knows.
//!
//! On a recording with a channel for each side the call list says which is the agent's, else the
//! words do. On one channel (also where two hold the same signal, or only one is alive) the voices
//! are told apart, and the words say whose they are. What is not nearly certain stays unknown: a
//! wrong role would make a wrong accusation.

use serde::{Deserialize, Serialize};

use crate::{
    audio::ChannelFault,
    speech::{VoicePiece, tell_apart},
    time::Span,
    transcribe::{Heard, role_words::log_odds_of_agent},
    transcript::Speaker,
};

/// How the roles came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleSource {
    /// The call list (or the settings) named the agent's channel.
    Listed,
    /// From what each side says.
    Words,
    /// Nobody said, and the words do not tell: both are unknown.
    Undecided,
    /// One channel for both speakers, told apart by voice, and their roles by the words.
    Voices,
    /// One channel for both speakers, whose voices were not told apart.
    OneChannel,
}

/// Less certain roles are unknown.
const LEAST_CERTAINTY: f64 = 0.95;
/// Words of one call hang together, so that their log odds count half.
const WORDS_WEIGHT: f64 = 0.5;
/// Nothing is more certain than this.
const MOST_CERTAINTY: f64 = 0.999;

/// What is known of the sound before any role is believed.
#[derive(Clone, Debug, Default)]
pub struct ChannelsHeard {
    pub channels: usize,
    pub faults: Vec<ChannelFault>,
    /// Measured pieces of the speech, where there is only one channel of it; in order.
    pub voices: Vec<VoicePiece>,
}

/// Who says what in one recording.
#[derive(Clone, Debug, PartialEq)]
pub struct Roles {
    pub source: RoleSource,
    /// How certain the roles are, 0 to 1; `None` where they were given or are unknown.
    pub certainty: Option<f32>,
    /// Who is on each channel; unknown where both are.
    pub channels: Vec<Speaker>,
    /// For each stretch that was heard: who says it, and how sure that is.
    pub stretches: Vec<(Speaker, Option<f32>)>,
    /// Whether each speaker has a channel of their own.
    pub separate_channels: bool,
    /// The words speak against the call list, with this certainty.
    pub against_list: Option<f32>,
}

/// Decides who says which of the stretches `heard`.
///
/// `listed` is the agent's zero-based channel if somebody named it; it wins over the words. A
/// number that the recording does not have is not believed.
pub fn roles(sound: &ChannelsHeard, listed: Option<u16>, heard: &[Heard]) -> Roles {
    if sound.has_own_channels() {
        by_channel(sound.channels, listed, heard)
    } else {
        by_voice(sound, heard)
    }
}

impl ChannelsHeard {
    /// Whether each side has a channel: at least two that are alive and differ.
    pub fn has_own_channels(&self) -> bool {
        let dead = |channel: &usize| {
            let of = |fault: &ChannelFault| matches!(fault, ChannelFault::Dead { channel: dead } if dead == channel);
            self.faults.iter().any(of)
        };
        let alive = (0..self.channels).filter(|channel| !dead(channel)).count();
        let same = |fault: &ChannelFault| matches!(fault, ChannelFault::DualMono { .. });
        // A recording that is dead altogether keeps the channels that it has.
        (alive >= 2 || (alive == 0 && self.channels >= 2)) && !self.faults.iter().any(same)
    }
}

fn by_channel(channels: usize, listed: Option<u16>, heard: &[Heard]) -> Roles {
    let evidence = |channel: usize| -> f64 {
        let own = heard.iter().filter(|stretch| stretch.channel == channel);
        own.map(evidence).sum()
    };
    let evidence: Vec<f64> = (0..channels).map(evidence).collect();
    let most = (0..channels)
        .max_by(|&a, &b| evidence[a].total_cmp(&evidence[b]))
        .unwrap_or(0);
    let others = (0..channels).filter(|&channel| channel != most);
    let next = others
        .map(|channel| evidence[channel])
        .fold(f64::MIN, f64::max);
    let certainty = certainty(evidence[most] - next);
    let told = certainty >= LEAST_CERTAINTY;
    let listed = listed
        .map(usize::from)
        .filter(|&channel| channel < channels);
    let (source, agent) = match (listed, told) {
        (Some(agent), _) => (RoleSource::Listed, Some(agent)),
        (None, true) => (RoleSource::Words, Some(most)),
        (None, false) => (RoleSource::Undecided, None),
    };
    let on = |channel: usize| match agent {
        Some(agent) if agent == channel => Speaker::Agent,
        Some(_) => Speaker::Customer,
        None => Speaker::Unknown,
    };
    Roles {
        source,
        certainty: (source == RoleSource::Words).then_some(certainty as f32),
        channels: (0..channels).map(on).collect(),
        stretches: heard
            .iter()
            .map(|stretch| (on(stretch.channel), None))
            .collect(),
        separate_channels: true,
        against_list: listed
            .filter(|&agent| told && agent != most)
            .map(|_| certainty as f32),
    }
}

fn by_voice(sound: &ChannelsHeard, heard: &[Heard]) -> Roles {
    let pieces = &sound.voices;
    let own: Vec<Vec<usize>> = heard
        .iter()
        .map(|stretch| pieces_of(stretch.span, pieces))
        .collect();
    let mut hints = vec![0.0; pieces.len()];
    for (stretch, own) in heard.iter().zip(&own) {
        for &piece in own {
            hints[piece] += evidence(stretch) / own.len() as f64;
        }
    }
    let split = tell_apart(pieces, &hints);
    let agents: Vec<Option<f64>> = own
        .iter()
        .map(|own| agrees(own.iter().map(|&piece| split.first[piece])))
        .collect();
    // The words must bear out, taken together, that it is this voice which is the agent's.
    let borne_out: f64 = heard
        .iter()
        .zip(&agents)
        .map(|(stretch, agent)| match agent {
            Some(agent) if *agent >= 0.5 => evidence(stretch),
            Some(_) => -evidence(stretch),
            None => 0.0,
        })
        .sum();
    let certainty = certainty(borne_out);
    let told = certainty >= LEAST_CERTAINTY;
    let stretches = agents.iter().map(|&agent| match agent {
        Some(agent) if told => {
            let sure = agent.max(1.0 - agent).min(MOST_CERTAINTY) as f32;
            let speaker = match agent {
                agent if agent >= LEAST_CERTAINTY => Speaker::Agent,
                agent if agent <= 1.0 - LEAST_CERTAINTY => Speaker::Customer,
                _ => Speaker::Unknown,
            };
            (speaker, Some(sure))
        }
        _ => (Speaker::Unknown, None),
    });
    let told_apart = split.told_apart && told;
    Roles {
        source: if told_apart {
            RoleSource::Voices
        } else {
            RoleSource::OneChannel
        },
        certainty: told_apart.then_some(certainty as f32),
        channels: vec![Speaker::Unknown; sound.channels],
        stretches: stretches.collect(),
        separate_channels: false,
        against_list: None,
    }
}

/// What a stretch's words say for the agent (log odds), each no more than the recogniser's trust.
fn evidence(stretch: &Heard) -> f64 {
    let Ok(words) = &stretch.words else {
        return 0.0;
    };
    let text: String = words.iter().map(|word| word.text.as_str()).collect();
    log_odds_of_agent(&text)
}

fn certainty(log_odds: f64) -> f64 {
    (1.0 / (1.0 + (-WORDS_WEIGHT * log_odds).exp())).min(MOST_CERTAINTY)
}

/// The pieces of voice that lie mostly within a stretch, else those that touch it.
fn pieces_of(span: Span, pieces: &[VoicePiece]) -> Vec<usize> {
    let first = pieces.partition_point(|piece| piece.span.to <= span.from);
    let touching = (first..pieces.len()).take_while(|&at| pieces[at].span.from < span.to);
    let touching: Vec<usize> = touching.collect();
    let within = |&&at: &&usize| {
        let piece = pieces[at].span;
        piece.overlap(span).0 * 2 >= piece.length().0
    };
    let inside: Vec<usize> = touching.iter().filter(within).copied().collect();
    if inside.is_empty() { touching } else { inside }
}

/// The probability that all of these are the first voice; `None` without any, and one half where
/// some are surely the one voice and some surely the other.
fn agrees(first: impl Iterator<Item = f64>) -> Option<f64> {
    let odds = |p: f64| {
        let p = p.clamp(1e-6, 1.0 - 1e-6);
        (p / (1.0 - p)).ln()
    };
    let (mut sum, mut count) = (0.0, 0);
    let (mut least, mut most) = (1.0_f64, 0.0_f64);
    for p in first {
        sum += odds(p);
        count += 1;
        least = least.min(p);
        most = most.max(p);
    }
    if count == 0 {
        return None;
    }
    if most >= LEAST_CERTAINTY && least <= 1.0 - LEAST_CERTAINTY {
        return Some(0.5);
    }
    Some(1.0 / (1.0 + (-sum / f64::from(count)).exp()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::Word;

    fn heard(channel: usize, text: &str) -> Heard {
        let span = Span::new(0, 1000);
        Heard {
            channel,
            span,
            words: Ok(vec![Word {
                text: text.into(),
                span,
                probability: 0.9,
            }]),
        }
    }

    fn two_channels(faults: Vec<ChannelFault>) -> ChannelsHeard {
        ChannelsHeard {
            channels: 2,
            faults,
            voices: Vec::new(),
        }
    }

    const CLEAR: &str = "您好我是中国电信客户经理工号三四零二请问您方便吗";

    #[test]
    fn the_call_list_wins_and_a_contradiction_is_told() {
        let clear = [heard(0, CLEAR), heard(1, "什么事你说")];
        let decided = roles(&two_channels(vec![]), Some(1), &clear);
        assert_eq!(decided.channels, [Speaker::Customer, Speaker::Agent]);
        assert_eq!(decided.source, RoleSource::Listed);
        assert!(
            decided
                .against_list
                .is_some_and(|certainty| certainty >= 0.95)
        );
        let decided = roles(&two_channels(vec![]), Some(0), &clear);
        assert_eq!(decided.against_list, None);
    }

    #[test]
    fn a_channel_that_does_not_exist_is_not_believed() {
        let decided = roles(&two_channels(vec![]), Some(7), &[]);
        assert_eq!(decided.source, RoleSource::Undecided);
        let mono = ChannelsHeard {
            channels: 1,
            ..ChannelsHeard::default()
        };
        let decided = roles(&mono, Some(0), &[heard(0, "好")]);
        assert_eq!(decided.source, RoleSource::OneChannel);
        assert_eq!(decided.stretches, [(Speaker::Unknown, None)]);
        assert!(!decided.separate_channels);
    }

    #[test]
    fn words_tell_when_they_are_clear() {
        let decided = roles(
            &two_channels(vec![]),
            None,
            &[heard(0, "什么事你说"), heard(1, CLEAR)],
        );
        assert_eq!(decided.channels, [Speaker::Customer, Speaker::Agent]);
        assert_eq!(decided.source, RoleSource::Words);
        let unclear = [heard(0, "为您"), heard(1, "嗯")];
        let decided = roles(&two_channels(vec![]), None, &unclear);
        assert_eq!(decided.source, RoleSource::Undecided);
        assert_eq!(decided.certainty, None);
    }

    #[test]
    fn channels_that_are_one_are_treated_as_one() {
        for fault in [
            ChannelFault::DualMono { inverted: true },
            ChannelFault::Dead { channel: 1 },
        ] {
            let decided = roles(&two_channels(vec![fault]), Some(0), &[heard(0, "您好")]);
            assert!(!decided.separate_channels);
            assert_eq!(decided.source, RoleSource::OneChannel);
        }
    }

    #[test]
    fn a_stretch_of_both_voices_is_nobodys() {
        assert_eq!(agrees([0.99, 0.01].into_iter()), Some(0.5));
        assert!(agrees([0.99, 0.6].into_iter()).is_some_and(|p| p > 0.9));
        assert_eq!(agrees(std::iter::empty()), None);
    }
}
