//! Opening what is not there, on the machine that runs the tests: no device, no USB at all, nothing special installed.
#![cfg(all(target_os = "linux", feature = "ftdi"))]
// Helpers of tests fail by panicking too.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use ichiscope_link::{FtdiTransport, LinkError};

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// A program that waits for its board tries for hours: crate `ftdi` alone would lose two file descriptors a time.
/// The only test of this program, because others would open files too.
#[test]
fn waiting_for_a_board_leaks_no_files() {
    let absent = || FtdiTransport::open(Some("no such serial number"), 3_000_000).map(|_| ()).unwrap_err();
    // What the libraries keep for good they open the first time.
    let error = absent();
    assert!(
        matches!(&error, LinkError::NotFound { wanted, .. } if wanted.contains("no such serial")),
        "{error}"
    );
    let before = open_files();
    for _ in 0..300 {
        absent();
    }
    assert_eq!(open_files(), before);
}
