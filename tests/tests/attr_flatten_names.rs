//! What the variables of a flattened field are called: `rename`, `alias`, `prefix`, keys, and names that clash.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::path::Path;
use varpack::{
    ErrorKind, LoadOptions, MmapArray1, Pack, PackFields, PackReader, PackWriter, Result,
    SaveFields, SaveOptions, Varpack,
};
use varpack_tests::holders::{load, saved, unsynced};

#[derive(Varpack, Debug, PartialEq, Clone)]
struct Inner {
    #[varpack(mmap, alias = "weights")]
    w: MmapArray1<f64>,
    #[varpack(default = "seven")]
    rate: u64,
}

fn seven() -> u64 {
    7
}

fn inner(rate: u64) -> Inner {
    Inner { w: vec![1.0, 2.0].into(), rate }
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = Pack::open(folder).unwrap().names().map(str::to_owned).collect();
    names.sort();
    names
}

#[derive(Varpack, Debug, PartialEq)]
struct Now {
    #[varpack(flatten, rename = "model", alias = "net", alias = "m")]
    inner: Inner,
    #[varpack(flatten, rename = "list", alias = "old list")]
    inners: Vec<Inner>,
}

#[derive(Varpack)]
struct OldInner {
    #[varpack(mmap)]
    weights: MmapArray1<f64>,
    rate: u64,
}

#[derive(Varpack)]
struct Old {
    #[varpack(flatten)]
    net: OldInner,
    #[varpack(flatten, rename = "old list")]
    inners: Vec<OldInner>,
}

#[test]
fn older_names_of_a_group_and_of_its_fields_are_found_together_and_saved_as_the_present_ones() {
    let old = || OldInner { weights: vec![1.0, 2.0].into(), rate: 3 };
    let (_parent, folder) = saved(&Old { net: old(), inners: vec![old(), old()] });
    let run = Now::load(&folder).unwrap();
    assert_eq!(run, Now { inner: inner(3), inners: vec![inner(3), inner(3)] });
    run.save(&folder).unwrap();
    let expected =
        ["list", "list.0.rate", "list.0.w", "list.1.rate", "list.1.w", "model.rate", "model.w"];
    assert_eq!(names(&folder), expected);
    assert_eq!(Now::load(&folder).unwrap(), run);
}

#[test]
fn entries_under_an_older_name_go_too() {
    let old = || OldInner { weights: vec![1.0, 2.0].into(), rate: 3 };
    let (_parent, folder) = saved(&Old { net: old(), inners: vec![old(), old()] });
    let mut run = load::<Now>(&folder);
    run.inners.pop();
    run.save_with(&unsynced()).unwrap();
    assert_eq!(names(&folder), ["list", "list.0.rate", "list.0.w", "model.rate", "model.w"]);
}

#[derive(Varpack, Debug, PartialEq)]
struct Prefixed {
    #[varpack(flatten(prefix = "i_"))]
    inner: Inner,
    #[varpack(flatten(prefix = ""), default = "no_inner")]
    bare: Inner,
    #[varpack(flatten(prefix = "l-"))]
    list: Vec<Inner>,
}

fn no_inner() -> Inner {
    Inner { w: MmapArray1::default(), rate: 0 }
}

#[test]
fn prefix_stands_in_the_place_of_the_name() {
    let run = Prefixed { inner: inner(1), bare: inner(2), list: vec![inner(3)] };
    let (_parent, folder) = saved(&run);
    assert_eq!(names(&folder), ["i_rate", "i_w", "l-0.rate", "l-0.w", "list", "rate", "w"]);
    assert_eq!(Prefixed::load(&folder).unwrap(), run);
}

#[derive(Varpack)]
struct InnerAlone {
    #[varpack(flatten(prefix = "i_"))]
    inner: Inner,
}

