//! Rewrites the derive's must-compile tests: the crate is called `vp`, and the prelude is gone.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let cases = Path::new("../tests/pass");
    println!("cargo::rerun-if-changed={}", cases.display());
    let mut paths = fs::read_dir(cases)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()?;
    paths.sort();
    let out = env::var("OUT_DIR")?;
    let mut modules = String::new();
    for path in paths {
        let source = fs::read_to_string(&path)?;
        // One that says where the crate is tests that alone.
        if source.contains("crate = \"") {
            continue;
        }
        let name = path.file_stem().and_then(|stem| stem.to_str()).ok_or("a name in UTF-8")?;
        let file = Path::new(&out).join(path.file_name().ok_or("a file")?);
        fs::write(&file, renamed(&source))?;
        writeln!(modules, "#[no_implicit_prelude]\n#[path = {file:?}]\nmod {name};")?;
    }
    fs::write(Path::new(&out).join("cases.rs"), modules)?;
    Ok(())
}

/// The crates that the tests name, and the names they have here.
const CRATES: [(&str, &str); 5] = [
    ("half", "half"),
    ("ndarray", "ndarray"),
    ("serde", "serde"),
    ("std", "std"),
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
        if line.trim_start().starts_with("#[derive(") && line.contains("Varpack") {
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
