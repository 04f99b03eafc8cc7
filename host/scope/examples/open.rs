//! Opens the app on the capture named by the first argument.

use std::process::ExitCode;

fn main() -> ExitCode {
    let capture = std::env::args_os().nth(1).map(Into::into);
    match ichiscope_scope::run(ichiscope_scope::Start { capture }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
