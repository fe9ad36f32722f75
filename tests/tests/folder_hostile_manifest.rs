//! A `varpack.json` that no one should trust: each way into the folder gives one clear error, or a note
//! in the report where the Python program writes such a thing, and touches nothing.
#![allow(clippy::unwrap_used)]

use ndarray::Array1;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{
    ErrorKind, LoadAction, LoadOptions, LoadReport, MmapArray1, Mode, Pack, ReadReason, Varpack,
};
use varpack_tests::fixtures;
use varpack_tests::folders::{State, refusals};

const SHARED: &str = "__misc_vars__.pickle";

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    step: i64,
}

fn saved() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    Run { x: Array1::ones(20_000).into(), step: 7 }.save(&folder).unwrap();
    (parent, folder)
}

fn manifest_path(folder: &Path) -> PathBuf {
    folder.join("varpack.json")
}

/// Loads a folder with another manifest, which both ways in refuse.
#[track_caller]
fn refused(manifest: impl AsRef<[u8]>, kind: ErrorKind, variable: Option<&str>, found: &str) {
    let (_parent, folder) = saved();
    fs::write(manifest_path(&folder), manifest).unwrap();
    for error in refusals::<Run>(&folder) {
        assert_eq!((error.kind(), error.variable()), (kind, variable), "{error}");
        assert_eq!(error.path(), Some(manifest_path(&folder).as_path()), "{error}");
        assert!(error.expected().is_some(), "{error}");
        assert_eq!(error.found(), Some(found), "{error}");
        assert!(error.to_string().len() < 700, "{error}");
    }
}

#[test]
fn missing_manifest_is_refused() {
    let (_parent, folder) = saved();
    fs::remove_file(manifest_path(&folder)).unwrap();
    for error in refusals::<Run>(&folder) {
        assert_eq!(error.kind(), ErrorKind::NotFound);
        assert_eq!(error.path(), Some(manifest_path(&folder).as_path()));
        assert_eq!(error.expected(), Some("a folder with a `varpack.json`"));
    }
}

#[test]
fn missing_folder_is_refused_and_not_made() {
    let (_parent, folder) = saved();
    let absent = folder.join("absent");
    for error in
        [Run::load(&absent).map(drop).unwrap_err(), Pack::open(&absent).map(drop).unwrap_err()]
    {
        assert_eq!((error.kind(), error.path()), (ErrorKind::NotFound, Some(absent.as_path())));
    }
    assert!(!absent.exists());
}

#[test]
fn file_in_place_of_the_folder_is_refused() {
    let (_parent, folder) = saved();
    let file = folder.join("x.npy");
    let run = Run { x: Array1::ones(2).into(), step: 1 };
    for error in [
        Run::load(&file).map(drop).unwrap_err(),
        Pack::open(&file).map(drop).unwrap_err(),
        run.save(&file).unwrap_err(),
    ] {
        assert_eq!((error.kind(), error.path()), (ErrorKind::FileType, Some(file.as_path())));
        assert_eq!((error.expected(), error.found()), (Some("a folder"), Some("a file")));
    }
}

#[test]
fn empty_manifest_is_refused() {
    refused("", ErrorKind::Manifest, None, "an empty file");
}

