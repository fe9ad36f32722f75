//! Descriptors that NumPy never writes into a `.npy` header: those that it reads are read here as the same
//! dtype, any other is an error that names it. NumPy itself is asked, both generations of it.

use std::collections::BTreeMap;
use std::fs;
use varpack::npy::Header;
use varpack::{ErrorKind, MmapArray1, Pack, Varpack};
use varpack_tests::python::Python;

/// Read by one NumPy at least.
const READ: &[&str] = &[
    "'float64'",
    "'float32'",
    "'float16'",
    "'int8'",
    "'uint8'",
    "'int64'",
    "'uint16'",
    "'complex64'",
    "'complex128'",
    "'float128'",
    "'complex256'",
    "'half'",
    "'single'",
    "'double'",
    "'longdouble'",
    "'clongdouble'",
    "'csingle'",
    "'cdouble'",
    "'byte'",
    "'ubyte'",
    "'short'",
    "'ushort'",
    "'intc'",
    "'uintc'",
    "'int_'",
    "'uint'",
    "'intp'",
    "'uintp'",
    "'long'",
    "'ulong'",
    "'longlong'",
    "'ulonglong'",
    "'float'",
    "'int'",
    "'bool'",
    "'complex'",
    "'bool_'",
    "'bool8'",
    "'int0'",
    "'uint0'",
    "'float_'",
    "'complex_'",
    "'cfloat'",
    "'longfloat'",
    "'str'",
    "'bytes'",
    "'void'",
    "'str_'",
    "'bytes_'",
    "'unicode'",
    "'datetime64'",
    "'datetime64[ns]'",
    "'timedelta64[25s]'",
    "'>datetime64[ns]'",
    "'b'",
    "'B'",
    "'h'",
    "'H'",
    "'i'",
    "'I'",
    "'l'",
    "'L'",
    "'q'",
    "'Q'",
    "'p'",
    "'P'",
    "'n'",
    "'N'",
    "'e'",
    "'f'",
    "'d'",
    "'g'",
    "'F'",
    "'D'",
    "'G'",
    "'?'",
    "'M'",
    "'m'",
    "'c'",
    "'a'",
    "'S'",
    "'U'",
    "'V'",
    "'>d'",
    "'<l'",
    "'=q'",
    "'|d'",
    "'>?'",
    "'>b'",
    "'a5'",
    "'|a5'",
    "'<a5'",
    "'S05'",
    "u'float64'",
    "'f4,i4'",
    "'f4, i4'",
    "'3i4,f8'",
    "'>f4,a5'",
    "'(2,3)f4,i4'",
    "'(2,)f4,i4'",
    "'float64,int8'",
    "[('x', 'float64')]",
    "[('x', 'd')]",
    "[('x', '|a5')]",
    "[('x', '<f4', 6)]",
    "[('x', '<f4', [2, 3])]",
    "[('x', '<f4', 0)]",
    "[('x', '<f4', ())]",
    "[('x', ('<f4', 6))]",
    "[('x', 'f4,i4')]",
    "'()f4'",
    "'<(2,)f4,i4'",
    "'>2f4,2float64'",
    "[('x', '(2,)f4')]",
    "[('x', '(2, 3)f4')]",
    "[('x', '2f4')]",
    "[('x', '1f4')]",
    "[('x', '>2f4')]",
    "[('x', '>(2,)f4')]",
    "[('x', '()f4')]",
    "[('x', '2 <f4')]",
    "[('x', '(2,)S3')]",
    "[('x', '2M8[ns]')]",
    "[['x', '<f4']]",
    "[('x', '<f4', 2), ('y', 'a3')]",
    "[]",
];

/// Read by no NumPy.
const REFUSED: &[&str] = &[
    "'bfloat16'",
    "'float8_e4m3fn'",
    "'int4'",
    "'<float64'",
    "'Float64'",
    "'string'",
    "'f8 '",
    "' f8'",
    "''",
    "'u'",
    "'d8'",
    "'l8'",
    "'B1'",
    "'?1'",
    "'c1'",
    "'f8f8'",
    "'StringDType'",
    "None",
    "5",
    "['<f4']",
    "['x']",
    "[('x', 'bfloat16')]",
    "[('x', '<f4', -1)]",
    "[('x', '<f4', 2, 3)]",
    "[('x', None)]",
    "('<f8', {'metadata': {'a': 1}})",
    "[('x', ('<f4', {'metadata': {'a': 1}}))]",
    "{'names': ['a'], 'formats': ['<f4']}",
    "{'a': ('<f4', 0)}",
    "('<f4', 2)",
    "('<f4', (2,))",
    "'2f4'",
    "'(2,)f8'",
    "'(2,3)f8'",
    "'(0,)f8'",
    "'<(2,)f8'",
    "'>2f8'",
    "'(2,)'",
    "'(2,f8'",
    "[('x', '(5,)S')]",
    "[('x', '<2>f8')]",
    "[('x', '02f8')]",
    "[('x', '2(3)f8')]",
    "b'<f8'",
];

fn header(descr: &str) -> Vec<u8> {
    let mut text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (2,), }}");
    while !(text.len() + 11).is_multiple_of(64) {
        text.push(' ');
    }
    text.push('\n');
    let len = u16::try_from(text.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00".as_slice(), &len, text.as_bytes()].concat()
}

/// What NumPy says of each: the dtype's name, or nothing.
fn numpy(python: &Python) -> BTreeMap<&'static str, Option<String>> {
    let folder = tempfile::tempdir().unwrap();
    let all: Vec<_> = READ.iter().chain(REFUSED).copied().collect();
    for (index, descr) in all.iter().enumerate() {
        let file = [header(descr), vec![0; 4096]].concat();
        fs::write(folder.path().join(index.to_string()), file).unwrap();
    }
    let script = "
