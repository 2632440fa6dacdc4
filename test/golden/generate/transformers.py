"""transformers.json: what the transformers of columns without a target learn and return.

    {"cases": [case]}

A case has "name", "estimator", "params", an "input" (a reference, see common.py, fit on its training rows; or {"matrix": {"train",
"test"}}, {"table": {"train", "test"}}), and of what scikit-learn gives: "learned" (attributes by boreal's names), "names" of the
columns that come out, "output" for the first LIMIT test rows, and "inverse" of that output where there is one; or "error": the code to be
thrown on "test".
"""

import numpy as np
import pandas as pd
from common import camel, camel_keys, columns_of, load, split, write
from sklearn.preprocessing import (
    Binarizer,
    KBinsDiscretizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OrdinalEncoder,
    PolynomialFeatures,
    RobustScaler,
)

LIMIT = 12
NAN = np.nan


def from_ref(ref):
    X, _ = load(ref)
    train, test = split(len(X))
    return ref, X[train], X[test][:LIMIT]


def matrix(train, test):
    train, test = np.array(train, float), np.array(test, float)
    return {"matrix": {"train": train, "test": test}}, train, test


def table(train, test):
    frames = pd.DataFrame(train), pd.DataFrame(test)
    return {"table": dict(zip(("train", "test"), map(columns_of, frames)))}, *frames


WHOLE = [from_ref({"dataset": name}) for name in ("iris", "wine", "breastCancer", "diabetes")]
MISSING = [from_ref({"dataset": "wine", "missing": True})]
ODD = [
    matrix(
        [[3, -1e8, 0, 0.1, 1], [3, 1e8, 0, 0.1, 2], [3, -1e8, 0, 0.1, 2], [3, 1e8, 0, 0.1, 9]],
        [[3, 0, 0, 0.1, 2], [4, 1e9, -1, 0.2, 100], [-3, -1e9, 1, 0, -100]],
    )
]
EMPTY = [matrix([[1, NAN], [2, NAN], [5, NAN]], [[1, 3], [7, NAN]])]
SIGNED = [matrix([[1, -2, 3], [0, 0, 0], [-4, 5, 0]], [[3, 4, 0], [0, 0, 0], [-1e-3, 0, 2e3]])]


def case(make, params, given, attributes=(), inverse=False):
    ref, train, test = given
    with np.errstate(all="ignore"):
        model = make(**params).fit(train)
        output = model.transform(test)
    result = {
        "name": f"{make.__name__} {params} of {ref if 'dataset' in ref else 'odd values'}",
        "estimator": make.__name__,
        "params": camel_keys(params),
        "input": ref,
        "learned": {camel(name): getattr(model, f"{name}_") for name in attributes},
        "names": model.get_feature_names_out(),
        "output": output,
    }
    return {**result, "inverse": model.inverse_transform(output)} if inverse else result


def scalers():
    for given in WHOLE + MISSING + ODD + EMPTY:
        for params in ({}, {"feature_range": (-1, 3)}, {"clip": True}):
            yield case(MinMaxScaler, params, given, ["data_min", "data_max", "data_range", "scale"], not params)
        for params in ({}, {"clip": True}):
            yield case(MaxAbsScaler, params, given, ["max_abs", "scale"], not params)
        for params in (
            {},
            {"quantile_range": (5.0, 95.0)},
            {"unit_variance": True},
            {"with_centering": False},
            {"with_scaling": False},
        ):
            full = params.get("with_scaling", True) and params.get("with_centering", True)
            yield case(RobustScaler, params, given, ["center", "scale"] if full else [], True)


def rows():
    for given in WHOLE[:2] + ODD + SIGNED:
        for norm in ("l1", "l2", "max"):
            yield case(Normalizer, {"norm": norm}, given)
        for threshold in (0.0, 1.5):
            yield case(Binarizer, {"threshold": threshold}, given)


def products():
    for given in WHOLE[:1] + SIGNED:
        for params in (
            {},
            {"degree": 3},
            {"degree": 3, "interaction_only": True},
            {"degree": (2, 3), "include_bias": False},
            {"degree": 1, "include_bias": False},
            {"degree": 0},
            {"degree": 5, "interaction_only": True, "include_bias": False},
        ):
            yield case(PolynomialFeatures, params, given, ["n_output_features"]) | {
                "powers": PolynomialFeatures(**params).fit(given[1]).powers_
            }


def bins():
    for given in WHOLE:
        for params in (
            {"encode": "ordinal"},
            {"encode": "ordinal", "strategy": "uniform"},
            {"encode": "onehot-dense", "n_bins": 3},
            {"encode": "ordinal", "n_bins": 10},
        ):
            made = case(KBinsDiscretizer, {**params, "quantile_method": "averaged_inverted_cdf"}, given, ["n_bins"], True)
            made["params"] = {**camel_keys(params), "encode": params["encode"].replace("-dense", "")}
            yield made | {"binEdges": list(model_edges(params, given[1]))}


def model_edges(params, train):
    return KBinsDiscretizer(**params, quantile_method="averaged_inverted_cdf").fit(train).bin_edges_


def ordinals():
    text = {"size": ["L", "S", None, "M", "S"], "grade": [2.0, 1.0, NAN, 5.0, 1.0]}
    known = table(text, {"size": ["S", None, "L"], "grade": [5.0, NAN, 1.0]})
    unknown = table(text, {"size": ["XL", "S"], "grade": [1.0, 7.0]})
    for params in (
        {},
        {"encoded_missing_value": -5.0},
        {"categories": [["S", "M", "L", NAN], [1.0, 2.0, 3.0, 5.0, NAN]], "encoded_missing_value": 9.0},
        {"handle_unknown": "use_encoded_value", "unknown_value": -1},
        {"handle_unknown": "use_encoded_value", "unknown_value": NAN},
    ):
        for name, (ref, train, test) in {"known": known, "unknown": unknown}.items():
            encoder = OrdinalEncoder(**params).fit(train)
            given = camel_keys({k: v for k, v in params.items() if k != "categories"})
            if "categories" in params:
                given["categories"] = [[None if pd.isna(c) else c for c in column] for column in params["categories"]]
            if "handleUnknown" in given:
                given["handleUnknown"] = "useEncodedValue"
            made = {
                "name": f"OrdinalEncoder {params} of {name} text",
                "estimator": "OrdinalEncoder",
                "params": given,
                "input": ref,
                "names": encoder.get_feature_names_out(),
                "learned": {"categories": [[c for c in column if not pd.isna(c)] for column in encoder.categories_]},
            }
            try:
                yield {**made, "output": encoder.transform(test)}
            except ValueError:
                yield {**made, "error": "ERR_UNKNOWN_CATEGORY"}


def main():
    write("transformers", cases=[*scalers(), *rows(), *products(), *bins(), *ordinals()])


if __name__ == "__main__":
    main()
