//! Names and values that a stranger chose, in every text that people read: escaped, and cut.
#![allow(clippy::unwrap_used)]

use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::pickle::{
    Document, Global, Object, Shared, Value, Writer, from_slice, from_value, to_vec,
};
use varpack::{Error, ErrorKind, LoadOptions, MmapArray1, Pack, PackMap, PackValue, Varpack};

const SHARED: &str = "__misc_vars__.pickle";

/// What a terminal obeys, a log takes for a line of its own, or a reader takes for another name; and what is
/// too long for any of them.
fn hostile() -> Vec<String> {
    let names = [
        "\u{1b}[2J\u{1b}]0;owned\u{7}",
        "x`: ok\nERROR all is lost",
        "x\r\u{8}\u{8}y",
        "nul\0",
        "\u{202e}gnp.x\u{202c}",
        "\u{2066}a\u{2069}\u{200f}\u{61c}",
        "in\u{200b}visi\u{feff}ble\u{ad}",
        "\u{85}\u{9b}31m",
        "line\u{2028}paragraph\u{2029}",
        "tag\u{e0041}\u{e0001}",
    ];
    names.iter().map(|&name| name.to_owned()).chain(["n\u{1b}".repeat(2_000_000)]).collect()
}

/// Asserts that a text can be printed as one line, and is of a length to be read.
#[track_caller]
fn assert_shown(text: &str) {
    let bad = |c: char| {
        c.is_control()
            || matches!(u32::from(c), 0xad | 0x61c | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff
                | 0xe0000..=0xe007f)
    };
    assert!(!text.contains(bad), "{:?}", text.chars().take(2000).collect::<String>());
    assert!(text.len() < 16_000, "{} bytes", text.len());
}

#[track_caller]
fn assert_error(error: &Error) {
    for text in [error.to_string(), format!("{error:?}"), format!("{error:#?}")] {
        assert_shown(&text);
    }
    for part in [error.variable(), error.message(), error.expected(), error.found()] {
        assert!(part.unwrap_or_default().len() < 1100);
    }
}

#[derive(Varpack, Debug)]
struct Step {
    step: u64,
}

/// A folder with one variable in the shared pickle, called as it is told.
fn folder_of(name: &str, value: &Value) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().to_owned();
    let mut writer = Writer::new();
    writer.begin_dict().unwrap();
    writer.key(name).unwrap();
    writer.node(value).unwrap();
    writer.end_dict().unwrap();
    fs::write(folder.join(SHARED), writer.finish().unwrap()).unwrap();
    let manifest = json!({ name: { "size": 1, "filename": SHARED } });
    fs::write(folder.join("varpack.json"), manifest.to_string()).unwrap();
    (parent, folder)
}

fn fails(folder: &Path) -> Error {
    Step::load(folder).unwrap_err()
}

#[test]
fn variables_of_a_stranger_are_escaped_and_cut_in_errors_and_reports() {
    for name in hostile() {
        let (_parent, folder) = folder_of(&name, &7.into());
        let error = fails(&folder);
        assert_error(&error);
        if name.len() > 4096 {
            assert_eq!(error.kind(), ErrorKind::Name);
            assert!(error.to_string().contains("… (4000000 bytes)"), "{error}");
            continue;
        }
        assert_eq!(error.kind(), ErrorKind::MissingVariable);
        // Programs get the name, people its escapes.
        assert_eq!(error.found(), Some(format!("`{name}`").as_str()));
        let pack = Pack::open(&folder).unwrap();
        assert_eq!(pack.names().collect::<Vec<_>>(), [name.as_str()]);
        assert_eq!(pack.report().entries()[0].variable, name);
        let report = pack.report().to_string();
        assert_eq!(report.lines().count(), 1, "{report:?}");
        report.lines().for_each(assert_shown);
        assert_shown(&format!("{pack:?}"));
        assert_error(&pack.try_get(&format!("{name}!")).unwrap_err());
        assert_error(&pack.value::<String>(&name).unwrap_err());
        if let Err(error) = Pack::new().insert(name.as_str(), Value::None) {
            assert_eq!(error.variable(), Some(name.as_str()));
            assert_error(&error);
        }
    }
}

#[test]
fn missing_variable_beside_long_names_lists_them_cut() {
    let long = "x".repeat(2_000_000);
    let names: Vec<_> = (0..30).map(|index| format!("{index}{long}")).collect();
    let parent = tempfile::tempdir().unwrap();
    let variables = names.iter().map(|name| (name.as_str(), Value::None));
    fs::write(parent.path().join(SHARED), to_vec(&Value::dict(variables)).unwrap()).unwrap();
    let manifest = json!({ "step": { "size": 1, "filename": SHARED } });
    fs::write(parent.path().join("varpack.json"), manifest.to_string()).unwrap();
    let error = fails(parent.path());
    assert_error(&error);
    let found = error.found().unwrap();
    assert!(found.starts_with("`0xxx") && found.contains("… (2000001 bytes)`, `1xxx"), "{error}");
    assert!(found.ends_with(" more"), "{error}");
}

