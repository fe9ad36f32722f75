//! The names of the folder's own files and folders: all of them, and what may have none of them.

/// The manifest: variable name -> file, size, shape, dtype.
pub(crate) const MANIFEST: &str = "varpack.json";

/// The pickle that every variable without a file of its own shares.
pub(crate) const SHARED_PICKLE: &str = "__misc_vars__.pickle";

/// The lock file. Once a save is made it is never removed, nor replaced while it is locked: a holder would go on locking
/// a file that nobody else can find. A save that fails takes back the one that it has made.
pub(crate) const LOCK_FILE: &str = ".varpack.lock";

/// The byte of an array's file that is locked, wherever its data are: shared by whoever maps the file, or reads it in a
/// folder without locks; exclusive while it is edited in place, or is a copy that may yet be written over. Locks are
/// advisory, and change no byte.
pub(crate) const DATA_LOCK: i32 = 0;

/// Where a save makes its files; nobody but the holder of the writer lock looks at it.
pub(crate) const STAGING_FOLDER: &str = ".varpack-staging";

/// Holds the files of a commit until they are in their places. Its being there is the commit point.
pub(crate) const COMMIT_FOLDER: &str = ".varpack-commit";

/// What a commit moves and removes, in the commit folder.
pub(crate) const RECORD_FILE: &str = "commit.json";

/// Where a folder of varpack's own goes to be emptied, in one step: under this name nobody commits it, and what
/// was committed before the step is no longer there to be emptied.
pub(crate) const DISCARDED_FOLDER: &str = ".varpack-discarded";

/// Begins the name that a file has for a moment: an unnamed one on a file system that knows no such files, and a lock file
/// that is made anew.
pub(crate) const SCRATCH: &str = ".varpack-scratch-";

/// Begins the name of a file that was replaced or removed while a system that lets nobody remove a mapped file had it
/// mapped. It belongs to nobody: the next save removes it, if it can be removed by then.
pub(crate) const ASIDE: &str = ".varpack-aside-";

/// A name that is nobody's, for a file that is removed or, where `replaced` is its name, gives its place to another: who finds
/// that place empty knows by it where the file is.
#[cfg(any(windows, test))]
pub(crate) fn aside(number: u64, replaced: Option<&str>) -> String {
    let number = format!("{ASIDE}{number:016x}");
    match replaced.map(|name| format!("{number}-{name}")) {
        Some(name) if name.len() <= 255 => name,
        _ => number,
    }
}

/// What a file was called that is aside while another takes its place.
pub(crate) fn called_before(aside: &str) -> Option<&str> {
    let (number, name) = aside.strip_prefix(ASIDE)?.split_once('-')?;
    (number.len() == 16).then_some(name)
}

/// Ends the name of a folder that is not in its place yet.
const NEW: &str = ".varpack-new";

/// Whether a folder of this name is not in its place yet, whatever that is.
pub(crate) fn is_temporary(name: &str) -> bool {
    let rest = name.strip_prefix('.').and_then(|rest| rest.rsplit_once(NEW));
    let digits = rest.and_then(|(stem, end)| (!stem.is_empty()).then_some(end));
    digits.is_some_and(|end| {
        let digits = end.strip_prefix('-').filter(|digits| digits.len() == 16);
        end.is_empty() || digits.is_some_and(|it| it.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}

/// Names that no variable's file may have.
pub(crate) fn is_reserved(name: &str) -> bool {
    name == RECORD_FILE || name.starts_with(".varpack")
}

/// Whether a save makes files of that name: in a folder that it has left, all others are somebody's.
pub(crate) fn is_of_a_save(name: &str) -> bool {
    [LOCK_FILE, MANIFEST, RECORD_FILE].contains(&name)
        || name.starts_with(ASIDE)
        || [".npy", ".pickle"].iter().any(|suffix| name.ends_with(suffix))
}

/// Hidden, beside the folder's place, the same for every save of it where `suffix` is empty.
pub(crate) fn temporary_name(name: &str, suffix: &str) -> String {
    let mut stem = name.to_owned();
    while stem.len() + NEW.len() + suffix.len() + 1 > 255 {
        stem.pop();
    }
    format!(".{stem}{NEW}{suffix}")
}
