//! Text that may come from a stranger, on its way to people: cut, with its length told, and escaped.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::path::Path;

/// Bytes of the longest part of a message: a variable, what was found, a note.
pub const LONGEST: usize = 1024;

/// Bytes of the longest name inside of such a part.
pub const LONGEST_NAME: usize = 255;

/// Bytes of the longest `Debug` form of what holds many values.
pub const LONGEST_DEBUG: usize = 64 << 10;

/// Bytes of the longest path: what the system takes.
const LONGEST_PATH: usize = 4096;

/// Text with everything in it escaped that a terminal or a log would obey or hide, cut to [`LONGEST`] bytes.
/// What is printed stays as it is, in any script.
pub fn shown<T: fmt::Display + ?Sized>(text: &T) -> Shown<'_, T> {
    Shown { text, limit: LONGEST }
}

/// The same of a part of an error, which is cut already.
pub fn escaped(part: &str) -> Shown<'_, str> {
    Shown { text: part, limit: usize::MAX }
}

/// The same of a name inside of a longer text.
pub fn name<T: fmt::Display + ?Sized>(name: &T) -> Shown<'_, T> {
    Shown { text: name, limit: LONGEST_NAME }
}

/// The same of a path.
pub fn path(path: &Path) -> impl fmt::Display {
    ShownPath(path)
}

/// See [`shown`].
pub struct Shown<'t, T: ?Sized> {
    text: &'t T,
    limit: usize,
}

impl<T: fmt::Display + ?Sized> fmt::Display for Shown<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_cut(f, self.limit, true, |out| write!(out, "{}", self.text))
    }
}

struct ShownPath<'p>(&'p Path);

impl fmt::Display for ShownPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_cut(f, LONGEST_PATH, true, |out| write!(out, "{}", self.0.display()))
    }
}

/// Text as it is, cut to [`LONGEST`] bytes: what is longer is not kept.
pub fn bounded(text: impl Into<String>) -> String {
    let text = text.into();
    if text.len() <= LONGEST { text } else { bounded_display(&text) }
}

/// The same of what is not a text yet, which is never whole in memory.
pub fn bounded_display<T: fmt::Display + ?Sized>(text: &T) -> String {
    let mut bounded = String::new();
    // A string takes all; an error is the text's own, which is then as far as it came.
    let _ = write_cut(&mut bounded, LONGEST, false, |out| write!(out, "{text}"));
    bounded
}

/// The start of a text, of at most so many bytes: whole characters.
pub fn start(text: &str, longest: usize) -> &str {
    let mut end = text.len().min(longest);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// A name as it is, cut to [`LONGEST_NAME`] bytes: a part of a path inside of a variable.
pub fn bounded_name(name: &str) -> Cow<'_, str> {
    if name.len() <= LONGEST_NAME {
        return Cow::Borrowed(name);
    }
    let mut bounded = String::new();
    let _ = write_cut(&mut bounded, LONGEST_NAME, false, |out| out.write_str(name));
    Cow::Owned(bounded)
}

/// Writes a `Debug` form, and stops after `limit` bytes with `…`: a value may share its parts, so
/// that its whole form would be without measure.
pub fn debug_within(
    f: &mut fmt::Formatter<'_>,
    limit: usize,
    write: impl FnOnce(&mut dyn fmt::Write) -> fmt::Result,
) -> fmt::Result {
    let mut cut = Cut { out: f, left: limit, len: 0, escape: false, is_full: false, stops: true };
    let written = write(&mut cut);
    if cut.is_full { cut.out.write_char('…') } else { written }
}

fn write_cut(
    out: &mut dyn fmt::Write,
    limit: usize,
    escape: bool,
    write: impl FnOnce(&mut Cut<'_>) -> fmt::Result,
) -> fmt::Result {
    let mut cut = Cut { out, left: limit, len: 0, escape, is_full: false, stops: false };
    write(&mut cut)?;
    if cut.is_full { write!(cut.out, "… ({} bytes)", cut.len) } else { Ok(()) }
}

/// Lets so many bytes through.
struct Cut<'w> {
    out: &'w mut dyn fmt::Write,
    left: usize,
    /// Bytes that came, let through or not.
    len: usize,
    escape: bool,
    is_full: bool,
    /// Whether the writer is told to stop, or may go on so that all bytes are counted.
    stops: bool,
}

impl Cut<'_> {
    fn put(&mut self, text: &str) -> fmt::Result {
        let start = start(text, self.left);
        self.is_full |= start.len() < text.len();
        self.left -= start.len();
        self.out.write_str(start)
    }
}

impl fmt::Write for Cut<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.len = self.len.saturating_add(text.len());
        let mut rest = text;
        while !self.is_full && !rest.is_empty() {
            // What is cut off is not looked at.
            let shown = start(rest, self.left);
            let hidden = if self.escape { shown.find(is_hidden) } else { None };
            let (plain, tail) = rest.split_at(hidden.unwrap_or(rest.len()));
            self.put(plain)?;
            let mut tail = tail.chars();
            if let (false, Some(character)) = (self.is_full, tail.next()) {
                let escaped = character.escape_debug().to_string();
                // `escape_debug` leaves some as they are.
                let escaped = match escaped.starts_with('\\') {
                    true => escaped,
                    false => character.escape_unicode().to_string(),
                };
                if escaped.len() > self.left {
                    self.is_full = true;
                } else {
                    self.put(&escaped)?;
                }
            }
            rest = tail.as_str();
        }
        if self.is_full && self.stops { Err(fmt::Error) } else { Ok(()) }
    }
}

/// Whether a character is not printed but obeyed (general category Cc, Zl or Zp), or changes how those
/// around it are shown (Cf, of Unicode 16): bidirectional marks can make a name read as another.
fn is_hidden(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_control();
    }
    character.is_control()
        || matches!(
            u32::from(character),
            0xad | 0x600..=0x605 | 0x61c | 0x6dd | 0x70f | 0x890..=0x891 | 0x8e2 | 0x180e
                | 0x200b..=0x200f | 0x2028..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb
                | 0x110bd | 0x110cd | 0x13430..=0x1343f | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
                | 0xe0000..=0xe007f
        )
}

#[cfg(test)]
mod tests;
