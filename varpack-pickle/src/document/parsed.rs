//! A parsed pickle.

use crate::Result;
use crate::arena::item::{Item, NodeId};
use crate::arena::nodes::Arena;
use crate::budget::{Budget, HeldBytes, Meter};
use crate::document::cycles;
use crate::format::calls::Known;
use crate::format::opcode as op;
use crate::machine::run;
use crate::value::kinds::Value;
use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

/// A pickle, parsed once: what [`Node`](crate::Node)s point into. It borrows its strings and bytes from the input.
///
/// Protocols 0 to 5 are read. Nothing is imported or executed: a class is a name, and an object is
/// the list of what its pickle would have called.
///
/// ```
/// use varpack_pickle::Document;
///
/// let document = Document::parse(b"\x80\x04}(\x8c\x04stepK\x07\x8c\x04name\x8c\x03runu.")?;
/// let root = document.root();
/// assert_eq!(root.kind_name(), "dict");
/// assert_eq!(root.get("name").and_then(|node| node.as_str()), Some("run"));
/// assert_eq!(root.get("step").map(|node| node.deserialize::<u64>()).transpose()?, Some(7));
/// # Ok::<(), varpack_npy::Error>(())
/// ```
pub struct Document<'a> {
    pub(crate) arena: Arena<'a>,
    pub(crate) root: Item<'a>,
    /// By node; empty if nothing is cyclic.
    cyclic: Vec<bool>,
    /// See [`cycles::loops`].
    pub(crate) loops: Vec<cycles::Loop>,
    /// The pickle.
    pub(crate) bytes: &'a [u8],
    /// What everything that is made of it counts towards; without one each read is limited by itself.
    budget: Option<Budget>,
    /// What the arena and the rest of this take.
    _held: Option<HeldBytes>,
    /// The values of nodes with more than one reference, so that each is converted once and the
    /// references stay references.
    pub(crate) values: Mutex<HashMap<Referent, Value>>,
}

/// What several references of a pickle refer to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Referent {
    Node(NodeId),
    /// Where a string or byte string stands in memory. Calls that encode a text may give its own bytes.
    Bytes {
        address: usize,
        len: usize,
        is_text: bool,
    },
    /// The dtype of a NumPy scalar, and where its bytes stand in memory.
    Scalar {
        dtype: NodeId,
        address: usize,
        len: usize,
    },
}

