//! The only `unsafe` of the link: libusb and libftdi demand raw pointers for enumeration and queued transfers.
//!
//! Crate `ftdi` can neither list devices nor keep reads queued. Both need the C interfaces; what leaves this module is
//! safe. Every pointer here has one owner, which frees it in `drop`.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_int, c_uint};
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use libftdi1_sys as libftdi;
use libusb1_sys as libusb;
use libusb1_sys::constants::{
    LIBUSB_ERROR_ACCESS, LIBUSB_ERROR_BUSY, LIBUSB_ERROR_INTERRUPTED, LIBUSB_ERROR_NO_DEVICE,
    LIBUSB_ERROR_NO_MEM, LIBUSB_TRANSFER_CANCELLED, LIBUSB_TRANSFER_COMPLETED, LIBUSB_TRANSFER_NO_DEVICE,
    LIBUSB_TRANSFER_OVERFLOW, LIBUSB_TRANSFER_STALL,
};

use super::port::Port;

const UNPLUGGED: &str = "the device was unplugged or lost power";

/// An error code of libusb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct UsbError(c_int);

impl UsbError {
    /// The system refuses access.
    pub(crate) const ACCESS: Self = Self(LIBUSB_ERROR_ACCESS);
    /// Another program has claimed the interface.
    pub(crate) const BUSY: Self = Self(LIBUSB_ERROR_BUSY);
    /// The device is gone.
    pub(crate) const NO_DEVICE: Self = Self(LIBUSB_ERROR_NO_DEVICE);
    /// The system has no memory for transfers.
    pub(crate) const NO_MEMORY: Self = Self(LIBUSB_ERROR_NO_MEM);

    fn check(code: c_int) -> Result<c_int, Self> {
        if code < 0 { Err(Self(code)) } else { Ok(code) }
    }
}

impl std::fmt::Display for UsbError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if *self == Self::NO_DEVICE {
            return f.write_str(UNPLUGGED);
        }
        // SAFETY: libusb returns a constant, NUL-terminated ASCII string for every code, known or not.
        let name = unsafe { CStr::from_ptr(libusb::libusb_error_name(self.0)) };
        write!(f, "{} ({})", name.to_string_lossy(), self.0)
    }
}

/// A libusb context of our own, for looking at devices without touching those that are open.
pub(crate) struct Bus(NonNull<libusb::libusb_context>);

impl Bus {
    /// Starts libusb.
    pub(crate) fn new() -> Result<Self, UsbError> {
        let mut context = ptr::null_mut();
        // SAFETY: `context` is a valid place for the result.
        UsbError::check(unsafe { libusb::libusb_init(&mut context) })?;
        NonNull::new(context).map(Self).ok_or(UsbError::NO_MEMORY)
    }

    /// All devices on all buses.
    pub(crate) fn devices(&self) -> Result<Vec<UsbDevice<'_>>, UsbError> {
        let mut list = ptr::null();
        // SAFETY: the context lives as long as `self`; `list` is a valid place for the result.
        let count = unsafe { libusb::libusb_get_device_list(self.0.as_ptr(), &mut list) };
        let count = usize::try_from(count).map_err(|_| UsbError(count as c_int))?;
        // SAFETY: libusb returned an array of `count` devices. Each of ours takes its own reference, so the list and
        // its references can be freed at once.
        let devices = unsafe {
            let devices = (0..count).map(|i| UsbDevice::reference(self, *list.add(i))).collect();
            libusb::libusb_free_device_list(list, 1);
            devices
        };
        Ok(devices)
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        // SAFETY: the context is ours, and the borrow in `UsbDevice` guarantees that no device outlives it.
        unsafe { libusb::libusb_exit(self.0.as_ptr()) }
    }
}

/// A device on a bus. Nothing is sent to it until it is opened.
pub(crate) struct UsbDevice<'bus> {
    device: *mut libusb::libusb_device,
    _bus: &'bus Bus,
}

/// What the device descriptor says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Descriptor {
    /// Vendor and product id.
    pub(crate) id: (u16, u16),
    /// Index of the product string, 0 for none.
    pub(crate) product: u8,
    /// Index of the serial number string, 0 for none.
    pub(crate) serial: u8,
}

impl<'bus> UsbDevice<'bus> {
    /// SAFETY: `device` must be valid at the time of the call.
    unsafe fn reference(bus: &'bus Bus, device: *mut libusb::libusb_device) -> Self {
        // SAFETY: the caller's promise; the reference is given back in `drop`.
        Self { device: unsafe { libusb::libusb_ref_device(device) }, _bus: bus }
    }

