//! See `tests/derive.rs`: the tests are all there is.