impl<'a> Document<'a> {
    /// Parses a pickle: all of `bytes`, to the STOP at their end.
    ///
    /// The memory it takes is in proportion to the input, whatever that declares.
    ///
    /// # Errors
    /// [`ErrorKind::Pickle`](crate::ErrorKind::Pickle), naming the offset in bytes and the opcode, or the kind of file
    /// (gzip, zip, `.npy`, JSON, …) where the bytes begin as one, if they are not a pickle, are truncated or go on after it, or
    /// need what is outside of them (persistent ids, extension codes, out-of-band buffers); [`ErrorKind::Limit`](crate::ErrorKind::Limit) if they have more
    /// items than 32 bits can count, or a decimal integer of over 4,300 digits. A cycle is not an error yet.
    ///
    /// ```
    /// use varpack_pickle::Document;
    ///
    /// assert_eq!(Document::parse(b"\x80\x04K\x07.")?.root().as_i64(), Some(7));
    /// let error = Document::parse(b"\x80\x04K").unwrap_err();
    /// assert_eq!(error.kind(), varpack_npy::ErrorKind::Pickle);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        Self::parse_as(bytes, None)
    }

    /// As [`parse`](Self::parse), of which nothing takes more than `max_in_memory` bytes: neither the document
    /// nor what is read out of it, all reads together. No other limit holds on what is shared: without this one
    /// each read may expand it to 64 MiB and 128 bytes for each byte of the pickle.
    ///
    /// What is read counts as about what it takes in memory.
    ///
    /// # Errors
    /// As of [`parse`](Self::parse); [`ErrorKind::Limit`](crate::ErrorKind::Limit) over the limit, here and at
    /// each read.
    ///
    /// ```
    /// use varpack_pickle::{Document, to_vec};
    ///
    /// let bytes = to_vec(&vec!["shared"; 1000])?;
    /// let document = Document::parse_within(&bytes, 100_000)?;
    /// assert_eq!(document.root().deserialize::<Vec<String>>()?.len(), 1000);
    /// let error = document.root().deserialize::<Vec<[u64; 20]>>().unwrap_err();
    /// assert_eq!(error.kind(), varpack_npy::ErrorKind::Limit);
    /// # Ok::<(), varpack_npy::Error>(())
    /// ```
    pub fn parse_within(bytes: &'a [u8], max_in_memory: u64) -> Result<Self> {
        Self::parse_as(bytes, Some(Budget::within(max_in_memory, "Document::parse_within")))
    }

    /// As [`parse_within`](Self::parse_within), of which everything counts towards this budget.
    #[doc(hidden)]
    pub fn parse_in(bytes: &'a [u8], budget: &Budget) -> Result<Self> {
        budget.allow_for(bytes.len());
        Self::parse_as(bytes, Some(budget.clone()))
    }

    fn parse_as(bytes: &'a [u8], budget: Option<Budget>) -> Result<Self> {
        let mut held = budget.clone().map(HeldBytes::none);
        let (arena, root) = run::run(bytes, held.as_mut())?;
        let cyclic = cycles::find(&arena, root, budget.as_ref())?;
        let loops = match cyclic.is_empty() {
            true => Vec::new(),
            false => cycles::loops(&arena, root, &cyclic, budget.as_ref())?,
        };
        if let Some(held) = &mut held {
            let members: usize = loops.iter().map(|members| size_of_val(&**members)).sum();
            let loops = loops.capacity() * size_of::<cycles::Loop>() + members;
            held.hold(arena.size().saturating_add(cyclic.capacity()).saturating_add(loops))?;
        }
        let values = Mutex::default();
        Ok(Self { arena, root, cyclic, loops, bytes, budget, _held: held, values })
    }

    /// Whether it refers to the class that stands for arrays in files of their own.
    #[doc(hidden)]
    pub fn names_placeholders(&self) -> bool {
        self.arena.has_global(Known::Placeholder)
    }

    /// What a read counts what it makes of shared parts with.
    pub(crate) fn expansion(&self) -> Meter {
        Meter::of_expansion(self.budget.clone().unwrap_or_else(|| {
            let budget = Budget::in_proportion(u64::MAX, "Document::parse_within");
            budget.allow_for(self.bytes.len());
            budget
        }))
    }

    /// What a read counts with what is made once.
    pub(crate) fn meter(&self) -> Meter {
        Meter::new(self.budget.clone().unwrap_or_default())
    }

    /// What holds memory that this is given for longer.
    pub(crate) fn held(&self) -> Option<HeldBytes> {
        self.budget.clone().map(HeldBytes::none)
    }

    /// Whether the pickle puts a text or bytes, which stand in it, into its memo.
    pub(crate) fn memoizes(&self, text: &[u8]) -> bool {
        let start = text.as_ptr().addr().checked_sub(self.bytes.as_ptr().addr());
        let next = start.and_then(|start| self.bytes.get(start.checked_add(text.len())?));
        matches!(next, Some(&(op::MEMOIZE | op::BINPUT | op::LONG_BINPUT)))
    }

    /// Whether a node cannot be followed to an end.
    pub(crate) fn is_cyclic(&self, id: NodeId) -> bool {
        self.cyclic.get(id.index()) == Some(&true)
    }
}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Document")
            .field("root", &self.arena.kind(self.root).name())
            .field("nodes", &self.arena.node_count())
            .finish_non_exhaustive()
    }
}
