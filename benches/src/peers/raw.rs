//! The plain system calls that bound what a library can do: no header, no name, no check.

use super::trusted::map;
use crate::Result;
use crate::data::{Named, sum_of_last};
use memmap2::Mmap;
use nix::unistd::syncfs;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::Path;
use std::thread;

/// How files get to the disk.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Durable {
    /// When the kernel likes.
    No,
    /// One `fsync` a file.
    Each,
    /// One `syncfs` for all.
    All,
}

/// Creates a file for each array and writes its elements, on so many threads.
pub(crate) fn save(
    folder: &Path,
    arrays: &[Named<'_>],
    threads: usize,
    durable: Durable,
) -> Result<()> {
    parallel(arrays, threads, |(name, elements)| {
        let mut file = File::create(folder.join(name))?;
        file.write_all(bytemuck::cast_slice(elements))?;
        if durable == Durable::Each {
            file.sync_all()?;
        }
        Ok(())
    })?;
    match durable {
        Durable::No => {}
        Durable::Each => File::open(folder)?.sync_all()?,
        Durable::All => syncfs(File::open(folder)?)?,
    }
    Ok(())
}

/// Writes beside what is there, then renames each file over it: what a save must do at least that can be
/// killed at any time.
pub(crate) fn replace(
    folder: &Path,
    arrays: &[Named<'_>],
    threads: usize,
    durable: Durable,
) -> Result<()> {
    let beside = folder.join("beside");
    fs::create_dir(&beside)?;
    save(&beside, arrays, threads, durable)?;
    for (name, _) in arrays {
        fs::rename(beside.join(name), folder.join(name))?;
    }
    fs::remove_dir(&beside)?;
    if durable != Durable::No {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Opens and maps each file and touches one element, on the caller's thread.
pub(crate) fn load_mapped(folder: &Path, names: &[&str]) -> Result<(f64, Vec<Mmap>)> {
    let maps = names.iter().map(|name| map(&folder.join(name))).collect::<Result<Vec<_>>>()?;
    Ok((sum_of_last(maps.iter().map(|map| bytemuck::cast_slice(map))), maps))
}

/// The same with the `.npy` files of a folder of varpack, whose other two files are read, but not looked
/// at.
pub(crate) fn load_folder(folder: &Path, names: &[&str]) -> Result<(f64, Vec<Mmap>)> {
    fs::read(folder.join("varpack.json"))?;
    fs::read(folder.join("__misc_vars__.pickle"))?;
    let files: Vec<_> = names.iter().map(|name| format!("{name}.npy")).collect();
    load_mapped(folder, &files.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Opens and reads each file, on so many threads.
pub(crate) fn load_read(
    folder: &Path,
    names: &[(&str, usize)],
    threads: usize,
) -> Result<(f64, Vec<Vec<f32>>)> {
    let arrays = parallel(names, threads, |&(name, len)| {
        let mut elements = vec![0.0; len];
        File::open(folder.join(name))?.read_exact(bytemuck::cast_slice_mut(&mut elements))?;
        Ok(elements)
    })?;
    Ok((sum_of_last(arrays.iter().map(Vec::as_slice)), arrays))
}

/// Does something with each item, a share of them on each thread, and gives what came out in order.
fn parallel<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    action: impl Fn(&T) -> Result<R> + Sync,
) -> Result<Vec<R>> {
    let share = items.len().div_ceil(threads).max(1);
    let done = thread::scope(|scope| {
        let running: Vec<_> = items
            .chunks(share)
            .map(|items| {
                let action = &action;
                scope.spawn(move || {
                    let done: Result<Vec<R>> = items.iter().map(action).collect();
                    done.map_err(|error| error.to_string())
                })
            })
            .collect();
        running.into_iter().map(|thread| thread.join().map_err(|_| "a thread panicked")?).collect()
    });
    let done: std::result::Result<Vec<Vec<R>>, String> = done;
    Ok(done?.into_iter().flatten().collect())
}
