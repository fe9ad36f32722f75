//! Folders that the Python program wrote, loaded through derived structs, hold what is expected: of
//! both NumPy generations, in every mode.

use ndarray::{Axis, s};
use serde::{Deserialize, Serialize};
use std::any::TypeId;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use varpack::npy::{Datetime64, FixedBytes, FixedText, Timedelta64, resolution};
use varpack::{
    ArrayOr, LoadAction, LoadOptions, MmapArray1, MmapArray2, MmapArray3, MmapArrayD, Mode, Varpack,
};
use varpack_tests::expected::{Datum, Expected, PyFloat};
use varpack_tests::fixtures;

const MODES: [Mode; 4] = [Mode::ReadWrite, Mode::ReadOnly, Mode::CopyOnWrite, Mode::InMemory];

/// Runs a check on a copy of a golden folder: of both generations, in every mode.
fn each(content: &str, check: impl Fn(&Path, &LoadOptions, &Expected)) {
    for generation in fixtures::GENERATIONS {
        let name = format!("{generation}-{content}");
        let expected = fixtures::expected(&name);
        for mode in MODES {
            let folder = fixtures::copy(&name);
            check(folder.path(), &LoadOptions::new().mode(mode), &expected);
        }
    }
}

#[derive(Varpack)]
struct Readme {
    #[varpack(mmap)]
    var1: MmapArray2<f64>,
    var2: i64,
    var3: String,
    #[varpack(mmap)]
    var4: BTreeMap<String, MmapArray2<f64>>,
}

#[test]
fn readme_of_the_python_program_loads() {
    each("readme", |folder, options, expected| {
        let readme = Readme::load_with(folder, options).unwrap();
        expected["var1"].datum.array().assert_array(&readme.var1);
        expected["var2"].datum.assert_equals(&Datum::Int { value: readme.var2.to_string() });
        expected["var3"].datum.assert_equals(&Datum::Str { value: readme.var3.clone() });
        assert_eq!(readme.var4.keys().collect::<Vec<_>>(), ["key1", "key2"]);
        for (key, array) in &readme.var4 {
            expected["var4"].datum.get(key).array().assert_array(array);
        }
    });
}

