"""The peers' side of the suites boosting and forest-training, on the raw arrays in FOLDER.

    python training_calls.py FOLDER MODEL TREES THREADS

MODEL is leaves255 (leaf-wise) or depth6 (level by level) for LightGBM and XGBoost: learning rate 0.1, 255 bins,
min_child_weight 1e-3 and min_data_in_leaf 20 where the library has them; or forest for scikit-learn's random forest.
Seconds are of all that turns the array into a model, binning and training: the median of up to three times. Prints one JSON document.
"""

import json
import pathlib
import statistics
import sys
import time

import numpy as np
import sklearn
from sklearn.metrics import roc_auc_score


def lightgbm_run(x, y, model, trees, threads):
    import lightgbm

    params = {"objective": "binary", "learning_rate": 0.1, "max_bin": 255, "num_threads": threads, "verbosity": -1,
              "min_data_in_leaf": 20, "min_sum_hessian_in_leaf": 1e-3, "deterministic": False}
    params |= {"num_leaves": 255} if model == "leaves255" else {"num_leaves": 64, "max_depth": 6}
    start = time.perf_counter()
    booster = lightgbm.train(params, lightgbm.Dataset(x, y, free_raw_data=True), trees)
    return time.perf_counter() - start, booster.predict, lightgbm.__version__


def xgboost_run(x, y, model, trees, threads):
    import xgboost

    params = {"objective": "binary:logistic", "learning_rate": 0.1, "max_bin": 255, "nthread": threads,
              "tree_method": "hist", "min_child_weight": 1e-3, "reg_lambda": 0.0}
    params |= ({"grow_policy": "lossguide", "max_leaves": 255, "max_depth": 0} if model == "leaves255"
               else {"max_depth": 6})
    start = time.perf_counter()
    booster = xgboost.train(params, xgboost.QuantileDMatrix(x, y, nthread=threads, max_bin=255), trees)
    return time.perf_counter() - start, lambda test: booster.predict(xgboost.DMatrix(test)), xgboost.__version__


def sklearn_run(x, y, model, trees, threads):
    from sklearn.ensemble import RandomForestClassifier

    start = time.perf_counter()
    forest = RandomForestClassifier(trees, n_jobs=threads, random_state=0).fit(x, y)
    return time.perf_counter() - start, lambda test: forest.predict_proba(test)[:, 1], sklearn.__version__


def main():
    folder, model, trees, threads = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    rows, test_rows, cols = map(int, (folder / "shape.txt").read_text().split())
    read = lambda name, dtype: np.fromfile(folder / name, dtype=dtype)
    x = read("x_train.f32", np.float32).reshape(rows, cols)
    test = read("x_test.f32", np.float32).reshape(test_rows, cols)
    y, y_test = read("y_train.u8", np.uint8), read("y_test.u8", np.uint8)
    peers = ({"scikit-learn": sklearn_run} if model == "forest"
             else {"LightGBM": lightgbm_run, "XGBoost": xgboost_run})
    results = {"versions": {}}
    for name, run in peers.items():
        times = []
        while len(times) < 3 and sum(times) < 10:
            seconds, predict, results["versions"][name] = run(x, y, model, trees, threads)
            times.append(seconds)
        results[name] = {"seconds": statistics.median(times), "auc": roc_auc_score(y_test, predict(test))}
    print(json.dumps(results))


if __name__ == "__main__":
    main()
