//! A commit folder from a stranger, with its record, its files, links and folders: opened, saved over and
//! settled. Nothing outside the folder is touched, no foreign file, and nothing at all by a refusal.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::sync::LazyLock;
use varpack::{ErrorKind, LoadOptions, Mode, Pack, Recover, Result, SaveOptions, recover};
use varpack_fuzz::parts;
use varpack_fuzz::scratch::{Scratch, tree};

/// Links to outside, unlisted files and folders, as bits of the input's first byte.
const STAGED_LINK: u8 = 1;
const TARGET_LINK: u8 = 1 << 1;
const UNLISTED_FILE: u8 = 1 << 2;
const INNER_FOLDER: u8 = 1 << 3;
const STAGING: u8 = 1 << 4;
const COMMIT_IS_LINK: u8 = 1 << 5;

/// What no manifest of the input names, unless its text says so.
const FOREIGN: [&str; 2] = ["notes.txt", "other.npy"];

static SCRATCH: LazyLock<Scratch> = LazyLock::new(Scratch::new);

fuzz_target!(|input: &[u8]| {
    let [flags, old, values, x, y, record, new, staged_values, staged_x] = parts::split(input);
    let flags = flags.and_then(<[u8]>::first).copied().unwrap_or_default();
    let outside = SCRATCH.empty_folder("outside");
    fs::write(outside.join("x.npy"), "outside").expect("a file to write");
    let folder = SCRATCH.empty_folder("folder");
    let manifest = [("varpack.json", old), ("__misc_vars__.pickle", values), ("x.npy", x)];
    write(&folder, &manifest);
    for name in FOREIGN {
        fs::write(folder.join(name), "not ours").expect("a file to write");
    }
    if flags & TARGET_LINK != 0 {
        symlink(outside.join("x.npy"), folder.join("y.npy")).expect("a link");
    } else {
        write(&folder, &[("y.npy", y)]);
    }
    if flags & STAGING != 0 {
        fs::create_dir(folder.join(".varpack-staging")).expect("a folder");
        fs::write(folder.join(".varpack-staging/x.npy"), "stale").expect("a file to write");
    }

    let commit = folder.join(".varpack-commit");
    if flags & COMMIT_IS_LINK != 0 {
        symlink(&outside, &commit).expect("a link");
    } else {
        fs::create_dir(&commit).expect("a folder");
        write(&commit, &[("varpack.json", new), ("__misc_vars__.pickle", staged_values)]);
        if flags & STAGED_LINK != 0 {
            symlink(outside.join("x.npy"), commit.join("x.npy")).expect("a link");
        } else {
            write(&commit, &[("x.npy", staged_x)]);
        }
        if flags & UNLISTED_FILE != 0 {
            fs::write(commit.join("other.npy"), "unlisted").expect("a file to write");
        }
        if flags & INNER_FOLDER != 0 {
            fs::create_dir(commit.join("inner")).expect("a folder");
        }
        let record = record.map(|record| with_identities(record, &folder));
        write(&commit, &[("commit.json", record.as_deref())]);
    }

    let (before, outside_before) = (tree(&folder), tree(&outside));
    let done = run(flags >> 6, &folder);
    let after = tree(&folder);
    assert_eq!(tree(&outside), outside_before, "something outside was touched");
    let top: Vec<_> = SCRATCH.tree().into_keys().filter(|path| path.iter().count() == 1).collect();
    assert_eq!(top, [Path::new("folder"), Path::new("outside")], "something was made outside");
    if done.is_err_and(|error| error.kind() == ErrorKind::InterruptedSaveConflict) {
        assert_eq!(after, before, "a refusal touched a file");
    }
    let named = [old, new].into_iter().flatten().flatten().copied().collect::<Vec<u8>>();
    for name in FOREIGN {
        if !holds(&named, name.as_bytes()) && !holds(&named, b"\\u") {
            let path = Path::new(name);
            assert_eq!(after.get(path), before.get(path), "the foreign {name} was touched");
        }
    }
});

fn run(action: u8, folder: &Path) -> Result<()> {
    let unsynced = SaveOptions::new().sync(false);
    match action {
        0 => Pack::open(folder)?.save_with(&unsynced),
        1 => recover(folder, Recover::KeepFolder),
        2 => recover(folder, Recover::KeepCommit),
        _ => Pack::open_with(folder, &LoadOptions::new().mode(Mode::ReadOnly)).map(drop),
    }
}

fn write(folder: &Path, files: &[(&str, Option<&[u8]>)]) {
    for (name, bytes) in files {
        if let Some(bytes) = bytes {
            fs::write(folder.join(name), bytes).expect("a file to write");
        }
    }
}

/// Puts the identities, which no fuzzer can guess, where the record says `"@staged/x.npy"` (the file in the
/// commit folder) or `"@target/x.npy"` (the one that it goes over).
fn with_identities(record: &[u8], folder: &Path) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(record).into_owned();
    for name in ["varpack.json", "__misc_vars__.pickle", "x.npy", "y.npy", "notes.txt", "other.npy"]
    {
        for (place, path) in [("staged", folder.join(".varpack-commit")), ("target", folder.into())]
        {
            let content = match path.join(name).symlink_metadata() {
                Ok(found) => format!(
                    r#"{{"ino":{},"size":{},"mtime":[{},{}]}}"#,
                    found.ino(),
                    found.size(),
                    found.mtime(),
                    found.mtime_nsec()
                ),
                Err(_) => "null".to_owned(),
            };
            text = text.replace(&format!("\"@{place}/{name}\""), &content);
        }
    }
    text.into_bytes()
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
