"""sparse.json: what scikit-learn learns of sparse rows.

    {"cases": [{"name", "estimator", "params", "input": a reference (see common.py), whose values below 0 are taken as 0,
                "y": "binary" (target > 0) or "target", "sampleWeight" if there is one,
                "learned": attributes by boreal's names, "values": predictions or transformed rows of the first LIMIT test rows}]}

Sample weights are row index % 3 + 0.5. Solvers go on to a tight tolerance; gradient descent keeps the order of the rows.
"""

import numpy as np
from common import camel, camel_keys, load, split, write
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.linear_model import (
    ElasticNet,
    Lasso,
    LinearRegression,
    LogisticRegression,
    Perceptron,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.neighbors import NearestCentroid
from sklearn.preprocessing import MaxAbsScaler, Normalizer, StandardScaler
from sklearn.svm import LinearSVC, LinearSVR

LIMIT = 6
SETS = ("iris", "wine", "breastCancer")


def renamed(params):
    word = lambda value: camel(value) if isinstance(value, str) else value
    return {{"c": "C"}.get(key, key): word(value) for key, value in camel_keys(params).items()}


def case(make, params, dataset, attributes, y="target", weighted=False):
    ref = {"dataset": dataset, "standardised": True}
    X, target = load(ref)
    X = csr_matrix(np.where(X > 0, X, 0))
    target = (target > 0).astype(int) if y == "binary" else target
    train, test = split(X.shape[0])
    weights = np.arange(len(train)) % 3 + 0.5 if weighted else None
    model = make(**params)
    model.fit(X[train], target[train], **({"sample_weight": weights} if weighted else {}))
    out = model.predict(X[test]) if hasattr(model, "predict") else model.transform(X[test])
    result = {
        "name": f"{make.__name__} {params} of {dataset}, {y}{', weights' if weighted else ''}",
        "estimator": make.__name__,
        "params": renamed(params),
        "input": ref,
        "y": y,
        "learned": {camel(name): getattr(model, f"{name}_") for name in attributes},
        "values": (out.toarray() if hasattr(out, "toarray") else out)[:LIMIT],
    }
    return {**result, "sampleWeight": weights} if weighted else result


def cases():
    line = ["coef", "intercept"]
    steps = {"shuffle": False, "max_iter": 5, "tol": None}
    for name in SETS:
        for weighted in (False, True):
            yield case(SGDClassifier, {**steps, "alpha": 0.01}, name, line, weighted=weighted)
            yield case(SGDClassifier, {**steps, "average": 10, "alpha": 0.01}, name, line, weighted=weighted)
            yield case(Perceptron, {"shuffle": False, "max_iter": 5, "tol": None}, name, line, weighted=weighted)
            yield case(LogisticRegression, {"solver": "saga", "C": 0.5, "l1_ratio": 0.5, "tol": 1e-10, "max_iter": 20000, "fit_intercept": name != "breastCancer", "random_state": 0}, name, line, weighted=weighted)
            yield case(RidgeClassifier, {"alpha": 0.5, "tol": 1e-12}, name, line, weighted=weighted)
            yield case(LinearSVC, {"C": 0.3, "tol": 1e-10, "max_iter": 200000, "random_state": 0}, name, line, weighted=weighted)
        yield case(LinearSVC, {"loss": "hinge", "C": 0.3, "tol": 1e-9, "max_iter": 500000, "random_state": 0}, name, line, "binary")
        yield case(LinearSVC, {"penalty": "l1", "dual": False, "C": 0.3, "tol": 1e-9, "max_iter": 200000, "random_state": 0}, name, line, "binary")
        for params in ({}, {"shrink_threshold": 0.4}, {"shrink_threshold": 1.5, "priors": "empirical"}):
            yield case(NearestCentroid, params, name, ["centroids", "deviations", "within_class_std_dev"])
        yield case(MaxAbsScaler, {}, name, ["max_abs", "scale"])
        yield case(StandardScaler, {"with_mean": False}, name, ["mean", "var", "scale"])
        yield case(StandardScaler, {"with_mean": False}, name, ["mean", "var", "scale"], weighted=True)
        yield case(TruncatedSVD, {"n_components": 2, "n_iter": 12, "random_state": 0}, name, ["singular_values", "explained_variance", "explained_variance_ratio"])
        for norm in ("l1", "l2", "max"):
            yield case(Normalizer, {"norm": norm}, name, [])
    for name in ("diabetes", "wine", "breastCancer"):
        for weighted in (False, True):
            yield case(SGDRegressor, {**steps, "eta0": 0.001}, name, line, weighted=weighted)
            yield case(Ridge, {"alpha": 2.0, "tol": 1e-13}, name, line, weighted=weighted)
            yield case(Lasso, {"alpha": 0.05, "tol": 1e-12, "max_iter": 100000}, name, line, weighted=weighted)
            yield case(ElasticNet, {"alpha": 0.05, "l1_ratio": 0.3, "tol": 1e-12, "max_iter": 100000}, name, line, weighted=weighted)
        yield case(LinearRegression, {"tol": 1e-14}, name, line)
        yield case(Ridge, {"alpha": 2.0, "fit_intercept": False, "tol": 1e-13}, name, line)
        yield case(ElasticNet, {"alpha": 0.05, "positive": True, "fit_intercept": False, "tol": 1e-12, "max_iter": 100000}, name, line)
        yield case(LinearSVR, {"epsilon": 0.1, "loss": "squared_epsilon_insensitive", "dual": False, "tol": 1e-10, "max_iter": 200000}, name, line)


def main():
    write("sparse", cases=list(cases()))


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    main()
