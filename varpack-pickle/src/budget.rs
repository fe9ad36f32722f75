//! What may still be taken of memory: counted before it is allocated, for all that one load makes of its files.

use crate::{Error, ErrorKind, Result};
use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Bytes that pickles may expand to whatever their size: see [`EXPANSION_FACTOR`].
const EXPANSION_BASE: u64 = 64 << 20;

/// Bytes that a pickle may expand to for each of its own, beyond [`EXPANSION_BASE`], where the caller sets no
/// limit.
///
/// An object referenced twice may have to be made twice, and references to references double at each level, so
/// that 180 bytes can ask for gigabytes. An ordinary pickle needs at most a few dozen for each of its bytes.
const EXPANSION_FACTOR: u64 = 128;

/// What a [`Meter`] takes at once, so that it need not ask for every value.
const BATCH: u64 = 4096;

/// A number of bytes that all who hold a clone of it take from.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Account>);

#[derive(Debug)]
struct Account {
    total: u64,
    left: AtomicU64,
    /// What pickles may still expand to; `None` where the caller's limit is the only one.
    expansion: Option<AtomicU64>,
    /// What the caller sets another limit with.
    option: &'static str,
}

impl Default for Budget {
    fn default() -> Self {
        Self::unlimited()
    }
}

impl Budget {
    /// The limit of the caller, who set it with `option`: no other holds.
    pub fn within(total: u64, option: &'static str) -> Self {
        Self::of(total, None, option)
    }

    /// What there is, where the caller could have set a limit with `option` and has not. Pickles have to expand
    /// in proportion to their size.
    pub fn in_proportion(total: u64, option: &'static str) -> Self {
        Self::of(total, Some(EXPANSION_BASE), option)
    }

    /// For what comes from this process itself.
    pub fn unlimited() -> Self {
        Self::of(u64::MAX, None, "")
    }

    fn of(total: u64, expansion: Option<u64>, option: &'static str) -> Self {
        let (left, expansion) = (AtomicU64::new(total), expansion.map(AtomicU64::new));
        Self(Arc::new(Account { total, left, expansion, option }))
    }

    /// Counts bytes that are about to be read, or to be allocated for what was.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] if they are more than what is left.
    pub fn take(&self, bytes: u64) -> Result<()> {
        let Account { total, left, option, .. } = &*self.0;
        subtract(left, bytes).map_err(|left| {
            let before = total.saturating_sub(left);
            let after = if before > 0 { format!(" after {before}") } else { String::new() };
            over(option, *total, format!("{bytes}{after}"))
        })
    }

    /// Counts what is about to be made of what may be shared, and so may be made any number of times.
    ///
    /// # Errors
    /// As of [`take`](Self::take); and if pickles expand out of proportion.
    pub fn expand(&self, bytes: u64) -> Result<()> {
        let Some(expansion) = &self.0.expansion else { return self.take(bytes) };
        subtract(expansion, bytes).map_err(|_| expanded(self.0.option))?;
        self.take(bytes).inspect_err(|_| add(expansion, bytes))
    }

    /// Lets pickles expand in proportion to one more, of so many bytes.
    pub fn allow_for(&self, pickle: usize) {
        if let Some(expansion) = &self.0.expansion {
            add(expansion, to_u64(pickle).saturating_mul(EXPANSION_FACTOR));
        }
    }

    /// Gives back what was [taken](Self::take) and is free again.
    pub fn give_back(&self, bytes: u64) {
        add(&self.0.left, bytes);
    }
}

fn subtract(from: &AtomicU64, bytes: u64) -> Result<(), u64> {
    from.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(bytes))
        .map(drop)
}

fn add(to: &AtomicU64, bytes: u64) {
    // It cannot fail: the closure gives a value for each.
    let _ = to.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        Some(left.saturating_add(bytes))
    });
}