    /// The device descriptor, which the system has cached.
    pub(crate) fn descriptor(&self) -> Result<Descriptor, UsbError> {
        let mut raw = std::mem::MaybeUninit::<libusb::libusb_device_descriptor>::zeroed();
        // SAFETY: we hold a reference to the device. The descriptor is plain integers, for which zero is a value.
        let raw = unsafe {
            UsbError::check(libusb::libusb_get_device_descriptor(self.device, raw.as_mut_ptr()))?;
            raw.assume_init()
        };
        Ok(Descriptor { id: (raw.idVendor, raw.idProduct), product: raw.iProduct, serial: raw.iSerialNumber })
    }

    /// Bus number and the address on it.
    pub(crate) fn address(&self) -> (u8, u8) {
        // SAFETY: we hold a reference to the device.
        unsafe {
            (libusb::libusb_get_bus_number(self.device), libusb::libusb_get_device_address(self.device))
        }
    }

    /// The ports from the root to the device; empty for a root hub.
    pub(crate) fn ports(&self) -> Vec<u8> {
        // USB allows seven levels.
        let mut ports = [0; 7];
        // SAFETY: we hold a reference to the device; the length given is that of the array.
        let count =
            unsafe { libusb::libusb_get_port_numbers(self.device, ports.as_mut_ptr(), ports.len() as c_int) };
        ports[..usize::try_from(count).unwrap_or(0)].to_vec()
    }

    /// Opens the device; that claims nothing and sends nothing.
    pub(crate) fn open(&self) -> Result<Handle<'_>, UsbError> {
        let mut handle = ptr::null_mut();
        // SAFETY: we hold a reference to the device; `handle` is a valid place for the result.
        UsbError::check(unsafe { libusb::libusb_open(self.device, &mut handle) })?;
        let handle = NonNull::new(handle).ok_or(UsbError::NO_MEMORY)?;
        Ok(Handle { handle, _device: self })
    }
}

impl Drop for UsbDevice<'_> {
    fn drop(&mut self) {
        // SAFETY: gives back the reference taken in `reference`.
        unsafe { libusb::libusb_unref_device(self.device) }
    }
}

/// An open device.
pub(crate) struct Handle<'device> {
    handle: NonNull<libusb::libusb_device_handle>,
    _device: &'device UsbDevice<'device>,
}

impl Handle<'_> {
    /// String descriptor `index` as ASCII, or `None` if the device has none.
    pub(crate) fn string(&self, index: u8) -> Option<String> {
        if index == 0 {
            return None;
        }
        // A string descriptor has at most 126 characters.
        let mut text = [0; 128];
        // SAFETY: the handle is open; the length given is that of the array.
        let count = unsafe {
            libusb::libusb_get_string_descriptor_ascii(
                self.handle.as_ptr(),
                index,
                text.as_mut_ptr(),
                text.len() as c_int,
            )
        };
        let text = text.get(..usize::try_from(count).ok()?)?;
        Some(String::from_utf8_lossy(text).into_owned())
    }

    /// Whether `interface` can be had: it is free, or held by a kernel driver that will make way.
    pub(crate) fn claimable(&self, interface: u8) -> Result<(), UsbError> {
        let interface = c_int::from(interface);
        // SAFETY: the handle is open. What is claimed is released at once.
        unsafe {
            if libusb::libusb_kernel_driver_active(self.handle.as_ptr(), interface) == 1 {
                return Ok(());
            }
            UsbError::check(libusb::libusb_claim_interface(self.handle.as_ptr(), interface))?;
            UsbError::check(libusb::libusb_release_interface(self.handle.as_ptr(), interface))?;
        }
        Ok(())
    }
}

impl Drop for Handle<'_> {
    fn drop(&mut self) {
        // SAFETY: the handle is ours and is closed once.
        unsafe { libusb::libusb_close(self.handle.as_ptr()) }
    }
}

/// Turns flow control off, or RTS/CTS on. Crate `ftdi` 0.1.3 turns XON/XOFF on when asked for `Disabled`.
pub(super) fn flow_control(device: &mut ftdi::Device, on: bool) -> Result<(), UsbError> {
    let mode = if on { libftdi::SIO_RTS_CTS_HS } else { libftdi::SIO_DISABLE_FLOW_CTRL };
    // SAFETY: the crate's context is valid as long as the device is.
    let code = unsafe { libftdi::ftdi_setflowctrl(device.libftdi_context(), mode) };
    UsbError::check(code).map(|_| ())
}

