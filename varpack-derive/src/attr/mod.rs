//! Attributes, parsed once into typed values. Rules between them are the business of `check`.

mod item;
mod serde;

use crate::case::Case;
use crate::ctxt::Ctxt;
use crate::suggest;
use item::{AttrItem, AttrValue, items, items_of};
use proc_macro2::TokenStream;
use quote::ToTokens;
pub(crate) use serde::{IGNORE_SERDE, OF_SERDE_ALONE, SerdeItem, serde_items};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprPath, LitStr, Path, Token, Type, WherePredicate};

/// A value, and the attribute that gave it, for errors to point at.
pub(crate) struct At<T> {
    pub(crate) value: T,
    tokens: TokenStream,
}

impl<T> At<T> {
    fn new(value: T, item: &AttrItem) -> Self {
        Self { value, tokens: item.to_token_stream() }
    }
}

impl<T> ToTokens for At<T> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.tokens.clone());
    }
}

/// Where in the folder a field lives.
pub(crate) enum Storage {
    /// In the shared pickle: no attribute.
    Value,
    /// `separate`
    Separate,
    /// `nested`
    Nested,
    /// `flatten`
    Flatten(FlattenOptions),
    /// `npy`
    Npy,
    /// `mmap`
    Mmap(Box<MmapOptions>),
}

impl Storage {
    /// The attribute that asks for it.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Value => "",
            Self::Separate => "separate",
            Self::Nested => "nested",
            Self::Flatten(_) => "flatten",
            Self::Npy => "npy",
            Self::Mmap(_) => "mmap",
        }
    }
}

/// The options of `mmap(...)`.
#[derive(Default)]
pub(crate) struct MmapOptions {
    /// Arrays of a map with fewer elements stay in the pickle.
    pub(crate) min_len: Option<At<Expr>>,
    /// Arrays of a map with integer keys get files too.
    pub(crate) int_keys: Option<At<()>>,
}

/// The options of `flatten(...)`.
#[derive(Default)]
pub(crate) struct FlattenOptions {
    /// What the names of its variables begin with, in place of `name.`.
    pub(crate) prefix: Option<At<LitStr>>,
}

/// Which arrays of another dtype a field takes: `cast`, an option of `mmap` and `npy`.
#[derive(Clone, Copy)]
pub(crate) enum CastRule {
    /// `cast`
    Lossless,
    /// `cast = "lossy"`
    Lossy,
}

/// In which directions a field is left out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skip {
    Nothing,
    /// `skip_load`
    Load,
    /// `skip_save`
    Save,
    /// `skip`
    Both,
}

impl Skip {
    /// The attribute that asks for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Load => "skip_load",
            Self::Save => "skip_save",
            Self::Both => "skip",
        }
    }
}

/// Where the value of a field comes from that is not loaded.
pub(crate) enum DefaultValue {
    /// `default`: `Default::default`
    Trait,
    /// `default = "path"`
    Path(ExprPath),
}

/// The attributes of a field, in the order written where one word excludes another.
#[derive(Default)]
pub(crate) struct FieldAttrs {
    pub(crate) storage: Vec<At<Storage>>,
    pub(crate) skip: Vec<At<Skip>>,
    pub(crate) default: Option<At<DefaultValue>>,
    pub(crate) rename: Option<At<LitStr>>,
    pub(crate) aliases: Vec<At<LitStr>>,
    pub(crate) cast: Option<At<CastRule>>,
    /// What serde's derives read on the field.
    pub(crate) serde: Vec<SerdeItem>,
    /// One of them is in error already, so that what is missing says nothing.
    pub(crate) is_faulty: bool,
}

