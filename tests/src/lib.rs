//! What the tests of varpack share.

#[cfg(doctest)]
mod docs;
