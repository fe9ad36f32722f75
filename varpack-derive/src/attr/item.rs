//! The grammar of `#[varpack(...)]`: a list of `word`, `word = value` and `word(...)`.

use crate::ctxt::Ctxt;
use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::spanned::Spanned;
use syn::token::Paren;
use syn::{Attribute, Expr, ExprLit, ExprPath, Ident, Lit, LitStr, MacroDelimiter, Meta, Token};

/// One entry of the list, as written.
pub(crate) struct AttrItem {
    pub(crate) word: Ident,
    pub(crate) value: AttrValue,
}

/// What follows the word of an [`AttrItem`].
pub(crate) enum AttrValue {
    None,
    /// `= value`
    Is(Expr),
    /// `(...)`
    List(Paren, TokenStream),
}

impl ToTokens for AttrItem {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.word.to_tokens(tokens);
        match &self.value {
            AttrValue::None => {}
            AttrValue::Is(expr) => tokens.extend(quote!(= #expr)),
            AttrValue::List(paren, list) => {
                paren.surround(tokens, |tokens| tokens.extend(list.clone()));
            }
        }
    }
}

impl AttrItem {
    /// The string of `word = "string"`.
    pub(crate) fn string(&self, ctxt: &Ctxt) -> Option<LitStr> {
        let takes = format!("`{0}` takes a string: `{0} = \"…\"`", self.word);
        self.parsed(ctxt, &takes, |string| Some(string.clone()))
    }

    /// What `parse` makes of the string of `word = "string"`; if that is nothing, `takes` is the error.
    pub(crate) fn parsed<T>(
        &self,
        ctxt: &Ctxt,
        takes: &str,
        parse: impl Fn(&LitStr) -> Option<T>,
    ) -> Option<T> {
        let AttrValue::Is(expr) = &self.value else {
            ctxt.error(self, takes);
            return None;
        };
        let expr = ungroup(expr);
        if let Expr::Lit(ExprLit { lit: Lit::Str(string), .. }) = expr {
            let parsed = parse(string);
            if parsed.is_none() {
                ctxt.error(string, takes);
            }
            return parsed;
        }
        // Quotes are the advice only where nothing else is wrong.
        match without_quotes(expr).filter(|string| parse(string).is_some()) {
            Some(string) => {
                let (word, string) = (&self.word, string.to_token_stream());
                ctxt.error(expr, format!("`{word}` takes a string: `{word} = {string}`"));
            }
            None => ctxt.error(expr, takes),
        }
        None
    }

    /// Refuses a value after a word that takes none.
    pub(crate) fn no_value(&self, ctxt: &Ctxt) {
        if !matches!(self.value, AttrValue::None) {
            ctxt.error(self, format!("`{}` takes no value", self.word));
        }
    }
}

/// The string that an expression would be in quotes, if it is as simple as a word, a path or a number.
fn without_quotes(expr: &Expr) -> Option<LitStr> {
    let is_simple = match expr {
        Expr::Lit(ExprLit { lit, .. }) => matches!(lit, Lit::Int(_) | Lit::Float(_) | Lit::Bool(_)),
        Expr::Path(ExprPath { qself: None, path, .. }) => {
            path.segments.iter().all(|segment| segment.arguments.is_none())
        }
        _ => false,
    };
    let text = || expr.to_token_stream().to_string().replace(' ', "");
    is_simple.then(|| LitStr::new(&text(), expr.span()))
}

// Literals that come through `macro_rules` are wrapped in groups without delimiters.
fn ungroup(mut expr: &Expr) -> &Expr {
    while let Expr::Group(group) = expr {
        expr = &group.expr;
    }
    expr
}

/// The entries of an attribute. Those that do not parse become errors, the others are still given.
pub(crate) fn items(ctxt: &Ctxt, attribute: &Attribute) -> Vec<AttrItem> {
    match &attribute.meta {
        Meta::List(list) if matches!(list.delimiter, MacroDelimiter::Paren(_)) => {
            items_of(ctxt, list.tokens.clone())
        }
        meta => {
            ctxt.error(meta, "write `#[varpack(…)]`, the attributes in round brackets");
            Vec::new()
        }
    }
}

/// The entries of a list.
pub(crate) fn items_of(ctxt: &Ctxt, list: TokenStream) -> Vec<AttrItem> {
    let parser = |input: ParseStream<'_>| {
        let mut items = Vec::new();
        while !input.is_empty() {
            match item(input) {
                Ok(item) => items.push(item),
                Err(error) => {
                    ctxt.syn_error(error);
                    skip_to_comma(input)?;
                }
            }
            input.parse::<Option<Token![,]>>()?;
        }
        Ok(items)
    };
    parser.parse2(list).unwrap_or_else(|error| {
        ctxt.syn_error(error);
        Vec::new()
    })
}

fn item(input: ParseStream<'_>) -> syn::Result<AttrItem> {
    if !input.peek(Ident::peek_any) {
        return Err(input.error("expected a word, such as `mmap` or `rename = \"…\"`"));
    }
    let word = input.call(Ident::parse_any)?;
    if input.peek(Token![::]) {
        return Err(input.error("expected one word, such as `mmap`, not a path"));
    }
    let value = if input.peek(Token![=]) {
        input.parse::<Token![=]>()?;
        if input.is_empty() || input.peek(Token![,]) {
            return Err(syn::Error::new(word.span(), format!("`{word} =` lacks its value")));
        }
        AttrValue::Is(input.parse()?)
    } else if input.peek(Paren) {
        let list;
        let paren = syn::parenthesized!(list in input);
        AttrValue::List(paren, list.parse()?)
    } else {
        AttrValue::None
    };
    if !input.is_empty() && !input.peek(Token![,]) {
        return Err(input.error("expected a comma between two attributes"));
    }
    Ok(AttrItem { word, value })
}

fn skip_to_comma(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
