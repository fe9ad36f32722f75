//! Arrays of zeros in files without a name: written larger than memory, moved into the folder by the first
//! save, edited in place after it; and nothing left of them where there was none.

use ndarray::{Array1, Array2, IxDyn, ShapeBuilder, s};
use num_complex::Complex;
use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;
use varpack::npy::{Bool8, Datetime64, Element, FixedBytes, FixedText, resolution::Nanoseconds};
use varpack::{
    ErrorKind, LoadOptions, MmapArray, MmapArray1, MmapArray2, MmapArrayD, Mode, NpyElement,
    PackFields, PackReader, PackWriter, SaveOptions, Varpack,
};
use varpack_tests::folders::State;
use varpack_tests::python::Python;

#[derive(Varpack)]
struct Simulation {
    #[varpack(mmap)]
    field: MmapArray2<f32>,
    step: u64,
}

const ROWS: usize = 300;
const COLUMNS: usize = 1000;

/// Made row by row.
fn simulation(folder: &Path) -> Simulation {
    let mut field = MmapArray2::zeros_in(folder, (ROWS, COLUMNS)).unwrap();
    for row in 0..ROWS {
        field.view_mut().unwrap().row_mut(row).fill(row as f32);
    }
    Simulation { field, step: 7 }
}

fn expected() -> Array2<f32> {
    Array2::from_shape_fn((ROWS, COLUMNS), |(row, _)| row as f32)
}

fn folder() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    (parent, folder)
}

/// Device, inode and length of the files below `root` without a name that this process has mapped.
fn unnamed(root: &Path) -> Vec<(String, u64, u64)> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let of_root = maps.lines().filter(|line| {
        let path = line.split_whitespace().nth(5).unwrap_or_default();
        path.starts_with(root.to_str().unwrap()) && line.ends_with("(deleted)")
    });
    let parse = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let (start, end) = words[0].split_once('-').unwrap();
        let at = |hex| u64::from_str_radix(hex, 16).unwrap();
        (words[3].to_owned(), words[4].parse().unwrap(), at(end) - at(start))
    };
    of_root.map(parse).collect()
}

fn the_inode(root: &Path) -> u64 {
    let unnamed = unnamed(root);
    assert_eq!(unnamed.len(), 1, "{unnamed:?}");
    unnamed[0].1
}

fn inode(path: impl AsRef<Path>) -> u64 {
    fs::metadata(path).unwrap().ino()
}

/// The descriptors of this process that lead to a place below `root`.
fn descriptors(root: &Path) -> usize {
    let links = fs::read_dir("/proc/self/fd").unwrap();
    let targets = links.filter_map(|link| fs::read_link(link.unwrap().path()).ok());
    targets.filter(|target| target.starts_with(root)).count()
}

#[test]
fn array_of_zeros_is_mapped_from_a_file_without_a_name_and_can_be_written() {
    let (parent, folder) = folder();
    let mut array = MmapArray1::<u16>::zeros_in(parent.path(), 100_000).unwrap();
    assert!(array.is_mapped() && array.iter().all(|&element| element == 0));
    assert_eq!(array.path(), None);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    let (_, _, len) = unnamed(parent.path())[0];
    assert!(len >= 200_000, "{len}");
    array.view_mut().unwrap().slice_mut(s![50_000..]).fill(7);
    array.flush().unwrap();
    assert_eq!((array[49_999], array[50_000], array.len()), (0, 7, 100_000));
    assert!(format!("{array:?}").starts_with("[0, 0"));
    drop(array);
    assert_eq!((unnamed(parent.path()).len(), descriptors(parent.path())), (0, 0));
    assert!(!folder.exists());
}

#[test]
fn clone_of_an_array_of_zeros_is_a_copy_in_memory() {
    let (parent, _) = folder();
    let mut array = MmapArray1::<u16>::zeros_in(parent.path(), 100_000).unwrap();
    let copy = array.clone();
    array.view_mut().unwrap().fill(7);
    assert!(!copy.is_mapped() && copy[0] == 0);
    assert_eq!(array.into_owned()[0], 7);
}

