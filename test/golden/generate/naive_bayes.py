"""naive-bayes.json: what the naive Bayes models learn and predict.

    {"cases": [{"name", "estimator", "params", "input": a reference (see common.py), "sampleWeight" if there is one,
                "learned": attributes by boreal's names, "labels" and "proba" of the first LIMIT test rows, "joint" and "logProba" of two}]}

Sample weights are row index % 3 + 0.5. CategoricalNB reads floor(value * "scale" of the case) + 1, of test rows at most the largest training value.
"""

import numpy as np
from common import camel, camel_keys, load, split, write
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB

LIMIT = 30


def case(make, params, ref, attributes, weighted=False, scale=None):
    X, y = load(ref)
    train, test = split(len(X))
    if scale is not None:
        X = np.floor(X * scale) + 1
        X[test] = np.minimum(X[test], X[train].max(axis=0))
    weights = np.arange(len(train)) % 3 + 0.5 if weighted else None
    model = make(**params).fit(X[train], y[train], sample_weight=weights)
    result = {
        "name": f"{make.__name__} {params} of {ref['dataset']}{', weights' if weighted else ''}",
        "estimator": make.__name__,
        "params": camel_keys(params),
        "input": ref,
        "learned": {camel(name): getattr(model, f"{name}_") for name in attributes},
        "labels": model.predict(X[test])[:LIMIT],
        "proba": model.predict_proba(X[test])[:LIMIT],
        "joint": model.predict_joint_log_proba(X[test])[:2],
        "logProba": model.predict_log_proba(X[test])[:2],
    }
    result = result if scale is None else {**result, "scale": scale}
    return {**result, "sampleWeight": weights} if weighted else result


def cases():
    discrete = ["feature_count", "class_count", "class_log_prior", "feature_log_prob"]
    for name in ("iris", "wine", "breastCancer", "digits"):
        ref = {"dataset": name}
        classes = 2 if name == "breastCancer" else 10 if name == "digits" else 3
        uneven = (np.arange(classes) + 1.0) / (np.arange(classes) + 1.0).sum()
        for weighted in (False, True):
            yield case(GaussianNB, {}, ref, ["theta", "var", "class_prior", "epsilon"], weighted)
            yield case(MultinomialNB, {}, ref, discrete, weighted)
        yield case(GaussianNB, {"var_smoothing": 1e-3, "priors": uneven}, ref, ["theta", "var", "class_prior"])
        yield case(MultinomialNB, {"alpha": 0.1, "fit_prior": False}, ref, discrete)
        yield case(MultinomialNB, {"class_prior": uneven}, ref, discrete)
        yield case(ComplementNB, {}, ref, discrete, True)
        yield case(ComplementNB, {"alpha": 0.3, "norm": True}, ref, discrete)
        # Without `force_alpha` the smoothing is 1e-10.
        for force in (True, False):
            yield case(MultinomialNB, {"alpha": 1e-12, "force_alpha": force}, ref, ["class_log_prior"])
        scale = {"iris": 2, "wine": 0.5, "breastCancer": 0.05, "digits": 0.5}[name]
        categories = ["class_count", "class_log_prior"] + (["category_count", "feature_log_prob"] if name == "iris" else [])
        ref = {**ref, "columns": [0, 1, 2, 3]} if name != "digits" else {**ref, "columns": [2, 10, 20, 21, 34, 42, 58]}
        for weighted in (False, True):
            yield case(CategoricalNB, {}, ref, categories, weighted, scale)
        yield case(CategoricalNB, {"alpha": 0.2, "fit_prior": False, "min_categories": 60}, ref, ["class_log_prior"], False, scale)
        ref = {"dataset": name}
        yield case(BernoulliNB, {"binarize": 1.5}, ref, discrete)
        yield case(BernoulliNB, {"binarize": 3.0, "alpha": 2.0, "fit_prior": False}, ref, discrete, True)


def main():
    write("naive-bayes", cases=list(cases()))


if __name__ == "__main__":
    main()
