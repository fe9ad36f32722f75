#![allow(clippy::unwrap_used)]

use super::*;

fn carry(document: &Document<'_>) -> Result<Vec<u8>> {
    let mut writer = Writer::new();
    writer.carry(document.root(), &mut Carried::default())?;
    writer.finish()
}

/// Pairs of a list and the pair before, of which each list holds the last.
fn chain(count: u32) -> Vec<u8> {
    let get = |index: u32| [b"j", &index.to_le_bytes()[..]].concat();
    let mut chain = b"\x80\x04)\x940".to_vec();
    for pair in 0..count {
        let before = get(2 * pair);
        chain.extend(b"]\x94".iter().chain(&before).chain(b"\x86\x940"));
    }
    for pair in 0..count {
        let (list, last) = (get(2 * pair + 1), get(2 * count));
        chain.extend(list.iter().chain(&last).chain(b"a0"));
    }
    chain.extend(get(2 * count).iter().chain(b"."));
    chain
}

/// A tuple of so many lists that each hold it.
fn wide(count: u32) -> Vec<u8> {
    let get = |index: u32| [b"j", &index.to_le_bytes()[..]].concat();
    let mut wide = b"\x80\x04(".to_vec();
    (0..count).for_each(|_| wide.extend_from_slice(b"]\x94"));
    wide.extend_from_slice(b"t\x94");
    for list in 0..count {
        wide.extend(b"0".iter().chain(&get(list)).chain(&get(count)).chain(b"a"));
    }
    wide.extend(b"0".iter().chain(&get(count)).chain(b"."));
    wide
}

#[test]
fn loops_are_carried_in_proportion() {
    for pickle in [wide(10_000), chain(10_000)] {
        let carried = carry(&Document::parse(&pickle).unwrap()).unwrap();
        assert!(carried.len() < 2 * pickle.len());
        let enough = 200 * pickle.len() as u64;
        assert_eq!(carry(&Document::parse_within(&pickle, enough).unwrap()).unwrap(), carried);
    }
}

#[test]
fn loops_are_carried_within_the_budget_of_their_document() {
    let pickle = wide(10_000);
    let mut limits = (10..20_000).map(|step| step * 10_000);
    let document = limits.find_map(|limit| Document::parse_within(&pickle, limit).ok()).unwrap();
    assert_eq!(carry(&document).unwrap_err().kind(), ErrorKind::Limit);
}

#[test]
fn what_is_carried_is_carried_again_as_it_is() {
    let tuple: &[u8] = b"\x80\x04]\x94h\x00\x85\x94a0h\x01.";
    let copied: &[u8] = b"\x80\x04]\x94K\x01acbuiltins\nlist\nh\x00\x85RaK\x02a.";
    for pickle in [tuple, copied, &chain(10)] {
        let once = carry(&Document::parse(pickle).unwrap()).unwrap();
        assert_eq!(carry(&Document::parse(&once).unwrap()).unwrap(), once);
    }
}
