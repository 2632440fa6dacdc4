"""Distances between rows of bundled data sets, with a row of zeros among them."""

import numpy as np
from sklearn.metrics.pairwise import pairwise_distances

from common import load, write

INPUTS = [{"dataset": "iris"}, {"dataset": "wine"}, {"dataset": "wine", "standardised": True}]
METRICS = ["euclidean", "sqeuclidean", "manhattan", "cosine"]
ROWS, OTHERS = 7, 9


def cases():
    for ref in INPUTS:
        X, _ = load(ref)
        Y = np.vstack([X[-OTHERS:], np.zeros((1, X.shape[1]))])
        for metric in METRICS:
            yield {"input": ref, "metric": metric, "distances": pairwise_distances(X[:ROWS], Y, metric=metric)}


def main():
    write("pairwise", rows=ROWS, others=OTHERS, cases=list(cases()))


if __name__ == "__main__":
    main()