#[test]
fn manifest_that_is_not_json_is_refused() {
    let no_json = "what is no JSON";
    for text in ["x = 1", "{'x': 1}", "{]", "{} {}", "{\"x\": +1}", "\u{0}"] {
        let variable = text.starts_with("{\"x\"").then_some("x");
        refused(text, ErrorKind::Manifest, variable, no_json);
    }
    refused(b"{\"\xFF\": 1}", ErrorKind::Manifest, None, no_json);
    refused("   ", ErrorKind::Manifest, None, "a text that ends too early");
    refused(r#"{"x": {"filename""#, ErrorKind::Manifest, Some("x"), "a text that ends too early");
}

#[test]
fn manifest_with_a_byte_order_mark_is_refused() {
    refused("\u{FEFF}{}", ErrorKind::Manifest, None, "a byte order mark");
    let utf16: Vec<_> = "\u{FEFF}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(utf16, ErrorKind::Manifest, None, "what is no JSON");
}

#[test]
fn manifest_that_is_not_an_object_of_objects_is_refused() {
    for text in ["[]", "null", "NaN", "3", "\"x\"", "true"] {
        refused(text, ErrorKind::Manifest, None, "something else");
    }
    for text in ["[]", "null", "3", "\"x.npy\"", "NaN"] {
        let text = format!(r#"{{"x": {text}}}"#);
        refused(text, ErrorKind::Manifest, Some("x"), "something else");
    }
}

#[test]
fn metadata_of_another_type_is_refused() {
    for metadata in [
        r#""filename": 3"#,
        r#""filename": null"#,
        r#""filename": "x.npy", "shape": "3""#,
        r#""filename": "x.npy", "shape": [-3]"#,
        r#""filename": "x.npy", "shape": [1e400]"#,
        r#""filename": "x.npy", "size": "much""#,
        r#""filename": "x.npy", "files": {"a": 1}"#,
        r#""filename": "x.npy", "uses_numpy_placeholders": 1"#,
        r#""filename": "x.npy", "logical_dtypes": ["bfloat16"]"#,
    ] {
        let found = if metadata.contains("1e400") { "what is no JSON" } else { "something else" };
        refused(format!(r#"{{"x": {{{metadata}}}}}"#), ErrorKind::Manifest, Some("x"), found);
    }
}

#[test]
fn repeated_variable_is_refused() {
    let text =
        r#"{"x": {"filename": "x.npy"}, "y": {"filename": "y.npy"}, "x": {"filename": "z.npy"}}"#;
    refused(text, ErrorKind::Manifest, Some("x"), "something else");
}

#[test]
fn repeated_key_of_a_variable_is_refused() {
    for key in ["filename", "size", "unheard_of"] {
        let text = format!(r#"{{"x": {{"{key}": "x.npy", "{key}": "y.npy"}}}}"#);
        refused(text, ErrorKind::Manifest, Some("x"), "something else");
    }
}

#[test]
fn missing_filename_is_refused() {
    refused(r#"{"x": {"size": 3}}"#, ErrorKind::Manifest, Some("x"), "something else");
    refused(r#"{"format": {}}"#, ErrorKind::Manifest, Some("format"), "something else");
}

#[test]
fn manifest_over_the_size_cap_is_refused_unread() {
    let (_parent, folder) = saved();
    let cap: u64 = 256 << 20;
    File::create(manifest_path(&folder)).unwrap().set_len(cap + 1).unwrap(); // sparse
    for error in refusals::<Run>(&folder) {
        assert_eq!(error.kind(), ErrorKind::Limit);
        assert_eq!(error.path(), Some(manifest_path(&folder).as_path()));
        assert_eq!(error.expected(), Some("at most 268435456 bytes"));
        assert_eq!(error.found(), Some("268435457"));
    }
}

#[test]
fn deep_nesting_in_the_manifest_overflows_no_stack() {
    let deep = "[".repeat(100_000);
    let text = format!(r#"{{"x": {{"filename": "x.npy", "extra": {deep}"#);
    refused(text, ErrorKind::Manifest, Some("x"), "a text that ends too early");
}

/// File names that leave the folder, that no file can have, or that are the folder's own.
fn bad_file_names() -> Vec<String> {
    let names = [
        "/etc/passwd",
        "/x.npy",
        "..",
        ".",
        "../x.npy",
        "sub/x.npy",
        "sub\\x.npy",
        "C:\\x.npy",
        "",
        "x\0.npy",
        "x/",
        "varpack.json",
        ".varpack.lock",
        ".varpack-commit",
        ".x.npy",
    ];
    let long = format!("{}.npy", "x".repeat(252));
    names.iter().map(|&name| name.to_owned()).chain([long]).collect()
}

#[test]
fn file_names_that_leave_the_folder_or_are_its_own_are_refused() {
    for name in bad_file_names() {
        let quoted = serde_json::to_string(&name).unwrap();
        let found = match name.len() {
            256 => format!("\"{}… (256 bytes)\"", &name[..255]),
            _ => format!("{name:?}"),
        };
        for text in [
            format!(r#"{{"x": {{"filename": {quoted}}}}}"#),
            format!(r#"{{"x": {{"filename": "x.npy", "files": ["a.npy", {quoted}]}}}}"#),
        ] {
            refused(text, ErrorKind::Name, Some("x"), &found);
        }
    }
}

#[test]
fn longest_file_name_is_taken() {
    let (_parent, folder) = saved();
    let name = format!("{}.npy", "x".repeat(251));
    fs::rename(folder.join("x.npy"), folder.join(&name)).unwrap();
    let text = format!(
        r#"{{"x": {{"filename": "{name}"}}, "step": {{"filename": "__misc_vars__.pickle"}}}}"#
    );
    fs::write(manifest_path(&folder), text).unwrap();
    assert_eq!(Run::load(&folder).unwrap().x.sum(), 20_000.0);
}

/// The reports of both ways in.
fn reports(folder: &Path) -> Vec<LoadReport> {
    let before = State::of(folder);
    let typed = Run::load_with(folder, &LoadOptions::new()).unwrap().report().clone();
    let pack = Pack::open(folder).unwrap().report().clone();
    before.assert_untouched(folder);
    vec![typed, pack]
}

#[derive(Varpack)]
struct Twins {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    y: MmapArray1<f64>,
}

#[test]
fn two_variables_on_one_file_are_reported_and_mapped_once() {
    for len in [4, 20_000] {
        let (_parent, folder) = saved();
        Run { x: Array1::ones(len).into(), step: 7 }.save(&folder).unwrap();
        let text = fs::read_to_string(manifest_path(&folder)).unwrap();
        let text = text.replacen('{', r#"{"y": {"filename": "x.npy"},"#, 1);
        fs::write(manifest_path(&folder), text).unwrap();
        for report in reports(&folder) {
            assert_eq!(report.notes(), ["`y` and `x` are both in x.npy"]);
        }
        let mut twins = Twins::load_with(&folder, &LoadOptions::new()).unwrap();
        let action = &twins.report().entries()[1].action;
        assert_eq!(action, &LoadAction::Read(Some(ReadReason::SameFile)));
        assert!(!twins.y.is_mapped());
        twins.x.view_mut().unwrap()[0] = 5.0;
        twins.y.view_mut().unwrap()[0] = 6.0;
        assert_eq!((twins.x[0], twins.y[0]), (5.0, 6.0), "no write shows in the other");
        twins.save().unwrap();
        let found = Twins::load_with(&folder, &LoadOptions::new()).unwrap();
        assert_eq!((found.x[0], found.y[0]), (5.0, 6.0), "each has a file of its own now");
        assert_eq!(found.report().notes(), [""; 0]);
    }
}

#[test]
fn array_in_the_file_of_a_variable_that_stays_is_not_overwritten() {
    let (_parent, folder) = saved();
    let text = r#"{"x": {"filename": "x.npy"}, "y": {"filename": "x.npy"}}"#;
    fs::write(manifest_path(&folder), text).unwrap();
    #[derive(Varpack)]
    struct One {
        #[varpack(mmap)]
        x: MmapArray1<f64>,
    }
    let mut one = One::load_with(&folder, &LoadOptions::new().mode(Mode::CopyOnWrite)).unwrap();
    one.save().unwrap();
    let before = State::of(&folder);
    one.x.view_mut().unwrap()[0] = 5.0;
    let error = one.save().unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Exists, Some("x")));
    assert_eq!(error.path(), Some(folder.join("x.npy").as_path()));
    assert!(error.to_string().contains("`y`"), "{error}");
    before.assert_untouched(&folder);
}

#[test]
fn names_that_differ_only_by_case_load_where_the_file_system_tells_them_apart() {
    let (_parent, folder) = saved();
    if folder.join("X.npy").exists() {
        return; // it does not
    }
    let text = fs::read_to_string(manifest_path(&folder)).unwrap();
    fs::copy(folder.join("x.npy"), folder.join("X.npy")).unwrap();
    let text = text.replacen('{', r#"{"X": {"filename": "X.npy"},"#, 1);
    fs::write(manifest_path(&folder), text).unwrap();
    let note = "`X` and `x` are in files whose names differ only by case: X.npy and x.npy";
    for report in reports(&folder) {
        assert_eq!(report.notes(), [note]);
    }
}

#[test]
fn names_that_differ_by_unicode_form_are_two_variables() {
    let (_parent, folder) = saved();
    let mut pack = Pack::open(&folder).unwrap();
    let x = pack.get("x").unwrap().clone();
    for name in ["\u{e9}", "e\u{301}"] {
        pack.insert(name, x.clone()).unwrap();
    }
    pack.save().unwrap();
    let pack = Pack::open(&folder).unwrap();
    assert_eq!(pack.names().collect::<Vec<_>>(), ["x", "step", "\u{e9}", "e\u{301}"]);
}

#[test]
fn header_wins_over_a_manifest_that_disagrees_and_the_report_says_so() {
    let (_parent, folder) = saved();
    let text = fs::read_to_string(manifest_path(&folder)).unwrap();
    let compact: String = text.split_whitespace().collect();
    let stale = compact.replace("[20000]", "[3]").replace("\"float64\"", "\"int16\"");
    assert_ne!(stale, compact);
    fs::write(manifest_path(&folder), stale).unwrap();
    for report in reports(&folder) {
        let note = "`x` is as x.npy says; varpack.json says dtype int16, shape [3]";
        assert_eq!(report.notes(), [note]);
    }
    assert_eq!(Run::load(&folder).unwrap().x.len(), 20_000);
}

#[test]
fn reports_of_the_python_programs_folders_have_no_notes() {
    for name in fixtures::names() {
        let folder = fixtures::copy(&name);
        for _ in 0..2 {
            let mut pack = Pack::open(&folder).unwrap();
            assert_eq!(pack.report().notes(), [""; 0], "{name}");
            for variable in pack.names().map(str::to_owned).collect::<Vec<_>>() {
                pack.get_mut(&variable).unwrap();
            }
            pack.save().unwrap();
        }
    }
}

#[test]
fn variable_that_the_shared_pickle_lacks_is_refused() {
    let (_parent, folder) = saved();
    let text = format!(r#"{{"x": {{"filename": "x.npy"}}, "absent": {{"filename": "{SHARED}"}}}}"#);
    fs::write(manifest_path(&folder), text.replace("absent", "step")).unwrap();
    Run::load(&folder).unwrap();
    #[derive(Varpack)]
    struct Absent {
        absent: i64,
    }
    fs::write(manifest_path(&folder), text).unwrap();
    let before = State::of(&folder);
    for error in [
        Absent::load(&folder).map(|run| run.absent).unwrap_err(),
        Pack::open(&folder).map(|_| 0).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::MissingVariable);
        assert_eq!(error.variable(), Some("absent"));
        assert_eq!(error.path(), Some(folder.join(SHARED).as_path()));
        assert_eq!((error.expected(), error.found()), (Some("`absent`"), Some("`step`")));
    }
    before.assert_untouched(&folder);
}

#[derive(Varpack)]
struct Maps {
    #[varpack(mmap)]
    m: std::collections::BTreeMap<String, MmapArray1<f64>>,
    #[varpack(mmap)]
    f: std::collections::BTreeMap<String, MmapArray1<f64>>,
}

/// What a map that stays has in its pickle is its own, whatever the lists say.
#[test]
fn array_that_the_list_of_another_map_names_is_not_removed_with_a_change_of_that() {
    let map = |key: &str| [(key.to_owned(), Array1::ones(20_000).into())].into();
    let lists = [json!([["f-0.npy"], ["m-a.npy"]]), json!([["m-a.npy", "f-0.npy"], ["f-0.npy"]])];
    for lists in lists {
        let (_parent, folder) = saved();
        Maps { m: map("a"), f: map("0") }.save(&folder).unwrap();
        let text = fs::read_to_string(manifest_path(&folder)).unwrap();
        let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(manifest["m"]["files"], json!(["m-a.npy"]));
        (manifest["m"]["files"], manifest["f"]["files"]) = (lists[0].clone(), lists[1].clone());
        fs::write(manifest_path(&folder), manifest.to_string()).unwrap();
        let mut maps = Maps::load_with(&folder, &LoadOptions::new()).unwrap();
        maps.m.insert("b".to_owned(), Array1::ones(20_000).into());
        maps.m.remove("a");
        maps.save().unwrap();
        let found = Maps::load(&folder).unwrap();
        assert_eq!((found.m["b"].len(), found.f["0"].len()), (20_000, 20_000));
    }
}

/// A load takes a placeholder as it finds it: so does a save that removes what nobody has any more.
#[test]
fn arrays_of_a_map_stay_though_the_manifest_says_nothing_of_them_and_another_variable_lists_them() {
    for entry in [json!({}), json!({"uses_numpy_placeholders": false})] {
        let (_parent, folder) = saved();
        let map = |key: &str| [(key.to_owned(), Array1::ones(20_000).into())].into();
        Maps { m: map("a"), f: map("0") }.save(&folder).unwrap();
        let text = fs::read_to_string(manifest_path(&folder)).unwrap();
        let mut manifest: serde_json::Value = serde_json::from_str(&text).unwrap();
        let mut entry = entry.clone();
        entry["filename"] = manifest["f"]["filename"].clone();
        manifest["f"] = entry;
        manifest["step"]["files"] = json!(["f-0.npy"]);
        fs::write(manifest_path(&folder), manifest.to_string()).unwrap();
        let mut pack = Pack::open(&folder).unwrap();
        pack.remove("step");
        pack.save().unwrap();
        assert_eq!(Maps::load(&folder).unwrap().f["0"].len(), 20_000);
    }
}

#[derive(Varpack, Debug)]
struct Optional {
    #[varpack(mmap)]
    map: Option<BTreeMap<String, MmapArray1<f64>>>,
    step: u64,
}

#[test]
fn map_whose_list_names_a_file_that_its_pickle_does_not_is_taken_out_with_that() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let array = || MmapArray1::from(vec![1.0]);
    let map = [("a".to_owned(), array()), ("b".to_owned(), array())].into();
    Optional { map: Some(map), step: 1 }.save(&folder).unwrap();
    let one = parent.path().join("one");
    Optional { map: Some([("a".to_owned(), array())].into()), step: 1 }.save(&one).unwrap();
    fs::copy(one.join("map.pickle"), folder.join("map.pickle")).unwrap();
    let mut loaded = Optional::load_with(&folder, &LoadOptions::new()).unwrap();
    assert_eq!(loaded.map.as_ref().unwrap().len(), 1);
    loaded.map = None;
    loaded.save().unwrap();
    assert!(Optional::load(&folder).unwrap().map.is_none());
    assert!(!folder.join("map-b.npy").exists());
}
