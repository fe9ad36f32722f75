//! See `tests/must_compile.rs`: the tests are all there is.
