//! One short script for each verdict that can come out, by name: what `captures/` and the guide are made of.
//!
//! `captures/expected.csv` says what must be found in each. All durations are inputs, none is typical.

use ichiscope_wire::{Line, LineSet};

use super::{Edges, Play, Scenario};

/// A rail that is switched off hard: the edges at all thresholds lie within 2 ms.
const STEEP: Edges = Edges { decay_us: [0, 400, 1_900], rise_us: [0, 90, 260] };
/// A rail that sinks for a second: the thresholds see different durations.
const SLOW: Edges = Edges { decay_us: [0, 160_000, 1_150_000], rise_us: [0, 900, 2_700] };
const SECOND: u64 = 1_000_000;

/// A script with its name.
pub struct Entry {
    /// Its name on the command line, and of its capture.
    pub name: &'static str,
    /// What happens in it.
    pub what: &'static str,
    /// Whether the device is a gas meter.
    pub is_gsme: bool,
    play: fn(&mut Play),
}

impl Entry {
    /// The script.
    pub fn scenario(&self) -> Scenario {
        let mut play = Play::new();
        if self.is_gsme {
            let rails = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
            play.config.wired = LineSet::from_bits(play.config.wired.bits() & !rails.bits());
        }
        (self.play)(&mut play);
        play.finish()
    }
}

const fn entry(name: &'static str, what: &'static str, play: fn(&mut Play)) -> Entry {
    Entry { name, what, is_gsme: false, play }
}

/// All of them.
pub const CATALOGUE: [Entry; 14] = [
    entry("clean-pass", "42 s without supply, the hub boots in 30 s", |p| {
        p.short_upgrade(Edges::HOLD_UP, 42_123_457, Some(30));
    }),
    entry("long-outage", "201.5 s without supply", |p| {
        p.short_upgrade(Edges::HOLD_UP, 201_500_000, Some(40));
    }),
    entry("conditional-pass", "179.995 s: below the limit by less than the uncertainty", |p| {
        p.short_upgrade(STEEP, 179_995_000, None);
    }),
    entry("conditional-fail", "180.005 s: over the limit by less than the uncertainty", |p| {
        p.short_upgrade(STEEP, 180_005_000, None);
    }),
    entry("at-risk", "130 s without supply and 75 s for the hub's boot: together over the limit", |p| {
        p.short_upgrade(Edges::HOLD_UP, 130_000_000, Some(75));
    }),
    entry("mains-loss", "AC_LO rises 20 ms before the rail falls: not the firmware", |p| {
        p.wait_us(5 * SECOND);
        p.set(Line::AcLo, true);
        p.wait_us(20_000);
        p.rail_off(Edges::HOLD_UP, 95_000_000);
        p.wait_us(10 * SECOND);
    }),
    entry("hub-removed", "the hub is pulled out and put back", |p| {
        p.wait_us(5 * SECOND);
        p.set(Line::ChPr, true);
        p.wait_us(3_000);
        p.rail_off(STEEP, 12_000_000);
        p.wait_us(SECOND);
        p.set(Line::ChPr, false);
        p.wait_us(10 * SECOND);
    }),
    entry("dip-train", "five dips below 10.2 V, nearer to each other than the restore time", |p| {
        p.wait_us(5 * SECOND);
        for _ in 0..5 {
            p.dip(200_000);
            p.wait_us(400_000);
        }
        p.wait_us(10 * SECOND);
    }),
    entry("loss-in-outage", "a burst of edges on a mark overruns the FIFO while the rail is off", |p| {
        p.wait_us(5 * SECOND);
        let start = p.fall(Edges::HOLD_UP);
        p.wait_us(20 * SECOND);
        for _ in 0..400 {
            p.set(Line::Mark0, true);
            p.wait_us(1);
            p.set(Line::Mark0, false);
            p.wait_us(1);
        }
        p.rise(Edges::HOLD_UP, start + 60_000_000);
        p.wait_us(10 * SECOND);
    }),
    entry("open-end", "the recording ends while the rail is off", |p| {
        p.wait_us(5 * SECOND);
        p.fall(Edges::HOLD_UP);
        p.wait_us(60 * SECOND);
    }),
    entry("thresholds-disagree", "a slow decay: over the limit at 10.2 V, below it at 2.0 V", |p| {
        p.short_upgrade(SLOW, 180_600_000, Some(30));
    }),
    entry(
        "everything",
        "12 s without supply, with voltage, console, commands and PPS (wire version 2)",
        |p| {
            p.have_everything();
            p.short_upgrade(Edges::DEMO, 12_345_678, Some(8));
        },
    ),
    entry(
        "console",
        "a meter that talks on its console, with the rail's voltage: phases by a profile",
        talking_meter,
    ),
    Entry {
        name: "gsme",
        what: "a gas meter: no rail is wired, the hub reboots",
        is_gsme: true,
        play: |p| {
            p.wait_us(5 * SECOND);
            p.set(Line::Mark3, true);
            p.wait_us(30 * SECOND);
            p.set(Line::Mark3, false);
            p.wait_us(5 * SECOND);
        },
    },
];

/// The entry of a name.
pub fn by_name(name: &str) -> Option<&'static Entry> {
    CATALOGUE.iter().find(|entry| entry.name == name)
}

/// The meter's console tells image, activation, reboot and the hub's boot. The board's ADC and PPS have something to say too.
fn talking_meter(p: &mut Play) {
    p.have_everything();
    p.wait_us(3 * SECOND);
    log(p, "[app] running fw 01020303");
    p.wait_us(2 * SECOND);
    log(p, "[ota] receiving image");
    p.wait_us(4 * SECOND);
    log(p, "[ota] image complete, hash good");
    p.wait_us(SECOND);
    log(p, "[ota] activate");
    p.wait_us(900_000);
    log(p, "[boot] reset");
    p.wait_us(1_200_000);
    let end_us = p.fall(Edges::DEMO) + 42_123_457;
    p.wait_us(20 * SECOND);
    log(p, "[boot] image good, fw 01020304");
    p.wait_us(5 * SECOND);
    log(p, "[app] metrology start");
    p.wait_us(9 * SECOND);
    log(p, "[app] running fw 01020304");
    p.rise(Edges::DEMO, end_us);
    p.wait_us(650_000);
    log(p, "[hub] supply on");
    p.wait_us(31 * SECOND);
    log(p, "[hub] joined");
    p.wait_us(5 * SECOND);
}

/// A line of the meter's log, as a meter would print it.
fn log(p: &mut Play, line: &str) {
    p.console.push((p.tick(), format!("{line}\r\n")));
}
