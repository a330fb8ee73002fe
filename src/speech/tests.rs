use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::audio::{AudioReader, SAMPLE_RATE_HZ};
use crate::time::{Millis, Span};

/// One channel of a fixture, agent 0 or customer 1.
fn spoken(call: &str, channel: usize) -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/calls")
        .join(call);
    let mut reader = AudioReader::open(&path).unwrap();
    let mut samples = Vec::new();
    while let Some(mut block) = reader.next_block().unwrap() {
        samples.append(&mut block[channel]);
    }
    samples
}

fn detect(samples: &[f32], settings: DetectorSettings) -> Vec<SpeechSegment> {
    detect_in_pieces(samples, settings, 16_000)
}

fn detect_in_pieces(
    samples: &[f32],
    settings: DetectorSettings,
    piece: usize,
) -> Vec<SpeechSegment> {
    let mut detector = SpeechDetector::new(0, settings);
    let mut segments = Vec::new();
    for part in samples.chunks(piece) {
        detector.push(part, &mut segments);
    }
    detector.finish(&mut segments);
    segments
}

/// What must hold for the segments of any sound.
fn check_invariants(samples: &[f32], segments: &[SpeechSegment], settings: &DetectorSettings) {
    let end = Millis::from_samples(samples.len() as u64, SAMPLE_RATE_HZ);
    for segment in segments {
        let SpeechSegment { span, window, .. } = segment;
        assert!(
            span.from < span.to && window.to <= end,
            "{span:?} {window:?}"
        );
        assert!(window.from <= span.from && span.to <= window.to);
        assert!(segment.samples.len() >= MIN_SEGMENT_SAMPLES);
        let longest = settings.max_segment.0.max(1000) + 2 * settings.padding.0 + 64;
        assert!(window.length().0 <= longest);
        // The samples are those of the window.
        let from = window.from.to_samples(SAMPLE_RATE_HZ) as usize;
        assert_eq!(segment.samples, samples[from..from + segment.samples.len()]);
        let length = Millis::from_samples(segment.samples.len() as u64, SAMPLE_RATE_HZ);
        assert_eq!(window.length(), length);
    }
    for pair in segments.windows(2) {
        assert!(pair[0].span.to <= pair[1].span.from);
    }
}

fn noise(samples: usize, level: f32) -> Vec<f32> {
    let mut state = 1u32;
    (0..samples)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            level * ((state >> 8) as f32 / (1 << 23) as f32 - 1.0)
        })
        .collect()
}

#[test]
fn silence_noise_and_clicks_are_no_speech() {
    let mut click = vec![0.0; 40_000];
    click[20_000..20_020].fill(0.9);
    let step = [vec![0.0; 16_000], vec![0.5; 16_000], vec![0.0; 16_000]].concat();
    for (name, samples) in [
        ("nothing", Vec::new()),
        ("digital silence", vec![0.0; 640_000]),
        ("faint noise", noise(640_000, 0.003)),
        ("loud noise", noise(640_000, 0.3)),
        ("noise at full level", noise(160_000, 1.0)),
        ("a click", click),
        ("an offset", step),
    ] {
        let found = detect(&samples, DetectorSettings::default());
        assert!(found.is_empty(), "{name}: {:?}", found[0].span);
    }
}

fn detect_call(channels: &[Vec<f32>]) -> Vec<SpeechSegment> {
    let settings = DetectorSettings::default();
    let mut detector = CallDetector::new(channels.len(), &settings);
    let mut segments = Vec::new();
    let frames = channels.first().map_or(0, Vec::len);
    for from in (0..frames).step_by(7001) {
        let to = (from + 7001).min(frames);
        let block: Vec<_> = channels.iter().map(|c| c[from..to].to_vec()).collect();
        detector.push(&block, &mut segments);
    }
    detector.finish(&mut segments);
    segments
}

fn of_channel(segments: &[SpeechSegment], channel: usize) -> Vec<Span> {
    let segments = segments.iter().filter(|segment| segment.channel == channel);
    segments.map(|segment| segment.span).collect()
}

/// `to` with `share` of `from` in it, late by `delay` samples.
fn leak(from: &[f32], to: &[f32], share: f32, delay: usize) -> Vec<f32> {
    let late = std::iter::repeat_n(&0.0, delay).chain(from);
    to.iter()
        .zip(late)
        .map(|(own, other)| own + share * other)
        .collect()
}

