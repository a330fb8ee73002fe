//! Which channel is the agent's.

use crate::{transcribe::Heard, transcript::Speaker};

/// Phrases that agents say and customers hardly ever do. A recogniser errs by sound, so several
/// are needed before a role is believed.
const AGENT_PHRASES: [&str; 22] = [
    "工号",
    "请问您",
    "为您",
    "帮您",
    "给您",
    "您好我是",
    "客户经理",
    "很高兴",
    "请您",
    "感谢您",
    "跟您确认",
    "通话有录音",
    "有录音",
    "您的套餐",
    "您现在",
    "我们公司",
    "中国电信",
    "中国移动",
    "中国联通",
    "请稍等",
    "祝您",
    "打扰您",
];

/// How the roles came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RoleSource {
    /// The call list (or the settings) named the agent's channel.
    Listed,
    /// From what each side says.
    Words,
    /// Nobody said, and the words do not tell: both are unknown.
    Undecided,
    /// One channel for both speakers.
    OneChannel,
}

/// Who is on each of `channels` channels.
///
/// `listed` is the agent's zero-based channel if somebody named it; a number that the recording
/// does not have is not believed. Otherwise the side that says clearly more of the agent's phrases
/// (at least two, and at least three times the other's) is the agent.
pub fn speakers(
    channels: usize,
    listed: Option<u16>,
    heard: &[Heard],
) -> (Vec<Speaker>, RoleSource) {
    if channels < 2 {
        return (vec![Speaker::Unknown; channels], RoleSource::OneChannel);
    }
    if let Some(agent) = listed
        .map(usize::from)
        .filter(|&channel| channel < channels)
    {
        return (roles(channels, agent), RoleSource::Listed);
    }
    let counts: Vec<usize> = (0..channels)
        .map(|channel| agent_phrases_on(channel, heard))
        .collect();
    let most = (0..channels)
        .max_by_key(|&channel| counts[channel])
        .unwrap_or(0);
    let others: usize = counts.iter().sum::<usize>() - counts[most];
    if counts[most] >= 2 && counts[most] >= 3 * others {
        (roles(channels, most), RoleSource::Words)
    } else {
        (vec![Speaker::Unknown; channels], RoleSource::Undecided)
    }
}

fn roles(channels: usize, agent: usize) -> Vec<Speaker> {
    (0..channels)
        .map(|channel| {
            if channel == agent {
                Speaker::Agent
            } else {
                Speaker::Customer
            }
        })
        .collect()
}

fn agent_phrases_on(channel: usize, heard: &[Heard]) -> usize {
    let text: String = heard
        .iter()
        .filter(|stretch| stretch.channel == channel)
        .filter_map(|stretch| stretch.words.as_ref().ok())
        .flatten()
        .flat_map(|word| word.text.chars())
        .filter(|c| c.is_alphanumeric())
        .collect();
    AGENT_PHRASES
        .iter()
        .map(|phrase| text.matches(phrase).count())
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{time::Span, transcript::Word};

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

    #[test]
    fn the_call_list_wins() {
        let (who, source) = speakers(2, Some(1), &[heard(0, "请问您工号")]);
        assert_eq!(who, [Speaker::Customer, Speaker::Agent]);
        assert_eq!(source, RoleSource::Listed);
    }

    #[test]
    fn a_channel_that_does_not_exist_is_not_believed() {
        assert_eq!(speakers(2, Some(7), &[]).1, RoleSource::Undecided);
        assert_eq!(
            speakers(1, Some(0), &[]),
            (vec![Speaker::Unknown], RoleSource::OneChannel)
        );
    }

    #[test]
    fn words_tell_when_they_are_clear() {
        let (who, source) = speakers(
            2,
            None,
            &[
                heard(0, "什么事"),
                heard(1, "您好我是电信客户经理请问您方便吗"),
            ],
        );
        assert_eq!(who, [Speaker::Customer, Speaker::Agent]);
        assert_eq!(source, RoleSource::Words);
        assert_eq!(
            speakers(2, None, &[heard(0, "为您"), heard(1, "嗯")]).1,
            RoleSource::Undecided
        );
    }
}
