"""Random nested values of every type and dtype, each from its own seed."""

import collections
import datetime
import decimal
import fractions
import functools
import random
import struct
import uuid

import corpus_types as types
import numpy as np
import varpack

_UNITS = ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "ns", "ps", "fs", "as", "25s", "7D"]
SIMPLE_DTYPES = [
    *("|b1", "|i1", "|u1", "|S1", "|S7", "|V5", "<U1", ">U9"),
    *(f"{order}{kind}" for order in "<>" for kind in ("i2", "i4", "i8", "u2", "u4", "u8", "f2", "f4", "f8", "c8", "c16")),
    *(f"<M8[{unit}]" for unit in _UNITS),
    *(f">m8[{unit}]" for unit in _UNITS),
    *("<M8", "<m8", ">M8[ms]", "<m8[us]"),
]
RECORD_DTYPES = [
    [("id", "<i4"), ("w", "<f8"), ("tag", "S3")],
    [("big", ">i2"), ("größe", "<f4"), ("on", "?")],
    [("grid", "<f4", (2, 3)), ("when", "<M8[ns]"), ("text", "<U4")],
    [("at", [("x", "<f8"), ("y", ">f8")]), ("ids", "<u2", (2,))],
    [(("a title", "name"), "<i4"), ("b", "<c8")],
    [("deep", [("a", [("b", "|u1"), ("c", "<i8", (2, 1))], (2,))])],
    np.dtype([("a", "|u1"), ("b", "<i8"), ("c", "<i2")], align=True),
    np.dtype([("a", "|i1"), ("in", np.dtype([("x", "|u1"), ("y", "<f4")], align=True))], align=True),
    {"names": ["a", "b"], "formats": ["<i2", "<f4"], "offsets": [2, 8], "itemsize": 16},
]
DTYPES = [np.dtype(dtype) for dtype in SIMPLE_DTYPES + RECORD_DTYPES]


