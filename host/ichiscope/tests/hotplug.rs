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
use instrument::{BITSTREAM, Instrument, Life, Piece, SECOND_SERIAL, SERIAL, TICK_HZ};
use serde_json::{Value, json};

/// A shell's answer once `text` stands in what `record` has said so far.
fn until_said(guest: &mut Guest, text: &str, times: usize) {
    guest.ask_until(&format!("echo \"> $(grep -c '{text}' /tmp/said)\""), &times.to_string());
}

/// Waits until `record` has written ten times more, five times a second: some edges and heartbeats.
fn until_recorded(guest: &mut Guest) {
    until_grown(guest, "/tmp/a.mcap");
}

fn until_grown(guest: &mut Guest, path: &str) {
    let begun = Instant::now();
    let mut size = |last: &str| {
        assert!(begun.elapsed() < Duration::from_secs(60), "nothing is recorded; last size {last}");
        guest.console.ask(&format!("echo \"> $([ -e {path} ] && wc -c <{path})\""))
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
    let mut guest = Guest::boot(&["usb-redir,chardev=usb"], &[env!("CARGO_BIN_EXE_ichiscope")]);
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
    let mut guest = Guest::boot(&["usb-redir,chardev=usb"], &[env!("CARGO_BIN_EXE_ichiscope")]);
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
    let mut guest = Guest::boot(&["usb-redir,chardev=usb"], &[env!("CARGO_BIN_EXE_ichiscope")]);
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

/// Two boards at one controller, each with its own recording, and all that hangs at the controller is reset.
#[test]
fn two_boards_are_two_recordings_also_through_a_reset_of_the_controller() {
    let devices = ["usb-redir,chardev=usb", "usb-redir,chardev=usb2"];
    let mut guest = Guest::boot(&devices, &[env!("CARGO_BIN_EXE_ichiscope")]);
    let mut boards = [Instrument::new(&guest.path("usb")), Instrument::second(&guest.path("usb2"))];
    for (serial, name) in [(SERIAL, "a"), (SECOND_SERIAL, "b")] {
        let record = format!("ichiscope record --device {serial} --wait --out /tmp/{name}.mcap");
        guest.console.tell(&format!("{record} >/tmp/out 2>/tmp/said-{name} & job_{name}=$!"));
    }
    let said = |text: &str| format!("echo \"> $(cat /tmp/said-a /tmp/said-b | grep -c '{text}')\"");
    guest.ask_until(&said("waiting for the board: no instrument"), "2");
    boards.iter_mut().for_each(Instrument::plug);
    guest.ask_until(&said("the board is there"), "2");
    until_grown(&mut guest, "/tmp/a.mcap");
    until_grown(&mut guest, "/tmp/b.mcap");

    // Without a name nothing is chosen by chance, and no file is made.
    let refused = guest.console.ask(
        "ichiscope record --out /tmp/c.mcap 2>/tmp/said-c; echo \"> $? $([ -e /tmp/c.mcap ] || echo none)\"",
    );
    let why = String::from_utf8(guest.file("/tmp/said-c")).unwrap();
    assert_eq!(refused, "1 none", "{why}");
    assert!(why.contains(SERIAL) && why.contains(SECOND_SERIAL), "{why}");

    guest.console.tell("cd /sys/bus/pci/drivers/xhci_hcd; controller=$(echo 0*); echo $controller >unbind");
    // The reason may be that the link is gone, or already that there is no such board.
    let last =
        "echo \"> $(for name in a b; do tail -n 1 /tmp/said-$name; done | grep -c 'waiting for the board')\"";
    guest.ask_until(last, "2");
    guest.console.tell("echo $controller >bind");
    guest.ask_until(&said("the board is there"), "4");
    until_grown(&mut guest, "/tmp/a.mcap");
    until_grown(&mut guest, "/tmp/b.mcap");
    for (board, (serial, name)) in boards.into_iter().zip([(SERIAL, "a"), (SECOND_SERIAL, "b")]) {
        assert_eq!(guest.console.ask(&format!("kill $job_{name}; wait $job_{name}; echo \"> $?\"")), "3");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::write(&path, guest.file(&format!("/tmp/{name}.mcap"))).unwrap();
        check_reset(&path, serial, &board.end()[0]);
    }
}

/// Each byte is of that board, and what is missing is where it was away.
fn check_reset(path: &Path, serial: &str, life: &Life) {
    let received = received_from(path, serial);
    let [before, after] = &received[..] else { panic!("{} pieces", received.len()) };
    let (before, after) = (life.find(0, before), life.find(0, after));
    let recording = ichiscope_replay::load(path, |_| ()).unwrap();
    let gaps = recording.timeline.gaps();
    assert!(gaps.iter().any(|gap| gap.cause == GapCause::LinkLost), "{gaps:?}");
    for gap in gaps {
        assert!(gap.start_tick >= before.last_tick() && gap.end_tick <= after.known_from(), "{gap:?}");
    }
    assert_eq!(recording.timeline.stats().restarts, 0);
}

/// The bytes of a capture between the breaks of its link. The link must have told each break and each return.
fn received(path: &Path) -> Vec<Vec<u8>> {
    received_from(path, SERIAL)
}

fn received_from(path: &Path, serial: &str) -> Vec<Vec<u8>> {
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
                    assert_eq!(event.text, serial);
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
