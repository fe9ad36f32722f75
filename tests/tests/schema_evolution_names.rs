//! Fields that go into a flattened struct, or come out of one, with their older names.
#![allow(clippy::unwrap_used, clippy::float_cmp)]

use std::path::{Path, PathBuf};
use tempfile::TempDir;
use varpack::{ErrorKind, LoadOptions, Loaded, MmapArray1, Pack, PackFields, Varpack};

/// A folder that holds one saved struct.
fn saved(value: &impl Varpack) -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().expect("a temporary folder");
    let folder = parent.path().join("run");
    value.save(&folder).expect("a save");
    (parent, folder)
}

fn load<T: PackFields>(folder: &Path) -> Loaded<T> {
    T::load_with(folder, &LoadOptions::new()).expect("a load")
}

fn names(folder: &Path) -> Vec<String> {
    let pack = Pack::open(folder).unwrap();
    let mut names: Vec<_> = pack.names().map(str::to_owned).collect();
    names.sort();
    names
}

fn array(first: f32) -> MmapArray1<f32> {
    vec![first; 3].into()
}

/// All at the top.
#[derive(Varpack)]
struct Top {
    lr: f64,
    #[varpack(mmap)]
    m: MmapArray1<f32>,
    step: u64,
}

/// The same with a group, as one who knows no other names has it.
#[derive(Varpack)]
struct Grouped {
    #[varpack(flatten)]
    opt: Opt,
    step: u64,
}

#[derive(Varpack)]
struct Opt {
    lr: f64,
    #[varpack(mmap)]
    m: MmapArray1<f32>,
}

/// The fields came out of the group, which has another by now.
#[derive(Varpack)]
struct CameOut {
    #[varpack(alias = "opt.lr")]
    lr: f64,
    #[varpack(mmap, rename = "moments", alias = "opt.m")]
    m: MmapArray1<f32>,
    #[varpack(flatten)]
    opt: Rest,
    step: u64,
}

#[derive(Varpack)]
struct Rest {
    #[varpack(default)]
    eps: f64,
}

/// The fields went into a group.
#[derive(Varpack)]
struct WentIn {
    #[varpack(flatten)]
    opt: WithOlder,
    step: u64,
}

#[derive(Varpack)]
struct WithOlder {
    #[varpack(alias = "/lr")]
    lr: f64,
    #[varpack(mmap, alias = "rate", alias = "/m")]
    m: MmapArray1<f32>,
}

#[test]
fn field_that_came_out_of_a_flattened_struct_is_found_by_its_alias() {
    for changes in [false, true] {
        let (_parent, folder) = saved(&Grouped { opt: Opt { lr: 0.5, m: array(1.0) }, step: 7 });
        let mut loaded: Loaded<CameOut> = load(&folder);
        assert_eq!((loaded.lr, loaded.m[0]), (0.5, 1.0));
        if changes {
            loaded.lr = 0.25;
            loaded.m.view_mut().unwrap()[0] = 2.0;
        }
        loaded.save().unwrap();
        assert_eq!(names(&folder), ["lr", "moments", "opt.eps", "step"]);
        let again: Loaded<CameOut> = load(&folder);
        assert_eq!((again.lr, again.m[0]), if changes { (0.25, 2.0) } else { (0.5, 1.0) });
        assert!(!folder.join("opt.m.npy").exists());
    }
}

#[test]
fn field_that_went_into_a_flattened_struct_is_found_by_an_alias_that_begins_with_a_slash() {
    for changes in [false, true] {
        let (_parent, folder) = saved(&Top { lr: 0.5, m: array(1.0), step: 7 });
        let mut loaded: Loaded<WentIn> = load(&folder);
        assert_eq!((loaded.opt.lr, loaded.opt.m[0]), (0.5, 1.0));
        if changes {
            loaded.opt.lr = 0.25;
            loaded.opt.m.view_mut().unwrap()[0] = 2.0;
        }
        loaded.save().unwrap();
        assert_eq!(names(&folder), ["opt.lr", "opt.m", "step"]);
        let again: Loaded<WentIn> = load(&folder);
        assert_eq!((again.opt.lr, again.opt.m[0]), if changes { (0.25, 2.0) } else { (0.5, 1.0) });
        assert!(!folder.join("m.npy").exists());
    }
    // A bare struct, too.
    let (_parent, folder) = saved(&Top { lr: 0.5, m: array(1.0), step: 7 });
    WentIn::load(&folder).unwrap().save(&folder).unwrap();
    assert_eq!(names(&folder), ["opt.lr", "opt.m", "step"]);
}

