//! The order of the rooms of `varpack`: each imports only from those before it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// From the lowest up. The crates `varpack-npy` and `varpack-pickle` come before all of them.
const ROOMS: [&str; 7] = ["os", "layout", "store", "array", "folder", "dynamic", "field"];

/// What every room may use: it imports from none.
const TOOLS: [&str; 6] = ["npy", "pickle", "parallel", "text", "sync", "budget"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../varpack/src")
}

/// The files below a folder but those of tests, with their code without comments.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if name == "tests" {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code: Vec<_> =
                text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
            found.push((path, code.join("\n")));
        }
    }
    found
}

/// The first names of all paths that begin with `crate::`.
fn roots(code: &str) -> Vec<String> {
    let name = |text: &str| -> String {
        text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
    };
    let mut roots = Vec::new();
    for (at, found) in code.match_indices("crate::") {
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        let rest = &code[at + found.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            roots.push(name(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (at, c) in list.char_indices() {
            if depth == 0 && start && !c.is_whitespace() {
                roots.push(name(&list[at..]));
                start = false;
            }
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' => start = depth == 0,
                _ => {}
            }
        }
    }
    roots
}

/// The room that each name at the root of the crate comes from.
fn exports() -> BTreeMap<String, String> {
    let code = fs::read_to_string(source().join("lib.rs")).unwrap();
    let mut exports = BTreeMap::new();
    for statement in code.split(';') {
        let Some(at) = statement.rfind("pub use ") else { continue };
        let path = &statement[at + "pub use ".len()..];
        let room = path.split("::").next().unwrap_or_default().trim();
        for name in path.split(|c: char| !c.is_alphanumeric() && c != '_') {
            exports.insert(name.to_owned(), room.to_owned());
        }
    }
    exports
}

#[test]
fn each_room_imports_only_from_those_before_it() {
    let exports = exports();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (number, room) in ROOMS.iter().enumerate() {
        for (path, code) in files(&source().join(room)) {
            for root in roots(&code) {
                seen += 1;
                let from = match exports.get(&root) {
                    Some(room) if !ROOMS.contains(&root.as_str()) => room.as_str(),
                    _ => root.as_str(),
                };
                let is_before = ROOMS[..=number].contains(&from) || TOOLS.contains(&from);
                if !is_before {
                    wrong.push(format!("{}: {root} of `{from}`", path.display()));
                }
            }
        }
    }
    assert!(seen > 400, "{seen} imports were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_path_leaves_its_room_upwards() {
    for room in ROOMS {
        let folder = source().join(room);
        for (path, code) in files(&folder) {
            let inside = path.strip_prefix(&folder).unwrap();
            let is_mod = inside.file_name().is_some_and(|name| name == "mod.rs");
            let depth = inside.components().count() - usize::from(is_mod);
            // One more is that of a module of tests within the file.
            let supers = depth + 1 + usize::from(code.contains("mod tests {"));
            let found = code.lines().find(|line| line.contains(&"super::".repeat(supers)));
            assert_eq!(found, None, "{}", path.display());
        }
    }
}

#[test]
fn every_file_lies_in_a_room() {
    let mut at_the_root: Vec<_> = fs::read_dir(source())
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    at_the_root.sort();
    let mut expected: Vec<_> = ROOMS.map(str::to_owned).to_vec();
    expected.extend(["lib.rs", "parallel.rs", "fuzzing.rs", "tests"].map(str::to_owned));
    expected.sort();
    assert_eq!(at_the_root, expected);
}

#[test]
fn codecs_know_nothing_of_folders_files_and_systems() {
    for krate in ["varpack-npy", "varpack-pickle"] {
        let folder = source().join("../..").join(krate).join("src");
        for (path, code) in files(&folder) {
            for word in ["std::fs", "File::", "target_os", "ndarray::", "nix::", "varpack::"] {
                let found = code.lines().find(|line| {
                    line.contains(word)
                        && !line.contains('"')
                        && !line.trim_start().starts_with("note")
                });
                assert_eq!(found, None, "{}", path.display());
            }
        }
    }
}
