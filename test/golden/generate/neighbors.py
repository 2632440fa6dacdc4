"""neighbors.json: what the estimators that rest on neighbours learn and predict.

    {"predictions": [{"name", "estimator", "params", "input": a reference (see common.py), "labels" and "proba", or "values"}],
     "searches": [{"name", "params", "input", "distances", "indices", "own": those of the training rows without
                   themselves, "within": {"radius", "offsets", "indices"}}],
     "outliers": [{"name", "params", "input", "factor", "offset", "labels", and for novelty "scores"}],
     "clusters": [{"name", "estimator", "params", "input", "labels", "sampleWeight" if there is one,
                   "core" or "probabilities"}],
     "centroids": [{"name", "params", "input", "centroids", "deviations", "labels", and for euclidean "proba", "decision"}],
     "imputed": [{"name", "params", "input", "rows": of the test rows}]}

Of predictions and searches the first LIMIT rows. Data sets whose rows are at equal distances (iris, digits) are used where the
order of such rows, which scikit-learn leaves open, changes nothing.
"""

from unittest.mock import patch

import numpy as np
from common import camel_keys, load, split, write
from sklearn.cluster import DBSCAN, HDBSCAN
from sklearn.cluster._hdbscan._linkage import make_single_linkage
from sklearn.impute import KNNImputer
from sklearn.neighbors import (
    KNeighborsClassifier,
    KNeighborsRegressor,
    LocalOutlierFactor,
    NearestCentroid,
    NearestNeighbors,
    RadiusNeighborsClassifier,
    RadiusNeighborsRegressor,
)

LIMIT = 12
WINE = {"dataset": "wine", "standardised": True}
CANCER = {"dataset": "breastCancer", "standardised": True}
DIABETES = {"dataset": "diabetes"}
IRIS = {"dataset": "iris"}
SEARCHES = {"kd_tree": "kdTree", "ball_tree": "ballTree"}


def of(ref):
    X, y = load(ref)
    train, test = split(len(X))
    return X[train], y[train], X[test]


def named(estimator, params, ref):
    named_params = {name: SEARCHES.get(str(value), value) for name, value in params.items()}
    return {
        "name": f"{ref['dataset']}: {estimator.__name__} {params}",
        "estimator": estimator.__name__,
        "params": camel_keys(named_params),
        "input": ref,
    }


def predictions():
    several = (
        {},
        {"n_neighbors": 9, "weights": "distance"},
        {"metric": "manhattan", "algorithm": "ball_tree", "leaf_size": 7},
        {"metric": "chebyshev", "algorithm": "kd_tree", "leaf_size": 3},
        {"p": 3, "n_neighbors": 3, "weights": "distance"},
        {"metric": "cosine", "algorithm": "brute", "n_neighbors": 40},
    )
    for ref in (WINE, CANCER, {**WINE, "columns": [0, 6, 9]}):
        X, y, test = of(ref)
        for params in several:
            model = KNeighborsClassifier(**params).fit(X, y)
            yield {
                **named(KNeighborsClassifier, params, ref),
                "labels": model.predict(test)[:LIMIT],
                "proba": model.predict_proba(test)[:LIMIT],
            }
    for ref in (DIABETES, {**WINE, "target": 12}, {**CANCER, "target": 0}):
        X, y, test = of(ref)
        for params in several:
            if ref is DIABETES and params.get("metric") == "chebyshev":
                continue  # many rows at equal distances
            model = KNeighborsRegressor(**params).fit(X, y)
            yield {**named(KNeighborsRegressor, params, ref), "values": model.predict(test)[:LIMIT]}

    for ref, radius in ((WINE, 3.5), (CANCER, 6), ({**WINE, "columns": [0, 6, 9]}, 1.5)):
        X, y, test = of(ref)
        for params in ({"radius": radius}, {"radius": 1.4 * radius, "weights": "distance", "metric": "manhattan"}):
            params = {**params, "outlier_label": 1}
            model = RadiusNeighborsClassifier(**params).fit(X, y)
            yield {
                **named(RadiusNeighborsClassifier, params, ref),
                "labels": model.predict(test)[:LIMIT],
                "proba": model.predict_proba(test)[:LIMIT],
            }
    for ref, radius in ((DIABETES, 0.1), ({**WINE, "target": 12}, 3), ({**CANCER, "target": 0}, 5)):
        X, y, test = of(ref)
        for params in ({"radius": radius}, {"radius": 1.4 * radius, "weights": "distance", "algorithm": "kd_tree"}):
            model = RadiusNeighborsRegressor(**params).fit(X, y)
            yield {
                **named(RadiusNeighborsRegressor, params, ref),
                "values": model.predict(test)[:LIMIT],
            }


