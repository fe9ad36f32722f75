//! What the fuzz targets reach beyond the public API: the texts of a folder, without the folder.

use crate::Result;
use crate::budget::Budget;
use crate::layout::manifest::{Entry, Manifest};
use crate::layout::named::NamedFiles;
use crate::store::record::CommitRecord;

/// Reads the text of a `varpack.json` and writes it again.
///
/// # Errors
/// If it is no manifest.
///
/// # Panics
/// If what was read is written as something else, or if the two readers of manifests, the one of loads
/// and the one of interrupted saves, disagree on it.
pub fn manifest_text(text: &[u8]) -> Result<Vec<u8>> {
    // A commit is judged by less of its manifest than a load asks for, never by more.
    let named = NamedFiles::parse(text, &Budget::unlimited());
    let manifest = Manifest::parse(text, &Budget::unlimited())?;
    let named = named.expect("what a load reads names its files");
    for (variable, entry) in manifest.iter() {
        assert!(named.names(&entry.filename), "the file of `{variable}` is not named");
        let files = entry.files.iter().flatten();
        assert!(files.into_iter().all(|file| named.names(file)), "a file of `{variable}`");
    }
    let written = manifest.to_text().expect("what was read can be written");
    let again = Manifest::parse(&written, &Budget::unlimited()).expect("our own manifest");
    let sized = |(variable, entry): (&str, &Entry)| {
        // A size that is not known is written as 0, and what nobody looks into in ASCII.
        let size = entry.size.clone().or_else(|| Some(0.into()));
        (variable.to_owned(), Entry { size, others: Vec::new(), ..entry.clone() })
    };
    assert!(again.iter().map(sized).eq(manifest.iter().map(sized)), "{again:?}, not {manifest:?}");
    assert!(again.to_text().expect("what was written can be written again") == written);
    Ok(written)
}

/// Reads the text of a `commit.json` and writes it again.
///
/// # Errors
/// If it is no record of a commit.
pub fn record_text(text: &[u8]) -> std::result::Result<Vec<u8>, String> {
    CommitRecord::parse(text)?.to_bytes()
}
