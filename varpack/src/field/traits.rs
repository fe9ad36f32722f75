//! What a struct is to a folder: its fields one by one, and what follows from them.

use super::fields::{PackFields, SaveFields};
use super::load::load;
use super::loaded::Loaded;
use super::update;
use super::writer::PackWriter;
use crate::folder::content;
use crate::folder::options::{LoadOptions, SaveOptions};
use crate::folder::report::SaveReport;
use crate::folder::save;
use crate::{Mode, Result};
use std::path::Path;

/// Saving a struct to a folder and loading it from there. Comes with
/// [`#[derive(Varpack)]`](macro@crate::Varpack), or with [`SaveFields`] and [`PackFields`] written by hand.
///
/// What has no [`PackFields`], as a struct under [`#[varpack(save_only)]`](macro@crate::Varpack#save_only), is saved and not
/// loaded. So [`PackFields`] is the bound of generic code that loads:
///
/// ```
/// use varpack::{MmapArray1, PackFields, Varpack};
///
/// #[derive(Varpack)]
/// struct Run {
///     #[varpack(mmap)]
///     x: MmapArray1<f64>,
///     step: u64,
/// }
///
/// fn resume<T: PackFields + Default>(folder: &std::path::Path) -> varpack::Result<T> {
///     if folder.exists() { T::load(folder) } else { Ok(T::default()) }
/// }
/// # impl Default for Run {
/// #     fn default() -> Self {
/// #         Run { x: MmapArray1::default(), step: 0 }
/// #     }
/// # }
/// # let folder = tempfile::tempdir().unwrap();
/// # let folder = folder.path();
/// assert_eq!(resume::<Run>(&folder.join("none"))?.step, 0);
/// # Ok::<(), varpack::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be saved to a folder or loaded from one",
    label = "needs `#[derive(Varpack)]`",
    note = "a struct with type parameters needs their bounds too, such as `T: varpack::Element`"
)]
pub trait Varpack: SaveFields {
    /// Saves to a folder. All or nothing: whatever happens, the folder holds the old state or the new one.
    /// One that does not exist is made, and so are those above it.
    ///
    /// Only what has changed is written. An array that was loaded from this folder and not changed since
    /// is left alone; one that was edited in place is flushed. Variables that the struct does not know
    /// stay, and so do those of `skip_load` fields that have their default value.
    ///
    /// What someone else has saved since the load is not undone: where the folder has something else by now
    /// in one of the fields, the save is [`Stale`](crate::ErrorKind::Stale). A bare struct cannot know what it
    /// was loaded from: the arrays in it do, and what that load [skipped](LoadOptions::skip) is kept. The save
    /// of a [`Loaded`] writes what was changed, and leaves alone what others have.
    ///
    /// **Without a loaded array nothing is remembered.** A bare struct that has none, or whose arrays were all
    /// replaced by others since the load (`run.x = vec![0.0].into()`), is written over whatever the folder
    /// has: what someone else has saved since the load is lost without an error. Where others save too, use
    /// [`load_with`](Self::load_with), whose [`Loaded`] remembers by itself, [`Pack`](crate::Pack) or
    /// [`update`](Self::update), or say what to [`keep`](SaveOptions::keep).
    ///
    /// # Errors
    /// - [`Busy`](crate::ErrorKind::Busy) if someone else saves the folder or edits it in place.
    /// - [`Stale`](crate::ErrorKind::Stale) if a variable, or a key of a map, was changed here and by someone
    ///   else since it was loaded from this folder.
    /// - [`Usage`](crate::ErrorKind::Usage) if a field that another load has skipped would be written with its
    ///   default over what the folder has.
    /// - [`Exists`](crate::ErrorKind::Exists) if a file of no variable has the name that a variable's has
    ///   to have, or a stranger's stands where the save has its own, or if the folder has a field both by its
    ///   name and by an `alias`: one of the two would go.
    /// - [`ReadOnly`](crate::ErrorKind::ReadOnly) if the folder cannot be locked: see
    ///   [`without_lock`](SaveOptions::without_lock).
    /// - [`Value`](crate::ErrorKind::Value) or [`Limit`](crate::ErrorKind::Limit) if a value cannot be
    ///   pickled, [`Name`](crate::ErrorKind::Name) if the folder cannot have its name.
    /// - [`InterruptedSaveConflict`](crate::ErrorKind::InterruptedSaveConflict) if an earlier save was
    ///   interrupted and cannot be finished: see [`recover`](crate::recover()).
    /// - [`CommitPending`](crate::ErrorKind::CommitPending) or
    ///   [`DurabilityUnknown`](crate::ErrorKind::DurabilityUnknown) if the new state is the folder's, but
    ///   not yet in place or not surely on the disk. With every other error it is the old one.
    /// - [`FileType`](crate::ErrorKind::FileType), [`Io`](crate::ErrorKind::Io) and those of
    ///   [`load`](Self::load), if the folder that is there cannot be read or written: a save writes neither
    ///   through symbolic links nor over them.
    ///
    /// ```
    /// # use varpack::{MmapArray1, Varpack};
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     x: MmapArray1<f64>,
    ///     step: u64,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Run { x: vec![1.0, 2.0].into(), step: 7 }.save(folder)?;
    /// assert!(folder.join("x.npy").exists());
    /// # Ok::<(), varpack::Error>(())
    /// ```
    fn save(&self, folder: impl AsRef<Path>) -> Result<()> {
        self.save_with(folder, &SaveOptions::unreported()).map(drop)
    }

