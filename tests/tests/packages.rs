//! Each crate is whole by itself: its licences, a README of its own, and links in that which hold outside of this repository.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::path::{Path, PathBuf};

const CRATES: [&str; 4] = ["varpack", "varpack-derive", "varpack-npy", "varpack-pickle"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn each_crate_has_licences_and_a_readme_of_its_own() {
    for krate in CRATES {
        let folder = root().join(krate);
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let whole = fs::read(root().join(licence)).unwrap();
            assert_eq!(fs::read(folder.join(licence)).unwrap(), whole, "{krate}: {licence}");
        }
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        for line in
            ["readme = \"README.md\"", &format!("documentation = \"https://docs.rs/{krate}\"")]
        {
            assert!(manifest.contains(line), "{krate}: {line}");
        }
    }
}

#[test]
fn links_in_the_readmes_of_crates_hold_outside_of_the_repository() {
    for krate in CRATES {
        let text = fs::read_to_string(root().join(krate).join("README.md")).unwrap();
        for link in text.split("](").skip(1) {
            let link = link.split(')').next().unwrap();
            assert!(link.starts_with("https://"), "{krate}: {link}");
        }
    }
}

#[test]
fn links_in_the_readme_of_the_repository_lead_somewhere() {
    let text = fs::read_to_string(root().join("README.md")).unwrap();
    for link in text.split("](").skip(1) {
        let link = link.split(')').next().unwrap();
        let file = link.split('#').next().unwrap();
        assert!(file.starts_with("https://") || root().join(file).exists(), "{link}");
    }
}
