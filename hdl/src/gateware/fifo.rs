//! The FIFO of records: block RAM, registered output, an explicit count.
//!
//! The stock FIFO of rust-hdl compares addresses on the way to its outputs, which was the slowest path of the trial
//! design; here every output is a register, or a few gates behind the count.

use rust_hdl::prelude::*;

use super::preset::Preset;
use super::record::RECORD_BITS;

/// Holds 2^`N` records; `M` is `N` + 1.
///
/// The count is of records that were admitted and not yet read, wherever they are. Who writes takes care not to
/// write to a full FIFO: see [`super::record::Arbiter`].
#[derive(LogicBlock)]
pub(crate) struct Fifo<const N: usize, const M: usize> {
    pub(crate) clock: Signal<In, Clock>,
    pub(crate) write: Signal<In, Bit>,
    /// In the clock after `write`.
    pub(crate) data_in: Signal<In, Bits<RECORD_BITS>>,
    /// Takes the record that is shown; only when there is one.
    pub(crate) read: Signal<In, Bit>,
    /// `data_out` shows the oldest record.
    pub(crate) valid: Signal<Out, Bit>,
    pub(crate) data_out: Signal<Out, Bits<RECORD_BITS>>,
    /// Two free slots or more.
    pub(crate) room: Signal<Out, Bit>,
    /// Half empty or more.
    pub(crate) half: Signal<Out, Bit>,
    /// The same of the next clock, and fewer than four records in it.
    pub(crate) room_next: Signal<Out, Bit>,
    pub(crate) half_next: Signal<Out, Bit>,
    pub(crate) few_next: Signal<Out, Bit>,
    writing: DFF<Bit>,
    write_address: DFF<Bits<M>>,
    read_address: DFF<Bits<M>>,
    count: DFF<Bits<M>>,
    showing: DFF<Bit>,
    /// The three answers about `count`, kept beside it: a comparison on the way out would be the slowest path.
    room_kept: Preset<Bit>,
    half_kept: Preset<Bit>,
    few_kept: Preset<Bit>,
    grows: Signal<Local, Bit>,
    shrinks: Signal<Local, Bit>,
    ram: RAM<Bits<RECORD_BITS>, N>,
    /// The greatest counts with which the answers are yes, and the ones above.
    most_with_room: Constant<Bits<M>>,
    least_without: Constant<Bits<M>>,
    most_of_half: Constant<Bits<M>>,
    above_half: Constant<Bits<M>>,
    three: Constant<Bits<M>>,
    four: Constant<Bits<M>>,
}

impl<const N: usize, const M: usize> Fifo<N, M> {
    pub(crate) fn new() -> Self {
        Fifo {
            clock: Default::default(),
            write: Default::default(),
            data_in: Default::default(),
            read: Default::default(),
            valid: Default::default(),
            data_out: Default::default(),
            room: Default::default(),
            half: Default::default(),
            room_next: Default::default(),
            half_next: Default::default(),
            few_next: Default::default(),
            writing: Default::default(),
            write_address: Default::default(),
            read_address: Default::default(),
            count: Default::default(),
            showing: Default::default(),
            room_kept: Preset::new("room", true),
            half_kept: Preset::new("half", true),
            few_kept: Preset::new("few", true),
            grows: Default::default(),
            shrinks: Default::default(),
            ram: Default::default(),
            most_with_room: Constant::new(((1_u64 << N) - 2).into()),
            least_without: Constant::new(((1_u64 << N) - 1).into()),
            most_of_half: Constant::new((1_u64 << (N - 1)).into()),
            above_half: Constant::new(((1_u64 << (N - 1)) + 1).into()),
            three: Constant::new(3_u64.into()),
            four: Constant::new(4_u64.into()),
        }
    }
}

impl<const N: usize, const M: usize> Logic for Fifo<N, M> {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, writing, write_address, read_address, count, showing);
        dff_setup!(self, clock, room_kept, half_kept, few_kept);
        // In: one clock later.
        self.writing.d.next = self.write.val();
        self.ram.write_clock.next = self.clock.val();
        self.ram.write_enable.next = self.writing.q.val();
        self.ram.write_address.next = self.write_address.q.val().get_bits::<N>(0);
        self.ram.write_data.next = self.data_in.val();
        if self.writing.q.val() {
            self.write_address.d.next = self.write_address.q.val() + 1;
        }

        // Out: the memory's own output register always follows the oldest record.
        self.ram.read_clock.next = self.clock.val();
        self.ram.read_address.next = self.read_address.q.val().get_bits::<N>(0);
        self.showing.d.next = !self.read.val() & (self.read_address.q.val() != self.write_address.q.val());
        if self.read.val() {
            self.read_address.d.next = self.read_address.q.val() + 1;
        }
        self.valid.next = self.showing.q.val();
        self.data_out.next = self.ram.read_data.val();

        // An answer changes only where the count passes its border: to compare what the count will be would be slower.
        self.grows.next = self.write.val() & !self.read.val();
        self.shrinks.next = self.read.val() & !self.write.val();
        self.room_next.next = self.room_kept.q.val();
        self.half_next.next = self.half_kept.q.val();
        self.few_next.next = self.few_kept.q.val();
        if self.grows.val() {
            self.count.d.next = self.count.q.val() + 1;
            if self.count.q.val() == self.most_with_room.val() {
                self.room_next.next = false;
            }
            if self.count.q.val() == self.most_of_half.val() {
                self.half_next.next = false;
            }
            if self.count.q.val() == self.three.val() {
                self.few_next.next = false;
            }
        }
        if self.shrinks.val() {
            self.count.d.next = self.count.q.val() - 1;
            if self.count.q.val() == self.least_without.val() {
                self.room_next.next = true;
            }
            if self.count.q.val() == self.above_half.val() {
                self.half_next.next = true;
            }
            if self.count.q.val() == self.four.val() {
                self.few_next.next = true;
            }
        }
        self.room_kept.d.next = self.room_next.val();
        self.half_kept.d.next = self.half_next.val();
        self.few_kept.d.next = self.few_next.val();
        self.room.next = self.room_kept.q.val();
        self.half.next = self.half_kept.q.val();
    }
}
