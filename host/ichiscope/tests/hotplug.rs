//! `record` and `doctor` on a machine whose board is unplugged and plugged in again: a Linux in QEMU with the model of
//! the FT2232H, behind which the twin of the gateware runs in real time.
//!
//! Needs what the link's rig needs: the packages qemu-system-x86 busybox-static cpio, and once the guest's kernel.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

#[path = "../../link/tests/console/mod.rs"]
mod console;
#[path = "../../link/rig/ft2232h.rs"]
#[allow(dead_code, reason = "the link's tests use more of it")]
mod ft2232h;
#[path = "../../link/tests/guest/mod.rs"]
mod guest;
mod instrument;

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use guest::Guest;
use ichiscope_capture::{Item, LinkKind, Read, Reader};
use ichiscope_timeline::{Gap, GapCause, Timeline};
use ichiscope_wire::Line;
use instrument::{BITSTREAM, Instrument, Life, Piece, SERIAL, TICK_HZ};
use serde_json::{Value, json};

/// A shell's answer once `text` stands in what `record` has said so far.
fn until_said(guest: &mut Guest, text: &str, times: usize) {
    guest.ask_until(&format!("echo \"> $(grep -c '{text}' /tmp/said)\""), &times.to_string());
}

/// Waits until `record` has written ten times more, five times a second: some edges and heartbeats.
fn until_recorded(guest: &mut Guest) {
    let begun = Instant::now();
    let mut size = |last: &str| {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing is recorded; last size {last}");
        guest.console.ask("echo \"> $([ -e /tmp/a.mcap ] && wc -c </tmp/a.mcap)\"")
    };
    let (mut last, mut writes) = (size(""), 0);
    while writes < 10 {
        let now = size(&last);
        writes += u32::from(now != last);
        last = now;
    }
}

/// Begins to record, without a board, and waits until that is said.
fn begin(guest: &mut Guest) {
    let record = format!("ichiscope record --device {SERIAL} --wait --out /tmp/a.mcap --json");
    guest.console.tell(&format!("{record} >/tmp/json 2>/tmp/said & job=$!"));
    until_said(guest, "waiting for the board: no instrument", 1);
}

/// Ends the recording, which must say that it lost something, and copies the file to `path`. Returns the report.
fn end(guest: &mut Guest, path: &Path) -> Value {
    let code = guest.console.ask("kill $job; wait $job; echo \"> $?\"");
    let said = String::from_utf8(guest.file("/tmp/said")).unwrap();
    assert_eq!(code, "3", "{said}");
    fs::write(path, guest.file("/tmp/a.mcap")).unwrap();
    serde_json::from_slice(&guest.file("/tmp/json")).unwrap()
}

fn doctor(guest: &mut Guest) -> (String, Value) {
    let code = guest.console.ask("ichiscope doctor --json >/tmp/report; echo \"> $?\"");
    let report: Value = serde_json::from_slice(&guest.file("/tmp/report")).unwrap();
    (code, report["devices"].clone())
}

