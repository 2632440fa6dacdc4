"""infrequent.json: encoders that make one of rare categories.

    {"cases": [{"name", "estimator", "params", "train" and "test": columns by name, "infrequent": those of each column,
                "rows": what transform makes of the test rows}]}
"""

import numpy as np
from common import camel, write
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder

rng = np.random.default_rng(8)
PORTS = ["Bergen", "Oslo", "Rome", "Turku", "Ulm", "Vienna"]
WORDS = {"infrequent_if_exist": "infrequentIfExist", "if_binary": "ifBinary", "use_encoded_value": "useEncodedValue"}


def tables():
    skewed = rng.choice(6, size=40, p=[0.35, 0.25, 0.2, 0.1, 0.06, 0.04])
    rooms = rng.choice([1.0, 2.0, 3.0, 8.0], size=40, p=[0.5, 0.3, 0.15, 0.05])
    text = {"port": [PORTS[k] for k in skewed], "rooms": list(rooms)}
    yield "ports", text, {"port": ["Oslo", "Vienna", "Ulm", "Bergen"], "rooms": [1.0, 8.0, 3.0, 2.0]}
    even = {"a": [PORTS[k % 3] for k in range(12)], "b": [float(k % 4) for k in range(12)]}
    yield "even", even, {"a": ["Bergen", "Oslo", "Rome"], "b": [0.0, 2.0, 3.0]}
    holes = {"x": [np.nan if k % 5 == 0 else float(k % 3) for k in range(21)], "y": [float(k % 7 == 0) for k in range(21)]}
    yield "holes", holes, {"x": [np.nan, 0.0, 1.0, 2.0], "y": [0.0, 1.0, 1.0, 0.0]}


def frame(table):
    return np.array([list(column) for column in table.values()], dtype=object).T


def case(name, make, params, train, test, unknown):
    encoder = make(**params, **({"sparse_output": False} if make is OneHotEncoder else {})).fit(frame(train))
    rows = {key: [*column, *unknown[type(column[0])]] if unknown else column for key, column in test.items()}
    limits = {camel(key): value for key, value in params.items()}
    return {
        "name": f"{make.__name__} {params} of {name}",
        "estimator": make.__name__,
        "params": {key: WORDS.get(value, value) if isinstance(value, str) else value for key, value in limits.items()},
        "train": train,
        "test": rows,
        "infrequent": [[] if own is None else list(own) for own in encoder.infrequent_categories_],
        "rows": encoder.transform(frame(rows)).astype(float),
    }


def cases():
    unknown = {str: ["Paris"], float: [99.0]}
    for name, train, test in tables():
        for limits in ({"min_frequency": 4}, {"min_frequency": 0.2}, {"max_categories": 3}, {"max_categories": 1}, {"max_categories": 2, "min_frequency": 2}, {"min_frequency": 100}):
            yield case(name, OneHotEncoder, limits, train, test, None)
            yield case(name, OneHotEncoder, {**limits, "handle_unknown": "infrequent_if_exist"}, train, test, unknown)
            yield case(name, OrdinalEncoder, limits, train, test, None)
        for drop in ("first", "if_binary"):
            yield case(name, OneHotEncoder, {"max_categories": 2, "drop": drop, "handle_unknown": "ignore"}, train, test, unknown)
        more = {"max_categories": 3, "handle_unknown": "use_encoded_value", "unknown_value": -1}
        yield case(name, OrdinalEncoder, more, train, test, unknown)


def main():
    write("infrequent", cases=list(cases()))


if __name__ == "__main__":
    main()
