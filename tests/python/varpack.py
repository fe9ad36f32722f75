"""The folder of the Python program ``varpack``, read and written by its rules.

The module has the program's name because pickles refer to ``varpack.NumpyArrayPlaceholder``. It is written from
what is documented of the folder, and strict where the program is: what breaks the program's reader raises here.
"""

import json
import os
import pickle
import sys

import numpy as np

MANIFEST = "varpack.json"
SHARED_PICKLE = "__misc_vars__.pickle"
# A dictionary with this many keys or more keeps its arrays in the pickle.
MAX_KEYS = 1000
# A dictionary's array of this many elements or more gets a file of its own.
MIN_ELEMENTS = 10_000
# A variable of this many bytes or more gets a pickle of its own.
MIN_SEPARATE_BYTES = 10_000
# Names of attributes of the program's own class: a variable of that name overwrites them.
RESERVED = {"__internal__", "__class__", "__dict__", "_replace_numpy_placeholders"}


class NumpyArrayPlaceholder:
    """Stands in a pickled dictionary for an array that lies in a file of its own."""

    def __init__(self, filename):
        self.filename = filename


def load(folder, mmap_mode="r+", skip=(), strict=True):
    """Gives the variables of a folder by name. Arrays are memory-mapped; ``skip`` names what is not loaded.

    ``strict=False`` reads what the program writes but cannot read back: arrays split off from under integer keys.
    """
    with open(os.path.join(folder, MANIFEST), encoding="utf-8") as file:
        manifest = json.load(file)
    # Every key of the manifest is a variable with a file: another one raises a KeyError here.
    filenames = {name: meta["filename"] for name, meta in manifest.items()}
    found = {}
    for filename in dict.fromkeys(filenames.values()):
        stem, extension = os.path.splitext(filename)
        path = os.path.join(folder, filename)
        if filename == SHARED_PICKLE:
            found.update(_unpickle(path))
        elif stem in skip:
            continue
        elif extension == ".npy":
            found[stem] = np.load(path, mmap_mode=mmap_mode)
        elif extension == ".pickle":
            found[stem] = _unpickle(path)
        else:
            raise ValueError(f"{filename}: neither an array nor a pickle")
    for name in RESERVED & found.keys():
        raise ValueError(f"{name}: a name of the program's own")
    variables = {}
    for name, value in found.items():
        # A file whose stem is no variable, or a stray value in the shared pickle, raises a KeyError here.
        if manifest[name].get("uses_numpy_placeholders") and name not in skip:
            _replace_placeholders(folder, value, mmap_mode, strict)
    for name, filename in filenames.items():
        if name not in skip:
            # After `y = x` two variables are on one file, which has the name of one of them.
            variables[name] = found[name if name in found else os.path.splitext(filename)[0]]
    return variables


def _unpickle(path):
    with open(path, "rb") as file:
        return pickle.load(file)


def _replace_placeholders(folder, dictionary, mmap_mode, strict):
    for key, value in dictionary.items():
        if isinstance(value, NumpyArrayPlaceholder):
            if strict and isinstance(key, int):
                raise TypeError(f"an array split off from under the integer key {key}")
            dictionary[key] = np.load(os.path.join(folder, value.filename), mmap_mode=mmap_mode)


def save(folder, variables, separate=(), min_elements=MIN_ELEMENTS):
    """Writes variables, a dictionary by name, to a folder. ``separate`` names those with a pickle of their own."""
    os.makedirs(folder, exist_ok=True)
    manifest, shared = {}, {}
    for name, value in variables.items():
        if isinstance(value, np.ndarray):
            manifest[name] = _save_array(folder, name, value)
            continue
        meta = {}
        if type(value) is dict:
            value, uses_placeholders = _split_arrays(folder, name, value, min_elements)
            if uses_placeholders:
                meta["size_before_numpy_placeholders"] = _size(value)
            meta["uses_numpy_placeholders"] = uses_placeholders
        size = _size(value)
        if name in separate or size >= MIN_SEPARATE_BYTES:
            filename = f"{name}.pickle"
            _pickle(folder, filename, value)
        else:
            filename = SHARED_PICKLE
            shared[name] = value
        manifest[name] = {"size": size, **meta, "filename": filename}
    _pickle(folder, SHARED_PICKLE, shared)
    with open(os.path.join(folder, MANIFEST), "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=4)


def _save_array(folder, name, array):
    filename = f"{name}.npy"
    np.save(os.path.join(folder, filename), array)
    return {"size": _size(array), "filename": filename, "shape": list(array.shape), "dtype": str(array.dtype)}


def _split_arrays(folder, name, dictionary, min_elements):
    """A copy of the dictionary, its large arrays replaced by placeholders; and whether there are any."""
    if len(dictionary) >= MAX_KEYS:
        return dictionary, False
    split, uses_placeholders = {}, False
    for key, value in dictionary.items():
        if isinstance(value, np.ndarray) and value.size >= min_elements:
            # The hash of a text key differs from run to run, and may be negative.
            filename = f"{name}{hash(key)}.npy"
            np.save(os.path.join(folder, filename), value)
            value, uses_placeholders = NumpyArrayPlaceholder(filename), True
        split[key] = value
    return split, uses_placeholders


def _pickle(folder, filename, value):
    with open(os.path.join(folder, filename), "wb") as file:
        pickle.dump(value, file, protocol=4)


def _size(value, seen=None):
    """An estimate of the bytes that a value takes in memory, with all it holds, each object once."""
    seen = set() if seen is None else seen
    if id(value) in seen:
        return 0
    seen.add(id(value))
    size = sys.getsizeof(value)
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return size + sum(sys.getsizeof(element) for element in value.flat[:1]) * value.size
    if isinstance(value, dict):
        return size + sum(_size(key, seen) + _size(item, seen) for key, item in value.items())
    if hasattr(value, "__dict__"):
        return size + _size(vars(value), seen)
    if isinstance(value, (list, tuple, set, frozenset)):
        return size + sum(_size(item, seen) for item in value)
    return size