#[test]
fn space_of_an_array_of_zeros_is_reserved_when_it_is_made() {
    let (parent, _) = folder();
    let array = MmapArray1::<u8>::zeros_in(parent.path(), 10 << 20).unwrap();
    let descriptor = fs::read_dir("/proc/self/fd").unwrap().map(Result::unwrap).find(|entry| {
        fs::read_link(entry.path()).is_ok_and(|target| target.starts_with(parent.path()))
    });
    let metadata = fs::metadata(descriptor.unwrap().path()).unwrap();
    assert_eq!((metadata.nlink(), metadata.len()), (0, (10 << 20) + 128));
    assert!(metadata.blocks() * 512 >= 10 << 20, "{} blocks", metadata.blocks());
    drop(array);
}

#[test]
fn folder_that_does_not_exist_yet_is_looked_for_above_and_not_made() {
    let (parent, folder) = folder();
    let deep = folder.join("a/b/c");
    let simulation = simulation(&deep);
    assert!(!folder.exists());
    let before = the_inode(parent.path());
    simulation.save(&deep).unwrap();
    assert_eq!(inode(deep.join("field.npy")), before);
}

#[test]
fn folder_that_is_a_file_or_may_not_be_written_is_refused_by_name() {
    let (parent, folder) = folder();
    fs::write(&folder, "a file").unwrap();
    let error = MmapArray1::<u8>::zeros_in(&folder, 10).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::FileType, Some(folder.as_path())));
    let error = MmapArray1::<u8>::zeros_in("/proc", 10).unwrap_err();
    assert_eq!(error.path(), Some(Path::new("/proc")), "{error}");
    drop(parent);
}

#[test]
fn empty_arrays_scalars_and_both_orders_are_made_saved_and_loaded() {
    #[derive(Varpack)]
    struct Shapes {
        #[varpack(mmap)]
        empty: MmapArray2<f64>,
        #[varpack(mmap)]
        scalar: MmapArray<i32, ndarray::Ix0>,
        #[varpack(mmap)]
        fortran: MmapArray2<i64>,
        #[varpack(mmap)]
        dynamic: MmapArrayD<u8>,
    }
    let (_parent, folder) = folder();
    let mut shapes = Shapes {
        empty: MmapArray2::zeros_in(&folder, (0, 5)).unwrap(),
        scalar: MmapArray::zeros_in(&folder, ()).unwrap(),
        fortran: MmapArray2::zeros_in(&folder, (200, 300).f()).unwrap(),
        dynamic: MmapArrayD::zeros_in(&folder, IxDyn(&[2, 0, 3])).unwrap(),
    };
    shapes.scalar.view_mut().unwrap().fill(3);
    shapes.fortran.view_mut().unwrap()[[1, 2]] = 12;
    assert!(shapes.empty.view_mut().unwrap().is_empty());
    assert_eq!(shapes.fortran.strides(), [1, 200]);
    shapes.save(&folder).unwrap();
    shapes.save(&folder).unwrap();
    let found = Shapes::load(&folder).unwrap();
    assert_eq!((found.empty.shape(), found.dynamic.shape()), (&[0, 5][..], &[2, 0, 3][..]));
    assert_eq!((found.scalar[()], found.fortran[[1, 2]], found.fortran.sum()), (3, 12, 12));
    assert_eq!(found.fortran.strides(), [1, 200]);
}

#[derive(Clone, Copy, NpyElement)]
#[repr(C)]
struct Particle {
    mass: f64,
    charge: i32,
    #[varpack(padding)]
    padding: [u8; 4],
}

#[test]
fn every_element_that_can_be_mapped_is_made_of_zeros() {
    fn made<T: Element>() {
        let (parent, _) = folder();
        let array = MmapArray1::<T>::zeros_in(parent.path(), 9).unwrap();
        assert!(array.is_mapped() && array.len() == 9);
    }
    made::<i8>();
    made::<u64>();
    made::<half::f16>();
    made::<half::bf16>();
    made::<f32>();
    made::<Complex<f64>>();
    made::<Bool8>();
    made::<FixedBytes<5>>();
    made::<FixedText<7>>();
    made::<Datetime64<Nanoseconds>>();
    made::<Particle>();
}

#[test]
fn bool_cannot_live_in_a_file_and_the_error_says_what_to_take() {
    let (parent, _) = folder();
    let error = MmapArray1::<bool>::zeros_in(parent.path(), 9).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Dtype, Some(parent.path())));
    assert!(error.expected().unwrap().contains("`Bool8`"), "{error}");
    assert_eq!(error.found(), Some("dtype bool"));
}

