//! How a board is to be set for a recording: options of the command line as commands to the board.

use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use ichiscope_session::Session;
use ichiscope_wire::{Feature, Identity, Request};

/// START is repeated within a second or two (docs/wire.md).
const PATIENCE: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(20);
/// A receiver that samples in the middle of ten bits bears 5 % in all; the other side has its own share.
const MOST_OFF_PERCENT: f64 = 2.0;

#[derive(clap::Args, Default)]
pub(crate) struct Setup {
    /// Record the meter's debug console, at so many bits per second; 0 turns it off
    #[arg(long, value_name = "BAUD")]
    console_baud: Option<u32>,
    /// Samples of the ADC in one least, greatest and mean: a power of two from 16 to 65536; 0 turns them off
    #[arg(long, value_name = "SAMPLES")]
    envelope: Option<u32>,
    /// Samples of the ADC kept around each crossing, such as 20000:40000; 0:0 turns them off
    #[arg(long, value_name = "BEFORE:AFTER", value_parser = pair)]
    window: Option<(u16, u16)>,
    /// How long a level must last to count, ns
    #[arg(long, value_name = "NS")]
    deglitch: Option<u64>,
    /// Levels of the ADC's own comparator, in its codes, such as 2600:2750; 0:0 turns it off
    #[arg(long, value_name = "FALLING:RISING", value_parser = pair)]
    adc_threshold: Option<(u16, u16)>,
    /// Clocks by which the ADC's data are taken later; `ichiscope selftest` finds the right number
    #[arg(long, value_name = "CLOCKS")]
    sampling: Option<u8>,
    /// The board sends only while the computer has room (boards with CTS wired)
    #[arg(long)]
    flow: bool,
}

impl Setup {
    /// Whether there is anything to set.
    pub(crate) fn is_empty(&self) -> bool {
        let Setup { console_baud, envelope, window, deglitch, adc_threshold, sampling, flow } = self;
        console_baud.is_none()
            && envelope.is_none()
            && window.is_none()
            && deglitch.is_none()
            && adc_threshold.is_none()
            && sampling.is_none()
            && !flow
    }

    /// Waits for the board to say who it is, and sets what there is to set.
    ///
    /// # Errors
    /// The board does not say, does not have it, or refuses.
    pub(crate) fn apply(&self, session: &Session) -> anyhow::Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let identity = wait_for_identity(session)?;
        for request in self.requests(&identity)? {
            session.command(request)?;
        }
        // A board with CTS and without commands honours it by itself.
        if self.flow
            && !identity.features.has(Feature::Commands)
            && let Some(control) = session.control()
        {
            ensure!(
                identity.features.has(Feature::Cts),
                "this board has no flow control. Remedy: leave out --flow"
            );
            control.chip_flow(true)?;
        }
        Ok(())
    }

    fn requests(&self, identity: &Identity) -> anyhow::Result<Vec<Request>> {
        let mut requests = Vec::new();
        if let Some(baud) = self.console_baud {
            let clocks_per_bit = clocks_per_bit(identity.tick_hz, baud)?;
            requests.push(Request::Console { clocks_per_bit });
        }
        if let Some(samples) = self.envelope {
            requests.push(Request::Envelope { log2: log2(samples)? });
        }
        if let Some((before, after)) = self.window {
            requests.push(Request::Window { before, after });
        }
        if let Some(ns) = self.deglitch {
            requests.push(Request::Deglitch { ticks: deglitch_ticks(identity.tick_hz, ns)? });
        }
        if let Some((falling, rising)) = self.adc_threshold {
            requests.push(Request::Threshold { falling, rising });
        }
        requests.extend(self.sampling.map(|clocks| Request::Sampling { clocks }));
        if self.flow && identity.features.has(Feature::Commands) {
            requests.push(Request::Flow { honours_cts: true });
        }
        Ok(requests)
    }
}

/// What a board says of itself, once it has.
pub(crate) fn wait_for_identity(session: &Session) -> anyhow::Result<Identity> {
    let begun = Instant::now();
    loop {
        if let Some(identity) = session.read().timeline().identity() {
            return Ok(*identity);
        }
        if begun.elapsed() > PATIENCE || !session.is_running() {
            bail!("the board does not say who it is. Remedy: ichiscope doctor");
        }
        std::thread::sleep(LOOK);
    }
}

/// Clocks of a bit; refuses a rate that the board's clock cannot give closely enough.
fn clocks_per_bit(tick_hz: u64, baud: u32) -> anyhow::Result<u16> {
    if baud == 0 {
        return Ok(0);
    }
    let clocks = (tick_hz + u64::from(baud) / 2) / u64::from(baud);
    let off = (tick_hz as f64 / clocks.max(1) as f64 / f64::from(baud) - 1.0).abs() * 100.0;
    let fits = u16::try_from(clocks).ok().filter(|clocks| *clocks >= 16 && off <= MOST_OFF_PERCENT);
    fits.with_context(|| {
        format!(
            "--console-baud {baud}: out of range. Remedy: {} to {} on this board",
            tick_hz.div_ceil(u64::from(u16::MAX)),
            tick_hz / 16
        )
    })
}

fn log2(samples: u32) -> anyhow::Result<u8> {
    ensure!(
        samples == 0 || (samples.is_power_of_two() && (16..=65536).contains(&samples)),
        "--envelope {samples}: not a power of two from 16 to 65536. Remedy: such as 4096; 0 turns it off"
    );
    Ok(samples.checked_ilog2().unwrap_or(0) as u8)
}

fn deglitch_ticks(tick_hz: u64, ns: u64) -> anyhow::Result<u16> {
    let ticks = (u128::from(ns) * u128::from(tick_hz)).div_ceil(1_000_000_000);
    u16::try_from(ticks).ok().filter(|ticks| (1..=1023).contains(ticks)).with_context(|| {
        format!(
            "--deglitch {ns}: out of range. Remedy: 1 to {} ns on this board",
            1_023_000_000_000 / tick_hz.max(1)
        )
    })
}

/// Two numbers of 16 bits.
fn pair(text: &str) -> Result<(u16, u16), String> {
    let parts = text.split_once(':').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    parts.ok_or_else(|| "two numbers from 0 to 65535 with a colon between them are needed".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_and_times_become_ticks_or_are_refused() {
        assert_eq!(clocks_per_bit(36_000_000, 115_200).unwrap(), 313);
        assert_eq!(clocks_per_bit(60_000_000, 9_600).unwrap(), 6_250);
        assert_eq!(clocks_per_bit(36_000_000, 0).unwrap(), 0);
        // Too fast for the receiver, too slow for 16 bits, and 2.3 % away from what 16 clocks give.
        for baud in [3_000_000, 500, 2_300_000] {
            let error = clocks_per_bit(36_000_000, baud).unwrap_err().to_string();
            assert!(error.contains("Remedy: 550 to 2250000"), "{error}");
        }
        assert_eq!(deglitch_ticks(36_000_000, 250).unwrap(), 9);
        assert_eq!(deglitch_ticks(36_000_000, 251).unwrap(), 10, "never shorter than asked for");
        assert!(deglitch_ticks(36_000_000, 0).is_err() && deglitch_ticks(36_000_000, 28_417).is_err());
        assert_eq!((log2(4096).unwrap(), log2(0).unwrap()), (12, 0));
        assert!(log2(8).is_err() && log2(100).is_err());
        assert_eq!(pair("10:65535"), Ok((10, 65535)));
        assert!(pair("10").is_err() && pair("1:65536").is_err());
    }
}
