//! Power-up, the 64-bit tick counter, and the heartbeat.

use rust_hdl::prelude::*;

use super::preset::Preset;
use crate::Config;

/// Clocks from power-up (with the clock locked) to the first one that runs: two to synchronise the lock, one in which
/// the lines take over their pins' levels.
const SETTLE_CLOCKS: u64 = 3;
/// START is repeated with every 2^4-th heartbeat.
const START_LOG2: u32 = 4;

/// The counter's registers at power-up.
pub(crate) struct PowerUp {
    low: u64,
    high: u64,
    carry: bool,
}

impl PowerUp {
    /// For a counter whose tick at clock 0 is `start_tick`, although it stands still until it runs.
    pub(crate) fn new(start_tick: u64) -> Self {
        let tick = start_tick.wrapping_add(SETTLE_CLOCKS);
        let low = tick & 0xFFFF_FFFF;
        PowerUp { low, high: tick >> 32, carry: low == 0xFFFF_FFFF }
    }

    /// The same as arguments of a simulator.
    pub(crate) fn plusargs(&self) -> [String; 3] {
        let PowerUp { low, high, carry } = self;
        [
            format!("+tick_low={low:x}"),
            format!("+tick_high={high:x}"),
            format!("+tick_carry={:x}", u8::from(*carry)),
        ]
    }
}

/// Counts clocks from the PLL's first lock on.
///
/// The counter is two halves: a carry through 64 bits would be the slowest path of the design.
#[derive(LogicBlock)]
pub(crate) struct Timebase {
    pub(crate) clock: Signal<In, Clock>,
    /// The PLL's lock, asynchronous.
    pub(crate) locked: Signal<In, Bit>,
    /// The gateware runs; stays so, because a clock that stumbles is better recorded than hidden.
    pub(crate) run: Signal<Out, Bit>,
    /// The same, of the next clock.
    pub(crate) run_next: Signal<Out, Bit>,
    /// The lock has held since `run`.
    pub(crate) lock_kept: Signal<Out, Bit>,
    pub(crate) tick: Signal<Out, Bits<64>>,
    /// The clock before had a heartbeat's tick.
    pub(crate) beat: Signal<Out, Bit>,
    /// The clock before had a tick at which START is repeated.
    pub(crate) start_beat: Signal<Out, Bit>,
    lock_meta: DFF<Bit>,
    lock: DFF<Bit>,
    running: DFF<Bit>,
    lock_lost: DFF<Bit>,
    low: Preset<Bits<32>>,
    high: Preset<Bits<32>>,
    /// `low` is all ones: `high` counts with the next clock.
    carry: Preset<Bit>,
    beat_due: DFF<Bit>,
    start_due: DFF<Bit>,
    beat_bits: Signal<Local, Bits<32>>,
    start_bits: Signal<Local, Bits<32>>,
    beat_mask: Constant<Bits<32>>,
    start_mask: Constant<Bits<32>>,
    before_carry: Constant<Bits<32>>,
}

impl Timebase {
    pub(crate) fn new(config: &Config) -> Self {
        let PowerUp { low, high, carry } = PowerUp::new(config.start_tick);
        let log2 = u32::from(config.heartbeat_log2);
        Timebase {
            clock: Default::default(),
            locked: Default::default(),
            run: Default::default(),
            run_next: Default::default(),
            lock_kept: Default::default(),
            tick: Default::default(),
            beat: Default::default(),
            start_beat: Default::default(),
            lock_meta: Default::default(),
            lock: Default::default(),
            running: Default::default(),
            lock_lost: Default::default(),
            low: Preset::new("tick_low", low.into()),
            high: Preset::new("tick_high", high.into()),
            carry: Preset::new("tick_carry", carry),
            beat_due: Default::default(),
            start_due: Default::default(),
            beat_bits: Default::default(),
            start_bits: Default::default(),
            beat_mask: Constant::new(((1_u64 << log2) - 1).into()),
            start_mask: Constant::new(((1_u64 << (log2 + START_LOG2)) - 1).into()),
            before_carry: Constant::new(0xFFFF_FFFE_u64.into()),
        }
    }
}

impl Logic for Timebase {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, lock_meta, lock, running, lock_lost, low, high, carry, beat_due, start_due);
        self.lock_meta.d.next = self.locked.val();
        self.lock.d.next = self.lock_meta.q.val();
        self.run_next.next = self.running.q.val() | self.lock.q.val();
        self.running.d.next = self.run_next.val();
        self.lock_lost.d.next = self.lock_lost.q.val() | (self.running.q.val() & !self.lock.q.val());

        self.beat_bits.next = self.low.q.val() & self.beat_mask.val();
        self.start_bits.next = self.low.q.val() & self.start_mask.val();
        self.beat_due.d.next = false;
        self.start_due.d.next = false;
        if self.running.q.val() {
            self.low.d.next = self.low.q.val() + 1;
            self.carry.d.next = self.low.q.val() == self.before_carry.val();
            if self.carry.q.val() {
                self.high.d.next = self.high.q.val() + 1;
            }
            self.beat_due.d.next = !self.beat_bits.val().any();
            self.start_due.d.next = !self.start_bits.val().any();
        }

        self.run.next = self.running.q.val();
        self.lock_kept.next = !self.lock_lost.q.val();
        self.tick.next = (bit_cast::<64, 32>(self.high.q.val()) << 32) | bit_cast::<64, 32>(self.low.q.val());
        self.beat.next = self.beat_due.q.val();
        self.start_beat.next = self.start_due.q.val();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Makes clocks with that lock; returns run, lock_kept and tick after the last of them.
    fn clocks(timebase: &mut Timebase, count: u32, locked: bool) -> (bool, bool, u128) {
        for _ in 0..count {
            timebase.locked.next = locked;
            timebase.clock.next = false.into();
            assert!(simulate(timebase, 20));
            timebase.clock.next = true.into();
            assert!(simulate(timebase, 20));
        }
        (timebase.run.val(), timebase.lock_kept.val(), timebase.tick.val().to_u128())
    }

    #[test]
    fn a_lost_lock_is_never_forgotten() {
        let mut timebase = Timebase::new(&Config { start_tick: 100, ..Config::twin() });
        timebase.clock.connect();
        timebase.locked.connect();
        timebase.connect_all();
        assert_eq!(clocks(&mut timebase, 50, false), (false, true, 103), "waits for the lock");
        assert_eq!(clocks(&mut timebase, 2, true), (false, true, 103));
        assert_eq!(clocks(&mut timebase, 1, true), (true, true, 103));
        assert_eq!(clocks(&mut timebase, 10, true), (true, true, 113));
        assert_eq!(clocks(&mut timebase, 3, false), (true, false, 116), "runs on, and says so");
        assert_eq!(clocks(&mut timebase, 100, true), (true, false, 216));
    }
}
