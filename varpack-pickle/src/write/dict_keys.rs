//! The keys of the dicts that are being written, by where they stand: most are compared as the bytes that they are.

use crate::Result;
use crate::format::opcode as op;
use crate::value::kinds::Value;
use crate::write::keys::{KeyChecks, PlainKey, check_plain};
use crate::write::names::Names;
use crate::write::output::{ODD, Output};

/// The keys of a dict that is being written: which of those that the output remembers is the first.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DictKeys(usize);

impl DictKeys {
    #[inline(always)]
    pub(crate) fn new(out: &Output) -> Self {
        Self(out.keys.len())
    }

    /// Checks the keys of a dict that is at its end, and forgets them.
    ///
    /// # Errors
    /// `Value`, naming both keys, if Python takes two of them for one.
    #[inline]
    pub(crate) fn end(self, out: &mut Output, names: &Names) -> Result<()> {
        if out.keys.len() > self.0 { self.check(out, names) } else { Ok(()) }
    }

    fn check(self, out: &mut Output, names: &Names) -> Result<()> {
        let positions = out.keys.split_off(self.0);
        let plain = positions.iter().map(|&position| plain(out, names, position));
        let odd = positions.iter().filter(|&&position| position == ODD).count();
        if odd == 0 {
            return check_plain(plain.flatten());
        }
        let first_odd = out.odd_keys.len().saturating_sub(odd);
        let mut odd = out.odd_keys.iter().skip(first_odd).cloned();
        let keys: Vec<Value> = plain
            .map(|key| key.map(PlainKey::to_value).or_else(|| odd.next()).unwrap_or_default())
            .collect();
        out.odd_keys.truncate(first_odd);
        KeyChecks::default().check(keys.iter())
    }
}

/// Whether the bytes of the key that was written from `start` on alone tell what it is.
#[inline]
pub(crate) fn is_plain(out: &Output, names: &Names, start: usize) -> bool {
    match *out.since(start) {
        [op::SHORT_BINUNICODE, len, ref text @ ..] => {
            // The name of a variant is put into the memo where it is written first.
            text.len() == usize::from(len)
                || text.len() == usize::from(len) + 1 && text.last() == Some(&op::MEMOIZE)
        }
        [op::BININT1, _] | [op::BININT2, _, _] | [op::BININT, _, _, _, _] => true,
        [op::LONG1, len @ 0..=8, ref bytes @ ..] => bytes.len() == usize::from(len),
        [op::BINGET, index] => names.text(index.into()).is_some(),
        [op::LONG_BINGET, a, b, c, d] => names.text(u32::from_le_bytes([a, b, c, d])).is_some(),
        _ => false,
    }
}

/// The key at a position, if it is [plain](is_plain).
#[inline]
fn plain<'k>(out: &'k Output, names: &Names, position: usize) -> Option<PlainKey<'k>> {
    let index = match *out.since(position) {
        [op::SHORT_BINUNICODE, len, ref text @ ..] => {
            return text.get(..usize::from(len)).map(PlainKey::Text);
        }
        [op::BINGET, index, ..] => index.into(),
        [op::LONG_BINGET, a, b, c, d, ..] => u32::from_le_bytes([a, b, c, d]),
        _ => return out.plain_int(position).map(PlainKey::Int),
    };
    names.text(index).map(|name| PlainKey::Text(name.as_bytes()))
}
