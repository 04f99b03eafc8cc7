//! How soon the app shows the whole of a capture that it never saw before: `cargo run -p ichiscope-scope --example first_picture
//! [MILLIONS OF EDGES [MILLIONS OF WINDOWS]]`, by default a file of about 1 GB.
//!
//! The capture is opened in a window that only exists in memory. The picture is there when the frame that shows all of it has been
//! made; the rest of the file is not read.

#[path = "frame_time/stream.rs"]
mod stream;

use std::error::Error;
use std::time::Instant;

use egui_kittest::Harness;
use ichiscope_scope::ScopeApp;

const TIMES: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let argument = |n: usize, default: u64| std::env::args().nth(n).map_or(Ok(default), |a| a.parse());
    let (edges, windows) = (argument(1, 60)? * 1_000_000, argument(2, 45)? * 1_000_000);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("large.mcap");
    let device_s = stream::write(&path, edges, windows)?;
    let megabytes = std::fs::metadata(&path)?.len() / 1_000_000;
    println!("{edges} edges, {windows} windows of 16 samples, {device_s:.0} s of the device, {megabytes} MB");
    for _ in 0..TIMES {
        let began = Instant::now();
        let mut window = Harness::builder()
            .with_size([1280.0, 800.0])
            .build_ui_state(|ui, app: &mut ScopeApp| app.show(ui), ScopeApp::new(Some(&path)));
        while !window.state().has_first_look() {
            window.step();
        }
        window.step();
        println!("first picture after {:.2} s", began.elapsed().as_secs_f64());
    }
    Ok(())
}
