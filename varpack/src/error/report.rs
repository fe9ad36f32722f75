//! How an error reads.

use super::{ErrorKind, Inner};
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
        match (&inner.variable, &inner.path) {
            (Some(variable), Some(path)) => {
                write!(f, "{noun} `{variable}` in {}: ", path.display())?
            }
            (Some(variable), None) => write!(f, "{noun} `{variable}`: ")?,
            (None, Some(path)) => write!(f, "{}: ", path.display())?,
            (None, None) => {}
        }
        let mut separator = "";
        if let Some(message) = &inner.message {
            write!(f, "{message}")?;
            separator = ": ";
        }
        match (&inner.expected, &inner.found) {
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
            write!(f, "{separator}{source}")?;
            separator = ": ";
        }
        if separator.is_empty() {
            write!(f, "{:?}", inner.kind)?;
        }
        Ok(())
    }
}
