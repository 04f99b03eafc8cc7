//! The ADC's samples: their instants, their codes as runs, and the line behind the threshold.

use std::collections::VecDeque;

use super::AdcConfig;
use super::pins::Input;

/// The code of one sample, and of those after it until the next entry.
#[derive(Clone, Copy, Debug)]
struct Codes {
    from: u64,
    code: u16,
}

/// Samples are counted from 0 at power-up here; what is told begins at the configuration's start count.
#[derive(Clone, Debug)]
pub(super) struct Samples {
    config: AdcConfig,
    /// The instant of sample 0.
    first: u64,
    pin: Input<u16>,
    /// The first sample that is not yet taken.
    next: u64,
    codes: VecDeque<Codes>,
    sampling_point: u64,
    falling: u16,
    rising: u16,
    /// The level behind the threshold.
    level: bool,
    /// The thresholds changed: the next sample is compared whatever it is.
    compare_next: bool,
    /// Samples that may change the level: the clock in which their code is known, and the code.
    compares: VecDeque<(u64, u16)>,
}

impl Samples {
    pub(super) fn new(config: AdcConfig, first: u64, code: u16) -> Self {
        Samples {
            config,
            first,
            pin: Input::new(code),
            next: 0,
            codes: VecDeque::new(),
            sampling_point: 0,
            falling: 0,
            rising: 0,
            level: false,
            compare_next: false,
            compares: VecDeque::new(),
        }
    }

    /// The pin's code from `clock` on.
    pub(super) fn set(&mut self, clock: u64, code: u16) {
        self.pin.set(clock, code & 0x0FFF);
    }

    /// The instant of a sample.
    pub(super) fn instant(&self, sample: u64) -> u64 {
        self.first + sample * self.ticks()
    }

    fn ticks(&self) -> u64 {
        self.config.ticks_per_sample.into()
    }

    /// The first sample that is not yet taken.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// The last sample begun in `clock` or before.
    pub(super) fn last_begun(&self, clock: u64) -> u64 {
        (clock - self.first) / self.ticks()
    }

    /// The first sample whose instant is in `clock` or after.
    pub(super) fn first_from(&self, clock: u64) -> u64 {
        clock.saturating_sub(self.first).div_ceil(self.ticks())
    }

    /// The clock in which a sample's code is known.
    fn known(&self, sample: u64) -> u64 {
        self.instant(sample) + 15 * u64::from(self.config.sclk_clocks) + 3 + self.sampling_point
    }

    fn is_compared(&self) -> bool {
        (self.falling, self.rising) != (0, 0)
    }

    /// The next clock from `clock` on in which something happens, as far as the pin is known.
    pub(super) fn next_clock(&self, clock: u64) -> Option<u64> {
        let compare = self.compares.front().map(|compare| compare.0);
        let sample = if !self.is_compared() {
            None
        } else if self.compare_next {
            Some(self.next)
        } else {
            self.pin.next_change().map(|change| self.first_from(change.0).max(self.next))
        };
        let sample = sample.map(|sample| self.instant(sample));
        compare.into_iter().chain(sample).min().map(|next| next.max(clock))
    }

    /// Takes all samples whose instant is in `clock` or before, as runs of one code.
    pub(super) fn take(&mut self, clock: u64, mut run: impl FnMut(u64, u64, u16)) {
        let Some(end) = clock.checked_sub(self.first).map(|ticks| ticks / self.ticks() + 1) else { return };
        while self.next < end {
            let code = self.pin.at(self.instant(self.next));
            let code = self.read(code);
            let until = self.pin.next_change().map_or(end, |change| self.first_from(change.0).min(end));
            if self.codes.back().is_none_or(|last| last.code != code) {
                self.codes.push_back(Codes { from: self.next, code });
                self.compare(self.next, code);
            } else if self.compare_next {
                self.compare(self.next, code);
            }
            run(self.next, until - self.next, code);
            self.next = until;
        }
    }

    /// What is read of a code: the converter answers one clock late, so points beyond 1 read bits that are gone.
    fn read(&self, code: u16) -> u16 {
        let late = self.sampling_point.saturating_sub(1).div_ceil(self.config.sclk_clocks.into());
        (u32::from(code) << late) as u16 & 0x0FFF
    }

    fn compare(&mut self, sample: u64, code: u16) {
        if self.is_compared() {
            self.compares.push_back((self.known(sample), code));
        }
        self.compare_next = false;
    }

    /// The code of a sample that has been taken and not forgotten.
    pub(super) fn code(&self, sample: u64) -> u16 {
        let after = self.codes.partition_point(|codes| codes.from <= sample);
        after.checked_sub(1).and_then(|at| self.codes.get(at)).map_or(0, |codes| codes.code)
    }

    /// Samples before `sample` are asked for no more.
    pub(super) fn forget_before(&mut self, sample: u64) {
        while self.codes.get(1).is_some_and(|second| second.from <= sample) {
            self.codes.pop_front();
        }
    }

    /// One rising edge; gives the level behind the threshold when it changes with it.
    pub(super) fn clock(&mut self, clock: u64) -> Option<bool> {
        let (_, code) = self.compares.pop_front_if(|compare| compare.0 == clock)?;
        let level = self.is_compared() && if self.level { code >= self.falling } else { code >= self.rising };
        (std::mem::replace(&mut self.level, level) != level).then_some(level)
    }

    /// A sampling point that counts for the samples after `clock`.
    pub(super) fn set_sampling_point(&mut self, clocks: u8) {
        self.sampling_point = clocks.into();
        self.compare_next = self.is_compared();
    }

    /// Thresholds that are seen after `clock`, in which samples up to its own have been taken.
    pub(super) fn set_threshold(&mut self, clock: u64, falling: u16, rising: u16) {
        self.falling = falling;
        self.rising = rising;
        self.compares.retain(|compare| compare.0 > clock);
        if !self.is_compared() {
            self.compares.clear();
            // The level is written 0 in the next clock.
            self.compares.push_back((clock + 1, 0));
            self.compare_next = false;
            return;
        }
        self.compare_next = true;
        let last = self.last_begun(clock);
        if self.known(last) > clock && self.compares.is_empty() {
            self.compares.push_back((self.known(last), self.code(last)));
        }
    }
}
