"""precomputed.json: estimators that are given distances or kernels of rows, and scores of folds whose rows and columns go together.

    {"cases": [{"name", "estimator", "params", "between": "distances" or "kernel", "input": a reference (see common.py), "outputs":
                {method: result for the first LIMIT test rows}, "learned": attributes by boreal's names}],
     "folds": [{"name", "estimator", "params", "between", "input", "scores"}],
     "cuts": [{"name", "params", "input": rows, "labels": of every "at", "centroids", "medoids"}],
     "layouts": [{"name", "input", "trustworthiness", "silhouette"}]}

Distances are euclidean, the kernel is (x . y + 1)^2 / columns.
"""

import numpy as np
from common import camel, camel_keys, load, split, write
from scipy.spatial.distance import cdist
from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.cluster._hdbscan._linkage import make_single_linkage
from sklearn.manifold import trustworthiness
from sklearn.metrics import silhouette_score
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    LocalOutlierFactor,
    NearestNeighbors,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM
from unittest.mock import patch

LIMIT = 8
WINE = {"dataset": "wine", "standardised": True}
CANCER = {"dataset": "breastCancer", "standardised": True}
DIABETES = {"dataset": "diabetes", "standardised": True}
REFS = (WINE, CANCER, DIABETES)


def kernel(a, b):
    return (a @ b.T + 1) ** 2 / a.shape[1]


def stable_linkage(edges):
    """Edges of the same length in the order in which they were found."""
    return make_single_linkage(edges[np.argsort(edges["distance"], kind="stable")])


def case(model, ref, methods, learned=(), params=None):
    X, y = load(ref)
    train, test = split(len(X))
    is_kernel = hasattr(model, "kernel")
    between = kernel if is_kernel else cdist
    at, rows = between(X[train], X[train]), between(X[test], X[train])
    with patch("sklearn.cluster._hdbscan.hdbscan._process_mst", stable_linkage):
        model.fit(at.copy(), y[train].astype(float))
    name, params = type(model).__name__, camel_keys(params or {})
    return {
        "name": f"{ref['dataset']}: {name} {params}",
        "estimator": name,
        "params": {**params, ("kernel" if is_kernel else "metric"): "precomputed"},
        "between": "kernel" if is_kernel else "distances",
        "input": ref,
        "outputs": {camel(method): getattr(model, method)(rows[:LIMIT]) for method in methods},
        "learned": {camel(attribute): getattr(model, f"{attribute}_") for attribute in learned},
    }


def cases():
    of = lambda cls, ref, methods, learned=(), **params: case(
        cls(**params, **({"kernel": "precomputed"} if "SV" in cls.__name__ else {"metric": "precomputed"})),
        ref, methods, learned, params,
    )
    for ref in REFS:
        classes = ref is not DIABETES
        proba = ("predict", "predict_proba")
        if classes:
            yield of(KNeighborsClassifier, ref, proba, n_neighbors=9, weights="distance")
            yield of(RadiusNeighborsClassifier, ref, ("predict",), radius=9.0)
            yield of(SVC, ref, ("predict", "decision_function"), ("n_support",), C=0.5, tol=1e-7)
            yield of(NuSVC, ref, ("predict", "decision_function"), ("n_support",), nu=0.1, tol=1e-7)
        yield of(KNeighborsRegressor, ref, ("predict",), n_neighbors=4)
        yield of(RadiusNeighborsRegressor, ref, ("predict",), radius=9.0, weights="distance")
        yield of(SVR, ref, ("predict",), C=0.05, tol=1e-7)
        yield of(NuSVR, ref, ("predict",), C=0.05, tol=1e-7)
        yield of(OneClassSVM, ref, ("predict", "decision_function"), nu=0.2, tol=1e-7)
        yield of(LocalOutlierFactor, ref, ("predict", "score_samples"), ("offset",), novelty=True)
        yield of(DBSCAN, ref, (), ("labels", "core_sample_indices"), eps=2.2, min_samples=4)
        yield of(HDBSCAN, ref, (), ("labels", "probabilities"), min_cluster_size=4, min_samples=3, alpha=1.2)


def folds():
    for ref in (WINE, CANCER, {"dataset": "iris"}):
        X, y = load(ref)
        near = KNeighborsClassifier(metric="precomputed", n_neighbors=7, weights="distance")
        machine = SVC(kernel="precomputed", C=0.5)
        for between, model, params in (
            ("distances", near, {"metric": "precomputed", "n_neighbors": 7, "weights": "distance"}),
            ("kernel", machine, {"kernel": "precomputed", "C": 0.5}),
        ):
            matrix = cdist(X, X) if between == "distances" else kernel(X, X)
            search = GridSearchCV(model, {"C": [0.01, 1]} if model is machine else {"n_neighbors": [1, 5]}, cv=3)
            yield {
                "name": f"{ref['dataset']}: {type(model).__name__}",
                "estimator": type(model).__name__,
                "params": camel_keys(params),
                "between": between,
                "input": ref,
                "scores": cross_val_score(make_pipeline(model), matrix, y, cv=4),
                "searched": search.fit(matrix, y).cv_results_["mean_test_score"],
            }


def cuts():
    for ref in (WINE, {**CANCER, "columns": [0, 1, 4]}, {**DIABETES, "columns": [2, 3, 8]}):
        X, _ = load(ref)
        X = X[split(len(X))[0]]
        params = {"min_cluster_size": 5, "store_centers": "both"}
        with patch("sklearn.cluster._hdbscan.hdbscan._process_mst", stable_linkage):
            model = HDBSCAN(**params, copy=True).fit(X)
        yield {
            "name": ref["dataset"],
            "params": camel_keys(params),
            "input": ref,
            "cuts": [
                {"at": at, "least": least, "labels": model.dbscan_clustering(at, least)}
                for at, least in ((0.3, 3), (0.6, 2), (1.0, 5), (2.5, 5), (50.0, 5))
            ],
            "centroids": model.centroids_,
            "medoids": model.medoids_,
        }


def layouts():
    for ref in REFS:
        X, y = load(ref)
        classes = y if ref is not DIABETES else (y > 140).astype(int)
        yield {
            "name": ref["dataset"],
            "input": ref,
            "classes": classes,
            "trustworthiness": trustworthiness(cdist(X, X), X[:, ::2], n_neighbors=7, metric="precomputed"),
            "silhouette": silhouette_score(cdist(X, X), classes, metric="precomputed"),
        }


def main():
    write("precomputed", cases=list(cases()), folds=list(folds()), cuts=list(cuts()), layouts=list(layouts()))


if __name__ == "__main__":
    main()
