//! The operator's edits with all that came before them: undo and redo.

use ichiscope_session::{Edits, NoteEdit};

/// So many steps back are kept.
const DEPTH: usize = 200;

/// Edits, and the way back and forth.
#[derive(Clone, Debug, Default)]
pub struct History {
    now: Edits,
    past: Vec<Edits>,
    future: Vec<Edits>,
}

impl History {
    /// Begins with what was kept beside the capture.
    pub fn of(edits: Edits) -> History {
        History { now: edits, ..History::default() }
    }

    /// The edits.
    pub const fn now(&self) -> &Edits {
        &self.now
    }

    /// Changes them; what had been undone can no longer be redone. Gives the edits if they are others than before.
    pub fn change(&mut self, edits: Edits) -> Option<Edits> {
        if edits == self.now {
            return None;
        }
        if self.past.len() == DEPTH {
            self.past.remove(0);
        }
        self.past.push(std::mem::replace(&mut self.now, edits));
        self.future.clear();
        Some(self.now.clone())
    }

    /// Adds a note.
    pub fn add(&mut self, note: NoteEdit) -> Option<Edits> {
        let mut edits = self.now.clone();
        edits.notes.push(note);
        edits.notes.sort_by_key(|n| n.tick);
        self.change(edits)
    }

    /// Takes a note away, by its place.
    pub fn remove(&mut self, index: usize) -> Option<Edits> {
        let mut edits = self.now.clone();
        if index < edits.notes.len() {
            edits.notes.remove(index);
        }
        self.change(edits)
    }

    /// One step back; gives the edits, if there was a step.
    pub fn undo(&mut self) -> Option<Edits> {
        let before = self.past.pop()?;
        self.future.push(std::mem::replace(&mut self.now, before));
        Some(self.now.clone())
    }

    /// One step forth again.
    pub fn redo(&mut self) -> Option<Edits> {
        let after = self.future.pop()?;
        self.past.push(std::mem::replace(&mut self.now, after));
        Some(self.now.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(tick: u64) -> NoteEdit {
        NoteEdit { tick, kind: "mark".into(), text: String::new() }
    }

    fn ticks(edits: Option<Edits>) -> Vec<u64> {
        edits.map(|e| e.notes.iter().map(|n| n.tick).collect()).unwrap_or_default()
    }

    #[test]
    fn every_step_goes_back_and_forth() {
        let mut history = History::default();
        assert_eq!(ticks(history.add(note(5))), [5]);
        assert_eq!(ticks(history.add(note(3))), [3, 5]);
        assert_eq!(ticks(history.remove(1)), [3]);
        assert_eq!(ticks(history.undo()), [3, 5]);
        assert_eq!(ticks(history.undo()), [5]);
        assert_eq!(ticks(history.redo()), [3, 5]);
        assert_eq!(ticks(history.redo()), [3]);
        assert_eq!(history.redo(), None);
        history.undo();
        history.add(note(9));
        assert_eq!(history.redo(), None, "a change ends what had been undone");
    }

    #[test]
    fn the_same_again_is_no_step() {
        let mut history = History::default();
        assert_eq!(history.change(Edits::default()), None);
        assert_eq!((history.undo(), history.remove(7)), (None, None));
    }
}