/// The attributes of the struct itself.
#[derive(Default)]
pub(crate) struct StructAttrs {
    krate: Option<At<Path>>,
    bound: Option<At<Vec<WherePredicate>>>,
    pub(crate) rename_all: Option<At<Case>>,
    /// `from = "Older"`
    pub(crate) from: Option<At<Type>>,
    /// `try_from = "Older"`
    pub(crate) try_from: Option<At<Type>>,
    /// It is saved and not loaded, and may borrow what it saves.
    pub(crate) save_only: Option<At<()>>,
    /// What serde's derives read above the struct is for them alone, and on its fields too.
    pub(crate) ignore_serde: Option<At<()>>,
    /// What serde's derives read above the struct.
    pub(crate) serde: Vec<SerdeItem>,
}

const FIELD_WORDS: [&str; 11] = [
    "mmap",
    "npy",
    "separate",
    "nested",
    "flatten",
    "skip",
    "skip_load",
    "skip_save",
    "default",
    "rename",
    "alias",
];
const STRUCT_WORDS: [&str; 7] =
    ["crate", "bound", "rename_all", "from", "try_from", "save_only", "ignore_serde"];
const MMAP_WORDS: [&str; 3] = ["min_len", "int_keys", "cast"];
const NPY_WORDS: [&str; 1] = ["cast"];
const FLATTEN_WORDS: [&str; 1] = ["prefix"];

fn varpack_items(ctxt: &Ctxt, attributes: &[Attribute]) -> Vec<AttrItem> {
    attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("varpack"))
        .flat_map(|attribute| items(ctxt, attribute))
        .collect()
}

impl FieldAttrs {
    pub(crate) fn parse(ctxt: &Ctxt, attributes: &[Attribute]) -> Self {
        let errors_before = ctxt.len();
        let mut attrs = Self { serde: serde_items(attributes), ..Self::default() };
        for item in varpack_items(ctxt, attributes) {
            attrs.add(ctxt, &item);
        }
        attrs.is_faulty = ctxt.len() > errors_before;
        attrs
    }

    fn add(&mut self, ctxt: &Ctxt, item: &AttrItem) {
        match item.word.to_string().as_str() {
            "mmap" => {
                let options = mmap_options(ctxt, item, &mut self.cast);
                self.storage.push(At::new(Storage::Mmap(Box::new(options)), item));
            }
            "flatten" => {
                let options = flatten_options(ctxt, item);
                self.storage.push(At::new(Storage::Flatten(options), item));
            }
            "npy" => {
                npy_options(ctxt, item, &mut self.cast);
                self.storage.push(At::new(Storage::Npy, item));
            }
            "separate" => self.add_storage(ctxt, item, Storage::Separate),
            "nested" => self.add_storage(ctxt, item, Storage::Nested),
            "skip" => self.add_skip(ctxt, item, Skip::Both),
            "skip_load" => self.add_skip(ctxt, item, Skip::Load),
            "skip_save" => self.add_skip(ctxt, item, Skip::Save),
            "default" => {
                let value = match item.value {
                    AttrValue::None => Some(DefaultValue::Trait),
                    _ => default_path(ctxt, item).map(DefaultValue::Path),
                };
                set(ctxt, &mut self.default, value, item);
            }
            "rename" => set(ctxt, &mut self.rename, item.string(ctxt), item),
            "alias" => {
                self.aliases.extend(item.string(ctxt).map(|alias| At::new(alias, item)));
            }
            "cast" => ctxt.error(&item.word, "`cast` is an option: `mmap(cast)` or `npy(cast)`"),
            word if STRUCT_WORDS.contains(&word) => {
                ctxt.error(&item.word, format!("`{word}` goes above the struct, not on a field"));
            }
            word => unknown(ctxt, item, word, "a field", &FIELD_WORDS),
        }
    }

    fn add_storage(&mut self, ctxt: &Ctxt, item: &AttrItem, storage: Storage) {
        item.no_value(ctxt);
        self.storage.push(At::new(storage, item));
    }

    fn add_skip(&mut self, ctxt: &Ctxt, item: &AttrItem, skip: Skip) {
        item.no_value(ctxt);
        self.skip.push(At::new(skip, item));
    }
}

