//! File systems mounted for a test, and unmounted after it.

use std::fmt::Write;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long a mount may be busy that nobody uses any more.
const PATIENCE: Duration = Duration::from_secs(2);

/// A mount that ends with its value.
#[derive(Debug)]
pub struct Mount {
    at: PathBuf,
    _folder: TempDir,
}

impl Mount {
    /// Mounts at a new folder: `mount <words> <folder>`.
    ///
    /// # Errors
    /// What `mount` says.
    pub fn new(words: &[&str]) -> Result<Self, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let at = folder.path().join("mounted");
        std::fs::create_dir(&at).map_err(|error| error.to_string())?;
        run("mount", words.iter().copied().chain([text(&at)]))?;
        Ok(Self { at, _folder: folder })
    }

    /// Mounts a file system in an image of that many MiB, made by `mkfs <words> <image>`. The second is the
    /// folder that holds the image.
    ///
    /// # Errors
    /// What `mkfs` or `mount` says.
    pub fn image(mebibytes: u64, mkfs: &[&str]) -> Result<(Self, TempDir), String> {
        let root = super::scratch();
        let image = root.path().join("image");
        let file = File::create(&image).map_err(|error| error.to_string())?;
        file.set_len(mebibytes << 20).map_err(|error| error.to_string())?;
        run(mkfs[0], mkfs[1..].iter().copied().chain([text(&image)]))?;
        Ok((Self::new(&["-o", "loop", text(&image)])?, root))
    }

    /// Where it is mounted.
    pub fn path(&self) -> &Path {
        &self.at
    }

    /// Mounts it again with other options: `mount -o remount,<options>`.
    ///
    /// # Errors
    /// What `mount` says.
    pub fn remount(&self, options: &str) -> Result<(), String> {
        run("mount", ["-o", &format!("remount,{options}"), text(&self.at)]).map(drop)
    }

    /// Unmounts it, so that all of it is in its image.
    ///
    /// # Errors
    /// What `umount` says.
    pub fn unmount(self) -> Result<(), String> {
        // What another test starts has our descriptors too, until it is a program of its own.
        let begun = Instant::now();
        loop {
            match run("umount", [text(&self.at)]) {
                Err(_) if begun.elapsed() < PATIENCE => sleep(Duration::from_millis(5)),
                outcome => return outcome.map(drop),
            }
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        // Unmounted already, or still in use by a test that fails: it goes when it is free.
        let _ = run("umount", ["-l", text(&self.at)]);
    }
}

/// Runs a program of the system.
///
/// # Errors
/// That it is missing, or what it says.
pub fn run<'a>(program: &str, words: impl IntoIterator<Item = &'a str>) -> Result<Output, String> {
    let words: Vec<&str> = words.into_iter().collect();
    let mut said = format!("{program} {}", words.join(" "));
    match Command::new(program).args(&words).output() {
        Ok(output) if output.status.success() => Ok(output),
        Ok(output) => {
            let stderr = String::from_utf8_lossy(&output.stderr);
            let _ = write!(said, ": {}: {}", output.status, stderr.trim());
            Err(said)
        }
        Err(error) => {
            let _ = write!(said, ": {error}");
            Err(said)
        }
    }
}

/// A path of a test's own, as a word of a command line.
///
/// # Panics
/// If it is not UTF-8.
pub fn text(path: &Path) -> &str {
    path.to_str().expect("a temporary folder's name is UTF-8")
}

/// Says that a test is skipped, and why.
pub fn skipped(test: &str, why: &str) {
    println!("skipped: {test}: {why}");
}
