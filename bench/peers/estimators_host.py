"""scikit-learn's side of bench/estimators.bench.mjs: python estimators_host.py FOLDER THREADS

Answers `case FAMILY DATA NAME` (prepares it) and `turn` (runs it once) with a line of JSON each. The cases of a family
are in estimators/FAMILY.py: CASES maps a name to a function of the data set (X, y, text, threads) that gives the call
to be timed, or that and a function that rates the call's result by one number.
"""

import importlib
import json
import os
import pathlib
import sys
import time
import warnings

import numpy as np
import sklearn

warnings.filterwarnings("ignore")
sys.path.insert(0, str(pathlib.Path(__file__).parent))
# What a library prints must not mix with the answers.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


class DataSet:
    def __init__(self, folder, name, threads):
        self.threads = threads
        shape = json.loads((folder / f"{name}.json").read_text())
        if shape["cols"] > 0:
            self.X = np.fromfile(folder / f"{name}.x.f64").reshape(-1, shape["cols"])
        if shape["y"]:
            self.y = np.fromfile(folder / f"{name}.y.f64")
        if shape["text"]:
            self.text = json.loads((folder / f"{name}.text.json").read_text())


def main():
    folder, threads = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    data_sets, call, rate = {}, None, None
    for line in sys.stdin:
        verb, *words = line.rstrip("\n").split(" ")
        try:
            if verb == "hello":
                reply = {"engines": {"scikit-learn": sklearn.__version__}}
            elif verb == "case":
                family, data, name = words[0], words[1], " ".join(words[2:])
                if data not in data_sets:
                    data_sets = {data: DataSet(folder, data, threads)}
                made = importlib.import_module(f"estimators.{family}").CASES[name](data_sets[data])
                call, rate = made if isinstance(made, tuple) else (made, None)
                reply = {}
            else:
                start = time.perf_counter()
                result = call()
                seconds = time.perf_counter() - start
                reply = {"seconds": seconds, "quality": None if rate is None else float(rate(result))}
        except Exception as error:  # the suite shows it and goes on
            reply = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(reply), file=answers, flush=True)


if __name__ == "__main__":
    main()