#[test]
fn files_of_a_stranger_are_escaped_and_cut_in_errors_and_notes() {
    for name in hostile() {
        let (_parent, folder) = folder_of("x", &7.into());
        let write = |manifest: serde_json::Value| {
            fs::write(folder.join("varpack.json"), manifest.to_string()).unwrap();
        };
        for manifest in [
            json!({ "step": { "size": 1, "filename": format!("{name}.npy") } }),
            json!({ "step": { "size": 1, "filename": SHARED, "files": [name] } }),
            json!({ "step": { "size": name, "filename": SHARED } }),
            json!({ "step": { "size": 1, "filename": SHARED, "shape": { name.as_str(): 1 } } }),
            json!({ "step": { "size": 1, "filename": 1, name.as_str(): name } }),
        ] {
            write(manifest);
            assert_error(&fails(&folder));
            assert_error(&Pack::open(&folder).unwrap_err());
        }
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path();
        // Both in one file, and a dtype that is another than the array's: notes.
        let array: MmapArray1<f32> = vec![1.0].into();
        let mut pack = Pack::new();
        pack.insert("x", PackValue::try_from(array).unwrap()).unwrap();
        pack.save_to(folder).unwrap();
        let manifest = json!({
            "x": { "size": 1, "filename": "x.npy", "shape": [1], "dtype": name },
            (name.get(..9).unwrap_or("y")): { "size": 1, "filename": "x.npy" },
        });
        fs::write(folder.join("varpack.json"), manifest.to_string()).unwrap();
        let pack = Pack::open(folder).unwrap();
        assert_eq!(pack.report().notes().len(), 2, "{:?}", pack.report());
        pack.report().notes().iter().for_each(|note| assert_shown(note));
        pack.report().to_string().lines().for_each(assert_shown);
    }
}

#[test]
fn nodes_of_a_stranger_s_pickle_are_escaped_and_cut_where_they_are_named() {
    for name in hostile() {
        let pickle = to_vec(&Value::from(name.as_str())).unwrap();
        let document = Document::parse(&pickle).unwrap();
        assert_shown(&document.root().display());
        assert_eq!(document.root().as_str(), Some(name.as_str()));
        let class = Value::Global(Global { module: name.clone(), name: name.clone() }.into());
        let object =
            Object { callable: class.clone(), args: Value::tuple([]), ..Object::default() };
        for value in [class, Value::Object(Shared::new(object))] {
            let pickle = to_vec(&value).unwrap();
            let document = Document::parse(&pickle).unwrap();
            assert_shown(&document.root().type_name());
            assert_shown(&document.root().display());
            assert_shown(&format!("{:?}", document.root()));
        }
    }
}

#[test]
fn keys_classes_and_texts_of_a_stranger_s_pickle_are_escaped_and_cut_in_errors() {
    #[derive(Deserialize, Debug)]
    #[serde(deny_unknown_fields)]
    struct Strict {
        #[expect(dead_code, reason = "it is never there")]
        known: Option<u8>,
    }
    #[derive(Deserialize, Debug)]
    enum Choice {
        One,
    }
    type Numbers = BTreeMap<String, f64>;
    for name in hostile() {
        let text = Value::from(name.as_str());
        let keyed = Value::dict([(name.as_str(), "high".into())]);
        let class = Global { module: name.clone(), name: name.clone() };
        let object = Value::from_slice(
            &[b"c".as_slice(), name.replace('\n', "").as_bytes(), b"\nClass\n)\x81."].concat(),
        );
        let errors = [
            from_value::<Numbers>(&keyed).unwrap_err(),
            from_value::<BTreeMap<String, Numbers>>(&Value::dict([(name.as_str(), keyed.clone())]))
                .unwrap_err(),
            from_value::<Strict>(&keyed).unwrap_err(),
            from_value::<Choice>(&text).unwrap_err(),
            from_value::<Choice>(&keyed).unwrap_err(),
            from_value::<u8>(&Value::Global(class.into())).unwrap_err(),
            from_value::<u8>(&object.unwrap_or_default())
                .map_or_else(|error| error, |_| unreachable!()),
            from_value::<std::net::IpAddr>(&text).unwrap_err(),
            from_value::<char>(&format!("{name}..").as_str().into()).unwrap_err(),
            <Error as serde::de::Error>::custom(&name),
            <Error as serde::ser::Error>::custom(&name),
            Error::new(ErrorKind::Io).with_source(std::io::Error::other(name.clone())),
            Error::msg(ErrorKind::Io, name.as_str())
                .with_expected(name.as_str())
                .with_found(name.as_str()),
            Error::new(ErrorKind::Io).with_path(name.as_str()).with_variable(name.as_str()),
        ];
        for error in &errors {
            assert_error(error);
        }
        let bytes = to_vec(&keyed).unwrap();
        let document = Document::parse(&bytes).unwrap();
        let error = document.root().deserialize_in::<Numbers>("history").unwrap_err();
        assert!(error.variable().unwrap().starts_with("history["), "{error}");
        assert_error(&error);
    }
    // A text with lone surrogates, where they can stand.
    let surrogates = b"\x80\x04}\x8c\x04a\xed\xa0\x80K\x01s.";
    assert_error(&from_slice::<BTreeMap<String, u8>>(surrogates).unwrap_err());
}

