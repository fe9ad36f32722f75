//! Bytes out: opcodes with their arguments, frames, memo indices (protocol 4, PEP 3154).

use crate::bigint::BigInt;
use crate::format::opcode as op;
use crate::value::kinds::Value;
use crate::{Error, ErrorKind, Result};

/// A frame is closed once it holds this many bytes, and what is larger stands outside of frames:
/// CPython's `_FRAME_SIZE_TARGET`.
const FRAME_TARGET: usize = 64 * 1024;

/// Fewer bytes than this get no frame: CPython's `_FRAME_SIZE_MIN`.
const FRAME_MIN: usize = 4;

/// FRAME and its length.
const FRAME_HEADER: usize = 9;

/// Opcode and length of a long text, and the frame after it.
const AROUND: usize = 9 + FRAME_HEADER;

/// A pickle in the making.
#[derive(Debug)]
pub(crate) struct Output {
    bytes: Vec<u8>,
    /// Where the header of the open frame starts.
    frame: usize,
    memoized: u32,
    /// Where the keys of the dicts that are open stand, the outermost's first: [`ODD`] for one whose bytes do
    /// not tell what it is.
    pub(crate) keys: Vec<usize>,
    /// Those keys.
    pub(crate) odd_keys: Vec<Value>,
}

/// See [`Output::keys`].
pub(crate) const ODD: usize = usize::MAX;

impl Output {
    pub(crate) fn new() -> Self {
        let bytes = vec![op::PROTO, op::WRITTEN_PROTOCOL];
        let mut output =
            Self { bytes, frame: 0, memoized: 0, keys: Vec::new(), odd_keys: Vec::new() };
        output.open_frame();
        output
    }

    fn open_frame(&mut self) {
        self.frame = self.bytes.len();
        self.bytes.extend_from_slice(&[op::FRAME, 0, 0, 0, 0, 0, 0, 0, 0]);
    }

    #[inline(never)]
    fn close_frame(&mut self) {
        let start = self.frame + FRAME_HEADER;
        let len = self.bytes.len() - start;
        if len < FRAME_MIN {
            self.bytes.drain(self.frame..start);
            // Two keys fit into so few bytes.
            for key in self.keys.iter_mut().rev().take_while(|key| **key >= start) {
                if *key != ODD {
                    *key -= FRAME_HEADER;
                }
            }
        } else {
            self.bytes[self.frame + 1..start].copy_from_slice(&(len as u64).to_le_bytes());
        }
    }

    /// Between two values: closes the frame if it is full.
    #[inline]
    pub(crate) fn cut(&mut self) {
        if self.bytes.len() - self.frame >= FRAME_TARGET {
            self.close_frame();
            self.open_frame();
        }
    }

    /// Bytes so far.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// What was written from a position on.
    #[inline]
    pub(super) fn since(&self, position: usize) -> &[u8] {
        self.bytes.get(position..).unwrap_or_default()
    }

    /// The integer of at most 64 bits whose opcode stands at a position.
    #[inline]
    pub(super) fn plain_int(&self, position: usize) -> Option<i64> {
        let (bytes, is_signed) = match *self.since(position) {
            [op::BININT1, byte, ..] => return Some(byte.into()),
            [op::BININT2, a, b, ..] => return Some(u16::from_le_bytes([a, b]).into()),
            [op::BININT, a, b, c, d, ..] => return Some(i32::from_le_bytes([a, b, c, d]).into()),
            [op::LONG1, len, ref rest @ ..] => {
                let bytes = rest.get(..usize::from(len))?;
                (bytes, bytes.last().is_some_and(|byte| byte & 0x80 != 0))
            }
            _ => return None,
        };
        let mut wide = [if is_signed { 0xff } else { 0 }; 8];
        wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(i64::from_le_bytes(wide))
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.op(op::STOP);
        self.close_frame();
        self.bytes
    }

    #[inline]
    pub(crate) fn op(&mut self, opcode: u8) {
        self.bytes.push(opcode);
    }

    /// An opcode and the `N` low bytes of its argument, little-endian, in one piece: made in
    /// a register, for a copy byte by byte costs more than all the rest.
    #[inline]
    fn op_with<const N: usize>(&mut self, opcode: u8, argument: u64) {
        let word = u128::from(argument) << 8 | u128::from(opcode);
        self.bytes.extend_from_slice(&word.to_le_bytes()[..=N]);
    }

