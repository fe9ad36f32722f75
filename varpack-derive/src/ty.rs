//! What the written form of a type tells. A macro sees no more than that: an alias hides all of it,
//! and then the traits of `varpack::field` have the say.

use quote::ToTokens;
use syn::{GenericArgument, Path, PathArguments, Type};

/// A type, as far as the way it is written tells.
pub(crate) enum Written<'t> {
    /// `MmapArray<T, D>` and its aliases.
    MmapArray,
    /// `ndarray`'s `Array<T, D>` and its aliases: the `MmapArray` for the same axes.
    Array {
        mapped: String,
    },
    /// `Vec<T>`
    Vec(&'t Type),
    /// `BTreeMap<K, V>`, `HashMap<K, V>`, `IndexMap<K, V>`
    Map {
        key: &'t Type,
        value: &'t Type,
    },
    /// `Option<T>`
    Option(&'t Type),
    /// A number or a bool of Rust, or a type of `half` or `num_complex`.
    Number,
    /// `String`, `char`, `PathBuf`
    Text,
    /// `&T`
    Reference(&'t Type),
    /// `[T; N]`
    FixedArray(&'t Type),
    /// `*const T`, `fn()`
    Pointer,
    Other,
}

const NUMBERS: [&str; 19] = [
    "bool", "Bool8", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128",
    "usize", "f16", "bf16", "f32", "f64", "Complex",
];

/// The last segment of a path and its type arguments.
fn name_and_types(path: &Path) -> Option<(String, Vec<&Type>)> {
    let segment = path.segments.last()?;
    let types = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments
            .args
            .iter()
            .filter_map(|argument| match argument {
                GenericArgument::Type(ty) => Some(ungroup(ty)),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    };
    Some((segment.ident.to_string(), types))
}

impl<'t> Written<'t> {
    pub(crate) fn of(ty: &'t Type) -> Self {
        match ungroup(ty) {
            Type::Path(path) if path.qself.is_none() => Self::of_path(&path.path),
            Type::Reference(reference) => Self::Reference(ungroup(&reference.elem)),
            Type::Array(array) => Self::FixedArray(ungroup(&array.elem)),
            Type::Ptr(_) | Type::FnPtr(_) => Self::Pointer,
            _ => Self::Other,
        }
    }

    fn of_path(path: &'t Path) -> Self {
        let Some((name, types)) = name_and_types(path) else { return Self::Other };
        match (name.as_str(), types.as_slice()) {
            (name, [_, ..]) if axes(name, "MmapArray").is_some() => Self::MmapArray,
            (name, [element, rest @ ..]) if axes(name, "Array").is_some() => {
                let axes = axes(name, "Array").unwrap_or_default();
                let types = std::iter::once(element).chain(rest).map(|ty| display(ty));
                let types = types.collect::<Vec<_>>().join(", ");
                Self::Array { mapped: format!("MmapArray{axes}<{types}>") }
            }
            ("Vec", [element]) => Self::Vec(element),
            ("BTreeMap" | "HashMap" | "IndexMap", [key, value, ..]) => Self::Map { key, value },
            ("Option", [inner]) => Self::Option(inner),
            ("String" | "char" | "PathBuf", []) => Self::Text,
            (name, _) if NUMBERS.contains(&name) => Self::Number,
            _ => Self::Other,
        }
    }
}

/// What follows `prefix` in the name of an array type or of one of its aliases.
fn axes<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    name.strip_prefix(prefix)
        .filter(|axes| matches!(*axes, "" | "D" | "0" | "1" | "2" | "3" | "4" | "5" | "6"))
}

/// The `MmapArray` that holds what `element`s in a `Vec` do: as many axes as there are `Vec`s.
/// `None` if they are not numbers in the end.
pub(crate) fn mapped_vec(element: &Type) -> Option<String> {
    let (mut element, mut axes) = (element, 1);
    loop {
        match Written::of(element) {
            Written::Vec(inner) | Written::FixedArray(inner) if axes < 6 => {
                (element, axes) = (inner, axes + 1);
            }
            Written::Number => return Some(format!("MmapArray{axes}<{}>", display(element))),
            _ => return None,
        }
    }
}

// Types that come through `macro_rules` are wrapped in groups without delimiters.
pub(crate) fn ungroup(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

/// The type as a person writes it.
pub(crate) fn display(ty: &Type) -> String {
    let mut text = ty.to_token_stream().to_string();
    for (spaced, close) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" <", "<"),
        ("< ", "<"),
        (" >", ">"),
        (" ,", ","),
        ("& ", "&"),
        (" ;", ";"),
        ("< ", "<"),
    ] {
        text = text.replace(spaced, close);
    }
    text
}
