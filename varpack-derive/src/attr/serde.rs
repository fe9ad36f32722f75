//! What `#[serde(...)]` says, word by word. Serde's derives refuse what is malformed; here it is only looked at.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use std::mem;
use syn::{Attribute, Meta};

/// How to leave serde's attributes to serde.
pub(crate) const IGNORE_SERDE: &str =
    "`#[varpack(ignore_serde)]` above the struct leaves serde's attributes to serde";

/// Words that say nothing of what is saved, but how serde's own code is made.
pub(crate) const OF_SERDE_ALONE: [&str; 5] = ["borrow", "bound", "crate", "expecting", "getter"];

/// One entry of the list: `skip`, `rename = "…"`, `rename_all(…)`.
pub(crate) struct SerdeItem {
    /// Empty where no word is.
    pub(crate) word: String,
    /// Whether something follows the word.
    pub(crate) has_value: bool,
    tokens: TokenStream,
}

impl ToTokens for SerdeItem {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.tokens.clone());
    }
}

impl SerdeItem {
    /// Without what precedes a word that nothing is made of, there is no entry.
    fn new(tokens: TokenStream) -> Option<Self> {
        let tokens = ungroup(tokens);
        let mut trees = tokens.clone().into_iter();
        let word = match trees.next()? {
            TokenTree::Ident(word) => word.to_string(),
            _ => String::new(),
        };
        Some(Self { word, has_value: trees.next().is_some(), tokens })
    }

    /// The string of `word = "string"`, in quotes.
    pub(crate) fn value(&self) -> Option<String> {
        let mut trees = self.tokens.clone().into_iter().skip(1);
        match (trees.next()?, trees.next()?) {
            (TokenTree::Punct(is), TokenTree::Literal(value)) if is.as_char() == '=' => {
                Some(value.to_string())
            }
            _ => None,
        }
    }
}

/// The entries of all `#[serde(...)]`.
pub(crate) fn serde_items(attributes: &[Attribute]) -> Vec<SerdeItem> {
    let serde = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
    serde
        .flat_map(|attribute| match &attribute.meta {
            Meta::List(list) => split(list.tokens.clone()),
            meta => vec![quote!(#meta)],
        })
        .filter_map(SerdeItem::new)
        .collect()
}

/// The parts of a list between its commas.
fn split(list: TokenStream) -> Vec<TokenStream> {
    let mut parts = Vec::new();
    let mut part = TokenStream::new();
    for token in list {
        match token {
            TokenTree::Punct(comma) if comma.as_char() == ',' => parts.push(mem::take(&mut part)),
            token => part.extend([token]),
        }
    }
    parts.push(part);
    parts
}

// What comes through `macro_rules` is wrapped in groups without delimiters. A comma in one of them is none of the list.
fn ungroup(tokens: TokenStream) -> TokenStream {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::None => {
                ungroup(group.stream())
            }
            token => token.into(),
        })
        .collect()
}
