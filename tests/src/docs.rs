//! The examples of the README and of pages in `docs/`, run as doctests. (Those of the attributes are part of the documentation
//! of the derive.)

#[doc = include_str!("../../README.md")]
struct Readme;

#[doc = include_str!("../../docs/moving-from-serde.md")]
struct MovingFromSerde;

#[doc = include_str!("../../docs/moving-from-python.md")]
struct MovingFromPython;

#[doc = include_str!("../../docs/evolution.md")]
struct Evolution;
