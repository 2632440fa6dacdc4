"""splits.json: the folds of splitters that draw nothing at random.

    {"cases": [{"name", "splitter", "params", "rows", "y" and "groups" if there are any, "folds": [{"train", "test"}]}]}
"""

import numpy as np
from common import camel_keys, write
from sklearn.model_selection import (
    GroupKFold,
    LeaveOneGroupOut,
    LeaveOneOut,
    LeavePGroupsOut,
    LeavePOut,
    PredefinedSplit,
    StratifiedGroupKFold,
    TimeSeriesSplit,
)


def case(splitter, params, rows, groups=None, y=None):
    folds = [{"train": train, "test": test} for train, test in splitter(**params).split(np.zeros((rows, 1)), y, groups)]
    made = {
        "name": f"{splitter.__name__} {params} of {rows} rows",
        "splitter": splitter.__name__,
        "params": camel_keys(params),
        "rows": rows,
        "folds": folds,
    }
    made = made if groups is None else {**made, "groups": groups}
    return made if y is None else {**made, "y": y}


def cases():
    rng = np.random.default_rng(3)
    few = ["b", "a", "b", "c", "a", "b", "d"]
    many = rng.integers(0, 12, 60).tolist()
    for groups in (few, many):
        for n in (2, 3, 4):
            yield case(GroupKFold, {"n_splits": n}, len(groups), groups)
        yield case(LeaveOneGroupOut, {}, len(groups), groups)
    yield case(LeavePGroupsOut, {"n_groups": 2}, len(few), few)
    yield case(LeavePGroupsOut, {"n_groups": 3}, len(few), few)
    for groups, classes in ((many, 2), (many, 3), (rng.integers(0, 25, 80).tolist(), 4)):
        y = np.sort(rng.integers(0, classes, len(groups))).tolist()
        for n in (2, 3, 5):
            yield case(StratifiedGroupKFold, {"n_splits": n}, len(groups), groups, y)
    yield case(LeavePOut, {"p": 2}, 5)
    yield case(LeavePOut, {"p": 3}, 5)
    yield case(PredefinedSplit, {"test_fold": [2, 0, -1, 0, 2, 7, -1, 7]}, 8)
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
