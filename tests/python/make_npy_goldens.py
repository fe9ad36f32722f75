"""Writes what NumPy itself says about dtypes and `.npy` files, for the tests of `varpack::npy`.

    python make_npy_goldens.py fixtures/npy/numpy2.json

Run it once with NumPy 1.26 (`numpy1.json`) and once with the newest NumPy 2. For every case the JSON has
what `np.save` writes, `str(dtype)`, and the parts of the dtype's pickle.
"""

import io
import json
import sys
import warnings

import numpy as np

try:
    from numpy.lib import _format_impl as npy_format  # NumPy 2.3 and later
except ImportError:
    from numpy.lib import format as npy_format

NAT = "NaT"


def arrays():
    """Every kind of dtype, order and shape: name -> array."""
    yield "bool", np.array([True, False, True])
    for size in (1, 2, 4, 8):
        top = 2 ** (8 * size - 1)
        for order in "<>":
            yield f"i{size}{order}", np.array([0, 1, -2, top - 1, -top], f"{order}i{size}")
            yield f"u{size}{order}", np.array([0, 1, 2, 2 * top - 1], f"{order}u{size}")
    for size in (2, 4, 8):
        for order in "<>":
            yield f"f{size}{order}", np.array([0.0, -0.0, 1.5, -np.inf], f"{order}f{size}")
    for size in (8, 16):
        for order in "<>":
            yield f"c{size}{order}", np.array([1.5 - 2j, 3j], f"{order}c{size}")
    yield "long_double", np.zeros(2, "<f16")
    yield "complex_long_double", np.zeros(2, "<c32")

    for unit in "Y M W D h m s ms us ns ps fs as".split():
        yield f"datetime_{unit}", np.array([0, 1, -1, NAT], f"M8[{unit}]")
        yield f"timedelta_{unit}", np.array([0, 1, -1, NAT], f"m8[{unit}]")
    yield "datetime_generic", np.array([NAT], "M8")
    yield "timedelta_generic", np.array([5, NAT], "m8")
    yield "datetime_25s", np.array(["1970-01-01T00:00:50", NAT], "M8[25s]")
    yield "datetime_big_endian", np.array(["2024-02-29T12:00", NAT], ">M8[ns]")
    yield "timedelta_big_endian", np.array([-3], ">m8[10ms]")

    yield "bytes", np.array([b"left", b"a\0b", b"12345", b""], "S5")
    yield "bytes_empty", np.array([b""], "S0")
    for order in "<>":
        yield f"text{order}", np.array(["Łódź", "", "a\0b", "\U0001f409"], f"{order}U4")
    yield "text_surrogate", np.array(["\ud800a"], "U2")
    yield "void", np.array([b"\x01\0", b"\xff\xff"], "V2")
    yield "void_empty", np.zeros(3, "V0")

    yield "axes_none", np.array(2.5)
    yield "axes_none_record", np.zeros((), [("a", "<i4")])
    yield "axes_three", np.arange(24, dtype="<i2").reshape(2, 3, 4)
    yield "axes_fortran", np.asfortranarray(np.arange(6, dtype="<i4").reshape(2, 3))
    yield "axes_fortran_growth", np.zeros((2, 12345), "u1", order="F")
    yield "axes_empty", np.zeros((0, 3), "<f8")
    yield "axes_many", np.zeros((1,) * 32, "<f4")
    yield "axes_long", np.zeros(1234567, "V0")

    for name, dtype in records().items():
        yield f"record_{name}", sample(np.dtype(dtype))


def records():
    point = [("x", "<f4"), ("y", "<f4")]
    return {
        "simple": [("id", "<i4"), ("w", "<f8"), ("tag", "S3")],
        "aligned": np.dtype([("id", "i1"), ("w", "<f8"), ("n", "<u2")], align=True),
        "aligned_without_padding": np.dtype([("a", "<f8"), ("b", "<f8")], align=True),
        "offsets": {"names": ["a", "b"], "formats": ["<i4", "u1"], "offsets": [2, 9], "itemsize": 16},
        "nested": [("p", point), ("inner", [("deep", [("v", ">u2", (2,))])]), ("flag", "?")],
        "nested_aligned": [("n", np.dtype([("x", "i1"), ("y", "<f8")], align=True)), ("z", "u1")],
        "nested_padded": [
            ("n", {"names": ["a"], "formats": ["<i2"], "offsets": [1], "itemsize": 8}),
            ("b", "<i2"),
        ],
        "sub_arrays": [("m", "<f4", (2, 3)), ("one", "<i8", (1,)), ("none", "<i8", (0,)), ("p", point, 3)],
        "padded_sub_array": {"names": ["a"], "formats": [("<f4", (3,))], "offsets": [4], "itemsize": 20},
        "titles": [(("Loss", "loss"), "<f4"), (("the step", "step"), "<u4")],
        "titles_padded": {
            "names": ["a", "b"],
            "formats": ["<i4", "<i4"],
            "offsets": [0, 8],
            "titles": ["first", None],
        },
        "void_fields": [("v", "V3"), ("u", "V0"), ("s", "S0"), ("t", "<U0"), ("w", "<U2")],
        "times": [("t", "<M8[ns]"), ("d", ">m8[3D]"), ("g", "<M8")],
        "mixed_orders": [("a", "<i4"), ("b", ">i4"), ("c", ">c8"), ("d", ">U2"), ("e", ">f2", (2,))],
        "all_big": [("a", ">i8"), ("b", ">f4")],
        "one_byte": [("a", "i1"), ("b", "u1"), ("c", "?")],
        "no_fields": [],
        "quotes": [("it's", "u1"), ('say "x"', "u1"), ("both ' and \"", "u1"), ("back\\slash", "u1")],
        "latin1": [("é", "u1"), ("ÿ\u00a0\u00ad", "u1")],
        "control": [("tab\t", "u1"), ("line\n\r", "u1"), ("\x01\x7f\x85", "u1")],
        "unicode": [("Łódź", "u1"), ("温度", "u1"), ("\U0001f409", "u1")],
        "unprintable": [("\u200b\u2028\ufeff", "u1"), ("\U000e0001", "u1"), ("a\u0301\u0301", "u1")],
        "leading_mark": [("\u0301", "u1")],
        "long": [(f"column_{i:04}", "<f8") for i in range(2800)],
    }


