//! Fetching a model: to a temporary name, resumed where it broke off, counted only when its digest
//! and its structure are right.
//!
//! The only place of huiting that opens a connection to elsewhere. Shows nothing itself; the
//! caller is told of each step.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ureq::http::{Response, StatusCode, Uri, header};
use ureq::{Agent, Body};

use crate::transcribe::catalog::Entry;
use crate::transcribe::model_file::{self, digest};

mod error;

pub use error::{FetchError, Interruption};

/// How to fetch.
#[derive(Clone, Debug)]
pub struct FetchSettings {
    /// A mirror instead of the catalog's address: either the folder in which the catalog's file
    /// name lies, or (ending in `.bin`) the file itself.
    pub mirror: Option<String>,
    /// Longest wait for a connection.
    pub connect_timeout: Duration,
    /// Longest wait for the next bytes of an answer.
    pub stall_timeout: Duration,
    /// Connections in a row that may fail without a single new byte before giving up.
    pub attempts: u32,
    /// Pause before connecting again.
    pub pause: Duration,
}

impl Default for FetchSettings {
    fn default() -> FetchSettings {
        FetchSettings {
            mirror: None,
            connect_timeout: Duration::from_secs(15),
            stall_timeout: Duration::from_secs(30),
            attempts: 3,
            pause: Duration::from_secs(2),
        }
    }
}

/// What is being done, for the caller to show.
#[derive(Debug)]
pub enum Step<'a> {
    Connecting {
        address: &'a str,
        /// What an earlier attempt left and is not fetched again.
        kept_bytes: u64,
    },
    Receiving {
        received_bytes: u64,
        total_bytes: u64,
    },
    /// The connection broke; there will be another attempt after a pause.
    Again { cause: &'a Interruption },
    /// All bytes are there; digest and structure are being checked.
    Checking,
}

/// A model that is in its place and sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    pub path: PathBuf,
    /// It was there already, and nothing was fetched.
    pub was_there: bool,
}

/// Fetches the model of `entry` into `dir` (made if it is not there) and returns its path.
///
/// Until everything is checked the bytes are in `FILE.part`; breaking off at any moment, by error,
/// signal or power cut, leaves that file for the next attempt to go on with.
///
/// # Errors
/// See [`FetchError`]; after every one of them `FILE` is what it was before.
pub fn fetch(
    entry: &Entry,
    dir: &Path,
    settings: &FetchSettings,
    step: &mut dyn FnMut(Step),
) -> Result<Fetched, FetchError> {
    let target = dir.join(&entry.file);
    if is_sound(&target, entry) {
        return Ok(Fetched {
            path: target,
            was_there: true,
        });
    }
    let address = address(entry, settings)?;
    let disk = |source| FetchError::Disk {
        path: dir.to_owned(),
        source,
    };
    fs::create_dir_all(dir).map_err(disk)?;
    let mut part = PartFile::open(dir.join(format!("{}.part", entry.file)))?;
    let mut download = Download {
        entry,
        agent: agent(&address, settings),
        address,
        settings,
    };

    let resumed = part.length()? > 0;
    download.receive_all(&mut part, step)?;
    step(Step::Checking);
    if let Err(error) = check(&part, entry, &download.address) {
        part.remove()?;
        // What an earlier run left may be of another file; only fresh bytes prove the server wrong.
        if !resumed {
            return Err(error);
        }
        part = PartFile::open(part.path.clone())?;
        download.receive_all(&mut part, step)?;
        step(Step::Checking);
        if let Err(error) = check(&part, entry, &download.address) {
            part.remove()?;
            return Err(error);
        }
    }
    part.file.sync_all().map_err(disk)?;
    fs::rename(&part.path, &target).map_err(disk)?;
    sync_folder(dir).map_err(disk)?;
    Ok(Fetched {
        path: target,
        was_there: false,
    })
}

/// Whether the very model of the catalog is already in place.
fn is_sound(target: &Path, entry: &Entry) -> bool {
    fs::metadata(target).is_ok_and(|metadata| metadata.len() == entry.size_bytes)
        && digest::digest(target).is_ok_and(|found| found == entry.sha256)
        && model_file::inspect(target).is_ok()
}

