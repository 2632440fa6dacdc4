"""wrappers.json: columns chosen by cross-validation, and columns bent towards a normal distribution.

    {"rfecv": [case], "sequential": [case], "powers": [case], "quantiles": [case], "sparseQuantiles": [case]}

Each case has "name" and "input" (a reference, see common.py: fitted on its training rows). "rfecv": "estimator", "params",
"support", "ranking", "scores" and "counts" from few columns to many. "sequential": "estimator", "params", "support". "powers": "params",
"lambdas", "output" for the first LIMIT test rows, "inverse" of that. "quantiles": "params", "learned", "output", "inverse".
"sparseQuantiles": the same of sparse rows, without "inverse"; the value of row i and column j is 0 where (i + 2 j) % 3 == 0.
"""

import warnings

import numpy as np
from common import camel_keys, load, split, write
from scipy.sparse import csr_matrix
from sklearn.feature_selection import RFECV, SequentialFeatureSelector
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.preprocessing import PowerTransformer, QuantileTransformer

LIMIT = 12
MODELS = {"Ridge": Ridge, "LinearRegression": LinearRegression, "LogisticRegression": LogisticRegression}
METHODS = {"box-cox": "boxCox", "yeo-johnson": "yeoJohnson"}


def rows(ref):
    X, y = load(ref)
    train, test = split(len(X))
    return X[train], y[train], X[test][:LIMIT]


def inputs():
    standard = {"standardised": True}
    yield "LogisticRegression", {"dataset": "iris", **standard}
    yield "LogisticRegression", {"dataset": "wine", **standard}
    yield "Ridge", {"dataset": "diabetes"}
    yield "LinearRegression", {"dataset": "wine", "target": 0}


def rfecv():
    for name, ref in inputs():
        X, y, _ = rows(ref)
        for params in ({"cv": 3}, {"cv": 4, "step": 2, "min_features_to_select": 2}):
            model = RFECV(MODELS[name](), **params).fit(X, y)
            yield {
                "name": f"{name} of {ref}, {params}",
                "input": ref,
                "estimator": name,
                "params": camel_keys(params),
                "support": model.support_,
                "ranking": model.ranking_,
                "counts": model.cv_results_["n_features"],
                "scores": model.cv_results_["mean_test_score"],
            }


def sequential():
    for name, ref in inputs():
        if name == "LogisticRegression" and ref["dataset"] == "wine":
            continue  # accuracies of 1 or of one row less: a row on the border decides
        X, y, _ = rows(ref)
        for params in (
            {"cv": 3, "n_features_to_select": 2},
            {"cv": 3, "direction": "backward"},
            {"cv": 3, "tol": 0.01},
        ):
            model = SequentialFeatureSelector(MODELS[name](), **params).fit(X, y)
            yield {
                "name": f"{name} of {ref}, {params}",
                "input": ref,
                "estimator": name,
                "params": camel_keys(params),
                "support": model.get_support(),
            }


def powers():
    for ref in (
        {"dataset": "iris"},
        {"dataset": "wine"},
        {"dataset": "wine", "missing": True},
        {"dataset": "diabetes"},
        {"dataset": "breastCancer", "columns": [0, 1, 2, 3, 4, 5, 8, 9, 20]},
    ):
        X, _, test = rows(ref)
        for method in METHODS:
            if method == "box-cox" and np.nanmin(X) <= 0:
                continue
            for standardize in (True, False):
                model = PowerTransformer(method=method, standardize=standardize).fit(X)
                output = model.transform(test)
                yield {
                    "name": f"{ref}, {method}, {standardize}",
                    "input": ref,
                    "params": {"method": METHODS[method], "standardize": standardize},
                    "lambdas": model.lambdas_,
                    "output": output,
                    "inverse": model.inverse_transform(output),
                }


def quantiles():
    for ref in (
        {"dataset": "iris"},
        {"dataset": "wine", "missing": True},
        {"dataset": "diabetes"},
        {"dataset": "digits", "columns": [1, 2, 3, 10, 20]},
    ):
        X, _, test = rows(ref)
        test = test.copy()
        test[0] = np.nanmin(X, axis=0) - 1
        test[1] = np.nanmax(X, axis=0)
        for params in (
            {"n_quantiles": 7},
            {"n_quantiles": 50, "output_distribution": "normal"},
            # As many as rows would be a matter of rounding: the last bit decides which of them repeat.
            {"n_quantiles": 24, "subsample": None},
        ):
            model = QuantileTransformer(**params).fit(X)
            output = model.transform(test)
            yield {
                "name": f"{ref}, {params}",
                "input": ref,
                "params": camel_keys(params),
                "test": test,
                "learned": model.quantiles_.T if params["n_quantiles"] < 10 else None,
                "output": output,
                "inverse": model.inverse_transform(output),
            }


def without_some(X):
    rows, columns = np.indices(X.shape)
    return np.where((rows + 2 * columns) % 3 == 0, 0, X)


def sparse_quantiles():
    for ref in ({"dataset": "digits", "columns": [1, 2, 3, 10, 20, 8]}, {"dataset": "wine"}, {"dataset": "diabetes"}):
        X, _, test = rows(ref)
        X, test = without_some(X), without_some(test)
        for params in ({"n_quantiles": 6}, {"n_quantiles": 25, "output_distribution": "normal"}):
            model = QuantileTransformer(ignore_implicit_zeros=True, **params).fit(csr_matrix(X))
            yield {
                "name": f"{ref}, {params}",
                "input": ref,
                "params": {**camel_keys(params), "ignoreImplicitZeros": True},
                "learned": model.quantiles_.T if params["n_quantiles"] < 10 else None,
                "output": model.transform(csr_matrix(test)).toarray(),
            }


def main():
    warnings.simplefilter("ignore")
    write("wrappers", rfecv=list(rfecv()), sequential=list(sequential()), powers=list(powers()), quantiles=list(quantiles()), sparseQuantiles=list(sparse_quantiles()))


if __name__ == "__main__":
    main()
