//! An attribute that rewrites a struct. Where it stands behind a derive, that has seen what was there before.

use proc_macro::{Delimiter, Group, TokenStream, TokenTree};

/// `#[replace(u8 => Light)]`: puts what is after the arrow in the place of each word before it, inside the braces.
#[proc_macro_attribute]
pub fn replace(rule: TokenStream, item: TokenStream) -> TokenStream {
    let mut rule = rule.into_iter();
    let Some(TokenTree::Ident(from)) = rule.next() else { return item };
    let to: TokenStream = rule.skip(2).collect();
    item.into_iter().flat_map(|token| replaced(token, &from.to_string(), &to, false)).collect()
}

fn replaced(token: TokenTree, from: &str, to: &TokenStream, inside: bool) -> TokenStream {
    match token {
        TokenTree::Ident(word) if inside && word.to_string() == from => to.clone(),
        TokenTree::Group(group) => {
            let inside = inside || group.delimiter() == Delimiter::Brace;
            let tokens = group.stream().into_iter();
            let tokens = tokens.flat_map(|token| replaced(token, from, to, inside)).collect();
            let mut replaced = Group::new(group.delimiter(), tokens);
            replaced.set_span(group.span());
            TokenTree::Group(replaced).into()
        }
        token => token.into(),
    }
}
