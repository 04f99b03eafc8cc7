//! The watched lines: synchroniser and deglitcher for each, and what changed in a clock.

use ichiscope_wire::LINE_COUNT;
use rust_hdl::prelude::*;

use crate::Config;

/// Bits of a deglitcher's counter: up to 16 ticks.
const COUNTER_BITS: usize = 4;
/// The longest deglitch time in ticks.
pub(crate) const DEGLITCH_MAX: u16 = 1 << COUNTER_BITS;

/// One line. A new level is taken when it has lasted; before `run` it is taken at once and is no change.
#[derive(LogicBlock)]
struct DeglitchedLine {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) run: Signal<In, Bit>,
    pub(crate) pin: Signal<In, Bit>,
    pub(crate) level: Signal<Out, Bit>,
    /// `level` changed with the last clock edge.
    pub(crate) changed: Signal<Out, Bit>,
    /// A change that has not lasted ends in this clock.
    pub(crate) glitch: Signal<Out, Bit>,
    meta: DFF<Bit>,
    sample: DFF<Bit>,
    kept: DFF<Bit>,
    count: DFF<Bits<COUNTER_BITS>>,
    change: DFF<Bit>,
    away: Signal<Local, Bit>,
    lasted: Signal<Local, Bit>,
    last_count: Constant<Bits<COUNTER_BITS>>,
}

impl DeglitchedLine {
    fn new(ticks: u16) -> Self {
        DeglitchedLine {
            clock: Default::default(),
            run: Default::default(),
            pin: Default::default(),
            level: Default::default(),
            changed: Default::default(),
            glitch: Default::default(),
            meta: Default::default(),
            sample: Default::default(),
            kept: Default::default(),
            count: Default::default(),
            change: Default::default(),
            away: Default::default(),
            lasted: Default::default(),
            last_count: Constant::new((ticks - 1).to_bits()),
        }
    }
}

impl Logic for DeglitchedLine {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, meta, sample, kept, count, change);
        self.meta.d.next = self.pin.val();
        self.sample.d.next = self.meta.q.val();
        self.away.next = self.sample.q.val() ^ self.kept.q.val();
        self.lasted.next = self.count.q.val() == self.last_count.val();
        self.count.d.next = 0.into();
        self.change.d.next = false;
        self.glitch.next = false;
        if self.run.val() {
            if self.away.val() {
                if self.lasted.val() {
                    self.kept.d.next = self.sample.q.val();
                    self.change.d.next = true;
                } else {
                    self.count.d.next = self.count.q.val() + 1;
                }
            } else {
                self.glitch.next = self.count.q.val().any();
            }
        } else {
            self.kept.d.next = self.sample.q.val();
        }
        self.level.next = self.kept.q.val();
        self.changed.next = self.change.q.val();
    }
}

/// All lines. What they say is registered: the deglitchers are far from the arbiter.
#[derive(LogicBlock)]
pub(crate) struct Lines {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) run: Signal<In, Bit>,
    /// The electrical levels, asynchronous.
    pub(crate) pins: Signal<In, Bits<LINE_COUNT>>,
    pub(crate) levels: Signal<Out, Bits<LINE_COUNT>>,
    /// Lines that changed in this clock, for the arbiter.
    pub(crate) changed: Signal<Out, Bits<LINE_COUNT>>,
    /// Any of them.
    pub(crate) edge_seen: Signal<Out, Bit>,
    /// Clocks in which a glitch ended, since power-up.
    pub(crate) glitches: Signal<Out, Bits<32>>,
    line: [DeglitchedLine; LINE_COUNT],
    levels_now: Signal<Local, Bits<LINE_COUNT>>,
    changed_now: Signal<Local, Bits<LINE_COUNT>>,
    glitches_now: Signal<Local, Bits<LINE_COUNT>>,
    levels_kept: DFF<Bits<LINE_COUNT>>,
    changed_kept: DFF<Bits<LINE_COUNT>>,
    any_changed: DFF<Bit>,
    any_glitch: DFF<Bit>,
    glitch_count: DFF<Bits<32>>,
}

impl Lines {
    pub(crate) fn new(config: &Config) -> Self {
        Lines {
            clock: Default::default(),
            run: Default::default(),
            pins: Default::default(),
            levels: Default::default(),
            changed: Default::default(),
            edge_seen: Default::default(),
            glitches: Default::default(),
            line: std::array::from_fn(|_| DeglitchedLine::new(config.deglitch_ticks)),
            levels_now: Default::default(),
            changed_now: Default::default(),
            glitches_now: Default::default(),
            levels_kept: Default::default(),
            changed_kept: Default::default(),
            any_changed: Default::default(),
            any_glitch: Default::default(),
            glitch_count: Default::default(),
        }
    }
}

impl Logic for Lines {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, levels_kept, changed_kept, any_changed, any_glitch, glitch_count);
        self.levels_now.next = 0.into();
        self.changed_now.next = 0.into();
        self.glitches_now.next = 0.into();
        for i in 0..12 {
            self.line[i].clock.next = self.clock.val();
            self.line[i].run.next = self.run.val();
            self.line[i].pin.next = self.pins.val().get_bit(i);
            self.levels_now.next = self.levels_now.val().replace_bit(i, self.line[i].level.val());
            self.changed_now.next = self.changed_now.val().replace_bit(i, self.line[i].changed.val());
            self.glitches_now.next = self.glitches_now.val().replace_bit(i, self.line[i].glitch.val());
        }
        self.levels_kept.d.next = self.levels_now.val();
        self.changed_kept.d.next = self.changed_now.val();
        self.any_changed.d.next = self.changed_now.val().any();
        self.any_glitch.d.next = self.glitches_now.val().any();
        if self.any_glitch.q.val() {
            self.glitch_count.d.next = self.glitch_count.q.val() + 1;
        }
        self.levels.next = self.levels_kept.q.val();
        self.changed.next = self.changed_kept.q.val();
        self.edge_seen.next = self.any_changed.q.val();
        self.glitches.next = self.glitch_count.q.val();
    }
}
