//! Arrays of zeros in files without a name, saved: moved and not copied, at home in the folder from then on,
//! copied where they cannot be moved.

#![cfg(unix)]

use ndarray::{Array2, Ix1};
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::ops::ControlFlow;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use varpack::{
    AnyArray, ErrorKind, LoadOptions, MmapArray1, MmapArray2, Mode, Pack, PackFields, PackReader,
    PackValue, PackWriter, SaveFields, SaveOptions, Varpack,
};
use varpack_tests::folders::State;
use varpack_tests::python::Python;
use varpack_tests::unnamed::{Simulation, descriptors, folder, inode, inode_without_name, unnamed};

#[test]
fn save_moves_the_file_and_the_array_is_at_home_there() {
    let (parent, folder) = folder();
    let simulation = Simulation::made_in(&folder);
    let before = inode_without_name(parent.path());
    assert_eq!(descriptors(parent.path()), 1);
    simulation.save(&folder).unwrap();
    let file = folder.join("field.npy");
    assert_eq!((inode(&file), fs::metadata(&file).unwrap().nlink()), (before, 1));
    assert_eq!(simulation.field.path(), Some(file.as_path()));
    assert!(simulation.field.is_mapped() && simulation.field.view() == Simulation::expected());
    // The folder and its lock file; the array's own descriptor is closed.
    assert_eq!(descriptors(&folder), 2);
    assert_eq!(descriptors(parent.path()), 2);
    let found = Simulation::load(&folder).unwrap();
    assert_eq!((found.field.view(), found.step), (Simulation::expected().view(), 7));
}

#[test]
fn save_over_a_folder_moves_the_file_in_place_of_the_old_one() {
    let (parent, folder) = folder();
    Simulation { field: Array2::ones((2, 2)).into(), step: 1 }.save(&folder).unwrap();
    fs::set_permissions(folder.join("field.npy"), Permissions::from_mode(0o600)).unwrap();
    let simulation = Simulation::made_in(&folder);
    let before = inode_without_name(parent.path());
    simulation.save(&folder).unwrap();
    let metadata = fs::metadata(folder.join("field.npy")).unwrap();
    assert_eq!((metadata.ino(), metadata.mode() & 0o777), (before, 0o600));
    assert_eq!(Simulation::load(&folder).unwrap().field.view(), Simulation::expected());
}

#[test]
fn permissions_of_a_moved_file_are_those_of_any_new_file() {
    let (parent, folder) = folder();
    Simulation::made_in(&folder).save(&folder).unwrap();
    fs::write(parent.path().join("plain"), "").unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().mode();
    assert_eq!(mode(folder.join("field.npy")), mode(parent.path().join("plain")));
}

#[test]
fn moved_array_is_edited_in_place_and_a_save_back_only_flushes() {
    let (_parent, folder) = folder();
    let mut simulation = Simulation::made_in(&folder);
    simulation.save(&folder).unwrap();
    let file = folder.join("field.npy");
    let before = inode(&file);
    simulation.field.view_mut().unwrap()[[0, 0]] = 0.5;
    let bytes = fs::read(&file).unwrap();
    assert_eq!(bytes[128..132], 0.5f32.to_le_bytes(), "in the file at once");
    let error = Simulation::load(&folder).map(drop).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Busy, "the folder is the writer's alone");
    simulation.step = 8;
    simulation.save(&folder).unwrap();
    assert_eq!(inode(&file), before);
    let found = Simulation::load(&folder).unwrap();
    assert_eq!((found.field[[0, 0]], found.field[[1, 0]], found.step), (0.5, 1.0, 8));
    drop(found);
    let untouched = State::of(&folder);
    simulation.save(&folder).unwrap();
    untouched.assert_untouched(&folder);
}

#[test]
fn moved_array_is_not_edited_while_another_load_is_alive() {
    let (_parent, folder) = folder();
    let mut simulation = Simulation::made_in(&folder);
    simulation.save(&folder).unwrap();
    let other = Simulation::load(&folder).unwrap();
    let error = simulation.field.view_mut().map(drop).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Busy, Some("field")));
    assert!(error.path().unwrap().starts_with(&folder), "{error}");
    drop(other);
    simulation.field.view_mut().unwrap()[[0, 0]] = 0.5;
}