def sample(dtype):
    """One record of the bytes 1, 2, 3, ..."""
    if dtype.itemsize == 0:
        return np.zeros(1, dtype)
    return np.frombuffer(bytes((i + 1) % 251 for i in range(dtype.itemsize)), dtype)


def native(array):
    """The bytes of the array in little-endian order, in the order of the file; padding stays as it is."""
    order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    copy = bytearray(array.tobytes(order))
    if copy:
        swapped = np.frombuffer(copy, array.dtype.newbyteorder("<"))
        swapped[...] = array.ravel(order)
    return bytes(copy)


def case(name, array):
    file = io.BytesIO()
    np.save(file, array)
    file.seek(0)
    version = npy_format.read_magic(file)
    read = npy_format._read_array_header(file, version, max_header_size=1 << 20)
    data = file.getvalue()[file.tell():]
    # What a file holds of the dtype: not `align=True`, for one.
    dtype = read[2]
    typestr, state = dtype.__reduce__()[1][0], dtype.__reduce__()[2]
    assert array.dtype.hasobject or len(data) == array.nbytes, name
    short = len(data) < 4096
    return {
        # One character a byte.
        "header": file.getvalue()[: file.tell()].decode("latin1"),
        "data": data.hex() if short else None,
        "little_endian": native(array).hex() if short else None,
        "shape": list(read[0]),
        "fortran_order": read[1],
        "str": str(dtype) if short else None,
        "itemsize": dtype.itemsize,
        "alignment": dtype.alignment,
        "typestr": typestr,
        "order": state[1],
        "flags": state[-1] if state[0] == 3 else state[7],
    }


def align_true():
    """Dtypes that only a pickle carries: their names, and what they are made of."""
    for fields in (
        [("id", "i1"), ("w", "<f8"), ("n", "<u2")],
        [("a", "<f8"), ("b", "<f8")],
        [("a", "<U2"), ("b", "u1")],
        [("n", "<c16"), ("s", "S3"), ("o", "O")],
    ):
        dtype = np.dtype(fields, align=True)
        outer = np.dtype([("inner", dtype)])
        yield {
            "fields": [[name, dtype.fields[name][0].str, dtype.fields[name][1]] for name in dtype.names],
            "itemsize": dtype.itemsize,
            "alignment": dtype.alignment,
            "str": str(dtype),
            "str_nested": str(outer),
            # NumPy 1 keeps the flags in a signed char.
            "flags": (dtype.__reduce__()[2][-1] + 128) % 256 - 128,
        }


def typestrs():
    """Type strings in all spellings, and what NumPy makes of them (null: not understood)."""
    spellings = """
        ? |b1 <b1 b1 b2 i1 >i1 |i1 <i2 =i2 i3 i4 >i8 i16 u1 <u8 f1 f2 <f4 |f8 =f8 f12 f16 c8 >c16 c1 c32
        S S0 S5 <S5 >S5 S007 U U3 |U3 >U3 V V2 <V2 >V2 O |O O8 O4 O2 M8 >M8 M4 M8[ns] <M8[25s] m8[as]
        M8[generic] m8[D M8[] M8ns] M8[fortnight] M8[1s] M8[01s] M8[2147483648s] M8[99999999999999999999s]
        !f8 <<f8 Z5 f 8 < | é 温 M温 S5x
    """.split() + ["", " <f8", "<f8 ", "S5\0"]
    if np.lib.NumpyVersion(np.__version__) >= "2.0.0":
        # NumPy 1 takes these as negative sizes.
        spellings += ["S-1", "S2147483647", "S2147483648", "U536870911", "U536870912", "V99999999999999999999"]
    for spelling in spellings:
        try:
            dtype = np.dtype(spelling)
        except TypeError:
            yield [spelling, None, None]
        else:
            yield [spelling, dtype.str, str(dtype)]


def main(path):
    warnings.simplefilter("ignore")
    goldens = {
        "numpy": np.__version__,
        "cases": {name: case(name, array) for name, array in arrays()},
        "align_true": list(align_true()),
        "typestrs": list(typestrs()),
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(goldens, file, indent=0, ensure_ascii=True)
        file.write("\n")


if __name__ == "__main__":
    main(sys.argv[1])
