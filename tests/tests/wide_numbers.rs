//! Files whose size, times or inode numbers take more than 32 bits: read as any others, on 32-bit machines too.

#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};
use tempfile::TempDir;
use varpack::{ErrorKind, LoadOptions, MmapArray1, Mode, Pack, Varpack};
use varpack_tests::faults::mount::{Mount, skipped};
use varpack_tests::folders::State;
use varpack_tests::npy_files::file;

#[derive(Varpack)]
struct Run {
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    step: u64,
}

#[derive(Varpack)]
struct Large {
    #[varpack(mmap)]
    large: MmapArray1<u8>,
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    #[varpack(mmap)]
    split: BTreeMap<String, MmapArray1<u8>>,
    step: u64,
}

/// Over what 32 bits can say, as a signed number.
const LARGE: usize = (1 << 31) + (1 << 20);

fn make(folder: &Path) {
    let split = [("a".to_owned(), vec![1].into())].into();
    let (large, x) = (vec![1].into(), vec![1.0; 10_000].into());
    Large { large, x, split, step: 1 }.save(folder).unwrap();
}

/// A folder of which two files are that large: of holes, they take no space.
fn large() -> (TempDir, PathBuf) {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    make(&folder);
    // By hand: a 32-bit machine has no such header to write.
    let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': ({LARGE},)}}");
    let header = file(1, format!("{text:117}\n").as_bytes());
    for name in ["large.npy", "split-a.npy"] {
        let file = File::create(folder.join(name)).unwrap();
        file.write_all_at(&header, 0).unwrap();
        file.set_len((header.len() + LARGE) as u64).unwrap();
    }
    (parent, folder)
}

/// In place, and by a save.
fn edit_and_save(folder: &Path) {
    let mut run = Run::edit(folder).unwrap();
    run.x.view_mut().unwrap()[0] = 2.0;
    run.flush().unwrap();
    run.step = 2;
    run.save(folder).unwrap();
}

#[test]
fn array_over_2_gib_is_of_no_concern_to_who_does_not_read_it() {
    let (_parent, folder) = large();
    let mut run = Run::load(&folder).unwrap();
    (run.x.view_mut().unwrap()[0], run.step) = (2.0, 2);
    run.save(&folder).unwrap();
    drop(run);
    let mut pack = Pack::open_with(&folder, &LoadOptions::new().skip(["large", "split"])).unwrap();
    pack.remove("step").unwrap();
    pack.save().unwrap();
    drop(pack);
    let size = fs::metadata(folder.join("large.npy")).unwrap().size();
    assert!(size > LARGE as u64 && folder.join("split-a.npy").exists());
    assert_eq!(Run::load(&folder).err().unwrap().variable(), Some("step"));
}

#[test]
fn array_over_2_gib_is_mapped_or_refused_by_its_own_name() {
    let (_parent, folder) = large();
    let loaded = Large::load(&folder);
    if cfg!(target_pointer_width = "32") {
        for error in [loaded.err().unwrap(), Pack::open(&folder).err().unwrap()] {
            assert_eq!((error.kind(), error.variable()), (ErrorKind::Limit, Some("large")));
            assert_eq!(error.path(), Some(&*folder.join("large.npy")));
            assert!(error.to_string().contains("larger than the address space"), "{error}");
        }
        return;
    }
    let loaded = loaded.unwrap();
    assert_eq!([loaded.large.len(), loaded.split["a"].len()], [LARGE; 2]);
    assert_eq!(loaded.large[LARGE - 1], 0);
}

#[test]
fn files_with_times_after_2038_are_read_edited_and_saved() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("run");
    make(&folder);
    let time = UNIX_EPOCH + Duration::from_secs(1 << 32);
    let touch = |folder: &Path| {
        for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let file = OpenOptions::new().write(true).open(entry.path()).unwrap();
            file.set_modified(time).unwrap();
        }
        assert_eq!(fs::metadata(folder.join("x.npy")).unwrap().mtime(), 1 << 32);
    };
    touch(&folder);
    edit_and_save(&folder);
    touch(&folder);
    let before = State::of(&folder);
    let run = Run::load_with(&folder, &LoadOptions::new().mode(Mode::CopyOnWrite)).unwrap();
    assert_eq!((run.x[0], run.step), (2.0, 2));
    run.save().unwrap(); // knows the files again
    before.assert_untouched(&folder);
}

/// An overlay puts the number of the layer above the inode numbers of its files.
#[test]
fn files_with_inode_numbers_over_32_bits_are_read_edited_and_saved() {
    let what = "inode numbers over 32 bits";
    let disks = [(); 2].map(|()| Mount::new(&["-t", "tmpfs", "-o", "size=16m", "varpack-test"]));
    let [lower, upper] = match disks {
        [Ok(lower), Ok(upper)] => [lower, upper],
        [Err(why), _] | [_, Err(why)] => return skipped(what, &why),
    };
    make(&lower.path().join("run"));
    for name in ["upper", "work"] {
        fs::create_dir(upper.path().join(name)).unwrap();
    }
    let options = format!(
        "lowerdir={},upperdir={},workdir={},xino=on,userxattr",
        lower.path().display(),
        upper.path().join("upper").display(),
        upper.path().join("work").display(),
    );
    let overlay = match Mount::new(&["-t", "overlay", "-o", &options, "varpack-test"]) {
        Ok(overlay) => overlay,
        Err(why) => return skipped(what, &why),
    };
    let folder = overlay.path().join("run");
    let inode = fs::metadata(folder.join("x.npy")).unwrap().ino();
    if u32::try_from(inode).is_ok() {
        return skipped(what, "the overlay has none");
    }
    edit_and_save(&folder);
    let run = Run::edit(&folder).unwrap();
    assert_eq!((run.x[0], run.step), (2.0, 2));
    let mut pack = Pack::edit(&folder).unwrap();
    pack.remove("split").unwrap();
    pack.save_to(overlay.path().join("copy")).unwrap();
}
