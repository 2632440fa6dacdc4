"""svm.json: what support vector machines and calibrated classifiers learn and predict.

    {"cases": [{"name", "estimator", "params", "input": a reference (see common.py), "sampleWeight" if there is one,
                "learned": attributes by boreal's names, "labels" or "values" of the first LIMIT test rows, "decision"}],
     "calibrated": [{"name", "base", "baseParams", "params", "input", "proba"}],
     "isotonic": [{"name", "params", "X", "y", "sampleWeight", "test", "learned", "values"}]}

Sample weights are row index % 3 + 0.5. Machines are fitted to a tight tolerance, so that the solutions agree.
"""

import numpy as np
from common import camel, camel_keys, load, split, write
from sklearn.calibration import CalibratedClassifierCV
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, NuSVR, OneClassSVM

LIMIT = 10
WORDS = {
    "squared_hinge": "squaredHinge",
    "epsilon_insensitive": "epsilonInsensitive",
    "squared_epsilon_insensitive": "squaredEpsilonInsensitive",
    "crammer_singer": "crammerSinger",
}


def renamed(params):
    params = {key: WORDS.get(value, value) if isinstance(value, str) else value for key, value in params.items()}
    params = camel_keys({key: value for key, value in params.items() if key != "class_weight"}) | (
        {"classWeight": params["class_weight"]} if "class_weight" in params else {}
    )
    return {{"c": "C"}.get(key, key): value for key, value in params.items()}


def case(make, params, ref, attributes, weighted=False):
    X, y = load(ref)
    train, test = split(len(X))
    weights = np.arange(len(train)) % 3 + 0.5 if weighted else None
    linear = make in (LinearSVC, LinearSVR)
    params = {**params, "tol": params.get("tol", 1e-10 if linear else 1e-7)}
    extra = {"random_state": 0, "max_iter": 200000} if linear else {}
    model = make(**params, **extra).fit(X[train], y[train], sample_weight=weights)
    result = {
        "name": f"{make.__name__} {params} of {ref['dataset']}{', weights' if weighted else ''}",
        "estimator": make.__name__,
        "params": renamed({**params, **extra}),
        "input": ref,
        "learned": {camel(name): getattr(model, "_gamma" if name == "gamma" else f"{name}_") for name in attributes},
        "labels" if make in (SVC, NuSVC, LinearSVC, OneClassSVM) else "values": model.predict(X[test])[:LIMIT],
    }
    if make in (SVC, NuSVC, LinearSVC, OneClassSVM):
        result["decision"] = model.decision_function(X[test])[:LIMIT]
    return {**result, "sampleWeight": weights} if weighted else result


def cases():
    counts = ["n_support", "intercept", "gamma"]
    for name in ("iris", "wine", "breastCancer"):
        ref = {"dataset": name, "standardised": True}
        for weighted in (False, True):
            yield case(SVC, {}, ref, counts, weighted)
        yield case(SVC, {"kernel": "linear", "C": 0.5}, ref, ["n_support", "intercept", "coef"])
        yield case(SVC, {"kernel": "poly", "coef0": 1.0, "degree": 2}, ref, counts)
        yield case(SVC, {"kernel": "sigmoid", "gamma": 0.005}, ref, ["intercept"])
        yield case(SVC, {"gamma": "auto", "class_weight": "balanced", "decision_function_shape": "ovo"}, ref, counts[1:])
        yield case(SVC, {"break_ties": True, "C": 5.0}, ref, counts)
        for weighted in (False, True):
            yield case(NuSVC, {"nu": 0.2}, ref, counts, weighted)
        yield case(NuSVC, {"kernel": "linear", "nu": 0.3}, ref, ["intercept", "coef"])
        yield case(LinearSVC, {}, ref, ["coef", "intercept"])
        yield case(LinearSVC, {"loss": "hinge", "C": 0.1}, ref, ["coef", "intercept"], True)
        yield case(LinearSVC, {"penalty": "l1", "dual": False, "C": 0.3}, ref, ["coef", "intercept"])
        yield case(LinearSVC, {"dual": True, "C": 0.1, "intercept_scaling": 3.0}, ref, ["coef", "intercept"])
        yield case(LinearSVC, {"class_weight": "balanced", "fit_intercept": False}, ref, ["coef"])
        yield case(LinearSVC, {"multi_class": "crammer_singer", "tol": 1e-8}, ref, ["coef", "intercept"])
        yield case(LinearSVC, {"multi_class": "crammer_singer", "C": 0.1, "intercept_scaling": 2.0, "tol": 1e-8}, ref, ["coef", "intercept"], True)
        for nu in (0.1, 0.5):
            yield case(OneClassSVM, {"nu": nu}, ref, ["intercept", "offset"])
        yield case(OneClassSVM, {"gamma": 0.2, "nu": 0.3}, ref, ["intercept"], True)
    targets = [
        {"dataset": "diabetes"},
        {"dataset": "wine", "standardised": True, "target": 0},
        {"dataset": "iris", "standardised": True, "target": 3},
    ]
    for ref in targets:
        yield case(SVR, {"C": 2.0}, ref, ["intercept"])
        yield case(SVR, {"kernel": "linear", "epsilon": 0.3}, ref, ["intercept", "coef"], True)
        yield case(SVR, {"kernel": "poly", "gamma": 0.1, "coef0": 0.5, "epsilon": 0.05}, ref, ["intercept"])
        for weighted in (False, True):
            yield case(NuSVR, {"C": 2.0, "nu": 0.4}, ref, ["intercept"], weighted)
        yield case(NuSVR, {"kernel": "linear", "nu": 0.7}, ref, ["intercept", "coef"])
        # Of diabetes the weights are so large that coordinate descent takes forever.
        scaled = {**ref, "dataset": "breastCancer", "standardised": True, "target": 0} if ref is targets[0] else ref
        yield case(LinearSVR, {"epsilon": 0.1, "C": 0.5, "tol": 1e-7}, scaled, ["coef", "intercept"])
        squared = {"loss": "squared_epsilon_insensitive", "epsilon": 0.05}
        yield case(LinearSVR, {**squared, "dual": False}, ref, ["coef", "intercept"], True)
        yield case(LinearSVR, {**squared, "dual": True, "C": 0.3}, ref, ["coef", "intercept"])


