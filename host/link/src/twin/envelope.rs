//! Least, greatest and mean of windows of samples, one on offer at a time.

use ichiscope_wire::Envelope;

/// What has been gathered of a window.
#[derive(Clone, Copy, Debug)]
struct Gathered {
    least: u16,
    greatest: u16,
    sum: u64,
}

/// An envelope that waits for its slot.
#[derive(Clone, Copy, Debug)]
struct Offer {
    envelope: Envelope,
    /// The first sample of the window after it.
    after: u64,
}

/// Gathers samples. Indices begin at the start count.
#[derive(Clone, Debug)]
pub(super) struct Envelopes {
    /// log2 of the window in samples; 0 = off.
    log2: u8,
    /// The index of the sample that is counted as 0.
    first_index: u64,
    /// The window in progress, if it is whole so far.
    gathered: Option<Gathered>,
    offer: Option<Offer>,
    /// The clock in which one that was not admitted is counted.
    counts_at: Option<u64>,
    pub(super) lost: u16,
}

impl Envelopes {
    pub(super) fn new(log2: u8, first_index: u64, lost: u16) -> Self {
        Envelopes { log2, first_index, gathered: None, offer: None, counts_at: None, lost }
    }

    /// Samples of a window.
    pub(super) fn window(&self) -> u64 {
        1 << self.log2
    }

    /// The first sample at or after `sample` with which a window begins.
    fn next_begin(&self, sample: u64) -> u64 {
        sample + (self.first_index + sample).wrapping_neg() % self.window()
    }

    /// Takes `count` samples of one code, the first of them `sample`.
    pub(super) fn take(&mut self, mut sample: u64, count: u64, code: u16) {
        if self.log2 == 0 {
            return;
        }
        let end = sample + count;
        while sample < end {
            if self.next_begin(sample) == sample {
                self.begin(sample);
            }
            let until = self.next_begin(sample + 1).min(end);
            if let Some(gathered) = &mut self.gathered {
                gathered.least = gathered.least.min(code);
                gathered.greatest = gathered.greatest.max(code);
                gathered.sum += (until - sample) * u64::from(code);
            }
            sample = until;
        }
    }

    /// The window before ends, another begins with `sample`.
    fn begin(&mut self, sample: u64) {
        let next = Gathered { least: u16::MAX, greatest: 0, sum: 0 };
        if let Some(Gathered { least, greatest, sum }) = self.gathered.replace(next) {
            let envelope = Envelope { least, greatest, mean: (sum >> self.log2) as u16 };
            self.offer = Some(Offer { envelope, after: sample });
        }
    }

    /// The sample with which the next window begins, if there are any: its instant has to be looked at.
    pub(super) fn next_look(&self, next_sample: u64) -> Option<u64> {
        (self.log2 != 0).then(|| self.next_begin(next_sample))
    }

    /// The envelope on offer, the sample whose instant is the first clock in which it is, and the one before whose
    /// instant it must be admitted.
    pub(super) fn offer(&self) -> Option<(Envelope, u64, u64)> {
        self.offer.map(|offer| (offer.envelope, offer.after + 1, offer.after + self.window()))
    }

    /// The offer was admitted.
    pub(super) fn admitted(&mut self) {
        self.offer = None;
    }

    /// `clock` was the offer's last one.
    pub(super) fn expire(&mut self, clock: u64) {
        self.counts_at = self.offer.take().map(|_| clock + 1);
    }

    /// The clock in which a lost one is counted.
    pub(super) fn counts_at(&self) -> Option<u64> {
        self.counts_at
    }

    /// That clock.
    pub(super) fn count(&mut self) {
        self.counts_at = None;
        self.lost = self.lost.wrapping_add(1);
    }

    /// Another length: what is under way is withdrawn.
    pub(super) fn set(&mut self, log2: u8) {
        self.log2 = log2;
        self.gathered = None;
        self.offer = None;
    }
}
