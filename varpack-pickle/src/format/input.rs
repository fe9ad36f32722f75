//! The bytes of a pickle and the arguments of opcodes in them.

use crate::{Error, ErrorKind};
use std::borrow::Cow;

/// Why an opcode cannot be followed. The machine adds where and which. Boxed, so that what every
/// opcode gives back stays in a register.
#[derive(Debug)]
pub(crate) struct Fault(Box<Reason>);

#[derive(Debug)]
enum Reason {
    /// Fewer bytes left than the opcode needs.
    Truncated { needed: u64, left: usize },
    /// The opcode makes no sense here.
    Invalid(Cow<'static, str>),
    /// The opcode wants one thing and gets another.
    Mismatch { expected: &'static str, found: String },
    /// A limit was reached.
    Limit(Cow<'static, str>),
    /// The budget is used up.
    Budget(Error),
}

impl Fault {
    #[cold]
    pub(crate) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Reason::Invalid(message.into())))
    }

    #[cold]
    pub(crate) fn limit(message: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Reason::Limit(message.into())))
    }

    #[cold]
    pub(crate) fn mismatch(expected: &'static str, found: String) -> Self {
        Self(Box::new(Reason::Mismatch { expected, found }))
    }

    #[cold]
    pub(crate) fn truncated(needed: u64, left: usize) -> Self {
        Self(Box::new(Reason::Truncated { needed, left }))
    }

    /// The error, at `offset` (in bytes) in the opcode of that name.
    #[cold]
    pub(crate) fn at(self, offset: usize, opcode: &str) -> Error {
        let place = format!("pickle is invalid at byte {offset} ({opcode})");
        match *self.0 {
            Reason::Truncated { needed, left } => Error::msg(ErrorKind::Pickle, place)
                .with_expected(format!("{needed} more bytes"))
                .with_found(format!("{left}, the pickle is truncated")),
            Reason::Invalid(message) => {
                Error::msg(ErrorKind::Pickle, format!("{place}: {message}"))
            }
            Reason::Mismatch { expected, found } => {
                Error::msg(ErrorKind::Pickle, place).with_expected(expected).with_found(found)
            }
            Reason::Budget(error) => error,
            Reason::Limit(message) => Error::msg(ErrorKind::Limit, format!("{place}: {message}")),
        }
    }
}

/// Of a budget that is used up, which is the same at any opcode.
impl From<Error> for Fault {
    #[cold]
    fn from(error: Error) -> Self {
        Self(Box::new(Reason::Budget(error)))
    }
}

/// What an opcode gives, or why not.
pub(crate) type Step<T> = Result<T, Fault>;

/// What is left of the bytes of a pickle. No read allocates; a declared length is checked against
/// what is left before anything else is done with it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    /// Bytes to the end.
    #[inline]
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// What is to come.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    #[inline]
    pub(crate) fn byte(&mut self) -> Step<u8> {
        self.array().map(|[byte]| byte)
    }

    #[inline]
    fn array<const N: usize>(&mut self) -> Step<[u8; N]> {
        match self.rest.split_first_chunk() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(*bytes)
            }
            None => Err(Fault::truncated(N as u64, self.left())),
        }
    }

    #[inline]
    pub(crate) fn u16(&mut self) -> Step<u16> {
        self.array().map(u16::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u32(&mut self) -> Step<u32> {
        self.array().map(u32::from_le_bytes)
    }

    #[inline]
    pub(crate) fn u64(&mut self) -> Step<u64> {
        self.array().map(u64::from_le_bytes)
    }

    #[inline]
    pub(crate) fn i32(&mut self) -> Step<i32> {
        self.array().map(i32::from_le_bytes)
    }

    /// `BINFLOAT` alone is big-endian.
    #[inline]
    pub(crate) fn f64(&mut self) -> Step<f64> {
        self.array().map(f64::from_be_bytes)
    }

    #[inline]
    pub(crate) fn take(&mut self, len: u64) -> Step<&'a [u8]> {
        match usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len)) {
            Some((taken, rest)) => {
                self.rest = rest;
                Ok(taken)
            }
            None => Err(Fault::truncated(len, self.left())),
        }
    }

    /// The bytes up to the next line feed, which is skipped.
    pub(crate) fn line(&mut self) -> Step<&'a [u8]> {
        let mut parts = self.rest.splitn(2, |&byte| byte == b'\n');
        match (parts.next(), parts.next()) {
            (Some(line), Some(rest)) => {
                self.rest = rest;
                Ok(line)
            }
            _ => Err(Fault::invalid("the pickle is truncated inside a line of text")),
        }
    }
}
