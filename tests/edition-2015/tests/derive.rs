//! The derives where a path from `::` begins at the root of the crate, and no other crate is named.

mod run {
    #[derive(varpack::NpyElement, Clone, Copy, Debug, PartialEq)]
    #[repr(C)]
    pub(crate) struct Epoch {
        pub(crate) loss: f32,
        pub(crate) step: u32,
    }

    #[derive(varpack::Varpack)]
    pub(crate) struct Run {
        #[varpack(mmap(min_len = 1))]
        pub(crate) epochs: std::collections::BTreeMap<String, varpack::MmapArray1<Epoch>>,
        #[varpack(default)]
        pub(crate) notes: Vec<String>,
        #[varpack(skip)]
        pub(crate) seed: u64,
    }
}

#[test]
fn derives_are_of_their_own_edition() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("run");
    let epochs = vec![run::Epoch { loss: 0.5, step: 1 }, run::Epoch { loss: 0.25, step: 2 }];
    let map = Some(("train".to_owned(), epochs.clone().into())).into_iter().collect();
    let run = run::Run { epochs: map, notes: vec!["first".to_owned()], seed: 7 };
    varpack::Varpack::save(&run, &folder).unwrap();
    let run: run::Run = varpack::Varpack::load(&folder).unwrap();
    assert_eq!(run.epochs["train"].iter().copied().collect::<Vec<_>>(), epochs);
    assert_eq!((run.notes, run.seed), (vec!["first".to_owned()], 0));
}
