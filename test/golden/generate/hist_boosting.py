"""hist-boosting.json: histogram gradient boosting, tree for tree and by its accuracy.

    {"cases": [case], "metrics": [case], "sampled": [case]}

Cases. "name", "estimator", "params", an "input" (a reference, or {"X", "y", "test"}), perhaps "sampleWeight", and what
scikit-learn gives: "leaves" (of all trees), "raw" (the scores of all test rows, before the link: columns of classes) and
"predictions". Data are small enough that both libraries cut columns at the same places, so that the trees are the same.
Without early stopping, as validation rows are drawn at random.

Metrics. "name", "estimator", "params", an "input" and the "metric" of the test rows with its "score".

Sampled. The same of LightGBM's one-sided sampling and dropout: the mean over five seeds and the "spread", their deviation.
"""

import lightgbm
import numpy as np
from common import california, camel_keys, load, split, write
from scipy.special import softmax
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.metrics import log_loss, r2_score

KEPT = {"squared_error": "squaredError", "absolute_error": "absoluteError", "from_dtype": "fromDtype"}


def words(params):
    return {key: KEPT.get(value, value) if isinstance(value, str) else value for key, value in camel_keys(params).items()}


def data_of(ref):
    if "X" in ref:
        return ref["X"], ref["y"], ref["test"], None
    X, y = load(ref)
    train, test = split(len(X))
    return X[train], y[train], X[test], y[test]


def inputs():
    classifier, regressor = HistGradientBoostingClassifier, HistGradientBoostingRegressor
    few = {"max_iter": 10, "early_stopping": False}
    small = {**few, "max_leaf_nodes": 6, "min_samples_leaf": 5}
    for missing in ({}, {"missing": True}):
        yield classifier, few, {"dataset": "breastCancer", **missing}
        yield classifier, small, {"dataset": "wine", **missing}
        yield classifier, {**small, "max_bins": 16}, {"dataset": "breastCancer", **missing}
        yield regressor, few, {"dataset": "diabetes", **missing}
        yield regressor, {**small, "max_depth": 3, "l2_regularization": 2.0}, {"dataset": "diabetes", **missing}
        yield regressor, {**small, "loss": "poisson"}, {"dataset": "diabetes", **missing}
        yield regressor, {**small, "loss": "gamma"}, {"dataset": "diabetes", **missing}
        yield regressor, {**small, "loss": "absolute_error"}, {"dataset": "diabetes", **missing}
    yield classifier, {**small, "class_weight": "balanced"}, {"dataset": "breastCancer"}
    rng = np.random.default_rng(5)
    color, size = rng.integers(0, 12, 400), np.round(rng.normal(size=400), 3)
    shift = rng.permutation(12)
    X = np.column_stack([color, size]).astype(float)
    X[rng.uniform(size=400) < 0.1, 0] = np.nan
    y = np.round(shift[color] / 4 + size + rng.normal(size=400) / 4, 4)
    test = np.column_stack([np.append(np.arange(12), np.nan), np.linspace(-1, 1, 13)])
    table = {"X": X, "y": y, "test": test}
    yield regressor, {**few, "categorical_features": [0]}, table
    yield regressor, {**few, "categorical_features": [0], "min_samples_leaf": 2, "max_leaf_nodes": 4}, table


def cases():
    for model, params, ref in inputs():
        X, y, test, _ = data_of(ref)
        for weights in (None, np.arange(len(y)) % 7 / 2 + 0.5):
            grown = model(random_state=0, **params).fit(X, y, sample_weight=weights)
            classes = model is HistGradientBoostingClassifier
            case = {
                "name": f"{ref.get('dataset', 'categories')}{', missing' if 'missing' in ref else ''}, {params}"
                f"{'' if weights is None else ', weights'}",
                "estimator": model.__name__,
                "params": words(params),
                "input": ref,
                "leaves": sum(tree.get_n_leaf_nodes() for trees in grown._predictors for tree in trees),
                "predictions": grown.predict(test),
                "raw": (grown.decision_function(test) if classes else grown._raw_predict(test)).reshape(len(test), -1),
            }
            if weights is not None:
                case["sampleWeight"] = weights
            yield case


