//! Any bytes as Opus packets in an Ogg stream that is in order: each packet begins with its length.
#![no_main]

use libfuzzer_sys::fuzz_target;

/// An Ogg page with one packet of less than 64 KiB.
fn page(out: &mut Vec<u8>, kind: u8, granule: u64, number: u32, packet: &[u8]) {
    let from = out.len();
    out.extend(b"OggS\0");
    out.push(kind);
    out.extend(granule.to_le_bytes());
    out.extend(7u32.to_le_bytes());
    out.extend(number.to_le_bytes());
    out.extend([0; 4]);
    let full = packet.len() / 255;
    out.push(full as u8 + 1);
    out.extend(std::iter::repeat_n(255, full));
    out.push((packet.len() % 255) as u8);
    out.extend(packet);
    let sum = checksum(&out[from..]);
    out[from + 22..from + 26].copy_from_slice(&sum.to_le_bytes());
}

/// Ogg's CRC-32, not reflected.
fn checksum(page: &[u8]) -> u32 {
    page.iter().fold(0, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte) << 24, |sum: u32, _| {
            sum << 1 ^ if sum >> 31 == 1 { 0x04c1_1db7 } else { 0 }
        })
    })
}

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, mut rest)) = bytes.split_first() else {
        return;
    };
    let channels = 1 + choice % 3;
    let mut head = b"OpusHead\x01".to_vec();
    head.push(channels);
    head.extend([0x38, 0x01, 0x40, 0x1f, 0, 0, 0, 0]);
    match channels {
        3 => head.extend([255, 2, 1, 0, 1, 2]),
        _ => head.push(0),
    }
    let mut file = Vec::new();
    page(&mut file, 2, 0, 0, &head);
    page(&mut file, 0, 0, 1, b"OpusTags\0\0\0\0\0\0\0\0");
    let mut number = 2;
    while let Some((&length, behind)) = rest.split_first() {
        // Up to 1,275 bytes, the longest that a packet's frame may have.
        let length = (usize::from(length) * 5).min(behind.len());
        let (packet, behind) = behind.split_at(length);
        page(&mut file, 0, u64::from(number) * 960, number, packet);
        number += 1;
        rest = behind;
    }
    huiting_fuzz::read(&file, "opus", 600);
});