/// The error for what is over one of the limits of `option`.
pub fn over(option: &str, limit: u64, found: impl Into<String>) -> Error {
    Error::msg(ErrorKind::Limit, format!("the load may not read so much (`{option}`)"))
        .with_expected(format!("at most {limit} bytes"))
        .with_found(found)
}

#[cold]
fn expanded(option: &str) -> Error {
    Error::msg(
        ErrorKind::Limit,
        format!(
            "the shared parts of the pickle expand beyond all proportion to its size (`{option}` sets \
             another limit)"
        ),
    )
}

/// A length in memory as a number of bytes on disk.
pub fn to_u64(len: usize) -> u64 {
    u64::try_from(len).unwrap_or(u64::MAX)
}

/// Takes from a [`Budget`] in batches, for one thread. Dropping it gives back what it took and did not use.
#[derive(Debug)]
pub struct Meter {
    budget: Budget,
    /// Whether what is counted may be made any number of times: see [`Budget::expand`].
    expands: bool,
    granted: Cell<u64>,
    /// Whether more was asked for than there is.
    exceeded: Cell<bool>,
}

impl Meter {
    /// Of what is made once.
    pub fn new(budget: Budget) -> Self {
        Self { budget, expands: false, granted: Cell::new(0), exceeded: Cell::new(false) }
    }

    /// Of what shared parts are made into, wherever they are referred to.
    pub fn of_expansion(budget: Budget) -> Self {
        let (granted, exceeded) = (Cell::new(0), Cell::new(false));
        Self { budget, expands: true, granted, exceeded }
    }

    /// Counts bytes that are about to be allocated.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] if they are more than what is left.
    #[inline]
    pub fn charge(&self, bytes: usize) -> Result<()> {
        match self.granted.get().checked_sub(bytes as u64) {
            Some(left) => {
                self.granted.set(left);
                Ok(())
            }
            None => self.refill(to_u64(bytes)),
        }
    }

    /// The same of so many items of a size.
    #[inline]
    pub fn charge_each(&self, items: usize, size: usize) -> Result<()> {
        self.charge(items.saturating_mul(size))
    }

    #[cold]
    fn refill(&self, bytes: u64) -> Result<()> {
        let missing = bytes.saturating_sub(self.granted.get());
        let batch = missing.saturating_add(BATCH);
        let taken = match self.take(batch) {
            Ok(()) => batch,
            Err(_) => {
                let taken = self.take(missing).inspect_err(|_| self.exceeded.set(true));
                taken.map(|()| missing)?
            }
        };
        self.granted.set((self.granted.get().saturating_add(taken)).saturating_sub(bytes));
        Ok(())
    }

    /// Whether more was asked for than there is: nothing is to be made in place of it.
    pub fn is_exceeded(&self) -> bool {
        self.exceeded.get()
    }

    fn take(&self, bytes: u64) -> Result<()> {
        if self.expands { self.budget.expand(bytes) } else { self.budget.take(bytes) }
    }
}

impl Drop for Meter {
    fn drop(&mut self) {
        let unused = self.granted.get();
        if unused > 0 {
            self.budget.give_back(unused);
            if let Some(expansion) = self.budget.0.expansion.as_ref().filter(|_| self.expands) {
                add(expansion, unused);
            }
        }
    }
}

/// What was taken for as long as this is there.
#[derive(Debug)]
pub struct HeldBytes {
    budget: Budget,
    bytes: u64,
}

impl HeldBytes {
    /// Nothing so far.
    pub fn none(budget: Budget) -> Self {
        Self { budget, bytes: 0 }
    }

    /// Holds so many bytes from now on.
    ///
    /// # Errors
    /// [`ErrorKind::Limit`] if they are more than what is left.
    pub fn hold(&mut self, bytes: usize) -> Result<()> {
        let bytes = to_u64(bytes);
        match bytes.checked_sub(self.bytes) {
            Some(more) => self.budget.take(more)?,
            None => self.budget.give_back(self.bytes - bytes),
        }
        self.bytes = bytes;
        Ok(())
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.budget.give_back(self.bytes);
    }
}
