//! A program that drags files onto the window: a source of the protocol XDND, version 5.

use std::path::Path;
use std::time::Instant;

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ClientMessageEvent, ConnectionExt as _, CreateWindowAux, EventMask, PropMode,
    SELECTION_NOTIFY_EVENT, SelectionNotifyEvent, SelectionRequestEvent, Window, WindowClass,
};
use x11rb::rust_connection::RustConnection;
use x11rb::wrapper::ConnectionExt as _;
use x11rb::{COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT, CURRENT_TIME};

use super::screen::{PATIENCE, Screen};

const VERSION: u32 = 5;

/// A drag under way.
struct Drag {
    server: RustConnection,
    source: Window,
    target: Window,
}

/// Drags a file to a place of the screen and drops it; ends when the window says that it has it.
pub fn drop_file(screen: &Screen, file: &Path, (x, y): (u32, u32)) {
    let (server, number) = x11rb::connect(Some(&screen.display)).unwrap();
    let root = server.setup().roots[number].root;
    let source = server.generate_id().unwrap();
    let (depth, visual) = (COPY_DEPTH_FROM_PARENT, COPY_FROM_PARENT);
    let (class, aux) = (WindowClass::INPUT_OUTPUT, CreateWindowAux::new());
    server.create_window(depth, source, root, 0, 0, 1, 1, 0, class, visual, &aux).unwrap();
    let aware = atom(&server, "XdndAware");
    let target = find(&server, root, aware).expect("a window that takes what is dropped");
    let drag = Drag { server, source, target };
    drag.server.set_selection_owner(source, drag.atom("XdndSelection"), CURRENT_TIME).unwrap();
    drag.send("XdndEnter", [VERSION << 24, drag.atom("text/uri-list"), 0, 0]);
    drag.send("XdndPosition", [0, x << 16 | y, CURRENT_TIME, drag.atom("XdndActionCopy")]);
    drag.answer(&format!("file://{}\r\n", file.display()));
}

fn atom(server: &RustConnection, name: &str) -> Atom {
    server.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
}

/// The window at or below `window` that knows the protocol.
fn find(server: &RustConnection, window: Window, aware: Atom) -> Option<Window> {
    let known = server.get_property(false, window, aware, AtomEnum::ANY, 0, 1).unwrap().reply().ok()?;
    if known.format != 0 {
        return Some(window);
    }
    let children = server.query_tree(window).unwrap().reply().ok()?.children;
    children.into_iter().find_map(|child| find(server, child, aware))
}

impl Drag {
    fn atom(&self, name: &str) -> Atom {
        atom(&self.server, name)
    }

    fn send(&self, kind: &str, [a, b, c, d]: [u32; 4]) {
        let message = ClientMessageEvent::new(32, self.target, self.atom(kind), [self.source, a, b, c, d]);
        self.server.send_event(false, self.target, EventMask::NO_EVENT, message).unwrap();
        self.server.flush().unwrap();
    }

    /// Gives what is dragged to the window that asks for it, drops it when the window would take it, until the window has done with it.
    fn answer(&self, uris: &str) {
        let (status, finished) = (self.atom("XdndStatus"), self.atom("XdndFinished"));
        let begun = Instant::now();
        loop {
            assert!(begun.elapsed() < PATIENCE, "the window does not take what is dragged");
            match self.server.poll_for_event().unwrap() {
                Some(Event::SelectionRequest(asked)) => self.give(asked, uris),
                Some(Event::ClientMessage(said)) if said.type_ == status => {
                    assert!(said.data.as_data32()[1] & 1 == 1, "the window refuses");
                    self.send("XdndDrop", [0, CURRENT_TIME, 0, 0]);
                }
                Some(Event::ClientMessage(said)) if said.type_ == finished => return,
                Some(_) => {}
                None => std::thread::sleep(std::time::Duration::from_millis(20)),
            }
        }
    }

    fn give(&self, asked: SelectionRequestEvent, uris: &str) {
        let SelectionRequestEvent { time, requestor, selection, target, property, .. } = asked;
        self.server
            .change_property8(PropMode::REPLACE, requestor, property, target, uris.as_bytes())
            .unwrap();
        let given = SelectionNotifyEvent {
            response_type: SELECTION_NOTIFY_EVENT,
            sequence: 0,
            time,
            requestor,
            selection,
            target,
            property,
        };
        self.server.send_event(false, requestor, EventMask::NO_EVENT, given).unwrap();
        self.server.flush().unwrap();
    }
}
