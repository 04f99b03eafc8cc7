//! The bitstreams that this program was built with.

use anyhow::{Context, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// What boards are asked at before it is known which one it is.
pub(super) const BAUD: u32 = 3_000_000;

/// A bitstream and what is known of it.
#[derive(Clone, Copy)]
pub(super) struct Gateware {
    /// The board it is for.
    pub(super) board: &'static str,
    /// What is written to the board.
    pub(super) bitstream: &'static [u8],
    manifest: &'static str,
}

/// What its manifest says.
#[derive(Deserialize)]
pub(super) struct Manifest {
    #[cfg_attr(not(test), allow(dead_code, reason = "the tests hold it against the folder's name"))]
    pub(super) board: String,
    pub(super) bitstream_id: String,
    pub(super) baud: u32,
    pub(super) bin_sha256: String,
}

macro_rules! gateware {
    ($board:literal) => {
        Gateware {
            board: $board,
            bitstream: include_bytes!(concat!("../../../../../bitstreams/", $board, "/", $board, ".bin")),
            manifest: include_str!(concat!("../../../../../bitstreams/", $board, "/manifest.json")),
        }
    };
}

const ALL: [Gateware; 3] = [gateware!("icebreaker"), gateware!("alchitry-cu"), gateware!("icestick")];

/// The boards there are bitstreams for.
pub(super) fn names() -> [&'static str; 3] {
    ALL.map(|gateware| gateware.board)
}

/// The gateware of a board.
pub(super) fn of(board: &str) -> Option<Gateware> {
    ALL.into_iter().find(|gateware| gateware.board == board)
}

impl Gateware {
    pub(super) fn manifest(&self) -> anyhow::Result<Manifest> {
        serde_json::from_str(self.manifest)
            .with_context(|| format!("the manifest of {} in this program is damaged", self.board))
    }

    /// Refuses a bitstream that is not the one that was built and tested.
    pub(super) fn check(&self) -> anyhow::Result<()> {
        let found: String = Sha256::digest(self.bitstream).iter().map(|b| format!("{b:02x}")).collect();
        let said = self.manifest()?.bin_sha256;
        ensure!(
            found == said,
            "the bitstream of {} in this program has SHA-256 {found}, its manifest says {said}. Remedy: build ichiscope again from a clean checkout",
            self.board
        );
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bitstream_in_the_program_is_what_its_manifest_says() {
        for name in names() {
            let gateware = of(name).unwrap();
            gateware.check().unwrap();
            assert_eq!(gateware.manifest().unwrap().board, name);
        }
    }

    #[test]
    fn a_changed_bitstream_is_refused() {
        let good = of("icestick").unwrap();
        let mut bytes = good.bitstream.to_vec();
        bytes[1000] ^= 1;
        let changed = Gateware { bitstream: bytes.leak(), ..good };
        let error = changed.check().unwrap_err().to_string();
        assert!(error.contains("icestick") && error.contains("SHA-256"), "{error}");
    }
}