#[test]
fn the_other_side_faintly_is_no_speech() {
    let agent = spoken("demo-02.wav", 0);
    let customer = spoken("demo-02.wav", 1);
    let alone = detect_call(&[agent.clone(), customer.clone()]);
    for (share, delay) in [(0.003, 0), (0.01, 0), (0.01, 1600), (0.03, 0), (0.03, 800)] {
        let found = detect_call(&[
            leak(&customer, &agent, share, delay),
            leak(&agent, &customer, share, delay),
        ]);
        for channel in [0, 1] {
            let (found, alone) = (of_channel(&found, channel), of_channel(&alone, channel));
            assert_eq!(found.len(), alone.len(), "{share} of channel {channel}");
            for (found, alone) in found.iter().zip(&alone) {
                assert!(found.overlap(*alone).0 + 100 > alone.length().0);
                assert!(found.length().0 < alone.length().0 + 200);
            }
        }
    }
}

#[test]
fn channels_together_and_alone_agree_on_clean_calls() {
    let channels = [spoken("demo-02.wav", 0), spoken("demo-02.wav", 1)];
    let together = detect_call(&channels);
    for (channel, samples) in channels.iter().enumerate() {
        let alone = detect(samples, DetectorSettings::default());
        assert_eq!(of_channel(&together, channel), of_channel(&alone, 0));
    }
}

#[test]
fn talking_over_each_other_is_heard_on_both_channels() {
    let agent = spoken("demo-02.wav", 0);
    let other = spoken("demo-05.wav", 0);
    let length = agent.len().min(other.len());
    // Both at the same time, one side 20 dB quieter.
    let quiet: Vec<f32> = other[..length].iter().map(|sample| 0.1 * sample).collect();
    let loud = agent[..length].to_vec();
    let found = detect_call(&[loud.clone(), quiet.clone()]);
    for (channel, samples) in [loud, quiet].iter().enumerate() {
        let alone = of_channel(&detect(samples, DetectorSettings::default()), 0);
        let spoken: u64 = alone.iter().map(|span| span.length().0).sum();
        let heard: u64 = of_channel(&found, channel)
            .iter()
            .map(|span| span.length().0)
            .sum();
        assert!(
            heard * 100 >= spoken * 97,
            "channel {channel}: {heard} of {spoken}"
        );
    }
}

#[test]
fn what_another_channel_holds_too_is_heard_once() {
    let agent = spoken("demo-02.wav", 0);
    let alone = of_channel(&detect(&agent, DetectorSettings::default()), 0);
    // The same loudness, inverted, fainter, and fainter and late.
    for (share, delay) in [(1.0, 0), (-1.0, 0), (0.3, 0), (0.1, 0), (0.2, 1600)] {
        let copy = leak(&agent, &vec![0.0; agent.len()], share, delay);
        let found = detect_call(&[agent.clone(), copy]);
        assert_eq!(of_channel(&found, 0), alone, "{share}, late by {delay}");
        assert_eq!(of_channel(&found, 1), [], "{share}, late by {delay}");
    }
}

#[test]
fn a_call_without_channels_or_samples() {
    assert!(detect_call(&[]).is_empty());
    assert!(detect_call(&[Vec::new(), Vec::new()]).is_empty());
}

/// A sound of 20 s, made sample by sample from the time in seconds.
fn sound(sample: impl Fn(f64) -> f64) -> Vec<f32> {
    let samples = 0..20 * u64::from(SAMPLE_RATE_HZ);
    samples
        .map(|n| sample(n as f64 / f64::from(SAMPLE_RATE_HZ)) as f32)
        .collect()
}

fn sine(hz: f64, seconds: f64) -> f64 {
    (std::f64::consts::TAU * hz * seconds).sin()
}

fn check_other_sound(name: &str, samples: &[f32], expected: SoundKind) {
    let mut detector = SpeechDetector::new(0, DetectorSettings::default());
    let mut segments = Vec::new();
    detector.push(samples, &mut segments);
    detector.finish(&mut segments);
    let spans: Vec<Span> = segments.iter().map(|segment| segment.span).collect();
    assert!(spans.is_empty(), "{name}: {spans:?}");
    let sounds = detector.sounds(&spans);
    let labelled: u64 = sounds
        .iter()
        .filter(|sound| sound.kind == expected)
        .map(|sound| sound.span.length().0)
        .sum();
    let other: u64 = sounds
        .iter()
        .map(|sound| sound.span.length().0)
        .sum::<u64>()
        - labelled;
    assert!(
        labelled >= 12_000 && other * 10 <= labelled,
        "{name}: {sounds:?}"
    );
}