#[test]
fn keys_of_a_stranger_s_map_are_escaped_and_cut_in_errors_and_reports() {
    #[derive(Varpack, Debug)]
    struct Split {
        #[varpack(mmap)]
        split: BTreeMap<String, MmapArray1<f32>>,
    }
    for name in hostile() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("run");
        let split = BTreeMap::from([(name.clone(), MmapArray1::from(vec![1.0_f32]))]);
        Split { split }.save(&folder).unwrap();
        let loaded = Split::load_with(&folder, &LoadOptions::new()).unwrap();
        assert_eq!(loaded.report().entries()[0].variable, format!("split[{name}]"));
        loaded.report().to_string().lines().for_each(assert_shown);
        let pack = Pack::open(&folder).unwrap();
        assert_shown(&format!("{pack:?}"));
        let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        let file = files
            .filter_map(|file| file.into_string().ok())
            .find(|file| file.starts_with("split-"));
        fs::write(folder.join(file.unwrap()), b"no array").unwrap();
        assert_error(&Split::load(&folder).unwrap_err());
        assert_error(&Pack::open(&folder).unwrap_err());
    }
}

#[test]
fn path_of_a_stranger_is_escaped_in_errors_and_whole_for_programs() {
    let parent = tempfile::tempdir().unwrap();
    // No file of Windows has such a name.
    let is_none = |c: char| c == '\0' || cfg!(windows) && (c < ' ' || c == ':');
    for name in hostile().iter().filter(|name| name.len() < 200 && !name.contains(is_none)) {
        let folder = parent.path().join(name);
        let error = fails(&folder);
        assert_eq!((error.kind(), error.path()), (ErrorKind::NotFound, Some(folder.as_path())));
        assert_error(&error);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("varpack.json"), "[").unwrap();
        assert_error(&fails(&folder));
    }
}

#[test]
fn debug_text_of_values_is_cut_and_counted_in_bytes() {
    #[derive(Serialize)]
    struct Big(#[serde(with = "bytes")] Vec<u8>);
    mod bytes {
        pub(super) fn serialize<S: serde::Serializer>(
            bytes: &[u8],
            s: S,
        ) -> Result<S::Ok, S::Error> {
            s.serialize_bytes(bytes)
        }
    }
    let bytes = varpack::pickle::to_value(&Big(vec![0xff; 140_000])).unwrap();
    assert!(format!("{bytes:?}").ends_with("\"… (140000 bytes)"));
    let shared = Value::list(std::iter::repeat_n(bytes.clone(), 1000));
    let deep = (0..40).fold(bytes.clone(), |value, _| Value::tuple([value.clone(), value]));
    let text = Value::from("ä".repeat(100_000));
    for value in [bytes, shared, deep, Value::dict([("k", text.clone())]), Value::tuple([text])] {
        assert!(format!("{value:?}").len() < 20_000);
        let mut map = PackMap::new();
        let mut pack = Pack::new();
        for key in 0..1000 {
            map.insert(key, value.clone());
            pack.insert(format!("v{key}"), value.clone()).unwrap();
        }
        pack.insert("map", map.clone()).unwrap();
        for text in [
            format!("{map:?}"),
            format!("{:?}", PackValue::from(map)),
            format!("{pack:?}"),
            format!("{pack:#?}"),
        ] {
            assert!(text.len() < 70_000, "{} bytes", text.len());
            assert!(text.contains('…'), "{text}");
        }
        if let Value::List(items) | Value::Tuple(items) = &value {
            assert!(format!("{items:?}").len() < 70_000);
        }
    }
}

#[test]
fn value_whose_shared_parts_expand_too_far_is_an_error_as_plain_data() {
    let bytes = Value::from(vec![7_u8; 140_000].as_slice());
    let shared = Value::list(std::iter::repeat_n(bytes.clone(), 1000));
    let doubled = (0..60).fold(Value::from(1), |value, _| Value::tuple([value.clone(), value]));
    let nested = (0..1_000_000).fold(Value::from(1), |value, _| Value::list([value]));
    for (value, why) in
        [(shared, "expand too far"), (doubled, "expand too far"), (nested, "128 levels")]
    {
        let error = serde_json::to_string(&value).unwrap_err();
        assert!(error.to_string().contains(why), "{error}");
    }
    // What is only large, or shares as data does, is written.
    let paths = Value::list(std::iter::repeat_n(Value::from("a/path/of/some/length"), 100_000));
    assert_eq!(serde_json::to_string(&paths).unwrap().len(), 100_000 * 24 + 1);
    let large = Value::list((0..30).map(|n| Value::from(vec![n; 100_000].as_slice())));
    assert!(serde_json::to_string(&large).unwrap().len() > 6_000_000);
    let deep = (0..128).fold(Value::from(1), |value, _| Value::list([value]));
    assert_eq!(serde_json::to_string(&deep).unwrap().len(), 257);
}
