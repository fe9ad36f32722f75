//! Python literals as in a `.npy` header: text to a tree, and the `repr` of strings.

use crate::{Error, ErrorKind, Result};
use std::borrow::Cow;
use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::CharIndices;

/// How deep brackets may nest. The reader recurses, so this bounds its stack; every [`Dtype`] that
/// can be made stays under it (a record takes two levels, the header one, a shape one).
///
/// [`Dtype`]: super::Dtype
const MAX_DEPTH: usize = 2 * super::dtype::MAX_RECORD_DEPTH + 2;

/// The longest excerpt of a header that goes into an error, in characters.
const MAX_EXCERPT: usize = 40;

/// A Python literal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Literal<'a> {
    Str(Cow<'a, str>),
    /// The digits as written, with a sign if there is one: Python's integers have no bounds.
    Int(&'a str),
    Bool(bool),
    None,
    Tuple(Vec<Literal<'a>>),
    List(Vec<Literal<'a>>),
    /// In the order written, repeated keys included.
    Dict(Vec<(Literal<'a>, Literal<'a>)>),
}

/// Reads the one literal that `text` has to be.
///
/// `long_suffix` allows the `L` that Python 2 wrote after some integers.
pub(super) fn parse(text: &str, long_suffix: bool) -> Result<Literal<'_>> {
    let mut parser = Parser { text, chars: text.char_indices().peekable(), long_suffix };
    let literal = parser.value(0)?;
    match parser.peek() {
        None => Ok(literal),
        Some(_) => Err(parser.unexpected("the end of the header")),
    }
}

/// Python's `repr` of a string.
///
/// Which characters are printable follows the Unicode version of this compiler's library. Where
/// that differs from a Python's, a character is written as itself instead of as an escape or the
/// other way round; both read back the same.
pub(super) fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            ' '..='~' => out.push(c),
            c if is_printable(c) => out.push(c),
            c => {
                let code = u32::from(c);
                // Writing to a string cannot fail.
                let _ = match code {
                    0..=0xff => write!(out, "\\x{code:02x}"),
                    0x100..=0xffff => write!(out, "\\u{code:04x}"),
                    _ => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
    out
}

/// Whether neither Rust nor Python would escape a character outside ASCII.
fn is_printable(c: char) -> bool {
    // `char::escape_debug` also escapes combining marks, `str::escape_debug` only a leading one.
    let text: String = ['a', c].iter().collect();
    text.escape_debug().nth(1) == Some(c)
}

/// Text from outside as an error shows it: its `repr`, cut short.
pub(super) fn quoted(text: &str) -> String {
    match text.char_indices().nth(MAX_EXCERPT) {
        Some((end, _)) => format!("{}...", repr(text.get(..end).unwrap_or_default())),
        None => repr(text),
    }
}

impl Literal<'_> {
    /// The literal as Python writes it, cut short: what an error says was found.
    pub(super) fn excerpt(&self) -> String {
        let mut out = String::new();
        self.write(&mut out);
        // A few characters more for the quotes and the dots of a string that was cut already.
        if out.chars().count() > MAX_EXCERPT + 8 {
            out = out.chars().take(MAX_EXCERPT).chain("...".chars()).collect();
        }
        out
    }

    fn write(&self, out: &mut String) {
        match self {
            Literal::Str(text) => {
                out.push_str(&quoted(text));
            }
            Literal::Int(digits) => out.extend(digits.chars().take(MAX_EXCERPT + 1)),
            Literal::Bool(value) => out.push_str(if *value { "True" } else { "False" }),
            Literal::None => out.push_str("None"),
            Literal::Tuple(items) => {
                out.push('(');
                write_items(items, out);
                out.push_str(if items.len() == 1 { ",)" } else { ")" });
            }
            Literal::List(items) => {
                out.push('[');
                write_items(items, out);
                out.push(']');
            }
            Literal::Dict(entries) => {
                out.push('{');
                for (index, (key, value)) in entries.iter().enumerate() {
                    if out.len() > MAX_EXCERPT {
                        break;
                    }
                    out.push_str(if index > 0 { ", " } else { "" });
                    key.write(out);
                    out.push_str(": ");
                    value.write(out);
                }
                out.push('}');
            }
        }
    }
}

fn write_items(items: &[Literal<'_>], out: &mut String) {
    for (index, item) in items.iter().enumerate() {
        if out.len() > MAX_EXCERPT {
            break;
        }
        out.push_str(if index > 0 { ", " } else { "" });
        item.write(out);
    }
}

struct Parser<'a> {
    text: &'a str,
    chars: Peekable<CharIndices<'a>>,
    long_suffix: bool,
}

impl<'a> Parser<'a> {
    fn value(&mut self, depth: usize) -> Result<Literal<'a>> {
        if depth > MAX_DEPTH {
            return Err(Error::msg(ErrorKind::Limit, "header nests too deeply")
                .with_expected(format!("at most {MAX_DEPTH} levels of brackets")));
        }
        match self.peek() {
            Some('{') => self.dict(depth),
            Some('[') => {
                self.chars.next();
                Ok(Literal::List(self.items(']', depth)?.0))
            }
            Some('(') => {
                self.chars.next();
                let (mut items, trailing_comma) = self.items(')', depth)?;
                // `(x)` is x in brackets, `(x,)` a tuple.
                match (items.len(), trailing_comma, items.pop()) {
                    (1, false, Some(only)) => Ok(only),
                    (_, _, last) => {
                        items.extend(last);
                        Ok(Literal::Tuple(items))
                    }
                }
            }
            Some('\'' | '"') => Ok(Literal::Str(self.string()?)),
            Some('0'..='9' | '-' | '+') => self.int(),
            Some(c) if c.is_alphabetic() || c == '_' => self.word(),
            _ => Err(self.unexpected("a Python literal")),
        }
    }

    /// Values up to `close`, and whether a comma came last.
    fn items(&mut self, close: char, depth: usize) -> Result<(Vec<Literal<'a>>, bool)> {
        let mut items = Vec::new();
        let mut trailing_comma = false;
        loop {
            if self.eat(close) {
                return Ok((items, trailing_comma));
            }
            if !items.is_empty() && !trailing_comma {
                return Err(self.unexpected(&format!("`,` or `{close}`")));
            }
            items.push(self.value(depth + 1)?);
            trailing_comma = self.eat(',');
        }
    }

    fn dict(&mut self, depth: usize) -> Result<Literal<'a>> {
        self.chars.next();
        let mut entries = Vec::new();
        let mut comma = true;
        loop {
            if self.eat('}') {
                return Ok(Literal::Dict(entries));
            }
            if !comma {
                return Err(self.unexpected("`,` or `}`"));
            }
            let key = self.value(depth + 1)?;
            if !self.eat(':') {
                return Err(self.unexpected("`:` after a key"));
            }
            entries.push((key, self.value(depth + 1)?));
            comma = self.eat(',');
        }
    }

    fn int(&mut self) -> Result<Literal<'a>> {
        let start = self.position();
        self.chars.next_if(|&(_, c)| c == '-' || c == '+');
        let digits_start = self.position();
        while self.chars.next_if(|(_, c)| c.is_ascii_digit()).is_some() {}
        let end = self.position();
        let digits = self.text.get(digits_start..end).unwrap_or_default();
        let zero = digits.bytes().all(|digit| digit == b'0');
        if digits.is_empty() || (digits.starts_with('0') && !zero) {
            return Err(self.unexpected_at(start, "an integer"));
        }
        if self.long_suffix {
            self.chars.next_if(|&(_, c)| c == 'L');
        }
        match self.chars.peek() {
            // A float, a complex number, another base: the same error, with the whole word.
            Some((_, c)) if c.is_alphanumeric() || matches!(c, '.' | '_') => {
                Err(self.unexpected_at(start, "an integer"))
            }
            _ => Ok(Literal::Int(self.text.get(start..end).unwrap_or_default())),
        }
    }

    fn word(&mut self) -> Result<Literal<'a>> {
        let start = self.position();
        while self.chars.next_if(|(_, c)| c.is_alphanumeric() || *c == '_').is_some() {}
        let word = self.text.get(start..self.position()).unwrap_or_default();
        match (word, self.chars.peek()) {
            ("True", _) => Ok(Literal::Bool(true)),
            ("False", _) => Ok(Literal::Bool(false)),
            ("None", _) => Ok(Literal::None),
            // Python 2 wrote unicode strings so.
            ("u" | "U", Some((_, '\'' | '"'))) => Ok(Literal::Str(self.string()?)),
            _ => Err(self.unexpected_at(start, "a Python literal")),
        }
    }

    fn string(&mut self) -> Result<Cow<'a, str>> {
        let (start, text) = (self.position(), self.text);
        let unclosed = |parser: &Self| parser.unexpected_at(start, "a closed string");
        let Some((_, quote)) = self.chars.next() else { return Err(unclosed(self)) };
        let first = self.position();
        // As written, until the first escape.
        let written = |end: usize| text.get(first..end).unwrap_or_default();
        let mut out: Option<String> = None;
        loop {
            match self.chars.next() {
                None | Some((_, '\n')) => return Err(unclosed(self)),
                Some((end, c)) if c == quote => {
                    return Ok(out.map_or_else(|| written(end).into(), Cow::Owned));
                }
                Some((at, '\\')) => {
                    self.escape(at, out.get_or_insert_with(|| written(at).to_owned()))?;
                }
                Some((_, c)) => out.iter_mut().for_each(|out| out.push(c)),
            }
        }
    }

    /// What follows a backslash at `at`, by section 2.4.1 of Python's language reference.
    fn escape(&mut self, at: usize, out: &mut String) -> Result<()> {
        let Some((_, c)) = self.chars.next() else {
            return Err(self.unexpected_at(at, "a closed string"));
        };
        let code = match c {
            '\n' => return Ok(()),
            '\\' | '\'' | '"' => u32::from(c),
            'a' => 0x07,
            'b' => 0x08,
            'f' => 0x0c,
            'n' => 0x0a,
            'r' => 0x0d,
            't' => 0x09,
            'v' => 0x0b,
            '0'..='7' => {
                let mut code = c.to_digit(8).unwrap_or_default();
                for _ in 0..2 {
                    let Some((_, digit)) = self.chars.next_if(|(_, c)| c.is_digit(8)) else {
                        break;
                    };
                    code = code * 8 + digit.to_digit(8).unwrap_or_default();
                }
                code
            }
            'x' => self.hex(at, 2)?,
            'u' => self.hex(at, 4)?,
            'U' => self.hex(at, 8)?,
            'N' => return Err(self.unexpected_at(at, "an escape by number")),
            // Python keeps the backslash of an escape that it does not know.
            other => {
                out.extend(['\\', other]);
                return Ok(());
            }
        };
        match char::from_u32(code) {
            Some(c) => out.push(c),
            None => return Err(self.unexpected_at(at, "an escape of a Unicode scalar value")),
        }
        Ok(())
    }

    fn hex(&mut self, at: usize, digits: usize) -> Result<u32> {
        let mut code = 0_u32;
        for _ in 0..digits {
            let digit = self.chars.next().and_then(|(_, c)| c.to_digit(16));
            let Some(digit) = digit else {
                return Err(self.unexpected_at(at, &format!("an escape of {digits} hex digits")));
            };
            code = (code << 4) | digit;
        }
        Ok(code)
    }

    /// The next character that is not white space or in a comment.
    fn peek(&mut self) -> Option<char> {
        loop {
            match self.chars.peek()?.1 {
                ' ' | '\t' | '\n' | '\r' | '\x0c' => {
                    self.chars.next();
                }
                '#' => while self.chars.next_if(|&(_, c)| c != '\n').is_some() {},
                c => return Some(c),
            }
        }
    }

    fn eat(&mut self, c: char) -> bool {
        self.peek() == Some(c) && self.chars.next().is_some()
    }

    /// Where in the text, in bytes.
    fn position(&mut self) -> usize {
        self.chars.peek().map_or(self.text.len(), |&(position, _)| position)
    }

    fn unexpected(&mut self, expected: &str) -> Error {
        let at = self.position();
        self.unexpected_at(at, expected)
    }

    fn unexpected_at(&self, at: usize, expected: &str) -> Error {
        let rest = self.text.get(at..).unwrap_or_default();
        let found = if rest.trim().is_empty() {
            "the end of the header".to_owned()
        } else {
            format!("{} at byte {at} of the header's text", quoted(rest))
        };
        Error::msg(ErrorKind::Npy, "header is not a Python literal")
            .with_expected(expected)
            .with_found(found)
    }
}
