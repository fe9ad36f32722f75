//! An identity in a quarter of its room: a load remembers one of each of a hundred thousand files.

use crate::os::dir::Identity;
use crate::pickle::internal::Fingerprint;
use std::num::NonZeroU64;

/// The hashes of what of an [`Identity`] is compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    content: Fingerprint,
    ctime: Option<NonZeroU64>,
}

impl From<Identity> for Stamp {
    fn from(Identity { dev, ino, size, ctime, mtime }: Identity) -> Self {
        let ctime = ctime.and_then(|ctime| NonZeroU64::new(Fingerprint::of(ctime).as_u64() | 1));
        Self { content: Fingerprint::of((dev, ino, size, mtime)), ctime }
    }
}

impl Stamp {
    /// As [`Identity::is_still`].
    pub(crate) fn is_still(&self, now: &Identity) -> bool {
        let now = Self::from(*now);
        self.content == now.content && (self.ctime.is_none() || self.ctime == now.ctime)
    }

    /// The same of two that are remembered: either may be of a time before it was moved into its place.
    pub(crate) fn is_the_one(&self, other: &Identity) -> bool {
        let is_unmoved = other.ctime.is_none() && Self::from(*other).content == self.content;
        is_unmoved || self.is_still(other)
    }
}
