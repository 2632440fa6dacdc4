"""preprocessing.json: what the preprocessing estimators learn and return.

    {"imputer": [case], "scaler": [case], "oneHot": [case], "columnTransformer": [case]}

A case has "name", "params" and an "input", which is one of
    a reference (see common.py)                     fit on its training rows, transform the first LIMIT test rows
    {"matrix": {"train": rows, "test": rows}}       numbers, "NaN" where missing
    {"table": {"train": columns, "test": columns}}  named columns, null or "NaN" where missing
    {"california": n}                               the first n rows of the housing table, split like a reference
and of what scikit-learn gives:
    imputer            "statistics" (per column; "NaN" where the column is dropped), "output", "indicator" columns at
                       its end when addIndicator is set
    scaler             "mean", "variance", "scale" (null where not computed), "output", "sampleWeight" if there is one;
                       inverse transforming the output gives the input
    oneHot             "categories" (null for missing), "output", "names"; or "error": the code to be thrown on "test"
    columnTransformer  "transformers": [name, [[estimator, params], ...], columns], "remainder", "names", "output", and
                       with a final "model": [estimator, params] also "predictions" and, for classifiers, "proba", for
                       the same rows as "output"; the target is "y": {"train", "test"} or the house value
In names a missing category is "nan", and numbers are written as JavaScript does.
"""

import re

import numpy as np
import pandas as pd
import sklearn.linear_model
from common import california, camel_keys, columns_of, load, split, write
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

LIMIT = 12
NAN = np.nan
MAKERS = {
    "SimpleImputer": SimpleImputer,
    "StandardScaler": StandardScaler,
    "OneHotEncoder": lambda **params: OneHotEncoder(sparse_output=False, **params),
}


def from_ref(ref):
    X, _ = load(ref)
    train, test = split(len(X))
    return X[train], X[test][:LIMIT]


def matrix(train, test):
    train, test = np.array(train, float), np.array(test, float)
    return {"matrix": {"train": train, "test": test}}, train, test


def table(train, test):
    frames = pd.DataFrame(train), pd.DataFrame(test)
    return {"table": dict(zip(("train", "test"), map(columns_of, frames)))}, *frames


def names_of(encoder):
    """Feature names with numbers as JavaScript writes them: 1, not 1.0."""
    return [re.sub(r"_(-?\d+)\.0$", r"_\1", name) for name in encoder.get_feature_names_out()]


def imputers():
    refs = [{"dataset": name, "missing": True} for name in ("iris", "wine", "diabetes")]
    inputs = [(ref["dataset"], ref, *from_ref(ref)) for ref in refs]
    inputs.append(
        (
            "empty and tied columns",
            *matrix(
                [[NAN, 1, 5, NAN], [NAN, 2, NAN, 3], [NAN, 2, 7, 3], [NAN, 1, 7, 4], [NAN, NAN, 5, 4]],
                [[NAN, NAN, NAN, NAN], [1, 2, 3, 4], [NAN, 2, NAN, 4]],
            ),
        )
    )
    for name, ref, train, test in inputs:
        for params in (
            {"strategy": "mean"},
            {"strategy": "median"},
            {"strategy": "most_frequent"},
            {"strategy": "constant"},
            {"strategy": "constant", "fill_value": -1.5},
            {"strategy": "mean", "keep_empty_features": True},
            {"strategy": "constant", "fill_value": 9, "keep_empty_features": True},
            {"strategy": "median", "add_indicator": True},
        ):
            imputer = SimpleImputer(**params).fit(train)
            yield {
                "name": f"{name}, {params}",
                "params": camel_keys(params),
                "input": ref,
                "statistics": imputer.statistics_,
                "output": imputer.transform(test),
            }
    text = {"town": ["b", "a", None, "a", "b"], "size": ["s", None, None, "m", "m"]}
    ref, train, test = table(text, {"town": [None, "b"], "size": ["s", None]})
    for params in (
        {"strategy": "most_frequent"},
        {"strategy": "constant"},
        {"strategy": "constant", "fill_value": "none"},
    ):
        imputer = SimpleImputer(**params, missing_values=NAN).fit(train.astype(object))
        yield {
            "name": f"text, {params}",
            "params": camel_keys(params),
            "input": ref,
            "statistics": imputer.statistics_,
            "output": imputer.transform(test.astype(object)),
        }


