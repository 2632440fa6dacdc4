"""generalized.json: generalised linear models, coefficients that are not negative, logistic regression by cross-validation, and
classifiers made of binary ones.

    {"cases": [{"name", "estimator", "base": the estimator within, if any, "params" (of the base where there is one), "input": a
                reference (see common.py), "shift" if something is added to y, "sampleWeight" if there is one, "learned": attributes
                by boreal's names, "values" of the first LIMIT test rows, "score" of all test rows, "decision" and "proba" where
                there are any}]}

Sample weights are row index % 3 + 0.5. Solvers go on to a tight tolerance.
"""

import warnings

import numpy as np
from common import camel, camel_keys, load, split, write
from sklearn.linear_model import (
    GammaRegressor,
    LinearRegression,
    LogisticRegression,
    LogisticRegressionCV,
    PoissonRegressor,
    QuantileRegressor,
    Ridge,
    TweedieRegressor,
)
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

LIMIT = 6


def renamed(params):
    return {{"c": "C"}.get(key, key): value for key, value in camel_keys(params).items()}


def case(model, ref, attributes=(), params=None, shift=0, weighted=False):
    X, y = load(ref)
    y = y + shift
    train, test = split(len(X))
    weights = np.arange(len(train)) % 3 + 0.5 if weighted else None
    base = getattr(model, "estimator", None)
    model.fit(X[train], y[train], **({"sample_weight": weights} if weighted else {}))
    name = type(model).__name__
    result = {
        "name": f"{name}{f' of {type(base).__name__}' if base else ''} {params} of {ref['dataset']}{', weights' if weighted else ''}",
        "estimator": name,
        "params": renamed(params or {}),
        "input": ref,
        "learned": {camel(a): getattr(model, f"{a}_") for a in attributes},
        "values": model.predict(X[test])[:LIMIT],
        "score": model.score(X[test], y[test]),
    }
    if base is not None:
        result["base"] = type(base).__name__
    if shift:
        result["shift"] = shift
    if weighted:
        result["sampleWeight"] = weights
    for key, method in (("decision", "decision_function"), ("proba", "predict_proba")):
        if hasattr(model, method):
            result[key] = getattr(model, method)(X[test])[:LIMIT]
    return result


def cases():
    line = ("coef", "intercept")
    numbers = (
        {"dataset": "diabetes", "standardised": True},
        {"dataset": "iris", "standardised": True},
        {"dataset": "wine", "standardised": True},
    )
    tight = {"tol": 1e-10, "max_iter": 10000}
    for ref in numbers:
        # Classes 0, 1, 2 are counts; from 1 on they are amounts.
        for weighted in (False, True):
            params = {"alpha": 0.1, **tight}
            yield case(PoissonRegressor(**params), ref, line, params, weighted=weighted)
            yield case(GammaRegressor(**params), ref, line, params, 1, weighted)
        for power in (0, 1.5, 2, 3, -1):
            params = {"power": power, "alpha": 0.5, **tight}
            shift = 1 if power >= 2 or power < 0 else 0
            yield case(TweedieRegressor(**params), ref, line, params, shift)
        params = {"power": 0, "link": "log", "alpha": 0.01, "fit_intercept": True, **tight}
        yield case(TweedieRegressor(**params), ref, line, params, 1)
        params = {"alpha": 0.1, "fit_intercept": False, **tight}
        yield case(PoissonRegressor(**params), ref, ("coef",), params)
        for quantile, alpha in ((0.5, 0.01), (0.2, 0.001), (0.9, 0.1)):
            params = {"quantile": quantile, "alpha": alpha}
            yield case(QuantileRegressor(**params), {**ref, "target": 0} if ref["dataset"] != "diabetes" else ref, line, params)
        for weighted in (False, True):
            yield case(LinearRegression(positive=True), ref, line, {"positive": True}, weighted=weighted)
            params = {"positive": True, "alpha": 3.0, "tol": 1e-14}
            yield case(Ridge(**params, max_iter=100000), ref, line, params, weighted=weighted)
        yield case(LinearRegression(positive=True, fit_intercept=False), ref, ("coef",), {"positive": True, "fit_intercept": False})
    for name in ("iris", "wine", "breastCancer"):
        ref = {"dataset": name, "standardised": True}
        for refit in (True, False):
            params = {"Cs": [0.01, 0.1, 1.0, 10.0], "cv": 4, "tol": 1e-9, "max_iter": 5000, "refit": refit}
            model = LogisticRegressionCV(**params, l1_ratios=(0,), use_legacy_attributes=False, scoring="neg_log_loss")
            yield case(model, ref, ("coef", "intercept", "C"), {**params, "scoring": "negLogLoss"})
        params = {"C": 0.5, "tol": 1e-10, "max_iter": 5000}
        yield case(OneVsRestClassifier(LogisticRegression(**params)), ref, (), params)
        yield case(OneVsOneClassifier(LogisticRegression(**params)), ref, (), params)
        yield case(OneVsRestClassifier(GaussianNB()), ref, (), {})
        yield case(OneVsOneClassifier(GaussianNB()), ref, (), {})
        params = {"C": 0.3, "tol": 1e-10, "max_iter": 200000, "random_state": 0}
        yield case(OneVsRestClassifier(LinearSVC(**params)), ref, (), params)
        yield case(OneVsOneClassifier(LinearSVC(**params)), ref, (), params)


def main():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write("generalized", cases=list(cases()))


if __name__ == "__main__":
    main()
