//! Values in a file without a name, mapped into memory: the system keeps in memory what is looked at, and no more.

use std::fs::File;
use std::io::{self, Write};
use std::marker::PhantomData;
use std::path::Path;

use bytemuck::Pod;
use memmap2::MmapMut;

/// A file grows by so many bytes at a time.
pub(super) const STEP: usize = 4 << 20;
/// So many bytes of the disk are left to others: a recording may be on it.
const LEFT_FREE: u64 = 1 << 30;

pub(super) struct Mapped<T> {
    file: File,
    map: MmapMut,
    len: usize,
    values: PhantomData<T>,
}

impl<T: Pod> Mapped<T> {
    /// A file in `folder`, which is made if it is not there, with `values` and room for more.
    pub(super) fn new(folder: &Path, values: &[T]) -> io::Result<Mapped<T>> {
        std::fs::create_dir_all(folder)?;
        let file = tempfile::tempfile_in(folder)?;
        let bytes: &[u8] = bytemuck::cast_slice(values);
        allocate(&file, folder, bytes.len() + STEP)?;
        let mut map = map(&file)?;
        map[..bytes.len()].copy_from_slice(bytes);
        Ok(Mapped { file, map, len: values.len(), values: PhantomData })
    }

    /// Makes room for more. What was not looked at since the last time is no longer in memory afterwards.
    pub(super) fn grow(&mut self, folder: &Path) -> io::Result<()> {
        allocate(&self.file, folder, STEP)?;
        self.map = map(&self.file)?;
        Ok(())
    }

    pub(super) fn is_full(&self) -> bool {
        (self.len + 1) * size_of::<T>() > self.map.len()
    }

    /// Only if it is not full.
    pub(super) fn push(&mut self, value: T) {
        let at = self.len * size_of::<T>();
        self.map[at..at + size_of::<T>()].copy_from_slice(bytemuck::bytes_of(&value));
        self.len += 1;
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    pub(super) fn as_slice(&self) -> &[T] {
        bytemuck::cast_slice(&self.map[..self.len * size_of::<T>()])
    }

    pub(super) fn as_mut_slice(&mut self) -> &mut [T] {
        bytemuck::cast_slice_mut(&mut self.map[..self.len * size_of::<T>()])
    }
}

/// Makes the file longer by `bytes` that the disk really has: touching a mapped page that it has not would end the program.
fn allocate(mut file: &File, folder: &Path, bytes: usize) -> io::Result<()> {
    if fs4::available_space(folder)? < LEFT_FREE + bytes as u64 {
        return Err(io::ErrorKind::StorageFull.into());
    }
    static ZEROS: [u8; 64 << 10] = [0; 64 << 10];
    let mut left = bytes;
    while left > 0 {
        let now = left.min(ZEROS.len());
        file.write_all(&ZEROS[..now])?;
        left -= now;
    }
    Ok(())
}

#[expect(unsafe_code, reason = "the library's mapping is unsafe, because others might change the file")]
fn map(file: &File) -> io::Result<MmapMut> {
    // SAFETY: the file has no name (on Windows: nobody else may open it) and its handle does not leave this module, which never shortens
    // it. So nobody changes the bytes but through this map, of which there is one at a time that is looked at.
    unsafe { MmapMut::map_mut(file) }
}
