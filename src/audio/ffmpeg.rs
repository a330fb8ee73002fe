//! The fallback for formats that nothing built in decodes: an `ffmpeg` that is installed on this
//! machine, asked for plain samples through a pipe.

use std::ffi::OsString;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use super::au::AuHeader;
use super::coded::Coded;
use super::error::AudioFault;

/// So much of what the program complains about is kept.
const MAX_COMPLAINT_BYTES: u64 = 4096;

/// Which ffmpeg decodes what nothing built in does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Ffmpeg {
    /// The one on `PATH`, if there is one.
    #[default]
    OnPath,
    At(PathBuf),
    /// None, even if there is one.
    Off,
}

impl Ffmpeg {
    /// `off`, or the program's path.
    pub fn from_setting(setting: &str) -> Ffmpeg {
        match setting {
            "off" => Ffmpeg::Off,
            path => Ffmpeg::At(PathBuf::from(path)),
        }
    }

    fn program(&self) -> Option<&Path> {
        match self {
            Ffmpeg::OnPath => Some(Path::new("ffmpeg")),
            Ffmpeg::At(path) => Some(path),
            Ffmpeg::Off => None,
        }
    }

    /// Starts decoding the first sound track of `path`, which is a file of this `format`.
    pub(super) fn decode(
        &self,
        path: &Path,
        format: &str,
        stop: &Stop,
    ) -> Result<(Coded, AuHeader), AudioFault> {
        let unsupported = || AudioFault::Unsupported(format.to_owned());
        let program = self.program().ok_or_else(unsupported)?;
        let mut command = Command::new(program);
        command
            .args(["-nostdin", "-hide_banner", "-loglevel", "error"])
            // A playlist named as a recording must not make it fetch anything.
            .args(["-protocol_whitelist", "file,pipe", "-i"])
            .arg(file_address(path))
            .args([
                "-map",
                "0:a:0",
                "-vn",
                "-c:a",
                "pcm_s16be",
                "-f",
                "au",
                "pipe:1",
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = match command.spawn() {
            Ok(child) => child,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(unsupported()),
            Err(error) => {
                return Err(AudioFault::Ffmpeg {
                    format: format.to_owned(),
                    complaint: error.to_string(),
                });
            }
        };
        let (running, sound) = Running::new(child, format, stop);
        let mut sound = BufReader::new(sound);
        let header = match AuHeader::read(&mut sound) {
            Ok(header) => header,
            // Without a header the program itself says best what is wrong.
            Err(fault) => return Err(running.ended().err().unwrap_or(fault)),
        };
        let decoder = header.decoder().ok_or_else(unsupported)?;
        let channels = usize::from(header.channels);
        let coded = Coded::new(Box::new(sound), decoder, channels, false).sent_by(running);
        Ok((coded, header))
    }
}

/// The path as ffmpeg takes it whatever is in it: a colon or a dash at its start means nothing.
fn file_address(path: &Path) -> OsString {
    let mut address = OsString::from("file:");
    address.push(path);
    address
}

/// Ends a program from another thread than the one that reads from it.
#[derive(Clone, Debug, Default)]
pub(super) struct Stop(Arc<Mutex<Option<Child>>>);

impl Stop {
    /// Ends the program, if one runs; who reads from it then finds its end.
    pub fn stop(&self) {
        if let Some(child) = &mut *self.child() {
            // It may have ended by itself, which is as good.
            let _ = child.kill();
        }
    }

    fn child(&self) -> std::sync::MutexGuard<'_, Option<Child>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A program that is at work; ended when this is dropped.
pub(super) struct Running {
    child: Stop,
    format: String,
    complaint: Option<JoinHandle<String>>,
}

impl Running {
    fn new(mut child: Child, format: &str, stop: &Stop) -> (Running, ChildStdout) {
        let sound = child.stdout.take().expect("asked for a pipe");
        let complaint = child.stderr.take().expect("asked for a pipe");
        *stop.child() = Some(child);
        let running = Running {
            child: stop.clone(),
            format: format.to_owned(),
            complaint: Some(std::thread::spawn(move || first_words(complaint))),
        };
        (running, sound)
    }

    /// Waits for the end, after the last of the sound was read.
    ///
    /// # Errors
    /// When the program failed, or complained: it goes on behind what it cannot decode.
    pub fn ended(mut self) -> Result<(), AudioFault> {
        let succeeded = loop {
            // Waiting must leave others the chance to end the program.
            match self.child.child().as_mut().map(Child::try_wait) {
                Some(Ok(None)) => {}
                Some(Ok(Some(status))) => break status.success(),
                Some(Err(_)) | None => break false,
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        let complaint = self.complaint.take().and_then(|words| words.join().ok());
        let complaint = complaint.unwrap_or_default();
        if succeeded && complaint.is_empty() {
            return Ok(());
        }
        Err(AudioFault::Ffmpeg {
            format: self.format.clone(),
            complaint,
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.child().take() {
            // Already ended, or ended here; waiting leaves no dead process behind.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The last line that a program wrote of its first complaints, and no path in it. Reads on to the
/// end, because a full pipe would stop the program.
fn first_words(mut complaints: ChildStderr) -> String {
    let mut bytes = Vec::new();
    let start = complaints.by_ref().take(MAX_COMPLAINT_BYTES);
    let read = BufReader::new(start).read_to_end(&mut bytes);
    let rest = io::copy(&mut complaints, &mut io::sink());
    // What could be read is said; more is not known.
    drop((read, rest));
    let text = String::from_utf8_lossy(&bytes);
    let last = text.lines().rev().find(|line| !line.trim().is_empty());
    let last = last.unwrap_or("").trim();
    // Lines about the file begin with its address, whose name may hold a phone number.
    let words = match last.strip_prefix("file:") {
        Some(named) => named.rsplit_once(": ").map_or("", |(_, words)| words),
        None => last,
    };
    words.to_owned()
}
