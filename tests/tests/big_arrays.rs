//! Arrays of zeros in files without a name: made whatever their shape and type, written, refused where they
//! cannot be; and nothing left of them by a process that is killed.

#![cfg(unix)]

use ndarray::{IxDyn, ShapeBuilder, s};
use num_complex::Complex;
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;
use varpack::npy::{Bool8, Datetime64, Element, FixedBytes, FixedText, resolution::Nanoseconds};
use varpack::{ErrorKind, MmapArray, MmapArray1, MmapArray2, MmapArrayD, NpyElement, Varpack};
use varpack_tests::child::{command, told};
use varpack_tests::faults::mount::{Mount, skipped};
use varpack_tests::unnamed::{Simulation, descriptors, folder, inode, inode_without_name, unnamed};

#[test]
fn array_of_zeros_is_mapped_from_a_file_without_a_name_and_can_be_written() {
    let (parent, folder) = folder();
    let mut array = MmapArray1::<u16>::zeros_in(parent.path(), 100_000).unwrap();
    assert!(array.is_mapped() && array.iter().all(|&element| element == 0));
    assert_eq!(array.path(), None);
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
    assert!(unnamed(parent.path())[0].len >= 200_000);
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
    let simulation = Simulation::made_in(&deep);
    assert!(!folder.exists());
    let before = inode_without_name(parent.path());
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
    assert_eq!(kind(&[max / size_of::<f64>() + 1]), ErrorKind::Shape);
    // Addressable, but with its header it is not; and what no file system of today holds.
    let most = max / 2 / size_of::<f64>();
    assert_eq!(kind(&[most]), ErrorKind::Limit);
    if cfg!(target_pointer_width = "64") {
        assert_eq!(kind(&[most - 100]), ErrorKind::Io);
    }
    assert_eq!(fs::read_dir(parent.path()).unwrap().count(), 0);
}

#[test]
fn killed_process_leaves_no_file_and_no_space_used() {
    if let Some(folder) = told() {
        let mut array = MmapArray1::<u8>::zeros_in(&folder, 8 << 20).unwrap();
        array.view_mut().unwrap().fill(1);
        println!("made");
        std::thread::sleep(Duration::from_secs(600));
        drop(array);
        return;
    }
    let disk = Mount::new(&["-t", "tmpfs", "-o", "size=16m", "varpack-test"]);
    let (parent, _) = folder();
    // Anyone can look for files that are left; only on a disk of its own can the space be told.
    let root = disk.as_ref().map_or(parent.path(), |disk| disk.path());
    let mut child = command("killed_process_leaves_no_file_and_no_space_used", root)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
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
        Err(why) => skipped("the space of a killed process", &why),
    }
}

#[test]
fn full_disk_is_an_error_when_the_array_is_made_and_a_save_needs_no_second_copy() {
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
