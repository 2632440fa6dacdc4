"""feature-selection.json: scores of columns, and the columns that selectors keep.

    {"scores": [{"name", "function", "options", "input": a reference (see common.py), "scores", "pValues"}],
     "information": [{"name", "function", "options", "input", "scores", "ties": whether equal values are told apart by noise}],
     "oneway": {"samples", "scores", "pValues"},
     "selectors": [{"name", "estimator", "params", "model" if there is one (see the test), "input", "selected", and of RFE "ranking", "predicted" of the first rows and "score"}]}

All are fitted on the training rows.
"""

import numpy as np
from common import camel_keys, load, split, write
from sklearn.feature_selection import (
    RFE,
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    VarianceThreshold,
    chi2,
    f_classif,
    f_oneway,
    f_regression,
    mutual_info_classif,
    mutual_info_regression,
    r_regression,
)
from sklearn.linear_model import Lasso, LogisticRegression, Ridge

FUNCTIONS = {"fClassif": f_classif, "fRegression": f_regression, "chi2": chi2}
INFORMATION = {"mutualInfoClassif": mutual_info_classif, "mutualInfoRegression": mutual_info_regression}
MODELS = {"ridge": Ridge(alpha=0.5), "lasso": Lasso(alpha=0.5), "logistic": LogisticRegression(tol=1e-10, max_iter=10_000)}


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
    for name in ("diabetes", "digits", "wine"):
        ref = {"dataset": name}
        X, y = train_of(ref)
        for options in ({"center": False}, {"force_finite": False}, {"center": False, "force_finite": False}):
            with np.errstate(all="ignore"):
                r, (f, p) = r_regression(X, y, **options), f_regression(X, y, **options)
            made = {"options": camel_keys(options), "input": ref}
            yield {"name": f"rRegression of {name}, {options}", "function": "rRegression", **made, "scores": r, "pValues": None}
            yield {"name": f"fRegression of {name}, {options}", "function": "fRegression", **made, "scores": f, "pValues": p}
    ref = {"dataset": "diabetes"}
    yield {"name": "rRegression of diabetes", "function": "rRegression", "input": ref, "scores": r_regression(*train_of(ref)), "pValues": None}
    # A column that is a target again, as a number.
    ref = {"dataset": "wine", "target": 3}
    X, y = train_of(ref)
    score, p = f_regression(X, y)
    yield {"name": "fRegression of a column of wine", "function": "fRegression", "input": ref, "scores": score, "pValues": p}


def informed(name, ref, ties, **options):
    if "X" in ref:
        X, y = np.array(ref["X"]), np.array(ref["y"])
    else:
        X, y = train_of(ref)
    score = INFORMATION[name](X, y, random_state=0, **options)
    source = ref.get("dataset", "a small matrix")
    return {
        "name": f"{name} {options} of {source}",
        "function": name,
        "options": camel_keys(options),
        "input": ref,
        "scores": score,
        "ties": ties,
    }


def information():
    # No value twice: the noise that tells equal ones apart says nothing.
    random = np.random.default_rng(3)
    X = np.round(random.normal(size=(90, 4)), 9)
    X[:, 2] = random.integers(0, 4, 90)
    number = np.round(np.sin(2 * X[:, 0]) + X[:, 2] / 2 + random.normal(size=90) / 3, 9)
    # Classes of many rows: where a class has hardly more rows than neighbours, scikit-learn's distances are off by rounding.
    label = np.digitize(number + X[:, 1], np.quantile(number + X[:, 1], (1 / 3, 2 / 3)))
    apart = {"X": X, "y": number, "test": []}
    labelled = {"X": X, "y": label, "test": []}
    for options in ({}, {"n_neighbors": 1}, {"n_neighbors": 7}):
        yield informed("mutualInfoRegression", apart, False, discrete_features=[2], **options)
        yield informed("mutualInfoClassif", labelled, False, discrete_features=[False, False, True, False], **options)
    yield informed("mutualInfoClassif", {"dataset": "digits"}, False, discrete_features=True)
    alone = {"X": X[:6], "y": [0, 0, 1, 1, 1, 2], "test": []}
    yield informed("mutualInfoClassif", alone, False, discrete_features=[2])
    for name in ("iris", "wine", "breastCancer"):
        yield informed("mutualInfoClassif", {"dataset": name}, True)
    yield informed("mutualInfoRegression", {"dataset": "diabetes"}, True)
    yield informed("mutualInfoRegression", {"dataset": "wine", "target": 6}, True)


def oneway():
    random = np.random.default_rng(5)
    samples = [np.round(random.normal(loc=k / 2, size=(rows, 3)), 3) for k, rows in enumerate((9, 14, 6))]
    score, p = f_oneway(*samples)
    return {"samples": samples, "scores": score, "pValues": p}


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
    if not isinstance(selector, RFE):
        return made
    return {**made, "ranking": selector.ranking_, "predicted": selector.predict(X[:8]), "score": selector.score(X, y)}


def selectors():
    for name in ("iris", "wine", "breastCancer", "digits"):
        ref = {"dataset": name}
        for k in (1, 3):
            yield case(SelectKBest(f_classif, k=k), {"k": k, "score_func": "fClassif"}, ref)
        for percentile in (10, 33, 100):
            yield case(SelectPercentile(chi2, percentile=percentile), {"percentile": percentile, "score_func": "chi2"}, ref)
        for alpha in (1e-30, 1e-8, 0.05):
            for kind in (SelectFpr, SelectFdr, SelectFwe):
                made = case(kind(f_classif, alpha=alpha), {"alpha": alpha}, ref)
                if len(made["selected"]) > 0:
                    yield made
        for mode, param in (("percentile", 20), ("fdr", 1e-6), ("fwe", 1e-6)):
            yield case(GenericUnivariateSelect(chi2, mode=mode, param=param), {"mode": mode, "param": param, "score_func": "chi2"}, ref)
        for threshold in (0.0, 0.5):
            yield case(VarianceThreshold(threshold), {"threshold": threshold}, ref)
    scaled = {"dataset": "breastCancer", "standardised": True}
    for params in ({}, {"threshold": "1.5*median"}, {"max_features": 4}, {"threshold": 0.3, "max_features": 20}):
        yield case(SelectFromModel(MODELS["logistic"], **params), params, scaled, "logistic")
        yield case(SelectFromModel(MODELS["ridge"], **params), params, {"dataset": "diabetes", "standardised": True}, "ridge")
    for ref in ({"dataset": "wine", "standardised": True}, {"dataset": "iris", "standardised": True}):
        for order in (1, 2, 3, np.inf, -np.inf, -1):
            yield case(SelectFromModel(MODELS["logistic"], norm_order=order), {"norm_order": order}, ref, "logistic")
    yield case(SelectFromModel(MODELS["lasso"]), {}, {"dataset": "diabetes", "standardised": True}, "lasso")
    for params in ({}, {"n_features_to_select": 3}, {"n_features_to_select": 0.2, "step": 0.3}, {"n_features_to_select": 5, "step": 4}):
        yield case(RFE(MODELS["logistic"], **params), params, scaled, "logistic")
        yield case(RFE(MODELS["ridge"], **params), params, {"dataset": "diabetes", "standardised": True}, "ridge")


def main():
    write("feature-selection", scores=list(scores()), information=list(information()), oneway=oneway(), selectors=list(selectors()))


if __name__ == "__main__":
    main()
