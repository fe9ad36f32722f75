"""The peers in Python: reads a request a line, answers with a line. Times are taken inside."""

import gc
import json
import os
import pickle
import platform
import sys
import time

import joblib
import numpy as np


def ramp(length, salt):
    """As `ramp` in data.rs."""
    return np.resize(np.roll(np.arange(1000, dtype=np.float32), -(salt % 1000)), length)


def values(floats, entries):
    """As `Values` in values.rs."""
    return {
        "floats": [i * 0.5 for i in range(floats)],
        "map": {f"key{i:06}": i * 3 for i in range(entries)},
        "strings": [f"string number {i}" for i in range(entries)],
    }


def rows(count):
    """As `Row` in values.rs."""
    return [{"step": i, "loss": i * 0.25, "note": f"row {i}"} for i in range(count)]


def sum_of_last(arrays):
    return float(sum(float(array.flat[-1]) for array in arrays))


class Server:
    def __init__(self):
        self.arrays = {}
        self.values = None

    # What is prepared, and not measured.

    def versions(self):
        return {"python": platform.python_version(), "numpy": np.__version__, "joblib": joblib.__version__}

    def make_arrays(self, names, length):
        self.arrays = {name: ramp(length, salt) for salt, name in enumerate(names)}

    def make_values(self, floats, entries):
        self.values = values(floats, entries)

    def make_rows(self, count):
        self.values = rows(count)

    def make_readme(self):
        self.arrays = {"var1": np.ones((1000, 1000)), "key1": np.ones((2000, 1000)), "key2": np.zeros((500, 2000))}

    def forget(self):
        self.arrays, self.values = {}, None

    # What is measured: each gives what it holds, which is freed after the clock has stopped.

    def np_save(self, folder):
        for name, array in self.arrays.items():
            np.save(f"{folder}/{name}.npy", array)

    def np_load_mapped(self, folder):
        arrays = [np.load(f"{folder}/{name}.npy", mmap_mode="r+") for name in self.arrays]
        return sum_of_last(arrays), arrays

    def np_load_read(self, folder):
        arrays = [np.load(f"{folder}/{name}.npy") for name in self.arrays]
        return sum_of_last(arrays), arrays

    def joblib_save(self, folder):
        joblib.dump(self.arrays, f"{folder}/arrays.joblib")

    def joblib_load_mapped(self, folder):
        arrays = joblib.load(f"{folder}/arrays.joblib", mmap_mode="r+")
        return sum_of_last(arrays.values()), arrays

    def joblib_load_read(self, folder):
        arrays = joblib.load(f"{folder}/arrays.joblib")
        return sum_of_last(arrays.values()), arrays

    def pickle_dumps(self):
        return None, pickle.dumps(self.values, protocol=4)

    def pickle_loads(self, path):
        with open(path, "rb") as file:
            data = file.read()
        start = time.perf_counter()
        loaded = pickle.loads(data)
        seconds = time.perf_counter() - start
        if loaded != self.values:
            raise ValueError("what was loaded is not what was saved")
        return seconds

    def pickle_save(self, path):
        with open(path, "wb") as file:
            pickle.dump(self.values, file, protocol=4)

    def replace_number(self, folder):
        with open(f"{folder}/step.new", "wb") as file:
            pickle.dump({"step": 8}, file, protocol=4)
        os.replace(f"{folder}/step.new", f"{folder}/step.pickle")

    def readme_save(self, folder):
        self.np_save(folder)
        with open(f"{folder}/rest.pickle", "wb") as file:
            pickle.dump({"var2": 20, "var3": "some string"}, file, protocol=4)

    def readme_load(self, folder):
        sum_, arrays = self.np_load_mapped(folder)
        with open(f"{folder}/rest.pickle", "rb") as file:
            rest = pickle.load(file)
        return sum_ + rest["var2"], (arrays, rest)

    # What it costs in memory, in bytes.

    def memory(self, action, args):
        """The growth of resident memory that an action brings, as in resident.rs."""
        gc.collect()
        with open("/proc/self/clear_refs", "w") as file:
            file.write("5")  # the peak is now what is resident
        before = resident("VmRSS")
        result = getattr(self, action)(**args)
        usage = {"peak": resident("VmHWM") - before, "held": resident("VmRSS") - before}
        del result
        return usage


def resident(line_name):
    with open("/proc/self/status") as file:
        for line in file:
            name, _, value = line.partition(":")
            if name == line_name:
                return int(value.split()[0]) * 1024
    raise LookupError(line_name)


NOT_TIMED = ("versions", "make_arrays", "make_values", "make_rows", "make_readme", "forget", "memory")


def answer(server, request):
    call = getattr(server, request["call"])
    args = request.get("args", {})
    if request["call"] in NOT_TIMED:
        return {"value": call(**args)}
    start = time.perf_counter()
    result = call(**args)
    seconds = time.perf_counter() - start
    if isinstance(result, float):  # it has its own clock
        return {"seconds": result}
    return {"seconds": seconds, "sum": result[0] if result else None}


def main():
    server = Server()
    for line in sys.stdin:
        try:
            reply = answer(server, json.loads(line))
        except Exception as error:  # goes to the other side, which fails
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
