"""splits.json: the folds of splitters that draw nothing at random.

    {"cases": [{"name", "splitter", "params", "rows", "groups" if there are any, "folds": [{"train", "test"}]}]}
"""

import numpy as np
from common import camel_keys, write
from sklearn.model_selection import GroupKFold, LeaveOneGroupOut, LeaveOneOut, TimeSeriesSplit


def case(splitter, params, rows, groups=None):
    folds = [{"train": train, "test": test} for train, test in splitter(**params).split(np.zeros((rows, 1)), None, groups)]
    made = {
        "name": f"{splitter.__name__} {params} of {rows} rows",
        "splitter": splitter.__name__,
        "params": camel_keys(params),
        "rows": rows,
        "folds": folds,
    }
    return made if groups is None else {**made, "groups": groups}


def cases():
    rng = np.random.default_rng(3)
    few = ["b", "a", "b", "c", "a", "b", "d"]
    many = rng.integers(0, 12, 60).tolist()
    for groups in (few, many):
        for n in (2, 3, 4):
            yield case(GroupKFold, {"n_splits": n}, len(groups), groups)
        yield case(LeaveOneGroupOut, {}, len(groups), groups)
    yield case(LeaveOneOut, {}, 5)
    for params in (
        {},
        {"n_splits": 3, "gap": 2},
        {"n_splits": 3, "max_train_size": 4},
        {"n_splits": 4, "test_size": 2, "gap": 1, "max_train_size": 5},
    ):
        yield case(TimeSeriesSplit, params, 23)


def main():
    write("splits", cases=list(cases()))


if __name__ == "__main__":
    main()
