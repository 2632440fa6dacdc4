"""LightGBM's and XGBoost's side of bench/boosting.bench.mjs, on the raw arrays in FOLDER.

    python boosting_calls.py FOLDER CASE THREADS

CASE is leaves255 (leaf-wise) or depth6 (level by level): 100 rounds, rate 0.1, 255 bins, min_child_weight 1e-3 and
min_data_in_leaf 20 where the library has them. Seconds are of all that turns the array into a model: binning and training.
Prints one JSON document.
"""

import json
import pathlib
import sys
import time

import lightgbm
import numpy as np
import xgboost
from sklearn.metrics import roc_auc_score


def lightgbm_run(x, y, case, threads):
    params = {"objective": "binary", "learning_rate": 0.1, "max_bin": 255, "num_threads": threads, "verbosity": -1,
              "min_data_in_leaf": 20, "min_sum_hessian_in_leaf": 1e-3, "deterministic": False}
    params |= {"num_leaves": 255} if case == "leaves255" else {"num_leaves": 64, "max_depth": 6}
    start = time.perf_counter()
    model = lightgbm.train(params, lightgbm.Dataset(x, y, free_raw_data=True), 100)
    return time.perf_counter() - start, model.predict


def xgboost_run(x, y, case, threads):
    params = {"objective": "binary:logistic", "learning_rate": 0.1, "max_bin": 255, "nthread": threads,
              "tree_method": "hist", "min_child_weight": 1e-3, "reg_lambda": 0.0}
    params |= ({"grow_policy": "lossguide", "max_leaves": 255, "max_depth": 0} if case == "leaves255"
               else {"max_depth": 6})
    start = time.perf_counter()
    model = xgboost.train(params, xgboost.QuantileDMatrix(x, y, nthread=threads, max_bin=255), 100)
    return time.perf_counter() - start, lambda test: model.predict(xgboost.DMatrix(test))


def main():
    folder, case, threads = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    rows, test_rows, cols = map(int, (folder / "shape.txt").read_text().split())
    read = lambda name, dtype: np.fromfile(folder / name, dtype=dtype)
    x = read("x_train.f32", np.float32).reshape(rows, cols)
    test = read("x_test.f32", np.float32).reshape(test_rows, cols)
    y, y_test = read("y_train.u8", np.uint8), read("y_test.u8", np.uint8)
    results = {"versions": {"LightGBM": lightgbm.__version__, "XGBoost": xgboost.__version__}}
    for name, run in (("LightGBM", lightgbm_run), ("XGBoost", xgboost_run)):
        seconds, predict = run(x, y, case, threads)
        results[name] = {"seconds": seconds, "auc": roc_auc_score(y_test, predict(test))}
    print(json.dumps(results))


if __name__ == "__main__":
    main()
