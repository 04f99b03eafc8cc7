//! Frames against values made elsewhere, and the decoder against damage.

use ichiscope_wire::{Decoder, Event, FRAME_LEN, Payload, Record, crc32, decode_frame, encode_frame};

/// The check value of CRC-32/ISO-HDLC in the catalogue of parametrised CRC algorithms.
#[test]
fn crc_is_the_one_of_zlib() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}

/// Made with Python: `body = bytes([7]) + (1 | 4 << 92 | 0xABC << 56).to_bytes(12, "little")`, `zlib.crc32(body)`,
/// and the encoder of `docs/wire.md` written out in that language.
#[test]
fn a_frame_made_by_another_program() {
    let record = Record { tick: 1, lost: 0, data: 0xABC, kind: 4 };
    let expected = [7, 1, 3, 1, 1, 1, 1, 1, 0xBC, 0x0A, 3, 1, 0x40, 0x54, 0x48, 0xF4, 0x25, 6, 0];
    assert_eq!(encode_frame(7, &record), expected);
    let stuffed = expected.first_chunk().unwrap();
    assert_eq!(decode_frame(stuffed), Some((7, record)));
}

fn frames(n: u64) -> Vec<u8> {
    (0..n)
        .flat_map(|i| {
            let r =
                Record { tick: i * 977, lost: 0, data: i.wrapping_mul(0x9E37_79B9) & 0xF_FFFF_FFFF, kind: 4 };
            encode_frame(i as u8, &r)
        })
        .collect()
}

fn decode(chunks: &[&[u8]]) -> (Vec<(u64, u8)>, u64) {
    let (mut good, mut damaged) = (vec![], 0);
    let mut decoder = Decoder::new();
    let mut report = |event| match event {
        Event::Frame(f) => good.push((f.offset, f.seq)),
        Event::Damage { bytes, .. } => damaged += bytes,
    };
    for chunk in chunks {
        decoder.push(chunk, &mut report);
    }
    decoder.finish(&mut report);
    (good, damaged)
}

#[test]
fn any_way_of_cutting_the_stream_gives_the_same() {
    let bytes = frames(40);
    let whole = decode(&[&bytes]);
    assert_eq!(whole.0.len(), 40);
    assert_eq!(whole.1, 0);
    for cut in 0..bytes.len() {
        let (a, b) = bytes.split_at(cut);
        assert_eq!(decode(&[a, b]), whole, "cut at {cut}");
    }
    let single: Vec<&[u8]> = bytes.chunks(1).collect();
    assert_eq!(decode(&single), whole);
}

/// Every single damaged byte costs at most two frames, and every frame after them is found.
#[test]
fn resynchronises_within_one_frame() {
    let clean = frames(12);
    for place in 0..clean.len() {
        for value in [0x00, 0x01, 0x12, 0xFF] {
            let mut bytes = clean.clone();
            if bytes[place] == value {
                continue;
            }
            bytes[place] = value;
            let (good, damaged) = decode(&[&bytes]);
            assert!(good.len() >= 11, "byte {place} set to {value}: {} frames", good.len());
            assert_eq!(good.len() as u64 * 19 + damaged, bytes.len() as u64);
            let hit = (place / FRAME_LEN) as u8;
            assert!(good.iter().all(|(_, seq)| *seq != hit));
        }
    }
}

#[test]
fn lost_and_inserted_bytes_cost_one_or_two_frames() {
    let clean = frames(12);
    for place in 0..clean.len() {
        let mut bytes = clean.clone();
        bytes.remove(place);
        assert!(decode(&[&bytes]).0.len() >= 11, "removed {place}");
        let mut bytes = clean.clone();
        bytes.insert(place, 0x55);
        assert!(decode(&[&bytes]).0.len() >= 11, "inserted {place}");
    }
}

#[test]
fn every_payload_survives_the_bits() {
    for kind in 0..16u8 {
        for data in [0, 1, 0xF_FFFF_FFFF, 0xA_5A5A_5A5A, 0x1_2345_6789] {
            let tick = 0x0000_FEDC_BA98_7654;
            let r = Record { tick, lost: 0x80, data, kind };
            assert_eq!(Record::unpack(r.pack()), r);
            let again = match r.payload() {
                Payload::Heartbeat(h) => {
                    assert_eq!(h.tick & ((1 << 48) - 1), tick);
                    Record::new(h.tick, r.lost, r.payload())
                }
                payload => Record::new(tick, r.lost, payload),
            };
            assert_eq!(again, r);
        }
    }
}

#[test]
fn no_frame_is_made_of_nothing() {
    assert_eq!(decode_frame(&[1; 18]), None);
    assert_eq!(decode_frame(&[0; 18]), None);
    assert_eq!(decode_frame(&[255; 18]), None);
}

/// A frame with a code that was hit so that it steps over a zero, found by fuzzing: it has the right check, but a
/// delimiter in it. Taken as a frame or not, it has to be the same whatever the pieces.
#[test]
fn a_delimiter_within_a_frame_is_damage_in_any_pieces() {
    let frame = [7, 1, 3, 0x20, 2, 1, 0, 2, 5, 2, 1, 1, 0x32, 0x95, 0xD1, 0xC8, 0xA6, 6];
    assert_eq!(decode_frame(&frame), None);
}