/// Linux's own driver has the board at first.
#[test]
fn doctor_hears_which_gateware_answers() {
    let mut guest = Guest::boot("usb-redir,chardev=usb", &[env!("CARGO_BIN_EXE_ichiscope")]);
    assert_eq!(doctor(&mut guest), ("3".to_owned(), json!([])));

    let silent = ft2232h::Board::plug(&guest.path("usb"), SERIAL);
    guest.ask_until("[ -e /dev/ttyUSB1 ]; echo \"> $?\"", "0");
    let (code, devices) = doctor(&mut guest);
    let board = &devices[0];
    assert_eq!((code.as_str(), &board["gateware"]), ("3", &json!({ "heard": "silence" })));
    assert_eq!((&board["driver"], &board["serial_ports"]), (&json!("ftdi_sio"), &json!(["ttyUSB1"])));
    assert!(board["remarks"][0].as_str().unwrap().contains("harmless"), "{board}");
    assert_eq!((&board["speed_mbit"], &board["hub"]), (&json!(480), &Value::Null));
    assert!(board["remedies"][0].as_str().unwrap().contains("flash"), "{board}");
    drop(silent);
    guest.ask_until("ichiscope doctor | grep -q 'no board found'; echo \"> $?\"", "0");

    let mut instrument = Instrument::new(&guest.path("usb"));
    instrument.plug();
    guest.ask_until("[ -e /dev/ttyUSB1 ]; echo \"> $?\"", "0");
    let (code, devices) = doctor(&mut guest);
    let expected = json!({
        "heard": "gateware", "board": "icebreaker", "bitstream_id": format!("{BITSTREAM:08x}"), "protocol": 1,
        "tick_hz": TICK_HZ, "baud": 3_000_000,
    });
    assert_eq!((code.as_str(), &devices[0]["gateware"]), ("0", &expected));
    assert_eq!((&devices[0]["remedies"], &devices[0]["driver"]), (&json!([]), &json!("ftdi_sio")));

    // A board that is being recorded is left alone.
    guest.console.tell("ichiscope record --out /tmp/a.mcap >/tmp/json 2>/tmp/said & job=$!");
    until_recorded(&mut guest);
    let (code, devices) = doctor(&mut guest);
    assert_eq!((code.as_str(), &devices[0]["gateware"]), ("3", &Value::Null));
    assert_eq!(devices[0]["access"], "in use by another program");
    assert_eq!(guest.console.ask("kill $job; wait $job; echo \"> $?\""), "0");
    instrument.end();
}

#[test]
fn one_recording_goes_on_through_unplugging_and_a_restart() {
    let mut guest = Guest::boot("usb-redir,chardev=usb", &[env!("CARGO_BIN_EXE_ichiscope")]);
    let mut instrument = Instrument::new(&guest.path("usb"));

    begin(&mut guest);
    instrument.plug();
    until_said(&mut guest, "the board is there", 1);
    until_recorded(&mut guest);

    // The cable: the board runs on.
    instrument.unplug();
    until_said(&mut guest, "waiting for the board: the link", 1);
    instrument.plug();
    until_said(&mut guest, "the board is there", 2);
    until_recorded(&mut guest);

    // The supply: the board starts again, and its ticks with it.
    instrument.unplug();
    let away = Instant::now();
    until_said(&mut guest, "waiting for the board: the link", 2);
    instrument.restart();
    instrument.plug();
    let away = away.elapsed();
    until_said(&mut guest, "the board is there", 3);
    until_recorded(&mut guest);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    let report = end(&mut guest, &path);
    let lives = instrument.end();

    let received = received(&path);
    let pieces =
        [lives[0].find(0, &received[0]), lives[0].find(1, &received[1]), lives[1].find(0, &received[2])];
    let recording = ichiscope_replay::load(&path, |_| ()).unwrap();
    assert_eq!(received.len(), 3);
    assert!(recording.finished && recording.damage.is_empty());
    assert_eq!(recording.facts.device.serial, SERIAL);
    let restart = check_gaps(&recording.timeline, &pieces);
    check_edges(&recording.timeline, &lives, &pieces, restart);

    let gap = recording.timeline.gaps()[1];
    let length = u128::from(gap.end_tick - gap.start_tick) * 1000 / u128::from(TICK_HZ);
    assert!(length >= away.as_millis() * 9 / 10, "away for {away:?}, but the gap has only {length} ms");
    let told: Vec<_> =
        report["gaps"].as_array().unwrap().iter().map(|g| g["cause"].as_str().unwrap()).collect();
    assert_eq!(told, ["link-lost", "restart"]);
}

