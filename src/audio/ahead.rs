//! Decodes on a thread of its own: while one block is listened to, the next is decoded, and a
//! decoder that never comes back is given up without taking anything else with it.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use super::error::{AudioError, AudioFault};
use super::ffmpeg::Stop;
use super::guard::catch_panic;
use super::{AudioFacts, AudioOptions, AudioReader, ReadingTimes, SAMPLE_RATE_HZ};
use crate::time::Millis;

/// So many blocks wait at most.
const BLOCKS_AHEAD: usize = 4;

/// As [`AudioReader`], decoding ahead.
pub struct ReadAhead {
    path: PathBuf,
    facts: AudioFacts,
    news: Receiver<News>,
    patience: Duration,
    stop: Stop,
    frames: u64,
    incomplete: bool,
    times: ReadingTimes,
    ended: bool,
}

/// What the decoding thread has to say.
enum News {
    Opened(AudioFacts),
    Block(Vec<Vec<f32>>),
    End {
        incomplete: bool,
        times: ReadingTimes,
    },
    Failed(AudioError),
}

impl ReadAhead {
    /// Opens a recording; `patience` is how long the decoder may take for its header, and then for
    /// each next block of at most a second.
    ///
    /// # Errors
    /// As [`AudioReader::open`], and when the decoder takes too long.
    pub fn open(
        path: &Path,
        options: &AudioOptions,
        patience: Duration,
    ) -> Result<ReadAhead, AudioError> {
        let (sender, news) = sync_channel(BLOCKS_AHEAD);
        let stop = Stop::default();
        let job = (path.to_owned(), options.clone(), stop.clone());
        let fault = |cause| AudioError {
            path: path.to_owned(),
            cause,
        };
        // It is not waited for: if the decoder hangs, only this thread hangs with it.
        thread::Builder::new()
            .name("decoder".to_owned())
            .spawn(move || decode(job, &sender))
            .map_err(|error| fault(error.into()))?;
        let mut reader = ReadAhead {
            path: path.to_owned(),
            facts: AudioFacts::default(),
            news,
            patience,
            stop,
            frames: 0,
            incomplete: false,
            times: ReadingTimes::default(),
            ended: false,
        };
        match reader.next_news()? {
            News::Opened(facts) => reader.facts = facts,
            _ => return Err(reader.broke("no header".to_owned())),
        }
        Ok(reader)
    }

    pub fn facts(&self) -> &AudioFacts {
        &self.facts
    }

    /// As [`AudioReader::next_block`].
    ///
    /// # Errors
    /// As there, and when the decoder takes longer than the patience.
    pub fn next_block(&mut self) -> Result<Option<Vec<Vec<f32>>>, AudioError> {
        if self.ended {
            return Ok(None);
        }
        match self.next_news()? {
            News::Block(block) => {
                self.frames += block.first().map_or(0, Vec::len) as u64;
                Ok(Some(block))
            }
            News::End { incomplete, times } => {
                self.ended = true;
                (self.incomplete, self.times) = (incomplete, times);
                Ok(None)
            }
            News::Opened(_) | News::Failed(_) => Err(self.broke("opened twice".to_owned())),
        }
    }

    /// As [`AudioReader::incomplete`].
    pub fn incomplete(&self) -> bool {
        self.incomplete
    }

    /// After the end: where the decoding thread's time went.
    pub fn times(&self) -> ReadingTimes {
        self.times
    }

    fn next_news(&mut self) -> Result<News, AudioError> {
        let news = self.news.recv_timeout(self.patience);
        let error = match news {
            Ok(News::Failed(error)) => error,
            Ok(news) => return Ok(news),
            Err(RecvTimeoutError::Timeout) => AudioError {
                path: self.path.clone(),
                cause: AudioFault::Hangs {
                    at: self.position(),
                    seconds: self.patience.as_secs(),
                },
            },
            Err(RecvTimeoutError::Disconnected) => self.broke("the thread ended".to_owned()),
        };
        self.ended = true;
        Err(error)
    }

    fn broke(&self, why: String) -> AudioError {
        AudioError {
            path: self.path.clone(),
            cause: AudioFault::DecoderBroke {
                at: self.position(),
                why,
            },
        }
    }

    fn position(&self) -> Millis {
        Millis::from_samples(self.frames, SAMPLE_RATE_HZ)
    }
}

impl Drop for ReadAhead {
    fn drop(&mut self) {
        self.stop.stop();
    }
}

fn decode((path, options, stop): (PathBuf, AudioOptions, Stop), news: &SyncSender<News>) {
    let failed = match catch_panic(|| send_all(&path, &options, &stop, news)) {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error,
        Err(why) => AudioError {
            path,
            cause: AudioFault::DecoderBroke { at: Millis(0), why },
        },
    };
    // Nobody listens any more: then nobody misses it.
    let _ = news.send(News::Failed(failed));
}

fn send_all(
    path: &Path,
    options: &AudioOptions,
    stop: &Stop,
    news: &SyncSender<News>,
) -> Result<(), AudioError> {
    let mut reader = AudioReader::open_stoppable(path, options, stop)?;
    let mut heard = news.send(News::Opened(reader.facts().clone())).is_ok();
    // When nobody listens any more the rest need not be decoded.
    while heard {
        heard = match reader.next_block()? {
            Some(block) => news.send(News::Block(block)).is_ok(),
            None => {
                let (incomplete, times) = (reader.incomplete(), reader.times());
                let _ = news.send(News::End { incomplete, times });
                false
            }
        };
    }
    Ok(())
}