fn address(entry: &Entry, settings: &FetchSettings) -> Result<String, FetchError> {
    let address = match (&settings.mirror, &entry.address) {
        (Some(mirror), _) if mirror.ends_with(".bin") => mirror.clone(),
        (Some(mirror), _) => format!("{}/{}", mirror.trim_end_matches('/'), entry.file),
        (None, Some(address)) => address.clone(),
        (None, None) => {
            return Err(FetchError::ComesWithHuiting {
                name: entry.name.clone(),
                file: entry.file.clone(),
            });
        }
    };
    let is_web = address.parse::<Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some()
    });
    if is_web {
        Ok(address)
    } else {
        Err(FetchError::Address { address })
    }
}

fn agent(address: &str, settings: &FetchSettings) -> Agent {
    let config = Agent::config_builder()
        .timeout_connect(Some(settings.connect_timeout))
        .timeout_per_read(Some(settings.stall_timeout))
        .timeout_per_write(Some(settings.stall_timeout))
        .http_status_as_error(false)
        // Ranges count the bytes of the file; a compressed answer has others.
        .accept_encoding("identity")
        .user_agent(concat!("huiting/", env!("CARGO_PKG_VERSION")));
    if is_this_machine(address) {
        config.proxy(None).build().into()
    } else {
        config.build().into()
    }
}

/// No proxy reaches this machine's own servers.
fn is_this_machine(address: &str) -> bool {
    let Ok(uri) = address.parse::<Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default();
    host == "localhost"
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|ip| ip.is_loopback())
}

/// Digest and structure of a file that has all its bytes.
fn check(part: &PartFile, entry: &Entry, address: &str) -> Result<(), FetchError> {
    let found = digest::digest(&part.path).map_err(FetchError::Model)?;
    if found != entry.sha256 {
        return Err(FetchError::DigestMismatch {
            address: address.to_owned(),
            expected: entry.sha256.clone(),
            found,
        });
    }
    model_file::inspect(&part.path)
        .map(drop)
        .map_err(FetchError::Model)
}

/// Some file systems keep a rename only once the folder itself is written.
fn sync_folder(dir: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(dir)?.sync_all()?;
    }
    Ok(())
}

/// The file that holds what has been received so far; locked against a second fetch.
struct PartFile {
    path: PathBuf,
    file: File,
}

impl PartFile {
    fn open(path: PathBuf) -> Result<PartFile, FetchError> {
        let disk = |source| FetchError::Disk {
            path: path.clone(),
            source,
        };
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(disk)?;
        match file.try_lock() {
            Ok(()) => Ok(PartFile { path, file }),
            Err(TryLockError::WouldBlock) => Err(FetchError::Busy { path }),
            // Some network file systems know no locks; two fetches at once are rarer than those.
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Unsupported => {
                Ok(PartFile { path, file })
            }
            Err(TryLockError::Error(error)) => Err(disk(error)),
        }
    }

    fn disk(&self, source: io::Error) -> FetchError {
        FetchError::Disk {
            path: self.path.clone(),
            source,
        }
    }

    fn length(&self) -> Result<u64, FetchError> {
        let metadata = self.file.metadata().map_err(|error| self.disk(error))?;
        Ok(metadata.len())
    }

    /// Cuts the file to `length` bytes and goes on writing there.
    fn cut_to(&mut self, length: u64) -> Result<(), FetchError> {
        self.file
            .set_len(length)
            .and_then(|()| self.file.seek(SeekFrom::Start(length)))
            .map(drop)
            .map_err(|error| self.disk(error))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), FetchError> {
        let written = self.file.write_all(bytes);
        written.map_err(|error| self.disk(error))
    }

    fn remove(&self) -> Result<(), FetchError> {
        fs::remove_file(&self.path).map_err(|error| self.disk(error))
    }
}

struct Download<'a> {
    entry: &'a Entry,
    agent: Agent,
    address: String,
    settings: &'a FetchSettings,
}

/// How an attempt ended that did not bring all bytes.
enum Ended {
    /// Trying again may help.
    Broken(Interruption),
    Final(FetchError),
}

impl From<FetchError> for Ended {
    fn from(error: FetchError) -> Ended {
        Ended::Final(error)
    }
}

impl From<ureq::Error> for Ended {
    fn from(error: ureq::Error) -> Ended {
        Ended::Broken(Interruption::of(&error))
    }
}

