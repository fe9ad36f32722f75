//! What a `Loaded` remembers of its folder: which one it was.

use std::fs;
use varpack::{ErrorKind, LoadOptions, Varpack};

#[derive(Varpack)]
struct Counter {
    n: u64,
    #[varpack(separate, default)]
    history: Vec<u64>,
}

#[test]
fn save_of_a_loaded_refuses_another_folder_in_its_place() {
    let root = tempfile::tempdir().unwrap();
    let (folder, moved) = (root.path().join("counter"), root.path().join("moved"));
    Counter { n: 1, history: vec![1] }.save(&folder).unwrap();
    let mut counter = Counter::load_with(&folder, &LoadOptions::new().skip(["history"])).unwrap();
    counter.n = 2;
    fs::rename(&folder, &moved).unwrap();
    Counter { n: 100, history: vec![100] }.save(&folder).unwrap();

    let error = counter.save().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Stale);
    assert_eq!(error.path(), Some(folder.as_path()));
    let other = Counter::load(&folder).unwrap();
    assert_eq!((other.n, other.history), (100, vec![100]));

    fs::rename(&folder, root.path().join("other")).unwrap();
    fs::rename(&moved, &folder).unwrap();
    counter.save().unwrap();
    let counter = Counter::load(&folder).unwrap();
    assert_eq!((counter.n, counter.history), (2, vec![1]));
}