class Generator:
    """Random values. What it has made of one value may be part of it again: a shared reference."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.made = []

    def value(self, depth, maker=None):
        """A value whose parts are nested ``depth`` deep. ``maker`` names its type; else it is any."""
        if maker is None and self.made and self.random.random() < 0.1:
            return self.random.choice(self.made)
        if maker is None:
            maker = self.random.choice(_MAKERS if depth > 0 else _LEAF_MAKERS)
        value = maker(self, depth - 1)
        if maker not in _PLAIN_MAKERS:
            self.made.append(value)
        return value

    def values(self, depth, most=4):
        return [self.value(depth) for _ in range(self.random.randrange(most + 1))]

    def hashable(self, depth):
        return self.value(depth, self.random.choice(_HASHABLE_MAKERS))

    def hashables(self, depth, most=4):
        return [self.hashable(depth) for _ in range(self.random.randrange(most + 1))]

    def entries(self, depth, most=4):
        return [(self.hashable(depth), self.value(depth)) for _ in range(self.random.randrange(most + 1))]

    # Plain values.

    def none(self, _):
        return None

    def boolean(self, _):
        return self.random.random() < 0.5

    def integer(self, _):
        bits = self.random.choice([1, 7, 8, 15, 16, 31, 32, 63, 64, 100, 1000, 3000])
        edge = self.random.choice([0, 1, 2 ** (bits - 1) - 1, 2 ** (bits - 1), 2**bits - 1, 2**bits])
        return self.random.choice([1, -1]) * self.random.choice([edge, self.random.getrandbits(bits)])

    def number(self, _):
        return self.random.choice([self.random.uniform(-1e3, 1e3), -0.0, 0.0, 5e-324, 1.7e308, self.bits_as_float()])

    def ordered_number(self, _):
        return self.random.choice([self.random.uniform(-1e3, 1e3), -0.0, float("inf"), float("-inf")])

    def bits_as_float(self):
        # Any bits: infinities and NaN of every payload too.
        exponent = self.random.choice([0, 0x7FF, self.random.getrandbits(11)])
        sign, fraction = self.random.getrandbits(1), self.random.choice([0, self.random.getrandbits(52)])
        return struct.unpack("<d", struct.pack("<Q", sign << 63 | exponent << 52 | fraction))[0]

    def complex_number(self, depth):
        return complex(self.number(depth), self.number(depth))

    def text(self, _):
        alphabet = self.random.choice(["abc", "aä\n\\'\"\0", "世界\U0001f9ee", "\ud800x\udfff", "\x1a\r\x7f\xff"])
        length = self.random.choice([0, 1, 5, 300])
        return "".join(self.random.choice(alphabet) for _ in range(length))

    def bytes(self, _):
        return self.random.randbytes(self.random.choice([0, 1, 5, 255, 256, 700]))

    def byte_array(self, depth):
        return bytearray(self.bytes(depth))

    # Containers.

    def list(self, depth):
        return self.values(depth, self.random.choice([3, 6, 30]))

    def tuple(self, depth):
        return tuple(self.values(depth))

    def hashable_tuple(self, depth):
        return tuple(self.hashables(depth))

    def set(self, depth):
        return set(self.hashables(depth, 8))

    def frozen_set(self, depth):
        return frozenset(self.hashables(depth, 8))

    def dict(self, depth):
        return dict(self.entries(depth, 6))

    def text_keys(self, depth):
        return {f"key{index}": value for index, value in enumerate(self.values(depth, 8))}

    def long_list(self, _):
        # More than one batch of APPENDS.
        return [self.random.randrange(300) for _ in range(self.random.choice([999, 1000, 1001, 2500]))]

    def long_dict(self, _):
        return {index: str(index) for index in range(self.random.choice([999, 1000, 1001, 2500]))}

    def ordered_dict(self, depth):
        return collections.OrderedDict(self.entries(depth))

    def default_dict(self, depth):
        factory = self.random.choice([None, int, list, types.function])
        return collections.defaultdict(factory, self.entries(depth))

    def counter(self, depth):
        return collections.Counter({key: self.random.randrange(-5, 99) for key in self.hashables(depth)})

    def deque(self, depth):
        return collections.deque(self.values(depth), self.random.choice([None, 0, 3, 100]))

    # The standard library.

    def date(self, _):
        return datetime.date.fromordinal(self.random.randint(1, datetime.date.max.toordinal()))

    def timezone(self, _):
        named = datetime.timezone(datetime.timedelta(minutes=self.random.randint(-1439, 1439)), "somewhere")
        return self.random.choice([datetime.timezone.utc, datetime.timezone(datetime.timedelta(seconds=-90)), named])

    def time(self, depth):
        zone = self.random.choice([None, self.timezone(depth)])
        fields = [self.random.randrange(limit) for limit in (24, 60, 60, 1_000_000)]
        return datetime.time(*fields, tzinfo=zone, fold=self.random.randrange(2))

    def datetime(self, depth):
        return datetime.datetime.combine(self.date(depth), self.time(depth))

    def duration(self, _):
        return datetime.timedelta(self.random.randint(-9999, 9999), self.random.randrange(86400), self.random.randrange(10**6))

    def decimal(self, _):
        text = self.random.choice(["0", "-0", "-0.00", "NaN", "sNaN12", "Infinity", "-Infinity", "1E+400", None])
        return decimal.Decimal(text or f"{self.random.getrandbits(90)}E-{self.random.randrange(40)}")

    def hashable_decimal(self, _):
        return decimal.Decimal(f"{self.random.getrandbits(90)}E-{self.random.randrange(40)}")

    def fraction(self, _):
        return fractions.Fraction(self.random.randint(-999, 999), self.random.randint(1, 2**70))

    def unique_id(self, _):
        return uuid.UUID(int=self.random.getrandbits(128))

    def range(self, _):
        return range(self.random.randint(-9, 9), self.random.getrandbits(70), self.random.choice([1, -1, 3]))

    def slice(self, depth):
        return slice(self.random.choice([None, 1]), self.value(depth, Generator.integer), self.random.choice([None, -2]))

    def exception(self, depth):
        return self.random.choice([ValueError, KeyError])(*self.values(depth, 2))

    def by_name(self, _):
        return self.random.choice([int, len, types.Plain, types.function, collections.OrderedDict, Ellipsis, NotImplemented])

    # Classes of one's own.

    def member(self, _):
        flags = types.Access.READ | types.Access.WRITE
        return self.random.choice([*types.Color, *types.Access, *types.Level, flags])

    def named_tuple(self, depth):
        return types.Pair(self.value(depth), self.value(depth))

    def data_class(self, depth):
        return types.Epoch(self.random.randrange(99), self.number(depth), self.value(depth))

    def frozen_data_class(self, depth):
        return types.Frozen(self.hashable(depth), self.hashable(depth))

    def plain_object(self, depth):
        return types.Plain(**self.text_keys(depth))

    def odd_object(self, depth):
        maker = self.random.choice([types.Slotted, types.Stateful, types.NewArgs, types.NewKeywords, types.Empty])
        if maker is types.Slotted:
            return maker(self.value(depth), self.value(depth))
        if maker is types.NewKeywords:
            return maker(size=self.value(depth))
        return maker() if maker is types.Empty else maker(self.value(depth))

    def reduced_object(self, depth):
        made = types.Reduced(self.value(depth))
        made.state, made.appended = self.random.choice([None, {"a": 1}, [1]]), self.values(depth)
        made.entries = dict(self.entries(depth))
        return made

    def derived_object(self, depth):
        made = self.random.choice([
            types.ListWithState(self.values(depth)),
            types.DictWithState(self.entries(depth)),
            types.Text(self.text(depth)),
            types.Number(self.integer(depth)),
        ])
        made.attribute = self.value(depth)
        return made

    def placeholder(self, _):
        return varpack.NumpyArrayPlaceholder(f"var{self.random.randrange(99)}.npy")

    # NumPy.

    def array(self, depth, dtype=None):
        dtype = self.random.choice(DTYPES) if dtype is None else dtype
        ndim = self.random.choice([0, 1, 1, 2, 2, 3, 4, 6])
        shape = [self.random.choice([1, 2, 3, 5] if ndim < 4 else [1, 2, 3]) for _ in range(ndim)]
        if shape and self.random.random() < 0.1:
            shape[self.random.randrange(len(shape))] = 0
        array = np.zeros(shape, dtype)
        self.fill(array)
        way = self.random.choice(["C", "F", "transposed", "reversed", "sliced", "permuted"])
        if way == "F":
            return np.asfortranarray(array) if shape else array
        if way == "transposed":
            return array.T
        if way == "reversed":
            return array[::-1] if shape else array
        if way == "sliced":
            return array[..., ::2] if shape else array
        if way == "permuted":
            return array.transpose(self.random.sample(range(len(shape)), len(shape)))
        return array

    def fill(self, array):
        """Random elements, any bits that are a value. Padding stays zero."""
        if array.dtype.names is not None:
            for name in array.dtype.names:
                self.fill(array[name])
        elif array.dtype.kind == "b":
            array[...] = np.array([self.random.random() < 0.5 for _ in range(array.size)], bool).reshape(array.shape)
        elif array.dtype.kind == "U":
            texts = ["".join(self.random.choices("aé世\U0001f9ee", k=self.random.randrange(10))) for _ in range(array.size)]
            array[...] = np.array(texts, array.dtype).reshape(array.shape)
        else:
            bits = self.random.randbytes(array.size * array.itemsize)
            array[...] = np.frombuffer(bits, array.dtype).reshape(array.shape)

    def scalar(self, _, dtype=None):
        dtype = self.random.choice(DTYPES) if dtype is None else dtype
        array = np.zeros(1, dtype)
        self.fill(array)
        return array[0]

    def scalar_and_array(self, depth, dtype):
        return [self.scalar(depth, dtype), self.array(depth, dtype)]

    def object_array(self, depth):
        shape = self.random.choice([(), (0,), (3,), (2, 2)])
        array = np.empty(shape, object, order=self.random.choice("CF"))
        for index in np.ndindex(shape):
            array[index] = self.value(min(depth, 1))
        return array

    def dtype(self, _):
        return self.random.choice(DTYPES)


G = Generator
# Numbers, text and bytes: not shared on purpose.
_PLAIN_MAKERS = {G.none, G.boolean, G.integer, G.number, G.ordered_number, G.complex_number, G.text, G.bytes}
_HASHABLE_MAKERS = [
    *(G.none, G.boolean, G.integer, G.integer, G.ordered_number, G.text, G.text, G.text, G.bytes, G.hashable_tuple),
    *(G.frozen_set, G.date, G.duration, G.hashable_decimal, G.fraction, G.unique_id, G.member, G.frozen_data_class),
]
_LEAF_MAKERS = [
    *(G.none, G.boolean, G.integer, G.number, G.complex_number, G.text, G.bytes, G.byte_array, G.date, G.timezone),
    *(G.time, G.datetime, G.duration, G.decimal, G.fraction, G.unique_id, G.range, G.by_name, G.member),
    *(G.placeholder, G.array, G.scalar, G.dtype),
]
_MAKERS = [
    *_LEAF_MAKERS,
    *(G.list, G.tuple, G.set, G.frozen_set, G.dict, G.text_keys, G.ordered_dict, G.default_dict, G.counter, G.deque),
    *(G.slice, G.exception, G.named_tuple, G.data_class, G.frozen_data_class, G.plain_object, G.odd_object),
    *(G.reduced_object, G.derived_object, G.object_array, G.array, G.scalar, G.list, G.dict),
]
# Every type and dtype is the outermost of some values; long ones are not nested.
ROOT_MAKERS = list(dict.fromkeys([*_MAKERS, G.long_list, G.long_dict]))
ROOT_MAKERS += [functools.partial(G.scalar_and_array, dtype=dtype) for dtype in DTYPES]