/// Asserts RTS (the pin goes low) and leaves it so: a board that looks at it may send.
pub(super) fn assert_rts(device: &mut ftdi::Device) -> Result<(), UsbError> {
    // SAFETY: the crate's context is valid as long as the device is.
    let code = unsafe { libftdi::ftdi_setrts(device.libftdi_context(), 1) };
    UsbError::check(code).map(|_| ())
}

/// How a transfer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// With data, perhaps none.
    Completed,
    /// Because we cancelled it; it may hold data.
    Cancelled,
    /// For this reason; it may hold data.
    Failed(&'static str),
}

/// Bulk reads that are always queued, delivered in the order in which they were queued.
pub(super) struct Queue {
    slots: Vec<Slot>,
    context: *mut libftdi::libusb1_sys::libusb_context,
    packet_len: usize,
    /// The slot whose data come next.
    front: usize,
    // Last, because fields are dropped in order: the device must be open until every slot is at rest.
    port: Port,
}

/// One transfer with what it points to. All three are owned here and shared with libusb while it is queued.
struct Slot {
    transfer: NonNull<libusb::libusb_transfer>,
    buffer: NonNull<u8>,
    completed: NonNull<AtomicBool>,
    size: usize,
    queued: bool,
}

extern "system" fn on_completion(transfer: *mut libusb::libusb_transfer) {
    // SAFETY: libusb calls this with a transfer that `Slot::submit` filled; its flag lives until the slot is dropped,
    // which happens only when the transfer is at rest.
    unsafe { (*(*transfer).user_data.cast::<AtomicBool>()).store(true, Ordering::Release) }
}

impl Slot {
    fn new(size: usize) -> Result<Self, UsbError> {
        // SAFETY: no isochronous packets are asked for.
        let transfer =
            NonNull::new(unsafe { libusb::libusb_alloc_transfer(0) }).ok_or(UsbError::NO_MEMORY)?;
        let buffer = Box::leak(vec![0_u8; size].into_boxed_slice());
        let completed = Box::leak(Box::new(AtomicBool::new(false)));
        Ok(Self {
            transfer,
            buffer: NonNull::from(buffer).cast(),
            completed: NonNull::from(completed),
            size,
            queued: false,
        })
    }

    /// Hands the slot to libusb. The slot must be at rest.
    fn submit(&mut self, handle: *mut libusb::libusb_device_handle, endpoint: u8) -> Result<(), UsbError> {
        // SAFETY: the transfer is at rest, so it, its buffer and its flag are ours alone until it is submitted.
        let code = unsafe {
            self.completed.as_ref().store(false, Ordering::Release);
            libusb::libusb_fill_bulk_transfer(
                self.transfer.as_ptr(),
                handle,
                endpoint,
                self.buffer.as_ptr(),
                self.size as c_int,
                on_completion,
                self.completed.as_ptr().cast(),
                // No time limit: a queued read waits for data as long as it takes.
                0 as c_uint,
            );
            libusb::libusb_submit_transfer(self.transfer.as_ptr())
        };
        UsbError::check(code)?;
        self.queued = true;
        Ok(())
    }

    fn is_completed(&self) -> bool {
        // SAFETY: the flag lives as long as the slot.
        self.queued && unsafe { self.completed.as_ref() }.load(Ordering::Acquire)
    }

    fn is_pending(&self) -> bool {
        self.queued && !self.is_completed()
    }

    /// Outcome and data of a completed transfer.
    fn result(&self) -> Option<(Outcome, &[u8])> {
        if !self.is_completed() {
            return None;
        }
        // SAFETY: a completed transfer is no longer libusb's; it has written `actual_length` bytes of the buffer.
        let (status, data) = unsafe {
            let transfer = self.transfer.as_ref();
            let length = usize::try_from(transfer.actual_length).unwrap_or(0).min(self.size);
            (transfer.status, std::slice::from_raw_parts(self.buffer.as_ptr(), length))
        };
        let outcome = match status {
            LIBUSB_TRANSFER_COMPLETED => Outcome::Completed,
            LIBUSB_TRANSFER_CANCELLED => Outcome::Cancelled,
            LIBUSB_TRANSFER_NO_DEVICE => Outcome::Failed(UNPLUGGED),
            LIBUSB_TRANSFER_STALL => Outcome::Failed("the device refused to send (stall)"),
            LIBUSB_TRANSFER_OVERFLOW => Outcome::Failed("the device sent more than was asked for"),
            _ => Outcome::Failed("USB transfer error (cable, hub or a device that was just unplugged)"),
        };
        Some((outcome, data))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if self.is_pending() {
            // libusb may still write to it: memory that is lost is better than memory that is overwritten.
            return;
        }
        // SAFETY: the transfer is at rest, so all three are ours alone, and each was made in `new`.
        unsafe {
            libusb::libusb_free_transfer(self.transfer.as_ptr());
            drop(Box::from_raw(self.completed.as_ptr()));
            drop(Box::from_raw(ptr::slice_from_raw_parts_mut(self.buffer.as_ptr(), self.size)));
        }
    }
}