impl StructAttrs {
    /// The path of the `varpack` crate.
    pub(crate) fn krate(&self) -> Path {
        let given = self.krate.as_ref().map(|krate| krate.value.clone());
        given.unwrap_or_else(|| syn::parse_quote!(::varpack))
    }

    /// The struct that a load makes this one of, if it does.
    pub(crate) fn older(&self) -> Option<&At<Type>> {
        self.from.as_ref().or(self.try_from.as_ref())
    }

    /// `bound = "…"`, in place of the bounds that the fields ask for.
    pub(crate) fn bound(&self) -> Option<&[WherePredicate]> {
        self.bound.as_ref().map(|bound| bound.value.as_slice())
    }

    pub(crate) fn parse(ctxt: &Ctxt, attributes: &[Attribute]) -> Self {
        let mut attrs = Self { serde: serde_items(attributes), ..Self::default() };
        for item in varpack_items(ctxt, attributes) {
            attrs.add(ctxt, &item);
        }
        attrs
    }

    fn add(&mut self, ctxt: &Ctxt, item: &AttrItem) {
        match item.word.to_string().as_str() {
            "crate" => set(ctxt, &mut self.krate, crate_path(ctxt, item), item),
            "bound" => set(ctxt, &mut self.bound, where_predicates(ctxt, item), item),
            "rename_all" => set(ctxt, &mut self.rename_all, case(ctxt, item), item),
            "from" => set(ctxt, &mut self.from, older(ctxt, item), item),
            "try_from" => set(ctxt, &mut self.try_from, older(ctxt, item), item),
            "save_only" => {
                item.no_value(ctxt);
                set(ctxt, &mut self.save_only, Some(()), item);
            }
            "ignore_serde" => {
                item.no_value(ctxt);
                set(ctxt, &mut self.ignore_serde, Some(()), item);
            }
            word if FIELD_WORDS.contains(&word) => {
                ctxt.error(&item.word, format!("`{word}` goes on a field, not above the struct"));
            }
            word => unknown(ctxt, item, word, "a struct", &STRUCT_WORDS),
        }
    }
}

/// Stores what may be given once; `None` if its error has been told already.
fn set<T>(ctxt: &Ctxt, slot: &mut Option<At<T>>, value: Option<T>, item: &AttrItem) {
    match (&*slot, value) {
        (Some(first), _) => {
            ctxt.error_between(first, item, format!("`{}` is given twice", item.word));
        }
        (None, Some(value)) => *slot = Some(At::new(value, item)),
        (None, None) => {}
    }
}

fn unknown(ctxt: &Ctxt, item: &AttrItem, word: &str, place: &str, known: &[&str]) {
    let message = match suggest::nearest(word, known) {
        Some(near) => format!("unknown attribute `{word}`: did you mean `{near}`?"),
        None => format!("unknown attribute `{word}`: {place} takes {}", list(known)),
    };
    ctxt.error(&item.word, message);
}

