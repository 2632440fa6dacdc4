"""thresholds.json: thresholds of classifiers of two classes, found by cross-validation or given.

    {"tuned": [case], "fixed": [case], "counts": [{"name", "input", "above", "weighed", "counts", "accuracy"}]}

Each case has "name", "input" (see common.py: fitted on its training rows; the second class are the targets greater than "above"), "estimator",
"params" and "predicted", the classes of the test rows. "tuned" adds "threshold", "score", "thresholds" and "scores". "counts" ranks
all rows by their first value, rounded to a tenth; weights are the index of a row % 3.
"""

import numpy as np
from common import camel_keys, load, split, write
from sklearn.linear_model import LogisticRegression, RidgeClassifier
from sklearn.metrics import accuracy_score, confusion_matrix_at_thresholds, metric_at_thresholds
from sklearn.model_selection import FixedThresholdClassifier, TunedThresholdClassifierCV
from sklearn.naive_bayes import GaussianNB

MODELS = {"LogisticRegression": LogisticRegression, "RidgeClassifier": RidgeClassifier, "GaussianNB": GaussianNB}
WORDS = {
    **{"balanced_accuracy": "balancedAccuracy", "predict_proba": "predictProba", "decision_function": "decisionFunction"},
}
INPUTS = (
    ({"dataset": "breastCancer", "columns": [0, 1, 4, 8, 9, 11], "standardised": True}, 0),
    ({"dataset": "wine", "columns": [0, 1, 2, 3, 8], "standardised": True}, 0),
    ({"dataset": "diabetes"}, 140),
)


def rows(ref, above):
    X, y = load(ref)
    train, test = split(len(X))
    y = (y > above).astype(int)
    return X[train], y[train], X[test]


def words(params):
    return {key: WORDS.get(value, value) if isinstance(value, str) else value for key, value in camel_keys(params).items()}


def case(model, ref, above, estimator, params):
    X, y, test = rows(ref, above)
    fitted = model(MODELS[estimator](), **params).fit(X, y)
    made = {"name": f"{estimator} of {ref}, {params}", "input": ref, "above": above, "estimator": estimator}
    return fitted, {**made, "params": words(params), "predicted": fitted.predict(test)}


def tuned():
    for ref, above in INPUTS:
        for estimator, params in (
            ("LogisticRegression", {}),
            ("LogisticRegression", {"cv": 3, "thresholds": 23, "scoring": "f1", "response_method": "decision_function"}),
            ("RidgeClassifier", {"cv": 4, "thresholds": [0.4, -0.3, 0.0, 0.1], "scoring": "accuracy"}),
            ("GaussianNB", {"cv": 3, "scoring": "recall", "thresholds": [0.2, 0.5, 0.9]}),
        ):
            stored = {**params, "store_cv_results": True}
            # Thresholds of the caller are interpolated there, which asks for sorted ones.
            if isinstance(params.get("thresholds"), list):
                stored["thresholds"] = sorted(params["thresholds"])
            fitted, made = case(TunedThresholdClassifierCV, ref, above, estimator, stored)
            results = fitted.cv_results_
            yield {
                **made,
                "params": {key: value for key, value in made["params"].items() if key != "storeCvResults"},
                "threshold": fitted.best_threshold_,
                "score": fitted.best_score_,
                "thresholds": results["thresholds"],
                "scores": results["scores"],
            }


def fixed():
    for ref, above in INPUTS:
        for estimator, params in (
            ("LogisticRegression", {}),
            ("LogisticRegression", {"threshold": 0.8, "pos_label": 0}),
            ("RidgeClassifier", {"threshold": 0.25}),
            ("RidgeClassifier", {"threshold": -0.1, "pos_label": 0}),
            ("GaussianNB", {"threshold": 0.9, "response_method": "predict_proba"}),
        ):
            yield case(FixedThresholdClassifier, ref, above, estimator, params)[1]


def counts():
    for ref, above in INPUTS:
        X, y = load(ref)
        y, score = (y > above).astype(int), np.round(X[:, 0], 1)
        for weighed in (False, True):
            weights = np.arange(len(y)) % 3 if weighed else None
            found = confusion_matrix_at_thresholds(y, score, sample_weight=weights)
            values, _ = metric_at_thresholds(y, score, accuracy_score, sample_weight=weights)
            yield {"name": f"{ref}, weighed {weighed}", "input": ref, "above": above, "weighed": weighed, "counts": list(found), "accuracy": values}


def main():
    write("thresholds", tuned=list(tuned()), fixed=list(fixed()), counts=list(counts()))


if __name__ == "__main__":
    main()
