"""Classes of every way in which Python objects are pickled, importable by the reader of the corpus."""

import collections
import dataclasses
import enum

import numpy as np


class Color(enum.Enum):
    RED = 1
    GREEN = "green"


class Access(enum.Flag):
    READ = 1
    WRITE = 2


class Level(enum.IntEnum):
    LOW = -1
    HIGH = 2**40


Pair = collections.namedtuple("Pair", "left right")


@dataclasses.dataclass
class Epoch:
    number: int
    loss: float
    notes: object = None


@dataclasses.dataclass(frozen=True)
class Frozen:
    key: object
    value: object = ()


class Plain:
    """State is the instance's dictionary."""

    def __init__(self, **attributes):
        self.__dict__.update(attributes)


class Named(Plain):
    """Equal to none but itself, of which a set keeps the order in which it was given them."""

    def __hash__(self):
        return 1


class Empty:
    """No state at all."""


class Slotted:
    """State is a pair: no dictionary, and the slots (protocol 2 and later)."""

    __slots__ = ("a", "b")

    def __init__(self, a, b):
        self.a, self.b = a, b

    def __reduce_ex__(self, protocol):
        return super().__reduce_ex__(max(protocol, 2))


class Stateful:
    """State is not a dictionary: ``__setstate__`` takes it."""

    def __init__(self, items):
        self.items = items

    def __getstate__(self):
        return ["state", self.items]

    def __setstate__(self, state):
        self.items = state[1]


class NewArgs:
    """Made by ``__new__`` with arguments (opcode NEWOBJ)."""

    def __new__(cls, size):
        made = super().__new__(cls)
        made.size = size
        return made

    def __getnewargs__(self):
        return (self.size,)


class NewKeywords:
    """Made by ``__new__`` with keyword arguments (opcode NEWOBJ_EX)."""

    def __new__(cls, *, size):
        made = super().__new__(cls)
        made.size = size
        return made

    def __getnewargs_ex__(self):
        return (), {"size": self.size}


class Reduced:
    """Made by calling a function, with state, list items and dictionary items (opcodes REDUCE to SETITEMS)."""

    def __init__(self, seed):
        self.seed, self.state, self.appended, self.entries = seed, None, [], {}

    def __reduce__(self):
        return Reduced, (self.seed,), self.state, iter(self.appended), iter(self.entries.items())

    def __setstate__(self, state):
        self.state = state

    def append(self, item):
        self.appended.append(item)

    def extend(self, items):
        self.appended.extend(items)

    def __setitem__(self, key, value):
        self.entries[key] = value


class Tree:
    """Its children know it."""

    def __init__(self, name, parent):
        self.name, self.parent, self.children = name, parent, []

    def describe(self):
        return self.name


class Called:
    """Made by a call with two arguments, of which the first may hold it."""

    def __init__(self, owner, number):
        self.owner, self.number = owner, number

    def __reduce__(self):
        return Called, (self.owner, self.number)


class Given:
    """Made by a call with a new list of its items, which it takes out at once."""

    def __init__(self, items):
        self.items = tuple(items)

    def __reduce__(self):
        return Given, (list(self.items),)


def set_attributes(made, state):
    made.__dict__.update(state)


class StateSetter:
    """Its state is given to a function, the sixth part of ``__reduce__``."""

    def __reduce__(self):
        return StateSetter, (), self.__dict__, None, None, set_attributes


class Bag(set):
    """A set of another type."""


class FrozenBag(frozenset):
    """A frozen set of another type."""


class Tagged(np.ndarray):
    """An array with an attribute, which its pickle has after all that NumPy puts there."""

    @classmethod
    def of(cls, items, tag):
        made = np.asarray(items).view(cls)
        made.tag = tag
        return made

    def __reduce__(self):
        callable, args, state = super().__reduce__()
        return callable, args, (*state, self.tag)

    def __setstate__(self, state):
        *state, self.tag = state
        super().__setstate__(tuple(state))


class ListWithState(list):
    """A list with attributes."""


class DictWithState(dict):
    """A dictionary with attributes."""


class Text(str):
    """A string of another type."""


class Number(int):
    """An integer of another type."""


def function():
    """Pickled by its name."""
