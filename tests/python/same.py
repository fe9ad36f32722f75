"""Whether two values are the same, type for type and bit for bit: identity of what is shared, what holds itself,
attributes of subclasses and the metadata of dtypes included."""

import collections
import struct
import types

import numpy as np

# Pickled anew at each reference, or so small that sharing it means nothing.
_WITHOUT_IDENTITY = (type(None), bool, int, float, complex, str, bytes, np.generic, np.dtype)


def differences(expected, found, byte_order=True):
    """Where two values differ, as lines of text: the path, what was expected, and what was found.

    ``byte_order=False`` takes arrays of either byte order as the same: below protocol 5, NumPy's own unpickling turns
    a swapped array to the machine's order.
    """
    comparison = _Comparison(byte_order)
    comparison.compare(expected, found, "value")
    return comparison.lines


class _Comparison:
    def __init__(self, byte_order):
        self.byte_order = byte_order
        self.lines = []
        # The ids of objects of one side and their partners of the other.
        self.partners = ({}, {})
        # What is compared stays alive: an id is unique only among the living.
        self.alive = []

    def differ(self, path, expected, found):
        self.lines.append(f"{path}: expected {_short(expected)}, found {_short(found)}")

    def compare(self, expected, found, path):
        kind = type(expected)
        if kind is not type(found):
            self.differ(f"{path} (type)", kind, type(found))
        elif isinstance(expected, _WITHOUT_IDENTITY) and kind.__module__ in ("builtins", "numpy", "numpy.dtypes"):
            if _bits(expected) != _bits(found):
                self.differ(path, expected, found)
        elif isinstance(expected, types.MethodType):
            self.compare(expected.__func__, found.__func__, f"{path}.__func__")
            self.compare(expected.__self__, found.__self__, f"{path}.__self__")
        elif isinstance(expected, type) or callable(expected) and hasattr(expected, "__qualname__"):
            if expected is not found:
                self.differ(path, expected, found)
        elif not self._is_seen(expected, found, path):
            self._compare_parts(expected, found, path)

    def _is_seen(self, expected, found, path):
        """Whether the two have been compared. One that is shared on one side has to be so on the other."""
        if _is_empty_constant(expected) and _is_empty_constant(found):
            # Python keeps one empty tuple, and at times one empty frozenset.
            return False
        self.alive += (expected, found)
        there, back = self.partners
        known = there.get(id(expected)), back.get(id(found))
        if known == (None, None):
            there[id(expected)], back[id(found)] = id(found), id(expected)
            return False
        if known != (id(found), id(expected)):
            self.lines.append(f"{path}: {_short(expected)} is shared on one side only")
        return True

    def _compare_parts(self, expected, found, path):
        if isinstance(expected, np.ndarray):
            self._compare_arrays(expected, found, path)
            self._compare_attributes(expected, found, path)
        elif isinstance(expected, (set, frozenset)):
            self._compare_sets(expected, found, path)
            self._compare_attributes(expected, found, path)
        elif type(expected) in (list, tuple):
            self._compare_items(expected, found, path)
        elif type(expected) in (dict, collections.OrderedDict, collections.Counter):
            self._compare_entries(expected.items(), found.items(), path)
        elif type(expected) is bytearray:
            if expected != found:
                self.differ(path, expected, found)
        else:
            self._compare_objects(expected, found, path)

    def _compare_items(self, expected, found, path):
        if len(expected) != len(found):
            self.differ(f"{path} (length)", len(expected), len(found))
        for index, (e, f) in enumerate(zip(expected, found)):
            self.compare(e, f, f"{path}[{index}]")

    def _compare_entries(self, expected, found, path):
        if len(expected) != len(found):
            self.differ(f"{path} (length)", len(expected), len(found))
        for (e_key, e), (f_key, f) in zip(expected, found):
            self.compare(e_key, f_key, f"{path} (key {_short(e_key)})")
            self.compare(e, f, f"{path}[{_short(e_key)}]")

    def _compare_sets(self, expected, found, path):
        expected, found = ({_set_key(item): item for item in items} for items in (expected, found))
        if len(expected) == len(found) == 1:
            # An object that is equal to none but itself.
            found = dict(zip(expected, found.values()))
        if expected.keys() != found.keys():
            self.differ(path, expected, found)
            return
        for key, item in expected.items():
            self.compare(item, found[key], f"{path}{{{_short(item)}}}")

    def _compare_arrays(self, expected, found, path):
        if not self.byte_order:
            expected, found = _native(expected), _native(found)
        for name, e, f in (
            ("dtype", _layout(expected.dtype), _layout(found.dtype)),
            ("shape", expected.shape, found.shape),
            ("order", _order(expected), _order(found)),
        ):
            # Strides that are neither C nor Fortran order are no part of any file.
            if e != f and e != "neither":
                self.differ(f"{path} ({name})", e, f)
                return
        if expected.dtype.hasobject:
            self._compare_items(_object_elements(expected), _object_elements(found), path)
        elif _field_bits(expected) != _field_bits(found):
            self.differ(path, expected, found)

    def _compare_attributes(self, expected, found, path):
        """What an array or a set of a subclass has beside its elements; of a masked array its mask is among it."""
        if isinstance(expected, np.memmap):
            return  # its file, which is no part of what it holds
        e, f = (getattr(array, "__dict__", {}) for array in (expected, found))
        if set(e) != set(f):
            self.differ(f"{path} (attributes)", sorted(e), sorted(f))
            return
        for name in e:
            self.compare(e[name], f[name], f"{path}.{name}")

    def _compare_objects(self, expected, found, path):
        """Any other object: what it would be made from again."""
        e, f = expected.__reduce_ex__(4), found.__reduce_ex__(4)
        self.alive += (e, f)
        if isinstance(e, str) or isinstance(f, str):
            if e != f:
                self.differ(path, e, f)
            return
        e, f = (list(made) + [None] * (6 - len(made)) for made in (e, f))
        # Lists of items are iterators, made anew as the parts themselves are.
        for index in (3, 4):
            e[index], f[index] = (None if made[index] is None else list(made[index]) for made in (e, f))
        for name, e_part, f_part in zip(("callable", "args", "state", "items", "entries", "setter"), e, f):
            where = f"{path}.<{name}>"
            if type(e_part) is type(f_part) and type(e_part) in (list, tuple):
                self._compare_items(e_part, f_part, where)
            else:
                self.compare(e_part, f_part, where)


