"""trees.json: decision trees, and the accuracy of random forests.

    {"trees": [case], "forests": [case]}

Trees. A case has "name", "estimator", "params", an "input" (a reference, see common.py, or {"X", "y", "test"}), perhaps
"sampleWeight" (one per training row), and what scikit-learn gives: "nodes", "leaves", "depth", "predictions" (of all
test rows), for classifiers "proba" (of the first LIMIT) and "importances". scikit-learn compares values as float32, so
inputs are float32. It breaks ties between equally good splits by chance; cases are kept only if trees grown with
several seeds are the same, hence for the trees here there is one right answer. (Of equally good thresholds on one feature
scikit-learn takes the lowest.)

Forests. A case has "name", "estimator", "params", an "input" (a reference, or {"california": "numbers"}: the numeric
columns of the housing table without total_bedrooms, median_house_value the target), the "metric" on the test rows and
its "scores" for the random states 0 to 4, with their "mean". Compare means: a forest of another generator is another
draw.
"""

import numpy as np
from common import california, camel_keys, load, split, write
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.metrics import accuracy_score, log_loss, r2_score, roc_auc_score, root_mean_squared_error
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

LIMIT = 25
SEEDS = range(8)


def data_of(ref):
    if "X" in ref:
        return ref["X"], ref["y"], ref["test"], None
    if "california" in ref:
        table = california()
        y = table.pop("median_house_value").to_numpy()
        X = table.drop(columns=["total_bedrooms", "ocean_proximity"]).to_numpy()
    else:
        X, y = load(ref)
    train, test = split(len(X))
    return X[train], y[train], X[test], y[test]


def structure(model):
    """What a tree is: per node its feature and threshold, in depth-first order."""
    tree = model.tree_
    inner = tree.feature >= 0
    return np.column_stack([tree.feature, np.where(inner, tree.threshold, 0)]).tobytes()


def tree_inputs():
    for name in ("iris", "wine", "breastCancer"):
        yield name, DecisionTreeClassifier, {"dataset": name, "float32": True}
    yield "wine, missing", DecisionTreeClassifier, {"dataset": "wine", "float32": True, "missing": True}
    for name in ("diabetes",):
        yield name, DecisionTreeRegressor, {"dataset": name, "float32": True}
        yield f"{name}, missing", DecisionTreeRegressor, {"dataset": name, "float32": True, "missing": True}
    yield "iris, petal width", DecisionTreeRegressor, {"dataset": "iris", "target": 3, "float32": True}
    rng = np.random.default_rng(9)
    X = rng.normal(size=(120, 4)).astype(np.float32).astype(float)
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    test = rng.normal(size=(20, 4)).astype(np.float32).astype(float)
    yield "checkerboard", DecisionTreeClassifier, {"X": X, "y": y, "test": test}
    target = np.round(np.sin(3 * X[:, 0]) + X[:, 2] ** 2, 4)
    yield "curve", DecisionTreeRegressor, {"X": X, "y": target, "test": test}


def trees():
    kept, dropped = [], []
    for name, model, ref in tree_inputs():
        X, y, test, _ = data_of(ref)
        settings = [
            {},
            {"max_depth": 1},
            {"max_depth": 3},
            {"min_samples_leaf": 5},
            {"min_samples_leaf": 20},
            {"min_samples_split": 30},
            {"min_impurity_decrease": 0.02 if model is DecisionTreeClassifier else float(0.02 * np.var(y))},
            {"max_depth": 4, "min_weight_fraction_leaf": 0.05},
        ]
        if model is DecisionTreeClassifier:
            settings += [
                {"criterion": "entropy", "max_depth": 3},
                {"criterion": "entropy", "min_samples_leaf": 8},
                {"class_weight": "balanced", "max_depth": 3},
            ]
        for params in settings:
            for weights in (None, np.arange(len(y)) % 7 / 2 + 0.5):
                title = f"{name}, {params}{'' if weights is None else ', weights'}"
                grown = [model(random_state=s, **params).fit(X, y, sample_weight=weights) for s in SEEDS]
                if len({structure(tree) for tree in grown}) > 1:
                    dropped.append(title)
                    continue
                tree = grown[0]
                case = {
                    "name": title,
                    "estimator": model.__name__,
                    "params": camel_keys(params),
                    "input": ref,
                    "nodes": tree.tree_.node_count,
                    "leaves": tree.get_n_leaves(),
                    "depth": tree.get_depth(),
                    "importances": tree.feature_importances_,
                    "predictions": tree.predict(test),
                }
                if model is DecisionTreeClassifier:
                    case["proba"] = tree.predict_proba(test)[:LIMIT]
                if weights is not None:
                    case["sampleWeight"] = weights
                kept.append(case)
    print(f"  trees: {len(kept)} with one right answer, {len(dropped)} with ties")
    return kept


def forest_inputs():
    auc = lambda model, X, y: roc_auc_score(y, model.predict_proba(X)[:, 1])
    accuracy = lambda model, X, y: accuracy_score(y, model.predict(X))
    loss = lambda model, X, y: log_loss(y, model.predict_proba(X))
    rmse = lambda model, X, y: root_mean_squared_error(y, model.predict(X))
    r2 = lambda model, X, y: r2_score(y, model.predict(X))
    classifier, regressor = RandomForestClassifier, RandomForestRegressor
    yield classifier, {}, {"dataset": "breastCancer"}, "rocAucScore", auc
    yield classifier, {"max_depth": 4, "min_samples_leaf": 3}, {"dataset": "breastCancer"}, "logLoss", loss
    yield classifier, {}, {"dataset": "wine"}, "accuracyScore", accuracy
    yield classifier, {}, {"dataset": "digits"}, "accuracyScore", accuracy
    yield classifier, {"criterion": "entropy", "max_depth": 8}, {"dataset": "digits"}, "logLoss", loss
    yield regressor, {}, {"dataset": "diabetes"}, "rootMeanSquaredError", rmse
    yield regressor, {"max_features": "sqrt", "min_samples_leaf": 3}, {"dataset": "diabetes"}, "r2Score", r2
    yield regressor, {"n_estimators": 50}, {"california": "numbers"}, "rootMeanSquaredError", rmse


def forests():
    for model, params, ref, metric, score in forest_inputs():
        X, y, X_test, y_test = data_of(ref)
        grown = (model(random_state=seed, n_jobs=2, **params).fit(X, y) for seed in range(5))
        # One thread, because several add up the trees in any order.
        scores = [score(forest.set_params(n_jobs=1), X_test, y_test) for forest in grown]
        yield {
            "name": f"{next(iter(ref.values()))}, {params}, {metric}",
            "estimator": model.__name__,
            "params": camel_keys(params),
            "input": ref,
            "metric": metric,
            "scores": scores,
            "mean": np.mean(scores),
        }


def main():
    write("trees", trees=trees(), forests=list(forests()))


if __name__ == "__main__":
    main()