#[test]
fn moved_array_that_another_has_replaced_since_is_stale() {
    let (_parent, folder) = folder();
    let mut simulation = Simulation::made_in(&folder);
    simulation.save(&folder).unwrap();
    Simulation { field: Array2::ones((2, 2)).into(), step: 1 }
        .save_with(&folder, &SaveOptions::new().overwrite(true))
        .unwrap();
    let error = simulation.field.view_mut().map(drop).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("field")));
    assert_eq!(simulation.save(&folder).unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(simulation.field.view(), Simulation::expected());
}

#[test]
fn second_save_elsewhere_copies_and_leaves_the_array_where_it_is() {
    let (parent, folder) = folder();
    let mut simulation = Simulation::made_in(&folder);
    simulation.save(&folder).unwrap();
    let elsewhere = parent.path().join("elsewhere");
    simulation.save(&elsewhere).unwrap();
    let file = folder.join("field.npy");
    assert_ne!(inode(elsewhere.join("field.npy")), inode(&file));
    assert_eq!(fs::metadata(&file).unwrap().nlink(), 1);
    assert_eq!(simulation.field.path(), Some(file.as_path()));
    simulation.field.view_mut().unwrap()[[0, 0]] = 0.5;
    simulation.flush().unwrap();
    assert_eq!(Simulation::load(&folder).unwrap().field[[0, 0]], 0.5);
    assert_eq!(Simulation::load(&elsewhere).unwrap().field.view(), Simulation::expected());
    simulation.save(&elsewhere).unwrap();
    assert_eq!(Simulation::load(&elsewhere).unwrap().field[[0, 0]], 0.5);
}

#[test]
fn save_to_another_file_system_copies_and_one_to_its_own_still_moves() {
    let memory = Path::new("/dev/shm");
    let (parent, folder) = folder();
    let Ok(other) = tempfile::tempdir_in(memory) else {
        return println!("skipped: there is no {}", memory.display());
    };
    if fs::metadata(memory).unwrap().dev() == fs::metadata(parent.path()).unwrap().dev() {
        return println!("skipped: temporary files are in {}", memory.display());
    }
    let mut simulation = Simulation::made_in(other.path());
    let before = inode_without_name(other.path());
    simulation.save(&folder).unwrap();
    assert_eq!((simulation.field.path(), inode_without_name(other.path())), (None, before));
    let untouched = State::of(&folder);
    simulation.save(&folder).unwrap();
    untouched.assert_untouched(&folder);
    assert_eq!(Simulation::load(&folder).unwrap().field.view(), Simulation::expected());
    // It is nobody's but this array's: written without a claim on any folder.
    simulation.field.view_mut().unwrap()[[0, 0]] = 0.5;
    assert_eq!(Simulation::load(&folder).unwrap().field.view(), Simulation::expected());
    let home = other.path().join("home");
    simulation.save(&home).unwrap();
    assert_eq!(inode(home.join("field.npy")), before);
    simulation.save(&folder).unwrap();
    assert_eq!(Simulation::load(&folder).unwrap().field[[0, 0]], 0.5);
}

#[test]
fn array_under_two_names_is_moved_to_one_and_copied_to_the_other() {
    struct Twice(MmapArray1<u32>);
    impl SaveFields for Twice {
        fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> varpack::Result<()> {
            writer.field("a").mmap(&self.0)?;
            writer.field("b").mmap(&self.0)
        }
    }

    impl PackFields for Twice {
        fn read_fields(reader: &mut PackReader<'_>) -> varpack::Result<Self> {
            reader.field("a").mmap().map(Self)
        }
    }
    for threads in [1, 2] {
        let (parent, folder) = folder();
        let mut twice = Twice(MmapArray1::zeros_in(parent.path(), 50_000).unwrap());
        twice.0.view_mut().unwrap().fill(9);
        let before = inode_without_name(parent.path());
        twice.save_with(&folder, &SaveOptions::new().threads(threads)).unwrap();
        let files = ["a.npy", "b.npy"].map(|name| fs::metadata(folder.join(name)).unwrap());
        assert!(files.iter().all(|file| file.nlink() == 1));
        assert_eq!(files.iter().filter(|file| file.ino() == before).count(), 1);
        assert_eq!(
            fs::read(folder.join("a.npy")).unwrap(),
            fs::read(folder.join("b.npy")).unwrap()
        );
    }
}

