//! Where the golden folders are, and copies of them to work on.

use crate::expected::Expected;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The two NumPy generations that wrote the golden folders: prefixes of their names.
pub const GENERATIONS: [&str; 2] = ["numpy1", "numpy2"];

/// What the golden folders hold, each once a generation.
pub const CONTENTS: [&str; 6] = ["readme", "dtypes", "values", "dicts", "separate", "digits"];

/// The root of the workspace.
///
/// # Panics
/// If the package has no parent folder.
pub fn workspace() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("the package lies in the workspace").to_path_buf()
}

/// The names of all golden folders: `numpy1-readme` to `numpy2-digits`.
pub fn names() -> impl Iterator<Item = String> {
    GENERATIONS.iter().flat_map(|generation| {
        CONTENTS.iter().map(move |content| format!("{generation}-{content}"))
    })
}

/// The path of a golden folder, to be read only.
///
/// # Panics
/// If there is none of that name.
pub fn path(name: &str) -> PathBuf {
    let path = golden().join(name);
    assert!(path.is_dir(), "no golden folder {}", path.display());
    path
}

/// What a reader has to find in a golden folder.
///
/// # Panics
/// If its `.expected.json` is missing or is not one.
pub fn expected(name: &str) -> Expected {
    let path = golden().join(format!("{name}.expected.json"));
    let text = fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
    Expected::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A copy of a golden folder that may be written to. It is removed with the value.
#[derive(Debug)]
pub struct Copied {
    // Held for its drop.
    _parent: TempDir,
    path: PathBuf,
}

impl Copied {
    /// The folder of the copy. Its path is absolute.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl AsRef<Path> for Copied {
    fn as_ref(&self) -> &Path {
        &self.path
    }
}

/// Copies a golden folder to a temporary one of the same name.
///
/// # Panics
/// If there is none of that name, or it cannot be copied.
pub fn copy(name: &str) -> Copied {
    copy_in("python-varpack", name)
}

/// The same, of a folder in another of the folders of golden data: `machines`.
///
/// # Panics
/// If there is none of that name, or it cannot be copied.
pub fn copy_in(set: &str, name: &str) -> Copied {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let target = parent.path().join(name);
    copy_files(&fixtures(set).join(name), &target)
        .unwrap_or_else(|error| panic!("cannot copy {name} to {}: {error}", target.display()));
    Copied { path: target, _parent: parent }
}

fn golden() -> PathBuf {
    fixtures("python-varpack")
}

fn fixtures(set: &str) -> PathBuf {
    workspace().join("tests").join("fixtures").join(set)
}

fn copy_files(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        // Contents alone: where the checkout is read-only, the copy is not.
        fs::write(to.join(entry.file_name()), fs::read(entry.path())?)?;
    }
    Ok(())
}
