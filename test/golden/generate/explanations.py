"""explanations.json: Shapley values as the package shap, XGBoost and LightGBM compute them.

    {"shap": version, "trees": [case], "imported": [case]}

Trees. A case has "name", "estimator", "params" and an "input" (a reference, see common.py) of a decision tree of
scikit-learn that has only one right form (see trees.py), and what shap says of the first LIMIT test rows: "values"
(outputs, rows, features), "baseValue" (outputs), "interactions" of the first PAIRS of them (outputs, rows, features *
features); and "interventional" with the training rows i, i % 10 == 0, as the background: "values" and "baseValue", null for data with missing values.

Imported. A case has the "file" of a model in models/ and, for the rows `ROWS` of interchange.json, what the library that
wrote it says: "values" (outputs, rows, features), "baseValue" (outputs) and, from XGBoost, "interactions" of the first
PAIRS rows.
"""

import json

import lightgbm as lgb
import numpy as np
import shap
import xgboost as xgb
from common import GOLDEN, camel_keys, load, split, write
from interchange import MODELS, XGBOOST, LIGHTGBM
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from trees import SEEDS, structure

LIMIT = 10
PAIRS = 3
ROWS = [*range(0, 8), *range(60, 68), *range(120, 128)]
TREES = [
    ("iris", DecisionTreeClassifier, {"min_samples_leaf": 20}, {"missing": True}),
    ("wine", DecisionTreeClassifier, {"max_depth": 2}, {}),
    ("breastCancer", DecisionTreeClassifier, {"max_depth": 2}, {"missing": True}),
    ("diabetes", DecisionTreeRegressor, {"max_depth": 5, "min_samples_leaf": 5}, {}),
    ("diabetes", DecisionTreeRegressor, {"min_samples_split": 30}, {}),
    ("diabetes", DecisionTreeRegressor, {"min_samples_leaf": 10}, {"missing": True}),
]


def by_output(values, outputs):
    values = np.asarray(values, dtype=np.float64)
    return np.moveaxis(values, -1, 0) if outputs > 1 else values[np.newaxis]


def flat_pairs(values):
    outputs, rows = values.shape[:2]
    return values.reshape(outputs, rows, -1)


def trees():
    cases = []
    for name, kind, params, more in TREES:
        ref = {"dataset": name, "float32": True, **more}
        X, y = load(ref)
        train, test = split(len(X))
        models = [kind(random_state=seed, **params).fit(X[train], y[train]) for seed in SEEDS]
        if len({structure(model) for model in models}) > 1:
            raise ValueError(f"{name} {params} has several right forms")
        model, rows = models[0], X[test][:LIMIT]
        outputs = len(model.classes_) if kind is DecisionTreeClassifier else 1
        explainer = shap.TreeExplainer(model)
        background = X[train][::10]
        against = shap.TreeExplainer(model, background, feature_perturbation="interventional")
        cases.append({
            "name": f"{name}, {params}, {more}",
            "estimator": kind.__name__,
            "params": camel_keys(params),
            "input": ref,
            "values": by_output(explainer.shap_values(rows), outputs),
            "baseValue": np.atleast_1d(explainer.expected_value),
            "interactions": flat_pairs(by_output(explainer.shap_interaction_values(rows[:PAIRS]), outputs)),
            # shap sends missing values of these to the right, whatever the node says.
            "interventional": None if "missing" in ref else {
                "values": by_output(against.shap_values(rows), outputs),
                "baseValue": np.atleast_1d(against.expected_value),
            },
        })
    return cases


def read_rows():
    rows = json.loads((GOLDEN / "interchange.json").read_text())["rows"]
    return np.array(rows, dtype=np.float64)[ROWS]  # "NaN" too


def split_bias(contributions):
    """[rows, outputs, features + 1] -> values [outputs, rows, features], the bias [outputs]."""
    contributions = np.moveaxis(np.asarray(contributions, dtype=np.float64), 1, 0)
    return {"values": contributions[:, :, :-1], "baseValue": contributions[:, 0, -1]}


def imported():
    rows, cases = read_rows(), []
    for name, format, *_ in XGBOOST:
        if name.startswith("linear") or name == "one-tree":  # no trees; not offered for vector leaves
            continue
        file = f"xgboost-{name}.{format}"
        model = xgb.Booster(model_file=MODELS / file)
        types = ["q", "q", "q", "c" if name.startswith("categories") else "q"]
        data = xgb.DMatrix(rows, feature_types=types, enable_categorical=True)
        few = xgb.DMatrix(rows[:PAIRS], feature_types=types, enable_categorical=True)
        pairs = model.predict(few, pred_interactions=True, strict_shape=True).astype(np.float64)
        pairs = np.moveaxis(pairs[:, :, :-1, :-1], 1, 0)
        contributions = model.predict(data, pred_contribs=True, strict_shape=True)
        cases.append({"file": file, **split_bias(contributions), "interactions": flat_pairs(pairs)})
    for name, *_ in LIGHTGBM:
        if name.startswith("linear"):  # not offered
            continue
        file = f"lightgbm-{name}.txt"
        model = lgb.Booster(model_file=MODELS / file)
        contributions = model.predict(rows, pred_contrib=True)
        if name == "forest":  # LightGBM averages what a forest predicts, and not these
            contributions = contributions / model.num_trees()
        cases.append({"file": file, **split_bias(contributions.reshape(len(rows), -1, rows.shape[1] + 1))})
    return cases


def main():
    write("explanations", shap=shap.__version__, rows=ROWS, trees=trees(), imported=imported())


if __name__ == "__main__":
    main()
