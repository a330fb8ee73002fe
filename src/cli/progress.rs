//! Progress on the terminal, or in plain lines where there is none.

use std::{
    io::IsTerminal,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use crate::{
    lang::{Lang, Say},
    pipeline::Progress,
    store::recordings::FailureRow,
    time::Millis,
};

/// Lines are printed at most this often where there is no terminal.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// Shows how far a scan is, how fast it goes and how long it will take.
pub(super) struct ScanProgress {
    lang: Lang,
    bar: ProgressBar,
    terminal: bool,
    /// Neither bar nor lines.
    quiet: bool,
    begun: Instant,
    recordings: AtomicU64,
    done: AtomicU64,
    audio_ms: AtomicU64,
    /// Milliseconds since `begun` at which the last line was printed.
    last_line_ms: AtomicU64,
}

impl ScanProgress {
    pub(super) fn new(lang: Lang, quiet: bool) -> ScanProgress {
        let terminal = std::io::stderr().is_terminal() && !quiet;
        let bar = if terminal {
            ProgressBar::no_length()
        } else {
            ProgressBar::hidden()
        };
        if terminal {
            bar.enable_steady_tick(Duration::from_millis(250));
        }
        ScanProgress {
            lang,
            bar,
            terminal,
            quiet,
            begun: Instant::now(),
            recordings: AtomicU64::new(0),
            done: AtomicU64::new(0),
            audio_ms: AtomicU64::new(0),
            last_line_ms: AtomicU64::new(0),
        }
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Seconds since the start.
    pub(super) fn elapsed(&self) -> Duration {
        self.begun.elapsed()
    }

    fn style(&self, template: &str) {
        let style = ProgressStyle::with_template(template).expect("a template of our own");
        self.bar.set_style(style.progress_chars("━╸ "));
    }

    fn begin(&self, length: u64, what: &'static str) {
        self.bar.reset();
        self.bar.set_length(length);
        self.bar.set_message(what);
        let template = self.lang.pick(
            "{msg} {wide_bar} {percent:>3}% 还要 {eta}",
            "{msg} {wide_bar} {percent:>3}%, {eta} left",
        );
        self.style(template);
    }

    fn speed(&self) -> f64 {
        let audio = self.audio_ms.load(Ordering::Relaxed) as f64 / 1000.0;
        audio / self.begun.elapsed().as_secs_f64().max(0.001)
    }

    fn state(&self) -> String {
        let done = self.done.load(Ordering::Relaxed);
        let recordings = self.recordings.load(Ordering::Relaxed);
        let hours = self.audio_ms.load(Ordering::Relaxed) as f64 / 3_600_000.0;
        let speed = self.speed();
        self.lang.pick(
            format!("{done}/{recordings} 条录音,{hours:.2} 小时,{speed:.1} 倍速"),
            format!("{done}/{recordings} recordings, {hours:.2} h of audio, {speed:.1}x real time"),
        )
    }

    /// A line for a log, now and then.
    fn line(&self) {
        if self.terminal || self.quiet {
            return;
        }
        let now = self.begun.elapsed().as_millis() as u64;
        let last = self.last_line_ms.load(Ordering::Relaxed);
        let due = now.saturating_sub(last) >= BETWEEN_LINES.as_millis() as u64;
        let mine = || {
            self.last_line_ms
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_ok()
        };
        if due && mine() {
            let done = self.done.load(Ordering::Relaxed).max(1);
            let left = self.recordings.load(Ordering::Relaxed).saturating_sub(done);
            let left = self.begun.elapsed().mul_f64(left as f64 / done as f64);
            let left = left.as_secs();
            let (minutes, seconds) = (left / 60, left % 60);
            eprintln!(
                "{}{}",
                self.state(),
                self.lang.pick(
                    format!(",还要约 {minutes} 分 {seconds:02} 秒"),
                    format!(", about {minutes} min {seconds:02} s left")
                )
            );
        }
    }
}

impl Progress for ScanProgress {
    fn reading(&self, files: u64, bytes: u64) {
        if files > 0 {
            self.begin(bytes, self.lang.pick("识别文件", "Reading files"));
        }
    }

    fn read(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn judging(&self, calls: u64) {
        if calls > 0 {
            self.begin(calls, self.lang.pick("重新判定", "Judging"));
        }
    }

    fn judged(&self) {
        self.bar.inc(1);
    }

    fn listening(&self, recordings: u64, bytes: u64) {
        self.recordings.store(recordings, Ordering::Relaxed);
        if recordings > 0 {
            self.begin(bytes, "");
            self.bar.set_message(self.state());
        }
    }

    fn listened(&self, bytes: u64, audio: Millis) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.audio_ms.fetch_add(audio.0, Ordering::Relaxed);
        self.bar.set_message(self.state());
        self.bar.inc(bytes);
        self.line();
    }

    fn failed(&self, failure: &FailureRow) {
        let message = failure.say(self.lang);
        if self.terminal {
            self.bar.println(message);
        } else {
            eprintln!("{message}");
        }
    }
}

impl Say for FailureRow {
    fn say(&self, lang: Lang) -> String {
        lang.pick(&self.message_zh, &self.message_en).clone()
    }
}

/// `3 分 20 秒`, `3m 20s`.
pub(super) fn in_words(time: Duration, lang: Lang) -> String {
    match lang {
        Lang::En => HumanDuration(time).to_string(),
        Lang::Zh => {
            let seconds = time.as_secs();
            match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
                (0, 0, _) => format!("{:.1} 秒", time.as_secs_f64()),
                (0, minutes, seconds) => format!("{minutes} 分 {seconds} 秒"),
                (hours, minutes, _) => format!("{hours} 小时 {minutes} 分"),
            }
        }
    }
}
