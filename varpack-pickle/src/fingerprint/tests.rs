//! What has one fingerprint, and what has another.
use super::{Fingerprint, Fingerprints};
use crate::{Document, to_vec};

fn fingerprint(pickle: &[u8]) -> Fingerprint {
    Fingerprints::default().of(Document::parse(pickle).unwrap().root())
}

#[test]
fn equal_objects_have_one_fingerprint_however_they_are_pickled() {
    let ours = to_vec(&vec!["a", "a"]).unwrap();
    assert_eq!(fingerprint(&ours), fingerprint(b"(lp0\nVa\np1\nag1\na."));
    // The same text, in line and out of an escape (protocol 0).
    assert_eq!(fingerprint(b"\x80\x04\x8c\x01a."), Fingerprint::of_text("a"));
    assert_eq!(fingerprint(b"V\\u0061\n."), Fingerprint::of_text("a"));
    assert_eq!(fingerprint(b"\x80\x04]\x8c\x01aa."), fingerprint(b"(lV\\u0061\na."));
    // A list that is there once, and the same list twice.
    assert_eq!(
        fingerprint(b"\x80\x04(]\x94K\x01ah\x00t."),
        fingerprint(b"\x80\x04(]K\x01a]K\x01at.")
    );
    // A set in any order.
    assert_eq!(
        fingerprint(b"\x80\x04\x8f(K\x01K\x02\x90."),
        fingerprint(b"\x80\x04\x8f(K\x02K\x01\x90.")
    );
    // A dict too, which equals another whatever their orders; but not with its values swapped.
    let dict = fingerprint(b"\x80\x04}(K\x01K\x02K\x03K\x04u.");
    assert_eq!(dict, fingerprint(b"\x80\x04}(K\x03K\x04K\x01K\x02u."));
    assert_ne!(dict, fingerprint(b"\x80\x04}(K\x01K\x04K\x03K\x02u."));
    assert_ne!(dict, fingerprint(b"\x80\x04}(K\x02K\x01K\x03K\x04u."));
}

#[test]
fn what_differs_has_fingerprints_that_differ() {
    let pickles: [&[u8]; 9] = [
        b"\x80\x04N.",
        b"\x80\x04K\x00.",
        b"\x80\x04\x89.",
        b"\x80\x04].",
        b"\x80\x04).",
        b"\x80\x04}.",
        b"\x80\x04]K\x00a.",
        b"\x80\x04}K\x00K\x01s.",
        b"\x80\x04\x8c\x00.",
    ];
    let mut all: Vec<_> = pickles.iter().map(|pickle| fingerprint(pickle)).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), pickles.len());
}

#[test]
fn what_holds_itself_has_the_fingerprint_of_what_is_linked_alike() {
    // l = []; l.append(l), under two numbers of the memo.
    let own = fingerprint(b"\x80\x04]\x94h\x00a.");
    assert_eq!(own, fingerprint(b"\x80\x04]q\x07h\x07a."));
    // Inside of another list it is another.
    assert_ne!(own, fingerprint(b"\x80\x04]]\x94h\x00aa."));
    // Two lists that hold each other, and one that holds a list and itself.
    let ring = b"\x80\x04]\x94]\x94h\x00aa.";
    assert_ne!(own, fingerprint(ring));
    assert_ne!(fingerprint(ring), fingerprint(b"\x80\x04]\x94(]h\x00e."));
    // A number deep inside; and what stands around the loop.
    let numbered =
        |n: u8| fingerprint(&[b"\x80\x04(K\x01]\x94(h\x00}K", &[n][..], b"K\x02set."].concat());
    assert_eq!(numbered(3), numbered(3));
    assert_ne!(numbered(3), numbered(4));
    // A dict that holds itself and others in any order.
    let dict = fingerprint(b"\x80\x04}\x94(K\x01K\x02K\x03K\x04K\x05h\x00u.");
    assert_eq!(dict, fingerprint(b"\x80\x04}\x94(K\x03K\x04K\x01K\x02K\x05h\x00u."));
    assert_ne!(dict, fingerprint(b"\x80\x04}\x94(K\x03K\x02K\x01K\x04K\x05h\x00u."));
}

#[test]
fn loop_is_looked_at_once_however_many_variables_are_in_it() {
    // A ring of lists, and a list of them all.
    let mut pickle = b"\x80\x04(".to_vec();
    let count = 20_000_u32;
    for number in 0..count {
        pickle.extend_from_slice(b"]\x94");
        if number > 0 {
            pickle.push(b'j');
            pickle.extend_from_slice(&(number - 1).to_le_bytes());
            pickle.push(b'a');
        }
    }
    // The first holds the last.
    pickle.extend_from_slice(b"l\x94");
    pickle.extend_from_slice(b"0j\0\0\0\0j");
    pickle.extend_from_slice(&(count - 1).to_le_bytes());
    pickle.extend_from_slice(b"a0j");
    pickle.extend_from_slice(&count.to_le_bytes());
    pickle.push(b'.');
    let document = Document::parse(&pickle).unwrap();
    let mut fingerprints = Fingerprints::default();
    let items = document.root().items().unwrap();
    let mut all: Vec<_> = items.map(|item| fingerprints.of(item)).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count as usize);
}
