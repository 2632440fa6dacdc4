"""baselines.json: what looks at no column, and what draws its thresholds.

    {"dummies": [{"estimator", "params", "input": a reference (see common.py), "weights", "learned", and of one row "predict", "proba"}],
     "trees": [{"estimator", "params", "input", "leaves", "depth", "score": on the test rows, each a mean of SEEDS seeds and its error}]}
"""

import numpy as np
from common import camel_keys, load, split, write
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.tree import ExtraTreeClassifier, ExtraTreeRegressor

SEEDS = 60
CLASSES = ("iris", "wine", "breastCancer")
# Sets of numbers: the targets of the third are the classes of wine.
NUMBERS = ("diabetes", "digits", "wine")


def dummies():
    for dataset in CLASSES:
        for params in ({}, {"strategy": "most_frequent"}, {"strategy": "constant", "constant": 1}):
            yield dummy(DummyClassifier(**params), dataset, params)
    for dataset in NUMBERS:
        for params in ({}, {"strategy": "median"}, {"strategy": "quantile", "quantile": 0.3}, {"strategy": "constant", "constant": 4.5}):
            yield dummy(DummyRegressor(**params), dataset, params)


def dummy(model, dataset, params):
    X, y = load({"dataset": dataset})
    cases = []
    for weights in (None, 0.5 + np.arange(len(y)) % 3):
        model.fit(X, y, sample_weight=weights)
        made = {"estimator": type(model).__name__, "params": camel_keys(params), "input": {"dataset": dataset}, "weights": weights is not None}
        made["predict"] = model.predict(X[:1])[0]
        if hasattr(model, "predict_proba"):
            made |= {"learned": model.class_prior_, "proba": model.predict_proba(X[:1])[0]}
        else:
            made["learned"] = model.constant_[0]
        cases.append(made)
    return cases


def trees():
    for dataset in CLASSES:
        for params in ({}, {"max_depth": 3}):
            yield tree(ExtraTreeClassifier, dataset, params)
    for dataset in NUMBERS:
        yield tree(ExtraTreeRegressor, dataset, {"min_samples_leaf": 3})


def tree(kind, dataset, params):
    X, y = load({"dataset": dataset})
    train, test = split(len(X))
    found = []
    for seed in range(SEEDS):
        model = kind(**params, random_state=seed).fit(X[train], y[train])
        found.append((model.get_n_leaves(), model.get_depth(), model.score(X[test], y[test])))
    means, errors = np.mean(found, axis=0), np.std(found, axis=0) / np.sqrt(SEEDS)
    made = {"estimator": kind.__name__, "params": camel_keys(params), "input": {"dataset": dataset}}
    for k, name in enumerate(("leaves", "depth", "score")):
        made[name] = {"mean": means[k], "error": errors[k]}
    return made


def main():
    write("baselines", dummies=[case for cases in dummies() for case in cases], trees=list(trees()))


if __name__ == "__main__":
    main()
