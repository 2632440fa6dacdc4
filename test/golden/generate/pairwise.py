"""pairwise.json: distances and kernels of rows of bundled data sets, with a row of zeros among them.

    {"rows", "others": how many of X and Y, "cases": [{"input", "metric", "distances"}],
     "kernels": [{"name", "input", "scale", "metric", "options", "values"}]: of absolute values times "scale",
     "special": [{"name", "input", "values"}]: by the name of the function; of haversine columns 0 and 1, of nan Euclidean distances with gaps}
"""

import numpy as np
from sklearn.metrics.pairwise import (
    haversine_distances,
    nan_euclidean_distances,
    paired_distances,
    pairwise_distances,
    pairwise_distances_argmin_min,
    pairwise_kernels,
)

from common import camel_keys, load, write

INPUTS = [{"dataset": "iris"}, {"dataset": "wine"}, {"dataset": "wine", "standardised": True}]
METRICS = ["euclidean", "sqeuclidean", "manhattan", "cosine"]
ROWS, OTHERS = 7, 9


def cases():
    for ref in INPUTS:
        X, _ = load(ref)
        Y = np.vstack([X[-OTHERS:], np.zeros((1, X.shape[1]))])
        for metric in METRICS:
            yield {"input": ref, "metric": metric, "distances": pairwise_distances(X[:ROWS], Y, metric=metric)}


KERNELS = {
    "additiveChi2": ("additive_chi2", ({},)),
    "chi2": ("chi2", ({}, {"gamma": 0.3})),
    "cosine": ("cosine", ({},)),
    "laplacian": ("laplacian", ({}, {"gamma": 0.2})),
    "linear": ("linear", ({},)),
    "poly": ("poly", ({}, {"degree": 2, "gamma": 0.5, "coef0": 0.25})),
    "rbf": ("rbf", ({}, {"gamma": 0.7})),
    "sigmoid": ("sigmoid", ({}, {"gamma": 0.1, "coef0": -0.5})),
}


def parts(ref, scale):
    X, _ = load(ref)
    X = np.abs(X) * scale
    return X[:ROWS], np.vstack([X[-OTHERS:], np.zeros((1, X.shape[1]))])


def kernels():
    for ref, scale in zip(INPUTS, (0.5, 0.01, 1.0)):
        X, Y = parts(ref, scale)
        for ours, (theirs, all_options) in KERNELS.items():
            for options in all_options:
                values = pairwise_kernels(X, Y, metric=theirs, **options)
                name = f"{ours} {options} of {ref}"
                yield {"name": name, "input": ref, "scale": scale, "metric": ours, "options": camel_keys(options), "values": values}


def special():
    for ref in INPUTS:
        X, Y = parts(ref, 1.0)
        yield {"name": "haversineDistances", "input": ref, "values": haversine_distances(X[:, :2] / 10, Y[:, :2] / 10)}
        gaps = np.add.outer(np.arange(ROWS), np.arange(X.shape[1])) % 3 == 0
        gaps[0] = True
        yield {"name": "nanEuclideanDistances", "input": ref, "values": nan_euclidean_distances(np.where(gaps, np.nan, X), Y)}
        marked = nan_euclidean_distances(np.where(gaps, -1, X), Y, missing_values=-1)
        yield {"name": "missingValues", "input": ref, "values": marked}
        for name, axis in (("pairwiseDistancesArgminMin", 1), ("axis 0", 0)):
            yield {"name": name, "input": ref, "values": pairwise_distances_argmin_min(X, Y, axis=axis)}
        yield {"name": "pairedDistances", "input": ref, "values": [paired_distances(X, Y[:ROWS], metric=m) for m in ("euclidean", "manhattan", "cosine")]}


def main():
    write("pairwise", rows=ROWS, others=OTHERS, cases=list(cases()), kernels=list(kernels()), special=list(special()))


if __name__ == "__main__":
    main()
