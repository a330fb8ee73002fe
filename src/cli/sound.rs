//! What was found of a recording's channels and sounds, in words.

use crate::{
    acoustics::AcousticMeasures,
    audio::ChannelFault,
    lang::Lang,
    time::Millis,
    transcript::{SoundKind, SpeechTimeline},
};

/// One line for each fault of the channels.
pub(super) fn channel_faults(faults: &[ChannelFault], lang: Lang) -> String {
    faults
        .iter()
        .map(|fault| {
            let line = channel_fault(*fault, lang);
            lang.pick(format!("声道:{line}\n"), format!("channels: {line}\n"))
        })
        .collect()
}

fn channel_fault(fault: ChannelFault, lang: Lang) -> String {
    match fault {
        ChannelFault::DualMono { inverted } => {
            let inverted = match inverted {
                true => lang.pick("(反相)", " (with opposite signs)"),
                false => "",
            };
            lang.pick(
                format!("各声道是同一个声音{inverted},按单声道处理,只听写一次"),
                format!("all hold the same signal{inverted}; treated as one channel and transcribed once"),
            )
        }
        ChannelFault::Dead { channel } => lang.pick(
            format!("声道 {channel} 没有声音。请检查录音线路"),
            format!("there is nothing on channel {channel}; check the recorder's wiring"),
        ),
        ChannelFault::VeryQuiet { channel, level_db } => lang.pick(
            format!("声道 {channel} 太轻(最响 {level_db:.0} dB),可能漏听。请调高录音电平"),
            format!("channel {channel} is very quiet (at most {level_db:.0} dB), words may be missed; raise the recording level"),
        ),
        ChannelFault::Clipped { channel, share } => {
            let percent = 100.0 * share;
            lang.pick(
                format!("声道 {channel} 削波({percent:.1}% 的采样到顶),识别会变差。请调低录音电平"),
                format!("channel {channel} is clipped ({percent:.1} % of its samples), recognition suffers; lower the recording level"),
            )
        }
        ChannelFault::Offset { channel, offset } => {
            let percent = 100.0 * offset;
            lang.pick(
                format!("声道 {channel} 有直流偏移({percent:+.1}%),已去除"),
                format!("channel {channel} has an offset ({percent:+.1} % of full scale), taken off"),
            )
        }
        ChannelFault::CrossTalk { from, to, level_db } => lang.pick(
            format!("声道 {from} 的声音串到声道 {to}({level_db:.0} dB),串来的话不重复听写"),
            format!("the voice on channel {from} comes through on channel {to} ({level_db:.0} dB); it is not transcribed twice"),
        ),
    }
}

/// Who talks how much, silence, talk-over, speed and delays, in two lines.
pub(super) fn measures(measures: Option<&AcousticMeasures>, lang: Lang) -> String {
    let Some(measures) = measures else {
        return String::new();
    };
    let share = |time: Millis| format!("{:.0}%", 100.0 * measures.share(time));
    let seconds = |time: Millis| format!("{:.1}", time.as_seconds());
    let talk = &measures.talk;
    let mut first = vec![lang.pick(
        format!("客服 {} 客户 {}", share(talk.agent), share(talk.customer)),
        format!(
            "agent {} customer {}",
            share(talk.agent),
            share(talk.customer)
        ),
    )];
    if talk.unknown > Millis(0) {
        let unknown = share(talk.unknown);
        first.push(lang.pick(format!("未知 {unknown}"), format!("unknown {unknown}")));
    }
    let silence = share(measures.silence);
    first.push(match measures.longest_silence {
        Some(longest) => {
            let (length, at) = (seconds(longest.length()), longest.from);
            lang.pick(
                format!("静默 {silence}(最长 {length} 秒,从 {at})"),
                format!("silence {silence} (longest {length} s, from {at})"),
            )
        }
        None => lang.pick(format!("静默 {silence}"), format!("silence {silence}")),
    });
    if let Some(over) = measures.talk_over {
        let (agent, customer) = (over.by_agent, over.by_customer);
        let (longest_a, longest_c) = (seconds(agent.longest), seconds(customer.longest));
        first.push(lang.pick(
            format!("抢话:客服 {} 次(最长 {longest_a} 秒),客户 {} 次(最长 {longest_c} 秒)", agent.times, customer.times),
            format!("talk-over: by the agent {} (longest {longest_a} s), by the customer {} (longest {longest_c} s)", agent.times, customer.times),
        ));
    }
    let mut second = Vec::new();
    let rates = measures.characters_per_minute;
    for (who, rate) in [
        (lang.pick("客服", "agent"), rates.agent),
        (lang.pick("客户", "customer"), rates.customer),
        (lang.pick("未知", "unknown"), rates.unknown),
    ] {
        if let Some(rate) = rate {
            second.push(lang.pick(
                format!("{who}每分钟 {rate} 字"),
                format!("{who} {rate} characters a minute"),
            ));
        }
    }
    if let Some(delay) = measures.first_answer {
        let delay = seconds(delay);
        second.push(lang.pick(
            format!("客服 {delay} 秒后开口"),
            format!("the agent speaks after {delay} s"),
        ));
    }
    let delay = seconds(measures.hang_up_delay);
    second.push(lang.pick(
        format!("末句后 {delay} 秒挂断"),
        format!("hung up {delay} s after the last words"),
    ));
    let join = |parts: Vec<String>| parts.join(lang.pick(";", "; "));
    let (first, second) = (join(first), join(second));
    lang.pick(
        format!("说话:{first}\n语速与时延:{second}\n"),
        format!("talk: {first}\nspeed and delays: {second}\n"),
    )
}

/// Ringing, tones, music, noise and silences with their times, in one line.
pub(super) fn sounds(timeline: Option<&SpeechTimeline>, lang: Lang) -> String {
    let labels = timeline.map_or(&[][..], |timeline| &timeline.sounds);
    if labels.is_empty() {
        return String::new();
    }
    let shown: Vec<String> = labels
        .iter()
        .map(|label| {
            let channel = match label.channel {
                Some(channel) => {
                    lang.pick(format!("(声道 {channel})"), format!(" (channel {channel})"))
                }
                None => String::new(),
            };
            let (from, to) = (label.span.from, label.span.to);
            format!("{} {from}–{to}{channel}", sound_name(label.kind, lang))
        })
        .collect();
    let shown = shown.join(lang.pick(";", "; "));
    lang.pick(
        format!("其他声音:{shown}\n"),
        format!("other sounds: {shown}\n"),
    )
}

fn sound_name(kind: SoundKind, lang: Lang) -> &'static str {
    match kind {
        SoundKind::Ringback => lang.pick("回铃音", "ringback"),
        SoundKind::Busy => lang.pick("忙音", "busy tone"),
        SoundKind::Dtmf => lang.pick("按键音", "keys (DTMF)"),
        SoundKind::Tone => lang.pick("单音", "tone"),
        SoundKind::HoldMusic => lang.pick("保持音乐", "hold music"),
        SoundKind::Noise => lang.pick("噪声", "noise"),
        SoundKind::Silence => lang.pick("静音", "silence"),
    }
}