/// `a`, `b`, `c`, in back quotes.
fn list(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

fn mmap_options(ctxt: &Ctxt, item: &AttrItem, cast: &mut Option<At<CastRule>>) -> MmapOptions {
    let mut options = MmapOptions::default();
    let list = match &item.value {
        AttrValue::None => return options,
        AttrValue::List(_, list) => list.clone(),
        AttrValue::Is(_) => {
            ctxt.error(item, "`mmap` takes its options in brackets: `mmap(min_len = 10_000)`");
            return options;
        }
    };
    for option in items_of(ctxt, list) {
        match option.word.to_string().as_str() {
            "min_len" => {
                let value = match &option.value {
                    AttrValue::Is(expr) => Some(expr.clone()),
                    _ => {
                        ctxt.error(
                            &option,
                            "`min_len` takes a number of elements: `min_len = 10_000`",
                        );
                        None
                    }
                };
                set(ctxt, &mut options.min_len, value, &option);
            }
            "int_keys" => {
                option.no_value(ctxt);
                set(ctxt, &mut options.int_keys, Some(()), &option);
            }
            "cast" => set(ctxt, cast, cast_rule(ctxt, &option), &option),
            word => unknown(ctxt, &option, word, "`mmap`", &MMAP_WORDS),
        }
    }
    options
}

fn npy_options(ctxt: &Ctxt, item: &AttrItem, cast: &mut Option<At<CastRule>>) {
    let list = match &item.value {
        AttrValue::None => return,
        AttrValue::List(_, list) => list.clone(),
        AttrValue::Is(_) => {
            ctxt.error(item, "`npy` takes its option in brackets: `npy(cast)`");
            return;
        }
    };
    for option in items_of(ctxt, list) {
        match option.word.to_string().as_str() {
            "cast" => set(ctxt, cast, cast_rule(ctxt, &option), &option),
            word => unknown(ctxt, &option, word, "`npy`", &NPY_WORDS),
        }
    }
}

fn cast_rule(ctxt: &Ctxt, option: &AttrItem) -> Option<CastRule> {
    if let AttrValue::None = option.value {
        return Some(CastRule::Lossless);
    }
    let takes = "`cast` stands alone, for casts that lose nothing, or is `cast = \"lossy\"`";
    option.parsed(ctxt, takes, |rule| (rule.value() == "lossy").then_some(CastRule::Lossy))
}

fn flatten_options(ctxt: &Ctxt, item: &AttrItem) -> FlattenOptions {
    let mut options = FlattenOptions::default();
    let list = match &item.value {
        AttrValue::None => return options,
        AttrValue::List(_, list) => list.clone(),
        AttrValue::Is(_) => {
            ctxt.error(item, "`flatten` takes its options in brackets: `flatten(prefix = \"o_\")`");
            return options;
        }
    };
    for option in items_of(ctxt, list) {
        match option.word.to_string().as_str() {
            "prefix" => set(ctxt, &mut options.prefix, option.string(ctxt), &option),
            word => unknown(ctxt, &option, word, "`flatten`", &FLATTEN_WORDS),
        }
    }
    options
}

fn default_path(ctxt: &Ctxt, item: &AttrItem) -> Option<ExprPath> {
    let takes =
        "`default` takes the path of a function without arguments: `default = \"path::to\"`";
    item.parsed(ctxt, takes, |string| string.parse().ok())
}

fn older(ctxt: &Ctxt, item: &AttrItem) -> Option<Type> {
    let word = &item.word;
    let takes =
        format!("`{word}` takes the struct that this one is made of on load: `{word} = \"Older\"`");
    item.parsed(ctxt, &takes, |string| string.parse().ok())
}

fn crate_path(ctxt: &Ctxt, item: &AttrItem) -> Option<Path> {
    let takes = "`crate` takes the path of the crate: `crate = \"::varpack\"`";
    item.parsed(ctxt, takes, |string| string.parse_with(Path::parse_mod_style).ok())
}

fn where_predicates(ctxt: &Ctxt, item: &AttrItem) -> Option<Vec<WherePredicate>> {
    let takes = "`bound` takes what may follow `where`: `bound = \"T: Element\"`";
    item.parsed(ctxt, takes, |string| {
        let tokens = string.parse::<TokenStream>().ok()?;
        let parser = Punctuated::<WherePredicate, Token![,]>::parse_terminated;
        Some(parser.parse2(tokens).ok()?.into_iter().collect())
    })
}

fn case(ctxt: &Ctxt, item: &AttrItem) -> Option<Case> {
    let string = item.string(ctxt)?;
    let name = string.value();
    let case = Case::from_name(&name);
    if case.is_none() {
        let known = Case::names();
        let message = match suggest::nearest(&name, &known) {
            Some(near) => format!("unknown rule \"{name}\": did you mean \"{near}\"?"),
            None => format!("unknown rule \"{name}\": the rules are {}", list(&known)),
        };
        ctxt.error(&string, message);
    }
    case
}
