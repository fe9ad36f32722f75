//! Sequences of items that grow: all of one pickle's in one vector, each as a chain of chunks.

use super::arena::Item;
use super::scalar_run::ScalarRun;
use std::slice;

/// A growing sequence of items: a chain of chunks of a [`Pool`]. Items appended while nothing else
/// was share a chunk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Run {
    first: u32,
    last: u32,
    len: u32,
}

const NIL: u32 = u32::MAX;

impl Run {
    pub(super) const EMPTY: Self = Self { first: NIL, last: NIL, len: 0 };

    pub(super) fn len(self) -> usize {
        self.len as usize
    }
}

#[derive(Debug)]
struct Chunk {
    place: Place,
    len: u32,
    next: u32,
}

#[derive(Debug)]
enum Place {
    /// From this index of the items on.
    Items(u32),
    /// The scalar run of this index.
    Scalars(u32),
}

/// More items than an index of 32 bits can tell apart.
#[derive(Debug)]
pub(super) struct Full;

/// `len` as the index of what comes next.
pub(super) fn index(len: usize) -> Result<u32, Full> {
    u32::try_from(len).ok().filter(|&index| index != NIL).ok_or(Full)
}

/// The items of every container of a pickle.
#[derive(Debug, Default)]
pub(super) struct Pool<'a> {
    items: Vec<Item<'a>>,
    scalars: Vec<ScalarRun<'a>>,
    chunks: Vec<Chunk>,
}

impl<'a> Pool<'a> {
    /// The run with the items at its end. The caller puts it back where it belongs.
    #[inline]
    pub(super) fn extend(&mut self, mut run: Run, items: &[Item<'a>]) -> Result<Run, Full> {
        if items.is_empty() {
            return Ok(run);
        }
        let start = index(self.items.len())?;
        index(self.items.len() + items.len())?;
        let len = index(items.len())?;
        self.items.extend_from_slice(items);
        if let Some(Chunk { place: Place::Items(first), len: last, .. }) =
            self.chunks.get_mut(run.last as usize)
            && *first + *last == start
        {
            *last += len;
            run.len = run.len.checked_add(len).ok_or(Full)?;
            return Ok(run);
        }
        self.link(run, Place::Items(start), len)
    }

    /// The run with the scalars at its end. The caller puts it back where it belongs.
    pub(super) fn extend_scalars(&mut self, run: Run, items: ScalarRun<'a>) -> Result<Run, Full> {
        let (place, len) = (Place::Scalars(index(self.scalars.len())?), index(items.len())?);
        self.scalars.push(items);
        self.link(run, place, len)
    }

    fn link(&mut self, mut run: Run, place: Place, len: u32) -> Result<Run, Full> {
        let chunk = index(self.chunks.len())?;
        run.len = run.len.checked_add(len).ok_or(Full)?;
        self.chunks.push(Chunk { place, len, next: NIL });
        match self.chunks.get_mut(run.last as usize) {
            Some(last) => last.next = chunk,
            None => run.first = chunk,
        }
        run.last = chunk;
        Ok(run)
    }

    pub(super) fn items(&self, run: Run) -> Items<'_, 'a> {
        Items {
            pool: self,
            items: [].iter(),
            scalars: ScalarRun::default(),
            next: run.first,
            left: run.len(),
        }
    }

    /// A run whose items were added in one piece, as a tuple's are.
    pub(super) fn as_slice(&self, run: Run) -> Option<&[Item<'a>]> {
        match self.chunks.get(run.first as usize) {
            None => Some(&[]),
            Some(Chunk { place: Place::Items(start), len, next: NIL }) => {
                self.items.get(*start as usize..)?.get(..*len as usize)
            }
            Some(_) => None,
        }
    }
}

/// The items of a [`Run`].
#[derive(Clone, Debug)]
pub(super) struct Items<'d, 'a> {
    pool: &'d Pool<'a>,
    /// What is left of the chunk.
    items: slice::Iter<'d, Item<'a>>,
    scalars: ScalarRun<'a>,
    next: u32,
    left: usize,
}

impl<'a> Items<'_, 'a> {
    /// Goes on to the next chunk.
    #[inline(never)]
    fn advance(&mut self) -> Option<()> {
        let chunk = self.pool.chunks.get(self.next as usize)?;
        self.next = chunk.next;
        match chunk.place {
            Place::Items(start) => {
                let items = self.pool.items.get(start as usize..)?.get(..chunk.len as usize)?;
                self.items = items.iter();
            }
            Place::Scalars(index) => self.scalars = self.pool.scalars.get(index as usize)?.clone(),
        }
        Some(())
    }
}

impl<'a> Iterator for Items<'_, 'a> {
    type Item = Item<'a>;

    #[inline(always)]
    fn next(&mut self) -> Option<Item<'a>> {
        self.left = self.left.checked_sub(1)?;
        loop {
            if let Some(item) = self.items.next() {
                return Some(*item);
            }
            if let Some(item) = self.scalars.next() {
                return Some(item);
            }
            self.advance()?;
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for Items<'_, '_> {}
