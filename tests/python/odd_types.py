"""Classes of which Python programs keep members and instances beside plain values."""

import collections
import copyreg
import dataclasses
import enum
import typing

import numpy as np


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Flags(enum.IntFlag):
    R = 4
    W = 2


class Mode(str, enum.Enum):
    TRAIN = "train"


class Plain(enum.Enum):
    RED = "red"


class Point(typing.NamedTuple):
    x: float
    y: int


Pair = collections.namedtuple("Pair", "x y")
Lone = collections.namedtuple("Lone", "x")


class MyInt(int):
    pass


class MyFloat(float):
    pass


class MyStr(str):
    pass


class MyTuple(tuple):
    pass


class MyList(list):
    pass


class MyDict(dict):
    pass


class MySet(set):
    pass


class Sub(np.ndarray):
    pass


@dataclasses.dataclass
class Data:
    a: int = 1


class Calls:
    """Pickled as a call of whatever it is made with."""

    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


def tagged(value):
    """The value with an attribute of its own."""
    value.tag = 7
    return value


def put(value, state):
    """Sets a state otherwise than the class does: in other units."""
    value.__dict__.update({name: 10 * part for name, part in state.items()})


def put_negative(array, state):
    np.ndarray.__setstate__(array, state)
    np.negative(array, array)


class SetData:
    """Pickled with a function that sets its state, in place of `__setstate__`."""

    def __reduce__(self):
        return copyreg.__newobj__, (SetData,), {"a": 1}, None, None, put


class SetList(list):
    def __reduce__(self):
        return copyreg.__newobj__, (SetList,), list(self), None, None, list.extend


class SetInt(int):
    def __reduce__(self):
        return copyreg.__newobj__, (SetInt, int(self)), {"a": 1}, None, None, put


class SetBag(set):
    def __reduce__(self):
        return SetBag, ([],), dict.fromkeys(self), None, None, set.update


class SetSub(np.ndarray):
    def __reduce__(self):
        call, _, state = np.ndarray.__reduce__(-np.asarray(self))
        return call, (SetSub, (0,), b"b"), state, None, None, put_negative


class ItemsAndState(list):
    """Pickled with its items and a state of its own."""

    def __reduce__(self):
        return copyreg.__newobj__, (ItemsAndState,), (1, 2, 3), iter(list(self))

    def __setstate__(self, state):
        self.extend(state)


class HalfList(list):
    """Pickled with an item in the call, the others behind it."""

    def __reduce__(self):
        return copyreg._reconstructor, (HalfList, list, self[:1]), None, iter(self[1:])
