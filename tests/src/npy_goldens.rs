//! What NumPy 1.26 and 2.4 say about `.npy` files and dtypes, as `tests/python/make_npy_goldens.py`
//! wrote it.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use varpack::npy::Header;

/// All that one version of NumPy says.
#[derive(Deserialize)]
pub struct Goldens {
    /// The version of NumPy.
    pub numpy: String,
    /// Files by a name for what is special about them.
    pub cases: BTreeMap<String, Case>,
    /// Dtypes made with `align=True`.
    pub align_true: Vec<AlignTrue>,
    /// A type string, and `dtype.str` and `str(dtype)` of what it means, if anything.
    pub typestrs: Vec<(String, Option<String>, Option<String>)>,
}

/// A file that `np.save` wrote, and its dtype.
#[derive(Deserialize)]
pub struct Case {
    header: String,
    data: Option<String>,
    little_endian: Option<String>,
    /// `array.shape`
    pub shape: Vec<usize>,
    /// Whether the file is in Fortran order.
    pub fortran_order: bool,
    /// `str(dtype)`, unless very long.
    pub str: Option<String>,
    /// `dtype.itemsize`
    pub itemsize: usize,
    /// `dtype.alignment`
    pub alignment: usize,
    /// What `dtype.__reduce__` gives for `numpy.dtype` to be called with.
    pub typestr: String,
    /// The byte order in the state of `dtype.__reduce__`.
    pub order: char,
    /// The flags there.
    pub flags: i32,
}

/// A dtype made with `align=True`.
#[derive(Deserialize)]
pub struct AlignTrue {
    /// Name, type string and offset of each field.
    pub fields: Vec<(String, String, usize)>,
    /// `dtype.itemsize`
    pub itemsize: usize,
    /// `dtype.alignment`
    pub alignment: usize,
    /// `str(dtype)`
    pub str: String,
    /// `str` of a record with this one as its only field, `inner`.
    pub str_nested: String,
    /// The flags of its pickle, as a signed byte.
    pub flags: i32,
}

impl Case {
    /// The bytes before the data.
    pub fn header_bytes(&self) -> Vec<u8> {
        // One character a byte.
        self.header.chars().map(|c| u8::try_from(c).expect("latin-1")).collect()
    }

    /// The bytes before the data, parsed.
    pub fn header(&self) -> Header {
        Header::parse(&self.header_bytes()).expect("a header that NumPy wrote")
    }

    /// The data, unless very long.
    pub fn data(&self) -> Option<Vec<u8>> {
        self.data.as_deref().map(from_hex)
    }

    /// The data in little-endian order, unless very long.
    pub fn little_endian(&self) -> Option<Vec<u8>> {
        self.little_endian.as_deref().map(from_hex)
    }

    /// The data in this machine's order.
    pub fn native_data(&self) -> Vec<u8> {
        let mut data = self.data().expect("data that is not very long");
        self.header().dtype.swap_bytes(&mut data);
        data
    }
}

/// What NumPy 1.26 says, and NumPy 2.4.
pub fn goldens() -> &'static [Goldens; 2] {
    static GOLDENS: LazyLock<[Goldens; 2]> = LazyLock::new(|| {
        [include_str!("../fixtures/npy/numpy1.json"), include_str!("../fixtures/npy/numpy2.json")]
            .map(|text| serde_json::from_str(text).expect("goldens"))
    });
    &GOLDENS
}

fn from_hex(hex: &str) -> Vec<u8> {
    hex.as_bytes()
        .as_chunks::<2>()
        .0
        .iter()
        .map(|pair| {
            let pair = str::from_utf8(pair).expect("hex digits");
            u8::from_str_radix(pair, 16).expect("hex digits")
        })
        .collect()
}
