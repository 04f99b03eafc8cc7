//! The committed bitstreams belong to this source: a check of hashes, in no time and without the tools.
//! `cargo run -p ichiscope-hdl -- bitstream --board NAME --check` builds them again and compares every byte.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

use std::path::Path;

use ichiscope_hdl::Design;
use ichiscope_hdl::bitstream::{self, committed};
use ichiscope_hdl::boards::BoardName;
use serde_json::Value;
use sha2::{Digest, Sha256};

fn sha256(parts: &[&[u8]]) -> String {
    let digest = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part)).finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn manifest(folder: &Path) -> Value {
    let path = folder.join("manifest.json");
    serde_json::from_slice(&std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())))
        .unwrap()
}

#[test]
fn every_board_has_the_bitstream_of_this_source() {
    for board in BoardName::ALL.map(BoardName::board) {
        let design = Design::new(board, board.config.baud()).unwrap();
        let manifest = manifest(&committed(&design));
        let input = sha256(&[design.verilog().unwrap().as_bytes(), board.pcf().as_bytes()]);
        let remedy =
            format!("{}: run `cargo run -p ichiscope-hdl -- bitstream --board {0}` and commit", board.name);
        assert_eq!(manifest["input_sha256"], input, "{remedy}");
        assert_eq!(manifest["bitstream_id"], format!("{:08x}", design.config.bitstream_id), "{remedy}");
        let bin = std::fs::read(committed(&design).join(format!("{}.bin", board.name))).unwrap();
        assert_eq!(manifest["bin_sha256"], sha256(&[&bin]), "{remedy}");
    }
}

#[test]
fn a_changed_file_is_a_difference() {
    let kept = tempfile::tempdir().unwrap();
    let files = bitstream::Files::from([("a".into(), vec![1, 2]), ("b".into(), vec![3])]);
    bitstream::save(&files, kept.path()).unwrap();
    assert!(bitstream::differences(&files, kept.path()).is_empty());
    std::fs::write(kept.path().join("b"), [4]).unwrap();
    assert_eq!(bitstream::differences(&files, kept.path()), ["b"]);
    std::fs::remove_file(kept.path().join("a")).unwrap();
    assert_eq!(bitstream::differences(&files, kept.path()), ["a", "b"]);
}
