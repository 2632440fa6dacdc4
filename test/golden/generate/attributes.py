"""attributes.json: what a few fitted models say of themselves, and what imputers and searches undo.

    {"cases": [{"name", "estimator", "params", "input": a reference (see common.py), "learned": {attribute or method without arguments: value},
                "inverse": {"X", "output"} or null, X being transformed test rows}],
     "envelopes": [{"name", "params", "input", "dist", "rawSupport" and "support" as places, "corrected", "reweighted": {"location", "covariance",
                    "support" as places}, "norms": [[norm, scaling, squared, errorNorm of the unit matrix]]}]}
"""

import numpy as np
from common import camel, camel_keys, load, split, write
from sklearn.covariance import EllipticEnvelope
from sklearn.decomposition import IncrementalPCA
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.feature_selection import RFE
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Perceptron, Ridge, SGDClassifier, SGDRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import MinMaxScaler
from sklearn.tree import DecisionTreeClassifier

LIMIT = 5
IRIS = {"dataset": "iris"}
WINE = {"dataset": "wine", "standardised": True, "columns": [0, 1, 4, 5, 8]}
DIABETES = {"dataset": "diabetes", "standardised": True}
MISSING = [{**ref, "missing": True} for ref in (IRIS, WINE, DIABETES)]


def case(model, ref, learned=(), inverse=False, params=None):
    X, y = load(ref)
    train, test = split(len(X))
    model.fit(X[train], y[train])
    values = {}
    for name in learned:
        value = getattr(model, f"{name}_" if hasattr(model, f"{name}_") else name)
        values[camel(name)] = value() if callable(value) else value
    undone = None
    if inverse:
        rows = model.transform(X[test][:LIMIT])
        undone = {"X": rows, "output": model.inverse_transform(rows)}
    kind = type(model).__name__
    own = camel_keys(params or {})
    name = f"{kind} {' '.join(f'{key}={value}' for key, value in own.items())} of {ref['dataset']}"
    return {"name": name, "estimator": kind, "params": own, "input": ref, "learned": values, "inverse": undone}


def cases():
    for ref in (IRIS, WINE, DIABETES):
        for params in ({"n_components": 2}, {"n_components": 3, "batch_size": 40}, {"batch_size": 30}):
            yield case(IncrementalPCA(**params), ref, ("get_covariance", "get_precision"), params=params)
        for params in ({}, {"feature_range": (-2, 3)}):
            yield case(MinMaxScaler(**params), ref, ("min", "scale"), params=params)
        for params in ({"max_features": "sqrt"}, {"max_features": 0.7}, {"max_features": 3}, {}):
            yield case(DecisionTreeClassifier(**params, random_state=0), ref, ("max_features",), params=params)
            small = {"n_estimators": 2, **params}
            yield case(GradientBoostingRegressor(**small, random_state=0), ref, ("max_features",), params=small)
        steps = {"max_iter": 3, "tol": None}
        for kind in (SGDRegressor,) if ref is DIABETES else (SGDRegressor, SGDClassifier, Perceptron):
            yield case(kind(**steps, random_state=0), ref, ("t",), params=steps)
        search = GridSearchCV(RFE(Ridge()), {"n_features_to_select": [2, 3]}, cv=3)
        yield case(search, ref, inverse=True)
    for ref in MISSING:
        for params in ({"add_indicator": True}, {"add_indicator": True, "strategy": "median"}):
            yield case(SimpleImputer(**params), ref, inverse=True, params=params)


def envelopes():
    for ref in ({**IRIS, "columns": [0, 1, 2]}, {**WINE, "columns": [0, 1, 4]}, {**DIABETES, "columns": [2, 3]}):
        for params in ({}, {"support_fraction": 0.8}):
            X, y = load(ref)
            X = X[split(len(X))[0]]
            model = EllipticEnvelope(**params, random_state=0).fit(X)
            places = lambda mask: np.flatnonzero(mask)
            unit = np.eye(X.shape[1])
            one = {
                "name": f"EllipticEnvelope {params} of {ref['dataset']}",
                "params": {**camel_keys(params), "randomState": 0},
                "input": ref,
                "dist": model.dist_[:: len(X) // 12],
                "rawSupport": places(model.raw_support_),
                "support": places(model.support_),
                "norms": [
                    [norm, scaling, squared, model.error_norm(unit, norm, scaling, squared)]
                    for norm in ("frobenius", "spectral")
                    for scaling in (True, False)
                    for squared in (True, False)
                ],
            }
            # These two change the model.
            location, covariance, support = model.reweight_covariance(X)
            one["reweighted"] = {"location": location, "covariance": covariance, "support": places(support)}
            again = EllipticEnvelope(**params, random_state=0).fit(X)
            again.support_ = again.raw_support_
            one["corrected"] = again.correct_covariance(X)
            yield one


def main():
    write("attributes", cases=list(cases()), envelopes=list(envelopes()))


if __name__ == "__main__":
    main()
