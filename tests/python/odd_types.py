"""Classes of which Python programs keep members and instances beside plain values."""

import collections
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
