"""The peers' side of bench/shap.bench.mjs: trains models, writes them and the rows, and times Shapley values of each.

    python shap_values.py FOLDER THREADS ROWS BACKGROUND [--quick]

Writes FOLDER/{xgboost.ubj, lightgbm.txt, forest.boreal, x.f64, background.f64} and prints one JSON document: versions, the
seconds of each case, and its values of the first row, in the order of the features. shap runs on one thread; the two
boosting libraries on THREADS.
"""

import argparse
import json
import pathlib
import statistics
import sys
import time

import lightgbm as lgb
import numpy as np
import shap
import sklearn
import xgboost as xgb
from sklearn.datasets import make_classification
from sklearn.ensemble import RandomForestRegressor

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "python"))
from boreal_dump import dump  # noqa: E402

COLUMNS = 28


def clock(repeats, call):
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        values = call()
        times.append(time.perf_counter() - start)
    return statistics.median(times), np.asarray(values)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("threads", type=int)
    parser.add_argument("rows", type=int)
    parser.add_argument("background", type=int)
    parser.add_argument("--quick", action="store_true")
    args = parser.parse_args()
    scale = 10 if args.quick else 1
    repeats = 1 if args.quick else 3
    X, y = make_classification(20_000 // scale, COLUMNS, n_informative=14, n_redundant=4, n_clusters_per_class=8, random_state=7)
    X = X.astype(np.float32).astype(np.float64)
    x, background = X[: args.rows], X[-args.background :]
    x.tofile(args.folder / "x.f64")
    background.tofile(args.folder / "background.f64")

    boosted = xgb.train({"objective": "binary:logistic", "max_depth": 6, "nthread": args.threads}, xgb.DMatrix(X, y), 500 // scale)
    boosted.save_model(args.folder / "xgboost.ubj")
    leaves = {"objective": "binary", "num_leaves": 31, "verbose": -1, "num_threads": args.threads}
    light = lgb.train(leaves, lgb.Dataset(X, y), 500 // scale)
    light.save_model(args.folder / "lightgbm.txt")
    forest = RandomForestRegressor(100 // scale, max_depth=12, n_jobs=args.threads, random_state=0).fit(X, y)
    dump(forest, args.folder / "forest.boreal")

    cases = {}

    def case(name, peer, call, values=lambda result: result[0], times=repeats):
        seconds, result = clock(times, call)
        cases[name] = {"peer": peer, "seconds": seconds, "first": np.ravel(values(result))[:COLUMNS].tolist()}

    data = xgb.DMatrix(x)
    case("xgboost", "xgboost", lambda: boosted.predict(data, pred_contribs=True))
    few = xgb.DMatrix(x[: args.rows // 20])
    case("xgboost interactions", "xgboost", lambda: boosted.predict(few, pred_interactions=True), lambda r: r[0, 0, :-1], 1)
    case("lightgbm", "lightgbm", lambda: light.predict(x, pred_contrib=True))
    explainer = shap.TreeExplainer(forest)
    case("forest", "shap", lambda: explainer.shap_values(x[: args.rows // 20], check_additivity=False))
    against = shap.TreeExplainer(forest, background, feature_perturbation="interventional")
    case("forest background", "shap", lambda: against.shap_values(x[: args.rows // 20], check_additivity=False))
    versions = {"shap": shap.__version__, "xgboost": xgb.__version__, "lightgbm": lgb.__version__, "scikit-learn": sklearn.__version__}
    print(json.dumps({"versions": versions, "cases": cases}))


if __name__ == "__main__":
    main()
