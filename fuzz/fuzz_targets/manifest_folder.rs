//! A whole folder from a stranger, loaded dynamically and as a struct, and saved: nothing panics, a load
//! touches no file, a save touches none that the manifest does not name.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use varpack::{LoadOptions, MmapArray1, MmapArray2, Mode, Pack, PackValue, SaveOptions, Varpack};
use varpack_fuzz::parts;
use varpack_fuzz::scratch::{Entry, Scratch, tree};

#[derive(Varpack)]
struct Folder {
    #[varpack(mmap, default)]
    x: MmapArray2<f32>,
    #[varpack(mmap, default)]
    y: MmapArray1<f64>,
    #[varpack(mmap, default)]
    m: BTreeMap<String, MmapArray1<i64>>,
    #[varpack(separate, default)]
    s: Vec<Option<f64>>,
    #[varpack(default)]
    step: i64,
}

/// The files of an input, in order.
const FILES: [&str; 7] =
    ["varpack.json", "__misc_vars__.pickle", "m.pickle", "s.pickle", "x.npy", "y.npy", "m-k.npy"];

const MODES: [Mode; 4] = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];

static SCRATCH: LazyLock<Scratch> = LazyLock::new(Scratch::new);

fuzz_target!(|input: &[u8]| {
    let folder = SCRATCH.empty_folder("folder");
    for (name, bytes) in FILES.iter().zip(parts::split::<{ FILES.len() }>(input)) {
        if let Some(bytes) = bytes {
            fs::write(folder.join(name), bytes).expect("a file to write");
        }
    }
    fs::write(folder.join("notes.txt"), "not ours").expect("a file to write");
    let before = tree(&folder);

    // All modes come up without a byte of the input for them.
    let options = LoadOptions::new().mode(MODES[input.len() % MODES.len()]);
    let pack = Pack::open_with(&folder, &options);
    let typed = Folder::load_with(&folder, &options);
    assert_eq!(tree(&folder), before, "a load touched a file");

    let unsynced = SaveOptions::new().sync(false);
    if let Ok(mut pack) = pack {
        let copy = SCRATCH.empty_folder("copy");
        if pack.save_to_with(&copy, &unsynced).is_ok() {
            let copied = Pack::open(&copy).expect("our own folder");
            for name in pack.names() {
                let copied = copied.try_get(name).expect("a variable that was saved");
                match (pack.get(name), copied) {
                    (Some(PackValue::Array(array)), PackValue::Array(copied)) => {
                        assert_eq!(copied, array, "{name}");
                    }
                    (Some(PackValue::Value(value)), PackValue::Value(copied)) => {
                        assert_eq!(copied, value, "{name}");
                    }
                    // A map's small arrays move into its pickle.
                    _ => {}
                }
            }
        }
        assert_eq!(tree(&folder), before, "a save elsewhere touched a file");
        let _ = pack.save_with(&unsynced);
    }
    if let Ok(mut typed) = typed {
        typed.step = typed.step.wrapping_add(1);
        let _ = typed.save_with(&unsynced.overwrite(true));
    }
    let notes = tree(&folder).remove(Path::new("notes.txt"));
    assert_eq!(notes, Some(Entry::File(b"not ours".to_vec())), "a save touched a foreign file");
});
