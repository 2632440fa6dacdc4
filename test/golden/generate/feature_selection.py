"""feature-selection.json: scores of columns, and the columns that selectors keep.

    {"scores": [{"name", "function", "input": a reference (see common.py), "scores", "pValues"}],
     "selectors": [{"name", "estimator", "params", "model" if there is one (see the test), "input", "selected", "ranking" of RFE}]}

All are fitted on the training rows.
"""

import numpy as np
from common import camel_keys, load, split, write
from sklearn.feature_selection import (
    RFE,
    SelectFromModel,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
    chi2,
    f_classif,
    f_regression,
)
from sklearn.linear_model import LogisticRegression, Ridge

FUNCTIONS = {"fClassif": f_classif, "fRegression": f_regression, "chi2": chi2}
MODELS = {"ridge": Ridge(alpha=0.5), "logistic": LogisticRegression(tol=1e-10, max_iter=10_000)}


def train_of(ref):
    X, y = load(ref)
    train, _ = split(len(X))
    return X[train], y[train]


def scores():
    for name, functions in {
        "iris": ["fClassif", "chi2"],
        "wine": ["fClassif", "chi2"],
        "breastCancer": ["fClassif", "chi2"],
        "digits": ["fClassif", "chi2"],
        "diabetes": ["fRegression"],
    }.items():
        ref = {"dataset": name}
        X, y = train_of(ref)
        for function in functions:
            with np.errstate(all="ignore"):
                score, p = FUNCTIONS[function](X, y)
            yield {"name": f"{function} of {name}", "function": function, "input": ref, "scores": score, "pValues": p}
    # A column that is a target again, as a number.
    ref = {"dataset": "wine", "target": 3}
    X, y = train_of(ref)
    score, p = f_regression(X, y)
    yield {"name": "fRegression of a column of wine", "function": "fRegression", "input": ref, "scores": score, "pValues": p}


def case(selector, params, ref, model=None):
    X, y = train_of(ref)
    with np.errstate(all="ignore"):
        selector.fit(X, y)
    made = {
        "name": f"{type(selector).__name__} {params} of {ref['dataset']}",
        "estimator": type(selector).__name__,
        "params": camel_keys(params),
        "model": model,
        "input": ref,
        "selected": np.flatnonzero(selector.get_support()),
    }
    return {**made, "ranking": selector.ranking_} if isinstance(selector, RFE) else made


def selectors():
    for name in ("iris", "wine", "breastCancer", "digits"):
        ref = {"dataset": name}
        for k in (1, 3):
            yield case(SelectKBest(f_classif, k=k), {"k": k, "score_func": "fClassif"}, ref)
        for percentile in (10, 33, 100):
            yield case(SelectPercentile(chi2, percentile=percentile), {"percentile": percentile, "score_func": "chi2"}, ref)
        for threshold in (0.0, 0.5):
            yield case(VarianceThreshold(threshold), {"threshold": threshold}, ref)
    scaled = {"dataset": "breastCancer", "standardised": True}
    for params in ({}, {"threshold": "1.5*median"}, {"max_features": 4}, {"threshold": 0.3, "max_features": 20}):
        yield case(SelectFromModel(MODELS["logistic"], **params), params, scaled, "logistic")
        yield case(SelectFromModel(MODELS["ridge"], **params), params, {"dataset": "diabetes", "standardised": True}, "ridge")
    for params in ({}, {"n_features_to_select": 3}, {"n_features_to_select": 0.2, "step": 0.3}, {"n_features_to_select": 5, "step": 4}):
        yield case(RFE(MODELS["logistic"], **params), params, scaled, "logistic")
        yield case(RFE(MODELS["ridge"], **params), params, {"dataset": "diabetes", "standardised": True}, "ridge")


def main():
    write("feature-selection", scores=list(scores()), selectors=list(selectors()))


if __name__ == "__main__":
    main()