#[test]
fn folder_with_orphans_strays_and_a_nan_size_loads() {
    each("readme", |folder, options, expected| {
        // What the Python program leaves behind: arrays that no variable names any more.
        fs::copy(folder.join("var1.npy"), folder.join("var4-1507539616216130811.npy")).unwrap();
        fs::copy(folder.join("var1.npy"), folder.join("stray.npy")).unwrap();
        let manifest = folder.join("varpack.json");
        let text = fs::read_to_string(&manifest).unwrap();
        let with_nan = text.replace(r#""size": 28"#, r#""size": NaN"#);
        assert_ne!(with_nan, text);
        fs::write(&manifest, with_nan).unwrap();

        let readme = Readme::load_with(folder, options).unwrap();
        expected["var1"].datum.array().assert_array(&readme.var1);
        assert_eq!((readme.var2, readme.var4.len()), (20, 2));
        readme.save().unwrap();
        assert!(folder.join("stray.npy").exists(), "a file that no variable names is left alone");
    });
}

/// The digits' split: two arrays, and the seed that made it.
type Split = BTreeMap<String, ArrayOr<MmapArray2<f32>, i64>>;

#[derive(Varpack)]
struct Digits {
    #[varpack(mmap)]
    images: MmapArray3<u8>,
    #[varpack(mmap)]
    target: MmapArray1<i64>,
    target_names: Vec<u8>,
    description: String,
    #[varpack(mmap)]
    split: Split,
}

#[test]
fn digits_load_with_every_value_that_is_expected() {
    each("digits", |folder, options, expected| {
        let digits = Digits::load_with(folder, options).unwrap();
        expected["images"].datum.array().assert_array(&digits.images);
        expected["target"].datum.array().assert_array(&digits.target);
        let names = digits.target_names.iter().map(|n| Datum::Int { value: n.to_string() });
        expected["target_names"].datum.assert_equals(&Datum::List { items: names.collect() });
        let description = Datum::Str { value: digits.description.clone() };
        expected["description"].datum.assert_equals(&description);

        assert_eq!(digits.split.len(), 3);
        for (key, value) in &digits.split {
            let expected = expected["split"].datum.get(key);
            match value {
                ArrayOr::Array(array) => expected.array().assert_array(array),
                ArrayOr::Value(seed) => {
                    expected.assert_equals(&Datum::Int { value: seed.to_string() });
                }
            }
        }
    });
}

#[test]
fn digits_are_mapped_and_compute() {
    for generation in fixtures::GENERATIONS {
        let folder = fixtures::copy(&format!("{generation}-digits"));
        let digits = Digits::load_with(folder.path(), &LoadOptions::new()).unwrap();
        let images = digits.report().entries().iter().find(|entry| entry.variable == "images");
        assert_eq!(images.map(|entry| &entry.action), Some(&LoadAction::Mapped));
        assert_eq!(digits.images.shape(), [1797, 8, 8]);
        assert_eq!(digits.images.iter().max(), Some(&16));
        // The train part of the split is the first 1,500 images, flattened.
        let Some(ArrayOr::Array(train)) = digits.split.get("train") else { panic!("an array") };
        let first = digits.images.slice(s![..1500, .., ..]).mapv(f32::from);
        assert_eq!(train.sum(), first.sum());
        assert_eq!(train.len_of(Axis(0)), 1500);
    }
}

#[derive(Varpack)]
struct Separate {
    #[varpack(separate)]
    kept: Vec<i64>,
    #[varpack(separate)]
    big_list: Vec<i64>,
    text: String,
    #[varpack(mmap)]
    arr: MmapArray1<f64>,
    #[varpack(separate)]
    table: Table,
}

#[derive(Serialize, Deserialize)]
struct Table {
    rows: Vec<Row>,
}

#[derive(Serialize, Deserialize)]
struct Row {
    id: i64,
    name: String,
}

fn ints(values: &[i64]) -> Datum {
    Datum::List { items: values.iter().map(|n| Datum::Int { value: n.to_string() }).collect() }
}

fn text(value: &str) -> Datum {
    Datum::Str { value: value.to_owned() }
}

fn dict(items: Vec<(&str, Datum)>) -> Datum {
    let items = items.into_iter().map(|(key, value)| (text(key), value)).collect();
    Datum::Dict { class: "dict".to_owned(), items }
}

#[test]
fn variables_in_pickles_of_their_own_load() {
    each("separate", |folder, options, expected| {
        let separate = Separate::load_with(folder, options).unwrap();
        expected["kept"].datum.assert_equals(&ints(&separate.kept));
        expected["big_list"].datum.assert_equals(&ints(&separate.big_list));
        expected["text"].datum.assert_equals(&text(&separate.text));
        expected["arr"].datum.array().assert_array(&separate.arr);
        let rows = separate.table.rows.iter().map(|row| {
            dict(vec![("id", Datum::Int { value: row.id.to_string() }), ("name", text(&row.name))])
        });
        let rows = Datum::List { items: rows.collect() };
        expected["table"].datum.assert_equals(&dict(vec![("rows", rows)]));
    });
}

type Keyed<T> = HashMap<String, T>;
type Innermost = (i64, i64, Keyed<Option<i64>>);

#[derive(Varpack)]
struct Values {
    none: Option<i64>,
    yes: bool,
    no: bool,
    i64: i64,
    u64: u64,
    pi: f64,
    nan: f64,
    ninf: f64,
    text: String,
    lst: (i64, String, f64, Option<()>, (i64, Vec<i64>)),
    tup: (i64, (i64, i64), [i64; 0]),
    int_keys: BTreeMap<i64, String>,
    nested: Keyed<Keyed<Keyed<Innermost>>>,
    ordered: BTreeMap<String, i64>,
    shared: Vec<(String, i64)>,
    // NumPy scalars inside the pickle are numbers.
    f64: f64,
    f32: f32,
    i8s: i8,
    bools: bool,
    #[varpack(mmap)]
    small: MmapArray1<i64>,
    in_list: (MmapArray1<f32>, MmapArray2<f64>),
}

#[test]
fn plain_values_and_numpy_scalars_load() {
    each("values", |folder, options, expected| {
        let values = Values::load_with(folder, options).unwrap();
        let is = |name: &str, value: Datum| expected[name].datum.assert_equals(&value);
        let float = |value| Datum::Float { hex: PyFloat(value) };
        let int = |value: &dyn ToString| Datum::Int { value: value.to_string() };
        assert_eq!(values.none, None);
        is("yes", Datum::Bool { value: values.yes });
        is("no", Datum::Bool { value: values.no });
        is("i64", int(&values.i64));
        is("u64", int(&values.u64));
        is("pi", float(values.pi));
        is("nan", float(values.nan));
        is("ninf", float(values.ninf));
        is("text", text(&values.text));
        assert_eq!(values.lst, (1, "two".into(), 3.0, None, (4, vec![5])));
        assert_eq!(values.tup, (1, (2, 3), []));
        assert_eq!(values.int_keys, BTreeMap::from([(1, "a".into()), (-2, "b".into())]));
        assert_eq!(values.nested["a"]["b"]["c"].0, 1);
        assert_eq!(values.nested["a"]["b"]["c"].2["d"], None);
        assert_eq!(values.ordered, BTreeMap::from([("a".into(), 2), ("z".into(), 1)]));
        assert_eq!(values.shared, [("shared".into(), 1), ("shared".into(), 1)]);
        assert_eq!((values.f64, values.f32, values.i8s, values.bools), (2.5, 1.5, -3, true));
        expected["small"].datum.array().assert_array(&values.small);
        let Datum::List { items } = &expected["in_list"].datum else { panic!("a list") };
        items[0].array().assert_array(&values.in_list.0);
        items[1].array().assert_array(&values.in_list.1);
    });
}

macro_rules! dtypes {
    ($($field:ident: $type:ty,)*) => {
        #[derive(Varpack)]
        struct Dtypes {
            $(#[varpack(mmap)] $field: MmapArrayD<$type>,)*
        }

        #[test]
        fn every_dtype_and_order_loads() {
            each("dtypes", |folder, options, expected| {
                let dtypes = Dtypes::load_with(folder, options).unwrap();
                $(expected[stringify!($field)].datum.array().assert_array(&dtypes.$field);)*
            });
        }

        #[test]
        fn arrays_in_another_byte_order_and_bools_are_read_into_memory() {
            let folder = fixtures::copy("numpy2-dtypes");
            let dtypes = Dtypes::load(folder.path()).unwrap();
            $(
                let file = &fixtures::expected("numpy2-dtypes")[stringify!($field)];
                let is_native = !file.datum.array().descr.starts_with('>');
                if !is_native || TypeId::of::<$type>() == TypeId::of::<bool>() {
                    assert!(!dtypes.$field.is_mapped(), stringify!($field));
                }
            )*
        }
    };
}

dtypes! {
    b1: bool,
    i1: i8,
    i2: i16,
    i4: i32,
    i8: i64,
    u1: u8,
    u2: u16,
    u4: u32,
    u8: u64,
    f2: half::f16,
    f4: f32,
    f8: f64,
    c8: num_complex::Complex<f32>,
    c16: num_complex::Complex<f64>,
    dt_ns: Datetime64<resolution::Nanoseconds>,
    td_s: Timedelta64<resolution::Seconds>,
    s5: FixedBytes<5>,
    u7: FixedText<7>,
    big_f4: f32,
    big_i8: i64,
    fortran: f64,
    empty: f32,
    five_d: i16,
    sliced: f64,
    transposed: f64,
}
