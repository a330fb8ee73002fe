//! Any bytes as the sound of each of our own decoders, behind a header that is in order.
#![no_main]

use libfuzzer_sys::fuzz_target;

fn wave(tag: u16, block: u16, bits: u16, sound: &[u8]) -> Vec<u8> {
    let mut bytes = b"RIFF\xff\xff\xff\xffWAVEfmt \x10\0\0\0".to_vec();
    bytes.extend(tag.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend(8000u32.to_le_bytes());
    bytes.extend(4000u32.to_le_bytes());
    bytes.extend(block.to_le_bytes());
    bytes.extend(bits.to_le_bytes());
    bytes.extend(b"data\xff\xff\xff\xff");
    bytes.extend(sound);
    bytes
}

fn au(encoding: u32, sound: &[u8]) -> Vec<u8> {
    let mut bytes = b".snd".to_vec();
    for field in [24, u32::MAX, encoding, 8000, 1] {
        bytes.extend(field.to_be_bytes());
    }
    bytes.extend(sound);
    bytes
}

fuzz_target!(|bytes: &[u8]| {
    let Some((choice, sound)) = bytes.split_first() else {
        return;
    };
    let (file, extension) = match choice % 12 {
        0 | 1 => (wave(0x31, 65, 0, sound), "wav"),
        2..=5 => (wave(0x45, 1, u16::from(choice % 12), sound), "wav"),
        6 => (wave(0x17, 1, 4, sound), "wav"),
        7 => (wave(0x02, 256, 4, sound), "wav"),
        8 => (wave(0x11, 256, 4, sound), "wav"),
        9 => (au(23, sound), "au"),
        10 => (au(u32::from(choice / 12) % 8, sound), "au"),
        _ => (sound.to_vec(), "vox"),
    };
    huiting_fuzz::read(&file, extension, 600);
});
