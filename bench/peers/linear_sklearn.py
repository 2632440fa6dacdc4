"""LinearRegression, Ridge and LogisticRegression of scikit-learn beside boreal's native core.

    python linear_sklearn.py BUILD/bench_linear_fit

Each case runs both on the same float64 data and prints the wall time of one fit (minimum and median of several),
the largest difference of the coefficients relative to the largest coefficient, and the iterations. Unset
OPENBLAS_CORETYPE and OPENBLAS_L2_SIZE first: they can slow the peer down.
"""

import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

warnings.filterwarnings("ignore", category=ConvergenceWarning)
REPEATS = 7


def cases():
    rng = np.random.default_rng(7)
    x = rng.normal(size=(100_000, 28)) @ rng.normal(size=(28, 28)) / 5 + rng.normal(size=28)
    score = x @ rng.normal(size=28) / 3
    y = score + rng.normal(size=len(x))
    weights = rng.uniform(0.1, 2, len(x))
    labels = (score + rng.logistic(size=len(x)) > np.median(score)).astype(float)
    scores = x @ rng.normal(size=(28, 5)) / 3 + rng.gumbel(size=(len(x), 5))
    yield "least squares 100k x 28", "ridge", x, y, None, 0.0
    yield "least squares 100k x 28 weighted", "ridge", x, y, weights, 0.0
    yield "ridge 100k x 28", "ridge", x, y, None, 1.0
    yield "logistic 100k x 28, 2 classes", "logistic", x, labels, None, 1.0
    yield "logistic 100k x 28 weighted", "logistic", x, labels, weights, 1.0
    yield "logistic 100k x 28, 5 classes", "logistic", x, scores.argmax(axis=1).astype(float), None, 1.0

    wide = rng.normal(size=(200, 1000)) + 3
    many = rng.normal(size=(200, 3))
    yield "least squares 200 x 1000, 3 targets", "ridge", wide, many, None, 0.0
    yield "ridge 200 x 1000, 3 targets", "ridge", wide, many, None, 0.5
    tall = rng.normal(size=(20_000, 300))
    yield "least squares 20k x 300", "ridge", tall, tall @ rng.normal(size=300) + rng.normal(size=len(tall)), None, 0.0
    one_hot = np.column_stack([np.eye(4)[rng.integers(4, size=1000)], np.eye(3)[rng.integers(3, size=1000)], x[:1000]])
    yield "least squares, one-hot (rank-deficient)", "ridge", one_hot, y[:1000], weights[:1000], 0.0
    for name, data in {"breast cancer": load_breast_cancer(), "iris": load_iris(), "digits": load_digits()}.items():
        scaled = (data.data - data.data.mean(axis=0)) / np.where(data.data.std(axis=0) == 0, 1, data.data.std(axis=0))
        yield f"logistic {name}", "logistic", scaled, data.target.astype(float), None, 1.0
        yield f"logistic {name}, not scaled", "logistic", data.data, data.target.astype(float), None, 1.0


def peer_model(kind, parameter):
    if kind == "logistic":
        return LogisticRegression(C=parameter)
    return Ridge(alpha=parameter) if parameter > 0 else LinearRegression()


def native_fit(program, directory, kind, x, y, weights, parameter):
    for name, array in (("x", x), ("y", y), ("w", weights)):
        if array is not None:
            np.ascontiguousarray(array, dtype="<f8").tofile(directory / name)
    targets = int(y.max()) + 1 if kind == "logistic" else (1 if y.ndim == 1 else y.shape[1])
    weight_file = "-" if weights is None else directory / "w"
    arguments = [kind, *x.shape, targets, directory / "x", directory / "y", weight_file, parameter, REPEATS]
    command = [program, *map(str, arguments), str(directory / "out")]
    times = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    return [float(t) for t in times], np.fromfile(directory / "out", dtype="<f8")


def main():
    program = sys.argv[1]
    print(f"{'':40} {'sklearn ms':>16} {'boreal ms':>16} {'ratio':>6} {'difference':>11}  iterations")
    with tempfile.TemporaryDirectory() as directory:
        for name, kind, x, y, weights, parameter in cases():
            times = []
            for _ in range(REPEATS):
                start = time.perf_counter()
                model = peer_model(kind, parameter).fit(x, y, sample_weight=weights)
                times.append((time.perf_counter() - start) * 1e3)
            (best, median), result = native_fit(program, Path(directory), kind, x, y, weights, parameter)
            coef = model.coef_.ravel()
            intercept = np.ravel(model.intercept_)
            expected = np.concatenate([coef, intercept])
            difference = np.abs(result[: len(expected)] - expected).max() / np.abs(expected).max()
            iterations = f"{model.n_iter_[0]} / {int(result[-1])}" if kind == "logistic" else ""
            peer = f"{min(times):.1f} {statistics.median(times):.1f}"
            ours = f"{best:.1f} {median:.1f}"
            print(f"{name:40} {peer:>16} {ours:>16} {min(times) / best:6.2f} {difference:11.1e}  {iterations}")


if __name__ == "__main__":
    main()