def metrics():
    table = california()
    y = table.pop("median_house_value").to_numpy() / 1e5
    X = table.drop(columns=["ocean_proximity"]).to_numpy()
    train, test = split(len(X))
    grown = HistGradientBoostingRegressor(random_state=0).fit(X[train], y[train])
    yield {"name": "California housing", "estimator": "HistGradientBoostingRegressor", "params": {"randomState": 0},
           "input": "california", "metric": "r2Score", "score": r2_score(y[test], grown.predict(X[test]))}
    ref = {"dataset": "digits"}
    X, y, test, truth = data_of(ref)
    grown = HistGradientBoostingClassifier(random_state=0, max_iter=30).fit(X, y)
    yield {"name": "digits", "estimator": "HistGradientBoostingClassifier", "params": {"randomState": 0, "maxIter": 30},
           "input": ref, "metric": "logLoss", "score": log_loss(truth, grown.predict_proba(test))}


SAMPLED = (
    ("goss", {"data_sample_strategy": "goss"}, {"rowSampling": "goss"}),
    ("goss, few rows", {"data_sample_strategy": "goss", "top_rate": 0.1, "other_rate": 0.05},
     {"rowSampling": "goss", "topRate": 0.1, "otherRate": 0.05}),
    ("dart", {"boosting_type": "dart"}, {"boosting": "dart"}),
    ("dart, many dropped", {"boosting_type": "dart", "drop_rate": 0.3, "skip_drop": 0.0, "max_drop": 10},
     {"boosting": "dart", "dropRate": 0.3, "skipDrop": 0, "maxDrop": 10}),
    ("dart, uniform, XGBoost's scale", {"boosting_type": "dart", "uniform_drop": True, "xgboost_dart_mode": True},
     {"boosting": "dart", "uniformDrop": True, "xgboostDartMode": True}),
)


def sampled():
    """LightGBM puts the best constant into the first tree, which dropout would scale; as a score to start from it stays what
    it is, as in boreal. Its Hessian of K classes is K / (K - 1) times the true one, which the learning rate makes good."""
    table = california()
    target = table.pop("median_house_value").to_numpy() / 1e5
    numbers = table.drop(columns=["ocean_proximity"]).to_numpy()
    train, test = split(len(numbers))
    mean = target[train].mean()
    X, y, rows, truth = data_of({"dataset": "digits"})
    priors = np.log(np.bincount(y.astype(int)) / len(y))

    def r2(seed, params):
        grown = lightgbm.LGBMRegressor(random_state=seed, **params)
        grown.fit(numbers[train], target[train], init_score=np.full(len(train), mean))
        return r2_score(target[test], grown.predict(numbers[test]) + mean)

    def loss(seed, params):
        grown = lightgbm.LGBMClassifier(n_estimators=30, learning_rate=1 / 9, random_state=seed, **params)
        grown.fit(X, y, init_score=np.tile(priors, (len(y), 1)))
        return log_loss(truth, softmax(grown.predict(rows, raw_score=True) + priors, axis=1))

    for name, theirs, ours in SAMPLED:
        params = {"verbosity": -1, "num_threads": 1, "deterministic": True, **theirs}
        scores = [r2(seed, params) for seed in range(5)]
        yield {"name": f"California housing, {name}", "params": {"earlyStopping": False, **ours}, "input": "california",
               "metric": "r2Score", "score": float(np.mean(scores)), "spread": float(np.std(scores, ddof=1))}
        scores = [loss(seed, params) for seed in range(5)]
        yield {"name": f"digits, {name}", "params": {"maxIter": 30, **ours}, "input": {"dataset": "digits"},
               "metric": "logLoss", "score": float(np.mean(scores)), "spread": float(np.std(scores, ddof=1))}


def main():
    write("hist-boosting", cases=list(cases()), metrics=list(metrics()), sampled=list(sampled()))


if __name__ == "__main__":
    main()
