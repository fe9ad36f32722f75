//! Windows: what it has beyond the standard library.

#![allow(unsafe_code, reason = "no crate has locks on bytes of a file")]

use super::Lock;
use super::dir::unforeseeable;
use super::file::Handle;
use super::paths::{Extensions, FileNumber};
use crate::layout::own::{ASIDE, aside};
use std::ffi::OsStr;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::windows::ffi::OsStrExt;
use std::os::windows::fs::{MetadataExt, OpenOptionsExt};
use std::os::windows::io::AsRawHandle;
use std::path::{Path, PathBuf};
use windows_sys::Win32::Foundation::{
    ERROR_ACCESS_DENIED, ERROR_IO_PENDING, ERROR_LOCK_VIOLATION, ERROR_SHARING_VIOLATION,
    ERROR_USER_MAPPED_FILE,
};
use windows_sys::Win32::Storage::FileSystem::{
    BY_HANDLE_FILE_INFORMATION, FILE_ATTRIBUTE_COMPRESSED, FILE_ATTRIBUTE_SPARSE_FILE,
    FILE_BASIC_INFO, FILE_FLAG_BACKUP_SEMANTICS, FILE_FLAG_OPEN_REPARSE_POINT, FileBasicInfo,
    GetFileInformationByHandle, GetFileInformationByHandleEx, LOCKFILE_EXCLUSIVE_LOCK,
    LOCKFILE_FAIL_IMMEDIATELY, LockFileEx, MOVEFILE_WRITE_THROUGH, MoveFileExW, UnlockFileEx,
};
use windows_sys::Win32::System::IO::OVERLAPPED;
use windows_sys::Win32::System::SystemInformation::{GlobalMemoryStatusEx, MEMORYSTATUSEX};

/// The calls that are Windows' own.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Windows;

/// Locks are mandatory: they lie where no file has a byte that anyone reads or writes.
const LOCKS: u64 = 1 << 62;

/// How many places there are for the holders of one lock.
const PLACES: u64 = 1 << 58;

/// Where the locks on a byte lie.
///
/// The system has no call that converts a lock, nor one that takes a lock over one's own. So each holder has a place of
/// its own: a shared lock is that place, an exclusive one all the others beside it. Whoever asks for the others keeps its
/// own, refused or not, and gives the others back with its own still held. Who has the same place, by an accident of
/// numbers on another machine, is refused.
#[derive(Clone, Copy, Debug)]
struct Places {
    first: u64,
    own: u64,
}

impl Places {
    fn of(file: &Handle, byte: i32) -> Self {
        let first = LOCKS + u64::from(byte.unsigned_abs()) * PLACES;
        let number = u64::from(std::process::id()) << 26 | file.number() & ((1 << 26) - 1);
        // Neither the first nor the last, so that there are others on both sides.
        Self { first, own: first + 1 + number % (PLACES - 2) }
    }

    fn take_own(self, file: &File) -> io::Result<bool> {
        take(file, self.own, 1)
    }

    fn give_own(self, file: &File) -> io::Result<()> {
        give(file, self.own, 1)
    }

    /// All or none of them.
    fn take_others(self, file: &File) -> io::Result<bool> {
        let [below, above] = self.others();
        if !take(file, below.0, below.1)? {
            return Ok(false);
        }
        let taken = take(file, above.0, above.1);
        if !matches!(taken, Ok(true)) {
            give(file, below.0, below.1)?;
        }
        taken
    }

    fn give_others(self, file: &File) -> io::Result<()> {
        let [below, above] = self.others();
        give(file, below.0, below.1)?;
        give(file, above.0, above.1)
    }

    /// Where they begin, and how many they are.
    fn others(self) -> [(u64, u64); 2] {
        let above = self.own + 1;
        [(self.first, self.own - self.first), (above, self.first + PLACES - above)]
    }
}

/// RAM and page file; no limit if the system does not tell.
pub(super) fn memory_size() -> u64 {
    let mut status = MEMORYSTATUSEX {
        dwLength: u32::try_from(size_of::<MEMORYSTATUSEX>()).unwrap_or_default(),
        ..MEMORYSTATUSEX::default()
    };
    // SAFETY: the structure is whole and says its size.
    let is_known = unsafe { GlobalMemoryStatusEx(&raw mut status) } != 0;
    // Wine says that there is none to a thread that asks while another one does.
    if is_known && status.ullTotalPageFile > 0 { status.ullTotalPageFile } else { u64::MAX }
}

