"""tree-options.json: what trees.json leaves out: criteria, limits of leaves, pruning, constraints, exports.

    {"problems": [problem], "trees": [case], "paths": [path], "texts": [text]}

A problem has "X", "test" and targets. Trees are cases as in trees.json but for the "problem" and the "target" by name, kept by the same rule: trees grown with several seeds are the same. A path has "X", "y",
"estimator", perhaps "criterion", and scikit-learn's "ccpAlphas" and "impurities". A text has "X", "y", "estimator", "params",
"options" of export_text and the "text".
"""

import numpy as np
from common import camel_keys, write
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor, export_text
from trees import SEEDS, structure


def problem(seed, rows=90, cols=4):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(rows, cols)).astype(np.float32).astype(float)
    test = rng.normal(size=(20, cols)).astype(np.float32).astype(float)
    curve = np.round(np.sin(2 * X[:, 0]) + X[:, 1] ** 2 / 2 + rng.normal(size=rows) / 4, 4)
    classes = np.digitize(curve, [0.2, 1.0])
    return {
        "X": X,
        "test": test,
        "curve": curve,
        "counts": np.maximum(curve, 0),
        "classes": classes,
        "binary": (classes > 0).astype(int),
    }


PROBLEMS = [problem(seed) for seed in range(3)]


CLASSES = [
    {"max_leaf_nodes": 6},
    {"criterion": "entropy", "max_leaf_nodes": 4, "min_samples_leaf": 3},
    {"max_leaf_nodes": 12, "max_depth": 3},
    {"ccp_alpha": 0.02},
    {"criterion": "entropy", "ccp_alpha": 0.05, "max_depth": 6},
]
NUMBERS = [
    {"max_leaf_nodes": 7},
    {"max_leaf_nodes": 5, "min_samples_leaf": 6},
    {"ccp_alpha": 0.03},
    {"criterion": "absolute_error", "max_depth": 3},
    {"criterion": "absolute_error", "max_leaf_nodes": 5, "min_samples_leaf": 4},
    {"criterion": "absolute_error", "ccp_alpha": 0.02, "min_samples_leaf": 3},
    {"criterion": "poisson", "max_depth": 3, "min_samples_leaf": 2},
    {"criterion": "poisson", "max_leaf_nodes": 6, "min_samples_leaf": 3},
    {"criterion": "poisson", "min_impurity_decrease": 0.02},
    {"monotonic_cst": [1, 0, -1, 0], "max_depth": 4},
    {"monotonic_cst": [-1, 1, 0, 0], "max_leaf_nodes": 8},
    {"criterion": "absolute_error", "monotonic_cst": [1, 1, 0, 0], "max_depth": 3},
]
BINARY = [
    {"monotonic_cst": [1, 0, 0, -1], "max_depth": 4, "min_samples_leaf": 3},
    {"monotonic_cst": [-1, 1, 0, 0], "max_leaf_nodes": 6, "criterion": "entropy"},
]


def trees():
    dropped = 0
    for seed, data in enumerate(PROBLEMS):
        X, test = data["X"], data["test"]
        tasks = [(DecisionTreeClassifier, "classes", p) for p in CLASSES]
        tasks += [(DecisionTreeClassifier, "binary", p) for p in BINARY]
        tasks += [(DecisionTreeRegressor, "counts" if p.get("criterion") == "poisson" else "curve", p) for p in NUMBERS]
        for model, target, params in tasks:
            y = data[target]
            for weights in (None, np.arange(len(y)) % 5 / 2 + 0.5):
                targets = [y] * len(SEEDS)
                if model is DecisionTreeRegressor:
                    targets += [y + 1e-9 * np.random.default_rng(s).uniform(size=len(y)) for s in range(4)]
                grown = [model(random_state=s, **params).fit(X, t, sample_weight=weights) for s, t in enumerate(targets)]
                if len({structure(tree) for tree in grown}) > 1:
                    dropped += 1
                    continue
                tree = grown[0]
                case = {
                    "name": f"{model.__name__} {seed}, {params}{'' if weights is None else ', weights'}",
                    "estimator": model.__name__,
                    "params": camel_keys(params),
                    "problem": seed,
                    "target": target,
                    "leaves": tree.get_n_leaves(),
                    "depth": tree.get_depth(),
                    "importances": tree.feature_importances_,
                    "predictions": tree.predict(test),
                    "pathLengths": tree.decision_path(test).sum(axis=1).ravel().tolist()[0],
                }
                if model is DecisionTreeClassifier:
                    case["proba"] = tree.predict_proba(test)
                case["weighted"] = weights is not None
                yield case
    print(f"  dropped {dropped} with ties")


def paths():
    data = problem(7, rows=60)
    X, curve, classes = data["X"], data["curve"], data["classes"]
    for model, y in ((DecisionTreeClassifier, classes), (DecisionTreeRegressor, curve)):
        for weights in (None, np.arange(len(y)) % 5 / 2 + 0.5):
            tree = model(random_state=0, min_samples_leaf=4)
            path = tree.cost_complexity_pruning_path(X, y, sample_weight=weights)
            case = {
                "estimator": model.__name__,
                "X": X,
                "y": y,
                "ccpAlphas": path.ccp_alphas,
                "impurities": path.impurities,
            }
            yield case if weights is None else {**case, "sampleWeight": weights}


def texts():
    data = problem(8, rows=60)
    X, curve, classes = data["X"], data["curve"], data["classes"]
    # Quarters, so that thresholds and values end in a five that has to be rounded to the even digit.
    X, curve = np.round(X * 4) / 4, np.round(curve * 8) / 8
    names = ["length", "width", "height", "mass"]
    options = [
        {},
        {"feature_names": names, "decimals": 1},
        {"max_depth": 1, "spacing": 5},
        {"show_weights": True, "decimals": 3},
    ]
    for model, y in ((DecisionTreeClassifier, classes), (DecisionTreeRegressor, curve)):
        tree = model(random_state=0, min_samples_leaf=6, max_depth=4).fit(X, y)
        for each in options:
            yield {
                "estimator": model.__name__,
                "params": {"minSamplesLeaf": 6, "maxDepth": 4, "randomState": 0},
                "X": X,
                "y": y,
                "options": camel_keys(each),
                "text": export_text(tree, **each),
            }


def main():
    write("tree-options", problems=PROBLEMS, trees=list(trees()), paths=list(paths()), texts=list(texts()))


if __name__ == "__main__":
    main()
