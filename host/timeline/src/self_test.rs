//! The self-test's pulses: what the board acknowledged, with the length that the recording says was asked for.

use ichiscope_wire::{Register, Status};

use crate::{Ack, Note, Timeline};

/// Kind of the notes that say what was commanded and what became of it.
pub const COMMAND_NOTE: &str = "command";
/// How such a note ends when the command took effect.
const DONE: &str = "done";

/// The text of a note on a command: that it took effect, or `refusal`.
pub fn command_note(register: Register, value: u64, refusal: Option<&str>) -> String {
    format!("{} = {value}: {}", register.name(), refusal.unwrap_or(DONE))
}

/// A pulse that the board said it made: `test` is low for `low_ticks` from the clock after `tick` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SelfTest {
    /// When the command took effect.
    pub tick: u64,
    /// The length that was asked for.
    pub low_ticks: u64,
}

impl Timeline {
    /// The acknowledged pulses, in their order. One whose tick the board could not tell, or whose length no note tells, is left out.
    pub fn self_tests(&self) -> Vec<SelfTest> {
        let done: Vec<&Ack> = self.acks.iter().filter(|ack| is_done(ack)).collect();
        let pulse = |(n, ack): (usize, &&Ack)| {
            let next = done.get(n + 1).map_or(u64::MAX, |ack| ack.tick);
            // The note is written when the ACK was read, and before the next command is sent.
            let note = self.notes.iter().find(|note| (ack.tick..next).contains(&note.tick) && is_told(note));
            let low_ticks = length(note?)?;
            (!ack.is_late && low_ticks > 0).then_some(SelfTest { tick: ack.tick, low_ticks })
        };
        done.iter().enumerate().filter_map(pulse).collect()
    }
}

fn is_done(ack: &Ack) -> bool {
    ack.register == Register::SelfTest as u8 && ack.status == Status::Done
}

fn is_told(note: &Note) -> bool {
    note.kind == COMMAND_NOTE && length(note).is_some()
}

/// The length in a note that says that a pulse was made.
fn length(note: &Note) -> Option<u64> {
    let said = note.text.strip_prefix(Register::SelfTest.name())?.strip_prefix(" = ")?;
    said.strip_suffix(DONE)?.strip_suffix(": ")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn timeline(acks: &[(u64, Register, Status, bool)], notes: &[(u64, &str, String)]) -> Timeline {
        let ack = |&(tick, register, status, is_late): &(u64, Register, Status, bool)| Ack {
            tick,
            is_late,
            seq: 1,
            register: register as u8,
            status,
        };
        let note = |(tick, kind, text): &(u64, &str, String)| Note {
            tick: *tick,
            kind: (*kind).to_owned(),
            text: text.clone(),
        };
        Timeline {
            acks: acks.iter().map(ack).collect(),
            notes: notes.iter().map(note).collect(),
            ..Timeline::default()
        }
    }

    fn asked(ticks: u64) -> String {
        command_note(Register::SelfTest, ticks, None)
    }

    #[test]
    fn each_acknowledged_pulse_has_the_length_of_its_own_note() {
        let told = timeline(
            &[
                (100, Register::SelfTest, Status::Done, false),
                (200, Register::Console, Status::Done, false),
                (900, Register::SelfTest, Status::Done, false),
            ],
            &[
                (110, COMMAND_NOTE, asked(36)),
                (210, COMMAND_NOTE, command_note(Register::Console, 312, None)),
                (905, COMMAND_NOTE, asked(72)),
            ],
        );
        let expected = [SelfTest { tick: 100, low_ticks: 36 }, SelfTest { tick: 900, low_ticks: 72 }];
        assert_eq!(told.self_tests(), expected);
    }

    /// Not known for certain is not known.
    #[test]
    fn without_ack_or_length_there_is_no_pulse() {
        use Status::{Busy, Done};
        let test = Register::SelfTest;
        let refused = command_note(test, 36, Some("the board refused"));
        let note = |text: String| [(110, COMMAND_NOTE, text)];
        let none = |acks: &[(u64, Register, Status, bool)], notes: &[(u64, &str, String)]| {
            assert_eq!(timeline(acks, notes).self_tests(), [], "{acks:?} {notes:?}");
        };
        none(&[(100, test, Busy, false)], &note(asked(36)));
        none(&[(100, test, Done, true)], &note(asked(36)));
        none(&[(100, Register::LinkTest, Done, false)], &note(asked(36)));
        none(&[(100, test, Done, false)], &note(refused));
        none(&[(100, test, Done, false)], &note(asked(0)));
        none(&[(100, test, Done, false)], &[(99, COMMAND_NOTE, asked(36))]);
        none(&[(100, test, Done, false)], &[(110, "remark", asked(36))]);
        none(&[], &note(asked(36)));
        // The second ACK's note must not give the first its length.
        let two = [(100, test, Done, false), (200, test, Done, true)];
        none(&two, &[(210, COMMAND_NOTE, asked(36))]);
    }
}
