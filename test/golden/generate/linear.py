"""linear.json: what the linear models learn and predict.

    {"regression": [case], "logistic": [case]}

A case has "name", "estimator", "params", an "input" (a reference, see common.py, or {"X", "y", "test"} with the rows
themselves), perhaps "sampleWeight" (one per training row) and "labels" (the names of the classes, when y is to be
turned into text), and what scikit-learn gives for the training rows: "coef", "intercept", and for the first LIMIT test
rows "predictions" and, for classifiers, "proba" and "decision" ([rows] for two classes, else [rows, classes]).

regression: "coef" is [features], "intercept" a number. Ridge is solved by SVD; LinearRegression gives the solution of
least norm when features are dependent.
logistic: "coef" is [classes, features] ([1, features] for two), "intercept" [classes]; the optimum of the convex
problem, found to a gradient below 1e-9 by Newton's method, so it does not depend on the solver.
"""

import warnings

import numpy as np
from common import camel_keys, load, split, write
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

LIMIT = 25


def data_of(ref):
    if "dataset" not in ref:
        return ref["X"], ref["y"], ref["test"]
    X, y = load(ref)
    train, test = split(len(X))
    return X[train], y[train], X[test][:LIMIT]


def weights_of(n):
    """Whole, zero and half weights."""
    return np.arange(n) % 5 / 2


def regression_inputs():
    rng = np.random.default_rng(7)
    yield "diabetes", {"dataset": "diabetes"}
    yield "iris, petal width", {"dataset": "iris", "target": 3}
    yield "wine, proline", {"dataset": "wine", "target": 12}
    yield "breast cancer, worst area", {"dataset": "breastCancer", "target": 23}
    base = np.round(rng.normal(size=(24, 3)), 3)
    y = np.round(base @ [1, -2, 0.5] + rng.normal(0, 0.1, 24) + 4, 3)
    dependent = np.column_stack([base, base[:, 0], base[:, 1] - base[:, 2], np.full(24, 2.0)])
    yield "dependent and constant features", {"X": dependent, "y": y, "test": dependent[:5] + 0.5}
    wide = np.round(rng.normal(size=(6, 10)), 3)
    yield "more features than rows", {"X": wide, "y": y[:6], "test": np.round(rng.normal(size=(3, 10)), 3)}
    yield "one feature", {"X": base[:, :1], "y": y, "test": base[:4, 1:2]}
    yield "far from zero", {"X": base + 1e6, "y": y + 1e6, "test": base[:4] + 1e6}


def regressions():
    for name, ref in regression_inputs():
        X, y, test = data_of(ref)
        models = [(LinearRegression, {}), (LinearRegression, {"fit_intercept": False})]
        models += [(Ridge, {"alpha": alpha}) for alpha in (0.01, 1, 100)]
        models += [(Ridge, {"alpha": 1, "fit_intercept": False})]
        for model, params in models:
            for weights in (None, weights_of(len(y))):
                if weights is not None and not params.get("fit_intercept", True):
                    continue
                solver = {"solver": "svd"} if model is Ridge else {}
                fitted = model(**params, **solver).fit(X, y, sample_weight=weights)
                case = {
                    "name": f"{name}, {model.__name__} {params}{'' if weights is None else ', weights'}",
                    "estimator": model.__name__,
                    "params": camel_keys(params),
                    "input": ref,
                    "coef": fitted.coef_,
                    "intercept": fitted.intercept_,
                    "predictions": fitted.predict(test),
                }
                yield case if weights is None else {**case, "sampleWeight": weights}


def gradient(model, X, y, weights):
    """The gradient of the penalised loss, scikit-learn's objective, for two classes or more."""
    proba = model.predict_proba(X)
    truth = (np.asarray(y)[:, None] == model.classes_).astype(float)
    residual = (proba - truth) * weights[:, None]
    slopes = residual.T @ X
    if len(model.classes_) == 2:
        slopes, residual = slopes[1:], residual[:, 1:]
    slopes = slopes + model.coef_ / model.C
    return np.concatenate([slopes.ravel(), residual.sum(axis=0) if model.fit_intercept else []])


def optimum(params, X, y, weights):
    """The optimum by Newton's method, lbfgs agreeing, and the largest element of the gradient there."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(**params, solver="newton-cg", tol=1e-12, max_iter=10_000)
        model.fit(X, y, sample_weight=weights)
        check = LogisticRegression(**params, tol=1e-10, max_iter=100_000).fit(X, y, sample_weight=weights)
    classes, counts = np.unique(y, return_counts=True)
    scale = {} if params.get("class_weight") is None else dict(zip(classes, len(y) / (len(classes) * counts)))
    if scale and weights is not None:
        totals = [weights[y == label].sum() for label in classes]
        scale = dict(zip(classes, weights.sum() / (len(classes) * np.array(totals))))
    used = (np.ones(len(y)) if weights is None else weights) * [scale.get(label, 1.0) for label in y]
    steepest = np.abs(gradient(model, X, y, used)).max()
    distance = np.abs(model.coef_ - check.coef_).max()
    assert distance < 1e-3 * max(1, np.abs(model.coef_).max()), (params, distance)
    return model, steepest


def logistic_inputs():
    for name in ("iris", "wine", "breastCancer"):
        yield name, {"dataset": name, "standardised": True}, None
    yield "iris as measured", {"dataset": "iris"}, None
    yield "iris, named", {"dataset": "iris", "standardised": True}, ["setosa", "versicolor", "virginica"]
    rng = np.random.default_rng(8)
    X = np.round(rng.normal(size=(40, 2)), 3)
    y = (X[:, 0] + rng.normal(0, 1, 40) > 0.3).astype(int)
    yield "overlapping", {"X": X, "y": y, "test": np.round(rng.normal(size=(6, 2)), 3)}, None
    constant = np.column_stack([X, np.ones(40), X[:, 0]])
    yield "dependent features", {"X": constant, "y": y, "test": constant[:4]}, None
    apart = np.array([[-2.0], [-1.0], [1.0], [2.0]])
    yield "separable", {"X": apart, "y": np.array([0, 0, 1, 1]), "test": np.array([[0.0], [3.0]])}, None


def logistics():
    for name, ref, labels in logistic_inputs():
        X, y, test = data_of(ref)
        for params in (
            {"C": 1},
            {"C": 0.01},
            {"C": 100},
            {"C": 1, "fit_intercept": False},
            {"C": 1, "class_weight": "balanced"},
        ):
            if labels is not None and params != {"C": 1}:
                continue
            for weights in (None, weights_of(len(y)) + 0.25):
                model, steepest = optimum(params, X, y, weights)
                assert steepest < 1e-9, (name, params, steepest)
                case = {
                    "name": f"{name}, {params}{'' if weights is None else ', weights'}",
                    "estimator": "LogisticRegression",
                    "params": camel_keys(params),
                    "input": ref,
                    "coef": model.coef_,
                    "intercept": np.broadcast_to(model.intercept_, len(model.coef_)),
                    "predictions": model.predict(test),
                    "proba": model.predict_proba(test),
                    "decision": model.decision_function(test),
                }
                if labels is not None:
                    case |= {"labels": labels, "predictions": [labels[k] for k in model.predict(test)]}
                yield case if weights is None else {**case, "sampleWeight": weights}


def main():
    write("linear", regression=list(regressions()), logistic=list(logistics()))


if __name__ == "__main__":
    main()
