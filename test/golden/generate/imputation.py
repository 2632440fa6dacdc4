"""imputation.json: Bayesian ridge regression, and the missing values that regressions fill in.

    {"bayesian": [case], "relevance": [case], "iterative": [case]}

A case of "bayesian", or of "relevance" (ARDRegression), has "params" (boreal's names), an "input" (see common.py; or {"X", "y", "test"}), perhaps "sampleWeight" (one
per training row), and of what scikit-learn learned "learned" numbers that boreal's attributes of those names must give, and
"mean" and "std" of the first LIMIT test rows.

A case of "iterative" has "params", perhaps the name of an "estimator" and its "own" parameters, an "input" with missing values,
"learned" numbers, "names" of the columns that come out, "train" (the first LIMIT training rows with a missing value, filled in) and "test".
"""

import warnings

import numpy as np
from common import camel, camel_keys, load, split, write
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from sklearn.linear_model import ARDRegression, BayesianRidge, LinearRegression
from sklearn.neighbors import KNeighborsRegressor
from sklearn.tree import DecisionTreeRegressor

LIMIT = 6
NAN = np.nan
LEARNED = ("coef", "intercept", "alpha", "lambda", "scores", "n_iter")


def short(value):
    return np.array([float(f"{v:.12g}") for v in np.ravel(value)]).reshape(np.shape(value))


def weights_of(n):
    return np.arange(n) % 5 / 2 + 0.25


def bayesian(ref, params, weights=False, kind=BayesianRidge):
    if "X" in ref:
        X, y, rows = (np.array(ref[key], float) for key in ("X", "y", "test"))
    else:
        whole, target = load(ref)
        train, test = split(len(whole))
        X, y, rows = whole[train], target[train], whole[test]
    rows = rows[:LIMIT]
    sample_weight = weights_of(len(X)) if weights else None
    model = kind(**params).fit(X, y, **({} if sample_weight is None else {"sample_weight": sample_weight}))
    mean, std = model.predict(rows, return_std=True)
    learned = {camel(name): getattr(model, name + "_") for name in LEARNED}
    # The last is that of the coefficients before the last ones, with the errors of these.
    if kind is BayesianRidge:
        learned["scores"] = learned["scores"][:-1]
    result = {
        "params": camel_keys(params),
        "input": ref,
        "learned": {name: short(value) for name, value in learned.items()},
        "sigma": short(np.diag(model.sigma_)),
        "mean": short(mean),
        "std": short(std),
    }
    return {**result, "sampleWeight": sample_weight} if weights else result


def small(rows, cols, seed, dependent=False):
    random = np.random.default_rng(seed)
    X = np.round(random.normal(size=(rows + 3, cols)), 3)
    if dependent:
        X[:, -1] = X[:, 0] - X[:, 1]
    y = np.round(X @ np.arange(cols) / cols + random.normal(size=rows + 3), 3)
    return {"X": X[:rows], "y": y[:rows], "test": X[rows:]}


def bayesians():
    tables = (
        {"dataset": "diabetes"},
        {"dataset": "iris", "target": 3},
        {"dataset": "wine", "target": 12, "standardised": True},
        {"dataset": "breastCancer", "target": 0, "standardised": True},
    )
    for ref in tables:
        yield bayesian(ref, {"compute_score": True})
        yield bayesian(ref, {"tol": 1e-8, "alpha_1": 0.5, "lambda_2": 2.0}, weights=True)
    yield bayesian(tables[1], {"fit_intercept": False, "compute_score": True})
    yield bayesian(tables[1], {"alpha_init": 2.0, "lambda_init": 0.5, "max_iter": 2})
    for rows, cols in ((12, 3), (6, 6), (5, 9), (9, 60)):
        yield bayesian(small(rows, cols, rows), {"compute_score": True})
        yield bayesian(small(rows, cols, rows), {"fit_intercept": False})
    yield bayesian({"X": [[1, 2], [1, 2], [1, 2]], "y": [1, 2, 3], "test": [[1, 2], [3, 4]]}, {})
    yield bayesian({"X": [[1], [2], [3]], "y": [4, 4, 4], "test": [[1], [9]]}, {})


