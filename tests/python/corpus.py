"""A corpus of random values and arrays from a fixed seed, and its comparison with what another program made of it.

    corpus.py make FOLDER             writes FOLDER/values/*.pickle and FOLDER/arrays/*.npy
    corpus.py rewrite FOLDER TARGET   reads and writes every file with CPython and NumPy alone
    corpus.py check FOLDER TARGET     compares each file with the one of the same name, type for type
"""

import os
import pickle
import sys

import numpy as np
import same
from corpus_values import DTYPES, ROOT_MAKERS, Generator

SEED = 20240229
VALUES = 2_000
ARRAYS = 300
PROTOCOLS = range(6)
# Nesting of a value; its parts are smaller by one.
DEPTH = 4


def make(folder):
    for kind in ("values", "arrays"):
        os.makedirs(os.path.join(folder, kind))
    for index in range(VALUES):
        generator = Generator(SEED + index)
        value = generator.value(DEPTH, ROOT_MAKERS[index % len(ROOT_MAKERS)])
        for protocol in PROTOCOLS:
            with open(os.path.join(folder, "values", f"{index:04}.{protocol}.pickle"), "wb") as file:
                pickle.dump(value, file, protocol)
    for index in range(ARRAYS):
        array = Generator(-SEED - index).array(0, DTYPES[index % len(DTYPES)])
        with open(os.path.join(folder, "arrays", f"{index:03}.npy"), "wb") as file:
            np.lib.format.write_array(file, array, _npy_version(array, index))


def _npy_version(array, index):
    """The versions of the format in turn. Only version 3 takes every field name; None lets NumPy choose."""
    is_latin = all(name.isascii() for name in array.dtype.names or ())
    return [None, (2, 0), (3, 0)][index % 3] if is_latin else None


def files(folder):
    """The files of a corpus, relative to it."""
    return sorted(os.path.join(kind, name) for kind in ("values", "arrays") for name in os.listdir(os.path.join(folder, kind)))


def read(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return pickle.load(file) if name.endswith(".pickle") else np.load(file)


def rewrite(folder, target):
    for kind in ("values", "arrays"):
        os.makedirs(os.path.join(target, kind))
    for name in files(folder):
        with open(os.path.join(target, name), "wb") as file:
            value = read(folder, name)
            pickle.dump(value, file, 4) if name.endswith(".pickle") else np.save(file, value)


def check(folder, target):
    """The files that differ, with their differences."""
    expected, found = files(folder), files(target)
    lines = [f"{name}: missing" for name in expected if name not in set(found)]
    for name in sorted(set(expected) & set(found)):
        try:
            differences = same.differences(
                read(folder, name), read(target, name), byte_order=name.endswith(".npy")
            )
        except Exception as error:
            differences = [f"cannot be read: {error!r}"]
        lines += (f"{name}: {difference}" for difference in differences)
    return lines


def main(action, *folders):
    if action == "check":
        lines = check(*folders)
        print(f"{len(files(folders[0]))} files, {len(lines)} differences")
        sys.exit("\n".join(lines[:50]) if lines else 0)
    {"make": make, "rewrite": rewrite}[action](*folders)


if __name__ == "__main__":
    main(*sys.argv[1:])
