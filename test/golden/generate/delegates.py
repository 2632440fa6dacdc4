"""delegates.json: estimators that answer by a model within: frozen ones, and those that take columns away.

    {"frozen": [case], "eliminators": [case], "unlabelled": [case]}

A frozen case has an "input" (see common.py), a "method", and for the first LIMIT test rows "proba" of a calibration, on every second training row, of a
logistic regression that was fitted on the others; "stacked" are the probabilities of a stack on the same rows, whose one model is the frozen one.
A case of an eliminator has "input", "selected", "predictions", "proba", "scores" (accuracies of three folds of the training
rows) and "searched" (the mean scores of a search over the number of columns, of a pipeline that ends in the eliminator).
A case of "unlabelled", without y, has "input", "clusters" (scores of three folds of KMeans from the rows 0, 20 and 60), "searched", "best", "score" and "samples"
(of the first LIMIT test rows) of a search over the axes of PCA after a scaler, and "mixtures", mean scores of one over regCovar.
"""

import warnings

import numpy as np
from common import load, split, write
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import StackingClassifier
from sklearn.feature_selection import RFE
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

LIMIT = 6
INPUTS = tuple({"dataset": name, "standardised": True} for name in ("iris", "wine", "breastCancer"))


def logistic():
    return LogisticRegression(tol=1e-10, max_iter=10_000)


def digits(value):
    return np.array([float(f"{v:.12g}") for v in np.ravel(value)]).reshape(np.shape(value))


def rows(ref):
    X, y = load(ref)
    train, test = split(len(X))
    return X[train], y[train], X[test][:LIMIT]


def frozen():
    for ref in INPUTS:
        X, y, test = rows(ref)
        model = FrozenEstimator(logistic().fit(X[::2], y[::2]))
        for method in ("sigmoid", "isotonic"):
            calibrated = CalibratedClassifierCV(model, method=method).fit(X[1::2], y[1::2])
            stack = StackingClassifier([("frozen", model)], final_estimator=logistic()).fit(X[1::2], y[1::2])
            yield {
                "input": ref,
                "method": method,
                "proba": digits(calibrated.predict_proba(test)),
                "stacked": digits(stack.predict_proba(test)),
            }


def eliminators():
    for ref in INPUTS:
        X, y, test = rows(ref)
        model = RFE(logistic(), n_features_to_select=3).fit(X, y)
        pipeline = Pipeline([("scale", StandardScaler()), ("rfe", RFE(logistic()))])
        search = GridSearchCV(pipeline, {"rfe__n_features_to_select": [1, 2, 4]}, cv=3, scoring="neg_log_loss").fit(X, y)
        yield {
            "input": ref,
            "selected": np.flatnonzero(model.support_),
            "predictions": model.predict(test),
            "proba": digits(model.predict_proba(test)),
            "scores": cross_val_score(RFE(logistic(), n_features_to_select=3), X, y, cv=3),
            "searched": search.cv_results_["mean_test_score"],
        }


def unlabelled():
    for ref in (INPUTS[0], INPUTS[1], {**INPUTS[2], "columns": [0, 1, 4, 5, 8]}):
        X, _, test = rows(ref)
        clusters = KMeans(3, init=X[[0, 20, 60]], n_init=1)
        pipeline = Pipeline([("scale", StandardScaler()), ("axes", PCA())])
        search = GridSearchCV(pipeline, {"axes__n_components": [1, 2, 3]}, cv=3).fit(X)
        mixtures = GridSearchCV(GaussianMixture(random_state=0), {"reg_covar": [1e-6, 0.1, 1]}, cv=4).fit(X)
        yield {
            "input": ref,
            "clusters": cross_val_score(clusters, X, cv=3),
            "searched": search.cv_results_["mean_test_score"],
            "best": search.best_index_,
            "score": search.score(test),
            "samples": search.score_samples(test),
            "mixtures": mixtures.cv_results_["mean_test_score"],
        }


def main():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write("delegates", frozen=list(frozen()), eliminators=list(eliminators()), unlabelled=list(unlabelled()))


if __name__ == "__main__":
    main()
