"""Reads a folder of varpack with NumPy and `pickle` alone: `variables = read("runs/7")`.

`pickle` runs what a pickle says: this is for folders that you trust.
"""

import json
import os
import pickle

import numpy as np


class Placeholder:
    """Stands in a dictionary for an array in a file of its own, `self.filename`.

    Not to be pickled again: a folder wants the class `NumpyArrayPlaceholder` of a module `varpack`.
    """


class Unpickler(pickle.Unpickler):
    def find_class(self, module, name):
        return Placeholder if name == "NumpyArrayPlaceholder" else super().find_class(module, name)


def read(folder, mmap_mode="r"):
    def load(filename):
        path = os.path.join(folder, filename)
        if filename.endswith(".npy"):
            return np.load(path, mmap_mode=mmap_mode)
        with open(path, "rb") as file:
            return Unpickler(file).load()

    with open(os.path.join(folder, "varpack.json"), encoding="utf-8") as file:
        files = {name: entry["filename"] for name, entry in json.load(file).items()}
    loaded = {filename: load(filename) for filename in set(files.values())}
    variables = {}
    for name, filename in files.items():
        value = loaded[filename][name] if filename == "__misc_vars__.pickle" else loaded[filename]
        if isinstance(value, dict):
            value = {key: load(item.filename) if isinstance(item, Placeholder) else item for key, item in value.items()}
        variables[name] = value
    return variables
