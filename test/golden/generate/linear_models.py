"""linear-models.json: the linear models beyond least squares and L-BFGS, each on three data sets or more.

    {"cases": [case]}

A case has "estimator", "params" (boreal's names), an "input" (see common.py), perhaps "sampleWeight" (one per training
row), what scikit-learn learned ("coef", [features] or [outputs, features], "intercept", [outputs]), under "learned" numbers
that boreal's attributes of those names must give, and for the first LIMIT test rows "predictions" and, where the model has
them, "decision" and "proba".

Solvers of convex problems run until they can no more, so that results do not depend on the way there. Stochastic gradient
descent takes the rows in their order (shuffle=False), and so the same steps as boreal's.
"""

import warnings

import numpy as np
from common import camel, camel_keys, load, split, write
from scipy.optimize import minimize
from sklearn.linear_model import (
    ElasticNet,
    ElasticNetCV,
    HuberRegressor,
    Lasso,
    LassoCV,
    LogisticRegression,
    Perceptron,
    RidgeClassifier,
    RidgeClassifierCV,
    RidgeCV,
    SGDClassifier,
    SGDRegressor,
)
from sklearn.linear_model._huber import _huber_loss_and_gradient

LIMIT = 6
REGRESSION = (
    {"dataset": "diabetes"},
    {"dataset": "iris", "target": 3},
    {"dataset": "wine", "target": 12, "standardised": True},
)
CLASSES = tuple({"dataset": name, "standardised": True} for name in ("iris", "wine", "breastCancer"))
WORDS = ("log_loss", "modified_huber", "squared_hinge", "squared_error", "epsilon_insensitive", "squared_epsilon_insensitive")
WORDS += ("neg_mean_absolute_error", "balanced_accuracy")


def weights_of(n):
    return np.arange(n) % 5 / 2 + 0.25


def short(value):
    """Twelve digits, which is more than any tolerance asks for."""
    if isinstance(value, dict):
        return {key: short(item) for key, item in value.items()}
    if isinstance(value, (np.ndarray, float)) and np.asarray(value).dtype.kind == "f":
        return np.array([float(f"{v:.12g}") for v in np.ravel(value)]).reshape(np.shape(value))
    return value


def case(model, ref, own=(), learned=(), weights=False):
    """own: parameters that only scikit-learn has. learned: attributes, without the underscore."""
    X, y = load(ref)
    train, test = split(len(X))
    sample_weight = weights_of(len(train)) if weights else None
    model.fit(X[train], y[train], sample_weight=sample_weight)
    rows = X[test][:LIMIT]
    defaults = type(model)().get_params()
    params = {k: v for k, v in model.get_params().items() if k not in own and v is not defaults[k] and v != defaults[k]}
    params = {k: camel(v) if v in WORDS else v for k, v in params.items() if not isinstance(v, np.ndarray)}
    result = {
        "estimator": type(model).__name__.removeprefix("Exact"),
        "params": camel_keys(params),
        "input": ref,
        "coef": model.coef_,
        "intercept": np.atleast_1d(model.intercept_),
        "learned": {camel(name): getattr(model, f"{name}_") for name in learned},
        "predictions": model.predict(rows),
    }
    for key, method in (("decision", "decision_function"), ("proba", "predict_proba")):
        if hasattr(model, method):
            result[key] = getattr(model, method)(rows)
    result = {key: item if key == "params" else short(item) for key, item in result.items()}
    return result if not weights else {**result, "sampleWeight": sample_weight}


def coordinate_descent():
    exact = {"tol": 1e-13, "max_iter": 200_000}
    for ref in REGRESSION:
        own = ("tol", "max_iter")
        for alpha in (0.01, 0.3):
            yield case(Lasso(alpha=alpha, **exact), ref, own)
            yield case(ElasticNet(alpha=alpha, l1_ratio=0.4, **exact), ref, own)
        yield case(ElasticNet(alpha=0.05, **exact), ref, own, weights=True)
        yield case(Lasso(alpha=0.05, positive=True, **exact), ref, own)
        yield case(Lasso(alpha=0.05, fit_intercept=False, **exact), ref, own)
        for weights in (False, True):
            yield case(LassoCV(alphas=20, tol=1e-10, max_iter=100_000), ref, own, ("alpha", "alphas"), weights)
        ratios = ElasticNetCV(l1_ratio=[0.3, 0.7, 1], alphas=8, cv=3, tol=1e-10, max_iter=100_000)
        yield case(ratios, ref, own, ("alpha", "l1_ratio", "mse_path"))