#[test]
fn name_in_the_group_comes_before_the_one_at_the_top() {
    let (_parent, folder) = saved(&Grouped { opt: Opt { lr: 0.5, m: array(1.0) }, step: 7 });
    let group = WentIn::load(&folder).unwrap().opt;
    assert_eq!((group.lr, group.m[0]), (0.5, 1.0));
}

#[test]
fn whole_group_goes_into_another_by_an_alias_that_begins_with_a_slash() {
    #[derive(Varpack)]
    struct Outer {
        #[varpack(flatten)]
        train: Train,
    }
    #[derive(Varpack)]
    struct Train {
        #[varpack(flatten, alias = "/opt")]
        opt: Opt,
        #[varpack(alias = "/step")]
        step: u64,
    }
    let (_parent, folder) = saved(&Grouped { opt: Opt { lr: 0.5, m: array(1.0) }, step: 7 });
    let loaded: Loaded<Outer> = load(&folder);
    assert_eq!((loaded.train.opt.lr, loaded.train.opt.m[0], loaded.train.step), (0.5, 1.0, 7));
    loaded.save().unwrap();
    assert_eq!(names(&folder), ["train.opt.lr", "train.opt.m", "train.step"]);
}

#[test]
fn skipped_field_is_skipped_by_its_name_at_the_top_and_stays() {
    #[derive(Varpack)]
    struct Skippable {
        #[varpack(flatten)]
        opt: Older,
        step: u64,
    }
    #[derive(Varpack)]
    struct Older {
        #[varpack(default, alias = "/lr")]
        lr: f64,
    }
    let (_parent, folder) = saved(&Top { lr: 0.5, m: array(1.0), step: 7 });
    let mut loaded = Skippable::load_with(&folder, &LoadOptions::new().skip(["lr"])).unwrap();
    assert_eq!(loaded.opt.lr, 0.0);
    loaded.step = 8;
    loaded.save().unwrap();
    assert_eq!((load::<Top>(&folder).lr, load::<Top>(&folder).step), (0.5, 8));
}

#[test]
fn name_at_the_top_that_two_fields_claim_is_an_error() {
    #[derive(Varpack)]
    struct Twice {
        #[varpack(flatten)]
        layers: Vec<WithOlder>,
    }
    let layer = || WithOlder { lr: 0.5, m: array(1.0) };
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    let error = Twice { layers: vec![layer(), layer()] }.save(&folder).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Usage, "{error}");
    assert!(
        error.to_string().contains("layers[0].lr") && error.to_string().contains("layers[1].lr"),
        "{error}"
    );
}

#[test]
fn slash_of_an_alias_leads_nowhere_from_a_dictionary_or_the_top() {
    #[derive(Varpack)]
    struct Slash {
        #[varpack(alias = "/lr")]
        rate: f64,
    }
    #[derive(Varpack)]
    struct Nested {
        #[varpack(nested)]
        opt: Slash,
    }
    let (_parent, folder) = saved(&Top { lr: 0.5, m: array(1.0), step: 7 });
    let error = Slash::load(&folder).map(|it| it.rate).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::MissingVariable, Some("rate")));
    #[derive(Varpack)]
    struct Inner {
        lr: f64,
    }
    #[derive(Varpack)]
    struct Dict {
        #[varpack(nested)]
        opt: Inner,
    }
    let (_parent, folder) = saved(&Dict { opt: Inner { lr: 0.5 } });
    let error = Nested::load(&folder).map(|it| it.opt.rate).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::MissingVariable, Some("opt[rate]")));
}