impl Download<'_> {
    /// Connects until the file has all its bytes, or attempts in a row bring nothing.
    fn receive_all(
        &mut self,
        part: &mut PartFile,
        step: &mut dyn FnMut(Step),
    ) -> Result<(), FetchError> {
        let mut fruitless = 0;
        loop {
            let before = part.length()?;
            if before == self.entry.size_bytes {
                return Ok(());
            }
            let cause = match self.receive(part, step) {
                Ok(()) => continue,
                Err(Ended::Final(error)) => return Err(error),
                Err(Ended::Broken(cause)) => cause,
            };
            let received_bytes = part.length()?;
            fruitless = if received_bytes > before {
                0
            } else {
                fruitless + 1
            };
            if fruitless >= self.settings.attempts {
                return Err(FetchError::Interrupted {
                    name: self.entry.name.clone(),
                    address: self.address.clone(),
                    cause,
                    received_bytes,
                    total_bytes: self.entry.size_bytes,
                });
            }
            step(Step::Again { cause: &cause });
            thread::sleep(self.settings.pause);
        }
    }

    /// One connection: asks for what is missing and writes what comes.
    fn receive(&self, part: &mut PartFile, step: &mut dyn FnMut(Step)) -> Result<(), Ended> {
        let total_bytes = self.entry.size_bytes;
        if part.length()? > total_bytes {
            part.cut_to(0)?;
        }
        let kept_bytes = part.length()?;
        step(Step::Connecting {
            address: &self.address,
            kept_bytes,
        });
        let mut request = self.agent.get(&self.address);
        if kept_bytes > 0 {
            request = request.header(header::RANGE, format!("bytes={kept_bytes}-"));
        }
        let response = request.call()?;
        let start = self.start_of_answer(&response, kept_bytes)?;
        part.cut_to(start.unwrap_or(0))?;
        if start.is_none() {
            return Err(Ended::Broken(Interruption::WrongRange));
        }

        let mut received_bytes = part.length()?;
        let mut body = response.into_body().into_reader();
        let mut block = vec![0; 1 << 16];
        loop {
            let count = body
                .read(&mut block)
                .map_err(|error| Ended::Broken(Interruption::of(&error.into())))?;
            if count == 0 {
                break;
            }
            received_bytes += count as u64;
            if received_bytes > total_bytes {
                part.cut_to(0)?;
                return Err(Ended::Final(self.wrong_length(None)));
            }
            part.write(&block[..count])?;
            step(Step::Receiving {
                received_bytes,
                total_bytes,
            });
        }
        if received_bytes < total_bytes {
            return Err(Ended::Broken(Interruption::Closed));
        }
        Ok(())
    }

    /// At which byte of the file the answer's body starts; `None` when it answers another
    /// question than was asked, so that only beginning anew helps.
    fn start_of_answer(
        &self,
        response: &Response<Body>,
        kept_bytes: u64,
    ) -> Result<Option<u64>, Ended> {
        let status = response.status();
        let total = match status {
            StatusCode::OK => {
                if let Some(length) = response.body().content_length()
                    && length != self.entry.size_bytes
                {
                    return Err(self.wrong_length(Some(length)).into());
                }
                return Ok(Some(0));
            }
            StatusCode::PARTIAL_CONTENT => content_range(response),
            // The server has a shorter file than what is kept, or knows no ranges.
            StatusCode::RANGE_NOT_SATISFIABLE if kept_bytes > 0 => return Ok(None),
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
                return Err(Ended::Broken(Interruption::Status(status.as_u16())));
            }
            _ if status.is_server_error() => {
                return Err(Ended::Broken(Interruption::Status(status.as_u16())));
            }
            _ => {
                return Err(Ended::Final(FetchError::Status {
                    address: self.address.clone(),
                    status: status.as_u16(),
                }));
            }
        };
        match total {
            Some((_, Some(length))) if length != self.entry.size_bytes => {
                Err(self.wrong_length(Some(length)).into())
            }
            Some((start, _)) if start == kept_bytes => Ok(Some(start)),
            _ => Ok(None),
        }
    }

    fn wrong_length(&self, found_bytes: Option<u64>) -> FetchError {
        FetchError::WrongLength {
            address: self.address.clone(),
            expected_bytes: self.entry.size_bytes,
            found_bytes,
        }
    }
}

/// First byte and whole length of `Content-Range: bytes FIRST-LAST/LENGTH`.
fn content_range(response: &Response<Body>) -> Option<(u64, Option<u64>)> {
    let value = response
        .headers()
        .get(header::CONTENT_RANGE)?
        .to_str()
        .ok()?;
    let (range, length) = value.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _last) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, length.trim().parse().ok()))
}
