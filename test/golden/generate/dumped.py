"""dumped.json, and the files models/sklearn-*.boreal: models of scikit-learn as python/boreal_dump.py writes them.

    {"cases": [case]}

A case has its "file", the "rows" to predict (a list of records with null for missing values, or a matrix with "NaN"), the
"predictions" (labels or numbers) and, of classifiers, the "proba". One has the "names" of the columns that its first step makes.
Cases of forests have "shap": what the package shap says of the
first SHAP rows, "values" (outputs, rows, features) and "baseValue" (outputs). Rows lie on thresholds too.
"""

import sys

import numpy as np
import pandas as pd
import shap
from common import GOLDEN, write
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (ExtraTreesRegressor, GradientBoostingClassifier, GradientBoostingRegressor,
                              HistGradientBoostingClassifier, HistGradientBoostingRegressor, RandomForestClassifier,
                              RandomForestRegressor)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import ElasticNet, LinearRegression, LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier

sys.path.insert(0, str(GOLDEN.parents[1] / "python"))
from boreal_dump import dump  # noqa: E402

SHAP = 6
rng = np.random.default_rng(8)
X = np.round(rng.normal(size=(300, 4)), 2).astype(np.float32).astype(float)
signal = X[:, 0] + X[:, 1] * X[:, 2] + 0.3 * rng.normal(size=len(X))
CLASSES = np.array(["high", "low", "middle"])[np.digitize(signal, [-0.5, 0.7])]
BINARY = signal > 0
COUNT = rng.poisson(np.exp(signal / 3)).astype(float)
MISSING = np.where(rng.random(X.shape) < 0.15, np.nan, X)
FRAME = pd.DataFrame({
    "size": np.where(rng.random(300) < 0.1, np.nan, X[:, 0]),
    "age": X[:, 1],
    "town": pd.Series(np.where(rng.random(300) < 0.1, None, rng.choice(["Rome", "Oslo", "Bern"], 300)), dtype=object),
    "rooms": rng.integers(1, 4, 300).astype(float),
})
CODES = np.column_stack([X[:, 0], rng.integers(0, 9, 300)])
CODED = CODES[:, 0] + np.isin(CODES[:, 1], [1, 4, 5]) * 2 + 0.1 * rng.normal(size=300)


def thresholds(model):
    """Of the trees of scikit-learn, as (feature, value)."""
    trees = [tree.tree_ for tree in np.ravel(getattr(model, "estimators_", []))]
    return [(t.feature[k], t.threshold[k]) for t in trees for k in range(t.node_count) if t.feature[k] >= 0]


def test_rows(model, data):
    rows = np.array(data[:30], dtype=float)
    on = thresholds(model)
    for i, (feature, value) in enumerate(on[:: max(1, len(on) // 20)][:20]):
        row = np.array(data[i], dtype=float)
        for side in (np.float32(-np.inf), None, np.float32(np.inf)):
            near = np.float32(value)
            row[feature] = near if side is None else np.nextafter(near, side)
            rows = np.vstack([rows, row])
    return rows


def records(frame):
    return [{name: None if pd.isna(value) else value for name, value in row.items()} for row in frame.to_dict("records")]


def columns():
    """Numbers imputed and scaled, text imputed and encoded, and numbers as categories."""
    return ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), ["size", "age"]),
        ("town", make_pipeline(SimpleImputer(strategy="constant", fill_value="none", missing_values=None), OneHotEncoder(handle_unknown="ignore")), ["town"]),
        ("rooms", OneHotEncoder(drop="first"), ["rooms"]),
    ])


