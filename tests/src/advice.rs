//! The advice of the derives, as their errors in `ui` give it, and code that obeys it.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

/// Modules of obeyed code, each with the messages that lead to it, and `MESSAGES`, which are all of them. What the
/// module around them imports they have too.
#[macro_export]
macro_rules! advice {
    ($($module:ident: $($message:literal)+ => { $($item:item)* })*) => {
        $(mod $module {
            #[allow(unused_imports)]
            use super::*;
            $($item)*
        })*

        const MESSAGES: &[&str] = &[$($($message),+),*];
    };
}

/// The messages of the mistakes in a folder.
fn messages(folder: &str) -> HashSet<String> {
    let files = fs::read_dir(Path::new("tests").join(folder)).unwrap();
    let files = files.map(|file| file.unwrap().path());
    let told = files.filter(|path| path.extension().is_some_and(|extension| extension == "stderr"));
    let lines = told.flat_map(|path| {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    let errors = lines.filter_map(|line| {
        let (start, message) = line.split_once(": ")?;
        match start {
            "error" | "error[E0277]" | "error[E0308]" => Some(message.to_owned()),
            "error[E0080]" => message.strip_prefix("evaluation panicked: ").map(str::to_owned),
            _ => None,
        }
    });
    errors.collect()
}

/// Fails unless `obeyed` are the messages of the mistakes in all the folders.
///
/// # Panics
/// Then.
pub fn assert_all_obeyed(folders: &[&str], obeyed: &[&str]) {
    let told: HashSet<String> = folders.iter().flat_map(|folder| messages(folder)).collect();
    let obeyed: HashSet<String> = obeyed.iter().map(|&message| message.to_owned()).collect();
    let never_obeyed: Vec<_> = told.difference(&obeyed).collect();
    assert!(never_obeyed.is_empty(), "nobody has done what these say: {never_obeyed:#?}");
    let never_told: Vec<_> = obeyed.difference(&told).collect();
    assert!(never_told.is_empty(), "these are no messages: {never_told:#?}");
}
