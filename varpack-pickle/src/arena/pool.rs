//! Sequences of items that grow: those of all containers of one pickle, in one vector.

use crate::arena::item::Item;
use crate::arena::scalar_run::ScalarRun;
use std::slice;

/// A growing sequence of items of a [`Pool`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Run {
    place: RunPlace,
    len: u32,
}

#[derive(Clone, Copy, Debug)]
enum RunPlace {
    /// In one piece, from this index of the items on.
    Items(u32),
    /// In one piece, the scalars of this index.
    Scalars(u32),
    /// In several pieces: the chain of this index.
    Chain(u32),
}

impl Run {
    pub(crate) const EMPTY: Self = Self { place: RunPlace::Items(0), len: 0 };

    #[inline]
    pub(crate) fn len(self) -> usize {
        self.len as usize
    }

    /// Whether the items of `next` stand right behind those of this.
    fn touches(self, next: Self) -> bool {
        match (self.place, next.place) {
            (RunPlace::Items(start), RunPlace::Items(next)) => start + self.len == next,
            _ => false,
        }
    }
}

/// The first and the last link of a chain.
#[derive(Debug)]
struct Chain {
    first: u32,
    last: u32,
}

/// A run in one piece, and the link after it.
#[derive(Debug)]
struct Link {
    piece: Run,
    next: u32,
}

const NIL: u32 = u32::MAX;

/// More items than an index of 32 bits can tell apart.
#[derive(Debug)]
pub(crate) struct Full;

/// The index of what comes after `len` others.
#[inline]
pub(crate) fn index(len: usize) -> Result<u32, Full> {
    u32::try_from(len).ok().filter(|&index| index != NIL).ok_or(Full)
}

/// The items of every container of a pickle.
#[derive(Debug, Default)]
pub(crate) struct Pool<'a> {
    items: Vec<Item<'a>>,
    scalars: Vec<ScalarRun<'a>>,
    chains: Vec<Chain>,
    links: Vec<Link>,
}

impl<'a> Pool<'a> {
    /// Bytes of all items.
    pub(crate) fn size(&self) -> usize {
        self.items.len() * size_of::<Item<'_>>()
            + self.scalars.len() * size_of::<ScalarRun<'_>>()
            + self.chains.len() * size_of::<Chain>()
            + self.links.len() * size_of::<Link>()
    }

    /// The run with the items at its end. The caller puts it back where it belongs.
    #[inline]
    pub(crate) fn extend(&mut self, run: Run, items: &[Item<'a>]) -> Result<Run, Full> {
        let place = RunPlace::Items(index(self.items.len())?);
        index(self.items.len() + items.len())?;
        self.items.extend_from_slice(items);
        self.join(run, Run { place, len: index(items.len())? })
    }

    /// The run with the scalars at its end. The caller puts it back where it belongs.
    pub(crate) fn extend_scalars(&mut self, run: Run, items: ScalarRun<'a>) -> Result<Run, Full> {
        let place = RunPlace::Scalars(index(self.scalars.len())?);
        let len = index(items.len())?;
        self.scalars.push(items);
        self.join(run, Run { place, len })
    }

    #[inline]
    fn join(&mut self, run: Run, piece: Run) -> Result<Run, Full> {
        match (run.len, piece.len) {
            (0, _) => Ok(piece),
            (_, 0) => Ok(run),
            _ => self.link(run, piece),
        }
    }

    fn link(&mut self, run: Run, piece: Run) -> Result<Run, Full> {
        let len = run.len.checked_add(piece.len).ok_or(Full)?;
        if run.touches(piece) {
            return Ok(Run { len, ..run });
        }
        let next = index(self.links.len() + 1)?;
        let RunPlace::Chain(chain) = run.place else {
            let chain = index(self.chains.len())?;
            self.chains.push(Chain { first: next - 1, last: next });
            self.links.extend([Link { piece: run, next }, Link { piece, next: NIL }]);
            return Ok(Run { place: RunPlace::Chain(chain), len });
        };
        let Chain { last, .. } = &mut self.chains[chain as usize];
        let end = &mut self.links[*last as usize];
        if end.piece.touches(piece) {
            end.piece.len += piece.len;
        } else {
            end.next = next - 1;
            *last = next - 1;
            self.links.push(Link { piece, next: NIL });
        }
        Ok(Run { len, ..run })
    }

    pub(crate) fn items(&self, run: Run) -> Items<'_, 'a> {
        let mut items = Items {
            pool: self,
            items: [].iter(),
            scalars: ScalarRun::default(),
            next: NIL,
            after: 0,
        };
        match run.place {
            RunPlace::Chain(chain) => {
                items.next = self.chains[chain as usize].first;
                items.after = run.len();
            }
            _ => items.enter(run),
        }
        items
    }

    /// A run in one piece that holds more than scalars, as a tuple's does.
    pub(crate) fn as_slice(&self, run: Run) -> Option<&[Item<'a>]> {
        match run.place {
            RunPlace::Items(start) => self.items.get(start as usize..)?.get(..run.len()),
            RunPlace::Scalars(_) | RunPlace::Chain(_) => None,
        }
    }
}

/// The items of a [`Run`].
#[derive(Clone, Debug)]
pub(crate) struct Items<'d, 'a> {
    pool: &'d Pool<'a>,
    /// What is left of this piece.
    items: slice::Iter<'d, Item<'a>>,
    scalars: ScalarRun<'a>,
    /// The link of the next piece, and the items from there on.
    next: u32,
    after: usize,
}

impl<'a> Items<'_, 'a> {
    fn enter(&mut self, piece: Run) {
        match piece.place {
            RunPlace::Scalars(index) => self.scalars = self.pool.scalars[index as usize].clone(),
            _ => self.items = self.pool.as_slice(piece).unwrap_or_default().iter(),
        }
    }

    /// The next item of this piece, if it is one of a run of scalars.
    #[inline(always)]
    pub(crate) fn next_scalar(&mut self) -> Option<Item<'a>> {
        self.scalars.next()
    }

    /// As [`next_scalar`](Self::next_scalar), if it is an item of the pool.
    #[inline(always)]
    pub(crate) fn next_pooled(&mut self) -> Option<Item<'a>> {
        self.items.next().copied()
    }

    /// Goes on to the next piece, when this one is at its end.
    #[inline(never)]
    pub(crate) fn advance(&mut self) -> bool {
        let Some(link) = self.pool.links.get(self.next as usize) else { return false };
        self.next = link.next;
        self.after -= link.piece.len();
        self.enter(link.piece);
        true
    }
}

impl<'a> Iterator for Items<'_, 'a> {
    type Item = Item<'a>;

    #[inline]
    fn next(&mut self) -> Option<Item<'a>> {
        loop {
            if let Some(item) = self.next_pooled().or_else(|| self.next_scalar()) {
                return Some(item);
            }
            if !self.advance() {
                return None;
            }
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = self.items.len() + self.scalars.len() + self.after;
        (len, Some(len))
    }
}

impl ExactSizeIterator for Items<'_, '_> {}
