//! The recording child process.

use std::path::PathBuf;

/// Where cargo puts the example `record_loop`.
pub fn record_loop() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let path = test.ancestors().nth(2).unwrap().join("examples/record_loop");
    assert!(
        path.exists(),
        "{} is missing: run `cargo build -p ichiscope-capture --examples` in the same profile first",
        path.display()
    );
    path
}