def calibrated():
    bases = [
        (LogisticRegression, {"tol": 1e-8, "max_iter": 1000}),
        (GaussianNB, {}),
        (LinearSVC, {"tol": 1e-10, "random_state": 0, "max_iter": 200000}),
    ]
    for name in ("iris", "wine", "breastCancer"):
        ref = {"dataset": name, "standardised": True}
        X, y = load(ref)
        train, test = split(len(X))
        for base, params in bases:
            for method in ("sigmoid", "isotonic", "temperature"):
                for ensemble in (True, False):
                    model = CalibratedClassifierCV(base(**params), method=method, cv=3, ensemble=ensemble)
                    model.fit(X[train], y[train])
                    yield {
                        "name": f"{base.__name__} by {method}, ensemble {ensemble}, of {name}",
                        "base": base.__name__,
                        "baseParams": camel_keys(params),
                        "params": {"method": method, "cv": 3, "ensemble": ensemble},
                        "input": ref,
                        "proba": model.predict_proba(X[test])[:LIMIT],
                    }


def isotonic():
    random = np.random.RandomState(4)
    for rows in (9, 40, 150):
        x = np.round(random.uniform(-2, 2, rows), 1 if rows > 20 else 3)
        y = np.round(x**3 / 4 + random.normal(size=rows) / 2, 3)
        weights = np.where(np.arange(rows) % 4 == 0, 0.0, np.arange(rows) % 3 + 0.5)
        test = np.concatenate([np.linspace(-2.5, 2.5, 21), x[:3]])
        for params in (
            {"out_of_bounds": "clip"},
            {"out_of_bounds": "nan", "increasing": False},
            {"out_of_bounds": "clip", "increasing": "auto", "y_min": -0.4, "y_max": 0.7},
        ):
            sign = -1 if params.get("increasing") == "auto" else 1
            for weighted in (False, True):
                sample_weight = weights if weighted else None
                model = IsotonicRegression(**params).fit(x, sign * y, sample_weight=sample_weight)
                yield {
                    "name": f"{params} of {rows} rows{', weights' if weighted else ''}",
                    "params": camel_keys(params),
                    "X": x,
                    "y": sign * y,
                    "sampleWeight": sample_weight,
                    "test": test,
                    "learned": {
                        "xThresholds": model.X_thresholds_,
                        "yThresholds": model.y_thresholds_,
                        "increasing": bool(model.increasing_),
                    },
                    "values": model.predict(test),
                }


def main():
    write(
        "svm",
        cases=list(cases()),
        calibrated=list(calibrated()),
        isotonic=list(isotonic()),
    )


if __name__ == "__main__":
    main()