def _is_empty_constant(value):
    return type(value) in (tuple, frozenset) and not value


def _set_key(item):
    """What tells an item of a set from the others: of an object that may be equal to none but itself, its name."""
    return getattr(item, "name", item)


def _bits(value):
    """What tells values of one type apart, down to the sign of zero and the payload of NaN."""
    if type(value) is float:
        return struct.pack("<d", value)
    if type(value) is complex:
        return struct.pack("<dd", value.real, value.imag)
    if isinstance(value, np.generic):
        return _layout(value.dtype), _field_bits(np.asarray(value))
    if isinstance(value, np.dtype):
        return _layout(value)
    return value


def _layout(dtype):
    """All that a dtype is but for ``align=True``: no flags in a pickle mean that to both generations of NumPy."""
    metadata = dict(dtype.metadata or {})
    if dtype.subdtype is not None:
        base, shape = dtype.subdtype
        return _layout(base), shape, metadata
    if dtype.names is None:
        return dtype.str, metadata
    fields = [(name, *dtype.fields[name][1:], _layout(dtype.fields[name][0])) for name in dtype.names]
    return fields, dtype.itemsize, metadata


def _native(array):
    # A record is left as it is: its fields may each have another order.
    return array if array.dtype.isnative or array.dtype.names else array.astype(array.dtype.newbyteorder("="))


def _order(array):
    flags = array.flags
    return "C" if flags.c_contiguous else "F" if flags.f_contiguous else "neither"


def _field_bits(array):
    """The elements' bytes in C order, without padding: NumPy does not keep it."""
    if array.dtype.names is None:
        return array.tobytes(order="C")
    array = array.view(np.ndarray)
    return [_field_bits(array[name]) for name in array.dtype.names]


def _object_elements(array):
    if array.dtype.names is None:
        return array.ravel(order="C").tolist()
    return [tuple(record) for record in array.ravel(order="C")]


def _short(value):
    text = repr(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
