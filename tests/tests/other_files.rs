//! Files of other kinds in the place of a pickle or an array: the error says what they are, wherever they stand.

use std::collections::BTreeMap;
use std::fs;
use varpack::npy::Header;
use varpack::pickle::{Document, Value, from_slice};
use varpack::{Error, ErrorKind, MmapArray1, Pack, Varpack};
use varpack_tests::python::Python;

/// What Python makes: name -> bytes.
const MAKE: &str = "
import bz2, gzip, io, json, lzma, pickle, sys, tarfile, zipfile, zlib
import numpy as np
value = {'a': np.arange(3.)}
data = pickle.dumps(value)
files = dict(gzip=gzip.compress(data), bz2=bz2.compress(data), xz=lzma.compress(data), zlib=zlib.compress(data),
    fast=zlib.compress(data, 1), best=zlib.compress(data, 9), lzma=lzma.compress(data, lzma.FORMAT_ALONE))
npy, npz, torch = io.BytesIO(), io.BytesIO(), io.BytesIO()
np.save(npy, value['a']); np.savez(npz, a=value['a'])
with zipfile.ZipFile(torch, 'w') as file:
    file.writestr('archive/data.pkl', data)
# torch/serialization.py, _legacy_save: a magic number in a pickle of its own comes first.
files |= dict(npy=npy.getvalue(), npz=npz.getvalue(), torch=torch.getvalue(),
    old_torch=pickle.dumps(0x1950a86a20f9469cfc6c, 2) + pickle.dumps(1001, 2))
for name, format in dict(tar=tarfile.PAX_FORMAT, gnu_tar=tarfile.GNU_FORMAT, ustar=tarfile.USTAR_FORMAT).items():
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode='w', format=format) as file:
        member = tarfile.TarInfo('run/data.pkl'); member.size = len(data)
        file.addfile(member, io.BytesIO(data))
    files[name] = tar.getvalue()
values = dict(json={'lr': 0.1, 'x': [1, 2]}, json_list=[0.5, None], json_empty={}, json_nested=[[]], json_text=['a'], json_word=[True])
files |= {name: json.dumps(value).encode() for name, value in values.items()}
files['json_indented'] = json.dumps(values, indent=2).encode('utf-8-sig')
for name, data in files.items():
    open(f'{sys.argv[1]}/{name}', 'wb').write(data)
";

const KINDS: [(&str, &str); 22] = [
    ("gzip", "a gzip file"),
    ("bz2", "a bz2 file"),
    ("xz", "an xz file"),
    ("lzma", "an lzma file"),
    ("zlib", "zlib data"),
    ("fast", "zlib data"),
    ("best", "zlib data"),
    ("npy", "a .npy file"),
    ("npz", "a zip file, as numpy.savez and torch.save write"),
    ("torch", "a zip file, as numpy.savez and torch.save write"),
    ("old_torch", "a file of an old torch.save"),
    ("tar", "a tar file"),
    ("gnu_tar", "a tar file"),
    ("ustar", "a tar file"),
    ("json", "JSON text"),
    ("json_list", "JSON text"),
    ("json_empty", "JSON text"),
    ("json_nested", "JSON text"),
    ("json_text", "JSON text"),
    ("json_word", "JSON text"),
    ("json_indented", "JSON text"),
    ("joblib", "a file of joblib.dump, which has arrays between the opcodes"),
];

fn files() -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let folder = tempfile::tempdir().unwrap();
    if let Some(python) = Python::numpy2() {
        python.run(MAKE, [folder.path()]);
    }
    if let Some(python) = Python::peers() {
        let dump = "
import joblib, numpy as np, sys
joblib.dump({'a': np.arange(3.)}, sys.argv[1] + '/joblib')";
        python.run(dump, [folder.path()]);
    }
    for entry in fs::read_dir(folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        files.insert(name, fs::read(path).unwrap());
    }
    files
}