def scalers():
    refs = [{"dataset": name} for name in ("iris", "wine", "breastCancer", "diabetes")]
    refs += [{"dataset": "wine", "missing": True}]
    inputs = [(f"{ref}", ref, *from_ref(ref)) for ref in refs]
    inputs.append(
        (
            "constant, nearly constant, huge and empty columns",
            *matrix(
                [[3, 1e8, 1e100, NAN, 0.1], [3, 1e8 + 1, -1e100, NAN, 0.1], [3, 1e8 + 2, 1e100, NAN, 0.1]],
                [[3, 1e8, 0, 1, 0.1], [4, 0, 1e100, NAN, 0.2]],
            ),
        )
    )
    for name, ref, train, test in inputs:
        for params in ({}, {"with_mean": False}, {"with_std": False}, {"with_mean": False, "with_std": False}):
            for weights in (None, np.arange(len(train)) % 3 + 0.5):
                if weights is not None and (params or len(train) < 4):
                    continue
                with np.errstate(all="ignore"):
                    scaler = StandardScaler(**params).fit(train, sample_weight=weights)
                    output = scaler.transform(test)
                case = {
                    "name": f"{name}, {params}{'' if weights is None else ', weights'}",
                    "params": camel_keys(params),
                    "input": ref,
                    "mean": scaler.mean_,
                    "variance": scaler.var_,
                    "scale": scaler.scale_,
                    "output": output,
                }
                yield case if weights is None else {**case, "sampleWeight": weights}


def one_hots():
    text = {"colour": ["red", "blue", None, "red"], "size": [1.0, NAN, 2.0, 2.0], "flag": ["y", "n", "y", "n"]}
    known = {"colour": ["blue", None], "size": [NAN, 1.0], "flag": ["n", "y"]}
    unknown = {"colour": ["green", "red"], "size": [2.0, 7.0], "flag": ["n", "maybe"]}
    numbers = matrix([[1, 10], [2, 20], [3, 10], [1, 20]], [[3, 20], [1, 10]])
    odd = matrix([[1, 10], [2, 20], [3, 10], [1, 20]], [[5, 20], [1, 30]])
    order = table({"t": ["b", "B", "a", "é", "10", "9", ""]}, {"t": ["a", "é", ""]})
    for name, (ref, train, test) in {
        "mixed table, known": table(text, known),
        "mixed table, unknown": table(text, unknown),
        "numbers, known": numbers,
        "numbers, unknown": odd,
        "order of text": order,
    }.items():
        names = [f"x{j}" for j in range(train.shape[1])] if isinstance(train, np.ndarray) else list(train)
        frame = lambda values: pd.DataFrame(values, columns=names)
        for drop in (None, "first", "if_binary"):
            for handle_unknown in ("error", "ignore"):
                params = {"drop": drop, "handle_unknown": handle_unknown}
                encoder = OneHotEncoder(sparse_output=False, **params).fit(frame(train))
                case = {
                    "name": f"{name}, {params}",
                    "params": camel_keys(params),
                    "input": ref,
                    "categories": [[None if pd.isna(c) else c for c in column] for column in encoder.categories_],
                    "names": names_of(encoder),
                }
                try:
                    yield {**case, "output": encoder.transform(frame(test))}
                except ValueError:
                    yield {**case, "error": "ERR_UNKNOWN_CATEGORY"}