def relevances():
    for ref in (
        {"dataset": "diabetes"},
        {"dataset": "iris", "target": 3},
        {"dataset": "wine", "target": 12, "standardised": True},
        {"dataset": "breastCancer", "target": 0, "standardised": True},
    ):
        yield bayesian(ref, {"compute_score": True}, kind=ARDRegression)
        yield bayesian(ref, {"tol": 1e-8, "alpha_1": 0.5, "lambda_2": 2.0, "threshold_lambda": 20.0}, kind=ARDRegression)
        yield bayesian(ref, {"fit_intercept": False, "max_iter": 4}, kind=ARDRegression)
    for rows, cols in ((12, 3), (6, 6), (5, 9)):
        # With fewer rows than columns the noise vanishes, and with it the digits of either way.
        rounds = {"max_iter": 9 if rows >= cols else 3}
        yield bayesian(small(rows, cols, rows), {"compute_score": True, **rounds}, kind=ARDRegression)
    yield bayesian(small(12, 3, 12), {"threshold_lambda": 1e-9}, kind=ARDRegression)


def iterative(ref, params, estimator=None, own=None):
    if "matrix" in ref:
        train, test = (np.array(ref["matrix"][key], float) for key in ("train", "test"))
    else:
        X, _ = load(ref)
        train, test = (X[index] for index in split(len(X)))
    model = IterativeImputer(estimator=estimator and estimator(**own), **params).fit(train)
    missing = np.isnan(train).any(axis=1)
    result = {
        "params": camel_keys(params),
        "input": ref,
        "rounds": model.n_iter_,
        "names": model.get_feature_names_out(),
        "train": short(model.transform(train[missing][:LIMIT])),
        "test": short(model.transform(test[:LIMIT])),
    }
    return {**result, "estimator": estimator.__name__, "own": camel_keys(own)} if estimator else result


def iteratives():
    tables = [{"dataset": name, "missing": True} for name in ("iris", "wine", "diabetes")]
    for ref in tables:
        yield iterative(ref, {})
        yield iterative(ref, {"imputation_order": "descending", "tol": 1e-6, "max_iter": 20})
        yield iterative(ref, {"imputation_order": "roman", "add_indicator": True}, LinearRegression, {})
    wine = tables[1]
    yield iterative(wine, {"imputation_order": "arabic", "initial_strategy": "median", "min_value": 0.5, "max_value": 20})
    yield iterative(wine, {"initial_strategy": "most_frequent", "max_iter": 3}, KNeighborsRegressor, {"n_neighbors": 4})
    yield iterative(tables[0], {"max_iter": 4, "tol": 0.0}, DecisionTreeRegressor, {"max_depth": 3, "random_state": 0})
    yield iterative(tables[0], {"max_iter": 0})
    holes = [[1, NAN, 3, NAN], [2, 5, NAN, NAN], [3, 1, 8, NAN], [NAN, 2, 1, NAN], [5, 4, 2, NAN]]
    odd = {"matrix": {"train": holes, "test": [[NAN, NAN, NAN, NAN], [1, NAN, 2, 7], [1, 2, 3, 4]]}}
    yield iterative(odd, {})
    yield iterative(odd, {"keep_empty_features": True, "add_indicator": True})
    yield iterative(odd, {"keep_empty_features": True, "initial_strategy": "constant", "fill_value": 2})
    yield iterative(odd, {"min_value": [0, 1, 2, 0], "max_value": [4, 4, 5, 9]})
    # Nothing is missing in the first column until later.
    late = {"matrix": {"train": [[1, 2, 3], [2, NAN, 5], [4, 1, NAN], [3, 3, 3]], "test": [[NAN, 2, 1], [1, NAN, NAN]]}}
    yield iterative(late, {})
    yield iterative(late, {"skip_complete": True})
    yield iterative({"matrix": {"train": [[1], [NAN], [4]], "test": [[NAN]]}}, {})


def main():
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        write("imputation", bayesian=list(bayesians()), relevance=list(relevances()), iterative=list(iteratives()))


if __name__ == "__main__":
    main()