/// The machine sleeps until the chip has lost bytes. What is missing in the file lies in gaps, and nothing else does.
#[test]
fn what_a_sleeping_computer_missed_is_in_gaps() {
    let mut guest = Guest::boot("usb-redir,chardev=usb", &[env!("CARGO_BIN_EXE_ichiscope")]);
    let mut instrument = Instrument::new(&guest.path("usb"));
    begin(&mut guest);
    instrument.plug();
    until_said(&mut guest, "the board is there", 1);
    until_recorded(&mut guest);
    guest.sleep(true);
    instrument.until_dropped(2000);
    guest.sleep(false);
    until_recorded(&mut guest);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.mcap");
    end(&mut guest, &path);
    let lives = instrument.end();

    let [received] = &received(&path)[..] else { panic!("the link broke") };
    let piece = lives[0].find(0, received);
    let missed: Vec<u64> = piece.missed.iter().map(|record| record.tick).collect();
    assert!(missed.len() >= 100, "only {} records are missing", missed.len());
    let recording = ichiscope_replay::load(&path, |_| ()).unwrap();
    let gaps = recording.timeline.gaps();
    for tick in &missed {
        assert!(gaps.iter().any(|g| g.touches(*tick, *tick)), "{tick} is missing and in no gap: {gaps:?}");
    }
    // The chip reports an overrun with what its FIFO still holds, which was sent before what was lost.
    let first = piece.tick_before(missed[0], 4096);
    let last = missed[missed.len() - 1];
    check_edges(&recording.timeline, &lives, &[piece], 0);
    for gap in gaps {
        assert!(
            gap.end_tick >= first && gap.start_tick <= last,
            "{gap:?} has nothing to do with {first}..{last}"
        );
    }
}

/// The bytes of a capture between the breaks of its link. The link must have told each break and each return.
fn received(path: &Path) -> Vec<Vec<u8>> {
    let mut reader = Reader::open(path).unwrap();
    let (mut received, mut events) = (Vec::new(), Vec::new());
    for read in reader.items() {
        match read {
            Read::Item(Item::Bytes { bytes, .. }) => received.last_mut().map_or_else(
                || panic!("bytes before a board was there"),
                |piece: &mut Vec<u8>| piece.extend(bytes),
            ),
            Read::Item(Item::Link { event, .. }) => {
                if event.kind == LinkKind::Attached {
                    assert_eq!(event.text, SERIAL);
                    received.push(Vec::new());
                }
                events.push(event.kind);
            }
            other => panic!("{other:?}"),
        }
    }
    events.retain(|kind| *kind != LinkKind::ChipOverrun);
    let expected: Vec<LinkKind> =
        [LinkKind::Attached, LinkKind::Lost].into_iter().cycle().take(events.len()).collect();
    assert_eq!(events, expected);
    received
}

/// Two gaps, each from the last record before the break to the first thing known after it. Returns how much later than
/// on its own clock the restarted board's records lie on the axis.
fn check_gaps(timeline: &Timeline, pieces: &[Piece]) -> u64 {
    let [lost, restart] = timeline.gaps() else { panic!("{:?}", timeline.gaps()) };
    let Gap { start_tick, end_tick, cause, .. } = *lost;
    assert_eq!(cause, GapCause::LinkLost);
    assert_eq!((start_tick, end_tick), (pieces[0].last_tick(), pieces[1].known_from()));
    assert_eq!(restart.cause, GapCause::Restart);
    assert_eq!(restart.start_tick, pieces[1].last_tick());
    assert!(restart.end_tick > restart.start_tick);
    assert_eq!(timeline.stats().restarts, 1);
    restart.end_tick - pieces[2].known_from()
}

/// Exactly the edges that were received, each at the tick at which the script put it.
fn check_edges(timeline: &Timeline, lives: &[Life], pieces: &[Piece], restart: u64) {
    let mut expected = Vec::new();
    for (piece, (life, later)) in pieces.iter().zip([(0, 0), (0, 0), (1, restart)]) {
        let edges = piece.edge_ticks();
        assert!(edges.len() >= 3, "only {edges:?}");
        let (all, scripted) = (piece.all_edge_ticks(), lives[life].scripted_ticks());
        assert!(scripted.windows(all.len()).any(|w| w == all), "{all:?} are not in a row in the script");
        expected.extend(edges.iter().map(|tick| tick + later));
    }
    let track = timeline.track(Line::Rail0).entries().iter();
    let found: Vec<u64> = track.filter(|e| e.is_crossing()).map(|e| e.tick()).collect();
    assert_eq!(found, expected);
    assert!(found.is_sorted());
}
