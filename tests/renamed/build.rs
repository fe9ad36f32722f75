//! Rewrites the derive's tests: the crate is called `vp`, and around what must compile the prelude is
//! gone.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

fn main() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let cases = Path::new("../tests/pass");
    println!("cargo::rerun-if-changed={}", cases.display());
    let mut paths = fs::read_dir(cases)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    let mut modules = String::new();
    for path in paths {
        // One that says where the crate is tests that alone.
        if !fs::read_to_string(&path)?.contains("crate = \"") {
            modules.push_str("#[no_implicit_prelude]\n");
            add_module(&mut modules, &path, &out)?;
        }
    }
    let behaviour = Path::new("../tests/derive_schema_change.rs");
    println!("cargo::rerun-if-changed={}", behaviour.display());
    add_module(&mut modules, behaviour, &out)?;
    fs::write(out.join("cases.rs"), modules)?;
    Ok(())
}

/// Writes the renamed program beside the others, and a line that makes it a module.
fn add_module(modules: &mut String, path: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let name = path.file_stem().and_then(|stem| stem.to_str()).ok_or("a name in UTF-8")?;
    let file = out.join(path.file_name().ok_or("a file")?);
    fs::write(&file, renamed(&fs::read_to_string(path)?))?;
    writeln!(modules, "#[path = {file:?}]\nmod {name};")?;
    Ok(())
}

/// The crates that the tests name, and the names they have here.
const CRATES: [(&str, &str); 6] = [
    ("half", "half"),
    ("ndarray", "ndarray"),
    ("serde", "serde"),
    ("std", "std"),
    ("tempfile", "tempfile"),
    ("varpack", "vp"),
];

/// The same program, with the crate under the name `vp`, and paths that do without the prelude.
fn renamed(source: &str) -> String {
    let mut renamed = String::new();
    for line in source.lines() {
        let indent = line.len() - line.trim_start().len();
        let mut rewritten = line.to_owned();
        for (old, new) in CRATES {
            rewritten = rooted(&rewritten, &format!("{old}::"), &format!("::{new}::"));
        }
        renamed.push_str(&rewritten);
        renamed.push('\n');
        let is_ours = ["Varpack", "NpyElement"].iter().any(|derive| line.contains(derive));
        if line.trim_start().starts_with("#[derive(") && is_ours {
            renamed.extend(std::iter::repeat_n(' ', indent));
            renamed.push_str("#[varpack(crate = \"::vp\")]\n");
        }
    }
    renamed
}

/// Replaces `old` where a path starts with it.
fn rooted(line: &str, old: &str, new: &str) -> String {
    let mut rooted = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(old) {
        let (before, from) = rest.split_at(at);
        rooted.push_str(before);
        let inside = before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        rooted.push_str(if inside { old } else { new });
        rest = &from[old.len()..];
    }
    rooted + rest
}
