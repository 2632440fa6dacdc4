"""targets.json: models of several targets.

    {"cases": [case], "labels": {dataset: [rows][targets]}, "classes": [case]}

A case has "estimator", "params", an "input" (a reference, see common.py, whose last columns, as many as "targets" names,
are the targets, and of which "few" names the first rows), perhaps "inner" (the estimator within and its parameters) and
"sampleWeight", and what scikit-learn gives: "learned" (attributes), "predictions" of the first LIMIT test rows, and
"score" on the test rows. The targets of "classes" are "labels", those of chains at most 1; they have "proba", too.
"""

import warnings

import numpy as np
from common import camel_keys, load, split, write
from sklearn.compose import TransformedTargetRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import (
    LinearRegression,
    MultiTaskElasticNet,
    MultiTaskElasticNetCV,
    MultiTaskLasso,
    MultiTaskLassoCV,
    Ridge,
    RidgeCV,
)
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsRegressor, RadiusNeighborsRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

LIMIT = 8
INPUTS = [
    ({"dataset": "iris"}, 2),
    ({"dataset": "wine", "standardised": True}, 3),
    ({"dataset": "diabetes", "standardised": True}, 4),
    ({"dataset": "breastCancer", "columns": list(range(12)), "standardised": True}, 2),
]
# Few rows of many columns.
WIDE = ({"dataset": "digits", "columns": list(range(2, 62)), "few": 40}, 3)


def data_of(ref, targets):
    X, _ = load(ref)
    X = X[: ref.get("few", len(X))]
    return X[:, :-targets], X[:, -targets:]


def weights_of(n):
    return np.arange(n) % 5 / 2


def learned_of(model):
    names = ["feature_importances_", "coef_", "intercept_", "alpha_", "best_score_", "l1_ratio_", "constant_", "mse_path_"]
    values = {name: getattr(model, name) for name in names if hasattr(model, name)}
    if "mse_path_" in values:
        values["mse_path_"] = np.asarray(values["mse_path_"]).mean(axis=-1).ravel()
    if "constant_" in values:
        values["constant_"] = np.ravel(values["constant_"])
    return camel_keys({name[:-1]: value for name, value in values.items()})


def regressors(targets):
    exact = {"tol": 1e-13, "max_iter": 200_000}
    yield LinearRegression(), {}
    yield LinearRegression(positive=True), {}
    yield LinearRegression(fit_intercept=False), {}
    yield Ridge(alpha=2.0, solver="svd"), {"alpha": 2.0}
    alphas = [0.1, 10.0, 0.1, 3.0][:targets]
    yield Ridge(alpha=alphas, solver="svd"), {"alpha": alphas}
    yield RidgeCV(alphas=[0.1, 1, 10]), {}
    yield RidgeCV(alphas=[0.01, 0.1, 1, 10, 100], alpha_per_target=True), {}
    yield DummyRegressor(), {}
    yield DummyRegressor(strategy="quantile", quantile=0.3), {}
    yield KNeighborsRegressor(n_neighbors=4, weights="distance"), {}
    yield RadiusNeighborsRegressor(radius=1e3, weights="distance"), {}
    yield MultiTaskLasso(alpha=0.05, **exact), {"alpha": 0.05}
    yield MultiTaskElasticNet(alpha=0.1, l1_ratio=0.3, **exact), {"alpha": 0.1, "l1_ratio": 0.3}


def inner_of(estimator):
    params = {k: v for k, v in estimator.get_params().items() if k in ("max_depth", "alpha", "C", "n_neighbors")}
    return {"estimator": type(estimator).__name__, "params": camel_keys(params)}


def composed():
    ridge = lambda: Ridge(alpha=0.5, solver="svd")
    yield MultiOutputRegressor(ridge()), {}, ridge()
    yield RegressorChain(ridge()), {}, ridge()
    yield RegressorChain(ridge(), order=[1, 0]), {"order": [1, 0]}, ridge()
    yield RegressorChain(ridge(), cv=4), {"cv": 4}, ridge()
    yield TransformedTargetRegressor(ridge(), transformer=StandardScaler()), {"transformer": "StandardScaler"}, ridge()