/// The beginnings of files that are not made here, by their specifications.
const BEGINNINGS: [(&[u8], &str); 13] = [
    (b"PAR1\x15\x04", "a parquet file"),
    (b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08", "an HDF5 file"),
    (b"<!DOCTYPE html>\n<html>", "an HTML page"),
    (b"\n  <!DocType html>\n<html>", "an HTML page"),
    (b"\xef\xbb\xbf<Html lang='en'>", "an HTML page"),
    (
        b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
        "an XML document, as a server sends in the place of a file",
    ),
    (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "a PNG image"),
    (b"SQLite format 3\0\x10\0\x01\x01", "an SQLite database"),
    (b"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a file of MATLAB, which `scipy.io.loadmat` reads"),
    (b"\x28\xb5\x2f\xfd\x04\x58", "a zstd file"),
    (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "a Git LFS pointer, which `git lfs pull` replaces by the file",
    ),
    (
        b"\x38\0\0\0\0\0\0\0{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}  \0\0\x80\x3f",
        "a safetensors file",
    ),
    // A header of so many bytes begins as a gzip file does.
    (b"\x1f\x8b\0\0\0\0\0\0{\"__metadata__\":{\"format\":\"pt\"},", "a safetensors file"),
];

#[derive(Debug, Varpack)]
struct Run {
    #[varpack(separate)]
    history: Vec<f64>,
    #[varpack(mmap)]
    x: MmapArray1<f64>,
    step: u64,
}

/// The errors of all that reads a pickle, for these bytes in its place.
fn errors(bytes: &[u8]) -> Vec<Error> {
    let mut errors = vec![
        from_slice::<f64>(bytes).unwrap_err(),
        Value::from_slice(bytes).unwrap_err(),
        Document::parse(bytes).map(drop).unwrap_err(),
    ];
    for file in ["history.pickle", "__misc_vars__.pickle"] {
        let folder = tempfile::tempdir().unwrap();
        let run = Run { history: vec![0.5], x: vec![1.0].into(), step: 7 };
        run.save(folder.path()).unwrap();
        fs::write(folder.path().join(file), bytes).unwrap();
        errors.push(Run::load(folder.path()).unwrap_err());
        errors.push(Pack::open(folder.path()).map(drop).unwrap_err());
    }
    errors
}

#[test]
fn other_file_in_the_place_of_a_pickle_is_named() {
    let files = files();
    let made = KINDS.iter().filter_map(|(name, kind)| Some((files.get(*name)?.as_slice(), *kind)));
    for (bytes, kind) in made.chain(BEGINNINGS) {
        for error in errors(bytes) {
            assert_eq!(error.kind(), ErrorKind::Pickle, "{error}");
            assert_eq!(
                (error.expected(), error.found()),
                (Some("a pickle"), Some(kind)),
                "{error}"
            );
        }
    }
    assert!(files.is_empty() || files.len() == KINDS.len());
}

#[test]
fn other_file_in_the_place_of_an_array_is_named() {
    let files = files();
    let made = KINDS.iter().filter_map(|(name, kind)| Some((files.get(*name)?.as_slice(), *kind)));
    for (bytes, kind) in made.chain(BEGINNINGS) {
        if matches!(
            kind,
            "a .npy file" | "a file of joblib.dump, which has arrays between the opcodes"
        ) {
            continue; // one is no other file, the other begins as any pickle
        }
        let folder = tempfile::tempdir().unwrap();
        let run = Run { history: vec![0.5], x: vec![1.0].into(), step: 7 };
        run.save(folder.path()).unwrap();
        fs::write(folder.path().join("x.npy"), bytes).unwrap();
        let load = Run::load(folder.path()).unwrap_err();
        assert_eq!(load.variable(), Some("x"), "{load}");
        for error in [load, Header::parse(bytes).unwrap_err()] {
            assert_eq!((error.kind(), error.found()), (ErrorKind::Npy, Some(kind)), "{error}");
        }
    }
}

#[test]
fn text_that_only_begins_as_json_is_not_taken_for_it() {
    for text in ["{'lr': 0.1}", "{", "[", "[train]\nlr = 0.1\n", "{{ lr }}"] {
        let error = from_slice::<f64>(text.as_bytes()).unwrap_err();
        assert!(error.to_string().contains("pickle is invalid at byte 0"), "{text}: {error}");
    }
}

#[test]
fn broken_pickle_of_no_other_kind_says_where_it_breaks() {
    let error = from_slice::<f64>(b"\x80\x04K").unwrap_err();
    assert!(error.to_string().contains("pickle is invalid at byte 2 (BININT1)"), "{error}");
}
