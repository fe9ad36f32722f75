"""Prints what a folder holds, in the notation of the ``.expected.json`` files beside the golden folders.

    check_folder.py [--lenient] [--mode r+|r|c] FOLDER
"""

import argparse
import copyreg
import hashlib
import json
import os

import numpy as np

import varpack


def describe_folder(folder, mode="r+", strict=True):
    with open(os.path.join(folder, varpack.MANIFEST), encoding="utf-8") as file:
        manifest = json.load(file)
    variables = varpack.load(folder, mmap_mode=mode, strict=strict)
    return {name: {**describe(value), "filename": manifest[name]["filename"]} for name, value in variables.items()}


def describe(value, seen=()):
    """A value in the notation: its type, and all that makes it up."""
    if id(value) in seen:
        raise ValueError(f"a cycle through a {type(value).__name__}")
    kind = type(value)
    if value is None:
        return {"kind": "none"}
    if kind is bool:
        return {"kind": "bool", "value": value}
    if kind is int:
        return {"kind": "int", "value": str(value)}
    if kind is float:
        return {"kind": "float", "hex": value.hex()}
    if kind is complex:
        return {"kind": "complex", "re": value.real.hex(), "im": value.imag.hex()}
    if kind is str:
        return _describe_text(value)
    if kind in (bytes, bytearray):
        return {"kind": kind.__name__, "hex": value.hex()}
    if isinstance(value, np.ndarray):
        return _describe_array(value, (*seen, id(value)))
    if isinstance(value, np.generic):
        descr = _descr(value.dtype)
        return {"kind": "numpy_scalar", "descr": descr, "hex": value.tobytes().hex(), "str": str(value)}
    seen = (*seen, id(value))
    if kind in (list, tuple):
        return {"kind": kind.__name__, "items": [describe(item, seen) for item in value]}
    if kind in (set, frozenset):
        items = [describe(item, seen) for item in value]
        return {"kind": kind.__name__, "items": sorted(items, key=json.dumps)}
    if isinstance(value, dict):
        items = [[describe(key, seen), describe(item, seen)] for key, item in value.items()]
        return {"kind": "dict", "class": kind.__name__, "items": items}
    return _describe_object(value, seen)


def _describe_text(text):
    try:
        text.encode()
    except UnicodeEncodeError:
        return {"kind": "surrogate_str", "hex": text.encode("utf-8", "surrogatepass").hex()}
    return {"kind": "str", "value": text}


def _describe_array(array, seen):
    head = {
        "kind": "object_array" if array.dtype.hasobject else "array",
        "descr": _descr(array.dtype),
        "shape": list(array.shape),
        "fortran_order": array.flags.f_contiguous and not array.flags.c_contiguous,
        "mapped": isinstance(array, np.memmap),
    }
    elements = array.ravel(order="C")
    if array.dtype.hasobject:
        return {**head, "items": [describe(item, seen) for item in elements]}
    digest = hashlib.sha256(array.tobytes(order="C")).hexdigest()
    return {**head, "sha256_c_order": digest, "first": [str(element) for element in elements[:3]]}


def _descr(dtype):
    return str(np.lib.format.dtype_to_descr(dtype))


def _describe_object(value, seen):
    """A class or a function by its name; another object by what makes it again."""
    if hasattr(value, "__qualname__"):
        return {"kind": "object", "class": f"{value.__module__}.{value.__qualname__}", "parts": []}
    made = value.__reduce_ex__(4)
    if isinstance(made, str):
        return {"kind": "object", "class": f"{type(value).__module__}.{made}", "parts": []}
    # The items of a list and of a dictionary are iterators. What is empty or None at the end says nothing.
    parts = [part if index < 3 else list(part or ()) or None for index, part in enumerate(made)]
    while parts[-1] is None:
        parts.pop()
    callable, args, *_ = parts
    maker = args[0] if callable in (copyreg.__newobj__, copyreg.__newobj_ex__) else callable
    kind = f"{maker.__module__}.{maker.__qualname__}"
    return {"kind": "object", "class": kind, "parts": [describe(part, seen) for part in parts]}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder")
    parser.add_argument("--mode", choices=["r+", "r", "c"], default="r+")
    parser.add_argument("--lenient", action="store_true", help="read arrays under integer keys")
    args = parser.parse_args()
    described = describe_folder(args.folder, args.mode, strict=not args.lenient)
    print(json.dumps(described, indent=1))