def case(model, params, ref, targets, weighted=False, **more):
    X, Y = data_of(ref, targets)
    train, test = split(len(X))
    weights = weights_of(len(train)) if weighted else None
    given = {} if weights is None else {"sample_weight": weights}
    model.fit(X[train], Y[train], **given)
    shown = params or {
        k: v for k, v in model.get_params(deep=False).items() if v != type(model)().get_params(deep=False)[k]
    }
    return {
        "estimator": type(model).__name__,
        "params": camel_keys(shown),
        "input": ref,
        "targets": targets,
        **({} if weights is None else {"sampleWeight": weights}),
        **more,
        "learned": learned_of(model),
        "predictions": model.predict(X[test])[:LIMIT],
        "score": model.score(X[test], Y[test]),
    }


def cases():
    for ref, targets in [*INPUTS, WIDE]:
        for model, params in regressors(targets):
            # The penalty of few rows: the solutions of least norm, and of a path, are those of other tests.
            if ref.get("few") and not isinstance(model, (LinearRegression, Ridge, RidgeCV, MultiTaskLasso)):
                continue
            if ref.get("few") and getattr(model, "positive", False):
                continue
            # Of rows at equal distances any may be near.
            if ref["dataset"] == "iris" and isinstance(model, KNeighborsRegressor):
                continue
            yield case(model, params, ref, targets)
    for ref, targets in INPUTS[:3]:
        tree = {"max_depth": 4, "min_samples_leaf": 3, "random_state": 0}
        yield case(DecisionTreeRegressor(**tree), tree, ref, targets)
        if ref["dataset"] != "iris":
            yield case(DecisionTreeRegressor(**tree), tree, ref, targets, weighted=True)
        # Without draws its trees are alike.
        forest = {"n_estimators": 3, "bootstrap": False, "max_leaf_nodes": 9, "random_state": 0}
        yield case(RandomForestRegressor(**forest), forest, ref, targets)
    ref, targets = INPUTS[1]
    for model in (LinearRegression(), Ridge(alpha=2.0, solver="svd"), DummyRegressor(), MultiTaskLasso(alpha=0.05, tol=1e-13, max_iter=200_000)):
        params = {"alpha": model.alpha} if hasattr(model, "alpha") else {}
        yield case(model, params, ref, targets, weighted=True)
    for ref, targets in INPUTS[:3]:
        exact = {"tol": 1e-10, "max_iter": 100_000}
        yield case(MultiTaskLassoCV(alphas=10, cv=3, **exact), {"alphas": 10, "cv": 3}, ref, targets)
        params = {"alphas": 6, "cv": 3, "l1_ratio": [0.2, 0.9]}
        yield case(MultiTaskElasticNetCV(**params, **exact), params, ref, targets)
        for model, params, inner in composed():
            if params.get("order") and targets != 2:
                params = {"order": [2, 0, 1, 3][:targets]}
                model.set_params(**params)
            yield case(model, params or {"": 0}, ref, targets, inner=inner_of(inner))


def labels_of(ref, targets):
    """Below and above the median, the first target's highest a class of their own."""
    _, Y = data_of(ref, targets)
    labels = (Y > np.median(Y, axis=0)).astype(int)
    labels[:, 0] += (Y[:, 0] > np.quantile(Y[:, 0], 0.8)).astype(int)
    return labels


def classes():
    for ref, targets in INPUTS[:3]:
        X, Y = data_of(ref, targets)
        train, test = split(len(X))
        many = labels_of(ref, targets)
        labels = np.minimum(many, 1)
        chain = lambda **params: (ClassifierChain(GaussianNB(), **params), params, labels)
        for model, params, y in (
            (MultiOutputClassifier(GaussianNB()), {}, many),
            chain(),
            chain(order=[1, 0] if targets == 2 else [2, 0, 1, 3][:targets]),
            chain(chain_method="predict_proba"),
            chain(cv=3),
        ):
            model.fit(X[train], y[train])
            proba = model.predict_proba(X[test][:LIMIT])
            shown = {("chainMethod" if k == "chain_method" else k): "predictProba" if v == "predict_proba" else v for k, v in params.items()}
            yield {
                "estimator": type(model).__name__,
                "params": shown,
                "input": ref,
                "targets": targets,
                "inner": inner_of(GaussianNB()),
                "predictions": model.predict(X[test])[:LIMIT].astype(int),
                "proba": proba,
                "score": model.score(X[test], y[test]),
            }


def main():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labels = {ref["dataset"]: labels_of(ref, targets) for ref, targets in INPUTS[:3]}
        write("targets", cases=[without_marks(one) for one in cases()], labels=labels, classes=list(classes()))


def without_marks(one):
    params = {k: v for k, v in one["params"].items() if k != ""}
    return {**one, "params": params}


if __name__ == "__main__":
    main()
