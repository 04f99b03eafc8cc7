//! Plain values in a row that may become long: in memory at first, and once they are many in a mapped file without a name.

mod mapped;

use std::fmt;
use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytemuck::Pod;

use mapped::{Mapped, STEP};

/// Values that are added at the end; to look at, a slice.
///
/// With a folder to overflow into it keeps no more than a few megabytes in memory, however many there are. Where the file cannot be made
/// or cannot grow, all values are taken back into memory: nothing is lost.
pub struct Store<T> {
    place: Place<T>,
    overflow: Option<Arc<Path>>,
    lineage: Lineage,
}

enum Place<T> {
    Memory(Vec<T>),
    File(Mapped<T>),
}

/// Names one row of values that only grew since: no two stores have the same, and one that lost values gets another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Lineage(u64);

impl Lineage {
    fn new() -> Lineage {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Lineage(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl<T: Pod> Store<T> {
    /// An empty one that overflows into a file in that folder, if there is one.
    pub(crate) fn new(overflow: Option<Arc<Path>>) -> Store<T> {
        Store { place: Place::Memory(Vec::new()), overflow, lineage: Lineage::new() }
    }

    pub(crate) fn lineage(&self) -> Lineage {
        self.lineage
    }

    pub(crate) fn push(&mut self, value: T) {
        if self.is_full() {
            self.make_room();
        }
        match &mut self.place {
            Place::Memory(values) => values.push(value),
            Place::File(values) => values.push(value),
        }
    }

    pub(crate) fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.lineage = Lineage::new();
        }
        match &mut self.place {
            Place::Memory(values) => values.truncate(len),
            Place::File(values) => values.truncate(len),
        }
    }

    /// The values, to change the newest of them. It is the caller's to let nobody take them for what they were.
    pub(crate) fn as_mut_slice(&mut self) -> &mut [T] {
        match &mut self.place {
            Place::Memory(values) => values,
            Place::File(values) => values.as_mut_slice(),
        }
    }

    fn is_full(&self) -> bool {
        match &self.place {
            Place::Memory(values) => self.overflow.is_some() && size_of_val(values.as_slice()) >= STEP,
            Place::File(values) => values.is_full(),
        }
    }

    fn make_room(&mut self) {
        let Some(folder) = &self.overflow else { return };
        let grown = match &mut self.place {
            Place::Memory(values) => {
                Mapped::new(folder, values).map(|mapped| self.place = Place::File(mapped))
            }
            Place::File(values) => values.grow(folder),
        };
        if grown.is_err() {
            self.overflow = None;
            self.place = Place::Memory(self.to_vec());
        }
    }
}

impl<T: Pod> Deref for Store<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match &self.place {
            Place::Memory(values) => values,
            Place::File(values) => values.as_slice(),
        }
    }
}

impl<T: Pod> Default for Store<T> {
    fn default() -> Store<T> {
        Store::new(None)
    }
}

/// The copy is in memory, until it grows.
impl<T: Pod> Clone for Store<T> {
    fn clone(&self) -> Store<T> {
        Store {
            place: Place::Memory(self.to_vec()),
            overflow: self.overflow.clone(),
            lineage: Lineage::new(),
        }
    }
}

impl<T: Pod> From<Vec<T>> for Store<T> {
    fn from(values: Vec<T>) -> Store<T> {
        Store { place: Place::Memory(values), ..Store::default() }
    }
}

impl<T: Pod> FromIterator<T> for Store<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Store<T> {
        Vec::from_iter(values).into()
    }
}

impl<'s, T: Pod> IntoIterator for &'s Store<T> {
    type Item = &'s T;
    type IntoIter = std::slice::Iter<'s, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Pod + PartialEq> PartialEq for Store<T> {
    fn eq(&self, other: &Store<T>) -> bool {
        **self == **other
    }
}

impl<T: Pod + Eq> Eq for Store<T> {}

impl<T: Pod + fmt::Debug> fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Extent;

    /// So many values as fill some steps and a part of one.
    const MANY: usize = 3 * STEP / 8 + 1000;

    fn value(n: usize) -> u64 {
        (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    }

    fn is_in_file<T>(store: &Store<T>) -> bool {
        matches!(store.place, Place::File(_))
    }

    fn into(folder: &Path) -> Store<u64> {
        Store::new(Some(folder.into()))
    }

    #[test]
    fn it_reads_the_same_in_memory_and_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let (mut near, mut far) = (Store::default(), into(&folder.path().join("made/when/needed")));
        for n in 0..MANY {
            near.push(value(n));
            far.push(value(n));
        }
        assert!(is_in_file(&far) && !is_in_file(&near));
        assert!((0..MANY).map(value).eq(far.iter().copied()) && near == far);
        for store in [&mut near, &mut far] {
            store.as_mut_slice()[MANY - 1] = 7;
            store.truncate(MANY);
            store.push(8);
            assert_eq!((store[MANY - 2], &store[MANY - 1..]), (value(MANY - 2), &[7, 8][..]));
        }
        far.truncate(5);
        assert!((0..5).map(value).eq(far.iter().copied()));
        (5..MANY).for_each(|n| far.push(value(n)));
        assert!((0..MANY).map(value).eq(far.iter().copied()));
    }

    /// A size that does not divide a step.
    #[test]
    fn values_of_six_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let extent = |n: usize| Extent { least: n as u16, greatest: (n >> 8) as u16, mean: (n >> 16) as u16 };
        let mut store = Store::new(Some(folder.path().into()));
        (0..MANY).for_each(|n| store.push(extent(n)));
        assert!(is_in_file(&store) && (0..MANY).map(extent).eq(store.iter().copied()));
    }

    #[test]
    fn few_values_make_no_file() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("overflow");
        let mut store = into(&place);
        (0..STEP / 8).for_each(|n| store.push(value(n)));
        assert!(!is_in_file(&store) && !place.exists());
    }

    /// Its folder is a file; its folder is gone when it grows.
    #[test]
    fn without_room_nothing_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        std::fs::write(&file, "").unwrap();
        let mut never = into(&file);
        (0..MANY).for_each(|n| never.push(value(n)));
        assert!(!is_in_file(&never) && (0..MANY).map(value).eq(never.iter().copied()));

        let mut at_first = into(folder.path());
        (0..STEP / 8 + 1).for_each(|n| at_first.push(value(n)));
        assert!(is_in_file(&at_first));
        drop(folder);
        (STEP / 8 + 1..MANY).for_each(|n| at_first.push(value(n)));
        assert!(!is_in_file(&at_first) && (0..MANY).map(value).eq(at_first.iter().copied()));
    }

    #[test]
    fn a_copy_goes_its_own_way() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = into(folder.path());
        (0..MANY).for_each(|n| store.push(value(n)));
        let mut copy = store.clone();
        assert!(copy == store && copy.lineage() != store.lineage());
        copy.push(1);
        store.push(2);
        assert!(is_in_file(&copy) && is_in_file(&store));
        assert_eq!((copy.last(), store.last()), (Some(&1), Some(&2)));
        assert_eq!(copy[..MANY], store[..MANY]);
    }
}