def passengers(n, seed):
    """A made-up table in the style of the Titanic: numbers and text with missing values, and an outcome."""
    rng = np.random.default_rng(seed)
    sex = rng.choice(["female", "male"], n)
    pclass = rng.integers(1, 4, n)
    age = np.round(rng.normal(30, 13, n).clip(1, 80))
    fare = np.round(np.exp(rng.normal(3.5 - 0.6 * (pclass - 1), 0.6, n)), 2)
    embarked = rng.choice(["C", "Q", "S"], n, p=[0.2, 0.1, 0.7])
    logit = 1.5 - 1.1 * (pclass - 1) + 2.2 * (sex == "female") - 0.02 * age
    survived = (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(int)
    age[rng.random(n) < 0.2] = NAN
    fare[rng.random(n) < 0.05] = NAN
    frame = {"pclass": pclass, "sex": sex, "age": age, "sibsp": rng.integers(0, 4, n), "fare": fare}
    frame["embarked"] = [None if missing else port for port, missing in zip(embarked, rng.random(n) < 0.1)]
    return pd.DataFrame(frame), survived


def column_transformers():
    train, y_train = passengers(160, 4)
    test, y_test = passengers(40, 5)
    test.loc[3, "embarked"] = "X"
    ship = {"table": {"train": columns_of(train), "test": columns_of(test)}}
    outcome = {"train": y_train, "test": y_test}
    number = [["SimpleImputer", {"strategy": "median"}], ["StandardScaler", {}]]
    text = [["SimpleImputer", {"strategy": "most_frequent"}], ["OneHotEncoder", {"handle_unknown": "ignore"}]]
    port = [["OneHotEncoder", {"handle_unknown": "ignore", "drop": "first"}]]
    logistic = ["LogisticRegression", {"C": 1.0, "tol": 1e-10, "max_iter": 10_000}]
    houses = california().iloc[:2000]
    value = houses.pop("median_house_value")
    at = dict(zip(("train", "test"), split(len(houses))))
    rooms = [name for name in houses if name != "ocean_proximity"]

    for name, ref, frames, y, parts, remainder, model in (
        (
            "impute, scale and one-hot before a logistic regression",
            ship,
            (train, test),
            outcome,
            [["number", number, ["age", "fare"]], ["text", text, ["sex", "embarked"]]],
            "drop",
            logistic,
        ),
        (
            "one step per part, columns out of order, the rest passed through",
            ship,
            (train, test),
            outcome,
            [["port", port, ["embarked"]], ["number", number[:1], ["fare", "age"]], ["sex", port, ["sex"]]],
            "passthrough",
            None,
        ),
        (
            "California housing before a ridge regression",
            {"california": len(houses)},
            (houses.iloc[at["train"]], houses.iloc[at["test"]]),
            {key: value.iloc[rows].to_numpy() for key, rows in at.items()},
            [["number", number, rooms], ["text", text, ["ocean_proximity"]]],
            "drop",
            ["Ridge", {"alpha": 1.0}],
        ),
    ):
        steps = [
            (key, make_pipeline(*(MAKERS[maker](**params) for maker, params in chain)), columns)
            for key, chain, columns in parts
        ]
        columns = ColumnTransformer(steps, remainder=remainder).fit(frames[0])
        case = {
            "name": name,
            "input": ref,
            "transformers": [
                [key, [[maker, camel_keys(params)] for maker, params in chain], names] for key, chain, names in parts
            ],
            "remainder": remainder,
            "names": columns.get_feature_names_out(),
            "output": columns.transform(frames[1])[:LIMIT].astype(float),
        }
        if model is not None:
            maker, params = model
            pipeline = Pipeline([("columns", columns), ("model", getattr(sklearn.linear_model, maker)(**params))])
            pipeline.fit(frames[0], y["train"])
            case["model"] = [maker, camel_keys(params)]
            case["predictions"] = pipeline.predict(frames[1])[:LIMIT]
            if hasattr(pipeline, "predict_proba"):
                case["proba"] = pipeline.predict_proba(frames[1])[:LIMIT]
        if "california" not in ref:
            case["y"] = y
        yield case


def main():
    write(
        "preprocessing",
        imputer=list(imputers()),
        scaler=list(scalers()),
        oneHot=list(one_hots()),
        columnTransformer=list(column_transformers()),
    )


if __name__ == "__main__":
    main()
