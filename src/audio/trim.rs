//! Cuts off what an encoder put before and behind the recording to fill its blocks.

/// Passes on the frames between the encoder's delay and its padding.
///
/// The stated length is believed only if no more than `padding` frames follow it: a file to which
/// more was appended after its header was written is passed on whole.
#[derive(Clone, Debug)]
pub(super) struct Trim {
    delay_left: u64,
    length: Option<u64>,
    padding: u64,
    passed: u64,
    held: Vec<Vec<f32>>,
}

impl Trim {
    /// `delay` frames go at the start; of what follows the first `length` frames, up to `padding`
    /// frames go at the end.
    pub fn new(delay: u64, length: Option<u64>, padding: u64) -> Trim {
        Trim {
            delay_left: delay,
            length,
            padding,
            passed: 0,
            held: Vec::new(),
        }
    }

    pub fn nothing() -> Trim {
        Trim::new(0, None, 0)
    }

    /// Frames passed on so far.
    pub fn passed(&self) -> u64 {
        self.passed
    }

    /// Trims `channels` (equally long) in place.
    pub fn apply(&mut self, channels: &mut [Vec<f32>]) {
        let frames = channels.first().map_or(0, Vec::len);
        let delay = self.delay_left.min(frames as u64);
        self.delay_left -= delay;
        if delay > 0 {
            for channel in channels.iter_mut() {
                channel.drain(..delay as usize);
            }
        }
        self.hold_back(channels);
        self.passed += channels.first().map_or(0, Vec::len) as u64;
    }

    fn hold_back(&mut self, channels: &mut [Vec<f32>]) {
        let Some(length) = self.length else { return };
        let frames = channels.first().map_or(0, Vec::len) as u64;
        let within = length.saturating_sub(self.passed).min(frames) as usize;
        if within as u64 == frames && self.held.is_empty() {
            return;
        }
        self.held.resize_with(channels.len(), Vec::new);
        for (held, channel) in self.held.iter_mut().zip(channels.iter_mut()) {
            held.extend(channel.drain(within..));
        }
        if self.held[0].len() as u64 > self.padding {
            // That is no padding: the stated length was wrong.
            self.length = None;
            for (held, channel) in self.held.iter_mut().zip(channels) {
                channel.append(held);
            }
            self.held.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What of the frames 0, 1, 2 … comes through, given in pieces of three.
    fn check(mut trim: Trim, frames: u32, expected: std::ops::Range<u32>) {
        let all: Vec<f32> = (0..frames).map(|n| n as f32).collect();
        let mut passed = Vec::new();
        for piece in all.chunks(3) {
            let mut channels = vec![piece.to_vec()];
            trim.apply(&mut channels);
            passed.append(&mut channels[0]);
        }
        let expected: Vec<f32> = expected.map(|n| n as f32).collect();
        assert_eq!(passed, expected);
        assert_eq!(trim.passed(), passed.len() as u64);
    }

    #[test]
    fn delay_and_padding_go() {
        check(Trim::nothing(), 10, 0..10);
        check(Trim::new(4, None, 0), 10, 4..10);
        check(Trim::new(4, Some(5), 2), 10, 4..9);
        check(Trim::new(0, Some(9), 4), 10, 0..9);
        check(Trim::new(0, Some(50), 4), 10, 0..10);
        check(Trim::new(20, Some(5), 4), 10, 10..10);
    }

    #[test]
    fn more_than_padding_behind_the_stated_length_is_kept() {
        check(Trim::new(2, Some(3), 4), 20, 2..20);
    }
}
