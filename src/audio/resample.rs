//! From any sample rate to 16 kHz, in pieces, without shifting or lengthening the recording.

use rubato::audioadapter_buffers::direct::SequentialSliceOfVecs;
use rubato::{Fft, FixedSync, Indexing, Resampler as _, WindowFunction};

use super::SAMPLE_RATE_HZ;

/// About how many pieces of input make a second: each is one Fourier transform.
const PIECES_A_SECOND: u32 = 16;

/// Converts all channels of one recording; keeps less than a tenth of a second between calls,
/// except for odd rates that share no divisor with 16,000, where it is up to two seconds.
pub(super) struct Resampler {
    from_hz: u32,
    channels: usize,
    /// `None` when the recording already has 16 kHz.
    converter: Option<Fft<f32>>,
    waiting: Vec<Vec<f32>>,
    converted: Vec<Vec<f32>>,
    /// How much of the converter's own delay is still to be dropped, in output frames.
    delay_left: usize,
    frames_in: u64,
    frames_out: u64,
}

impl Resampler {
    /// `from_hz` is one of the rates that are taken (4 to 192 kHz).
    pub fn new(from_hz: u32, channels: usize) -> Resampler {
        let converter = (from_hz != SAMPLE_RATE_HZ).then(|| converter(from_hz, channels));
        Resampler {
            from_hz,
            channels,
            waiting: vec![Vec::new(); channels],
            converted: vec![vec![0.0; converter.as_ref().map_or(0, Fft::fft_size_out)]; channels],
            delay_left: converter.as_ref().map_or(0, |fft| fft.output_delay()),
            converter,
            frames_in: 0,
            frames_out: 0,
        }
    }

    /// Takes samples (one slice per channel, equally long) and appends what is ready to `output`.
    pub fn push(&mut self, input: &[Vec<f32>], output: &mut [Vec<f32>]) {
        let frames = input.first().map_or(0, Vec::len);
        self.frames_in += frames as u64;
        let Some(piece) = self.converter.as_ref().map(Fft::fft_size_in) else {
            for (channel, samples) in output.iter_mut().zip(input) {
                channel.extend(samples.iter().map(|&sample| in_range(sample)));
            }
            self.frames_out += frames as u64;
            return;
        };
        for (waiting, samples) in self.waiting.iter_mut().zip(input) {
            waiting.extend(samples.iter().map(|&sample| finite(sample)));
        }
        let there = self.waiting.first().map_or(0, Vec::len);
        let whole_pieces = there / piece;
        for number in 0..whole_pieces {
            self.convert(number * piece, None, output);
        }
        for waiting in &mut self.waiting {
            waiting.drain(..whole_pieces * piece);
        }
    }

    /// Appends the rest, so that the whole output is the input's length at 16 kHz, rounded up.
    pub fn finish(&mut self, output: &mut [Vec<f32>]) {
        if self.converter.is_none() {
            return;
        }
        let total = (u128::from(self.frames_in) * u128::from(SAMPLE_RATE_HZ))
            .div_ceil(u128::from(self.from_hz)) as u64;
        let mut rest = self.waiting.first().map_or(0, Vec::len);
        while self.frames_out < total {
            self.convert(0, Some(rest), output);
            // From here on silence pushes out what is still in the converter.
            rest = 0;
        }
        let surplus = (self.frames_out - total) as usize;
        for channel in output {
            channel.truncate(channel.len() - surplus);
        }
        self.frames_out = total;
        self.waiting.iter_mut().for_each(Vec::clear);
    }

    /// Converts one piece of what waits, from `offset` on; `partial` frames of it, then silence.
    fn convert(&mut self, offset: usize, partial: Option<usize>, output: &mut [Vec<f32>]) {
        let Some(converter) = &mut self.converter else {
            return;
        };
        let mut indexing = Indexing::new().input_offset(offset);
        if let Some(frames) = partial {
            indexing = indexing.partial_len(frames);
        }
        let there = self.waiting.first().map_or(0, Vec::len);
        let room = converter.fft_size_out();
        let input = SequentialSliceOfVecs::new(&self.waiting, self.channels, there)
            .expect("every channel has as many samples waiting as the first");
        let mut output_piece =
            SequentialSliceOfVecs::new_mut(&mut self.converted, self.channels, room)
                .expect("the converted piece was made with this size");
        let (_, made) = converter
            .process_into_buffer(&input, &mut output_piece, Some(&indexing))
            .expect("both buffers have the sizes that the converter asks for");
        let dropped = self.delay_left.min(made);
        self.delay_left -= dropped;
        self.frames_out += (made - dropped) as u64;
        for (channel, samples) in output.iter_mut().zip(&self.converted) {
            channel.extend(
                samples[dropped..made]
                    .iter()
                    .map(|&sample| in_range(sample)),
            );
        }
    }
}