    /// Saves to a folder, as the options say. Gives what was done with each variable.
    ///
    /// # Errors
    /// As for [`save`](Self::save); [`Cancelled`](crate::ErrorKind::Cancelled) if the
    /// [progress callback](SaveOptions::progress) ends it, [`MissingVariable`](crate::ErrorKind::MissingVariable)
    /// if neither a field nor the folder has a variable that the options name.
    ///
    /// ```
    /// # use varpack::{MmapArray1, SaveOptions, Varpack};
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     x: MmapArray1<f64>,
    ///     step: u64,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// let run = Run { x: vec![1.0, 2.0].into(), step: 7 };
    /// run.save_with(folder, &SaveOptions::new().sync(false).prune(true))?;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    fn save_with(&self, folder: impl AsRef<Path>, options: &SaveOptions) -> Result<SaveReport> {
        let variables = PackWriter::collect(self)?;
        save::save(folder.as_ref(), &variables, options, None, false)?.outcome
    }

    /// Loads a folder, its arrays mapped copy-on-write (mode `c`): nothing that is done to the struct reaches the folder before it
    /// is saved, and then all of it or nothing.
    ///
    /// **Beside other writers.** A struct cannot know which folder it came from, or what that held: its arrays do, its values do
    /// not. So its save is refused ([`Stale`](crate::ErrorKind::Stale)) where someone else has saved what an array of its load
    /// has seen otherwise; and if it has no array, it is written over what others have saved. Where others save too, use
    /// [`update`](Self::update), or the [`Loaded`] of [`load_with`](Self::load_with), which remembers all.
    ///
    /// A load writes nothing but the lock file, if there is none: an interrupted save is read through, and what a stranger has put
    /// in its place is left out, with a note in the [report](crate::LoadReport).
    ///
    /// **Mapped files.** While an array is mapped, no program may truncate or edit its file but through
    /// `varpack`, which sees to it: saves replace files, and an in-place writer has the folder alone. The
    /// Python program truncates files as it saves: reading an array that it does that to ends the process
    /// (`SIGBUS`). Where that cannot be ruled out, load with [`Mode::InMemory`](crate::Mode::InMemory).
    /// Each map holds a lock on its file, so that no in-place writer that uses `varpack` is in its way,
    /// whatever becomes of names and folders; where the file system has no such locks the array is read.
    ///
    /// **Memory.** What is written through [`view_mut`](crate::MmapArray::view_mut) takes memory until the array is dropped. To write
    /// to the files themselves, as an array larger than memory needs, load with [`edit`](Self::edit).
    ///
    /// **Sharing.** Any number of loads of a folder may be alive, in any number of processes. A child that
    /// is forked off shares its parent's maps and their locks: it may read what is mapped (but for an array
    /// with unflushed edits), keeps others from editing it in place, and has to load anew to edit.
    ///
    /// # Errors
    /// Each says where, what was expected and what was found.
    /// - [`NotFound`](crate::ErrorKind::NotFound) if the folder, its `varpack.json` or a variable's file
    ///   does not exist, [`FileType`](crate::ErrorKind::FileType) if the folder is a file, or a file a
    ///   link, a folder, a device or the like. (A link to the folder itself is followed; those in it
    ///   [if told](LoadOptions::follow_links).)
    /// - [`MissingVariable`](crate::ErrorKind::MissingVariable) if the folder lacks a field's variable.
    /// - [`Dtype`](crate::ErrorKind::Dtype), [`Shape`](crate::ErrorKind::Shape) or
    ///   [`Value`](crate::ErrorKind::Value) if a variable is not of its field's type.
    /// - [`Manifest`](crate::ErrorKind::Manifest), [`Name`](crate::ErrorKind::Name),
    ///   [`Npy`](crate::ErrorKind::Npy), [`Pickle`](crate::ErrorKind::Pickle) or
    ///   [`Limit`](crate::ErrorKind::Limit) if a file is not what its format says, or is over a limit of the
    ///   [options](LoadOptions).
    /// - [`Busy`](crate::ErrorKind::Busy) if someone else edits the folder in place.
    /// - [`InterruptedSaveConflict`](crate::ErrorKind::InterruptedSaveConflict) if a save was interrupted
    ///   and cannot be finished: see [`recover`](crate::recover()).
    /// - [`Io`](crate::ErrorKind::Io) if the operating system refuses or fails.
    ///
    /// ```
    /// # use varpack::{MmapArray1, Varpack};
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     x: MmapArray1<f64>,
    ///     step: u64,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # Run { x: vec![1.0, 2.0].into(), step: 7 }.save(folder)?;
    /// let run = Run::load(folder)?;
    /// assert_eq!((run.x.sum(), run.step), (3.0, 7));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    fn load(folder: impl AsRef<Path>) -> Result<Self>
    where
        Self: PackFields,
    {
        // Values are remembered if an array is there to carry the memory.
        load(folder.as_ref(), &LoadOptions::default(), false).map(Loaded::into_inner)
    }

    /// Loads a folder to edit its arrays in place (mode `r+`): what is written through
    /// [`view_mut`](crate::MmapArray::view_mut) is in the file at once, without a save, and takes no memory. It reaches the disk in
    /// any order, by [`flush`](Self::flush) at the latest, and is no part of a save's all or nothing: a program that is killed in
    /// between leaves some of its edits. For edits that come whole or not at all, [`load`](Self::load) and save.
    ///
    /// The first `view_mut` takes the folder for this load alone, until the next `flush`; while others have it loaded, that is
    /// [`Busy`](crate::ErrorKind::Busy), and [`view_mut_wait`](crate::MmapArray::view_mut_wait) waits. Values are for a save, as
    /// ever. With other options: [`load_with`](Self::load_with) in [`Mode::ReadWrite`](crate::Mode::ReadWrite).
    ///
    /// # Errors
    /// As for [`load`](Self::load).
    ///
    /// ```
    /// # use varpack::{MmapArray1, Varpack};
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     x: MmapArray1<f64>,
    ///     step: u64,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # Run { x: vec![0.0; 100_000].into(), step: 7 }.save(folder)?;
    /// let mut run = Run::edit(folder)?;
    /// run.x.view_mut()?[0] = 1.0; // in the file, which NumPy sees
    /// run.flush()?; // and on the disk
    /// assert_eq!(Run::load(folder)?.x[0], 1.0);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    fn edit(folder: impl AsRef<Path>) -> Result<Self>
    where
        Self: PackFields,
    {
        load(folder.as_ref(), &LoadOptions::new().mode(Mode::ReadWrite), false)
            .map(Loaded::into_inner)
    }

    /// Loads a folder, as the options say. What comes back remembers its folder, what was skipped and
    /// what the load did.
    ///
    /// # Errors
    /// As for [`load`](Self::load); [`Usage`](crate::ErrorKind::Usage) or
    /// [`MissingVariable`](crate::ErrorKind::MissingVariable) if a variable to skip has no default or no
    /// field, [`Cancelled`](crate::ErrorKind::Cancelled) if the
    /// [progress callback](LoadOptions::progress) ends it.
    ///
    /// ```
    /// # use varpack::{LoadOptions, MmapArray1, Varpack};
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     x: MmapArray1<f64>,
    ///     step: u64,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # Run { x: vec![1.0, 2.0].into(), step: 7 }.save(folder)?;
    /// let mut run = Run::load_with(folder, &LoadOptions::new())?;
    /// run.x.view_mut()?.fill(0.0); // the file still has the old elements
    /// run.save()?; // now it has these, unless someone else has changed them
    /// assert_eq!(Run::load(folder)?.x.sum(), 0.0);
    /// # Ok::<(), varpack::Error>(())
    /// ```
    fn load_with(folder: impl AsRef<Path>, options: &LoadOptions) -> Result<Loaded<Self>>
    where
        Self: PackFields,
    {
        load(folder.as_ref(), options, true)
    }

    /// Loads a folder, changes the struct and saves it, while no other save can: two programs that both count
    /// up lose nothing. It waits up to a minute for others. If `change` fails nothing is saved. Edits in place keep it waiting until they are flushed, also those of this process.
    ///
    /// # Errors
    /// As of [`load`](Self::load), `change` and [`save`](Self::save); [`Busy`](crate::ErrorKind::Busy) if
    /// others do not come to an end; [`Usage`](crate::ErrorKind::Usage), at once, for a save or an update of the
    /// same folder from within `change`.
    ///
    /// ```
    /// # use varpack::Varpack;
    /// #[derive(Varpack)]
    /// struct Counter {
    ///     n: u64,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// Counter { n: 1 }.save(folder)?;
    /// let n = Counter::update(folder, |counter| {
    ///     counter.n += 1;
    ///     Ok(counter.n)
    /// })?;
    /// assert_eq!((n, Counter::load(folder)?.n), (2, 2));
    /// # Ok::<(), varpack::Error>(())
    /// ```
    fn update<R>(folder: impl AsRef<Path>, change: impl FnOnce(&mut Self) -> Result<R>) -> Result<R>
    where
        Self: PackFields,
    {
        Self::update_with(folder, &LoadOptions::new(), &SaveOptions::new(), change)
    }

    /// As [`update`](Self::update), as the options say: the `wait` of the save, or else of the load, is how
    /// long it waits. In mode `r+` what is edited in place is in the folder at once, whatever `change` gives.
    ///
    /// # Errors
    /// As of [`load_with`](Self::load_with), `change` and [`save_with`](Self::save_with).
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use varpack::{LoadOptions, SaveOptions, Varpack};
    /// # #[derive(Varpack)]
    /// # struct Counter {
    /// #     n: u64,
    /// # }
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # Counter { n: 1 }.save(folder)?;
    /// let save = SaveOptions::new().wait(Duration::from_secs(5));
    /// Counter::update_with(folder, &LoadOptions::new(), &save, |counter| {
    ///     counter.n += 1;
    ///     Ok(())
    /// })?;
    /// # Ok::<(), varpack::Error>(())
    /// ```
    fn update_with<R>(
        folder: impl AsRef<Path>,
        load: &LoadOptions,
        save: &SaveOptions,
        change: impl FnOnce(&mut Self) -> Result<R>,
    ) -> Result<R>
    where
        Self: PackFields,
    {
        update::update(folder.as_ref(), load, save, change)
    }

    /// Brings what was written through `view_mut` in mode `r+` to the disk, and lets other processes use
    /// the folder again. Fields that are no arrays, and arrays that were put in the place of others, are for a save.
    ///
    /// # Errors
    /// - [`Io`](crate::ErrorKind::Io) if the disk fails, now or at an earlier flush of the same array.
    /// - [`Usage`](crate::ErrorKind::Usage) if an array was changed in memory, in mode `c` or for it could not be mapped (as
    ///   [`MmapArray::flush`](crate::MmapArray::flush) says): a save writes it. All others are flushed.
    ///
    /// ```
    /// # use varpack::{MmapArray1, Varpack};
    /// #[derive(Varpack)]
    /// struct Run {
    ///     #[varpack(mmap)]
    ///     x: MmapArray1<f64>,
    ///     step: u64,
    /// }
    ///
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let folder = folder.path();
    /// # Run { x: vec![1.0, 2.0].into(), step: 7 }.save(folder)?;
    /// let mut run = Run::edit(folder)?;
    /// run.x.view_mut()?[0] = 10.0; // in the file, which NumPy sees
    /// run.flush()?; // and on the disk
    /// # Ok::<(), varpack::Error>(())
    /// ```
    fn flush(&self) -> Result<()> {
        let variables = PackWriter::collect(self)?;
        content::flush(&variables)?;
        content::check_flushed(&variables)
    }
}

impl<T: SaveFields> Varpack for T {}
