//! "Did you mean": the known word that an unknown one was meant to be.

/// Words of other libraries and of the Python program, and ours that do the same.
const SYNONYMS: &[(&str, &str)] = &[
    ("array", "npy"),
    ("exclude", "skip"),
    ("ignore", "skip"),
    ("map", "mmap"),
    ("mapped", "mmap"),
    ("memmap", "mmap"),
    ("name", "rename"),
    ("numpy", "npy"),
    ("own", "separate"),
    ("pickle", "separate"),
    ("serialize_only", "save_only"),
    ("skip_deserializing", "skip_load"),
    ("skip_loading", "skip_load"),
    ("skip_saving", "skip_save"),
    ("skip_serializing", "skip_save"),
    ("with_separate", "separate"),
    ("write_only", "save_only"),
];

/// The word among `known` that `unknown` most likely stands for, if one is near enough.
pub(crate) fn nearest<'k>(unknown: &str, known: &[&'k str]) -> Option<&'k str> {
    let synonym = SYNONYMS.iter().find(|(word, _)| *word == unknown).map(|(_, ours)| *ours);
    if let Some(word) = known.iter().find(|word| Some(**word) == synonym) {
        return Some(word);
    }
    known
        .iter()
        .map(|word| (distance(unknown, word), *word))
        // A third of the letters wrong is a typing error; more is another word.
        .filter(|(distance, word)| *distance <= word.len().max(unknown.len()).div_ceil(3))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// The number of letters to insert, remove, replace or swap with their neighbour.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    let mut before = vec![0; b.len() + 1];
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, y) in b.iter().enumerate() {
            let replaced = above[j] + usize::from(x != y);
            let mut least = replaced.min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                least = least.min(before[j - 1] + 1);
            }
            row.push(least);
        }
        before = std::mem::replace(&mut above, row);
    }
    above[b.len()]
}
