//! An emulated machine with a USB device, and a program of ours in it.
//!
//! Also used by the tests of `host/ichiscope`.

use std::fs::File;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::console::Console;

/// One machine at a time: two would slow each other down beyond their limits.
static MACHINE: Mutex<()> = Mutex::new(());

/// A booted Linux. The chardev of a device, `usb` of the first, is the socket of that name.
pub(crate) struct Guest {
    /// Takes the commands of a shell, or of the program that took its place.
    pub(crate) console: Console,
    received: File,
    directory: tempfile::TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Guest {
    /// Boots with `devices` on a USB 3 controller and `programs` on the path.
    pub(crate) fn boot(devices: &[&str], programs: &[&str]) -> Self {
        let turn = MACHINE.lock().unwrap_or_else(PoisonError::into_inner);
        let kernel = kernel();
        let directory = tempfile::tempdir().unwrap();
        let initrd = directory.path().join("initrd");
        run(Command::new(script("initrd.sh")).args([&initrd, &kernel]).args(programs));

        let mut qemu = Command::new("qemu-system-x86_64");
        qemu.current_dir(directory.path())
            .args(["-machine", "q35", "-accel", "tcg", "-cpu", "max", "-m", "256", "-nodefaults"])
            .args(["-display", "none", "-no-reboot", "-append", "console=ttyS0 quiet panic=-1 tsc=reliable"])
            .arg("-kernel")
            .arg(kernel.join("vmlinuz"))
            .arg("-initrd")
            .arg(&initrd)
            .args(["-chardev", "stdio,id=console,signal=off", "-serial", "chardev:console"])
            .args(["-chardev", "file,id=received,path=received", "-serial", "chardev:received"])
            .args(["-device", "qemu-xhci", "-monitor", "unix:monitor,server=on,wait=off"])
            .args(["-trace", "usb_serial_*", "-D", "trace"]);
        for device in devices {
            let chardev = device.split(',').find_map(|word| word.strip_prefix("chardev=")).unwrap();
            let socket = format!("socket,id={chardev},path={chardev},server=on,wait=off");
            qemu.args(["-chardev", &socket, "-device", device]);
        }
        let mut console = Console::start(qemu, "qemu-system-x86");
        assert_eq!(console.answer(Duration::from_secs(60)), "up");
        let received = File::open(directory.path().join("received")).unwrap();
        Self { console, received, directory, _turn: turn }
    }

    /// A file or socket of the machine.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Stops the machine, clock and all, or lets it go on: a computer that is put to sleep and woken.
    #[allow(dead_code, reason = "only the tests of host/ichiscope do it")]
    pub(crate) fn sleep(&self, asleep: bool) {
        let command = if asleep { "stop\n" } else { "cont\n" };
        let mut monitor = UnixStream::connect(self.path("monitor")).unwrap();
        monitor.write_all(command.as_bytes()).unwrap();
        // The monitor's prompt after its echo says that it was done.
        let mut said = String::new();
        let mut byte = [0];
        while said.matches("(qemu) ").count() < 2 {
            monitor.read_exact(&mut byte).unwrap();
            said.push(char::from(byte[0]));
        }
    }

    /// Asks `command` until its answer begins with `wanted`.
    pub(crate) fn ask_until(&mut self, command: &str, wanted: &str) {
        let begun = Instant::now();
        loop {
            let answer = self.console.ask(command);
            if answer.starts_with(wanted) {
                return;
            }
            assert!(
                begun.elapsed() < Duration::from_secs(60),
                "{command}: {wanted} does not come, last: {answer}"
            );
        }
    }

    /// The content of a file in the guest.
    #[allow(dead_code, reason = "only the tests of host/ichiscope do it")]
    pub(crate) fn file(&mut self, path: &str) -> Vec<u8> {
        let length = self.console.ask(&format!("echo \"> $(wc -c <{path})\"")).parse().unwrap();
        self.console.tell(&format!("cat {path} >/dev/ttyS1"));
        self.collect(length)
    }

    /// The next `count` bytes that came out of the guest's second serial port. They may still be in it.
    pub(crate) fn collect(&mut self, count: usize) -> Vec<u8> {
        let begun = Instant::now();
        let (mut bytes, mut done) = (vec![0; count], 0);
        while done < count {
            assert!(
                begun.elapsed() < Duration::from_secs(30),
                "{done} of {count} bytes came back from the guest"
            );
            done += self.received.read(&mut bytes[done..]).unwrap();
        }
        bytes
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../link/rig").join(name)
}

/// The directory with the guest's kernel; fetches it the first time.
fn kernel() -> PathBuf {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("rig");
    run(Command::new(script("prepare.sh")).arg(&directory));
    directory
}

fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?}: {errors}Remedy: the rig needs the packages busybox-static, cpio and, to fetch the kernel, apt"
    );
}
