//! What a pickled value is, in a few words.

use crate::pickle::Node;
use crate::text;
use std::fmt::Write;

/// Characters of a value that are shown, and items of a list.
const CHARACTERS: usize = 40;
const ITEMS: usize = 4;

/// The type as Python calls it, and the value if that is short, else how many items it has: `int 7`, `str 'first'`,
/// `list [0.5, 0.25]`, `dict of 20`.
pub(crate) fn summary(node: Node<'_>) -> String {
    let type_name = node.type_name();
    let type_name = text::start(&type_name, CHARACTERS);
    if let Some(value) = scalar(node) {
        return match value == type_name {
            true => value, // `None`
            false => format!("{type_name} {value}"),
        };
    }
    let Some(count) = node.item_count() else { return type_name.to_owned() };
    // What many variables share is looked through by none.
    let items = node.items().filter(|_| type_name == "list" && count <= ITEMS);
    let shown: Option<Vec<_>> = items.and_then(|items| items.map(scalar).collect());
    match shown.map(|shown| shown.join(", ")) {
        Some(value) if value.chars().count() <= CHARACTERS => format!("list [{value}]"),
        _ => format!("{type_name} of {count}"),
    }
}

/// A string or a number, as Python prints it, the string cut.
fn scalar(node: Node<'_>) -> Option<String> {
    if let Some(text) = node.as_str() {
        let start = match text.char_indices().nth(CHARACTERS) {
            Some((end, _)) => text.get(..end).unwrap_or_default(),
            None => text,
        };
        let mut shown = format!("'{}'", text::escaped(start));
        if start.len() < text.len() {
            let _ = write!(shown, "… ({} bytes)", text.len());
        }
        return Some(shown);
    }
    match node.kind_name() {
        "int" | "bool" | "float" => {
            let value = node.display();
            (value.chars().count() <= CHARACTERS).then(|| value.into_owned())
        }
        "None" => Some("None".to_owned()),
        _ => None,
    }
}
