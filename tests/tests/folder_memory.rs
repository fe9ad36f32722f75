//! Time and memory in proportion to what is asked for: counted in bytes and steps, or under a limit on the
//! whole process, in a child.

#![cfg(unix)]
#![allow(clippy::unwrap_used)]

use ndarray::Array1;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use varpack::pickle::Value;
use varpack::{
    AnyArray, ErrorKind, LoadOptions, MmapArray1, Mode, Pack, PackMap, PackRules, PackValue,
    SaveOptions, Varpack,
};
use varpack_tests::child::{told, under_limit};
use varpack_tests::folders::content;
use varpack_tests::proportion::in_time;

/// A manifest of so many bytes, of which each takes as much memory as can be.
fn dense(bytes: usize) -> String {
    let variables: String =
        (0..bytes / 34).map(|n| format!(r#""{n:07}":{{"filename":"{n:07}"}},"#)).collect();
    format!("{{{}}}", variables.trim_end_matches(','))
}

#[track_caller]
fn assert_over_budget(folder: &Path, limit: u64, file: &str) {
    for mode in [Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory, Mode::ReadWrite] {
        let options = LoadOptions::new().mode(mode).max_in_memory(limit);
        let error = Pack::open_with(folder, &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        assert_eq!(error.path(), Some(folder.join(file).as_path()), "{error}");
        assert!(error.to_string().contains("LoadOptions::max_in_memory"), "{error}");
        assert!(error.to_string().len() < 1000, "{error}");
    }
}

#[test]
fn manifest_takes_no_more_memory_than_the_caller_allows() {
    if let Some(folder) = told() {
        return assert_over_budget(&folder, 64 << 20, "varpack.json");
    }
    let parent = tempfile::tempdir().unwrap();
    for text in [
        dense(24 << 20),
        format!(r#"{{"x":{{"filename":"x.npy","files":["a"{}]}}}}"#, r#","a""#.repeat(6 << 20)),
        format!(r#"{{"x":{{"filename":"x.npy","shape":[1{}]}}}}"#, ",1".repeat(12 << 20)),
        format!(
            r#"{{"x":{{"filename":"x.npy"{}}}}}"#,
            (0..1_500_000).map(|n| format!(r#","{n}":{{}}"#)).collect::<String>()
        ),
    ] {
        fs::write(parent.path().join("varpack.json"), text).unwrap();
        under_limit("manifest_takes_no_more_memory_than_the_caller_allows", parent.path(), 256);
    }
}

#[test]
fn what_nobody_reads_in_a_manifest_stays_its_text() {
    if let Some(folder) = told() {
        let options = LoadOptions::new().max_in_memory(256 << 20);
        assert_eq!(Pack::open_with(folder, &options).unwrap().names().count(), 1);
        return;
    }
    let parent = tempfile::tempdir().unwrap();
    let mut pack = Pack::new();
    pack.insert("x", Value::from(7)).unwrap();
    pack.save_to(parent.path()).unwrap();
    let path = parent.path().join("varpack.json");
    for item in ["1", "[]", "{\"\":0}"] {
        let list = vec![item; (16 << 20) / (item.len() + 1)].join(",");
        let mut manifest: Json = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        manifest["x"]["other"] = json!("OTHER");
        let text = manifest.to_string().replace("\"OTHER\"", &format!("[{list}]"));
        fs::write(&path, text).unwrap();
        under_limit("what_nobody_reads_in_a_manifest_stays_its_text", parent.path(), 256);
        manifest["x"]["other"] = json!(0);
        fs::write(&path, manifest.to_string()).unwrap();
    }
}

/// Puts a commit into a folder that has been interrupted at its commit point, of this manifest alone.
fn interrupt(folder: &Path, manifest: &str, removals: &[Json]) {
    let commit = folder.join(".varpack-commit");
    let _ = fs::remove_dir_all(&commit);
    fs::create_dir(&commit).unwrap();
    fs::write(folder.join("varpack.json"), "{}").unwrap();
    fs::write(commit.join("varpack.json"), manifest).unwrap();
    let moves = [json!({
        "name": "varpack.json",
        "staged": content(&commit.join("varpack.json")),
        "replaces": content(&folder.join("varpack.json")),
    })];
    let record = json!({"version": 1, "moves": moves, "removals": removals});
    fs::write(commit.join("commit.json"), record.to_string()).unwrap();
}

#[test]
fn interrupted_commit_takes_no_more_memory_than_the_caller_allows() {
    const TEST: &str = "interrupted_commit_takes_no_more_memory_than_the_caller_allows";
    if let Some(folder) = told() {
        let is_record =
            fs::metadata(folder.join(".varpack-commit/commit.json")).unwrap().len() > 1 << 20;
        let file = if is_record { "commit.json" } else { "varpack.json" };
        return assert_over_budget(&folder, 64 << 20, &format!(".varpack-commit/{file}"));
    }
    let parent = tempfile::tempdir().unwrap();
    interrupt(parent.path(), &dense(24 << 20), &[]);
    under_limit(TEST, parent.path(), 256);
    let content = json!({"ino": 0, "size": 0, "mtime": [0, 0]});
    let removals: Vec<_> =
        (0..300_000).map(|n| json!({"name": format!("{n}.npy"), "content": content})).collect();
    interrupt(parent.path(), "{}", &removals);
    under_limit(TEST, parent.path(), 256);
}

#[test]
fn manifest_of_an_interrupted_commit_keeps_to_the_limits_of_the_caller() {
    let parent = tempfile::tempdir().unwrap();
    let manifest = dense(10_000);
    interrupt(parent.path(), &manifest, &[]);
    let size = u64::try_from(manifest.len()).unwrap();
    for mode in [Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory, Mode::ReadWrite] {
        let options = LoadOptions::new().mode(mode).max_manifest_size(size - 1);
        let error = Pack::open_with(parent.path(), &options).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
        assert!(error.to_string().contains("LoadOptions::max_manifest_size"), "{error}");
    }
}

#[test]
fn removals_of_a_commit_are_judged_without_a_look_at_every_variable() {
    // 30,000 files beside 300,000 variables without lists of their files: each with each takes hours.
    let parent = tempfile::tempdir().unwrap();
    fs::write(parent.path().join("varpack.json"), dense(10 << 20)).unwrap();
    let content = json!({"ino": 0, "size": 0, "mtime": [0, 0]});
    let removals: Vec<_> = (0..30_000)
        .map(|n| json!({"name": format!("{n:07}-12345{n}.npy"), "content": content}))
        .collect();
    let old = fs::read(parent.path().join("varpack.json")).unwrap();
    interrupt(parent.path(), "{}", &removals);
    // The same old manifest, and the record knows it.
    fs::write(parent.path().join("varpack.json"), old).unwrap();
    let path = parent.path().join(".varpack-commit/commit.json");
    let mut record: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    record["moves"][0]["replaces"] = content_of(parent.path());
    fs::write(&path, record.to_string()).unwrap();
    let pack = Pack::open_with(parent.path(), &LoadOptions::new().mode(Mode::ReadOnly)).unwrap();
    assert_eq!(pack.names().count(), 0);
}

fn content_of(folder: &Path) -> Json {
    content(&folder.join("varpack.json"))
}

#[test]
fn keys_that_share_their_first_bytes_or_differ_by_case_get_files_and_come_back() {
    #[derive(Varpack)]
    struct Run {
        #[varpack(mmap)]
        split: BTreeMap<String, MmapArray1<f32>>,
    }
    let array = || MmapArray1::from(Array1::zeros(1));
    let shared = "k".repeat(250);
    let by_case = |n: u32| -> String {
        (0..12).map(|bit| if n >> bit & 1 == 1 { 'K' } else { 'k' }).collect()
    };
    let split: BTreeMap<_, _> = (0..3000)
        .flat_map(|n| [format!("{shared}{n}"), by_case(n)])
        .map(|key| (key, array()))
        .collect();
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let run = Run { split };
    run.save(&folder).unwrap();
    let names = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let numbers =
        names.filter_map(|name| name.strip_suffix(".npy")?.rsplit_once('~')?.1.parse::<u32>().ok());
    // Two kinds of names, each numbered from 1 on without a gap: cut anew for each digit more.
    let mut counts = BTreeMap::<u32, u32>::new();
    numbers.for_each(|number| *counts.entry(number).or_default() += 1);
    assert_eq!(counts.values().sum::<u32>(), 2 * 2999);
    assert!(counts.keys().copied().eq(1..=2999) && counts.values().all(|&count| count == 2));
    assert!(Run::load(&folder).unwrap().split.keys().eq(run.split.keys()));
}

#[test]
fn items_and_variables_are_taken_out_of_large_collections_one_by_one() {
    const COUNT: i64 = 40_000;
    let mut map = PackMap::new();
    let mut pack = Pack::new();
    for n in 0..COUNT {
        map.insert(n, Value::from(n));
        pack.insert(format!("v{n}"), Value::from(n)).unwrap();
    }
    for n in 0..COUNT - 10 {
        assert!(map.remove(n).is_some() && pack.remove(&format!("v{n}")).is_some());
    }
    let keys: Vec<_> = map.iter().filter_map(|(key, _)| key.as_i64()).collect();
    assert!(keys.iter().copied().eq(COUNT - 10..COUNT) && map.len() == 10);
    assert!(pack.names().eq(keys.iter().map(|n| format!("v{n}"))));
}

#[test]
fn arrays_of_an_older_load_are_put_back_into_a_large_pack_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let array = |value: f64| AnyArray::try_from(MmapArray1::from(vec![value; 2])).unwrap();
    let unsynced = SaveOptions::new().sync(false);
    let names: Vec<_> = (0..4_000).map(|n| format!("v{n}")).collect();
    let fill = |pack: &mut Pack, value: f64| {
        names.iter().for_each(|name| drop(pack.insert(name, array(value)).unwrap()));
    };
    let mut pack = Pack::new();
    fill(&mut pack, 1.0);
    pack.save_to_with(folder.path(), &unsynced).unwrap();
    let older = Pack::open(folder.path()).unwrap();
    let mut pack = Pack::open(folder.path()).unwrap();
    fill(&mut pack, 2.0);
    pack.save_with(&unsynced).unwrap();
    let mut newer = Pack::open(folder.path()).unwrap();
    for name in &names {
        newer.insert(name, older.get(name).unwrap().clone()).unwrap();
    }
    in_time("a save", || newer.save_with(&unsynced)).unwrap();
    let found = Pack::open(folder.path()).unwrap();
    let array = found.get("v7").and_then(PackValue::as_array).unwrap();
    assert_eq!(array.view::<f64, ndarray::Ix1>().unwrap()[0], 1.0);
}

#[test]
fn name_near_to_none_of_many_long_ones_is_missing_without_a_long_search() {
    let mut pack = Pack::new();
    for n in 0..20_000 {
        pack.insert(format!("{n:0240}"), Value::None).unwrap();
    }
    pack.insert("steps", Value::None).unwrap();
    let error = pack.try_get(&"0".repeat(5_000_000)).unwrap_err();
    assert!(error.to_string().len() < 4000, "{error}");
    assert!(pack.try_get("step").unwrap_err().to_string().contains("did you mean `steps`?"));
}

#[test]
fn variables_that_are_all_in_one_file_are_no_more_than_some_times_the_file() {
    // An array that is read, one that is mapped, and a pickle: each under 5,000 names.
    let parent = tempfile::tempdir().unwrap();
    let mut pack = Pack::new();
    pack.insert("small", PackValue::try_from(ndarray::Array1::<u8>::zeros(60_000)).unwrap())
        .unwrap();
    pack.insert("large", PackValue::try_from(ndarray::Array1::<u8>::zeros(1 << 20)).unwrap())
        .unwrap();
    pack.insert_value("value", &"a".repeat(1 << 20)).unwrap();
    pack.set_rules(PackRules::new().separate(["value"]));
    pack.save_to(parent.path()).unwrap();
    let manifest = parent.path().join("varpack.json");
    let listed: serde_json::Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
    for name in ["small", "large", "value"] {
        let many: serde_json::Map<_, _> =
            (0..5_000).map(|n| (format!("{name}{n}"), listed[name].clone())).collect();
        fs::write(&manifest, serde_json::to_vec(&many).unwrap()).unwrap();
        let error = Pack::open(parent.path()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Limit, "{name}: {error}");
        assert!(error.to_string().contains("max_in_memory"), "{error}");
        // A few are what the Python program may have, and the caller may allow more.
        let few: serde_json::Map<_, _> = many.into_iter().take(10).collect();
        fs::write(&manifest, serde_json::to_vec(&few).unwrap()).unwrap();
        assert_eq!(Pack::open(parent.path()).unwrap().len(), 10, "{name}");
    }
}

/// Folders by a `Pack` of so many variables, which are all one object.
fn saved_of_one(object: &Value, count: usize) -> (tempfile::TempDir, u64) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let mut pack = Pack::new();
    for number in 0..count {
        pack.insert(format!("x{number}"), object.clone()).unwrap();
    }
    pack.save_to(&folder).unwrap();
    pack.save_to(&folder).unwrap();
    let pack = Pack::open(&folder).unwrap();
    for number in 0..count {
        let found = pack.get(&format!("x{number}")).and_then(PackValue::as_value);
        assert!(found.unwrap() == object);
    }
    let files =
        fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len());
    (parent, files.sum())
}

#[test]
fn save_of_variables_that_share_one_object_has_it_no_more_than_twice() {
    let lists = Value::list((0..20_000).map(|_| Value::list([Value::None])));
    let wrapped = Value::tuple([lists.clone(), 1.into()]);
    for (object, len) in [
        (Value::list(vec![Value::None; 100_000]), 100_000),
        (Value::from("text ".repeat(20_000).as_str()), 100_000),
        (Value::Bytes(vec![7; 100_000].into()), 100_000),
        (lists, 100_000),
        (wrapped, 100_000),
    ] {
        let (_folder, bytes) = saved_of_one(&object, 200);
        assert!(bytes < 2 * len + 100_000, "{bytes} bytes");
    }
}

#[test]
fn variables_that_share_no_more_than_their_keys_have_pickles_of_their_own() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let (key, mut pack) = (Value::from("loss"), Pack::new());
    for name in ["a", "b"] {
        let entry = |n: i64| Value::dict([(key.clone(), Value::from(n))]);
        pack.insert(name, Value::list((0..1000).map(entry))).unwrap();
        let rest = Value::list((0..5000_i64).map(Value::from));
        pack.insert(format!("{name}2"), Value::list([key.clone(), rest])).unwrap();
    }
    pack.save_to(&folder).unwrap();
    for name in ["a2", "b2"] {
        assert!(folder.join(format!("{name}.pickle")).exists());
    }
}
