"""linear-folds.json: linear models that choose their penalty by folds of splitters and by lists of folds.

    {"cases": [{"estimator", "params": boreal's, "input": a reference (see common.py), "targets": 1 or 2, "cv": {"splitter", "options"} or
    [{"train", "test"}], "learned": numbers by boreal's names}]}

Of two targets the second is twice the first and the first column. Row i is of group i % 7. Rows are those of the data set that i % 4 != 3 leaves, and
of a case with "rows" the first so many of them: fewer than columns.
"""

import warnings

import numpy as np
from common import camel, camel_keys, load, split, write
from sklearn.linear_model import (
    ElasticNetCV,
    LarsCV,
    LassoCV,
    LassoLarsCV,
    MultiTaskElasticNetCV,
    MultiTaskLassoCV,
    OrthogonalMatchingPursuitCV,
    RidgeClassifierCV,
    RidgeCV,
)
from sklearn.model_selection import GroupKFold, RepeatedKFold, TimeSeriesSplit

REGRESSION = (
    {"dataset": "diabetes"},
    {"dataset": "wine", "target": 12, "standardised": True},
    {"dataset": "breastCancer", "target": 0, "columns": [0, 1, 4, 5, 8, 9, 12, 16, 20], "standardised": True},
)
CLASSES = tuple({"dataset": name, "standardised": True} for name in ("iris", "wine", "breastCancer"))
ALWAYS = ("coef", "intercept")
PATH = (*ALWAYS, "alpha", "mse_path")
TIGHT = {"tol": 1e-12, "max_iter": 100_000}


def splits(rows):
    """Each as a case names it, and as scikit-learn takes it."""
    yield {"splitter": "GroupKFold", "options": {"nSplits": 3}}, GroupKFold(3)
    yield {"splitter": "TimeSeriesSplit", "options": {"nSplits": 3}}, TimeSeriesSplit(3)
    # Folds that overlap: the first two of each of two rounds.
    folds = [fold for k, fold in enumerate(RepeatedKFold(n_splits=4, n_repeats=2, random_state=5).split(np.zeros(rows))) if k % 4 < 2]
    yield [{"train": train, "test": test} for train, test in folds], folds


def short(value):
    return np.array([float(f"{v:.10g}") for v in np.ravel(value)]).reshape(np.shape(value))


def case(model, ref, learned, cv, targets=1, rows=None):
    X, y = load(ref)
    train, _ = split(len(X))
    X, y = X[train][:rows], y[train][:rows]
    if targets == 2:
        y = np.column_stack([y, 2 * y + X[:, 0]])
    named, own = cv
    groups = np.arange(len(X)) % 7
    if hasattr(own, "split"):
        own = list(own.split(X, y, groups if isinstance(own, GroupKFold) else None))
    params = {k: v for k, v in model.get_params().items() if v is not type(model)().get_params()[k] and v != type(model)().get_params()[k]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.set_params(cv=own).fit(X, y)
    found = {camel(name): getattr(model, f"{name}_") for name in learned}
    result = {"estimator": type(model).__name__, "params": camel_keys(params), "input": ref, "targets": targets, "cv": named}
    if rows is not None:
        result["rows"] = rows
    return {**result, "learned": {name: short(value) for name, value in found.items()}}


def cases():
    for ref in REGRESSION:
        X, _ = load(ref)
        for k, cv in enumerate(splits(len(split(len(X))[0]))):
            yield case(LassoCV(alphas=5, **TIGHT), ref, PATH, cv)
            yield case(ElasticNetCV(alphas=[0.01, 0.1], l1_ratio=[0.5, 0.9], **TIGHT), ref, (*ALWAYS, "alpha", "l1_ratio"), cv)
            yield case(RidgeCV(alphas=[0.01, 0.1, 10]), ref, (*ALWAYS, "alpha", "best_score"), cv)
            yield case(LassoLarsCV(), ref, (*ALWAYS, "alpha"), cv)
            yield case(OrthogonalMatchingPursuitCV(), ref, (*ALWAYS, "n_nonzero_coefs"), cv)
            if k == 1:
                yield case(LarsCV(max_iter=5), ref, (*ALWAYS, "alpha"), cv)
                yield case(MultiTaskLassoCV(alphas=3, **TIGHT), ref, PATH, cv, targets=2)
                yield case(MultiTaskElasticNetCV(alphas=[0.01, 0.1], **TIGHT), ref, (*ALWAYS, "alpha"), cv, targets=2)
    for ref in CLASSES:
        X, _ = load(ref)
        for cv in list(splits(len(split(len(X))[0])))[::2]:
            yield case(RidgeClassifierCV(alphas=[0.01, 1, 100]), ref, (*ALWAYS, "alpha", "best_score"), cv)
    wide = {"dataset": "digits", "columns": [j for j in range(64) if j % 8 not in (0, 7)]}
    for cv in list(splits(30)):
        yield case(LassoCV(alphas=[0.5, 1], **TIGHT), wide, PATH, cv, rows=30)
        yield case(OrthogonalMatchingPursuitCV(), wide, (*ALWAYS, "n_nonzero_coefs"), cv, rows=30)


def main():
    write("linear-folds", cases=list(cases()))


if __name__ == "__main__":
    main()
