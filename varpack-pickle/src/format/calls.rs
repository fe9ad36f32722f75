//! How a pickle asks for objects: by which opcode, and which classes and functions are understood.

/// How a pickle asks for an object.
///
/// ```
/// use varpack_pickle::{Build, Value};
///
/// let Value::Object(object) = Value::from_slice(b"cmodule\nClass\n)\x81.")? else { panic!() };
/// assert_eq!(object.build, Build::New);
/// # Ok::<(), varpack_npy::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Build {
    /// `callable(*args)`: REDUCE.
    Reduce,
    /// `cls.__new__(cls, *args)`: NEWOBJ (PEP 307).
    New,
    /// `cls.__new__(cls, *args, **kwargs)`: NEWOBJ_EX (PEP 3154).
    NewEx,
    /// `cls(*args)`, or `cls.__new__(cls)` without arguments: INST and OBJ, of protocols 0 and 1.
    Instance,
}

/// The classes and functions whose calls are understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// NumPy: an empty array of a class, filled by BUILD.
    Reconstruct,
    /// NumPy: a scalar from a dtype and bytes.
    Scalar,
    /// NumPy: an array over the bytes of a buffer (protocol 5).
    FromBuffer,
    Dtype,
    /// `numpy.ndarray`, or `numpy.memmap`, which is one with a file that nobody needs to know of.
    NdArray,
    Bytes,
    ByteArray,
    Complex,
    Set,
    FrozenSet,
    /// `_codecs.encode`: bytes before protocol 3.
    Encode,
    /// `copyreg._reconstructor`: any plain object before protocol 2.
    Reconstructor,
    OrderedDict,
    DefaultDict,
    Counter,
    Deque,
    /// An array in a file of its own.
    Placeholder,
    /// Any other: of these objects.rs takes those for plain data whose pickles are of the usual forms. A class that is
    /// given a name here has to be taken there by that name.
    Other,
}

/// The class of the placeholders that stand for arrays in files of their own.
pub(crate) const PLACEHOLDER: (&str, &str) = ("varpack", "NumpyArrayPlaceholder");

impl Known {
    pub(crate) fn of(module: &str, name: &str) -> Self {
        match (module, name) {
            // NumPy 2 renamed `numpy.core` and still answers to both.
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => {
                Self::Reconstruct
            }
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Self::Scalar,
            ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Self::FromBuffer,
            ("numpy", "dtype") => Self::Dtype,
            ("numpy", "ndarray" | "memmap") => Self::NdArray,
            ("builtins", "bytes") => Self::Bytes,
            ("builtins", "bytearray") => Self::ByteArray,
            ("builtins", "complex") => Self::Complex,
            ("builtins", "set") => Self::Set,
            ("builtins", "frozenset") => Self::FrozenSet,
            ("_codecs", "encode") => Self::Encode,
            ("copyreg", "_reconstructor") => Self::Reconstructor,
            ("collections", "OrderedDict") => Self::OrderedDict,
            ("collections", "defaultdict") => Self::DefaultDict,
            ("collections", "Counter") => Self::Counter,
            ("collections", "deque") => Self::Deque,
            (module, name) if name == PLACEHOLDER.1 && is_inside(module, PLACEHOLDER.0) => {
                Self::Placeholder
            }
            _ => Self::Other,
        }
    }
}

/// Whether a module is a package or inside of it.
fn is_inside(module: &str, package: &str) -> bool {
    let rest = module.strip_prefix(package);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
