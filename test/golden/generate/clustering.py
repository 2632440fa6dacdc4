"""clustering.json: what clusterers, mixtures, factorisations, incremental axes and robust covariances learn and return.

    {"cases": [{"name", "estimator", "params", "input": a reference (see common.py) or {"X", "test"}, "weights": of the training rows or
                null, "tolerance", "learned": attributes by boreal's names, "outputs": {method: result for the first LIMIT test rows}}]}

Starts are given, so that no random numbers play a part; where they cannot be (robust covariances), both sides find the same optimum.
"""

import warnings

import numpy as np
from common import camel, camel_keys, load, split, write
from sklearn.cluster import AgglomerativeClustering, KMeans
from sklearn.covariance import EllipticEnvelope
from sklearn.decomposition import NMF, IncrementalPCA
from sklearn.mixture import GaussianMixture

LIMIT = 5
IRIS = {"dataset": "iris"}
WINE = {"dataset": "wine", "standardised": True}
CANCER = {"dataset": "breastCancer", "standardised": True, "columns": [0, 1, 4, 5, 8]}
DIABETES = {"dataset": "diabetes", "standardised": True}


def rows_of(ref):
    if "X" in ref:
        return np.asarray(ref["X"], float), np.asarray(ref["test"], float)
    X, _ = load(ref)
    train, test = split(len(X))
    return X[train], X[test]


def case(model, ref, learned, methods=(), params=None, weights=None, tolerance=1e-8):
    X, test = rows_of(ref)
    fit = {} if weights is None else {"sample_weight": weights}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(X, **fit)
    name = type(model).__name__
    params = camel_keys(params if params is not None else {})
    return {
        "name": f"{name} {describe(params)} of {ref.get('dataset', 'a few rows')}{'' if weights is None else ', weighted'}",
        "estimator": name,
        "params": params,
        "input": ref,
        "weights": weights,
        "tolerance": tolerance,
        "learned": {camel(attribute): getattr(model, f"{attribute}_") for attribute in learned},
        "outputs": {camel(method): getattr(model, method)(test[:LIMIT]) for method in methods},
    }


def describe(params):
    short = {key: value for key, value in params.items() if not isinstance(value, (list, np.ndarray))}
    return " ".join(f"{key}={value}" for key, value in short.items())


