"""partial-fits.json: what estimators learn from three parts of the training rows, one after the other.

    {"cases": [{"name", "estimator", "params", "input": a reference (see common.py), "classes": those of all parts, of a classifier,
                "sampleWeight": true if rows have weights, "missing": true if values are missing, "learned": attributes by boreal's names,
                "rows": what transform or predict_proba makes of the first LIMIT test rows}],
     "within": [{"name", "estimator", "inner": the estimator within, "params": its parameters, "input", "classes", "output": the method that
                 makes "rows" of the first LIMIT test rows}]}

Part k of n training rows are the rows from floor(k n / 3) to floor((k + 1) n / 3), in their order, so that a part may lack classes; of
"within" every third row from the k-th on.
Sample weights are row index % 3 + 0.5.
"""

import warnings

import numpy as np
from common import camel, camel_keys, load, split, write
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import SGDClassifier
from sklearn.multiclass import OneVsOneClassifier, OneVsRestClassifier
from sklearn.naive_bayes import BernoulliNB, ComplementNB, GaussianNB, MultinomialNB
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, StandardScaler

LIMIT = 5


def case(make, params, ref, attributes, weighted=False):
    X, y = load(ref)
    train, test = split(len(X))
    X, y, rows = X[train], y[train], X[test][:LIMIT]
    weights = np.arange(len(X)) % 3 + 0.5
    model = make(**params)
    classifies = hasattr(model, "predict_proba")
    for k in range(3):
        part = slice(k * len(X) // 3, (k + 1) * len(X) // 3)
        more = {"sample_weight": weights[part]} if weighted else {}
        if classifies:
            more["classes"] = np.unique(y)
        model.partial_fit(X[part], y[part], **more)
    return {
        "name": f"{make.__name__} {params} of {ref}{', weights' if weighted else ''}",
        "estimator": make.__name__,
        "params": camel_keys(params),
        "input": ref,
        **({"classes": np.unique(y)} if classifies else {}),
        "sampleWeight": weighted,
        "learned": {camel(name): getattr(model, f"{name}_") for name in attributes},
        "rows": model.predict_proba(rows) if classifies else model.transform(rows),
    }


def cases():
    scaled = ["mean", "var", "scale"]
    for name in ("iris", "wine", "diabetes"):
        ref, holes = {"dataset": name}, {"dataset": name, "missing": True}
        for each in (ref, holes):
            yield case(StandardScaler, {}, each, [*scaled, "n_samples_seen"] if each is holes else scaled)
            yield case(MinMaxScaler, {"feature_range": (-1, 2)}, each, ["data_min", "data_max", "data_range", "scale", "n_samples_seen"])
            yield case(MaxAbsScaler, {}, each, ["max_abs", "scale", "n_samples_seen"])
        yield case(StandardScaler, {"with_mean": False}, ref, scaled, True)
    discrete = ["feature_count", "class_count", "class_log_prior", "feature_log_prob"]
    for name in ("iris", "wine", "breastCancer"):
        ref = {"dataset": name}
        for weighted in (False, True):
            # Without smoothing: scikit-learn takes away from variances that of the new part, not what it had added.
            yield case(GaussianNB, {"var_smoothing": 0}, ref, ["theta", "var", "class_prior", "class_count"], weighted)
            yield case(MultinomialNB, {"alpha": 0.5}, ref, discrete, weighted)
        yield case(ComplementNB, {"norm": True}, ref, discrete)
        yield case(BernoulliNB, {"binarize": 1.5, "fit_prior": False}, ref, discrete, True)


def within(make, inner, params, ref, output):
    X, y = load(ref)
    train, test = split(len(X))
    X, y, rows = X[train], y[train], X[test][:LIMIT]
    model = make(inner(**params))
    for k in range(3):
        model.partial_fit(X[k::3], y[k::3], classes=np.unique(y))
    return {
        "name": f"{make.__name__}({inner.__name__}) {params} of {ref}",
        "estimator": make.__name__,
        "inner": inner.__name__,
        "params": camel_keys(params),
        "input": ref,
        "classes": np.unique(y),
        "output": camel(output),
        "rows": getattr(model, output)(rows),
    }


def cases_within():
    # Rows in their order: scikit-learn would shuffle them by numbers of its own.
    steps = {"shuffle": False, "loss": "log_loss", "learning_rate": "constant", "eta0": 0.01}
    for name in ("iris", "wine", "breastCancer"):
        ref, scaled = {"dataset": name}, {"dataset": name, "standardised": True}
        if name != "breastCancer":  # fits two models to one column
            yield within(OneVsRestClassifier, MultinomialNB, {"alpha": 0.5}, ref, "predict_proba")
            yield within(OneVsRestClassifier, SGDClassifier, steps, scaled, "decision_function")
            yield within(OneVsOneClassifier, BernoulliNB, {"binarize": 1.5}, ref, "decision_function")
        yield within(OneVsOneClassifier, SGDClassifier, steps, scaled, "decision_function")
        yield within(SelectFromModel, SGDClassifier, steps, scaled, "transform")


def main():
    with warnings.catch_warnings():
        # Classes that have not come yet have the probability 0.
        warnings.simplefilter("ignore", RuntimeWarning)
        write("partial-fits", cases=list(cases()), within=list(cases_within()))


if __name__ == "__main__":
    main()
