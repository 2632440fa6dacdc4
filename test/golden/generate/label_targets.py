"""label-targets.json: classifiers of several targets.

    {"labels": {dataset: [rows][targets]}, "weights": {dataset: of training rows}, "cases": [case], "metrics": [metrics]}

A case has "estimator", "params", an "input" (see targets.py), "weighted", and what scikit-learn gives: "learned" (attributes),
"predictions" and "proba" ([targets][rows][classes]) of the first LIMIT test rows, and "score": the share of test rows of which all labels are
right, which scikit-learn has for targets of two classes only. "metrics" has labels of two classes, true and predicted, of test rows,
"accuracy", "scores" by average, with "zeroDivision" 1 and weighted, of "labels" [1, 0], and "report" and "weightedReport".
"""

import warnings

import numpy as np
from common import camel_keys, split, write
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import accuracy_score, classification_report, precision_recall_fscore_support
from sklearn.neighbors import KNeighborsClassifier, RadiusNeighborsClassifier
from sklearn.tree import DecisionTreeClassifier
from targets import INPUTS, LIMIT, data_of, labels_of


def weights_of(n):
    """All different, so that of trees no two splits are as good as one another; some rows have none."""
    return np.where(np.arange(n) % 9 == 4, 0, 1 + np.arange(n) * 0.6180339887 % 1)


def models(ref, targets):
    """Estimators, and whether rows have weights."""
    # Of rows at equal distances any may be near.
    if ref["dataset"] != "iris":
        yield KNeighborsClassifier(n_neighbors=4, weights="distance"), False
        yield KNeighborsClassifier(n_neighbors=7, metric="manhattan"), False
    radius = {"iris": 0.4, "wine": 2.5, "diabetes": 1.2}[ref["dataset"]]
    yield RadiusNeighborsClassifier(radius=radius, outlier_label=[2, *[1] * (targets - 1)]), False
    yield RadiusNeighborsClassifier(radius=radius, weights="distance", outlier_label="most_frequent"), False
    yield DummyClassifier(), True
    yield DummyClassifier(strategy="most_frequent"), False
    yield DummyClassifier(strategy="constant", constant=[2, *[0] * (targets - 1)]), False
    grown = {"max_depth": 4, "min_samples_leaf": 3, "random_state": 0}
    yield DecisionTreeClassifier(**grown), True
    yield DecisionTreeClassifier(criterion="entropy", **grown), True
    yield DecisionTreeClassifier(class_weight="balanced", **grown), True
    weights = [{0: 1.0, 1: 2.0, 2: 0.5}, *[{0: 3.0}] * (targets - 1)]
    yield DecisionTreeClassifier(class_weight=weights, ccp_alpha=0.01, **grown), True
    # Without draws its trees are alike.
    forest = {"n_estimators": 3, "bootstrap": False, "max_features": None, "max_leaf_nodes": 9, "min_samples_leaf": 3, "random_state": 0}
    yield RandomForestClassifier(**forest), True


def shown(model):
    default = type(model)().get_params(deep=False)
    params = {k: v for k, v in model.get_params(deep=False).items() if v != default[k]}
    values = {"most_frequent": "mostFrequent"}
    params = {k: values.get(v, v) if isinstance(v, str) else v for k, v in params.items()}
    # Here the most frequent label is what null says.
    if params.get("outlier_label") == "mostFrequent":
        params["outlier_label"] = None
    if isinstance(params.get("class_weight"), list):
        params["class_weight"] = [{str(label): w for label, w in own.items()} for own in params["class_weight"]]
    return camel_keys(params)


def learned_of(model):
    if isinstance(model, DummyClassifier):
        return {"classPrior": model.class_prior_}
    names = ["feature_importances_"]
    return camel_keys({name[:-1]: getattr(model, name) for name in names if hasattr(model, name)})


def cases():
    for ref, targets in INPUTS[:3]:
        X, _ = data_of(ref, targets)
        y = labels_of(ref, targets)
        train, test = split(len(X))
        for model, weighted in models(ref, targets):
            weights = weights_of(len(train)) if weighted else None
            model.fit(X[train], y[train], **({"sample_weight": weights} if weighted else {}))
            few = X[test][:LIMIT]
            yield {
                "estimator": type(model).__name__,
                "params": shown(model),
                "input": ref,
                "targets": targets,
                "weighted": weighted,
                "learned": learned_of(model),
                "predictions": np.asarray(model.predict(few)).astype(int),
                "proba": [np.asarray(p) for p in model.predict_proba(few)],
                "score": np.mean(np.all(model.predict(X[test]) == y[test], axis=1)),
            }


def metrics():
    for ref, targets in INPUTS[:3]:
        X, _ = data_of(ref, targets)
        y = np.minimum(labels_of(ref, targets), 1)
        train, test = split(len(X))
        model = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X[train], y[train])
        truth, predicted = y[test], model.predict(X[test])
        # Their sums are exact.
        weights = np.arange(len(test)) % 4 / 4 + 0.25
        scores = {}
        for average in ("micro", "macro", "weighted", "samples", None):
            options = {"average": average, "sample_weight": weights, "zero_division": 1}
            name = average or "each"
            scores[name] = precision_recall_fscore_support(truth, predicted, **options, beta=2)[:3]
            scores[f"{name} of labels"] = precision_recall_fscore_support(truth, predicted, **options, labels=[1, 0])[:3]
        yield {
            "dataset": ref["dataset"],
            "truth": truth,
            "predicted": predicted,
            "weights": weights,
            "accuracy": [accuracy_score(truth, predicted, sample_weight=w) for w in (None, weights)],
            "scores": scores,
            "report": classification_report(truth, predicted, zero_division=0),
            "weightedReport": classification_report(truth, predicted, sample_weight=weights, digits=3, zero_division=0),
        }


def main():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        labels = {ref["dataset"]: labels_of(ref, targets) for ref, targets in INPUTS[:3]}
        weights = {ref["dataset"]: weights_of(len(split(len(data_of(ref, n)[0]))[0])) for ref, n in INPUTS[:3]}
        write("label-targets", labels=labels, weights=weights, cases=list(cases()), metrics=list(metrics()))


if __name__ == "__main__":
    main()
