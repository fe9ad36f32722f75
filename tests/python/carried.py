"""Variables that a program which does not know them has to leave as they are.

    carried.py make FOLDER PROTOCOL         writes a folder whose shared pickle holds them all, and ``step``
    carried.py names FOLDER                 prints the variables that hold themselves, one a line
    carried.py check FOLDER PROTOCOL [NAME ...]
                                            compares those of the folder (all, or the named) with what was written
"""

import collections
import datetime
import os
import pickle
import random
import sys

import corpus_types as types
import numpy as np
import same
import varpack


def tree():
    root = types.Tree("root", None)
    for name in ("left", "right"):
        child = types.Tree(name, root)
        child.children = [types.Tree(f"{name}.{index}", child) for index in range(3)]
        root.children.append(child)
    root.index = {node.name: node for node in root.children}
    return root


def loops():
    """What holds itself, of every kind of object."""
    made = {"tree": tree()}
    made["list"] = [1, "two"]
    made["list"].append(made["list"])
    made["dict"] = {"a": 1}
    made["dict"]["self"] = made["dict"]
    made["tuple"] = ([], {}, "text" * 10)
    made["tuple"][0].append(made["tuple"])
    made["tuple"][1]["again"] = made["tuple"]
    made["wide"] = tuple([index] for index in range(12))
    for part in made["wide"]:
        part.append(made["wide"])
    made["pair"] = types.Pair([], ("nested", [1.5]))
    made["pair"].left.append(made["pair"])
    made["set"] = types.Plain(peers=set())
    made["set"].peers.add(made["set"])
    made["frozenset"] = types.Plain()
    made["frozenset"].peers = frozenset([made["frozenset"]])
    made["slots"] = types.Slotted(1, None)
    made["slots"].b = [made["slots"]]
    made["reduced"] = types.Reduced([])
    made["reduced"].seed.append(made["reduced"])
    made["reduced_state"] = types.Reduced(7)
    made["reduced_state"].state = [made["reduced_state"]]
    made["reduced_state"].append(made["reduced_state"])
    made["reduced_state"]["key"] = made["reduced_state"]
    owner = types.Plain()
    # CPython makes it twice, and throws away the one or the other.
    owner.made = [types.Called(owner, 5)]
    made["called"] = owner.made[0]
    made["called_in_tuple"] = owner, types.Called(owner, 6)
    owner.tuple = made["called_in_tuple"]
    made["method"] = types.Tree("method", None)
    made["method"].children = made["method"].describe
    made["list_with_state"] = types.ListWithState([1])
    made["list_with_state"].owner = made["list_with_state"]
    made["ordered"] = collections.OrderedDict(a=1)
    made["ordered"]["self"] = made["ordered"]
    made["default"] = collections.defaultdict(list, a=[1])
    made["default"]["self"] = made["default"]
    made["deque"] = collections.deque([1, 2], maxlen=5)
    made["deque"].append(made["deque"])
    made["objects"] = np.array([None, 1, "x"], dtype=object)
    made["objects"][0] = made["objects"]
    made["error"] = ValueError("text", [])
    made["error"].args[1].append(made["error"])
    for kind in (set, frozenset, types.Bag, types.FrozenBag, types.Given):
        left, right = (types.Named(name=name) for name in ("left", "right"))
        made[f"items_of_{kind.__name__}"] = left.owner = right.owner = kind([left, right])
        made[f"item_of_{kind.__name__}"] = types.Plain(name="item")
        made[f"item_of_{kind.__name__}"].owner = kind([made[f"item_of_{kind.__name__}"]])
    made["list_of_a_class"] = types.ListWithState(["x"])
    made["list_of_a_class"].append([made["list_of_a_class"]])
    made["dict_of_a_class"] = types.DictWithState(x=1)
    made["dict_of_a_class"]["y"] = [made["dict_of_a_class"]]
    made["keywords"] = types.NewKeywords(size=[1])
    made["keywords"].size.append(made["keywords"])
    made["setter"] = types.StateSetter()
    made["setter"].owner = [made["setter"]]
    # Some of them CPython cannot pickle.
    graphs = ((f"graph_{seed}", graph(random.Random(seed))) for seed in range(GRAPHS))
    made.update((name, value) for name, value in graphs if is_kept(value))
    return made


GRAPHS = 24


