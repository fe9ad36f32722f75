//! What the tests of varpack share.
