"""scikit-learn's side of bench/forest.bench.mjs: RandomForestClassifier(n_jobs=2) on the raw arrays in FOLDER.

    python sklearn_calls.py FOLDER [--seeds 5]

Prints one JSON document. Single rows rotate through the test set, since repeating one row is unrealistically fast.
"""

import argparse
import json
import pathlib
import platform
import statistics
import time

import numpy as np
import sklearn
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score


def clock(repeats, call):
    times = []
    for i in range(repeats):
        start = time.perf_counter()
        call(i)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seeds", type=int, default=5)
    args = parser.parse_args()
    rows, test_rows, cols = map(int, (args.folder / "shape.txt").read_text().split())
    x_train = np.fromfile(args.folder / "x_train.f32", dtype=np.float32).reshape(rows, cols)
    x_test = np.fromfile(args.folder / "x_test.f32", dtype=np.float32).reshape(test_rows, cols)
    y_train = np.fromfile(args.folder / "y_train.u8", dtype=np.uint8)
    y_test = np.fromfile(args.folder / "y_test.u8", dtype=np.uint8)

    seconds, aucs = [], []
    for seed in range(args.seeds):
        model = RandomForestClassifier(n_jobs=2, random_state=seed)
        start = time.perf_counter()
        model.fit(x_train, y_train)
        seconds.append(time.perf_counter() - start)
        aucs.append(roc_auc_score(y_test, model.predict_proba(x_test)[:, 1]))
    batch = clock(5, lambda i: model.predict_proba(x_test))
    model.set_params(n_jobs=1)  # faster for few rows: starting threads costs more than it saves
    hundred = clock(20, lambda i: model.predict_proba(x_test[100 * i:100 * i + 100]))
    one = clock(100, lambda i: model.predict_proba(x_test[i * 79:i * 79 + 1]))
    print(json.dumps({
        "versions": {"scikit-learn": sklearn.__version__, "numpy": np.__version__, "python": platform.python_version()},
        "fitSeconds": statistics.median(seconds), "auc": statistics.mean(aucs),
        "batchSeconds": batch, "hundredSeconds": hundred, "oneSeconds": one,
    }))


if __name__ == "__main__":
    main()
