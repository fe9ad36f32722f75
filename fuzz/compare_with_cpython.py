"""Compares what varpack and CPython read from the corpora of the fuzz targets: whatever both accept has to be equal.

    python compare_with_cpython.py [CORPUS]      default: the folder `corpus` beside this file; needs NumPy

Pickles are read by an unpickler that imports nothing: it knows the constructors of plain data and refuses all other
names. Headers are read by NumPy. Exits with 1 if anything differs.
"""

import ast
import collections
import io
import pathlib
import pickle
import resource
import signal
import struct
import subprocess
import sys
import warnings
from _codecs import encode

import numpy as np

try:
    from numpy.lib import _format_impl as npy_format  # NumPy 2.3 and later
except ImportError:
    from numpy.lib import format as npy_format

HERE = pathlib.Path(__file__).resolve().parent
# What a hostile pickle may take of memory, in bytes, and of time, in seconds.
MAX_MEMORY = 4 << 30
MAX_SECONDS = 10
HARD_LIMIT = resource.getrlimit(resource.RLIMIT_AS)[1]

CONSTRUCTORS = {
    **{("builtins", kind.__name__): kind for kind in (set, frozenset, bytearray, bytes, complex)},
    ("_codecs", "encode"): encode,
}


class Refused(Exception):
    """What varpack did not accept, or did not tell."""


class Named(Exception):
    """A pickle names something that is not plain data."""


class Unpickler(pickle.Unpickler):
    """Data only; names are looked up in a table and never imported."""

    def find_class(self, module, name):
        # Protocols 0 to 2 have the names of Python 2.
        module = {"__builtin__": "builtins"}.get(module, module)
        try:
            return CONSTRUCTORS[module, name]
        except KeyError:
            raise Named(f"{module}.{name}") from None


def told(kind, corpus):
    """What the Rust program says of each file: name -> lines."""
    command = ["cargo", "run", "--quiet", "--release", "--example", "canonical", kind, str(corpus)]
    output = subprocess.run(command, cwd=HERE, check=True, stdout=subprocess.PIPE, text=True).stdout
    for block in output.split("\n\n"):
        name, *lines = block.strip("\n").split("\n")
        if name:
            yield name, lines


def rebuilt(lines):
    """The value that the operations make."""
    if lines and lines[0].split(" ")[0] in ("refused", "skipped"):
        raise Refused(lines[0])
    stack = []

    def taken(count):
        at = len(stack) - int(count)
        items = stack[at:]
        del stack[at:]
        return items

    for line in lines:
        operation, _, argument = line.partition(" ")
        if operation == "none":
            value = None
        elif operation == "bool":
            value = bool(int(argument))
        elif operation == "int":
            value = int(argument)
        elif operation == "float":
            (value,) = struct.unpack(">d", bytes.fromhex(argument))
        elif operation == "complex":
            value = complex(*struct.unpack(">dd", bytes.fromhex(argument)))
        elif operation == "str":
            value = bytes.fromhex(argument).decode("utf-8", "surrogatepass")
        elif operation in ("bytes", "bytearray"):
            value = {"bytes": bytes, "bytearray": bytearray}[operation].fromhex(argument)
        elif operation == "dict":
            items = taken(2 * int(argument))
            value = {}
            for key, item in zip(items[::2], items[1::2]):
                value[key] = item
        else:
            kind = {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[operation]
            value = kind(taken(argument))
        stack.append(value)
    (value,) = stack
    return value


def difference(ours, theirs):
    """Where two values differ, without recursion; None if nowhere."""
    pairs = [(ours, theirs)]
    seen = set()
    while pairs:
        ours, theirs = pairs.pop()
        if type(ours) is not type(theirs):
            return f"{ours!r:.200} is no {type(theirs).__name__}, {theirs!r:.200}"
        if isinstance(theirs, (list, tuple, dict, set, frozenset)):
            if len(ours) != len(theirs):
                return f"{ours!r:.200} is not {theirs!r:.200}"
            if (id(ours), id(theirs)) in seen:
                continue
            seen.add((id(ours), id(theirs)))
        if isinstance(theirs, (list, tuple)):
            pairs += zip(ours, theirs)
        elif isinstance(theirs, dict):
            pairs += zip(ours.keys(), theirs.keys())
            pairs += zip(ours.values(), theirs.values())
        elif isinstance(theirs, (set, frozenset)):
            # A NaN equals no other; all else is found by its equal.
            rest = collections.Counter(repr(item) for item in theirs if item not in ours)
            rest.subtract(repr(item) for item in ours if item not in theirs)
            if any(rest.values()):
                return f"{ours!r:.200} is not {theirs!r:.200}"
        elif bits(ours) != bits(theirs):
            return f"{ours!r:.200} is not {theirs!r:.200}"
    return None


def bits(value):
    if isinstance(value, float):
        return struct.pack(">d", value)
    if isinstance(value, complex):
        return struct.pack(">dd", value.real, value.imag)
    return value


def compare_pickle(lines, bytes_):
    file = io.BytesIO(bytes_)
    theirs = Unpickler(file).load()
    return difference(rebuilt(lines), theirs)


def compare_npy(lines, bytes_):
    file = io.BytesIO(bytes_)
    version = np.lib.format.read_magic(file)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        reader = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
        # NumPy has no public function for version 3.
        read = reader.get(version) or (lambda file: npy_format._read_array_header(file, version))
        shape, order, dtype = read(file)
    if lines[0].startswith("refused"):
        raise Refused(lines[0])
    descr, ours_order, ours_shape = lines
    ours = np.lib.format.descr_to_dtype(ast.literal_eval(descr)), bool(int(ours_order)), ast.literal_eval(ours_shape)
    return None if ours == (dtype, order, shape) else f"{ours} is not {(dtype, order, shape)}"


def compare(kind, corpus):
    """Compares a corpus; the names of the files that differ, with how. Prints which one alone refuses, and why."""
    check = {"pickle": compare_pickle, "npy": compare_npy}[kind]
    counts = collections.Counter()
    differing = []
    blocks = list(told(kind, corpus))
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, HARD_LIMIT))
    for name, lines in blocks:
        counts["files"] += 1
        signal.alarm(MAX_SECONDS)
        try:
            found = check(lines, (corpus / name).read_bytes())
        except Refused as reason:
            counts["not told by varpack" if str(reason) == "skipped" else "refused by varpack alone"] += 1
            continue
        except Named:
            counts["not plain data"] += 1
            continue
        except (Exception, MemoryError):
            ours = "refused by both" if lines and lines[0].startswith("refused") else "refused by Python alone"
            counts[ours] += 1
            continue
        finally:
            signal.alarm(0)
        counts["accepted by both"] += 1
        if found:
            differing.append((name, found))
    resource.setrlimit(resource.RLIMIT_AS, (HARD_LIMIT, HARD_LIMIT))
    print(f"{corpus.name}: {dict(counts)}, {len(differing)} differ")
    for name, found in differing:
        print(f"    {name}: {found}")
    return differing


def main(corpus=HERE / "corpus"):
    corpus = pathlib.Path(corpus)
    differing = []
    for target, kind in [("npy_header", "npy"), ("pickle_value", "pickle"), ("pickle_typed", "pickle")]:
        differing += compare(kind, corpus / target)
    return 1 if differing else 0


if __name__ == "__main__":
    signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(TimeoutError()))
    sys.setrecursionlimit(20_000)
    sys.exit(main(*sys.argv[1:]))