#[test]
fn default_is_for_a_group_of_which_the_folder_has_nothing() {
    let (_parent, folder) = saved(&InnerAlone { inner: inner(1) });
    let run = Prefixed::load(&folder).unwrap();
    assert_eq!((run.bare, run.list), (no_inner(), vec![]));
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert("rate", varpack::PackValue::serialize(&2).unwrap()).unwrap();
    pack.save().unwrap();
    let error = Prefixed::load(&folder).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::MissingVariable, Some("w")));
    assert!(error.to_string().contains("of the field `bare.w`"), "{error}");
}

#[derive(Varpack, Debug)]
struct Keys {
    #[varpack(flatten)]
    map: BTreeMap<String, Inner>,
}

fn keys(keys: &[&str]) -> Keys {
    Keys { map: keys.iter().map(|&key| (key.to_owned(), inner(1))).collect() }
}

#[test]
fn key_that_cannot_be_in_the_name_of_a_file_is_an_error_of_the_save_that_has_it() {
    let root = tempfile::tempdir().unwrap();
    for key in ["a/b", "a\u{0}", "a\\b", &"k".repeat(5000)] {
        let error = keys(&[key]).save(root.path().join("run")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Name, "{error}");
        assert!(error.variable().unwrap().starts_with("map."), "{error}");
    }
}

