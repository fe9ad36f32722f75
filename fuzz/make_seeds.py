"""Writes the seeds of the fuzz targets: what NumPy and CPython themselves write, no larger than a fuzzer can use.

    python make_seeds.py CORPUS      adds to CORPUS/<target>/, one file a seed; needs NumPy

The targets of folders take several files as one input: see `src/parts.rs`, which has the same marker.
"""

import hashlib
import io
import json
import pathlib
import pickle
import sys
import warnings

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "python"))

import make_npy_goldens  # noqa: E402
import varpack as placeholders  # noqa: E402
from corpus_values import ROOT_MAKERS, Generator  # noqa: E402

FIXTURES = ROOT / "tests" / "fixtures"
MARKER = b"\0--\0"
MAX_SEED = 4096
PROTOCOLS = range(6)


def headers():
    """The headers of arrays of every dtype, and of the files in the fixtures."""
    for _, array in make_npy_goldens.arrays():
        for version in [None, (1, 0), (2, 0), (3, 0)]:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    yield npy(array[..., :0] if array.ndim else array, version)[:MAX_SEED]
                except (ValueError, UnicodeEncodeError):
                    continue  # a version that this header does not fit
    for path in sorted(FIXTURES.glob("python-varpack/*/*.npy")):
        yield path.read_bytes()[:128]


def npy(array, version=None):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version)
    return file.getvalue()


def pickles():
    """Values of all kinds at every protocol."""
    for index in range(300):
        value = Generator(index).value(2, ROOT_MAKERS[index % len(ROOT_MAKERS)])
        for protocol in PROTOCOLS:
            yield pickle.dumps(value, protocol)
    for value in typed_values():
        for protocol in PROTOCOLS:
            yield pickle.dumps(value, protocol)
    for path in sorted(FIXTURES.glob("python-varpack/*/*.pickle")):
        yield path.read_bytes()


def typed_values():
    """What the types of the target `pickle_typed` can be read from."""
    epoch = {"step": 3, "loss": 0.25, "note": None, "tags": ["a", "b"], "weights": np.arange(4.0)}
    yield epoch
    yield [epoch, {**epoch, "note": "text", "extra": 1}]
    yield ["Idle", {"Run": 0.5}, {"Move": [1, -2]}, {"Stop": {"code": 7, "reason": "end"}}]
    yield [{"kind": "circle", "radius": 1.5}, {"kind": "square", "side": 2}]
    yield [1, "one", [1.5, 2.5], None, {"left": {"value": 1}, "value": 2}]
    yield {"a": 1, "b": -2}
    yield {1: "one", 2: "two"}
    yield [1.5, float("nan"), 2]
    yield (1, "text", b"bytes", True)
    yield "text"
    yield b"bytes"
    yield 2**100
    yield np.float32(1.5)
    yield np.int64(-1)
    for dtype in ("u1", "<i4", ">f4", "<f8", "?", "S3", "<U2", "M8[s]", [("a", "<i4"), ("b", "<f8")]):
        array = np.zeros((2, 3), dtype)
        yield array
        yield [array, np.asfortranarray(array)]
        yield {"array": array[:, ::2]}


def folders():
    """Small folders as the Python program writes them: manifest, shared pickle, two pickles, three arrays."""
    for dtype in ("<f4", "|u1", ">i2", "<U2", "|b1", [("a", "<i4"), ("b", "<f8")]):
        x = np.zeros((2, 3), dtype)
        y = np.ones(5)
        manifest = {
            "x": {"size": x.nbytes, "filename": "x.npy", "shape": list(x.shape), "dtype": str(x.dtype)},
            "y": {"size": float("nan"), "filename": "y.npy", "shape": [5], "dtype": "float64"},
            "m": {"size": 100, "uses_numpy_placeholders": True, "size_before_numpy_placeholders": 900, "filename": "m.pickle"},
            "s": {"size": 50, "filename": "s.pickle"},
            "step": {"size": 28, "filename": "__misc_vars__.pickle"},
        }
        split = {"k": placeholder("m-k.npy"), "small": np.arange(3), "rest": [1, "two"]}
        yield [
            json.dumps(manifest, indent=4).encode(),
            pickle.dumps({"step": 7}, 4),
            pickle.dumps(split, 4),
            pickle.dumps([1.5, None, "text"], 4),
            npy(x),
            npy(y),
            npy(np.arange(4, dtype="<i8")),
        ]
    listed = {"m": {"size": 1, "filename": "__misc_vars__.pickle", "files": ["m-k.npy"], "logical_dtypes": {"m-k.npy": "bfloat16"}}}
    yield [json.dumps(listed).encode(), pickle.dumps({"m": {"k": placeholder("m-k.npy")}}, 4), b"", b"", b"", b"", npy(np.zeros(3, "V2"))]


def placeholder(filename):
    made = placeholders.NumpyArrayPlaceholder.__new__(placeholders.NumpyArrayPlaceholder)
    made.__dict__["filename"] = filename
    return made


def manifests():
    for path in sorted(FIXTURES.glob("python-varpack/*/varpack.json")):
        yield path.read_bytes()
    for folder in folders():
        yield folder[0]
    yield b'{"a": {"filename": "a.npy", "size": NaN, "shape": [1, 2], "dtype": ">f4", "note": {"deep": [Infinity, -1e400]}}}'


def recoveries():
    """A folder, a commit folder beside it, and its record: see `fuzz_targets/recovery.rs`."""

    def manifest(**files):
        return json.dumps({name: {"size": 1, "filename": file} for name, file in files.items()}).encode()

    def record(names, removals=()):
        moves = [{"name": name, "staged": f"@staged/{name}", "replaces": f"@target/{name}"} for name in names]
        gone = [{"name": name, "content": f"@target/{name}"} for name in removals]
        return json.dumps({"version": 1, "moves": moves, "removals": gone}).encode()

    old = manifest(x="x.npy", y="y.npy", step="__misc_vars__.pickle")
    new = manifest(x="x.npy", step="__misc_vars__.pickle")
    array, other, values = npy(np.zeros(3)), npy(np.ones(2)), pickle.dumps({"step": 1}, 4)
    names = ["x.npy", "__misc_vars__.pickle", "varpack.json"]
    for flags in (*range(0, 256, 5), 255):
        for staged in (names, names[:1] + names[2:], names[2:]):
            for removals in ([], ["y.npy"], ["notes.txt"], ["y.npy", "other.npy"]):
                yield [bytes([flags]), old, values, array, other, record(staged, removals), new, values, other]


def write(folder, seeds):
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for seed in seeds:
        if isinstance(seed, list):
            seed = MARKER.join(seed)
        if len(seed) <= MAX_SEED:
            (folder / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
            count += 1
    print(f"{folder.name}: {count} seeds")


def main(corpus):
    for target, seeds in [
        ("npy_header", headers),
        ("pickle_value", pickles),
        ("pickle_typed", pickles),
        ("manifest_text", manifests),
        ("manifest_folder", folders),
        ("recovery", recoveries),
    ]:
        write(corpus / target, seeds())


if __name__ == "__main__":
    main(pathlib.Path(*sys.argv[1:]))
