"""compositions.json: unions, functions, indicators, transformed targets and target encoding.

    {"unions": [case], "functions": [case], "indicators": [case], "targets": [case], "encoders": [case]}

A case has "name", an "input" (a reference, see common.py: fitted on its training rows) and of what scikit-learn gives "names"
of the columns that come out and "output" for the first LIMIT test rows; for "targets" also "coefficients".
"encoders": with "params", "mean", "encodings" (a list per column that comes out), "output" for the test rows and "across": the
first LIMIT rows of fit_transform with folds of consecutive rows.
"""

import numpy as np
from common import camel_keys, load, split, write
from sklearn.compose import TransformedTargetRegressor
from sklearn.impute import MissingIndicator
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.pipeline import FeatureUnion
from sklearn.preprocessing import FunctionTransformer, MinMaxScaler, PolynomialFeatures, StandardScaler, TargetEncoder

LIMIT = 12
SETS = ("iris", "wine", "diabetes")


def rows(ref):
    X, y = load(ref)
    train, test = split(len(X))
    return X[train], y[train], X[test][:LIMIT]


def unions():
    for name in SETS:
        ref = {"dataset": name}
        X, _, test = rows(ref)
        for weights in (None, {"scaled": 2.5}):
            union = FeatureUnion(
                [
                    ("scaled", StandardScaler()),
                    ("products", PolynomialFeatures(2, interaction_only=True, include_bias=False)),
                    ("same", "passthrough"),
                    ("none", "drop"),
                ],
                transformer_weights=weights,
            ).fit(X)
            yield {"name": f"{name}, {weights}", "input": ref, "weights": weights, "output": union.transform(test)}


def functions():
    log1p, expm1 = np.log1p, np.expm1
    for name in ("iris", "wine", "digits"):
        ref = {"dataset": name}
        X, _, test = rows(ref)
        for func, inverse, f, g in (
            ("log1p", "expm1", log1p, expm1),
            ("sqrt", "square", np.sqrt, np.square),
            ([["sub", 3], ["div", 2]], [["mul", 2], ["add", 3]], lambda x: (x - 3) / 2, lambda x: x * 2 + 3),
        ):
            model = FunctionTransformer(f, g).fit(X)
            output = model.transform(test)
            yield {
                "name": f"{name}, {func}",
                "input": ref,
                "params": {"func": func, "inverseFunc": inverse},
                "output": output,
                "inverse": model.inverse_transform(output),
            }


def indicators():
    for name in SETS:
        for features in ("missing-only", "all"):
            ref = {"dataset": name, "missing": True}
            X, _, test = rows(ref)
            X = X.copy()
            model = MissingIndicator(features=features, error_on_new=False).fit(X)
            yield {
                "name": f"{name}, {features}",
                "input": ref,
                "params": {"features": features, "errorOnNew": False},
                "features": model.features_,
                "output": model.transform(test).astype(float),
            }


def targets():
    for name in SETS:
        ref = {"dataset": name, "target": 0} if name != "diabetes" else {"dataset": name}
        X, y, test = rows(ref)
        for kind in ("log", "scaled", "plain"):
            options = {
                "log": {"func": np.log1p, "inverse_func": np.expm1},
                "scaled": {"transformer": MinMaxScaler()},
                "plain": {},
            }[kind]
            regressor = Ridge() if kind == "scaled" else LinearRegression()
            model = TransformedTargetRegressor(regressor, **options).fit(X, y)
            yield {
                "name": f"{name}, {kind}",
                "input": ref,
                "kind": kind,
                "output": model.predict(test),
            }


def encoders():
    for name, target in (("iris", None), ("wine", None), ("diabetes", None), ("breastCancer", None)):
        # Bins of the data's values as categories.
        X, y = load({"dataset": name})
        X = X[:, :4]
        X = np.floor((X - X.min(axis=0)) / (np.ptp(X, axis=0) / 6))
        train, test = split(len(X))
        for params in ({}, {"smooth": 3.5}, {"smooth": 0.0}):
            kind = "continuous" if name == "diabetes" else "auto"
            folds = KFold(4) if name == "diabetes" else StratifiedKFold(4)
            model = TargetEncoder(target_type=kind, cv=folds, **params).fit(X[train], y[train])
            across = TargetEncoder(target_type=kind, cv=folds, **params).fit_transform(X[train], y[train])
            unseen = X[test][:LIMIT].copy()
            unseen[0, 0], unseen[1, 1] = 77, np.nan
            yield {
                "name": f"{name}, {params}",
                "params": camel_keys({"target_type": kind, **params}),
                "X": X[train],
                "y": y[train],
                "test": unseen,
                "mean": np.atleast_1d(model.target_mean_),
                "encodings": model.encodings_,
                "names": [str(n).replace(".0", "") for n in model.get_feature_names_out()],
                "output": model.transform(unseen),
                "across": across[:LIMIT],
            }


def main():
    write(
        "compositions",
        unions=list(unions()),
        functions=list(functions()),
        indicators=list(indicators()),
        targets=list(targets()),
        encoders=list(encoders()),
    )


if __name__ == "__main__":
    main()
