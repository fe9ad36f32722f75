//! The order of the rooms of `varpack`: each imports only from those before it, and no file of one in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// From the lowest up. The crates `varpack-npy` and `varpack-pickle` come before all of them.
const ROOMS: [&str; 7] = ["layout", "os", "store", "array", "folder", "dynamic", "field"];

/// What every room may use: it imports from none.
const TOOLS: [&str; 6] = ["npy", "pickle", "parallel", "text", "sync", "budget"];

/// A struct may hold structs, so that whoever writes its fields writes fields again.
const DESCENT: [&str; 2] = ["field::fields", "field::writer"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../varpack/src")
}

/// The files below a folder but those of tests, with their code without comments.
fn files(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|name| name == "tests" || name == "testing") {
            continue;
        }
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            let code = text.lines().map(|line| line.split("//").next().unwrap_or_default());
            // Modules within a file are of its tests.
            let code = code.take_while(|line| !line.starts_with("#[cfg(test)]\nmod "));
            found.push((path, code.collect::<Vec<_>>().join("\n")));
        }
    }
    found
}

/// `store::commit` of `store/commit.rs`.
fn module(path: &Path) -> Vec<String> {
    let inside = path.strip_prefix(source()).unwrap().with_extension("");
    let mut parts: Vec<_> = inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
    if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
        parts.pop();
    }
    parts
}

/// All paths that begin with `crate` or `super`, those in braces one by one.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for start in ["crate::", "super::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back();
            if before.is_none_or(|c| !c.is_alphanumeric() && !"_:$".contains(c)) {
                expand(&code[at..], &[], &mut found);
            }
        }
    }
    found
}

/// Reads one path, or a tree of them; gives what is left of the text.
fn expand<'c>(code: &'c str, before: &[String], found: &mut Vec<Vec<String>>) -> &'c str {
    let mut path = before.to_vec();
    let mut rest = code;
    loop {
        if let Some(mut list) = rest.strip_prefix('{') {
            loop {
                list = expand(list.trim_start_matches([' ', '\n', ',']), &path, found);
                list = list.trim_start_matches([' ', '\n', ',']);
                if let Some(rest) = list.strip_prefix('}') {
                    return rest;
                }
                if list.is_empty() {
                    return list;
                }
            }
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        path.push(name.to_owned());
        match after.strip_prefix("::") {
            Some(more) if more.starts_with(|c: char| c.is_alphanumeric() || "_{".contains(c)) => {
                rest = more;
            }
            _ => {
                found.push(path);
                // What it is called here is no path.
                let after = after.strip_prefix(" as ").unwrap_or(after);
                let end = after.find([',', '}', ';', '\n', '(', ' ']).unwrap_or(after.len());
                return if end == 0 && !after.starts_with([',', '}']) {
                    after.get(1..).unwrap_or_default()
                } else {
                    &after[end..]
                };
            }
        }
    }
}

/// The module that each name at the root of the crate comes from.
fn exports() -> BTreeMap<String, Vec<String>> {
    let code = fs::read_to_string(source().join("lib.rs")).unwrap();
    let mut exports = BTreeMap::new();
    for statement in code.split(';') {
        let Some(at) = statement.rfind("\npub use ") else { continue };
        let mut found = Vec::new();
        expand(&statement[at + "\npub use ".len()..], &[], &mut found);
        for mut path in found {
            let name = path.pop().unwrap();
            exports.insert(name, path);
        }
    }
    exports
}

/// A path from the root of the crate, of what the code of a module names.
fn absolute(
    module: &[String],
    path: &[String],
    exports: &BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    if path[0] == "crate" {
        let rest = &path[1..];
        return match exports.get(&rest[0]) {
            Some(from) => from.clone(),
            None => rest.to_vec(),
        };
    }
    let supers = path.iter().take_while(|part| *part == "super").count();
    let above = module.len().saturating_sub(supers);
    module[..above].iter().chain(&path[supers..]).cloned().collect()
}

#[test]
fn each_room_imports_only_from_those_before_it() {
    let exports = exports();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (number, room) in ROOMS.iter().enumerate() {
        for (path, code) in files(&source().join(room)) {
            for named in paths(&code) {
                let from = absolute(&module(&path), &named, &exports);
                let Some(from) = from.first() else { continue };
                seen += 1;
                let is_before = ROOMS[..=number].contains(&from.as_str());
                let is_at_root =
                    ["Error", "ErrorKind", "Result", "Element"].contains(&from.as_str());
                if !is_before && !is_at_root && !TOOLS.contains(&from.as_str()) {
                    wrong.push(format!("{}: {}", path.display(), named.join("::")));
                }
            }
        }
    }
    assert!(seen > 800, "{seen} paths were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    let exports = exports();
    let all = files(&source());
    let modules: BTreeSet<String> = all.iter().map(|(path, _)| module(path).join("::")).collect();
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, code) in &all {
        let module = module(path);
        let here = module.join("::");
        for named in paths(code) {
            let mut from = absolute(&module, &named, &exports);
            while !from.is_empty() && !modules.contains(&from.join("::")) {
                from.pop();
            }
            let from = from.join("::");
            // What is above and below in the tree is one with it.
            let is_kin = here.starts_with(&from) || from.starts_with(&here);
            let is_descent = DESCENT.contains(&here.as_str()) && DESCENT.contains(&from.as_str());
            if !is_kin && !is_descent {
                imports.entry(here.clone()).or_default().insert(from);
            }
        }
    }
    assert!(imports.len() > 60, "{}", imports.len());
    // Whatever imports nothing is taken away, until only circles are left.
    loop {
        let left: BTreeSet<String> = imports.keys().cloned().collect();
        for from in imports.values_mut() {
            from.retain(|module| left.contains(module));
        }
        let before = imports.len();
        imports.retain(|_, from| !from.is_empty());
        if imports.len() == before {
            break;
        }
    }
    assert!(imports.is_empty(), "{imports:#?}");
}

#[test]
fn every_file_lies_in_a_room() {
    let names = fs::read_dir(source()).unwrap().map(|entry| entry.unwrap().file_name());
    let at_the_root: BTreeSet<_> = names.map(|name| name.into_string().unwrap()).collect();
    let mut expected: BTreeSet<_> = ROOMS.map(str::to_owned).into();
    expected.extend(["lib.rs", "parallel.rs", "fuzzing.rs", "tests"].map(str::to_owned));
    assert_eq!(at_the_root, expected);
}

#[test]
fn codecs_know_nothing_of_folders_files_and_systems() {
    for krate in ["varpack-npy", "varpack-pickle"] {
        let source = source().join("../..").join(krate);
        let manifest = fs::read_to_string(source.join("Cargo.toml")).unwrap();
        for other in ["varpack.workspace", "ndarray", "nix", "rustix", "memmap2"] {
            assert!(!manifest.contains(other), "{krate}: {other}");
        }
        for (path, code) in files(&source.join("src")) {
            for word in ["std::fs", "File::", "target_os", "std::os::"] {
                assert!(!code.contains(word), "{}: {word}", path.display());
            }
        }
    }
}
