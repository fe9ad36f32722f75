//! The order of the rooms of each crate: each imports only from those before it, and no file of one in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// A crate of the workspace.
struct Crate {
    name: &'static str,
    /// From the lowest up.
    rooms: &'static [&'static str],
    /// What every room may use: it imports from none.
    tools: &'static [&'static str],
    /// Files that call each other because what they read or write holds others of its kind.
    descents: &'static [&'static [&'static str]],
    /// Files of the root beside those.
    others: &'static [&'static str],
    /// As many paths are found in it at least, and as many files that import others.
    least: (usize, usize),
}

const CRATES: [Crate; 3] = [
    Crate {
        name: "varpack-npy",
        rooms: &[],
        tools: &[],
        descents: &[],
        others: &[],
        least: (0, 10),
    },
    Crate {
        name: "varpack-pickle",
        rooms: &[
            "format", "value", "arena", "python", "machine", "document", "write", "convert",
            "carry", "de", "ser",
        ],
        tools: &["npy", "bigint", "budget", "limits", "record_place", "sync"],
        descents: &[
            &["value::kinds", "value::shared"],
            &["ser::serializer", "ser::compound", "ser::capture", "ser::keys"],
            &[
                "de::access",
                "de::deserializer",
                "de::elements",
                "de::object_elements",
                "de::pairs",
                "de::reserved",
                "de::visit",
            ],
        ],
        others: &["lib.rs"],
        least: (300, 40),
    },
    // The crates above come before all of its rooms.
    Crate {
        name: "varpack",
        rooms: &["layout", "os", "store", "array", "folder", "dynamic", "field"],
        tools: &["npy", "pickle", "parallel", "text", "sync", "budget"],
        // A struct may hold structs.
        descents: &[&["field::fields", "field::writer"]],
        others: &["lib.rs", "fuzzing.rs", "tests"],
        least: (800, 60),
    },
];

impl Crate {
    fn source(&self) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(self.name).join("src")
    }

    /// `store::commit` of `store/commit.rs`.
    fn module(&self, path: &Path) -> Vec<String> {
        let inside = path.strip_prefix(self.source()).unwrap().with_extension("");
        let mut parts: Vec<_> =
            inside.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if parts.last().is_some_and(|last| last == "mod" || last == "lib") {
            parts.pop();
        }
        parts
    }

    /// The module that each name at the root of the crate comes from.
    fn exports(&self) -> BTreeMap<String, Vec<String>> {
        let code = fs::read_to_string(self.source().join("lib.rs")).unwrap();
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
            let code = code_of(&fs::read_to_string(&path).unwrap());
            found.push((path, code));
        }
    }
    found
}