def trained():
    yield "tree", DecisionTreeClassifier(max_depth=5, random_state=0), MISSING, CLASSES
    yield "forest", RandomForestClassifier(8, max_depth=5, random_state=0), X, CLASSES
    yield "forest-binary", RandomForestClassifier(6, max_depth=4, random_state=0), MISSING, BINARY
    yield "forest-numbers", RandomForestRegressor(8, max_depth=5, random_state=0), X, signal
    yield "extra-trees", ExtraTreesRegressor(6, max_depth=5, random_state=0), X, signal
    yield "boosting", GradientBoostingRegressor(n_estimators=12, random_state=0), X, signal
    yield "boosting-huber", GradientBoostingRegressor(loss="huber", n_estimators=8, random_state=0), X, signal
    yield "boosting-binary", GradientBoostingClassifier(n_estimators=8, random_state=0), X, BINARY
    yield "boosting-exponential", GradientBoostingClassifier(loss="exponential", n_estimators=8, random_state=0), X, BINARY
    yield "boosting-classes", GradientBoostingClassifier(n_estimators=5, random_state=0), X, CLASSES
    yield "boosting-zero", GradientBoostingRegressor(init="zero", n_estimators=5, random_state=0), X, signal
    yield "hist", HistGradientBoostingRegressor(max_iter=10), MISSING, signal
    yield "hist-poisson", HistGradientBoostingRegressor(loss="poisson", max_iter=8), MISSING, COUNT
    yield "hist-binary", HistGradientBoostingClassifier(max_iter=8), MISSING, BINARY
    yield "hist-classes", HistGradientBoostingClassifier(max_iter=5), MISSING, CLASSES
    yield "hist-codes", HistGradientBoostingRegressor(max_iter=8, categorical_features=[1]), CODES, CODED
    # The first column of the trees is the second of X: categories come first.
    text = FRAME[["size", "town"]].assign(town=FRAME["town"].astype("category"))
    yield "hist-text", HistGradientBoostingRegressor(max_iter=8, categorical_features="from_dtype"), text, signal + (FRAME["town"] == "Oslo")
    yield "linear", make_pipeline(StandardScaler(), LinearRegression()), X, signal
    yield "ridge", make_pipeline(SimpleImputer(), Ridge()), MISSING, signal
    yield "elastic-net", ElasticNet(alpha=0.05), X, signal
    yield "logistic", make_pipeline(StandardScaler(with_mean=False), LogisticRegression()), X, CLASSES
    yield "columns", make_pipeline(columns(), LogisticRegression()), FRAME, BINARY
    yield "columns-forest", make_pipeline(columns(), RandomForestRegressor(5, max_depth=4, random_state=0)), FRAME, signal
    listed = OneHotEncoder(categories=[["Rome", "Aden", "Oslo", "Bern", None], [0.0, 1.0, 2.0, 3.0]], drop=["Aden", 2.0])
    yield "listed", make_pipeline(ColumnTransformer([("hot", listed, ["town", "rooms"])]), LinearRegression()), FRAME, signal
    named = OneHotEncoder(drop=["Oslo", True], feature_name_combiner=lambda column, category: f"{column}={category}")
    parts = ColumnTransformer([("hot", named, ["town", "new"])], verbose_feature_names_out=False)
    yield "named", make_pipeline(parts, LinearRegression()), FRAME.assign(new=FRAME["rooms"] > 2), signal


def shap_values(model, rows):
    explainer = shap.TreeExplainer(model)
    values = np.asarray(explainer.shap_values(rows), dtype=float)
    values = np.moveaxis(values, -1, 0) if values.ndim == 3 else values[np.newaxis]
    return {"values": values, "baseValue": np.atleast_1d(explainer.expected_value)}


def main():
    cases = []
    for name, model, data, y in trained():
        model.fit(data, y)
        file = f"sklearn-{name}.boreal"
        dump(model, GOLDEN / "models" / file, {"name": name})
        rows = data[:40] if isinstance(data, pd.DataFrame) else test_rows(model, data)
        case = {"file": file, "rows": records(rows) if isinstance(data, pd.DataFrame) else rows, "predictions": model.predict(rows)}
        if name == "named":
            case["names"] = list(model[0].get_feature_names_out())
        if hasattr(model, "predict_proba"):
            case["proba"] = model.predict_proba(rows)
        if name in ("tree", "forest", "forest-binary", "forest-numbers", "extra-trees", "boosting", "boosting-binary"):
            case["shap"] = shap_values(model, rows[:SHAP])
        cases.append(case)
    write("dumped", cases=cases)


if __name__ == "__main__":
    main()
