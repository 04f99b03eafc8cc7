//! A device of crate `ftdi`, held so that a panic inside the crate becomes an error.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::LinkError;

/// An open device. Closing it cannot panic.
pub(super) struct Port {
    name: String,
    device: Option<ftdi::Device>,
}

impl Port {
    /// Opens a device with `open`; `name` is what errors call it.
    pub(super) fn open(
        name: &str,
        open: impl FnOnce() -> ftdi::Result<ftdi::Device>,
    ) -> Result<Self, LinkError> {
        let device = guarded(name, "opening", open)?;
        Ok(Self { name: name.to_owned(), device: Some(device) })
    }

    /// One step of setting the device up.
    pub(super) fn set_up<E: ToString>(
        &mut self,
        step: &'static str,
        call: impl FnOnce(&mut ftdi::Device) -> Result<(), E>,
    ) -> Result<(), LinkError> {
        let Self { name, device } = self;
        let Some(device) = device else {
            return Err(LinkError::Gone { device: name.clone(), reason: "it was closed".into() });
        };
        guarded(name, step, || call(device).map_err(|e| e.to_string()))
    }

    /// libftdi's context, valid while the port lives.
    pub(super) fn context(&mut self) -> Option<*mut libftdi1_sys::ftdi_context> {
        self.device.as_mut().map(ftdi::Device::libftdi_context)
    }

    /// Gives the device up without closing it, for the case that the system still uses it.
    pub(super) fn leave_open(&mut self) {
        std::mem::forget(self.device.take());
    }
}

impl Drop for Port {
    fn drop(&mut self) {
        let device = self.device.take();
        // The crate panics on return values that it does not know; a panic while unwinding would end the program.
        drop(catch_unwind(AssertUnwindSafe(|| drop(device))));
    }
}

/// Calls the crate and makes a [`LinkError::Setup`] of its errors and of its panics.
fn guarded<T, E: ToString>(
    device: &str,
    step: &'static str,
    call: impl FnOnce() -> Result<T, E>,
) -> Result<T, LinkError> {
    let reason = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(Ok(value)) => return Ok(value),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => {
            let text = panic.downcast_ref::<&str>().copied();
            let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
            format!("crate ftdi panicked: {}", text.unwrap_or("no message"))
        }
    };
    Err(LinkError::Setup { device: device.to_owned(), step, reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_with_its_text() {
        for call in [|| panic!("plain"), || panic!("format{}", "ted")] as [fn() -> Result<(), String>; 2] {
            let error = guarded("RIG42", "setting the baud rate", call).unwrap_err().to_string();
            assert!(
                error.starts_with("RIG42: setting the baud rate failed: crate ftdi panicked: "),
                "{error}"
            );
            assert!(error.ends_with("plain") || error.ends_with("formatted"), "{error}");
        }
    }
}