def graph(choices):
    """Objects of every kind that refer to each other as chance has it, in a list that holds itself."""
    nodes = [1, 2.5, None, "a" * 3, "b" * 30, b"c" * 20, 2**70, (), np.float64(1.5), np.arange(3), types.Color.RED]
    fillable = []

    def pick():
        return choices.choice(nodes[-choices.choice([3, 8, 20]) :])

    def named():
        made = types.Named(name=f"node {len(fillable)}", other=pick())
        fillable.append(made.__dict__)
        return made

    def filled(made, contents):
        fillable.append(contents)
        return made

    def listed(make):
        contents = [pick()]
        return filled(make(contents), contents)

    def with_attributes(made):
        made.other = pick()
        return filled(made, made.__dict__)

    def objects():
        made = np.empty(2, dtype=object)
        made[0] = pick()
        return filled(made, made)

    kinds = [
        lambda: listed(lambda contents: contents),
        lambda: listed(types.Reduced),
        lambda: listed(lambda contents: types.Called(contents, pick())),
        lambda: listed(lambda contents: types.NewKeywords(size=contents)),
        lambda: listed(lambda contents: types.Pair(contents, pick())),
        lambda: tuple(pick() for _ in range(choices.choice([1, 2, 3, 5]))),
        lambda: types.Given([pick(), named()]),
        lambda: with_attributes(types.Plain()),
        lambda: with_attributes(types.StateSetter()),
        lambda: with_attributes(types.ListWithState([pick()])),
        lambda: with_attributes(types.Bag([named(), named()])),
        lambda: types.FrozenBag([named()]),
        lambda: {named(), named()},
        lambda: frozenset([named(), 1]),
        lambda: (lambda made: filled(made, made))({"key": pick()}),
        lambda: (lambda made: filled(made, made))(types.DictWithState(key=pick())),
        lambda: (lambda made: filled(made, made))(collections.OrderedDict(key=pick())),
        lambda: types.Slotted(pick(), [pick()]),
        lambda: types.Stateful([pick()]),
        objects,
    ]
    for _ in range(choices.choice([5, 20, 40])):
        nodes.append(choices.choice(kinds)())
    for contents in fillable:
        if isinstance(contents, np.ndarray):
            contents[1] = choices.choice(nodes)
        elif isinstance(contents, list):
            contents.append(choices.choice(nodes))
        else:
            contents[choices.choice(["y", "z"])] = choices.choice(nodes)
    root = [choices.choice(nodes) for _ in range(5)]
    root.append(root)
    return root


def is_kept(value):
    """Whether pickles of all protocols can be made of a value and read."""
    try:
        for protocol in range(6):
            pickle.loads(pickle.dumps(value, protocol))
    except (RecursionError, TypeError, AttributeError, pickle.PicklingError):
        return False
    return True


def plain():
    """What holds no part of itself, but more than a plain value has room for."""
    unit = {"unit": "m"}
    metres = np.dtype("<f8", metadata=unit)
    record = np.dtype([("x", metres), ("n", np.dtype("<i4", metadata={"enum": {"A": 1}}), (2,))])
    titled = np.dtype(np.dtype("<M8[ms]"), metadata={"zone": "UTC"})
    made = {
        "metres": np.arange(3.0).astype(metres),
        "metres_2d": np.asfortranarray(np.ones((2, 3), metres)),
        "big_endian": np.arange(3, dtype=np.dtype(">i4", metadata=unit)),
        "record": np.zeros(2, record),
        "record_scalar": np.zeros(2, record)[0],
        "dates": np.array(["2024-02-29"], titled),
        "text": np.array(["a", None, 3], dtype=np.dtype("O", metadata={"vlen": str})),
        "dtype": metres,
        "record_dtype": record,
        "in_dict": {"metres": np.arange(2.0).astype(metres), "plain": np.arange(3), "n": 1},
        "list_with_state": types.ListWithState([1, 2]),
        "dict_with_state": types.DictWithState(a=1),
        "text_of_a_class": types.Text("text"),
        "number_of_a_class": types.Number(7),
        "tagged": types.Tagged.of([1.0, 2.0], tag={"unit": "K"}),
        "matrix": np.matrix([[1, 2], [3, 4]]),
        "masked": np.ma.masked_array([1, 2, 3], mask=[0, 1, 0], fill_value=9),
        "epoch": types.Epoch(1, 0.5, {"notes": [1]}),
        "keywords": types.NewKeywords(size=3),
        "reduced": types.Reduced("seed"),
        "date": datetime.datetime(2024, 2, 29, tzinfo=datetime.timezone.utc),
        "bytes": [b"abc", bytearray(b"def"), "ä" * 100, 2**200, -(2**63), 1e300, 1j],
        "function": types.function,
        "sets": [{1, "a", (2, None)}, frozenset([1.5]), set(), frozenset()],
    }
    made["list_with_state"].unit = "m"
    made["dict_with_state"].owner = ["me"]
    made["text_of_a_class"].unit = "m"
    made["reduced"].state = {"a": 1}
    made["reduced"].append(3)
    made["reduced"]["key"] = "value"
    shared = ["shared", [1, 2]]
    made["one"], made["other"] = {"s": shared}, [shared, shared[1]]
    if hasattr(np.dtypes, "StringDType"):
        made["strings"] = np.array(["a", "grün"], dtype=np.dtypes.StringDType())
    return made


def values():
    made = {**{f"loop_{name}": value for name, value in loops().items()}, **plain()}
    # The program gives an array a file of its own, and pickles a copy of a dictionary: not so of those in a list.
    return {name: [value] if isinstance(value, (np.ndarray, dict)) else value for name, value in made.items()}


def make(folder, protocol):
    def dump(folder, filename, value):
        with open(os.path.join(folder, filename), "wb") as file:
            pickle.dump(value, file, protocol)

    varpack._pickle = dump
    varpack.MIN_SEPARATE_BYTES = sys.maxsize
    varpack.save(folder, {"first": 1, **values(), "step": 7})


def check(folder, protocol, names):
    # What pickling itself does not keep is no difference.
    expected = pickle.loads(pickle.dumps(values(), protocol))
    found = varpack.load(folder)
    names = names or expected
    picked = [{name: variables[name] for name in names} for variables in (expected, found)]
    return same.differences(*picked, byte_order=False)


def main(action, folder, *args):
    if action == "make":
        make(folder, int(args[0]))
    elif action == "names":
        print("\n".join(f"loop_{name}" for name in loops()))
    else:
        lines = check(folder, int(args[0]), args[1:])
        print("\n".join([*lines, f"{len(lines)} differences"]))


if __name__ == "__main__":
    main(*sys.argv[1:])
