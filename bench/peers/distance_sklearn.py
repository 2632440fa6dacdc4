"""The work of bench/native/distance.cc in scikit-learn, SciPy and NumPy, as the same JSON lines with a "peer".

    python bench/peers/distance_sklearn.py [threads [repeats]]
"""

import json
import sys
import time

import numpy as np
from scipy.spatial.distance import cdist
from sklearn.metrics import pairwise_distances, pairwise_distances_argmin_min
from sklearn.neighbors import NearestNeighbors
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

THREADS = int(sys.argv[1]) if len(sys.argv) > 1 else 1
REPEATS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
CDIST = {"euclidean": "euclidean", "cosine": "cosine", "manhattan": "cityblock"}


def report(peer, name, dtype, m, n, d, work):
    seconds = []
    for i in range(REPEATS + 1):  # the first warms up
        start = time.perf_counter()
        work()
        if i > 0:
            seconds.append(time.perf_counter() - start)
    line = {"suite": "distance", "name": name, "peer": peer, "dtype": dtype, "m": m, "n": n, "d": d}
    print(json.dumps({**line, "threads": THREADS, "seconds": float(f"{sorted(seconds)[REPEATS // 2]:.3e}")}), flush=True)


def largest(x, k):
    """np.argpartition and a sort of what it finds."""
    found = np.argpartition(x, -k, axis=1)[:, -k:]
    values = np.take_along_axis(x, found, axis=1)
    order = np.argsort(-values, axis=1)
    return np.take_along_axis(values, order, axis=1), np.take_along_axis(found, order, axis=1)


def run(dtype):
    data = np.random.default_rng(1).standard_normal(100_000 * 28).astype(dtype)
    view = lambda rows, cols: data[: rows * cols].reshape(rows, cols)
    for metric, cdist_metric in CDIST.items():
        for m, n, d in [(1000, 1000, 28), (4000, 4000, 28), (2000, 2000, 128), (2000, 2000, 784)]:
            x, y = view(m, d), view(n, d).copy()
            if metric != "manhattan" or m * n * d < 2e9:
                report("scikit-learn", metric, dtype, m, n, d, lambda: pairwise_distances(x, y, metric=metric))
            if dtype == "float64" and THREADS == 1 and m * n * d < 1e9:
                report("scipy", metric, dtype, m, n, d, lambda: cdist(x, y, cdist_metric))
    x = view(100_000, 28)
    for k in (10, 90):
        neighbours = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(x)
        report("scikit-learn", f"nearest-{k}", dtype, 2000, 100_000, 28, lambda: neighbours.kneighbors(x[:2000]))
    for n in (10, 256):
        y = x[:n].copy()
        report("scikit-learn", "nearest-1", dtype, 100_000, n, 28, lambda: pairwise_distances_argmin_min(x, y))
    for m, n in ((1000, 2000), (2, 1_000_000)):
        for k in (10, 100):
            report("numpy", f"top-{k}", dtype, m, n, 0, lambda: largest(view(m, n), k))
    for m, d in ((100_000, 28), (1_000_000, 2)):
        x = view(m, d)
        report("scikit-learn", "column-moments", dtype, m, 0, d, lambda: StandardScaler().fit(x))
        report("numpy", "column-moments", dtype, m, 0, d, lambda: (x.mean(0), x.var(0), x.min(0), x.max(0)))


if __name__ == "__main__":
    with threadpool_limits(THREADS):
        for dtype in ("float32", "float64"):
            run(dtype)