import numpy as np, os, sys, warnings
warnings.simplefilter('ignore')
for index in range(len(os.listdir(sys.argv[1]))):
    try:
        print('+', np.load(f'{sys.argv[1]}/{index}', allow_pickle=False).dtype)
    except (ValueError, SyntaxError):
        print('-')";
    let said = python.run(script, [folder.path()]);
    let said: Vec<_> =
        said.lines().map(|line| line.strip_prefix("+ ").map(str::to_owned)).collect();
    assert_eq!(said.len(), all.len());
    all.into_iter().zip(said).collect()
}

#[test]
fn descriptors_that_numpy_reads_are_the_same_dtypes() {
    let numpys: Vec<_> = Python::both().iter().map(numpy).collect();
    if numpys.is_empty() {
        return;
    }
    for descr in READ {
        // The newest one that reads it: NumPy 1 takes a shape of 1 for none.
        let expected = numpys.iter().rev().find_map(|numpy| numpy[descr].as_ref());
        let expected = expected.unwrap_or_else(|| panic!("no NumPy reads {descr}"));
        let read = Header::parse(&header(descr)).unwrap_or_else(|error| panic!("{descr}: {error}"));
        assert_eq!(read.dtype.name(), *expected, "{descr}");
        // Written, it is what NumPy writes.
        assert_eq!(Header::parse(&read.encode().unwrap()).unwrap(), read, "{descr}");
    }
}

#[test]
fn descriptors_that_numpy_refuses_are_named() {
    let numpys: Vec<_> = Python::both().iter().map(numpy).collect();
    for descr in REFUSED {
        assert!(numpys.iter().all(|numpy| numpy[descr].is_none()), "{descr}");
        let error = Header::parse(&header(descr)).unwrap_err();
        let kind = error.kind();
        assert!(matches!(kind, ErrorKind::Dtype | ErrorKind::Npy | ErrorKind::Shape), "{error}");
        let found = error.found().unwrap_or_else(|| panic!("{descr}: {error}"));
        let named = found.trim_matches(['\'', '"', '.']).chars().take(5).collect::<String>();
        assert!(descr.contains(&named), "{descr}: {error}");
    }
}

#[test]
fn descriptor_that_numpy_reads_by_an_arithmetic_of_units_is_named() {
    // NumPy reads `M8[D/24]` as hours and `5S` as `S5`. It never writes either.
    for descr in ["'M8[D/24]'", "'5S'", "'5S,i4'", "[('x', '5S')]"] {
        let error = Header::parse(&header(descr)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Dtype, "{error}");
    }
}

#[test]
fn sub_array_of_a_sub_array_has_the_axes_of_both() {
    // NumPy names the two, and gives an array of these axes for the field.
    let expected = Header::parse(&header("[('x', '<f4', (3, 2))]")).unwrap();
    for descr in ["[('x', ('(2,)f4', 3))]", "[('x', '2f4', (3,))]", "[('x', ('2f4', [3]))]"] {
        assert_eq!(Header::parse(&header(descr)).unwrap(), expected, "{descr}");
    }
}

/// A folder with an array of this descriptor, as a variable and as an entry of a map.
fn folder_of_descr(descr: &str) -> tempfile::TempDir {
    let mut text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': (2,), }}");
    text.push_str(&" ".repeat(117 - text.len()));
    text.push('\n');
    let npy = [b"\x93NUMPY\x01\x00\x76\x00".as_slice(), text.as_bytes(), &[0; 16]].concat();
    let folder = tempfile::tempdir().unwrap();
    let empty = ArrayFiles {
        v: vec![0.0; 2].into(),
        m: BTreeMap::from([("k".to_owned(), vec![0.0; 2].into())]),
    };
    empty.save(folder.path()).unwrap();
    for file in ["v.npy", "m-k.npy"] {
        fs::write(folder.path().join(file), &npy).unwrap();
    }
    folder
}

#[derive(Debug, Varpack)]
struct ArrayFiles {
    #[varpack(mmap)]
    v: MmapArray1<f64>,
    #[varpack(mmap)]
    m: BTreeMap<String, MmapArray1<f64>>,
}

#[derive(Debug, Varpack)]
struct NpyFile {
    #[varpack(npy)]
    v: Vec<f64>,
}

#[test]
fn descriptors_give_one_answer_whichever_way_their_array_is_read() {
    for descr in ["'float64'", "'d'", "'double'", "'=d'", "'float'", "u'<f8'"] {
        let folder = folder_of_descr(descr);
        let files = ArrayFiles::load(folder.path()).unwrap();
        assert_eq!((files.v.to_vec(), files.m["k"].to_vec()), (vec![0.0; 2], vec![0.0; 2]));
        assert_eq!(NpyFile::load(folder.path()).unwrap().v, [0.0; 2]);
        let pack = Pack::open(folder.path()).unwrap();
        assert_eq!(pack.get("v").unwrap().as_array().unwrap().dtype().name(), "float64");
    }
    for (descr, found) in [
        ("'bfloat16'", "'bfloat16'"),
        ("'<float64'", "'<float64'"),
        ("'(2,)f8'", "'(2,)f8'"),
        ("('<f8', {'metadata': {}})", "('<f8', {'metadata': {}})"),
    ] {
        let folder = folder_of_descr(descr);
        let errors = [
            ArrayFiles::load(folder.path()).unwrap_err(),
            NpyFile::load(folder.path()).unwrap_err(),
            Pack::open(folder.path()).map(drop).unwrap_err(),
        ];
        for error in errors {
            assert_eq!((error.variable(), error.found()), (Some("v"), Some(found)), "{error}");
        }
    }
}
