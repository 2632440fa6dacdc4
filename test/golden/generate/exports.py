"""exports.json: what ONNX Runtime says of the files models/export-*.onnx, which exports.mjs has written.

    {"onnxruntime": version, "tables": {name: rows or records}, "cases": [case]}

A case has the "file", the name of its "table", and for each of its rows "labels" and "proba" (of outliers: "scores"), or "values". Numbers are
float32 in few digits, but for files of doubles ("double": true).
"""

import warnings

import numpy as np
import onnxruntime
from common import GOLDEN, load, write

MODELS = GOLDEN / "models"
rng = np.random.default_rng(3)


def short(values):
    return [[float(str(np.float32(value))) for value in row] for row in values]


def with_holes(X):
    X = X.copy()
    X[rng.random(X.shape) < 0.15] = np.nan
    return X


def ship_rows():
    ports = ["Cherbourg", "Queenstown", "Southampton", "Ulm", None]
    return [
        {"age": None if i % 8 == 3 else float(rng.integers(1, 75)), "fare": float(np.float32(rng.gamma(1.5, 20))), "sex": ["female", "male"][i % 2], "port": ports[i % 5], "alone": bool(rng.integers(2))}
        for i in range(40)
    ]


def feed(table, double):
    if isinstance(table, list) and isinstance(table[0], dict):
        column = lambda name: [row[name] for row in table]
        numbers = lambda name: np.array([[np.nan if v is None else v] for v in column(name)], dtype=np.float32)
        texts = lambda name: np.array([["" if v is None else v] for v in column(name)], dtype=object)
        return {"age": numbers("age"), "fare": numbers("fare"), "sex": texts("sex"), "port": texts("port"), "alone": np.array([[v] for v in column("alone")])}
    return {"X": np.array(table, dtype=np.float64 if double else np.float32)}


def main():
    iris = load({"dataset": "iris"})[0][::3].astype(np.float32).astype(np.float64)
    diabetes = load({"dataset": "diabetes"})[0][::9].astype(np.float32).astype(np.float64)
    wine = load({"dataset": "wine"})[0][1::4].astype(np.float32).astype(np.float64)
    features = np.round(rng.normal(size=(60, 4)) * [1, 1, 1, 9], 2).astype(np.float32).astype(np.float64)
    features[::7, 2] = 0
    tables = {"iris": iris, "holes": with_holes(iris), "diabetes": diabetes, "wine": wine, "features": with_holes(features), "ship": ship_rows()}
    of = {"linear": "diabetes", "ridge": "diabetes", "forest-numbers": "diabetes", "imputed": "holes", "ship": "ship", "ship-hist": "ship", "ship-logistic": "ship", "forest-double": "diabetes", "ridge-double": "diabetes"}
    of |= {name: "diabetes" for name in ("extra-numbers", "boosting-numbers", "hist-numbers", "hist-poisson")}
    of |= {name: "holes" for name in ("hist", "hist-two", "hist-double")}
    of |= {name: "diabetes" for name in ("neighbors-numbers", "neighbors-angles", "radius-numbers", "svr-sigmoid", "svr-sigmoid-double", "ranks", "ranks-double")}
    of |= {name: "wine" for name in ("neighbors", "neighbors-double", "neighbors-weighted", "neighbors-outliers", "radius")}
    of |= {"neighbors-holes": "holes"}
    cases = []
    for path in sorted(MODELS.glob("export-*.onnx")):
        name = path.stem.removeprefix("export-")
        table = "features" if name.startswith(("xgboost", "lightgbm")) else of.get(name, "iris")
        double = name.endswith("-double")
        session = onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
        outputs = session.run(None, feed(tables[table], double))
        result = {"file": path.name, "table": table, "double": double}
        rounded = (lambda values: values) if double else short
        if len(outputs) == 2:
            result.update({"labels": outputs[0], "scores" if session.get_outputs()[1].name == "scores" else "proba": rounded(outputs[1])})
        elif session.get_outputs()[0].name == "label":
            result["labels"] = outputs[0]
        else:
            result["values"] = rounded(outputs[0])
        cases.append(result)
    plain = {name: table if name == "ship" else short(table) for name, table in tables.items()}
    write("exports", onnxruntime=onnxruntime.__version__, tables=plain, cases=cases)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
