"""tree-dependence.json: partial dependence of sums of trees by recursion.

    {"cases": [{"name", "input" (see common.py: fitted on its training rows), "estimator", "params", "features", "resolution",
                "average": [outputs, ...], with the constant that boosting starts from}]}
"""

from common import camel_keys, load, split, write
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.inspection import partial_dependence
from sklearn.tree import DecisionTreeRegressor


def base_of(model):
    if isinstance(model, GradientBoostingRegressor):
        return model.init_.constant_.ravel()[0]
    # One number: all have one output.
    return model._baseline_prediction.item() if hasattr(model, "_baseline_prediction") else 0


def cases():
    diabetes = {"dataset": "diabetes", "columns": [0, 2, 3, 6, 8]}
    wine = {"dataset": "wine", "target": 0, "columns": [0, 1, 4, 6, 9]}
    # Of columns without equally good splits: trees part these in other ways.
    texture = {"dataset": "breastCancer", "target": 1, "columns": [0, 1, 4, 8, 9]}
    cancer = {"dataset": "breastCancer", "columns": [0, 1, 4, 8]}
    boosted = {"max_iter": 8, "max_leaf_nodes": 6, "early_stopping": False}
    for make, params, refs in (
        (DecisionTreeRegressor, {"max_depth": 4, "min_samples_leaf": 5}, (diabetes, wine)),
        (GradientBoostingRegressor, {"n_estimators": 6, "max_depth": 2, "random_state": 0}, (diabetes, texture)),
        (HistGradientBoostingRegressor, boosted, (diabetes, wine)),
        (HistGradientBoostingClassifier, boosted, (cancer,)),
    ):
        for ref in refs:
            X, y = load(ref)
            train, _ = split(len(X))
            model = make(**params).fit(X[train], y[train])
            for features in ([1], [0, 2]):
                found = partial_dependence(model, X[train], features, method="recursion", grid_resolution=6)
                yield {
                    "name": f"{make.__name__} of {ref}, {features}",
                    "input": ref,
                    "estimator": make.__name__,
                    "params": camel_keys(params),
                    "features": features,
                    "resolution": 6,
                    "average": found["average"] + base_of(model),
                }


def main():
    write("tree-dependence", cases=list(cases()))


if __name__ == "__main__":
    main()
