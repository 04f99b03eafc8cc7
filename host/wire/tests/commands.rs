//! Commands against bytes made elsewhere, damage, and the limits of `docs/wire.md`.

use ichiscope_wire::{
    COMMAND_LEN, Command, Configuration, Feature, Features, Identity, LineSet, Register, Request, Status,
    VALUE_BITS,
};
use proptest::prelude::*;

/// Made with Python: `body = bytes([7, 2]) + (312).to_bytes(5, "little")`, `zlib.crc32(body)`, and COBS as in the
/// paper that describes it (code byte first), written out in that language.
#[test]
fn a_command_made_by_another_program() {
    let command = Command::new(7, Request::Console { clocks_per_bit: 312 });
    assert_eq!(command.encode(), [5, 7, 2, 0x38, 1, 1, 1, 5, 0xD9, 0xD4, 0xEE, 0x3C, 0]);
}

#[test]
fn any_single_damage_is_seen() {
    let clean = Command { seq: 0, register: 7, value: 0x12_0034_5600 }.encode();
    let mut stuffed: [u8; 12] = clean[..12].try_into().unwrap();
    assert_eq!(Command::decode(&stuffed), Some(Command { seq: 0, register: 7, value: 0x12_0034_5600 }));
    for place in 0..stuffed.len() {
        for value in 0..=255 {
            let before = std::mem::replace(&mut stuffed[place], value);
            assert_eq!(Command::decode(&stuffed).is_some(), value == before, "byte {place} set to {value}");
            stuffed[place] = before;
        }
    }
}

#[test]
fn the_limits_of_every_register() {
    let parse = |register: Register, value: u64| Request::parse(register as u8, value).map(|_| ());
    let limits: [(Register, &[u64], &[u64]); 8] = [
        (Register::Deglitch, &[1, 1023], &[0, 1024, 1 << 16 | 9]),
        (Register::Console, &[0, 16, 65535], &[1, 15, 65536]),
        (Register::Envelope, &[0, 4, 16], &[1, 3, 17, 1 << 8 | 5]),
        (Register::Threshold, &[0, 0xFFF_FFF, 5 << 12 | 5], &[5 << 12 | 6, 1 << 24]),
        (Register::Sampling, &[0, 7], &[8]),
        (Register::SelfTest, &[0, (1 << VALUE_BITS) - 1], &[]),
        (Register::LinkTest, &[0, u32::MAX as u64], &[1 << 32]),
        (Register::Flow, &[0, 1], &[2, 3]),
    ];
    for (register, good, bad) in limits {
        for value in good {
            assert_eq!(parse(register, *value), Ok(()), "{register:?} {value}");
        }
        for value in bad {
            assert_eq!(parse(register, *value), Err(Status::Range), "{register:?} {value}");
        }
    }
    assert_eq!(parse(Register::Identify, 0xFF_FFFF_FFFF), Ok(()));
    assert_eq!(Request::parse(10, 0), Err(Status::Unknown));
    assert_eq!(Request::parse(255, 0), Err(Status::Unknown));
}

#[test]
fn a_board_answers_by_what_it_has() {
    let all = Feature::ALL.into_iter().fold(Features::NONE, |set, feature| set.with(feature, true));
    let set = Configuration { ring_log2: 8, ..Configuration::default() };
    let identity = |features| Identity {
        protocol: 2,
        board_code: 3,
        tick_hz: 36_000_000,
        bitstream_id: 1,
        baud: 3_000_000,
        wired: LineSet::ALL,
        fifo_depth: 256,
        heartbeat_log2: 21,
        deglitch_bits: 4,
        features,
    };
    let status = |request: Request, features| request.status(&identity(features), &set);
    assert_eq!(status(Request::Deglitch { ticks: 15 }, all), Status::Done);
    assert_eq!(status(Request::Deglitch { ticks: 16 }, all), Status::Range);
    assert_eq!(status(Request::Deglitch { ticks: 0 }, all), Status::Range);
    assert_eq!(status(Request::Window { before: 100, after: 148 }, all), Status::Done);
    assert_eq!(status(Request::Window { before: 101, after: 148 }, all), Status::Range);
    assert_eq!(status(Request::Window { before: 0, after: 0 }, all), Status::Done);
    assert_eq!(status(Request::Sampling { clocks: 8 }, all), Status::Range);
    for register in Register::ALL {
        let request = Request::parse(register as u8, u64::from(register == Register::Deglitch)).unwrap();
        assert_eq!(request.register(), register);
        assert_eq!(status(request, Features::NONE), Status::Unknown, "{register:?}");
        assert_eq!(status(request, all), Status::Done, "{register:?}");
        assert_eq!(status(request, all.with(register.feature(), false)), Status::Unknown, "{register:?}");
    }
}

proptest! {
    #[test]
    fn every_command_survives_and_has_no_delimiter_within(seq: u8, register: u8, value in 0_u64..1 << VALUE_BITS) {
        let command = Command { seq, register, value };
        let bytes = command.encode();
        prop_assert_eq!(bytes.iter().position(|b| *b == 0), Some(COMMAND_LEN - 1));
        prop_assert_eq!(Command::decode(bytes.first_chunk().unwrap()), Some(command));
    }

    #[test]
    fn any_bytes_are_refused_or_a_command(bytes: [u8; 12]) {
        if let Some(command) = Command::decode(&bytes) {
            prop_assert_eq!(&command.encode()[..12], &bytes);
        }
    }

    #[test]
    fn a_request_is_what_its_value_says(register in 0_u8..12, value in 0_u64..1 << VALUE_BITS) {
        for value in [value, value & 0xFFF, value & 15] {
            if let Ok(request) = Request::parse(register, value) {
                prop_assert_eq!(request.register() as u8, register);
                prop_assert!(request == Request::Identify || request.value() == value);
            }
        }
    }
}
