"""liblinear.json: logistic regression by LIBLINEAR, on three data sets.

    {"cases": [case], "paths": [path]}

A case has "params" (boreal's names), an "input" (see common.py), "positive" (the class that is told from all others), "weighted" (row i of the
training rows weighs i % 5 / 2 + 0.25), "coef", "intercept", and for the first LIMIT test rows "proba". A path is
of LogisticRegressionCV: "params", "input", "positive", "C", "coef", "intercept", "scores" [folds, shares, strengths] and the first and last of
"coefs_paths_" of every fold.

All problems are convex, and solved as far as rounding lets them.
"""

import warnings

import numpy as np
from common import camel_keys, load, split, write
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV

LIMIT = 6
INPUTS = (({"dataset": "breastCancer", "standardised": True}, 1), ({"dataset": "iris"}, 1), ({"dataset": "wine", "standardised": True}, 0))
EXACT = {"solver": "liblinear", "tol": 1e-12, "max_iter": 100_000, "random_state": 0}
PARAMS = (
    ({}, False),
    ({"C": 0.1, "fit_intercept": False}, True),
    ({"C": 10.0, "intercept_scaling": 5.0, "class_weight": "balanced"}, False),
    ({"l1_ratio": 1}, False),
    ({"l1_ratio": 1, "C": 0.05, "intercept_scaling": 3.0}, True),
    ({"l1_ratio": 1, "C": 5.0, "fit_intercept": False, "class_weight": "balanced"}, True),
    ({"dual": True, "C": 0.5}, False),
    ({"dual": True, "C": 0.05, "intercept_scaling": 2.0, "class_weight": "balanced"}, True),
)


def digits(value):
    return np.array([float(f"{v:.12g}") for v in np.ravel(value)]).reshape(np.shape(value))


def rows(ref, positive):
    X, y = load(ref)
    train, test = split(len(X))
    y = (y == positive).astype(int)
    return X[train], y[train], X[test][:LIMIT]


def cases():
    for ref, positive in INPUTS:
        X, y, test = rows(ref, positive)
        for params, weighted in PARAMS:
            weights = np.arange(len(X)) % 5 / 2 + 0.25 if weighted else None
            model = LogisticRegression(**{**EXACT, **params}).fit(X, y, sample_weight=weights)
            yield {
                "params": camel_keys(params),
                "input": ref,
                "positive": positive,
                "weighted": weighted,
                "coef": digits(model.coef_[0]),
                "intercept": float(np.ravel(model.intercept_)[0]),
                "proba": digits(model.predict_proba(test)),
            }


def paths():
    for (ref, positive), ratio in zip(INPUTS, (1, 0, 1)):
        X, y, _ = rows(ref, positive)
        params = {"Cs": [0.05, 0.5, 5.0], "l1_ratios": [ratio], "cv": 3, "scoring": "neg_log_loss"}
        model = LogisticRegressionCV(**EXACT, **params, use_legacy_attributes=False).fit(X, y)
        yield {
            "params": {**camel_keys(params), "scoring": "negLogLoss"},
            "input": ref,
            "positive": positive,
            "C": model.C_,
            "l1Ratio": model.l1_ratio_,
            "coef": digits(model.coef_[0]),
            "intercept": float(model.intercept_[0]),
            "scores": digits(model.scores_),
            "first": digits(model.coefs_paths_[:, 0, 0, 0, :]),
            "last": digits(model.coefs_paths_[:, -1, -1, 0, :]),
        }


def main():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write("liblinear", cases=list(cases()), paths=list(paths()))


if __name__ == "__main__":
    main()
