//! Scripted firmware upgrades for the twin. Durations are inputs chosen for the demonstration, not typical values.

mod catalogue;
mod voltage;

use ichiscope_link::twin::{Config, Script};
use ichiscope_wire::{FRAME_LEN, Line, LineSet, Request};
use voltage::Voltage;

pub use catalogue::{CATALOGUE, Entry, by_name};

/// What the host asks of the demonstration's board right after power-up: the console at 115 200 baud, and samples around
/// crossings.
const REQUESTS: [Request; 2] =
    [Request::Console { clocks_per_bit: 312 }, Request::Window { before: 200, after: 1000 }];
/// The first of them, and from one to the next, us.
const REQUEST_US: u64 = 2_000;
/// From one pulse of the PPS input to the next: the board's clock is 1.5 ppm fast.
const PPS_TICKS: u64 = 36_000_054;
/// Width of a pulse.
const PPS_WIDTH_TICKS: u64 = 3_600_000;

/// How fast the rail passes its thresholds.
#[derive(Clone, Copy, Debug)]
struct Edges {
    /// Falling: how much later than rail0, us.
    decay_us: [u64; 3],
    /// Rising: how much earlier than rail0, us.
    rise_us: [u64; 3],
}

impl Edges {
    /// A hold-up capacitor.
    const HOLD_UP: Edges = Edges { decay_us: [0, 38_000, 410_000], rise_us: [0, 900, 2_700] };
    /// The same with a rise that fits into one window of samples at full rate.
    const DEMO: Edges = Edges { decay_us: [0, 38_000, 410_000], rise_us: [0, 300, 900] };
}

/// One upgrade in a script: when the rail falls and when it is good again at rail0, in ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScriptedOutage {
    /// First tick below the threshold of rail0.
    pub start_tick: u64,
    /// First tick good again at rail0.
    pub end_tick: u64,
}

/// A script and what it holds.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// For the twin.
    pub script: Script,
    /// Its outages at rail0, in order.
    pub outages: Vec<ScriptedOutage>,
}

/// Two upgrades of a meter in a row, 13 minutes: the first with an outage that passes, the second with one that fails.
pub fn demo() -> Scenario {
    let mut play = Play::new();
    play.have_everything();
    play.upgrade(30, 92, 45);
    play.upgrade(25, 197, 41);
    play.wait_us(30_000_000);
    play.finish()
}

/// A good supply at which nothing happens, and a jumper from the output `test` to all comparators: for the self-test, ten minutes.
pub fn jumper() -> Script {
    let config = Config::twin();
    let levels = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
    let end = 600 * u64::from(config.tick_hz);
    Script { test_drives: levels, codes: voltage::at_rest(), ..Script::quiet(config, levels, end) }
}

/// The twin at 12 Mbaud with nothing to say of its own; a link test fills its line.
pub fn fast_link() -> Script {
    let config = Config { clocks_per_bit: 3, adc: None, ..Config::twin() };
    Script::quiet(config, LineSet::EMPTY, u64::MAX / 2)
}

/// A comparator that chatters a little less often than frames fit through 12 Mbaud: 98 % with the heartbeats.
pub fn full_line(seconds: u64) -> Script {
    let config = Config { clocks_per_bit: 3, ..Config::lines_only() };
    let frame_ticks = 10 * FRAME_LEN as u64 * u64::from(config.clocks_per_bit);
    let edge_ticks = frame_ticks + 10;
    let end = seconds * u64::from(config.tick_hz);
    let good = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
    let levels = |edge: u64| good.with(Line::Rail0, edge.is_multiple_of(2));
    let changes = (1..end / edge_ticks).map(|edge| (edge * edge_ticks, levels(edge))).collect();
    Script { changes, ..Script::quiet(config, good, end) }
}

/// One level change after the other, in microseconds of the device's time.
struct Play {
    config: Config,
    now_us: u64,
    levels: LineSet,
    changes: Vec<(u64, LineSet)>,
    first: LineSet,
    outages: Vec<ScriptedOutage>,
    /// The board's ADC, console and PPS have something to say.
    voltage: Option<Voltage>,
    console: Vec<(u64, String)>,
}

impl Play {
    fn new() -> Self {
        let levels = Line::RAILS.into_iter().fold(LineSet::EMPTY, |set, rail| set.with(rail, true));
        Play {
            config: Config::lines_only(),
            now_us: 0,
            levels,
            changes: Vec::new(),
            first: levels,
            outages: Vec::new(),
            voltage: None,
            console: Vec::new(),
        }
    }

    fn tick(&self) -> u64 {
        tick_of(&self.config, self.now_us)
    }

    /// The board is one of wire version 2, with voltage, console and PPS.
    fn have_everything(&mut self) {
        self.config = Config::twin();
        self.voltage = Some(Voltage::default());
    }

    /// A line of the meter's log.
    fn say(&mut self, text: &str) {
        self.console.push((self.tick(), format!("SIMULATED meter: {text}\r\n")));
    }

    fn wait_us(&mut self, us: u64) {
        self.now_us += us;
    }

    fn set(&mut self, line: Line, level: bool) {
        self.levels = self.levels.with(line, level);
        self.changes.push((self.tick(), self.levels));
    }

