//! One call of whisper.cpp, with how long each part of it takes.

use std::{
    ffi::{c_int, c_void},
    ops::AddAssign,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use whisper_rs::{
    FullParams, WhisperError, WhisperState, WhisperSysContext, WhisperSysState, WhisperTokenData,
};

/// Where the time of [`full_timed`] went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FullTimes {
    /// The spectrogram.
    pub spectrum: Duration,
    /// The encoder, with the few tokens of the decoder's prompt.
    pub encoder: Duration,
    /// The decoder, with choosing among its tokens.
    pub decoder: Duration,
}

impl AddAssign for FullTimes {
    fn add_assign(&mut self, other: FullTimes) {
        self.spectrum += other.spectrum;
        self.encoder += other.encoder;
        self.decoder += other.decoder;
    }
}

/// Nothing was seen yet, or nothing is being waited for.
const NEVER: u64 = u64::MAX;

/// Nanoseconds since `begun`; atomic because whisper.cpp may call from several threads.
struct Clock {
    begun: Instant,
    first_encoder: AtomicU64,
    /// When the encoder began that has not ended yet.
    encoder: AtomicU64,
    encoding: AtomicU64,
}

impl Clock {
    fn now(&self) -> u64 {
        self.begun.elapsed().as_nanos() as u64
    }
}

/// As [`WhisperState::full`], telling how long its parts took. The callbacks for the encoder's
/// start and for the logits are its own; others in `parameters` are kept.
///
/// # Errors
/// As [`WhisperState::full`].
pub fn full_timed(
    state: &mut WhisperState,
    mut parameters: FullParams<'_, '_>,
    samples: &[f32],
) -> Result<FullTimes, WhisperError> {
    let clock = Clock {
        begun: Instant::now(),
        first_encoder: AtomicU64::new(NEVER),
        encoder: AtomicU64::new(NEVER),
        encoding: AtomicU64::new(0),
    };
    let data = std::ptr::from_ref(&clock).cast_mut().cast::<c_void>();
    // SAFETY: both callbacks take `data` for a shared `Clock`, which outlives the call below; the
    // parameters that point to it are used up by that call.
    unsafe {
        parameters.set_start_encoder_callback(Some(encoder_begins));
        parameters.set_start_encoder_callback_user_data(data);
        parameters.set_filter_logits_callback(Some(logits_are_there));
        parameters.set_filter_logits_callback_user_data(data);
    }
    state.full(parameters, samples)?;
    let all = clock.now();
    let spectrum = clock.first_encoder.load(Ordering::Relaxed).min(all);
    let encoder = clock.encoding.load(Ordering::Relaxed);
    Ok(FullTimes {
        spectrum: Duration::from_nanos(spectrum),
        encoder: Duration::from_nanos(encoder),
        decoder: Duration::from_nanos(all.saturating_sub(spectrum + encoder)),
    })
}

unsafe extern "C" fn encoder_begins(
    _context: *mut WhisperSysContext,
    _state: *mut WhisperSysState,
    data: *mut c_void,
) -> bool {
    // SAFETY: `full_timed` passes a `Clock`.
    let clock = unsafe { &*data.cast::<Clock>() };
    let now = clock.now();
    clock.first_encoder.fetch_min(now, Ordering::Relaxed);
    clock.encoder.store(now, Ordering::Relaxed);
    true
}

/// The first logits after the encoder's start: it and the prompt are done.
unsafe extern "C" fn logits_are_there(
    _context: *mut WhisperSysContext,
    _state: *mut WhisperSysState,
    _tokens: *const WhisperTokenData,
    _count: c_int,
    _logits: *mut f32,
    data: *mut c_void,
) {
    // SAFETY: `full_timed` passes a `Clock`.
    let clock = unsafe { &*data.cast::<Clock>() };
    let begun = clock.encoder.swap(NEVER, Ordering::Relaxed);
    if begun != NEVER {
        let took = clock.now().saturating_sub(begun);
        clock.encoding.fetch_add(took, Ordering::Relaxed);
    }
}