#[test]
fn maps_and_nested_structs_of_arrays_of_zeros_are_moved_too() {
    #[derive(Varpack)]
    struct Model {
        #[varpack(mmap)]
        weights: MmapArray2<f32>,
        #[varpack(mmap)]
        bias: Option<MmapArray1<f32>>,
    }
    #[derive(Varpack)]
    struct Run {
        #[varpack(mmap)]
        split: BTreeMap<String, MmapArray1<u8>>,
        #[varpack(nested)]
        model: Model,
    }
    let (parent, folder) = folder();
    let array = |len| MmapArray1::zeros_in(&folder, len).unwrap();
    let mut run = Run {
        split: [("train".to_owned(), array(100_000)), ("test".to_owned(), array(10))].into(),
        model: Model {
            weights: MmapArray2::zeros_in(&folder, (100, 400)).unwrap(),
            bias: Some(MmapArray1::zeros_in(&folder, 400).unwrap()),
        },
    };
    run.model.weights.view_mut().unwrap().fill(1.5);
    run.split.get_mut("train").unwrap().view_mut().unwrap().fill(3);
    let mut before: Vec<u64> = unnamed(parent.path()).iter().map(|file| file.inode).collect();
    run.save(&folder).unwrap();
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let arrays = files.filter(|path| path.extension().is_some_and(|suffix| suffix == "npy"));
    let mut after: Vec<u64> = arrays.map(inode).collect();
    before.sort_unstable();
    after.sort_unstable();
    assert_eq!((after.len(), after), (4, before));
    run.split.get_mut("train").unwrap().view_mut().unwrap()[0] = 4;
    run.save(&folder).unwrap();
    let error = {
        let _other = Run::load(&folder).unwrap();
        run.split.get_mut("train").unwrap().view_mut().map(drop).unwrap_err()
    };
    assert_eq!(error.variable(), Some("split[train]"));
    let found = Run::load(&folder).unwrap();
    assert_eq!((found.split["train"][0], found.split["train"][1]), (4, 3));
    assert_eq!(found.model.weights.sum(), 60_000.0);
    assert_eq!((found.split["test"].len(), found.model.bias.unwrap().len()), (10, 400));
}

#[test]
fn array_that_goes_into_a_pickle_is_copied_there() {
    #[derive(Varpack)]
    struct Run {
        #[varpack(mmap(min_len = 1000))]
        parts: BTreeMap<String, MmapArray1<u8>>,
    }
    let (_parent, folder) = folder();
    let mut part = MmapArray1::zeros_in(&folder, 5).unwrap();
    part.view_mut().unwrap()[4] = 1;
    let mut run = Run { parts: [("a".to_owned(), part)].into() };
    run.save(&folder).unwrap();
    assert_eq!(Run::load(&folder).unwrap().parts["a"].to_vec(), [0, 0, 0, 0, 1]);
    run.parts.get_mut("a").unwrap().view_mut().unwrap()[0] = 2;
    run.save(&folder).unwrap();
    assert_eq!(Run::load(&folder).unwrap().parts["a"].to_vec(), [2, 0, 0, 0, 1]);
}

#[test]
fn moved_file_keeps_its_times_when_the_system_writes_it_back() {
    for sync in [true, false] {
        // On the disk of the machine if that is what temporary files are on: a file system in memory
        // writes nothing back.
        let (_parent, folder) = folder();
        let mut simulation = Simulation::made_in(&folder);
        simulation.save_with(&folder, &SaveOptions::new().sync(sync)).unwrap();
        let file = folder.join("field.npy");
        let times = || {
            let metadata = fs::metadata(&file).unwrap();
            (metadata.mtime(), metadata.mtime_nsec(), metadata.ctime(), metadata.ctime_nsec())
        };
        let before = times();
        std::thread::sleep(Duration::from_millis(50));
        assert!(Command::new("sync").arg("-f").arg(&file).status().unwrap().success());
        assert_eq!(times(), before, "sync: {sync}");
        let loaded = Simulation::load(&folder).unwrap();
        let untouched = State::of(&folder);
        simulation.save(&folder).unwrap();
        loaded.save(&folder).unwrap();
        untouched.assert_untouched(&folder);
        drop(loaded);
        // Nor do they move after an edit in place, once that is flushed.
        simulation.field.view_mut().unwrap().fill(2.0);
        simulation.save_with(&folder, &SaveOptions::new().sync(sync)).unwrap();
        let before = times();
        assert!(Command::new("sync").arg("-f").arg(&file).status().unwrap().success());
        assert_eq!(times(), before, "sync: {sync}");
        simulation.field.view_mut().unwrap().fill(3.0);
        simulation.save(&folder).unwrap();
        assert_eq!(Simulation::load(&folder).unwrap().field[[0, 0]], 3.0);
    }
}

