"""manifold.json: affinities of t-SNE, fuzzy sets and curves of UMAP, and how good the layouts of both are.

    {"affinities": [{"name", "rows": a reference (see common.py), "neighbors", "perplexity", "offsets", "columns", "weights"}],
     "layouts": [{"name", "estimator", "params", "rows", "klDivergence" of t-SNE, "trustworthiness"}],
     "fuzzySets": [{"name", "rows", "params", "rhos", "sigmas", "offsets", "columns", "weights"}],
     "labelled": [{"name", "rows", "params", "weights" of a fuzzy set whose rows have labels}],
     "curves": [{"spread", "minDist", "a", "b"}],
     "trustworthiness": [{"rows", "layout", "nNeighbors", "metric", "value"}]}

Graphs are of every STEP-th row of their data set.
"""

import numpy as np
from common import load, write
from scipy.sparse import csr_matrix
from scipy.spatial.distance import squareform
from sklearn.manifold import TSNE, trustworthiness
from sklearn.manifold._t_sne import _joint_probabilities, _joint_probabilities_nn
from sklearn.metrics import pairwise_distances
from sklearn.neighbors import NearestNeighbors
from umap import UMAP
from umap.umap_ import (
    discrete_metric_simplicial_set_intersection,
    find_ab_params,
    fuzzy_simplicial_set,
    reset_local_connectivity,
)

WINE = {"dataset": "wine", "standardised": True}
CANCER = {"dataset": "breastCancer", "standardised": True}
DIABETES = {"dataset": "diabetes"}
STEPS = {"wine": 5, "breastCancer": 15, "diabetes": 12}


def some(ref):
    return load(ref)[0][:: STEPS[ref["dataset"]]]


def graph(matrix, digits=7):
    csr = matrix.tocsr()
    csr.sort_indices()
    weights = [float(f"{value:.{digits}g}") for value in csr.data]
    return {"offsets": csr.indptr.tolist(), "columns": csr.indices.tolist(), "weights": weights}


def dense_graph(p):
    return graph(csr_matrix(squareform(p)))


def affinities(ref, perplexity, exact):
    X = some(ref)
    neighbors = len(X) - 1 if exact else min(len(X) - 1, int(3 * perplexity + 1))
    if exact:
        found = dense_graph(_joint_probabilities(pairwise_distances(X, squared=True), perplexity, 0))
    else:
        distances = NearestNeighbors(n_neighbors=neighbors, algorithm="brute").fit(X).kneighbors_graph(mode="distance")
        distances.data **= 2
        found = graph(_joint_probabilities_nn(distances, perplexity, 0))
    name = f"{ref['dataset']}: perplexity {perplexity}{', exact' if exact else ''}"
    return {"name": name, "rows": ref, "neighbors": neighbors, "perplexity": perplexity, **found}


def neighbours(X, k, metric):
    distances = pairwise_distances(X, metric=metric)
    np.fill_diagonal(distances, -1)
    indices = np.argsort(distances, axis=1, kind="stable")[:, :k]
    np.fill_diagonal(distances, 0)
    return indices, np.take_along_axis(distances, indices, axis=1)


def fuzzy(ref, k, metric="euclidean", local_connectivity=1.0, mix=1.0):
    X = some(ref)
    indices, distances = neighbours(X, k, metric)
    return fuzzy_simplicial_set(
        X, k, None, metric, knn_indices=indices, knn_dists=distances, local_connectivity=local_connectivity, set_op_mix_ratio=mix
    )


def params_of(k, metric="euclidean", local_connectivity=1.0, mix=1.0):
    return {"nNeighbors": k, "metric": metric, "localConnectivity": local_connectivity, "setOpMixRatio": mix}


def fuzzy_set(ref, *how):
    strengths, sigmas, rhos = fuzzy(ref, *how)
    return {
        "name": f"{ref['dataset']}: {how}",
        "rows": ref,
        "params": params_of(*how),
        "rhos": [float(f"{v:.7g}") for v in rhos],
        "sigmas": [float(f"{v:.7g}") for v in sigmas],
        **graph(strengths),
    }


def labelled(ref, k, weight):
    strengths, _, _ = fuzzy(ref, k)
    labels = load(ref)[1][:: STEPS[ref["dataset"]]].astype(int)
    labels[::7] = -1
    far = 2.5 / (1 - weight) if weight < 1 else 1e12
    joined = discrete_metric_simplicial_set_intersection(strengths.tocoo(), labels, far_dist=far)
    params = {**params_of(k), "targetWeight": weight}
    return {"name": f"{ref['dataset']}: {weight}", "rows": ref, "params": params, "labels": labels.tolist(), **graph(joined)}


def tsne(ref, **params):
    X = load(ref)[0]
    model = TSNE(random_state=0, **params).fit(X)
    names = {"n_components": "nComponents", "method": "method", "perplexity": "perplexity", "metric": "metric"}
    words = {"barnes_hut": "barnesHut"}
    given = {names[name]: words.get(value, value) for name, value in params.items()}
    return {
        "name": f"{ref['dataset']}: t-SNE {given}",
        "estimator": "TSNE",
        "params": given,
        "rows": ref,
        "klDivergence": float(model.kl_divergence_),
        "trustworthiness": float(trustworthiness(X, model.embedding_)),
    }


def umap(ref, k):
    X = load(ref)[0]
    layout = UMAP(n_neighbors=k, random_state=0, n_jobs=1).fit_transform(X)
    return {
        "name": f"{ref['dataset']}: UMAP of {k} neighbours",
        "estimator": "UMAP",
        "params": {"nNeighbors": k},
        "rows": ref,
        "trustworthiness": float(trustworthiness(X, layout)),
    }


def curve(spread, min_dist):
    a, b = find_ab_params(spread, min_dist)
    return {"spread": spread, "minDist": min_dist, "a": float(a), "b": float(b)}


def trust(ref, k, metric):
    X = load(ref)[0]
    layout = X[:, [2, 8]]
    return {"rows": ref, "nNeighbors": k, "metric": metric, "value": float(trustworthiness(X, layout, n_neighbors=k, metric=metric))}


def main():
    write(
        "manifold",
        affinities=[
            affinities(WINE, 5, False),
            affinities(CANCER, 4, False),
            affinities(DIABETES, 3, False),
            affinities(WINE, 8, True),
        ],
        layouts=[
            tsne(WINE),
            tsne(CANCER),
            tsne(DIABETES, perplexity=15),
            tsne(WINE, method="exact"),
            tsne(DIABETES, n_components=3),
            umap(WINE, 15),
            umap(CANCER, 15),
            umap(DIABETES, 10),
        ],
        fuzzySets=[
            fuzzy_set(WINE, 6),
            fuzzy_set(CANCER, 5, "manhattan"),
            fuzzy_set(DIABETES, 7, "cosine", 2.5),
            fuzzy_set(WINE, 5, "euclidean", 1.0, 0.3),
        ],
        labelled=[labelled(WINE, 6, 0.5), labelled(CANCER, 5, 0.9), labelled(CANCER, 5, 1.0)],
        curves=[curve(1.0, 0.1), curve(1.0, 0.001), curve(2.5, 0.8), curve(0.5, 0.25)],
        trustworthiness=[trust(WINE, 5, "euclidean"), trust(CANCER, 12, "manhattan"), trust(DIABETES, 7, "cosine")],
    )


if __name__ == "__main__":
    main()
