//! What the link's tests share: the rig program, and a stream to send through it.

use ichiscope_wire::{Record, encode_frame};

/// The program that opens the link and obeys commands: `rig/rig.rs`.
pub(crate) const RIG: &str = env!("CARGO_BIN_EXE_ichiscope-link-rig");

#[allow(dead_code, reason = "not every test composes a stream")]
/// `frames` frames as the gateware would send them, with changing contents.
pub(crate) fn stream(frames: u64) -> Vec<u8> {
    let record = |i: u64| Record {
        tick: i * 2311,
        lost: (i / 1000) as u8,
        data: i.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 28,
        kind: 4,
    };
    (0..frames).flat_map(|i| encode_frame(i as u8, &record(i))).collect()
}

/// Fails with the first place where the two differ, instead of printing both.
pub(crate) fn assert_same_bytes(received: &[u8], sent: &[u8]) {
    if let Some(at) = received.iter().zip(sent).position(|(a, b)| a != b) {
        panic!("byte {at}: received {:#04x}, sent {:#04x}", received[at], sent[at]);
    }
    assert_eq!(received.len(), sent.len(), "as far as both go they are equal, but the lengths differ");
}
