"""ranking.json: LightGBM's lambdarank.

    {"X", "grades", "group", "test": {"X", "grades", "group"}, "cases": [case]}

Data: queries of 1 to 40 rows with grades 0 to 4, some all alike; one data set for all cases. Cases. "name", "params",
perhaps "sampleWeight", and what LightGBM gives for the test rows: "first" (scores after one round) and, after all 40
rounds, the "ndcg" at 5. Columns have so few values that both libraries cut them at the same places.
"""

import lightgbm
import numpy as np
from common import write

NAMES = {
    "sigmoid": "sigmoid",
    "truncationLevel": "lambdarank_truncation_level",
    "normalize": "lambdarank_norm",
    "labelGain": "label_gain",
    "maxLeafNodes": "num_leaves",
    "minChildWeight": "min_sum_hessian_in_leaf",
    "learningRate": "learning_rate",
    "l2Regularization": "lambda_l2",
}


def data(queries, seed):
    rng = np.random.default_rng(seed)
    group = rng.integers(1, 41, queries)
    rows = group.sum()
    X = np.round(rng.normal(size=(rows, 4)) * 8) / 8
    value = X[:, 0] + 0.7 * X[:, 1] * X[:, 2] + rng.normal(size=rows) / 2
    # Queries differ in level, which no ranker needs to know.
    grades = np.clip(np.round(value + np.repeat(rng.normal(size=queries), group) + 1), 0, 4)
    X[rng.uniform(size=X.shape) < 0.05] = np.nan
    return X, grades, group


def ndcg(scores, grades, group, gains, at=5):
    sums, start = [], 0
    for count in group:
        gain = gains[grades[start : start + count].astype(int)]
        order = np.argsort(-scores[start : start + count], kind="stable")
        start += count
        discount = 1 / np.log2(np.arange(min(at, count)) + 2)
        best = np.sort(gain)[::-1][:at] @ discount
        sums.append(gain[order][:at] @ discount / best if best > 0 else 1)
    return np.mean(sums)


def main():
    X, grades, group = data(120, 1)
    test = data(20, 2)
    small = {"maxLeafNodes": 8, "minSamplesLeaf": 1, "minChildWeight": 0.5, "learningRate": 0.1}
    cases = []
    for name, own, weighted in [
        ("defaults", {}, False),
        ("weights", {}, True),
        ("not normalised", {"normalize": False}, False),
        ("steep, few pairs", {"sigmoid": 2.0, "truncationLevel": 4}, False),
        ("gains of grades", {"labelGain": [0, 1, 2, 3, 10], "l2Regularization": 1.0}, False),
    ]:
        params = {**small, **own}
        weight = np.arange(len(grades)) % 5 / 4 + 0.5 if weighted else None
        fixed = {
            "objective": "lambdarank",
            "verbose": -1,
            "num_threads": 1,
            "deterministic": True,
            "force_row_wise": True,
            "min_data_in_bin": 1,
            # It counts rows by their Hessians, which for a ranking differ too much.
            "min_data_in_leaf": 0,
            "feature_pre_filter": False,
        }
        table = lightgbm.Dataset(X, grades, group=group, weight=weight, params=fixed)
        model = lightgbm.train({**fixed, **{NAMES[k]: v for k, v in params.items() if k in NAMES}}, table, 40)
        gains = np.array(own.get("labelGain", 2.0 ** np.arange(5) - 1))
        case = {
            "name": name,
            "params": params,
            "first": model.predict(test[0], raw_score=True, num_iteration=1),
            "ndcg": ndcg(model.predict(test[0], raw_score=True), test[1], test[2], gains),
        }
        if weighted:
            case["sampleWeight"] = weight
        cases.append(case)
    part = lambda X, grades, group: {"X": X, "grades": grades, "group": group}
    write("ranking", **part(X, grades, group), test=part(*test), cases=cases)


if __name__ == "__main__":
    main()