    pub(crate) fn bool(&mut self, value: bool) {
        self.op(if value { op::NEWTRUE } else { op::NEWFALSE });
    }

    #[inline]
    pub(crate) fn int(&mut self, value: i64) {
        let argument = value.cast_unsigned();
        match value {
            0..=0xff => self.op_with::<1>(op::BININT1, argument),
            0x100..=0xffff => self.op_with::<2>(op::BININT2, argument),
            -0x8000_0000..0 | 0x1_0000..=0x7fff_ffff => self.op_with::<4>(op::BININT, argument),
            _ => self.wide_int(&BigInt::from(value)),
        }
    }

    /// At most 255 bytes of an integer, which is over 600 digits.
    fn wide_int(&mut self, value: &BigInt) {
        let bytes = value.to_le_bytes();
        self.op_with::<1>(op::LONG1, bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
    }

    pub(crate) fn big_int(&mut self, value: &BigInt) -> Result<()> {
        let bytes = value.to_le_bytes();
        if bytes.len() <= 255 {
            self.wide_int(value);
            return Ok(());
        }
        if i32::try_from(bytes.len()).is_err() {
            return Err(Error::new(ErrorKind::Limit)
                .with_expected("an integer of under 2 GiB, the most that a pickle can hold")
                .with_found(format!("{} bytes", bytes.len())));
        }
        self.op_with::<4>(op::LONG4, bytes.len() as u64);
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    #[inline]
    pub(crate) fn float(&mut self, value: f64) {
        self.op_with::<8>(op::BINFLOAT, value.to_bits().swap_bytes());
    }

    #[inline]
    pub(crate) fn str(&mut self, text: &str) -> Result<()> {
        self.surrogate_str(text.as_bytes())
    }

    /// UTF-8 that may hold lone surrogates.
    #[inline]
    pub(crate) fn surrogate_str(&mut self, text: &[u8]) -> Result<()> {
        match text.len() {
            len @ 0..=0xff => {
                self.op_with::<1>(op::SHORT_BINUNICODE, len as u64);
                self.bytes.extend_from_slice(text);
                Ok(())
            }
            _ => self.long(text, op::BINUNICODE, op::BINUNICODE8),
        }
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        match bytes.len() {
            len @ 0..=0xff => {
                self.op_with::<1>(op::SHORT_BINBYTES, len as u64);
                self.bytes.extend_from_slice(bytes);
                Ok(())
            }
            _ => self.long(bytes, op::BINBYTES, op::BINBYTES8),
        }
    }

    /// Over 255 bytes: with a length of 32 bits, or of 64. An array that is mapped may be larger than the memory.
    fn long(&mut self, bytes: &[u8], op32: u8, op64: u8) -> Result<()> {
        self.bytes.try_reserve(bytes.len().saturating_add(AROUND)).map_err(|_| {
            let message = format!("cannot allocate {} bytes of memory", bytes.len());
            Error::msg(ErrorKind::Io, message)
        })?;
        let outside = bytes.len() >= FRAME_TARGET;
        if outside {
            self.close_frame();
        }
        match u32::try_from(bytes.len()) {
            Ok(len) => self.op_with::<4>(op32, len.into()),
            Err(_) => self.op_with::<8>(op64, bytes.len() as u64),
        }
        self.bytes.extend_from_slice(bytes);
        if outside {
            self.open_frame();
        }
        Ok(())
    }

    /// Puts the topmost object into the memo; gives its index.
    pub(crate) fn memoize(&mut self) -> Result<u32> {
        let index = self.memoized;
        self.memoized = index.checked_add(1).ok_or_else(|| {
            Error::msg(ErrorKind::Limit, "over 4 billion objects are referenced twice")
        })?;
        self.op(op::MEMOIZE);
        Ok(index)
    }

    /// Refers to an object by its number, in what is no pickle: by an opcode that no pickle of this crate has.
    pub(crate) fn again(&mut self, number: usize) {
        self.op_with::<8>(op::BINPERSID, number as u64);
    }

    #[inline]
    pub(crate) fn get(&mut self, index: u32) {
        match index {
            0..=0xff => self.op_with::<1>(op::BINGET, index.into()),
            _ => self.op_with::<4>(op::LONG_BINGET, index.into()),
        }
    }
}
