//! What one would write first: crate `ftdi`'s own read in a loop. The rig's tests hold the link against it.

use std::io::Read;
use std::time::{Duration, Instant};

use ftdi::{Device, Interface, find_by_vid_pid};

/// Opens channel B of the only FT2232H.
pub(crate) fn open(baud: u32) -> Result<Device, String> {
    let set_up = || -> ftdi::Result<Device> {
        let mut device = find_by_vid_pid(0x0403, 0x6010).interface(Interface::B).open()?;
        device.set_baud_rate(baud)?;
        device.set_latency_timer(2)?;
        device.usb_purge_buffers()?;
        Ok(device)
    };
    set_up().map_err(|e| e.to_string())
}

/// Reads until there are `count` bytes, or nothing came for `silence`.
pub(crate) fn read(device: &mut Device, count: usize, silence: Duration) -> Result<Vec<u8>, String> {
    let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
    let mut heard = Instant::now();
    while bytes.len() < count && heard.elapsed() < silence {
        // Zero bytes are a status packet of the quiet line, not the end that `Read` speaks of.
        let length = device.read(&mut buffer).map_err(|e| e.to_string())?;
        if length > 0 {
            bytes.extend(&buffer[..length]);
            heard = Instant::now();
        }
    }
    Ok(bytes)
}
