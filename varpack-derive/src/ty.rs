//! What the written form of a type tells. A macro sees no more than that: an alias hides all of it,
//! and then the traits of `varpack::field` have the say.

use quote::ToTokens;
use syn::{GenericArgument, Path, PathArguments, Type};

/// A type, as far as the way it is written tells.
pub(crate) enum Written<'t> {
    /// `MmapArray<T, D>` and its aliases.
    MmapArray {
        element: &'t Type,
    },
    /// `AnyArray`
    AnyArray,
    /// `ndarray`'s `Array<T, D>` and its aliases: the `MmapArray` for the same axes.
    Array {
        element: &'t Type,
        mapped: String,
    },
    /// `ndarray`'s `ArrayView<'a, T, D>` and the like, which may borrow their elements.
    View {
        element: &'t Type,
        mapped: String,
    },
    /// `[T]`
    Slice(&'t Type),
    /// `ArrayOr<A, V>`
    ArrayOr(&'t Type),
    /// `Arc<T>`, `Rc<T>`, `Box<T>`
    Boxed(&'t Type),
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
    /// `String`, `str`, `char`, `PathBuf`
    Text,
    /// `&T`
    Reference(&'t Type),
    /// `[T; N]`
    FixedArray(&'t Type),
    /// `*const T`, `fn()`
    Pointer,
    Other,
}

/// What the language itself calls a number.
const PRIMITIVES: [&str; 15] = [
    "bool", "i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize",
    "f32", "f64",
];

/// Those of crates, as far as their names tell.
const NUMBERS: [&str; 4] = ["Bool8", "f16", "bf16", "Complex"];

/// Arrays of `ndarray` that may borrow.
const VIEWS: [&str; 4] = ["ArrayView", "ArrayViewMut", "ArrayRef", "CowArray"];

/// Those that are neither lists nor maps.
const COLLECTIONS: [&str; 6] =
    ["HashSet", "BTreeSet", "IndexSet", "VecDeque", "LinkedList", "BinaryHeap"];

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

/// The same of a path that is a name of the prelude, or one of a crate of the language: what stands in a module is of
/// another's, whatever its name.
pub(crate) fn of_std(path: &Path) -> Option<(String, Vec<&Type>)> {
    let first = path.segments.first()?;
    let is_std = path.segments.len() == 1
        || ["std", "core", "alloc"].into_iter().any(|krate| first.ident == krate);
    name_and_types(path).filter(|_| is_std)
}

impl<'t> Written<'t> {
    pub(crate) fn of(ty: &'t Type) -> Self {
        match ungroup(ty) {
            Type::Path(path) if path.qself.is_none() => Self::of_path(&path.path),
            Type::Reference(reference) => Self::Reference(ungroup(&reference.elem)),
            Type::Slice(slice) => Self::Slice(ungroup(&slice.elem)),
            Type::Array(array) => Self::FixedArray(ungroup(&array.elem)),
            Type::Ptr(_) | Type::FnPtr(_) => Self::Pointer,
            _ => Self::Other,
        }
    }

    fn of_path(path: &'t Path) -> Self {
        let Some((name, types)) = name_and_types(path) else { return Self::Other };
        match (name.as_str(), types.as_slice()) {
            (name, [element, ..]) if axes(name, "MmapArray").is_some() => {
                Self::MmapArray { element }
            }
            ("Array", [element, dimension]) => {
                let types = format!("{}, {}", display(element), display(dimension));
                Self::Array { element, mapped: format!("MmapArray<{types}>") }
            }
            // There is no shorter name for it.
            ("Array0", [element]) => {
                let mapped = format!("MmapArray<{}, ndarray::Ix0>", display(element));
                Self::Array { element, mapped }
            }
            (name, [element]) if axes(name, "Array").is_some_and(|axes| !axes.is_empty()) => {
                Self::Array { element, mapped: format!("Mmap{name}<{}>", display(element)) }
            }
            (name, [element, ..]) if view_axes(name).is_some() => {
                let (axes, types) = (view_axes(name).unwrap_or_default(), types.iter());
                let types = types.map(|ty| display(ty)).collect::<Vec<_>>().join(", ");
                Self::View { element, mapped: format!("MmapArray{axes}<{types}>") }
            }
            ("AnyArray", []) => Self::AnyArray,
            ("ArrayOr", [array, _]) => Self::ArrayOr(array),
            ("Arc" | "Rc" | "Box", [inner, ..]) => Self::Boxed(inner),
            ("Vec", [element]) => Self::Vec(element),
            ("BTreeMap" | "HashMap" | "IndexMap", [key, value, ..]) => Self::Map { key, value },
            ("Option", [inner]) => Self::Option(inner),
            ("String" | "str" | "char" | "PathBuf", []) => Self::Text,
            (name, _) if PRIMITIVES.contains(&name) || NUMBERS.contains(&name) => Self::Number,
            _ => Self::Other,
        }
    }
}

/// Whether the trait of what `mmap` is for is surely implemented: for an array, or a list or map of such, in options and
/// behind pointers.
pub(crate) fn is_mapped(ty: &Type) -> bool {
    match Written::of(ty) {
        Written::MmapArray { .. } | Written::AnyArray => true,
        Written::Option(inner) if matches!(Written::of(inner), Written::Option(_)) => false,
        Written::Option(inner) | Written::Boxed(inner) => is_mapped(inner),
        Written::Vec(entry) | Written::Map { value: entry, .. } => is_mapped_entry(entry),
        _ => false,
    }
}

/// The same of what a list or map may hold.
pub(crate) fn is_mapped_entry(ty: &Type) -> bool {
    match Written::of(ty) {
        Written::MmapArray { .. } | Written::AnyArray => true,
        Written::Boxed(inner) => is_mapped_entry(inner),
        Written::ArrayOr(array) => matches!(Written::of(array), Written::MmapArray { .. }),
        _ => false,
    }
}

/// Whether the type, or one in it, is no more than a name, which may be an alias for anything.
pub(crate) fn may_be_alias(ty: &Type) -> bool {
    let is_name =
        |part: &&Type| matches!((Written::of(part), part), (Written::Other, Type::Path(_)));
    parts(ty).iter().any(is_name)
}

/// What options, pointers and references hold in the end.
pub(crate) fn innermost(ty: &Type) -> &Type {
    match Written::of(ty) {
        Written::Option(inner) | Written::Boxed(inner) | Written::Reference(inner) => {
            innermost(inner)
        }
        _ => ungroup(ty),
    }
}

/// Whether a type is written as a number of the language: nobody calls a struct so.
pub(crate) fn is_primitive(ty: &Type) -> bool {
    let Type::Path(path) = ungroup(ty) else { return false };
    path.path.get_ident().is_some_and(|name| PRIMITIVES.iter().any(|number| name == number))
}

/// A type, and those in it as far as they are values of the collections, options and boxes of `std`.
pub(crate) fn parts(ty: &Type) -> Vec<&Type> {
    let ty = ungroup(ty);
    let inner = match Written::of(ty) {
        Written::Vec(inner)
        | Written::Option(inner)
        | Written::Boxed(inner)
        | Written::FixedArray(inner) => vec![inner],
        Written::Map { key, value } => vec![key, value],
        _ => match ty {
            Type::Tuple(tuple) => tuple.elems.iter().collect(),
            Type::Path(path) => match name_and_types(&path.path) {
                Some((name, types)) if COLLECTIONS.contains(&name.as_str()) => types,
                _ => Vec::new(),
            },
            _ => Vec::new(),
        },
    };
    [ty].into_iter().chain(inner.into_iter().flat_map(parts)).collect()
}

/// The references among the parts of a type, each with what it refers to.
pub(crate) fn references(ty: &Type) -> Vec<(&Type, &Type)> {
    let parts = parts(ty).into_iter();
    parts
        .filter_map(|part| match Written::of(part) {
            Written::Reference(referent) => Some((part, referent)),
            _ => None,
        })
        .collect()
}

/// The type that owns what a reference to `referent` borrows; `None` if there is no such type.
pub(crate) fn owned(referent: &Type) -> Option<String> {
    let written = display(referent);
    match referent {
        Type::TraitObject(_) => None,
        Type::Slice(slice) => Some(format!("Vec<{}>", display(&slice.elem))),
        _ => Some(match written.trim_start_matches("::") {
            "str" => "String".to_owned(),
            "Path" | "path::Path" | "std::path::Path" => "std::path::PathBuf".to_owned(),
            "OsStr" | "ffi::OsStr" | "std::ffi::OsStr" => "std::ffi::OsString".to_owned(),
            "CStr" | "ffi::CStr" | "std::ffi::CStr" | "core::ffi::CStr" => {
                "std::ffi::CString".to_owned()
            }
            _ => written,
        }),
    }
}

/// What follows `prefix` in the name of an array type or of one of its aliases.
fn axes<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    name.strip_prefix(prefix)
        .filter(|axes| matches!(*axes, "" | "D" | "0" | "1" | "2" | "3" | "4" | "5" | "6"))
}

/// What follows in the name of an array that may borrow. One without axes has no shorter name that is mapped.
fn view_axes(name: &str) -> Option<&str> {
    VIEWS.iter().find_map(|view| axes(name, view)).filter(|axes| *axes != "0")
}

/// Whether a type is written as a number, or as an array of such: an element of an array.
pub(crate) fn is_of_numbers(ty: &Type) -> bool {
    match Written::of(ty) {
        Written::Number => true,
        Written::FixedArray(inner) => is_of_numbers(inner),
        _ => false,
    }
}

/// The `MmapArray` that holds what `element`s in a `Vec` do: as many axes as there are `Vec`s.
/// `None` if they are not numbers in the end.
pub(crate) fn mapped_vec(element: &Type) -> Option<String> {
    let (mut element, mut axes) = (element, 1);
    loop {
        match Written::of(element) {
            Written::Vec(inner) if axes < 6 => (element, axes) = (inner, axes + 1),
            _ if is_of_numbers(element) => {
                return Some(format!("MmapArray{axes}<{}>", display(element)));
            }
            _ => return None,
        }
    }
}

/// Types that are often written and are no element of a NumPy array, with what to write in their place. Of any other
/// the compiler says that it is no `Element`.
pub(crate) fn no_element(ty: &Type) -> Option<String> {
    let instead = match ungroup(ty) {
        Type::Array(array) if is_bool(&array.elem) => USE_BOOL8,
        Type::Array(array) => return no_element(&array.elem),
        Type::Tuple(_) => {
            "use a `#[repr(C)]` struct with `#[derive(varpack::NpyElement, Clone, Copy)]`, or a `Vec` under `separate`"
        }
        Type::Reference(_) | Type::Ptr(_) => {
            "an array holds values, not references: for text use `varpack::npy::FixedText<N>`"
        }
        Type::Path(path) => {
            let (name, types) = of_std(&path.path)?;
            match (name.as_str(), types.as_slice()) {
                ("usize", []) => SIZES_U64,
                ("isize", []) => SIZES_I64,
                ("u128" | "i128", []) => {
                    "NumPy has no integers of 128 bits: use `[u64; 2]`, or a `Vec` under `separate`"
                }
                ("char", []) => "use `varpack::npy::FixedText<1>`",
                ("String", []) => {
                    "use `varpack::npy::FixedText<N>`, text of at most `N` characters, or a `Vec` under `separate`"
                }
                ("Vec", [_]) => "use an array with one more axis",
                ("Option", [_]) => {
                    "use a number that stands for none, such as NaN, a second array that tells, or a `Vec` under `separate`"
                }
                _ => return None,
            }
        }
        _ => return None,
    };
    Some(format!("`{}` is not an element of a NumPy array: {instead}", display(ty)))
}

/// Whether a type is written as `bool`, or as an array of such.
fn is_bool(ty: &Type) -> bool {
    match ungroup(ty) {
        Type::Array(array) => is_bool(&array.elem),
        ty => matches!(ty, Type::Path(path) if path.path.is_ident("bool")),
    }
}

pub(crate) const USE_BOOL8: &str =
    "use `varpack::npy::Bool8`, for not every byte in a file is a `bool`";
pub(crate) const SIZES_U64: &str = "use `u64`, which is of the same size on every machine";
pub(crate) const SIZES_I64: &str = "use `i64`, which is of the same size on every machine";

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
