//! The threads: link to capture and timeline over bounded channels. Live and replay are one path.
