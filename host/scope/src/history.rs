//! What the operator changed, with all that came before it: undo and redo.

use ichiscope_session::{Edits, NoteEdit};

use crate::beside::Beside;

/// So many steps back are kept.
const DEPTH: usize = 200;

/// What the operator said of a capture after it was made: all of it lies beside the capture.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Names, device data, thresholds, mark inputs, marks and phases.
    pub edits: Edits,
    /// Which other files belong to it.
    pub beside: Beside,
}

/// Changes, and the way back and forth.
#[derive(Clone, Debug, Default)]
pub struct History {
    now: Changes,
    past: Vec<Changes>,
    future: Vec<Changes>,
}

impl History {
    /// Begins with what was kept beside the capture.
    pub fn of(changes: Changes) -> History {
        History { now: changes, ..History::default() }
    }

    /// The edits.
    pub const fn now(&self) -> &Edits {
        &self.now.edits
    }

    /// Which files lie beside the capture.
    pub const fn beside(&self) -> &Beside {
        &self.now.beside
    }

    /// All changes.
    pub const fn changes(&self) -> &Changes {
        &self.now
    }

    /// Changes the edits; what had been undone can no longer be redone. Gives the changes if they are others than before.
    pub fn change(&mut self, edits: Edits) -> Option<Changes> {
        self.step(Changes { edits, beside: self.now.beside.clone() })
    }

    /// Changes which files lie beside the capture.
    pub fn lay(&mut self, beside: Beside) -> Option<Changes> {
        self.step(Changes { edits: self.now.edits.clone(), beside })
    }

    /// What was to come is not to be: these changes hold on.
    pub fn hold(&mut self, changes: Changes) {
        if self.past.last() == Some(&changes) {
            self.past.pop();
        }
        self.now = changes;
    }

    fn step(&mut self, changes: Changes) -> Option<Changes> {
        if changes == self.now {
            return None;
        }
        if self.past.len() == DEPTH {
            self.past.remove(0);
        }
        self.past.push(std::mem::replace(&mut self.now, changes));
        self.future.clear();
        Some(self.now.clone())
    }

    /// Adds a note.
    pub fn add(&mut self, note: NoteEdit) -> Option<Changes> {
        let mut edits = self.now.edits.clone();
        edits.notes.push(note);
        edits.notes.sort_by_key(|n| n.tick);
        self.change(edits)
    }

    /// Takes a note away, by its place.
    pub fn remove(&mut self, index: usize) -> Option<Changes> {
        let mut edits = self.now.edits.clone();
        if index < edits.notes.len() {
            edits.notes.remove(index);
        }
        self.change(edits)
    }

    /// One step back; gives the changes, if there was a step.
    pub fn undo(&mut self) -> Option<Changes> {
        let before = self.past.pop()?;
        self.future.push(std::mem::replace(&mut self.now, before));
        Some(self.now.clone())
    }

    /// One step forth again.
    pub fn redo(&mut self) -> Option<Changes> {
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

    fn ticks(changes: Option<Changes>) -> Vec<u64> {
        changes.map(|c| c.edits.notes.iter().map(|n| n.tick).collect()).unwrap_or_default()
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
    #[test]
    fn files_beside_the_capture_are_steps_too() {
        let mut history = History::default();
        history.add(note(5));
        let beside = Beside::default().with(
            crate::beside::BesideKind::PhaseLog,
            Some("/log.csv".as_ref()),
            "/run.mcap".as_ref(),
        );
        assert_eq!(history.lay(beside.clone()).map(|c| c.beside), Some(beside.clone()));
        let undone = history.undo().unwrap();
        assert!(undone.beside.is_empty() && undone.edits.notes.len() == 1);
        history.redo();
        // It cannot be used: what was before holds, and undoing goes to what was before that.
        history.hold(undone);
        assert!(history.beside().is_empty());
        assert_eq!(ticks(history.undo()), [0u64; 0]);
        assert!(history.now().is_empty());
    }
}