impl Queue {
    /// Queues `transfers` reads of `size` bytes each on the device's data endpoint.
    pub(super) fn start(port: Port, transfers: usize, size: usize) -> Result<Self, UsbError> {
        let mut queue = Self { slots: Vec::new(), context: ptr::null_mut(), packet_len: 0, front: 0, port };
        let raw = queue.port.context().ok_or(UsbError::NO_DEVICE)?;
        // SAFETY: the port keeps the context alive, and only this thread uses it.
        unsafe {
            queue.context = (*raw).usb_ctx;
            queue.packet_len = (*raw).max_packet_size as usize;
        }
        for _ in 0..transfers {
            queue.slots.push(Slot::new(size)?);
        }
        for index in 0..transfers {
            queue.submit(index)?;
        }
        Ok(queue)
    }

    /// The device, for what is not reading. Transfers that complete meanwhile are kept.
    pub(super) fn port(&mut self) -> &mut Port {
        &mut self.port
    }

    /// The endpoint's maximum packet size.
    pub(super) fn packet_len(&self) -> usize {
        self.packet_len
    }

    fn submit(&mut self, index: usize) -> Result<(), UsbError> {
        let raw = self.port.context().ok_or(UsbError::NO_DEVICE)?;
        // SAFETY: as in `start`. libftdi names the endpoints from the device's side: `out_ep` is where it sends.
        let (handle, endpoint) = unsafe { ((*raw).usb_dev, (*raw).out_ep as u8) };
        self.slots[index].submit(handle.cast(), endpoint)
    }

    /// Outcome and data of the oldest transfer, if it has completed.
    pub(super) fn front(&self) -> Option<(Outcome, &[u8])> {
        self.slots.get(self.front)?.result()
    }

    /// Goes on to the next transfer. With `again` the oldest one, which must have completed, is queued again.
    pub(super) fn advance(&mut self, again: bool) -> Result<(), UsbError> {
        let index = self.front;
        self.front = (index + 1) % self.slots.len();
        self.slots[index].queued = false;
        if again { self.submit(index) } else { Ok(()) }
    }

    /// Lets libusb work until something completes, at most for `wait`.
    pub(super) fn run(&mut self, wait: Duration) -> Result<(), UsbError> {
        // In pieces, so that any duration fits the system's type.
        let wait = wait.min(Duration::from_secs(1));
        let limit = libftdi::timeval { tv_sec: wait.as_secs() as _, tv_usec: wait.subsec_micros() as _ };
        // SAFETY: the port keeps libusb's context alive; `limit` outlives the call.
        let code = unsafe {
            libusb::libusb_handle_events_timeout_completed(self.context.cast(), &limit, ptr::null_mut())
        };
        match UsbError::check(code) {
            Err(UsbError(LIBUSB_ERROR_INTERRUPTED)) => Ok(()),
            other => other.map(|_| ()),
        }
    }

    /// Cancels what is queued and waits until libusb has let go of it, at most for `limit`.
    pub(super) fn cancel(&mut self, limit: Duration) {
        for slot in self.slots.iter().filter(|slot| slot.is_pending()) {
            // SAFETY: the transfer is queued. An error says that it is just completing, which is as good.
            unsafe { libusb::libusb_cancel_transfer(slot.transfer.as_ptr()) };
        }
        let deadline = Instant::now() + limit;
        while self.slots.iter().any(Slot::is_pending) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || self.run(left).is_err() {
                break;
            }
        }
    }
}

impl Drop for Queue {
    fn drop(&mut self) {
        self.cancel(Duration::from_secs(2));
        if self.slots.iter().any(Slot::is_pending) {
            self.port.leave_open();
        }
    }
}