def searches():
    for ref, radius in ((WINE, 2.5), (CANCER, 4.0), (DIABETES, 0.12)):
        X, _, test = of(ref)
        for params in ({}, {"metric": "manhattan"}, {"metric": "cosine"}):
            model = NearestNeighbors(n_neighbors=4, **params).fit(X)
            distances, indices = model.kneighbors(test)
            _, own = model.kneighbors()
            reach = 0.2 if params.get("metric") == "cosine" else radius
            _, within = model.radius_neighbors(test, reach, sort_results=True)
            within = within[:LIMIT]
            yield {
                **named(NearestNeighbors, {"n_neighbors": 4, **params}, ref),
                "distances": distances[:LIMIT],
                "indices": indices[:LIMIT],
                "own": own[:LIMIT],
                "within": {
                    "radius": reach,
                    "offsets": np.concatenate([[0], np.cumsum([len(row) for row in within])]),
                    "indices": np.concatenate(within),
                },
            }


def outliers():
    for ref in (WINE, CANCER, DIABETES):
        X, _, test = of(ref)
        for params in ({"n_neighbors": 15}, {"n_neighbors": 30, "contamination": 0.1, "metric": "manhattan"}):
            model = LocalOutlierFactor(**params)
            labels = model.fit_predict(X)
            novelty = LocalOutlierFactor(**params, novelty=True).fit(X)
            yield {
                **named(LocalOutlierFactor, params, ref),
                "factor": model.negative_outlier_factor_[:LIMIT],
                "offset": model.offset_,
                "labels": labels,
                "scores": novelty.score_samples(test)[:LIMIT],
            }


def process_mst(tree):
    """scikit-learn's, but for a stable sort: the order of edges of one length, of which there are many, is not left open."""
    return make_single_linkage(tree[np.argsort(tree["distance"], kind="stable")])


def clusters():
    for ref, eps in ((IRIS, 0.6), (WINE, 2.2), (CANCER, 3.0), (DIABETES, 0.1)):
        X, _, _ = of(ref)
        for params in (
            {"eps": eps},
            {"eps": eps * 1.2, "min_samples": 3, "algorithm": "ball_tree", "metric": "manhattan"},
            {"eps": eps, "min_samples": 6, "weighted": True},
        ):
            weighted = params.pop("weighted", False)
            weights = np.arange(len(X)) % 3 + 0.5 if weighted else None
            model = DBSCAN(**params).fit(X, sample_weight=weights)
            result = {
                **named(DBSCAN, params, ref),
                "labels": model.labels_,
                "core": model.core_sample_indices_,
            }
            yield {**result, "sampleWeight": weights} if weighted else result
        for params in (
            {"min_cluster_size": 5},
            {"min_cluster_size": 4, "min_samples": 2, "cluster_selection_method": "leaf"},
            {"min_cluster_size": 3, "min_samples": 4},
            {"min_cluster_size": 10, "allow_single_cluster": True, "metric": "manhattan"},
            {"min_cluster_size": 4, "max_cluster_size": 40, "alpha": 1.3},
        ):
            with patch("sklearn.cluster._hdbscan.hdbscan._process_mst", process_mst):
                model = HDBSCAN(copy=True, **params).fit(X)
            yield {
                **named(HDBSCAN, params, ref),
                "labels": model.labels_,
                "probabilities": model.probabilities_[:LIMIT],
            }


def imputed():
    for ref in (WINE, CANCER, DIABETES):
        X, _, test = of({**ref, "missing": True})
        for params in ({}, {"n_neighbors": 3, "weights": "distance"}, {"add_indicator": True, "n_neighbors": 200}):
            model = KNNImputer(**params).fit(X)
            yield {
                **named(KNNImputer, params, {**ref, "missing": True}),
                "rows": model.transform(test)[:10],
            }


def centroids():
    for ref in (WINE, CANCER, IRIS):
        X, y, test = of(ref)
        for params in (
            {},
            {"metric": "manhattan"},
            {"shrink_threshold": 0.6},
            {"priors": "empirical", "shrink_threshold": 0.1},
            {"metric": "manhattan", "priors": [0.7, 0.3] if len(set(y)) == 2 else [0.7, 0.2, 0.1]},
        ):
            model = NearestCentroid(**params).fit(X, y)
            rows = test[:LIMIT]
            made = {**named(NearestCentroid, params, ref), "centroids": model.centroids_[0], "deviations": model.deviations_[0]}
            made["labels"] = model.predict(rows)
            if params.get("metric") != "manhattan":
                made |= {"proba": model.predict_proba(rows), "decision": model.decision_function(rows)}
            yield made


def main():
    write(
        "neighbors",
        predictions=list(predictions()),
        searches=list(searches()),
        outliers=list(outliers()),
        clusters=list(clusters()),
        centroids=list(centroids()),
        imputed=list(imputed()),
    )


if __name__ == "__main__":
    main()
