//! The watched lines: synchroniser and deglitcher for each, and what changed in a clock.

use ichiscope_wire::LINE_COUNT;
use rust_hdl::prelude::*;

use super::preset::Preset;
use super::settings::DEGLITCH_BITS;
use crate::Config;

/// Bits of an edge's age.
pub(crate) const AGE_BITS: usize = 12;
/// Clocks of an edge's way beside the deglitch time: two synchroniser flip-flops, and the register behind the
/// deglitchers.
const WAY: u8 = 3;

/// One line. A new level is taken when it has lasted; before `run` it is taken at once and is no change.
#[derive(LogicBlock)]
struct DeglitchedLine {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) run: Signal<In, Bit>,
    pub(crate) pin: Signal<In, Bit>,
    /// What is waited for is forgotten in this clock.
    pub(crate) restart: Signal<In, Bit>,
    /// The deglitch time less one.
    pub(crate) last_count: Signal<In, Bits<DEGLITCH_BITS>>,
    /// The bits of the counter that the board has.
    pub(crate) counter_mask: Signal<In, Bits<DEGLITCH_BITS>>,
    pub(crate) level: Signal<Out, Bit>,
    /// `level` changed with the last clock edge.
    pub(crate) changed: Signal<Out, Bit>,
    /// A change that has not lasted ends in this clock.
    pub(crate) glitch: Signal<Out, Bit>,
    meta: DFF<Bit>,
    sample: DFF<Bit>,
    kept: DFF<Bit>,
    count: DFF<Bits<DEGLITCH_BITS>>,
    count_next: Signal<Local, Bits<DEGLITCH_BITS>>,
    change: DFF<Bit>,
    away: Signal<Local, Bit>,
    lasted: Signal<Local, Bit>,
}

impl DeglitchedLine {
    fn new() -> Self {
        DeglitchedLine {
            clock: Default::default(),
            run: Default::default(),
            pin: Default::default(),
            restart: Default::default(),
            last_count: Default::default(),
            counter_mask: Default::default(),
            level: Default::default(),
            changed: Default::default(),
            glitch: Default::default(),
            meta: Default::default(),
            sample: Default::default(),
            kept: Default::default(),
            count: Default::default(),
            count_next: Default::default(),
            change: Default::default(),
            away: Default::default(),
            lasted: Default::default(),
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
        self.count_next.next = self.count.q.val() + 1;
        self.count.d.next = 0.into();
        self.change.d.next = false;
        self.glitch.next = false;
        if self.run.val() & !self.restart.val() {
            if self.away.val() {
                if self.lasted.val() {
                    self.kept.d.next = self.sample.q.val();
                    self.change.d.next = true;
                } else {
                    self.count.d.next = self.count_next.val() & self.counter_mask.val();
                }
            } else {
                self.glitch.next = self.count.q.val().any();
            }
        } else if !self.run.val() {
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
    /// The deglitch time in ticks.
    pub(crate) deglitch: Signal<In, Bits<DEGLITCH_BITS>>,
    /// The same less one.
    pub(crate) deglitch_last: Signal<In, Bits<DEGLITCH_BITS>>,
    /// It changes with this clock.
    pub(crate) deglitch_set: Signal<In, Bit>,
    pub(crate) levels: Signal<Out, Bits<LINE_COUNT>>,
    /// Lines that changed in this clock, for the arbiter.
    pub(crate) changed: Signal<Out, Bits<LINE_COUNT>>,
    /// Their age in this clock.
    pub(crate) age: Signal<Out, Bits<AGE_BITS>>,
    /// Any of them.
    pub(crate) edge_seen: Signal<Out, Bit>,
    /// The same, of the next clock.
    pub(crate) edge_next: Signal<Out, Bit>,
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
    glitch_count: Preset<Bits<32>>,
    wide_deglitch: Signal<Local, Bits<AGE_BITS>>,
    /// Of the edges that the deglitchers accepted in the clock before last.
    age_kept: DFF<Bits<AGE_BITS>>,
    way: Constant<Bits<AGE_BITS>>,
    counter_mask: Constant<Bits<DEGLITCH_BITS>>,
}

impl Lines {
    pub(crate) fn new(config: &Config) -> Self {
        Lines {
            clock: Default::default(),
            run: Default::default(),
            pins: Default::default(),
            deglitch: Default::default(),
            deglitch_last: Default::default(),
            deglitch_set: Default::default(),
            levels: Default::default(),
            changed: Default::default(),
            age: Default::default(),
            edge_seen: Default::default(),
            edge_next: Default::default(),
            glitches: Default::default(),
            line: std::array::from_fn(|_| DeglitchedLine::new()),
            levels_now: Default::default(),
            changed_now: Default::default(),
            glitches_now: Default::default(),
            levels_kept: Default::default(),
            changed_kept: Default::default(),
            any_changed: Default::default(),
            any_glitch: Default::default(),
            glitch_count: Preset::new("count", config.start_count.to_bits()),
            wide_deglitch: Default::default(),
            age_kept: Default::default(),
            way: Constant::new(WAY.to_bits()),
            counter_mask: Constant::new(((1_u16 << config.deglitch_bits) - 1).to_bits()),
        }
    }
}

impl Logic for Lines {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, levels_kept, changed_kept, any_changed, any_glitch, glitch_count);
        dff_setup!(self, clock, age_kept);
        self.wide_deglitch.next = bit_cast::<12, 10>(self.deglitch.val());
        self.age_kept.d.next = self.wide_deglitch.val() + self.way.val();
        self.age.next = self.age_kept.q.val();
        self.levels_now.next = 0.into();
        self.changed_now.next = 0.into();
        self.glitches_now.next = 0.into();
        for i in 0..12 {
            self.line[i].clock.next = self.clock.val();
            self.line[i].run.next = self.run.val();
            self.line[i].pin.next = self.pins.val().get_bit(i);
            self.line[i].restart.next = self.deglitch_set.val();
            self.line[i].last_count.next = self.deglitch_last.val();
            self.line[i].counter_mask.next = self.counter_mask.val();
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
        self.edge_next.next = self.changed_now.val().any();
        self.glitches.next = self.glitch_count.q.val();
    }
}
