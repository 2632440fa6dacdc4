"""scikit-learn's side of the forest benchmark, and the data that both sides read.

  python forest_sklearn.py data FOLDER [--source synthetic|higgs|california] [--from PATH] [--rows N]
      writes FOLDER/{shape.txt, x_train.f32, x_test.f32} and y_{train,test}.u8 (classes) or .f64 (targets).
      higgs: PATH is a folder with higgs-binary.{train,test}.tsv, label first; california: the CSV file.
  python forest_sklearn.py fit FOLDER [--trees 100] [--jobs 2] [--seeds 1] [--first-seed 0]
      prints seconds, CPU seconds of all threads (a busy machine distorts them less) and test AUC or RMSE for
      each seed. Native twin: bench/native/forest_fit.cc.

The synthetic table imitates HIGGS: 28 continuous columns, no repeated values, noisy labels, some columns that
are non-linear functions of others.
"""

import argparse
import csv
import pathlib
import time

import numpy as np


def synthetic(rows, test_rows, seed=7):
    from sklearn.datasets import make_classification

    x, y = make_classification(
        n_samples=rows + test_rows, n_features=21, n_informative=14, n_redundant=3, n_clusters_per_class=8,
        class_sep=1.2, flip_y=0.12, random_state=seed)
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(len(x), 7))
    masses = np.column_stack([
        np.hypot(x[:, 0], x[:, 1]), x[:, 2] * x[:, 3], np.exp(x[:, 4] / 3), np.abs(x[:, 5]),
        np.arctan2(x[:, 6], x[:, 7]), x[:, 8] ** 2 - x[:, 9], np.sqrt(np.abs(x[:, 10] * x[:, 11]))])
    x = np.column_stack([x, masses + 0.3 * noise * masses.std(axis=0)])
    x = np.ascontiguousarray(x[:, rng.permutation(x.shape[1])], dtype=np.float32)
    return x[:rows], y[:rows], x[rows:], y[rows:]


def higgs(folder):
    folder = pathlib.Path(folder)
    train, test = (np.loadtxt(folder / f"higgs-binary.{part}.tsv") for part in ("train", "test"))
    return train[:, 1:], train[:, 0], test[:, 1:], test[:, 0]


def california(path):
    """The nine columns in file order with the category as its rank; missing bedrooms stay missing."""
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    target = "median_house_value"
    kinds = sorted({row["ocean_proximity"] for row in rows})
    names = [name for name in rows[0] if name not in (target, "ocean_proximity")]
    x = np.array([[float(row[name] or "nan") for name in names] + [kinds.index(row["ocean_proximity"])]
                  for row in rows])
    y = np.array([float(row[target]) for row in rows])
    order = np.random.default_rng(7).permutation(len(x))
    x, y, cut = x[order], y[order], len(x) * 4 // 5
    return x[:cut], y[:cut], x[cut:], y[cut:]


def write(folder, x_train, y_train, x_test, y_test, regression):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "shape.txt").write_text(f"{len(x_train)} {len(x_test)} {x_train.shape[1]}\n")
    for part, x, y in (("train", x_train, y_train), ("test", x_test, y_test)):
        np.ascontiguousarray(x, dtype=np.float32).tofile(folder / f"x_{part}.f32")
        np.asarray(y, dtype=np.float64 if regression else np.uint8).tofile(
            folder / f"y_{part}.{'f64' if regression else 'u8'}")


def fit(folder, trees, jobs, seeds):
    from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
    from sklearn.metrics import roc_auc_score, root_mean_squared_error

    rows, test_rows, cols = map(int, (folder / "shape.txt").read_text().split())
    regression = (folder / "y_train.f64").exists()
    x_train = np.fromfile(folder / "x_train.f32", dtype=np.float32).reshape(rows, cols)
    x_test = np.fromfile(folder / "x_test.f32", dtype=np.float32).reshape(test_rows, cols)
    suffix, dtype = ("f64", np.float64) if regression else ("u8", np.uint8)
    y_train, y_test = (np.fromfile(folder / f"y_{part}.{suffix}", dtype=dtype) for part in ("train", "test"))
    times, cpu_times, scores = [], [], []
    for seed in seeds:
        kind = RandomForestRegressor if regression else RandomForestClassifier
        model = kind(n_estimators=trees, n_jobs=jobs, random_state=seed)
        start, cpu_start = time.perf_counter(), time.process_time()
        model.fit(x_train, y_train)
        times.append(time.perf_counter() - start)
        cpu_times.append(time.process_time() - cpu_start)
        if regression:
            scores.append(root_mean_squared_error(y_test, model.predict(x_test)))
        else:
            scores.append(roc_auc_score(y_test, model.predict_proba(x_test)[:, 1]))
        nodes = np.mean([tree.tree_.node_count for tree in model.estimators_])
        print(f"seed {seed}: {times[-1]:.3f} s, {cpu_times[-1]:.3f} s of CPU, "
              f"{'RMSE' if regression else 'AUC'} {scores[-1]:.6g}, {nodes:.0f} nodes a tree", flush=True)
    print(f"scikit-learn: min {min(times):.3f} s, median {np.median(times):.3f} s, "
          f"min CPU {min(cpu_times):.3f} s, mean score {np.mean(scores):.6g}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    data = commands.add_parser("data")
    data.add_argument("folder", type=pathlib.Path)
    data.add_argument("--source", choices=["synthetic", "higgs", "california"], default="synthetic")
    data.add_argument("--from", dest="path")
    data.add_argument("--rows", type=int, default=100_000)
    train = commands.add_parser("fit")
    train.add_argument("folder", type=pathlib.Path)
    train.add_argument("--trees", type=int, default=100)
    train.add_argument("--jobs", type=int, default=2)
    train.add_argument("--seeds", type=int, default=1)
    train.add_argument("--first-seed", type=int, default=0)
    args = parser.parse_args()
    if args.command == "data":
        parts = {"synthetic": lambda: synthetic(args.rows, args.rows), "higgs": lambda: higgs(args.path),
                 "california": lambda: california(args.path)}[args.source]()
        write(args.folder, *parts, regression=args.source == "california")
    else:
        fit(args.folder, args.trees, args.jobs, range(args.first_seed, args.first_seed + args.seeds))


if __name__ == "__main__":
    main()