#[test]
fn telephone_tones_music_and_noise_are_told_from_speech() {
    let ringback = sound(|t| {
        if t % 5.0 < 1.0 {
            0.2 * sine(450.0, t)
        } else {
            0.0
        }
    });
    check_other_sound("ringback", &ringback, SoundKind::Ringback);
    let busy = sound(|t| {
        if t % 0.7 < 0.35 {
            0.2 * sine(450.0, t)
        } else {
            0.0
        }
    });
    check_other_sound("busy", &busy, SoundKind::Busy);
    let keys = sound(|t| match t % 0.2 {
        on if on < 0.1 => {
            0.2 * (sine([697.0, 770.0, 852.0][(t * 5.0) as usize % 3], t) + sine(1336.0, t))
        }
        _ => 0.0,
    });
    check_other_sound("keys", &keys, SoundKind::Dtmf);
    let sweep = sound(|t| 0.3 * (std::f64::consts::TAU * (300.0 * t + 65.0 * t * t)).sin());
    check_other_sound("sweep", &sweep, SoundKind::Tone);
    let chords = sound(|t| {
        let root = [261.6, 220.0, 174.6, 196.0][t as usize % 4];
        let note = |hz: f64| sine(hz, t) + 0.5 * sine(2.0 * hz, t) + 0.25 * sine(3.0 * hz, t);
        0.08 * (t % 1.0 * 40.0).min(1.0) * (note(root) + note(root * 1.25) + note(root * 1.5))
    });
    check_other_sound("chords", &chords, SoundKind::HoldMusic);
    let plucked = sound(|t| {
        let hz = [261.6, 329.6, 392.0, 523.3, 440.0][(t * 4.0) as usize % 5];
        let since = t % 0.25;
        0.3 * (-4.0 * since).exp()
            * (sine(hz, t) + 0.6 * sine(2.0 * hz, t) + 0.3 * sine(3.0 * hz, t))
            + 0.1 * (sine(130.8, t) + sine(196.0, t))
    });
    check_other_sound("plucked", &plucked, SoundKind::HoldMusic);
    check_other_sound("noise", &noise(320_000, 0.3), SoundKind::Noise);
}

/// The angle of a tone whose pitch swings by so many cents six times a second.
fn swinging(hz: f64, cents: f64, seconds: f64) -> f64 {
    let depth = hz * ((cents / 1200.0).exp2() - 1.0);
    let turn = std::f64::consts::TAU;
    turn * hz * seconds - depth / 6.0 * (turn * 6.0 * seconds).cos()
}

#[test]
fn music_that_bends_is_told_from_speech() {
    const NOTES: [f64; 5] = [261.6, 329.6, 392.0, 523.3, 440.0];
    let partials = |angle: f64| -> f64 {
        (1..6)
            .map(|partial| (f64::from(partial) * angle).sin() / f64::from(partial))
            .sum()
    };
    for (cents, note_seconds) in [(30.0, 0.35), (60.0, 0.35), (60.0, 1.0), (100.0, 0.35)] {
        let vibrato = sound(|t| {
            let hz = NOTES[(t / note_seconds) as usize % 5];
            0.1 * partials(swinging(hz, cents, t))
        });
        check_other_sound("vibrato", &vibrato, SoundKind::HoldMusic);
    }
    let low = sound(|t| {
        let hz = NOTES[(2.0 * t) as usize % 5] / 2.0;
        0.1 * partials(swinging(hz, 60.0, t))
    });
    check_other_sound("low vibrato", &low, SoundKind::HoldMusic);
    let glide = sound(|t| {
        let since = t % 1.5;
        0.1 * partials(std::f64::consts::TAU * (150.0 * since + 200.0 * since * since))
    });
    check_other_sound("glides", &glide, SoundKind::HoldMusic);
}

#[test]
fn speech_behind_music_is_not_lost() {
    let music = sound(|t| 0.08 * (sine(261.6, t) + sine(329.6, t) + sine(392.0, t)));
    let speech = &spoken("demo-02.wav", 0)[16_000..16_000 * 12];
    let samples = [&music, speech].concat();
    let found = detect(&samples, DetectorSettings::default());
    let spoken: u64 = found
        .iter()
        .map(|segment| segment.span.overlap(Span::new(20_000, 31_000)).0)
        .sum();
    let alone = detect(speech, DetectorSettings::default());
    let expected: u64 = alone.iter().map(|segment| segment.span.length().0).sum();
    assert!(spoken + 200 >= expected, "{spoken} of {expected}");
}