#[test]
fn moved_arrays_are_read_by_numpy() {
    let (_parent, folder) = folder();
    Simulation::made_in(&folder).save(&folder).unwrap();
    let script = "import sys, numpy as np\n\
                  x = np.load(sys.argv[1], mmap_mode='r')\n\
                  print(x.dtype, x.shape, x.flags.c_contiguous, float(x.sum()), float(x[299, 999]))";
    for python in Python::both() {
        let said = python.run(script, [folder.join("field.npy")]);
        assert_eq!(said.trim(), "float32 (300, 1000) True 44850000.0 299.0");
    }
}

#[test]
fn array_of_zeros_in_a_pack_is_moved_and_edited_as_in_a_struct() {
    let (parent, folder) = folder();
    let mut array = MmapArray1::<f64>::zeros_in(&folder, 20_000).unwrap();
    array.view_mut().unwrap()[7] = 7.0;
    let mut pack = Pack::new();
    let array = AnyArray::try_from(array).unwrap();
    pack.insert("x", PackValue::from(array)).unwrap();
    let before = inode_without_name(parent.path());
    pack.save_to(&folder).unwrap();
    assert_eq!(inode(folder.join("x.npy")), before);
    let x = pack.get_mut("x").and_then(PackValue::as_array_mut).unwrap();
    assert_eq!(x.path(), Some(folder.join("x.npy").as_path()));
    x.view_mut::<f64, Ix1>().unwrap()[8] = 8.0;
    x.flush().unwrap();
    let found = Pack::open(&folder).unwrap();
    let found = found.get("x").and_then(PackValue::as_array).unwrap();
    assert_eq!(found.view::<f64, Ix1>().unwrap().sum(), 15.0);
}

#[test]
fn moved_array_can_be_loaded_in_every_mode_beside_the_one_that_made_it() {
    let (_parent, folder) = folder();
    let simulation = Simulation::made_in(&folder);
    simulation.save(&folder).unwrap();
    for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory] {
        let found = Simulation::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
        assert_eq!(found.field.view(), simulation.field.view());
    }
}

#[test]
fn cancelled_save_leaves_the_array_without_a_name_and_a_second_one_copies_it() {
    let (parent, folder) = folder();
    let mut simulation = Simulation::made_in(&folder);
    // The pickle is the first file, the array the second.
    let cancelled = SaveOptions::new().threads(1).progress(|progress| match progress.files_done {
        2 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    });
    let error = simulation.save_with(&folder, &cancelled).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    let before = inode_without_name(parent.path());
    simulation.field.view_mut().unwrap()[[0, 0]] = 0.5;
    simulation.save(&folder).unwrap();
    // The system gives such a file its name only once (`linkat`, ENOENT).
    assert_eq!((simulation.field.path(), inode_without_name(parent.path())), (None, before));
    simulation.field.view_mut().unwrap()[[0, 0]] = 0.25;
    assert_eq!(Simulation::load(&folder).unwrap().field[[0, 0]], 0.5);
    simulation.save(&folder).unwrap();
    assert_eq!(Simulation::load(&folder).unwrap().field[[0, 0]], 0.25);
}

#[test]
fn moved_file_counts_with_all_its_bytes() {
    let (_parent, folder) = folder();
    let (sender, receiver) = std::sync::mpsc::channel();
    let options = SaveOptions::new().progress(move |progress| {
        sender.send(progress).unwrap();
        ControlFlow::Continue(())
    });
    Simulation::made_in(&folder).save_with(&folder, &options).unwrap();
    drop(options);
    let last = receiver.iter().last().unwrap();
    assert_eq!((last.files_done, last.files_total), (3, 3));
    assert!(last.bytes_done == last.bytes_total && last.bytes_done > 1_200_000, "{last:?}");
}

#[derive(Varpack)]
struct One {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
}

#[test]
fn file_that_two_threads_save_to_two_folders_has_one_name() {
    use std::os::unix::fs::MetadataExt;
    for _ in 0..20 {
        let root = tempfile::tempdir().unwrap();
        let [one, two] = ["one", "two"].map(|name| root.path().join(name));
        let run = One { x: MmapArray1::zeros_in(root.path(), 100_000).unwrap() };
        let save = |folder| run.save_with(folder, &SaveOptions::new().sync(false)).unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| save(&one));
            save(&two);
        });
        let [one, two] = [one, two].map(|folder| std::fs::metadata(folder.join("x.npy")).unwrap());
        assert_ne!(one.ino(), two.ino());
        assert_eq!((one.nlink(), two.nlink()), (1, 1));
    }
}
