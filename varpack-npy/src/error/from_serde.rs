//! What serde says of a value as an error of ours: in Python's words for its types.

use super::{Error, ErrorKind};
use crate::text;
use serde::de::{Expected, Unexpected};
use std::fmt;

/// What serde's visitors can tell apart, and the names of what they take for a list.
pub(super) const SHOWN_AS: [&str; 11] =
    ["bool", "int", "float", "str", "bytes", "None", "list", "dict", "tuple", "set", "frozenset"];

impl serde::ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::msg(ErrorKind::Value, text::bounded_display(&message))
    }
}

impl serde::de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::msg(ErrorKind::Value, text::bounded_display(&message))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match unexpected {
            Unexpected::Bool(_) => "bool".to_owned(),
            Unexpected::Unsigned(_) | Unexpected::Signed(_) => "int".to_owned(),
            Unexpected::Float(_) => "float".to_owned(),
            Unexpected::Char(_) | Unexpected::Str(_) => "str".to_owned(),
            Unexpected::Bytes(_) => "bytes".to_owned(),
            Unexpected::Unit | Unexpected::Option => "None".to_owned(),
            Unexpected::Seq => "list".to_owned(),
            Unexpected::Map => "dict".to_owned(),
            // In serde's buffer: no pickle has others.
            Unexpected::NewtypeStruct => "a NumPy array or time".to_owned(),
            other => text::bounded_display(&other),
        };
        Self::new(ErrorKind::Value).with_expected(expected.to_string()).with_found(found)
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(ErrorKind::Value)
            .with_expected(expected.to_string())
            .with_found(text::bounded_display(&unexpected))
    }
}
