//! The time axis: everything that is known, in ticks.

use ichiscope_wire::{Configuration, Identity, LINE_COUNT, Line, LineSet};

use crate::{Ack, ConsoleByte, Gap, LinkTestRun, Problem, SideLoss, Track, Waveform};

/// A hand-made mark or remark, tied to a tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where on the axis.
    pub tick: u64,
    /// Its kind: a phase mark or a remark.
    pub kind: String,
    /// Its text.
    pub text: String,
}

/// Counts of what passed and what was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// Bytes taken.
    pub bytes: u64,
    /// Good frames.
    pub frames: u64,
    /// Bytes that were no frame (without those before the first delimiter).
    pub damaged_bytes: u64,
    /// Frames missing by their sequence number.
    pub lost_frames: u64,
    /// Edges lost in the gateware's FIFO, by its own count.
    pub lost_edges: u64,
    /// Clocks in which the gateware suppressed a glitch.
    pub glitches: u64,
    /// Times the chip's FIFO ran over.
    pub chip_overruns: u64,
    /// Times the board started again.
    pub restarts: u64,
    /// Records of unknown kind.
    pub unknown_records: u64,
}

/// Everything that is known, on one axis in ticks.
#[derive(Clone, Debug, Default)]
pub struct Timeline {
    pub(crate) identity: Option<Identity>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) tracks: [Track; LINE_COUNT],
    pub(crate) gaps: Vec<Gap>,
    pub(crate) notes: Vec<Note>,
    pub(crate) span: Option<(u64, u64)>,
    pub(crate) stats: Stats,
    pub(crate) configurations: Vec<(u64, Configuration)>,
    pub(crate) console: Vec<ConsoleByte>,
    pub(crate) waveform: Waveform,
    pub(crate) acks: Vec<Ack>,
    pub(crate) link_tests: Vec<LinkTestRun>,
    pub(crate) side_losses: Vec<SideLoss>,
}

impl Timeline {
    /// The gateware that sent this, once a START block was complete.
    pub fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()
    }

    /// Whether it comes from another tool's file.
    pub fn is_imported(&self) -> bool {
        self.identity.is_some_and(|identity| identity.is_imported())
    }

    /// How the board was set, each from the tick of the START page that told it first; oldest first.
    pub fn configurations(&self) -> &[(u64, Configuration)] {
        &self.configurations
    }

    /// How the board was set last.
    pub fn configuration(&self) -> Option<&Configuration> {
        self.configurations.last().map(|(_, set)| set)
    }

    /// Ticks per second, if known and not zero.
    pub fn tick_hz(&self) -> Option<u64> {
        self.identity.map(|i| i.tick_hz).filter(|hz| *hz > 0)
    }

    /// What about the source forbids a conclusion.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        match self.identity {
            None => problems.push(Problem::NoIdentity),
            Some(i) if i.tick_hz == 0 => problems.push(Problem::NoTickRate),
            Some(i) if i.board().is_none() => problems.push(Problem::Board(i.board_code)),
            Some(_) => {}
        }
        if self.stats.unknown_records > 0 {
            problems.push(Problem::UnknownRecords(self.stats.unknown_records));
        }
        problems
    }

    /// The levels of one line.
    pub fn track(&self, line: Line) -> &Track {
        &self.tracks[line.index()]
    }

    /// The lines that are wired; all of them while that is not known.
    pub fn wired(&self) -> LineSet {
        self.identity.map_or(LineSet::ALL, |i| i.wired)
    }

    /// The gaps, oldest first.
    pub fn gaps(&self) -> &[Gap] {
        &self.gaps
    }

    /// The notes, by tick.
    pub fn notes(&self) -> &[Note] {
        &self.notes
    }

    /// The bytes of the meter's debug console, oldest first.
    pub fn console(&self) -> &[ConsoleByte] {
        &self.console
    }

    /// What the ADC said.
    pub fn waveform(&self) -> &Waveform {
        &self.waveform
    }

    /// The answers to commands, in the order of their records.
    pub fn acks(&self) -> &[Ack] {
        &self.acks
    }

    /// The link tests.
    pub fn link_tests(&self) -> &[LinkTestRun] {
        &self.link_tests
    }

    /// What was lost beside the lines, in the order in which it was noticed. It is no gap: the lines are known there.
    pub fn side_losses(&self) -> &[SideLoss] {
        &self.side_losses
    }

    /// First and last tick of which something is known.
    pub fn span(&self) -> Option<(u64, u64)> {
        self.span
    }

    /// What passed and what was lost.
    pub fn stats(&self) -> &Stats {
        &self.stats
    }

    /// Whether anything was lost.
    pub fn has_loss(&self) -> bool {
        !self.gaps.is_empty()
    }
}
