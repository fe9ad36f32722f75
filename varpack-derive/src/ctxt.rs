//! Collects the errors of one derive, so that all of them come in one compile.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::cell::RefCell;
use std::fmt::Display;
use std::thread;

/// The errors found so far.
///
/// Dropping it without asking for them through [`Ctxt::finish`] panics: an error must not get lost.
pub(crate) struct Ctxt {
    // `None` once asked for.
    errors: RefCell<Option<Vec<syn::Error>>>,
}

impl Ctxt {
    pub(crate) fn new() -> Self {
        Self { errors: RefCell::new(Some(Vec::new())) }
    }

    /// An error at `tokens`, from the first of them to the last.
    pub(crate) fn error(&self, tokens: impl ToTokens, message: impl Display) {
        self.syn_error(syn::Error::new_spanned(tokens, message));
    }

    /// An error about two places at once: it spans from the first place to the second.
    pub(crate) fn error_between(
        &self,
        first: impl ToTokens,
        second: impl ToTokens,
        message: impl Display,
    ) {
        let mut tokens = TokenStream::new();
        first.to_tokens(&mut tokens);
        second.to_tokens(&mut tokens);
        self.error(tokens, message);
    }

    /// An error of a parser.
    pub(crate) fn syn_error(&self, error: syn::Error) {
        if let Some(errors) = self.errors.borrow_mut().as_mut() {
            errors.push(error);
        }
    }

    /// How many errors there are so far.
    pub(crate) fn len(&self) -> usize {
        self.errors.borrow().as_ref().map_or(0, Vec::len)
    }

    /// All errors as one, if there are any.
    pub(crate) fn finish(self) -> Option<syn::Error> {
        let errors = self.errors.borrow_mut().take().unwrap_or_default();
        errors.into_iter().reduce(|mut combined, error| {
            combined.combine(error);
            combined
        })
    }
}

impl Drop for Ctxt {
    fn drop(&mut self) {
        if !thread::panicking() && self.errors.borrow().is_some() {
            panic!("the errors of the derive were not asked for");
        }
    }
}