def ridge():
    alphas = [0.01, 0.1, 1, 10, 100]
    for ref in REGRESSION:
        for weights in (False, True):
            yield case(RidgeCV(alphas=alphas), ref, (), ("alpha", "best_score"), weights)
            yield case(RidgeCV(alphas=alphas, gcv_mode="svd"), ref, (), ("alpha", "best_score"), weights)
            scored = RidgeCV(alphas=alphas, scoring="neg_mean_absolute_error", store_cv_results=True)
            yield case(scored, ref, (), ("alpha", "best_score"), weights)
        yield case(RidgeCV(alphas=alphas, cv=4), ref, (), ("alpha", "best_score"))
        yield case(RidgeCV(alphas=alphas, fit_intercept=False), ref, (), ("alpha", "best_score"))
    for ref in CLASSES:
        yield case(RidgeClassifier(alpha=2), ref)
        yield case(RidgeClassifier(class_weight="balanced"), ref, weights=True)
        yield case(RidgeClassifierCV(alphas=alphas), ref, (), ("alpha", "best_score"))
        if ref["dataset"] != "breastCancer":  # Of two classes 1.9 sees one.
            for scoring in ("accuracy", "balanced_accuracy"):
                yield case(RidgeClassifierCV(alphas=alphas, scoring=scoring), ref, (), ("alpha", "best_score"))


class ExactHuberRegressor(HuberRegressor):
    """At the optimum: scikit-learn's own stops when its objective falls by less than 2e-9 of itself."""

    def fit(self, X, y, sample_weight=None):
        super().fit(X, y, sample_weight)
        weights = np.ones(len(y)) if sample_weight is None else sample_weight
        at = np.concatenate([self.coef_, [self.intercept_] if self.fit_intercept else [], [self.scale_]])
        for _ in range(20):
            at = minimize(
                _huber_loss_and_gradient,
                at,
                args=(X, y, self.epsilon, self.alpha, weights),
                jac=True,
                method="L-BFGS-B",
                bounds=[(None, None)] * (len(at) - 1) + [(1e-12, None)],
                options={"ftol": 0, "gtol": 1e-12, "maxiter": 10_000, "maxfun": 100_000, "maxls": 50},
            ).x
        self.coef_, self.scale_ = at[: X.shape[1]], at[-1]
        self.intercept_ = at[-2] if self.fit_intercept else 0.0
        return self


def huber():
    for ref in REGRESSION:
        for options, weights in (({}, False), ({"epsilon": 1.1, "alpha": 0.5}, True), ({"fit_intercept": False}, False)):
            model = ExactHuberRegressor(**options, tol=1e-10, max_iter=100_000)
            yield case(model, ref, ("tol", "max_iter"), ("scale",), weights)


def logistic():
    for ref in CLASSES:
        for ratio, C in ((1, 0.1), (0.5, 0.3)):
            model = LogisticRegression(solver="saga", l1_ratio=ratio, C=C, tol=1e-10, max_iter=100_000)
            yield case(model, ref, ("tol", "max_iter"))
        for C, weights in ((1, False), (30, True)):
            model = LogisticRegression(solver="newton-cholesky", C=C, tol=1e-10, max_iter=1000)
            yield case(model, ref, ("tol", "max_iter"), (), weights)
        yield case(LogisticRegression(solver="saga", tol=1e-10, max_iter=100_000), ref, ("tol", "max_iter"))
        for solver in ("newton-cg", "sag"):
            yield case(LogisticRegression(solver=solver, C=0.5, tol=1e-10, max_iter=100_000), ref, ("tol", "max_iter"))


def descent():
    for ref in CLASSES:
        for loss in ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron"):
            # With a smaller alpha the first steps are so long that they magnify rounding.
            yield case(SGDClassifier(loss=loss, alpha=0.05, shuffle=False), ref, learned=("n_iter",))
        for options in (
            {"penalty": "l1", "alpha": 0.003},
            {"penalty": "elasticnet", "alpha": 0.003, "l1_ratio": 0.4, "loss": "log_loss"},
            {"average": True, "loss": "log_loss", "max_iter": 7, "tol": None},
            {"learning_rate": "adaptive", "eta0": 0.05, "fit_intercept": False},
            {"learning_rate": "invscaling", "eta0": 0.1, "class_weight": "balanced"},
            {"learning_rate": "pa1", "eta0": 0.5, "penalty": None, "max_iter": 20},
        ):
            yield case(SGDClassifier(**options, shuffle=False), ref, learned=("n_iter",), weights="average" not in options)
        yield case(Perceptron(shuffle=False), ref, learned=("n_iter",))
    for ref in ({**REGRESSION[0], "standardised": True}, {**REGRESSION[1], "standardised": True}, REGRESSION[2]):
        for loss in ("squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"):
            yield case(SGDRegressor(loss=loss, shuffle=False), ref, learned=("n_iter",))
        for options in (
            {"penalty": "elasticnet", "alpha": 0.01, "learning_rate": "constant", "eta0": 0.001},
            {"average": 50, "max_iter": 5, "tol": None},
        ):
            yield case(SGDRegressor(**options, shuffle=False), ref, learned=("n_iter",))


def main():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = [*coordinate_descent(), *ridge(), *huber(), *logistic(), *descent()]
    write("linear-models", cases=cases)


if __name__ == "__main__":
    main()