    /// `baseline_s` of quiet, an image, an activation, a reboot with the rail off for `outage_s` at rail0 (plus a
    /// fraction that is no round number), and the hub's boot of `boot_s`.
    fn upgrade(&mut self, baseline_s: u64, outage_s: u64, boot_s: u64) {
        self.wait_us(baseline_s * 1_000_000);
        self.say("image: transfer begins");
        self.set(Line::Mark0, true);
        for percent in [25, 50, 75, 100] {
            self.wait_us(30_000_000);
            self.say(&format!("image: {percent} %"));
        }
        self.set(Line::Mark0, false);
        self.wait_us(15_250_000);
        self.say("activate: command received");
        self.set(Line::Mark1, true);
        self.wait_us(1_900_000);
        self.set(Line::Mark1, false);
        self.say("activate: restart");
        self.set(Line::Mark2, true);
        self.wait_us(4_300_000);
        self.rail_off(Edges::DEMO, outage_s * 1_000_000 + 123_457);
        self.wait_us(800_000);
        self.say("boot: supply of the hub is on");
        self.set(Line::Mark3, true);
        self.wait_us(9_000_000);
        self.say("boot: done");
        self.set(Line::Mark2, false);
        self.wait_us((boot_s - 9) * 1_000_000);
        self.set(Line::Mark3, false);
        self.wait_us(10_000_000);
    }

    /// A few seconds of quiet, image and activation, the rail off for so long at rail0, and the hub's boot if it is marked.
    fn short_upgrade(&mut self, edges: Edges, off_us: u64, boot_s: Option<u64>) {
        self.wait_us(3_000_000);
        self.set(Line::Mark0, true);
        self.wait_us(4_000_000);
        self.set(Line::Mark0, false);
        self.wait_us(1_000_000);
        self.set(Line::Mark1, true);
        self.wait_us(900_000);
        self.set(Line::Mark1, false);
        self.set(Line::Mark2, true);
        self.say("activate: restart");
        self.wait_us(2_300_000);
        self.rail_off(edges, off_us);
        self.wait_us(800_000);
        self.say("boot: supply of the hub is on");
        self.set(Line::Mark2, false);
        if let Some(boot_s) = boot_s {
            self.set(Line::Mark3, true);
            self.wait_us(boot_s * 1_000_000);
            self.set(Line::Mark3, false);
        }
        self.wait_us(5_000_000);
    }

    fn rail_off(&mut self, edges: Edges, off_us: u64) {
        let start_us = self.fall(edges);
        self.rise(edges, start_us + off_us);
    }

    /// rail0 alone, for so long.
    fn dip(&mut self, off_us: u64) {
        let start_tick = self.tick();
        self.set(Line::Rail0, false);
        self.wait_us(off_us);
        self.outages.push(ScriptedOutage { start_tick, end_tick: self.tick() });
        self.set(Line::Rail0, true);
    }

    /// The rail falls; gives when rail0 fell, us.
    fn fall(&mut self, edges: Edges) -> u64 {
        let start_us = self.now_us;
        if let Some(voltage) = &mut self.voltage {
            voltage.fall(start_us, edges);
        }
        for (rail, later) in Line::RAILS.into_iter().zip(edges.decay_us) {
            self.now_us = start_us + later;
            self.set(rail, false);
        }
        // The meter's processor is in reset and lets AC_LO and MT_PR float high.
        self.now_us = start_us + edges.decay_us[2] + 190_000;
        self.set(Line::AcLo, true);
        self.set(Line::MtPr, true);
        start_us
    }

    /// The rail is good again at rail0 at `end_us`. It fell with the script's last `fall`.
    fn rise(&mut self, edges: Edges, end_us: u64) {
        if let Some(voltage) = &mut self.voltage {
            voltage.rise(end_us, edges);
        }
        for (rail, earlier) in Line::RAILS.into_iter().zip(edges.rise_us).rev() {
            self.now_us = end_us - earlier;
            self.set(rail, true);
        }
        let fell = |(_, levels): &&(u64, LineSet)| !levels.contains(Line::Rail0);
        let start_tick = self.changes.iter().rev().skip(1).take_while(fell).last().map_or(0, |c| c.0);
        self.outages.push(ScriptedOutage { start_tick, end_tick: self.tick() });
        self.wait_us(150_000);
        self.set(Line::AcLo, false);
        self.set(Line::MtPr, false);
    }

    fn finish(mut self) -> Scenario {
        let (config, now_us) = (self.config, self.now_us);
        let quiet = Script::quiet(config, self.first, self.tick());
        let script = match self.voltage.take() {
            None => Script { changes: self.changes, ..quiet },
            Some(voltage) => Script {
                changes: self.with_pulses(),
                codes: voltage.finish(now_us, |us| tick_of(&config, us)),
                console: self.console,
                requests: (1..).map(|n| tick_of(&config, n * REQUEST_US)).zip(REQUESTS).collect(),
                ..quiet
            },
        };
        Scenario { script, outages: self.outages }
    }

    /// The lines' changes with those of PPS, which comes from a clock of its own.
    fn with_pulses(&self) -> Vec<(u64, LineSet)> {
        let end = self.tick();
        let pulse = |second: u64| [(second * PPS_TICKS, true), (second * PPS_TICKS + PPS_WIDTH_TICKS, false)];
        let mut pulses = (1..).flat_map(pulse).take_while(|edge| edge.0 < end).peekable();
        let mut others = self.changes.iter().copied().peekable();
        let (mut levels, mut pps, mut all) = (self.first, false, Vec::new());
        loop {
            let pulse_at = pulses.peek().map_or(end, |edge| edge.0);
            let tick = if let Some((tick, now)) = others.next_if(|change| change.0 <= pulse_at) {
                levels = now;
                tick
            } else if let Some((tick, now)) = pulses.next() {
                pps = now;
                tick
            } else {
                return all;
            };
            all.push((tick, levels.with(Line::Pps, pps)));
        }
    }
}

fn tick_of(config: &Config, us: u64) -> u64 {
    us * u64::from(config.tick_hz) / 1_000_000
}