def k_means():
    learned = ("labels", "cluster_centers", "inertia", "n_iter")
    for ref in (IRIS, WINE, CANCER):
        X, _ = rows_of(ref)
        for k in (3, 6):
            for algorithm, weights in (("lloyd", None), ("elkan", None), ("lloyd", np.arange(len(X)) % 4)):
                options = {"n_clusters": k, "init": X[:: len(X) // k][:k], "algorithm": algorithm}
                methods = ("predict", "transform", "score") if k == 3 else ()
                yield case(KMeans(**options, n_init=1), ref, learned, methods, options, weights)
    # Two of the centres lose all rows at once.
    rows = [[float(i % 7) + (i * i % 13) / 50, float(i // 7) + (i * 7 % 11) / 60] for i in range(28)]
    far = {"X": rows, "test": rows[:4]}
    options = {"n_clusters": 4, "init": [[1, 1], [5, 2], [900, 900], [901, 905]]}
    yield case(KMeans(**{**options, "init": np.array(options["init"], float)}, n_init=1), far, learned, ("predict",), options)
    options = {"n_clusters": 3, "init": [[0, 0], [3, 3], [6, 0]], "max_iter": 1}
    yield case(KMeans(**{**options, "init": np.array(options["init"], float)}, n_init=1), far, learned, ("predict",), options)


def trees():
    for ref in (IRIS, WINE, {**WINE, "columns": [5, 6, 9]}):
        if ref is IRIS:
            # Iris has equal distances, which the two sides may take in another order.
            ref = {"dataset": "wine", "standardised": True, "columns": [0, 1, 2, 3]}
        for linkage in ("ward", "complete", "average", "single"):
            for metric in ("euclidean",) if linkage == "ward" else ("euclidean", "manhattan", "cosine"):
                for how in ({"n_clusters": 4}, {"n_clusters": None, "distance_threshold": 1.0}):
                    options = {"linkage": linkage, "metric": metric, **how}
                    model = AgglomerativeClustering(**options, compute_distances=True)
                    whole = ref["dataset"] == "wine" and "columns" not in ref and "n_clusters" in how and metric == "euclidean"
                    learned = ("labels", "children", "distances") if whole else ("labels",)
                    yield case(model, ref, learned, params=options)


def mixtures():
    for ref in (IRIS, WINE, CANCER):
        X, _ = rows_of(ref)
        d = X.shape[1]
        means = X[:: len(X) // 3][:3]
        for kind in ("full", "tied", "diag", "spherical"):
            precisions = {
                "full": np.stack([np.eye(d) * 2] * 3),
                "tied": np.eye(d) + 0.25 * np.eye(d, k=1) + 0.25 * np.eye(d, k=-1),
                "diag": np.full((3, d), 1.5),
                "spherical": np.array([1.0, 2.0, 3.0]),
            }[kind]
            options = {
                "n_components": 3,
                "covariance_type": kind,
                "weights_init": [0.25, 0.25, 0.5],
                "means_init": means,
                "precisions_init": precisions,
                "tol": 1e-6,
                "max_iter": 500,
                "reg_covar": 1e-4,
            }
            learned = ("weights", "means", "converged", "n_iter", "lower_bound", "lower_bounds")
            methods = ("predict", "predict_proba", "score_samples", "score", "bic", "aic")
            one = case(GaussianMixture(**options), ref, learned, methods, options, tolerance=1e-6)
            model = GaussianMixture(**options).fit(X)
            covariances = model.covariances_
            shaped = {"full": covariances, "tied": [covariances], "diag": [covariances], "spherical": [covariances[:, None]]}
            one["learned"]["covariances"] = shaped[kind]
            yield one


def envelopes():
    for ref, columns in ((IRIS, [0, 1, 2]), (WINE, [0, 1, 4]), (CANCER, [0, 1, 4]), (IRIS, [1])):
        for options in ({}, {"contamination": 0.2, "support_fraction": 0.8}):
            model = EllipticEnvelope(**options, random_state=0)
            methods = ("predict", "decision_function", "score_samples", "mahalanobis")
            learned = ("location", "covariance", "precision", "offset", "raw_location")
            params = {**options, "random_state": 0}
            yield case(model, {**ref, "columns": columns}, learned, methods, params, tolerance=1e-7)


def factorisations():
    for ref in (IRIS, {"dataset": "wine", "columns": [0, 1, 2, 5, 6, 9]}, {"dataset": "digits", "columns": list(range(18, 46, 3))}):
        for solver in ("cd", "mu"):
            for more in ({}, {"alpha_w": 0.01, "l1_ratio": 0.5, "alpha_h": 0.002}):
                options = {"n_components": 2, "init": "nndsvd" if solver == "cd" else "nndsvda", "solver": solver}
                options |= {"max_iter": 2000, "tol": 1e-7, **more}
                peer = {key.replace("_w", "_W").replace("_h", "_H"): value for key, value in options.items()}
                model = NMF(**peer, random_state=0)
                methods = ("transform",) if solver == "cd" else ()
                yield case(model, ref, ("components", "reconstruction_err"), methods, options, tolerance=1e-3)


class FromGiven(NMF):
    """Starts from factors that every side can make."""

    def fit(self, X):
        w, h = factors(X, 2)
        return super().fit(X, W=w, H=h)


def factors(X, components):
    n, d = X.shape
    w = np.array([[(3 * i + 5 * k) % 7 + 1.0 for k in range(components)] for i in range(n)])
    return w / 4, np.array([[(2 * j + 3 * k) % 5 + 1.0 for j in range(d)] for k in range(components)]) / 2


def given_factors():
    for ref in (IRIS, {"dataset": "wine", "columns": [0, 1, 2, 5, 6, 9]}, {"dataset": "digits", "columns": list(range(18, 46, 7))}):
        for solver in ("cd", "mu"):
            options = {"solver": solver, "max_iter": 20, "tol": 0}
            learned = ("components", "reconstruction_err", "n_iter")
            one = case(FromGiven(2, init="custom", **options), ref, learned, (), options, tolerance=1e-8)
            yield {**one, "name": f"NMF of given factors by {solver} of {ref['dataset']}", "estimator": "NMF", "isGiven": True}


def divergences():
    """Updates that lower other divergences. scikit-learn's transform starts and stops by all rows: ours by each alone."""
    for ref in (IRIS, {"dataset": "wine", "columns": [0, 1, 2, 5, 6, 9]}, {"dataset": "digits", "columns": list(range(18, 46, 3))}):
        betas = ("kullback-leibler", 1.5) if ref["dataset"] == "digits" else ("kullback-leibler", "itakura-saito", 0.5, 3)
        for beta in betas:
            for more in ({}, {"alpha_W": 0.01, "l1_ratio": 0.5, "alpha_H": 0.002}):
                # Its penalty on absolute values grows with each round of a transform by Kullback and Leibler's.
                more = {**more, "l1_ratio": 0} if more and beta == "kullback-leibler" else more
                options = {"n_components": 2, "init": "nndsvda", "solver": "mu", "beta_loss": beta, "tol": 1e-5, **more}
                model = NMF(**options, random_state=0)
                params = {key.replace("_W", "_w").replace("_H", "_h"): value for key, value in options.items()}
                learned = ("components", "reconstruction_err", "n_iter")
                one = case(model, ref, learned, (), params, tolerance=1e-6)
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    rows = [model.transform(row[None]) for row in rows_of(ref)[1][:LIMIT]]
                one["outputs"] = {"transform": np.vstack(rows)}
                yield one


def increments():
    for ref in (IRIS, WINE, DIABETES):
        for options in ({"n_components": 3}, {"n_components": 2, "batch_size": 40, "whiten": True}, {"batch_size": 30}):
            learned = ("explained_variance", "explained_variance_ratio", "singular_values", "mean", "var", "noise_variance")
            yield case(IncrementalPCA(**options), ref, (*learned, "n_samples_seen"), (), options)


def main():
    groups = (k_means, trees, mixtures, envelopes, factorisations, divergences, increments)
    write("clustering", cases=[one for group in groups for one in group()])


if __name__ == "__main__":
    main()
