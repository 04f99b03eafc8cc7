//! The two cursors.

/// A cursor on the time axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// The first.
    A,
    /// The second.
    B,
}

impl Cursor {
    /// Both.
    pub const ALL: [Cursor; 2] = [Cursor::A, Cursor::B];

    /// Its letter on the screen.
    pub const fn name(self) -> &'static str {
        match self {
            Cursor::A => "A",
            Cursor::B => "B",
        }
    }
}