#[test]
fn records_of_zeros_are_filled_saved_and_loaded() {
    #[derive(Varpack)]
    struct Cloud {
        #[varpack(mmap)]
        particles: MmapArray1<Particle>,
    }
    let (_parent, folder) = folder();
    let mut particles = MmapArray1::zeros_in(&folder, 10_000).unwrap();
    particles.view_mut().unwrap()[9] = Particle { mass: 1.5, charge: -1, padding: [0; 4] };
    Cloud { particles }.save(&folder).unwrap();
    let found = Cloud::load(&folder).unwrap().particles;
    let [zero, nine] = [found[0], found[9]].map(|particle| (particle.mass, particle.charge));
    assert_eq!((zero, nine), ((0.0, 0), (1.5, -1)));
}

#[test]
fn shapes_that_no_memory_or_disk_holds_are_errors() {
    let (parent, _) = folder();
    let kind = |shape: &[usize]| {
        let error = MmapArrayD::<f64>::zeros_in(parent.path(), shape).unwrap_err();
        assert_eq!(error.path(), Some(parent.path()), "{error}");
        error.kind()
    };
    let max = usize::MAX;
    assert_eq!(kind(&[max]), ErrorKind::Shape);
    assert_eq!(kind(&[max, max]), ErrorKind::Shape);
    assert_eq!(kind(&[max, 0]), ErrorKind::Shape);
    assert_eq!(kind(&[1 << 61]), ErrorKind::Shape);
    // Addressable, but with its header it is not; and what no file system of today holds.
    assert_eq!(kind(&[(1 << 60) - 1]), ErrorKind::Limit);
    assert_eq!(kind(&[(1 << 60) - 100]), ErrorKind::Io);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn save_moves_the_file_and_the_array_is_at_home_there() {
    let (parent, folder) = folder();
    let simulation = simulation(&folder);
    let before = the_inode(parent.path());
    assert_eq!(descriptors(parent.path()), 1);
    simulation.save(&folder).unwrap();
    let file = folder.join("field.npy");
    assert_eq!((inode(&file), fs::metadata(&file).unwrap().nlink()), (before, 1));
    assert_eq!(simulation.field.path(), Some(file.as_path()));
    assert!(simulation.field.is_mapped() && simulation.field.view() == expected());
    // The folder and its lock file; the array's own descriptor is closed.
    assert_eq!(descriptors(&folder), 2);
    assert_eq!(descriptors(parent.path()), 2);
    let found = Simulation::load(&folder).unwrap();
    assert_eq!((found.field.view(), found.step), (expected().view(), 7));
}

#[test]
fn save_over_a_folder_moves_the_file_in_place_of_the_old_one() {
    let (parent, folder) = folder();
    Simulation { field: Array2::ones((2, 2)).into(), step: 1 }.save(&folder).unwrap();
    fs::set_permissions(folder.join("field.npy"), Permissions::from_mode(0o600)).unwrap();
    let simulation = simulation(&folder);
    let before = the_inode(parent.path());
    simulation.save(&folder).unwrap();
    let metadata = fs::metadata(folder.join("field.npy")).unwrap();
    assert_eq!((metadata.ino(), metadata.mode() & 0o777), (before, 0o600));
    assert_eq!(Simulation::load(&folder).unwrap().field.view(), expected());
}

#[test]
fn permissions_of_a_moved_file_are_those_of_any_new_file() {
    let (parent, folder) = folder();
    simulation(&folder).save(&folder).unwrap();
    fs::write(parent.path().join("plain"), "").unwrap();
    let mode = |path: PathBuf| fs::metadata(path).unwrap().mode();
    assert_eq!(mode(folder.join("field.npy")), mode(parent.path().join("plain")));
}

#[test]
fn moved_array_is_edited_in_place_and_a_save_back_only_flushes() {
    let (_parent, folder) = folder();
    let mut simulation = simulation(&folder);
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
    let mut simulation = simulation(&folder);
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
    let mut simulation = simulation(&folder);
    simulation.save(&folder).unwrap();
    Simulation { field: Array2::ones((2, 2)).into(), step: 1 }
        .save_with(&folder, &SaveOptions::new().overwrite(true))
        .unwrap();
    let error = simulation.field.view_mut().map(drop).unwrap_err();
    assert_eq!((error.kind(), error.variable()), (ErrorKind::Stale, Some("field")));
    assert_eq!(simulation.save(&folder).unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(simulation.field.view(), expected());
}

#[test]
fn second_save_elsewhere_copies_and_leaves_the_array_where_it_is() {
    let (parent, folder) = folder();
    let mut simulation = simulation(&folder);
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
    assert_eq!(Simulation::load(&elsewhere).unwrap().field.view(), expected());
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
    let mut simulation = simulation(other.path());
    let before = the_inode(other.path());
    simulation.save(&folder).unwrap();
    assert_eq!((simulation.field.path(), the_inode(other.path())), (None, before));
    let untouched = State::of(&folder);
    simulation.save(&folder).unwrap();
    untouched.assert_untouched(&folder);
    assert_eq!(Simulation::load(&folder).unwrap().field.view(), expected());
    // It is nobody's but this array's: written without a claim on any folder.
    simulation.field.view_mut().unwrap()[[0, 0]] = 0.5;
    assert_eq!(Simulation::load(&folder).unwrap().field.view(), expected());
    let home = other.path().join("home");
    simulation.save(&home).unwrap();
    assert_eq!(inode(home.join("field.npy")), before);
    simulation.save(&folder).unwrap();
    assert_eq!(Simulation::load(&folder).unwrap().field[[0, 0]], 0.5);
}

#[test]
fn array_under_two_names_is_moved_to_one_and_copied_to_the_other() {
    struct Twice(MmapArray1<u32>);
    impl PackFields for Twice {
        fn write_fields<'a>(&'a self, writer: &mut PackWriter<'a>) -> varpack::Result<()> {
            writer.field("a").mmap(&self.0)?;
            writer.field("b").mmap(&self.0)
        }
        fn read_fields(reader: &mut PackReader<'_>) -> varpack::Result<Self> {
            reader.field("a").mmap().map(Self)
        }
    }
    for threads in [1, 2] {
        let (parent, folder) = folder();
        let mut twice = Twice(MmapArray1::zeros_in(parent.path(), 50_000).unwrap());
        twice.0.view_mut().unwrap().fill(9);
        let before = the_inode(parent.path());
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
    let mut before: Vec<u64> = unnamed(parent.path()).iter().map(|(_, inode, _)| *inode).collect();
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
        let mut simulation = simulation(&folder);
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
    simulation(&folder).save(&folder).unwrap();
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
    let mut pack = varpack::Pack::new();
    let array = varpack::AnyArray::try_from(array).unwrap();
    pack.insert("x", varpack::PackValue::from(array)).unwrap();
    let before = the_inode(parent.path());
    pack.save_to(&folder).unwrap();
    assert_eq!(inode(folder.join("x.npy")), before);
    let x = pack.get_mut("x").and_then(varpack::PackValue::array_mut).unwrap();
    assert_eq!(x.path(), Some(folder.join("x.npy").as_path()));
    x.view_mut::<f64, ndarray::Ix1>().unwrap()[8] = 8.0;
    x.flush().unwrap();
    let found = varpack::Pack::open(&folder).unwrap();
    let found = found.get("x").and_then(varpack::PackValue::array).unwrap();
    assert_eq!(found.view::<f64, ndarray::Ix1>().unwrap().sum(), 15.0);
}

#[test]
fn moved_array_can_be_loaded_in_every_mode_beside_the_one_that_made_it() {
    let (_parent, folder) = folder();
    let simulation = simulation(&folder);
    simulation.save(&folder).unwrap();
    for mode in [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory] {
        let found = Simulation::load_with(&folder, &LoadOptions::new().mode(mode)).unwrap();
        assert_eq!(found.field.view(), simulation.field.view());
    }
}

const CHILD: &str = "VARPACK_TEST_BIG_ARRAYS_CHILD";

#[test]
fn killed_process_leaves_no_file_and_no_space_used() {
    if let Some(folder) = std::env::var_os(CHILD) {
        let mut array = MmapArray1::<u8>::zeros_in(&folder, 8 << 20).unwrap();
        array.view_mut().unwrap().fill(1);
        println!("made");
        std::thread::sleep(Duration::from_secs(600));
        drop(array);
        return;
    }
    let disk = varpack_tests::faults::mount::Mount::new(&[
        "-t",
        "tmpfs",
        "-o",
        "size=16m",
        "varpack-test",
    ]);
    let (parent, _) = folder();
    // Anyone can look for files that are left; only on a disk of its own can the space be told.
    let root = disk.as_ref().map_or(parent.path(), |disk| disk.path());
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "killed_process_leaves_no_file_and_no_space_used", "--nocapture"])
        .env(CHILD, root)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    assert!(lines.any(|line| line.unwrap().contains("made")));
    let free = || {
        // What is left of a disk of 16 MiB for another array.
        MmapArray1::<u8>::zeros_in(root, 12 << 20).map(drop)
    };
    if disk.is_ok() {
        assert_eq!(free().unwrap_err().kind(), ErrorKind::Io, "the child's 8 MiB are in use");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(fs::read_dir(root).unwrap().count(), 0);
    match disk {
        Ok(_) => free().unwrap(),
        Err(why) => varpack_tests::faults::mount::skipped("the space of a killed process", &why),
    }
}

#[test]
fn full_disk_is_an_error_when_the_array_is_made_and_a_save_needs_no_second_copy() {
    use varpack_tests::faults::mount::{Mount, skipped};
    let disk = match Mount::new(&["-t", "tmpfs", "-o", "size=16m", "varpack-test"]) {
        Ok(disk) => disk,
        Err(why) => return skipped("an array on a full disk", &why),
    };
    let error = MmapArray1::<u8>::zeros_in(disk.path(), 17 << 20).unwrap_err();
    assert_eq!((error.kind(), error.path()), (ErrorKind::Io, Some(disk.path())));
    assert_eq!(error.os_error().unwrap().kind(), std::io::ErrorKind::StorageFull);
    assert!(error.to_string().contains("17825792 bytes"), "{error}");

    let mut field = MmapArray2::<f32>::zeros_in(disk.path(), (3, 1 << 20)).unwrap();
    field.view_mut().unwrap().fill(1.0);
    let mut simulation = Simulation { field, step: 7 };
    let folder = disk.path().join("run");
    simulation.save(&folder).unwrap();
    simulation.field.view_mut().unwrap().fill(2.0);
    simulation.save(&folder).unwrap();
    assert_eq!(Simulation::load(&folder).unwrap().field.sum(), 6.0 * 1_048_576.0);
}

#[test]
fn save_that_fails_leaves_the_array_without_a_name_and_a_second_one_is_made() {
    #[derive(Varpack)]
    struct Two {
        #[varpack(mmap)]
        big: MmapArray1<u8>,
        #[varpack(mmap)]
        late: MmapArray1<u8>,
    }
    use varpack_tests::faults::mount::{Mount, skipped};
    let disk = match Mount::new(&["-t", "tmpfs", "-o", "size=16m", "varpack-test"]) {
        Ok(disk) => disk,
        Err(why) => return skipped("a save that fails after the first array", &why),
    };
    let folder = disk.path().join("run");
    let mut big = MmapArray1::zeros_in(disk.path(), 4 << 20).unwrap();
    big.view_mut().unwrap().fill(1);
    let mut two = Two { big, late: Array1::zeros(14 << 20).into() };
    // In the order of the fields: the first is linked, the second finds the disk full.
    let options = SaveOptions::new().threads(1);
    let error = two.save_with(&folder, &options).unwrap_err();
    assert_eq!(error.os_error().unwrap().kind(), std::io::ErrorKind::StorageFull, "{error}");
    assert_eq!(fs::read_dir(disk.path()).unwrap().count(), 0);
    assert_eq!((two.big.path(), unnamed(disk.path()).len()), (None, 1));
    two.big.view_mut().unwrap()[0] = 2;
    two.late = Array1::zeros(1000).into();
    two.save_with(&folder, &options).unwrap();
    let found = Two::load(&folder).unwrap();
    assert_eq!((found.big[0], found.big[1]), (2, 1));
    // The system links such a file only once (`linkat`, ENOENT): it was copied.
    assert_ne!(inode(folder.join("big.npy")), the_inode(disk.path()));
    two.big.view_mut().unwrap()[1] = 3;
    assert_eq!(found.big[1], 1);
    drop(found);
    two.save_with(&folder, &options).unwrap();
    assert_eq!(Two::load(&folder).unwrap().big[1], 3);
}