/// A converter whose pieces have even lengths on both sides: then its delay is a whole number of
/// frames and nothing is shifted by a fraction.
fn converter(from_hz: u32, channels: usize) -> Fft<f32> {
    let shared = greatest_common_divisor(from_hz, SAMPLE_RATE_HZ);
    let smallest = from_hz / shared;
    let wanted = (from_hz / PIECES_A_SECOND).div_ceil(smallest).max(1);
    let piece = (smallest * wanted.next_multiple_of(2)) as usize;
    Fft::new_custom(
        from_hz as usize,
        SAMPLE_RATE_HZ as usize,
        piece,
        1,
        channels,
        WindowFunction::BlackmanHarris2,
        FixedSync::Both,
    )
    .expect("the rate was checked and the piece is not empty")
}

fn greatest_common_divisor(a: u32, b: u32) -> u32 {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

/// A float file may hold infinities, which would spoil a whole piece.
fn finite(sample: f32) -> f32 {
    if sample.is_finite() {
        sample.clamp(-8.0, 8.0)
    } else {
        0.0
    }
}

fn in_range(sample: f32) -> f32 {
    finite(sample).clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Resamples one channel, given in pieces of `piece` samples.
    fn resample(from_hz: u32, input: &[f32], piece: usize) -> Vec<f32> {
        let mut resampler = Resampler::new(from_hz, 1);
        let mut output = vec![Vec::new()];
        for part in input.chunks(piece.max(1)) {
            resampler.push(&[part.to_vec()], &mut output);
        }
        resampler.finish(&mut output);
        output.remove(0)
    }

    fn check_impulse(from_hz: u32, at: usize) {
        let mut input = vec![0.0; from_hz as usize];
        input[at] = 1.0;
        let output = resample(from_hz, &input, 1000);
        let peak = (0..output.len())
            .max_by(|&a, &b| output[a].abs().total_cmp(&output[b].abs()))
            .unwrap();
        let expected = at as f64 * 16_000.0 / f64::from(from_hz);
        assert!(
            (peak as f64 - expected).abs() <= 1.0,
            "{from_hz} Hz: {at} came out at {peak}, not {expected}"
        );
    }

    #[test]
    fn an_impulse_stays_in_its_place() {
        for from_hz in [
            4000, 6000, 8000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000,
        ] {
            for at in [0, 1, 777, from_hz as usize / 2 + 1, from_hz as usize - 1] {
                check_impulse(from_hz, at);
            }
        }
    }

    /// A second of a tone at half the full level.
    fn tone(hz: f64, sample_rate_hz: u32) -> Vec<f32> {
        (0..sample_rate_hz)
            .map(|n| f64::from(n) / f64::from(sample_rate_hz) * hz * std::f64::consts::TAU)
            .map(|phase| 0.5 * phase.sin() as f32)
            .collect()
    }

    #[test]
    fn a_tone_keeps_its_level() {
        for from_hz in [8000, 11_025, 44_100, 48_000] {
            let output = resample(from_hz, &tone(1000.0, from_hz), 480);
            let middle = &output[4000..12_000];
            let power = middle.iter().map(|s| s * s).sum::<f32>() / middle.len() as f32;
            assert!((power - 0.125).abs() < 0.0001, "{from_hz} Hz: {power}");
        }
    }

    #[test]
    fn what_16_khz_cannot_carry_is_removed() {
        let output = resample(48_000, &tone(12_000.0, 48_000), 480);
        assert!(output[2000..14_000].iter().all(|s| s.abs() < 0.0001));
    }

    #[test]
    fn infinities_and_nonsense_come_out_in_range() {
        let input = [f32::NAN, f32::INFINITY, -1e30, 5.0, 0.5].repeat(100);
        for from_hz in [8000, 16_000] {
            let output = resample(from_hz, &input, 7);
            assert!(output.iter().all(|s| (-1.0..=1.0).contains(s)));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn the_length_is_exact_however_short(
            from_hz in prop_oneof![
                Just(8000u32), Just(11_025), Just(16_000), Just(44_100), Just(48_000), 4000u32..50_000
            ],
            frames in 0usize..5000,
            piece in 1usize..3000,
        ) {
            let output = resample(from_hz, &vec![0.25; frames], piece);
            let expected = (frames as u64 * 16_000).div_ceil(u64::from(from_hz));
            prop_assert_eq!(output.len() as u64, expected);
        }

        #[test]
        fn pieces_make_no_difference(piece in 1usize..3000) {
            let input: Vec<f32> = (0..6000).map(|n| ((n * n) as f32 * 0.001).sin()).collect();
            prop_assert_eq!(resample(8000, &input, piece), resample(8000, &input, 6000));
        }
    }
}
