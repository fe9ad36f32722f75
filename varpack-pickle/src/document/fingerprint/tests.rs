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
fn what_protocols_pickle_otherwise_has_one_fingerprint() {
    let same: [&[&[u8]]; 5] = [
        // b"a\xff", by itself and as a part.
        &[b"\x80\x04C\x02a\xff.", b"c_codecs\nencode\n(Va\\u00ff\nVlatin1\ntR."],
        &[b"\x80\x04]C\x02a\xffa.", b"(lc_codecs\nencode\n(Va\\u00ff\nVlatin1\ntRa."],
        // bytearray(b"a")
        &[
            b"\x80\x05\x96\x01\0\0\0\0\0\0\0a.",
            b"\x80\x04\x8c\x08builtins\x8c\x09bytearray\x93C\x01a\x85R.",
            b"c__builtin__\nbytearray\n(Va\nVlatin-1\ntR.",
        ],
        // {1, 2}
        &[b"\x80\x04\x8f(K\x01K\x02\x90.", b"\x80\x02c__builtin__\nset\n]q\0(K\x02K\x01e\x85R."],
        // An object of a class without arguments, with a state.
        &[
            b"\x80\x02cmodule\nClass\n)\x81}U\x01aK\x01sb.",
            b"ccopy_reg\n_reconstructor\n(cmodule\nClass\nc__builtin__\nobject\nNtR(dVa\nI1\nsb.",
        ],
    ];
    let fingerprints = same.map(|pickles| {
        let all: Vec<_> = pickles.iter().map(|pickle| fingerprint(pickle)).collect();
        assert!(all.iter().all(|it| *it == all[0]), "{all:?} {pickles:?}");
        all[0]
    });
    let distinct: std::collections::BTreeSet<_> = fingerprints.iter().collect();
    assert_eq!(distinct.len(), same.len());
    // A frozenset is no set, bytes are no bytearray.
    let frozen = fingerprint(b"\x80\x04(K\x01K\x02\x91.");
    assert_ne!(frozen, fingerprints[3]);
    assert_eq!(frozen, fingerprint(b"\x80\x02c__builtin__\nfrozenset\n]q\0(K\x02K\x01e\x85R."));
    assert_ne!(fingerprints[2], fingerprint(b"\x80\x04C\x01a."));
}

#[test]
fn list_that_many_sets_are_made_of_is_looked_at_once() {
    let count = 50_000;
    let mut pickle = b"\x80\x04(c__builtin__\nset\nq\x01](".to_vec();
    (0..count).for_each(|number: u16| pickle.extend([b"M", &number.to_le_bytes()[..]].concat()));
    pickle.extend(b"eq\x02");
    (0..count).for_each(|_| pickle.extend(b"h\x01h\x02\x85R"));
    pickle.extend(b"l.");
    fingerprint(&pickle);
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