/// What the system did: 0 is an error.
fn done(result: i32) -> io::Result<()> {
    if result == 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

fn is(error: &io::Error, code: u32) -> bool {
    error.raw_os_error().and_then(|found| u32::try_from(found).ok()) == Some(code)
}

/// A path for a call, which ends with a zero.
fn wide(path: &Path) -> Vec<u16> {
    path.as_os_str().encode_wide().chain([0]).collect()
}

/// A time of Windows, in units of 100 ns since 1601, as seconds since the epoch and nanoseconds.
fn time(units: i64) -> (i64, i64) {
    const SECOND: i64 = 10_000_000;
    const EPOCH: i64 = 11_644_473_600;
    (units.div_euclid(SECOND) - EPOCH, units.rem_euclid(SECOND) * 100)
}

fn number_of(file: &File) -> io::Result<FileNumber> {
    let mut found = BY_HANDLE_FILE_INFORMATION::default();
    let mut times = FILE_BASIC_INFO::default();
    // SAFETY: the handle is open as long as `file`, and there is room for what is found.
    done(unsafe { GetFileInformationByHandle(file.as_raw_handle(), &raw mut found) })?;
    // SAFETY: the same; this class of information is such a structure.
    done(unsafe {
        GetFileInformationByHandleEx(
            file.as_raw_handle(),
            FileBasicInfo,
            (&raw mut times).cast(),
            u32::try_from(size_of_val(&times)).map_err(io::Error::other)?,
        )
    })?;
    Ok(FileNumber {
        dev: found.dwVolumeSerialNumber.into(),
        ino: u64::from(found.nFileIndexHigh) << 32 | u64::from(found.nFileIndexLow),
        links: found.nNumberOfLinks.into(),
        ctime: Some(time(times.ChangeTime)),
    })
}

/// Opens whatever stands under a path, to be looked at: a folder or a link, too.
fn open_to_look(path: &Path) -> io::Result<File> {
    let flags = FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT;
    OpenOptions::new().access_mode(0).custom_flags(flags).open(path)
}

/// Moves a file or folder where nothing stands.
fn move_to(from: &Path, to: &Path) -> io::Result<()> {
    let (from, to) = (wide(from), wide(to));
    // SAFETY: both paths end with a zero and live for the call.
    done(unsafe { MoveFileExW(from.as_ptr(), to.as_ptr(), MOVEFILE_WRITE_THROUGH) })
}

/// Whether a file may be neither replaced nor removed for it is mapped, or open by a program that shares it with nobody.
/// It can be moved all the same.
fn is_in_use(error: &io::Error) -> bool {
    [ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_USER_MAPPED_FILE]
        .iter()
        .any(|code| is(error, *code))
}

/// Gives a file a name that is nobody's, in the same folder.
fn set_aside(path: &Path, is_replaced: bool) -> io::Result<PathBuf> {
    let name = path.file_name().and_then(OsStr::to_str).filter(|_| is_replaced);
    let aside = path.with_file_name(aside(unforeseeable(), name));
    move_to(path, &aside)?;
    Ok(aside)
}

fn remove_or_leave(path: &Path) {
    if let Err(error) = fs::remove_file(path) {
        log::debug!("left until it is no longer mapped: {}: {error}", path.display());
    }
}

/// The two halves of a number.
#[expect(clippy::cast_possible_truncation, reason = "the other half is the other one")]
fn halves(number: u64) -> (u32, u32) {
    (number as u32, (number >> 32) as u32)
}

/// A place in a file, as the calls on locks want it.
fn place_at(start: u64) -> OVERLAPPED {
    let (low, high) = halves(start);
    let mut place = OVERLAPPED::default();
    place.Anonymous.Anonymous.Offset = low;
    place.Anonymous.Anonymous.OffsetHigh = high;
    place
}

/// Locks so many places for this open file alone; `false` if another one has any of them.
fn take(file: &File, start: u64, len: u64) -> io::Result<bool> {
    let (mut place, (low, high)) = (place_at(start), halves(len));
    let flags = LOCKFILE_FAIL_IMMEDIATELY | LOCKFILE_EXCLUSIVE_LOCK;
    // SAFETY: the handle is open as long as `file`; it was not opened for overlapped calls, so this one is over, and
    // `place` no more in use, when it returns: it fails at once rather than wait.
    let locked =
        done(unsafe { LockFileEx(file.as_raw_handle(), flags, 0, low, high, &raw mut place) });
    match locked {
        Err(error) if is(&error, ERROR_LOCK_VIOLATION) || is(&error, ERROR_IO_PENDING) => Ok(false),
        locked => locked.map(|()| true),
    }
}

/// Gives back what was taken in one call.
fn give(file: &File, start: u64, len: u64) -> io::Result<()> {
    let (mut place, (low, high)) = (place_at(start), halves(len));
    // SAFETY: as in `take`.
    done(unsafe { UnlockFileEx(file.as_raw_handle(), 0, low, high, &raw mut place) })
}

impl Extensions for Windows {
    fn open_folder(&self, path: &Path) -> io::Result<Option<File>> {
        open_to_look(path).map(Some)
    }

    fn number(&self, path: &Path, file: Option<&File>) -> io::Result<FileNumber> {
        match file {
            Some(file) => number_of(file),
            None => number_of(&open_to_look(path)?),
        }
    }

    fn rename(&self, from: &Path, to: &Path, replaces: bool) -> io::Result<()> {
        if !replaces {
            return move_to(from, to);
        }
        match fs::rename(from, to) {
            Err(error) if is_in_use(&error) => {}
            renamed => return renamed,
        }
        // Whoever looks at the folder meanwhile finds the save's record, and the new file where that says; who looks at a
        // file by itself, its name in that of the old one.
        let old = set_aside(to, true)?;
        match move_to(from, to) {
            Ok(()) => {
                remove_or_leave(&old);
                Ok(())
            }
            Err(error) => {
                move_to(&old, to)?;
                Err(error)
            }
        }
    }

    /// Of an array, which may be mapped for long, under another name: some file systems keep that of a file which is removed
    /// until nobody has it open any more.
    fn remove_file(&self, path: &Path) -> io::Result<()> {
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        let is_array = name.ends_with(".npy") && !name.starts_with(ASIDE);
        let removed = if is_array { None } else { Some(fs::remove_file(path)) };
        match removed {
            Some(Err(error)) if is_in_use(&error) => {}
            Some(removed) => return removed,
            None => {}
        }
        remove_or_leave(&set_aside(path, false)?);
        Ok(())
    }

    fn sets_aside(&self) -> bool {
        true
    }

    /// Sparse, or compressed: a write may need room that is not there.
    fn may_have_holes(&self, file: &Metadata) -> bool {
        file.file_attributes() & (FILE_ATTRIBUTE_SPARSE_FILE | FILE_ATTRIBUTE_COMPRESSED) != 0
    }

    fn lock(&self, file: &Handle, byte: i32, lock: Lock) -> io::Result<bool> {
        let (opened, places, mut locks) = (file.std()?, Places::of(file, byte), file.locks());
        let held = locks.get(&byte).copied().unwrap_or(Lock::Unlocked);
        let is_converted = match (held, lock) {
            (Lock::Unlocked, Lock::Shared) => places.take_own(opened)?,
            (Lock::Unlocked, Lock::Exclusive) => {
                let is_shared = places.take_own(opened)?;
                if is_shared {
                    locks.insert(byte, Lock::Shared);
                }
                let is_alone = is_shared && places.take_others(opened)?;
                if is_shared && !is_alone {
                    places.give_own(opened)?;
                    locks.remove(&byte);
                }
                is_alone
            }
            (Lock::Shared, Lock::Exclusive) => places.take_others(opened)?,
            (Lock::Exclusive, Lock::Shared) => places.give_others(opened).map(|()| true)?,
            (Lock::Exclusive, Lock::Unlocked) => {
                places.give_others(opened)?;
                locks.insert(byte, Lock::Shared);
                places.give_own(opened).map(|()| true)?
            }
            (Lock::Shared, Lock::Unlocked) => places.give_own(opened).map(|()| true)?,
            (Lock::Unlocked, Lock::Unlocked)
            | (Lock::Shared, Lock::Shared)
            | (Lock::Exclusive, Lock::Exclusive) => true,
        };
        if is_converted {
            locks.insert(byte, lock);
        }
        Ok(is_converted)
    }
}
