use super::*;

#[test]
fn numbers_are_handed_out_without_a_second_try() {
    let mut taken = Taken::default();
    // In the way of the first numbers.
    for number in 1..=20 {
        taken.insert(&format!("m-key~{number}.npy"));
    }
    let long = "k".repeat(300);
    for n in 0..2000 {
        for key in ["key", "KEY", &format!("{long}{n}")] {
            let file = taken.map_file("m", key);
            assert!(file.len() <= LONGEST && file.starts_with("m-"), "{file}");
        }
    }
    assert_eq!(taken.names.len(), 20 + 3 * 2000);
    // Each number was tried once: the last of each length tells how many there were.
    let tried = |stem: &str| {
        let of_stem = taken.next.iter().filter(|(cut, _)| cut.starts_with(stem));
        of_stem.map(|(_, next)| next - 1).max()
    };
    assert_eq!(tried("m-key"), Some(20 + 2 * 2000 - 1));
    assert_eq!(tried("m-kkk"), Some(2000 - 1));
}

#[test]
fn names_that_lead_elsewhere_on_windows_are_known() {
    for name in [
        "C:x.npy",
        "C:",
        "x.npy:stream",
        "a\\b",
        "a/b",
        "..\\x.npy",
        "x?",
        "x*",
        "a<b",
        "a|b",
        "x\u{1}y",
        "x.npy.",
        "x.npy ",
        "..",
        "CON",
        "con.npy",
        "NUL.tar.npy",
        "nul .npy",
        "COM1",
        "lpt9.npy",
        "COM².npy",
        "CONIN$",
    ] {
        assert!(windows_fault(name).is_some(), "{name:?}");
    }
    for name in [
        "x.npy",
        "COM",
        "COM10.npy",
        "CONSOLE.npy",
        "x y.npy",
        ".varpack.lock",
        "ä.npy",
        "x%3A.npy",
    ] {
        assert_eq!(windows_fault(name), None, "{name:?}");
    }
}

#[test]
fn file_is_of_each_variable_whose_name_and_a_hash_it_is() {
    let owners = |file| hash_file_owners(file).collect::<Vec<_>>();
    assert_eq!(owners("split-12.npy"), ["split-1", "split-", "split"]);
    assert_eq!(owners("7.npy"), [""]);
    assert!(owners("split.npy").is_empty() && owners("split-12.pickle").is_empty());
    assert!(is_hash_file("split", "split-12.npy") && is_hash_file("split", "split12.npy"));
    assert!(!is_hash_file("split", "split--12.npy") && !is_hash_file("spli", "split12.npy"));
}
