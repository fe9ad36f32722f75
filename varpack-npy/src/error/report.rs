//! How an error reads: all that may come from a stranger escaped, and cut where it is not so already.

use super::{ErrorKind, Inner};
use crate::text;
use std::fmt;

/// `{array|variable} `name` in path: message: expected x, found y: source`
pub(super) struct Report<'a>(pub(super) &'a Inner);

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = self.0;
        let noun = match inner.kind {
            ErrorKind::Npy | ErrorKind::Dtype | ErrorKind::Shape | ErrorKind::ReadOnly => "array",
            _ => "variable",
        };
        match (inner.variable.as_deref().map(text::escaped), inner.path.as_deref().map(text::path))
        {
            (Some(variable), Some(path)) => write!(f, "{noun} `{variable}` in {path}: ")?,
            (Some(variable), None) => write!(f, "{noun} `{variable}`: ")?,
            (None, Some(path)) => write!(f, "{path}: ")?,
            (None, None) => {}
        }
        let mut separator = "";
        if let Some(message) = inner.message.as_deref().map(text::escaped) {
            write!(f, "{message}")?;
            separator = ": ";
        }
        let expected = inner.expected.as_deref().map(text::escaped);
        match (expected, inner.found.as_deref().map(text::escaped)) {
            (Some(expected), Some(found)) => {
                write!(f, "{separator}expected {expected}, found {found}")?;
                separator = ": ";
            }
            (Some(expected), None) => {
                write!(f, "{separator}expected {expected}")?;
                separator = ": ";
            }
            (None, Some(found)) => {
                write!(f, "{separator}found {found}")?;
                separator = ": ";
            }
            (None, None) => {}
        }
        if let Some(source) = &inner.source {
            write!(f, "{separator}{}", text::shown(source))?;
            separator = ": ";
        }
        if separator.is_empty() {
            write!(f, "{:?}", inner.kind)?;
        }
        Ok(())
    }
}
