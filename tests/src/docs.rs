//! The examples of the README and of the pages in `docs/`, run as doctests.

#[doc = include_str!("../../README.md")]
struct Readme;

#[doc = include_str!("../../docs/attributes.md")]
struct Attributes;

#[doc = include_str!("../../docs/moving-from-serde.md")]
struct MovingFromSerde;

#[doc = include_str!("../../docs/moving-from-python.md")]
struct MovingFromPython;
