//! Sound that one of our own decoders takes block by block: telephone codecs in WAV, AU and VOX,
//! and what an outside decoder sends.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use super::codecs::{BitOrder, BlockDecoder, G726, Gsm, Oki};
use super::error::AudioFault;
use super::ffmpeg::Running;
use super::trim::Trim;
use super::wave::{WaveCodec, WaveHeader};

/// About this many frames are decoded at a time.
const FRAMES_AT_A_TIME: usize = 4096;
/// So much at the start of G.726 is listened to in both orders of bits.
const TRIED_BYTES: u64 = 64 * 1024;

pub(super) struct Coded {
    source: Box<dyn Read + Send>,
    decoder: Box<dyn BlockDecoder>,
    channels: usize,
    block: Vec<u8>,
    trim: Trim,
    /// The program that sends the sound, if one does.
    sender: Option<Running>,
    frames: u64,
    cut_short: bool,
    at_end: bool,
}

impl Coded {
    pub fn new(
        source: Box<dyn Read + Send>,
        decoder: Box<dyn BlockDecoder>,
        channels: usize,
        cut_short: bool,
    ) -> Coded {
        Coded {
            source,
            decoder,
            channels,
            block: Vec::new(),
            trim: Trim::nothing(),
            sender: None,
            frames: 0,
            cut_short,
            at_end: false,
        }
    }

    /// The sound of a WAV file in one of the codecs that are decoded here.
    pub fn in_wave(mut file: File, header: &WaveHeader) -> Result<Coded, AudioFault> {
        let decoder: Box<dyn BlockDecoder> = match header.codec {
            WaveCodec::Gsm610 => Box::new(Gsm::default()),
            WaveCodec::Oki => Box::new(Oki::default()),
            _ => {
                let bits = u32::from(header.bits_per_sample);
                Box::new(G726::new(bits, bit_order(&mut file, header)?))
            }
        };
        file.seek(SeekFrom::Start(header.data_from))?;
        let source = Box::new(BufReader::new(file.take(header.data_bytes)));
        // Only the header knows how much of the last block counts.
        let padding = decoder.block_frames() as u64;
        let mut coded = Coded::new(source, decoder, 1, header.cut_short);
        if let Some(frames) = header.fact_frames {
            coded.trim = Trim::new(0, Some(frames), padding);
        }
        Ok(coded)
    }

    /// Sound that a running program sends; its failure counts when the sound ends.
    pub fn sent_by(mut self, sender: Running) -> Coded {
        self.sender = Some(sender);
        self
    }

    /// After the end: whether the file promised more than there was.
    pub fn incomplete(&self) -> bool {
        self.cut_short
    }

    /// Replaces `channels` by the next samples; false at the end.
    pub fn next(&mut self, channels: &mut Vec<Vec<f32>>) -> Result<bool, AudioFault> {
        channels.resize_with(self.channels, Vec::new);
        channels.iter_mut().for_each(Vec::clear);
        if self.at_end {
            return Ok(false);
        }
        let block_bytes = self.decoder.block_bytes();
        let blocks = FRAMES_AT_A_TIME.div_ceil(self.decoder.block_frames());
        self.block.resize(blocks * block_bytes, 0);
        let there = fill(&mut *self.source, &mut self.block)?;
        self.at_end = there < self.block.len();
        for block in self.block[..there].chunks_exact(block_bytes) {
            self.decoder.decode(block, channels);
        }
        self.frames += channels[0].len() as u64;
        if self.at_end {
            self.end()?;
        }
        self.trim.apply(channels);
        if self.frames == 0 {
            return Err(AudioFault::NoSound);
        }
        Ok(true)
    }

    fn end(&mut self) -> Result<(), AudioFault> {
        let Some(sender) = self.sender.take() else {
            return Ok(());
        };
        match sender.ended() {
            Ok(()) => Ok(()),
            // What came before its failure counts.
            Err(_) if self.frames > 0 => {
                self.cut_short = true;
                Ok(())
            }
            Err(fault) => Err(fault),
        }
    }
}

/// Reads until `block` is full or nothing is left; how much was read.
fn fill(source: &mut dyn Read, block: &mut [u8]) -> io::Result<usize> {
    let mut there = 0;
    while there < block.len() {
        match source.read(&mut block[there..]) {
            Ok(0) => break,
            Ok(read) => there += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(there)
}

/// Which order of bits a WAV file with G.726 has. Nothing in the file says so and both are in use;
/// decoded in the wrong order, a voice becomes rough.
fn bit_order(file: &mut File, header: &WaveHeader) -> io::Result<BitOrder> {
    let mut start = Vec::new();
    file.seek(SeekFrom::Start(header.data_from))?;
    file.by_ref()
        .take(header.data_bytes.min(TRIED_BYTES))
        .read_to_end(&mut start)?;
    let roughness = |order| {
        let mut decoder = G726::new(u32::from(header.bits_per_sample), order);
        let mut samples = vec![Vec::new()];
        for block in start.chunks_exact(decoder.block_bytes()) {
            decoder.decode(block, &mut samples);
        }
        let pairs = samples[0].windows(2);
        let (power, change) = pairs.fold((1e-6, 0.0), |(power, change), pair| {
            (
                power + pair[0].powi(2),
                change + (pair[1] - pair[0]).powi(2),
            )
        });
        change / power
    };
    let (usual, other) = (
        roughness(BitOrder::HighestFirst),
        roughness(BitOrder::LowestFirst),
    );
    // With four bits a sample the wrong order only swaps neighbours: a third rougher, not more.
    Ok(if other < usual * 0.87 {
        BitOrder::LowestFirst
    } else {
        BitOrder::HighestFirst
    })
}
