//! The FTDI link: a device opened by crate `ftdi`, read through transfers that are always queued.

mod packets;
mod port;
pub(crate) mod raw;

use std::io::Write as _;
use std::time::{Duration, Instant};

use ::ftdi as driver;

use crate::devices::{self, Access, Chip, Found};
use crate::{LinkError, LinkEvent, LinkInfo, Received, Transport};
use packets::take_packets;
use port::Port;
use raw::{Outcome, Queue, UsbError};

/// Reads in flight. On a quiet line each ends after one latency period with nothing but status, so their number is what
/// counts then: 128 are 256 ms in which this program need not run. At 12 Mbaud their 512 KiB are 430 ms.
const TRANSFERS: usize = 128;
/// A multiple of every packet size.
const TRANSFER_LEN: usize = 4 * 1024;
/// After this time the chip sends what it has, ms. libftdi takes 1 to 255.
const LATENCY_MS: u8 = 2;
/// How long cancelled transfers may take to come back.
const CANCEL_LIMIT: Duration = Duration::from_secs(1);

/// An instrument on the USB. Opened and used by one thread: it is not `Send`.
///
/// That the device is gone is reported by the error of [`poll`](Transport::poll), not by an event.
pub struct FtdiTransport {
    queue: Queue,
    info: LinkInfo,
    name: String,
    /// Bytes of the front transfer that are already delivered.
    offset: usize,
    /// Why no transfer is queued any more.
    ended: Option<String>,
}

impl FtdiTransport {
    /// Opens the device with this serial number, or the only one there is, with `baud` bits per second, 8N1, no flow
    /// control. Bytes that the chip received before are discarded.
    ///
    /// # Errors
    /// [`LinkError::NotFound`], [`LinkError::Several`], [`LinkError::Permission`], [`LinkError::Busy`], or
    /// [`LinkError::Setup`] with the step that failed.
    pub fn open(serial: Option<&str>, baud: u32) -> Result<Self, LinkError> {
        let found = devices::list()?;
        let device = devices::choose(&found, serial)?;
        check_access(&device)?;
        let name = device.name();
        let port = set_up(open_port(&device, &name)?, device.chip, baud)?;
        let queue = Queue::start(port, TRANSFERS, TRANSFER_LEN).map_err(|error| LinkError::Setup {
            device: name.clone(),
            step: "queueing reads",
            reason: match error {
                UsbError::NO_MEMORY => format!("{error}; on Linux raise usbcore.usbfs_memory_mb"),
                other => other.to_string(),
            },
        })?;
        let info = LinkInfo {
            serial: device.serial.clone().unwrap_or_default(),
            description: format!("{}, {}, {}", device.chip, device.description, device.location),
            baud,
            simulated: false,
        };
        Ok(Self { queue, info, name, offset: 0, ended: None })
    }

    /// Appends what has completed, in order, up to the next overrun.
    fn collect(&mut self, start: usize, bytes: &mut Vec<u8>, events: &mut Vec<LinkEvent>) {
        while let Some((outcome, data)) = self.queue.front() {
            let rest = &data[self.offset..];
            let taken = take_packets(rest, self.queue.packet_len(), start, bytes, events);
            if taken < rest.len() {
                self.offset += taken;
                return;
            }
            self.offset = 0;
            if let Outcome::Failed(reason) = outcome {
                self.end(reason);
            }
            if let Err(error) = self.queue.advance(self.ended.is_none()) {
                self.end(error);
            }
        }
    }

    /// Stops reading. What the queued transfers hold can still be collected.
    fn end(&mut self, reason: impl ToString) {
        if self.ended.is_none() {
            self.ended = Some(reason.to_string());
            self.queue.cancel(CANCEL_LIMIT);
        }
    }
}

impl Transport for FtdiTransport {
    fn poll(
        &mut self,
        bytes: &mut Vec<u8>,
        events: &mut Vec<LinkEvent>,
        wait: Duration,
    ) -> Result<Received, LinkError> {
        let (start, known_events) = (bytes.len(), events.len());
        let begun = Instant::now();
        let mut looked = false;
        loop {
            self.collect(start, bytes, events);
            if bytes.len() > start {
                return Ok(Received::Bytes(bytes.len() - start));
            }
            if let Some(reason) = &self.ended {
                return Err(LinkError::Gone { device: self.name.clone(), reason: reason.clone() });
            }
            let left = wait.saturating_sub(begun.elapsed());
            if events.len() > known_events || (looked && left.is_zero()) {
                return Ok(Received::Idle);
            }
            if let Err(error) = self.queue.run(left) {
                self.end(error);
            }
            looked = true;
        }
    }

    fn send(&mut self, bytes: &[u8]) -> Result<(), LinkError> {
        self.queue.port().set_up("sending", |device| device.write_all(bytes))
    }

    fn set_flow_control(&mut self, on: bool) -> Result<(), LinkError> {
        self.queue.port().set_up("setting flow control", |device| raw::flow_control(device, on))
    }

    fn info(&self) -> LinkInfo {
        self.info.clone()
    }
}

/// Refuses what would fail, before crate `ftdi` is asked: each of its failed opens leaks a libusb context.
fn check_access(device: &Found) -> Result<(), LinkError> {
    let name = device.name();
    match &device.access {
        Access::Ready => Ok(()),
        Access::NoPermission => Err(LinkError::Permission { device: name }),
        Access::InUse => Err(LinkError::Busy { device: name }),
        Access::Unusable(reason) => {
            Err(LinkError::Setup { device: name, step: "opening", reason: reason.clone() })
        }
    }
}

/// Opens by address: the crate's search by serial number reads freed memory and never matches.
fn open_port(device: &Found, name: &str) -> Result<Port, LinkError> {
    let (bus, address) = device.address;
    let interface = match device.chip {
        Chip::Ft2232h => driver::Interface::B,
        Chip::Ft232 => driver::Interface::A,
    };
    Port::open(name, || driver::find_by_bus_address(bus, address).interface(interface).open())
}

fn set_up(mut port: Port, model: Chip, baud: u32) -> Result<Port, LinkError> {
    if model == Chip::Ft2232h {
        // Another program may have left the channel in a bit-bang mode; the single-channel chips may not have any.
        port.set_up("leaving bit mode", |d| d.set_bitmode(0, driver::BitMode::Reset))?;
    }
    port.set_up("setting the baud rate", |d| d.set_baud_rate(baud))?;
    port.set_up("setting 8N1", |d| {
        d.configure(driver::Bits::Eight, driver::StopBits::One, driver::Parity::None)
    })?;
    port.set_up("turning flow control off", |d| raw::flow_control(d, false))?;
    // The iCEstick's gateware honours RTS once it has seen it, and another program may have shown it.
    port.set_up("asserting RTS", raw::assert_rts)?;
    port.set_up("setting the latency timer", |d| d.set_latency_timer(LATENCY_MS))?;
    port.set_up("discarding old bytes", driver::Device::usb_purge_buffers)?;
    Ok(port)
}
