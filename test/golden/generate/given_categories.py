"""given_categories.json: encoders whose categories the caller lists.

    {"cases": [{"name", "estimator", "params", "train" and "test": columns by name, "y": of TargetEncoder,
                "categories", "infrequent" and "dropIdx": attributes, "rows": what transform makes of the test rows,
                "back": what inverse_transform makes of these}]}
"""

import numpy as np
from common import camel, write
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, TargetEncoder

rng = np.random.default_rng(21)
WORDS = {"infrequent_if_exist": "infrequentIfExist", "if_binary": "ifBinary", "use_encoded_value": "useEncodedValue"}
PORTS = ["Ulm", "Bergen", "Turku", "Aden", "Oslo", "Zeebrugge"]


def tables():
    """Columns of training and test rows, their categories, which training lacks some of, and one of each to drop."""
    ports = {"port": [PORTS[k] for k in rng.choice([0, 1, 2, 4], size=40, p=[0.5, 0.3, 0.15, 0.05])]}
    ports["size"] = [["S", "L"][k] for k in rng.choice(2, size=40)]
    yield "ports", ports, {"port": PORTS, "size": ["M", "S", "L", "M", "S", "L"]}, [PORTS, ["S", "M", "L"]], ["Aden", "L"]
    rooms = {"rooms": list(rng.choice([1.0, 2.5, 8.0], size=40, p=[0.6, 0.3, 0.1])), "port": ports["port"]}
    wanted = [[0.0, 1.0, 2.5, 3.0, 8.0], PORTS[::-1]]
    yield "rooms", rooms, {"rooms": [8.0, 3.0, 0.0, 1.0, 2.5], "port": PORTS[:5]}, wanted, [2.5, "Ulm"]
    holes = {"x": [np.nan if k % 5 == 0 else float(k % 3) for k in range(21)], "y": [float(k % 7 == 0) for k in range(21)]}
    yield "holes", holes, {"x": [np.nan, 0.0, 3.0, 2.0], "y": [0.0, 1.0, np.nan, 0.0]}, [[0.0, 1.0, 2.0, 3.0, np.nan], [0.0, 1.0, np.nan]], [np.nan, 0.0]


def frame(table):
    return np.array([list(column) for column in table.values()], dtype=object).T


def case(name, make, params, categories, train, test, y=None):
    more = {"sparse_output": False} if make is OneHotEncoder else {}
    encoder = make(categories=categories, **params, **more).fit(frame(train), y)
    rows = encoder.transform(frame(test)).astype(float)
    out = {
        "name": f"{make.__name__} {params} of {name}",
        "estimator": make.__name__,
        "params": {camel(key): WORDS.get(value, value) if isinstance(value, str) else value for key, value in params.items()},
        "train": train,
        "test": test,
        "categories": [list(own) for own in encoder.categories_],
        "rows": rows,
    }
    out["params"]["categories"] = categories
    if y is not None:
        return {**out, "y": y, "encodings": [list(own) for own in encoder.encodings_]}
    if "max_categories" in params or "min_frequency" in params:
        out["infrequent"] = [[] if own is None else list(own) for own in encoder.infrequent_categories_]
    if make is OneHotEncoder:
        out["dropIdx"] = None if encoder.drop_idx_ is None else list(encoder.drop_idx_)
    if "infrequent" not in out:
        out["back"] = encoder.inverse_transform(rows.copy())
    return out


def cases():
    for name, train, test, wanted, drop in tables():
        for params in ({}, {"drop": "first"}, {"drop": drop}, {"drop": "if_binary"}, {"max_categories": 3}):
            yield case(name, OneHotEncoder, params, wanted, train, test)
        limits = {"min_frequency": 3, "handle_unknown": "infrequent_if_exist"}
        yield case(name, OneHotEncoder, {**limits, "drop": "first"}, wanted, train, test)
        # Lists that lack what training has.
        short = [own[1:] for own in wanted]
        yield case(name, OneHotEncoder, limits, short, train, test)
        yield case(name, OneHotEncoder, {"handle_unknown": "ignore"}, short, train, test)
        yield case(name, OrdinalEncoder, {}, wanted, train, test)
        yield case(name, OrdinalEncoder, {"max_categories": 2}, wanted, train, test)
        yield case(name, OrdinalEncoder, {"handle_unknown": "use_encoded_value", "unknown_value": -2}, short, train, test)
        rows = len(next(iter(train.values())))
        for params, y in (
            ({}, list(np.round(rng.normal(size=rows), 3))),
            ({"smooth": 0.0}, list(np.round(rng.normal(size=rows), 3))),
            ({"smooth": 2.0}, [["no", "yes"][k] for k in rng.choice(2, size=rows)]),
            ({}, [["a", "b", "c"][k] for k in rng.choice(3, size=rows)]),
        ):
            yield case(name, TargetEncoder, params, wanted, train, test, y)


def main():
    write("given-categories", cases=list(cases()))


if __name__ == "__main__":
    main()