#[test]
fn keys_that_differ_by_case_clash() {
    let root = tempfile::tempdir().unwrap();
    let error = keys(&["a", "A"]).save(root.path().join("run")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
    let error = error.to_string();
    assert!(error.contains("map[\"A\"]") && error.contains("map[\"a\"]"), "{error}");
}

#[test]
fn key_that_begins_with_another_and_a_dot_is_a_key_of_its_own() {
    let (_parent, folder) = saved(&keys(&["a", "a.b", "a.b.c", ""]));
    let mut run = load::<Keys>(&folder);
    assert_eq!(run.map.keys().collect::<Vec<_>>(), ["", "a", "a.b", "a.b.c"]);
    run.map.remove("a.b");
    run.save_with(&unsynced()).unwrap();
    let expected =
        ["map", "map..rate", "map..w", "map.a.b.c.rate", "map.a.b.c.w", "map.a.rate", "map.a.w"];
    assert_eq!(names(&folder), expected);
}

#[derive(Varpack, Debug)]
struct Below {
    #[varpack(rename = "b.w")]
    w: u64,
}

#[derive(Varpack, Debug)]
struct Clash {
    #[varpack(flatten(prefix = ""))]
    one: Below,
    #[varpack(flatten, rename = "b")]
    two: Inner,
}

#[derive(Varpack, Debug)]
struct ClashByCase {
    #[varpack(flatten(prefix = "I_"))]
    one: Inner,
    #[varpack(flatten(prefix = "i_"))]
    two: Inner,
}

#[derive(Varpack, Debug)]
struct ClashByAlias {
    #[varpack(alias = "two.w")]
    one: u64,
    #[varpack(flatten)]
    two: Inner,
}

#[derive(Varpack, Debug)]
struct ClashWithOwnName {
    #[varpack(flatten(prefix = ""))]
    one: Below2,
    #[varpack(flatten)]
    two: Option<Inner>,
}

#[derive(Varpack, Debug)]
struct Below2 {
    two: u64,
}

#[track_caller]
fn assert_clash(run: &impl Varpack, paths: [&str; 2]) {
    let root = tempfile::tempdir().unwrap();
    let error = run.save(root.path().join("run")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
    let error = error.to_string();
    assert!(paths.iter().all(|path| error.contains(&format!("`{path}`"))), "{error}");
    assert!(!root.path().join("run").exists());
}

#[test]
fn name_of_two_fields_is_an_error_that_names_both_as_rust_has_them() {
    assert_clash(&Clash { one: Below { w: 1 }, two: inner(1) }, ["one.w", "two.w"]);
    assert_clash(&ClashByCase { one: inner(1), two: inner(1) }, ["one.w", "two.w"]);
    assert_clash(&ClashByAlias { one: 1, two: inner(1) }, ["one", "two.w"]);
    assert_clash(&ClashWithOwnName { one: Below2 { two: 1 }, two: None }, ["one.two", "two"]);
}

#[derive(Debug)]
struct ByHand {
    inner: Vec<Inner>,
    how: How,
}

#[derive(Debug, Clone, Copy)]
enum How {
    EmptyPrefix,
    SkipLoad,
}

impl SaveFields for ByHand {
    fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> Result<()> {
        match self.how {
            How::EmptyPrefix => writer.field("inner").prefix("").flatten(&self.inner),
            How::SkipLoad => writer.field("inner").skip_load(Vec::new).flatten(&self.inner),
        }
    }
}

impl PackFields for ByHand {
    fn read_fields(reader: &mut PackReader<'_>) -> Result<Self> {
        let inner = reader.field("inner").prefix("").flatten()?;
        Ok(Self { inner, how: How::EmptyPrefix })
    }
}

#[test]
fn what_the_derive_does_not_compile_is_an_error_by_hand() {
    let (_parent, folder) = saved(&keys(&[]));
    for how in [How::EmptyPrefix, How::SkipLoad] {
        let error = ByHand { inner: vec![], how }.save(&folder).unwrap_err();
        assert_eq!((error.kind(), error.variable()), (ErrorKind::Usage, Some("inner")), "{error}");
    }
    assert_eq!(ByHand::load(&folder).unwrap_err().kind(), ErrorKind::Usage);
}

#[derive(Varpack, Debug)]
struct Loop {
    value: u64,
    #[varpack(flatten, alias = "n")]
    next: Option<Box<Loop>>,
}

#[test]
fn older_names_at_each_of_many_levels_are_bounded() {
    let node = |next: Option<Box<Loop>>, value| Some(Box::new(Loop { value, next }));
    let chain = |length: u64| *(0..length).fold(None, node).unwrap();
    let (_parent, folder) = saved(&chain(6));
    assert_eq!(Loop::load(&folder).unwrap().next.unwrap().value, 4);
    let error = chain(20).save(&folder).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Limit, "{error}");
}

#[derive(Varpack, Debug, PartialEq)]
struct Tree<T> {
    #[varpack(flatten)]
    leaf: T,
    #[varpack(flatten)]
    branches: Vec<Tree<T>>,
}

#[test]
fn generic_struct_may_be_within_itself() {
    let leaf = |rate| Tree { leaf: inner(rate), branches: vec![] };
    let tree = Tree { leaf: inner(1), branches: vec![leaf(2), leaf(3)] };
    let (_parent, folder) = saved(&tree);
    assert_eq!(names(&folder).len(), 9);
    assert_eq!(Tree::<Inner>::load(&folder).unwrap(), tree);
}

#[derive(Varpack, Debug)]
struct Unsaved {
    #[varpack(flatten, skip_save)]
    inner: Seed,
    step: u64,
}

#[derive(Varpack, Debug, Default)]
struct Seed {
    seed: u64,
}

#[test]
fn group_that_is_not_saved_is_loaded() {
    let (_parent, folder) = saved(&Unsaved { inner: Seed { seed: 1 }, step: 1 });
    assert_eq!(names(&folder), ["step"]);
    let mut pack = Pack::open(&folder).unwrap();
    pack.insert("inner.seed", varpack::PackValue::serialize(&5).unwrap()).unwrap();
    pack.save().unwrap();
    let run = Unsaved::load(&folder).unwrap();
    assert_eq!(run.inner.seed, 5);
    run.save(&folder).unwrap();
    assert_eq!(names(&folder), ["inner.seed", "step"]);
}

#[test]
fn misspelt_group_to_skip_or_to_keep_is_told_beside_those_that_there_are() {
    let (_parent, folder) = saved(&keys(&["a"]));
    let error = Keys::load_with(&folder, &LoadOptions::new().skip(["mapp"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingVariable);
    assert!(error.found().unwrap().contains("`map`, `map.a`"), "{error}");
    let run = Keys::load(&folder).unwrap();
    let error = run.save_with(&folder, &SaveOptions::new().keep(["map.b"])).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MissingVariable);
    assert!(error.to_string().contains("did you mean `map.a`?"), "{error}");
}