#[test]
fn speech_in_noise_is_heard() {
    let agent = spoken("demo-02.wav", 0);
    let clean = detect(&agent, DetectorSettings::default());
    let spoken: u64 = clean.iter().map(|segment| segment.span.length().0).sum();
    // Mean power of this speech is about -20 dB; the noise's is -32 and -25.
    for level in [0.043, 0.1] {
        let noisy: Vec<f32> = agent
            .iter()
            .zip(noise(agent.len(), level))
            .map(|(sample, noise)| sample + noise)
            .collect();
        let found = detect(&noisy, DetectorSettings::default());
        let heard: u64 = found
            .iter()
            .flat_map(|segment| {
                clean
                    .iter()
                    .map(|clean| segment.window.overlap(clean.span).0)
            })
            .sum();
        assert!(heard * 100 >= spoken * 95, "{level}: {heard} of {spoken}");
    }
}

#[test]
fn a_quiet_speaker_is_heard() {
    let agent = spoken("demo-02.wav", 0);
    let usual = detect(&agent, DetectorSettings::default());
    let quiet: Vec<f32> = agent.iter().map(|sample| sample * 0.05).collect();
    let found = detect(&quiet, DetectorSettings::default());
    assert_eq!(found.len(), usual.len());
}

#[test]
fn long_speech_is_cut_where_it_is_quietest() {
    let agent = spoken("demo-02.wav", 0);
    let settings = DetectorSettings {
        // No pause ends a segment, so every cut is one of length.
        min_silence: Some(Millis(60_000)),
        max_segment: Millis(3000),
        ..DetectorSettings::default()
    };
    let found = detect(&agent, settings.clone());
    check_invariants(&agent, &found, &settings);
    assert!(found.len() >= 6, "{} pieces", found.len());
    for pair in found.windows(2) {
        let cut = pair[0].window.to.to_samples(SAMPLE_RATE_HZ) as usize;
        let around = &agent[cut - 128..(cut + 128).min(agent.len())];
        let power = around.iter().map(|s| s * s).sum::<f32>() / around.len() as f32;
        assert!(
            power < 0.0003,
            "cut at {} in loud speech",
            pair[0].window.to
        );
    }
    // Together the pieces hold all that the usual segments hold.
    for usual in detect(&agent, DetectorSettings::default()) {
        let held: u64 = found
            .iter()
            .map(|piece| piece.window.overlap(usual.span).0)
            .sum();
        assert!(held >= usual.span.length().0);
    }
}

#[test]
fn speech_up_to_the_last_sample_is_given_at_the_end() {
    let agent = spoken("demo-02.wav", 0);
    // Within the first turn (1.4 to 4.7 s), not on a frame's border.
    let cut = &agent[..16_000 * 3 + 77];
    let found = detect(cut, DetectorSettings::default());
    check_invariants(cut, &found, &DetectorSettings::default());
    assert_eq!(found.last().unwrap().window.to, Millis(3004));
}

#[test]
fn recordings_shorter_than_a_segment_give_nothing() {
    let agent = spoken("demo-02.wav", 0);
    let speech = &agent[16_000 * 2..];
    for length in [1, 255, 256, 800, 1599] {
        assert!(detect(&speech[..length], DetectorSettings::default()).is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn pieces_make_no_difference_and_invariants_hold(
        from in 0usize..200_000,
        length in 0usize..160_000,
        piece in 1usize..40_000,
        padding in 0u64..500,
        min_silence in 16u64..600,
        max_segment in 500u64..4000,
    ) {
        let agent = spoken("demo-02.wav", 0);
        let part = &agent[from..(from + length).min(agent.len())];
        let settings = DetectorSettings {
            padding: Millis(padding),
            min_silence: Some(Millis(min_silence)),
            max_segment: Millis(max_segment),
            ..DetectorSettings::default()
        };
        let found = detect_in_pieces(part, settings.clone(), piece);
        check_invariants(part, &found, &settings);
        prop_assert_eq!(found, detect_in_pieces(part, settings, 16_000));
    }
}
