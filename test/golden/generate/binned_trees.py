"""binned-trees.json: trees whose splits lie between bins, as trees on the codes of HistGradientBoosting's bins.

    {"cases": [{"name", "input" (see common.py: fitted on its training rows), "estimator", "params", "maxBins", "weighted",
                "leaves", "importances", "predictions" of the training rows}]}

Kept are trees that several seeds grow alike (see trees.py): where splits are equally good, boreal may take another one. Between the
codes that a node has, thresholds lie in the middle there and above the lower one here, so that only training rows compare.
"""

import numpy as np
from common import camel_keys, load, split, write
from sklearn.ensemble._hist_gradient_boosting.binning import _BinMapper
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from trees import SEEDS, structure


def cases():
    diabetes = {"dataset": "diabetes", "float32": True}
    missing = {"dataset": "diabetes", "float32": True, "missing": True}
    wine = {"dataset": "wine", "target": 0, "float32": True}
    cancer = {"dataset": "breastCancer", "float32": True}
    digits = {"dataset": "digits", "float32": True}
    for model, ref, params in (
        (DecisionTreeRegressor, diabetes, {"max_depth": 5, "min_samples_leaf": 4}),
        (DecisionTreeRegressor, missing, {"max_depth": 4, "min_samples_leaf": 8}),
        (DecisionTreeRegressor, diabetes, {"max_leaf_nodes": 9, "min_samples_leaf": 4}),
        (DecisionTreeRegressor, wine, {"min_samples_split": 20, "min_impurity_decrease": 0.001}),
        (DecisionTreeRegressor, wine, {"max_depth": 6, "ccp_alpha": 0.01, "min_samples_leaf": 3}),
        (DecisionTreeClassifier, cancer, {"max_depth": 3, "min_samples_leaf": 10}),
        (DecisionTreeClassifier, cancer, {"criterion": "entropy", "max_depth": 3, "min_samples_leaf": 10}),
        (DecisionTreeClassifier, digits, {"max_depth": 4, "min_samples_leaf": 8}),
        (DecisionTreeClassifier, digits, {"criterion": "entropy", "max_depth": 4, "min_samples_leaf": 8}),
    ):
        for bins in (8, 32, 255):
            for weighted in (False, True):
                X, y = load(ref)
                train, _ = split(len(X))
                weights = np.arange(len(train)) % 5 / 2 + 0.5 if weighted else None
                mapper = _BinMapper(n_bins=bins + 1, random_state=0)
                mapper.fit(X[train], sample_weight=weights)
                codes = mapper.transform(X).astype(float)
                codes[codes == mapper.missing_values_bin_idx_] = np.nan
                targets = [y[train]] * len(SEEDS)
                if model is DecisionTreeRegressor:
                    # Rounding prefers one of equally good splits, whatever the seed.
                    targets += [y[train] + 1e-9 * np.random.default_rng(s).uniform(size=len(train)) for s in range(4)]
                grown = [
                    model(random_state=s, **params).fit(codes[train], t, sample_weight=weights) for s, t in enumerate(targets)
                ]
                if len({structure(tree) for tree in grown}) > 1:
                    continue
                yield {
                    "name": f"{model.__name__} of {ref}, {params}, {bins} bins{', weights' if weighted else ''}",
                    "input": ref,
                    "estimator": model.__name__.replace("DecisionTree", "RandomForest"),
                    "params": camel_keys(params),
                    "maxBins": bins,
                    "weighted": weighted,
                    "leaves": grown[0].get_n_leaves(),
                    "importances": grown[0].feature_importances_,
                    "predictions": grown[0].predict(codes[train]),
                }


def main():
    write("binned-trees", cases=list(cases()))


if __name__ == "__main__":
    main()