/// Without comments, and without the modules at its end, which are of its tests.
fn code_of(text: &str) -> String {
    let code: Vec<_> =
        text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect();
    let code = code.join("\n");
    code.split("#[cfg(test)]\nmod ").next().unwrap_or_default().to_owned()
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

/// A path from the root of the crate, of what the code of a module names.
fn absolute(
    module: &[String],
    path: &[String],
    exports: &BTreeMap<String, Vec<String>>,
) -> Vec<String> {
    if path[0] == "crate" {
        let rest = &path[1..];
        return match rest.first().and_then(|name| exports.get(name)) {
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
    for krate in &CRATES {
        let exports = krate.exports();
        let (mut wrong, mut seen) = (Vec::new(), 0);
        for (number, room) in krate.rooms.iter().enumerate() {
            for (path, code) in files(&krate.source().join(room)) {
                for named in paths(&code) {
                    let from = absolute(&krate.module(&path), &named, &exports);
                    let Some(from) = from.first() else { continue };
                    seen += 1;
                    let is_before = krate.rooms[..=number].contains(&from.as_str());
                    let is_at_root = ["Error", "ErrorKind", "Result", "Element", "varpack_npy"]
                        .contains(&from.as_str());
                    if !is_before && !is_at_root && !krate.tools.contains(&from.as_str()) {
                        wrong.push(format!("{}: {}", path.display(), named.join("::")));
                    }
                }
            }
        }
        assert!(seen >= krate.least.0, "{}: {seen} paths were found", krate.name);
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

#[test]
fn tools_import_from_no_room() {
    for krate in &CRATES {
        let exports = krate.exports();
        for tool in krate.tools {
            let path = krate.source().join(tool).with_extension("rs");
            let Ok(text) = fs::read_to_string(&path) else { continue };
            for named in paths(&code_of(&text)) {
                let from = absolute(&krate.module(&path), &named, &exports);
                let is_room = krate.rooms.contains(&from.first().map_or("", |first| first));
                assert!(!is_room, "{}: {}", path.display(), named.join("::"));
            }
        }
    }
}

#[test]
fn no_files_import_each_other_in_a_circle() {
    for krate in &CRATES {
        let imports = imports(krate);
        assert!(imports.len() >= krate.least.1, "{}: {}", krate.name, imports.len());
        let circles = circles(imports);
        assert!(circles.is_empty(), "{}: {circles:#?}", krate.name);
    }
}

/// What each file imports from files that are not above or below it in the tree, but for descents.
fn imports(krate: &Crate) -> BTreeMap<String, BTreeSet<String>> {
    let exports = krate.exports();
    let all = files(&krate.source());
    let modules: BTreeSet<String> =
        all.iter().map(|(path, _)| krate.module(path).join("::")).collect();
    let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (path, code) in &all {
        let module = krate.module(path);
        let here = module.join("::");
        for named in paths(code) {
            let mut from = absolute(&module, &named, &exports);
            while !from.is_empty() && !modules.contains(&from.join("::")) {
                from.pop();
            }
            let from = from.join("::");
            let is_kin = here.starts_with(&from) || from.starts_with(&here);
            let is_descent = krate
                .descents
                .iter()
                .any(|files| files.contains(&here.as_str()) && files.contains(&from.as_str()));
            if !is_kin && !is_descent {
                imports.entry(here.clone()).or_default().insert(from);
            }
        }
    }
    imports
}

/// Whatever imports nothing is taken away, until only circles are left.
fn circles(mut imports: BTreeMap<String, BTreeSet<String>>) -> BTreeMap<String, BTreeSet<String>> {
    loop {
        let left: BTreeSet<String> = imports.keys().cloned().collect();
        for from in imports.values_mut() {
            from.retain(|module| left.contains(module));
        }
        let before = imports.len();
        imports.retain(|_, from| !from.is_empty());
        if imports.len() == before {
            return imports;
        }
    }
}

#[test]
fn every_file_lies_in_a_room() {
    for krate in CRATES.iter().filter(|krate| !krate.rooms.is_empty()) {
        let source = krate.source();
        let names = fs::read_dir(&source).unwrap().map(|entry| entry.unwrap().file_name());
        let at_the_root: BTreeSet<_> = names.map(|name| name.into_string().unwrap()).collect();
        // The tests of a tool stand in a folder of its name.
        let files = krate.tools.iter().flat_map(|&tool| [format!("{tool}.rs"), tool.to_owned()]);
        let files = files.filter(|file| source.join(file).exists());
        let others = krate.rooms.iter().chain(krate.others).map(|&name| name.to_owned());
        assert_eq!(at_the_root, files.chain(others).collect(), "{}", krate.name);
    }
}

#[test]
fn codecs_know_nothing_of_folders_files_and_systems() {
    for krate in ["varpack-npy", "varpack-pickle"] {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(krate);
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

#[test]
fn rooms_stand_in_the_table_of_contributing_in_their_order() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../CONTRIBUTING.md"));
    let text = text.unwrap();
    for krate in CRATES.iter().filter(|krate| !krate.rooms.is_empty()) {
        let table = text.split(&format!("| room of `{}` |", krate.name)).nth(1).unwrap();
        let table = table.split("\n\n").next().unwrap();
        let places: Vec<_> =
            krate.rooms.iter().map(|room| table.find(&format!("`{room}`"))).collect();
        assert!(places.iter().all(Option::is_some), "{}: {places:?}", krate.name);
        assert!(places.is_sorted(), "{}: {places:?}", krate.name);
    }
}

#[test]
fn functions_that_an_array_passes_are_where_contributing_has_them() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = fs::read_to_string(root.join("CONTRIBUTING.md")).unwrap();
    let section = text.split("## What an array passes").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let steps = section.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit()));
    let mut seen = 0;
    for step in steps {
        let names = step.split("`: ").next().unwrap().split('`').skip(1).step_by(2);
        let names: Vec<_> = names.collect();
        let [file, functions @ ..] = names.as_slice() else { panic!("{step}") };
        let code = fs::read_to_string(root.join("varpack/src").join(file)).unwrap();
        for function in functions {
            let name = function.rsplit("::").next().unwrap();
            let is_there = [format!("fn {name}("), format!("fn {name}<")];
            assert!(is_there.iter().any(|line| code.contains(line)), "{file}: {function}");
            seen += 1;
        }
    }
    assert!(seen >= 28, "{seen} functions were found");
}
