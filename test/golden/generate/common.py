"""What the generators share: JSON that JavaScript can read back exactly, and the data that both sides load.

JSON: numbers are written with repr, so they read back bit for bit; NaN and the infinities become the strings "NaN",
"Infinity" and "-Infinity"; None becomes null. Names of parameters are written in camelCase.

Data: an input is either stored in the file or refers to a bundled data set,
    {"dataset": "iris"}                     the features and target as loadIris() returns them
    {"dataset": "iris", "columns": [0, 2]}  some of the features
    {"dataset": "iris", "target": 3}        that feature is the target, and no longer a feature
    {"dataset": "iris", "missing": true}    value (i, j) is NaN where (7 * i + 3 * j) % 11 == 0
    {"dataset": "wine", "standardised": true}  each feature minus its mean, divided by its deviation (over all rows)
    {"dataset": "wine", "float32": true}    each value rounded to float32 (after standardising)
(applied in the order columns, target, standardised, float32, missing).
Test rows are those whose index i has i % 4 == 3; the others are training rows.
"""

import json
import math
import re
from pathlib import Path

import numpy as np
import pandas as pd
import sklearn
import sklearn.datasets

GOLDEN = Path(__file__).resolve().parents[1]
DATA = GOLDEN.parents[1] / "data"
LOADERS = {
    "iris": sklearn.datasets.load_iris,
    "wine": sklearn.datasets.load_wine,
    "breastCancer": sklearn.datasets.load_breast_cancer,
    "digits": sklearn.datasets.load_digits,
    "diabetes": sklearn.datasets.load_diabetes,
}


def camel(name):
    return re.sub(r"_([a-z0-9])", lambda m: m.group(1).upper(), name)


WORDS = {"most_frequent", "if_binary", "squared_error", "absolute_error", "friedman_mse", "log_loss"}


def camel_keys(params):
    """Parameters under boreal's names; the words among their values too."""
    word = lambda value: camel(value) if isinstance(value, str) and value in WORDS else value
    return {camel(key): word(value) for key, value in params.items()}


def plain(value):
    """Python data that json can write: no NumPy types, no NaN."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return int(value) if value.is_integer() and abs(value) < 2**53 else value
    return value


def write(name, **content):
    content = {"scikitLearn": sklearn.__version__, **content}
    path = GOLDEN / f"{name}.json"
    path.write_text(json.dumps(plain(content), separators=(",", ":"), allow_nan=False) + "\n")
    print(f"{path.name}: {path.stat().st_size} bytes")


def load(ref):
    """X and y of an input that refers to a bundled data set."""
    X, y = LOADERS[ref["dataset"]](return_X_y=True)
    X = X.astype(np.float64)
    if "columns" in ref:
        X = X[:, ref["columns"]]
    if "target" in ref:
        y = X[:, ref["target"]]
        X = np.delete(X, ref["target"], axis=1)
    if ref.get("standardised"):
        X = (X - X.mean(axis=0)) / X.std(axis=0)
    if ref.get("float32"):
        X = X.astype(np.float32).astype(np.float64)
    if ref.get("missing"):
        i, j = np.indices(X.shape)
        X[(7 * i + 3 * j) % 11 == 0] = np.nan
    return X, y


def california():
    """The California housing table as pandas reads it."""
    return pd.read_csv(DATA / "california-housing.csv.gz")


def columns_of(frame):
    """A DataFrame as boreal's table: numbers with NaN, text with null."""
    table = {}
    for name, column in frame.items():
        text = not pd.api.types.is_numeric_dtype(column)
        table[name] = [None if text and pd.isna(value) else value for value in column.tolist()]
    return table


def split(n):
    """Indices of the training rows and of the test rows."""
    index = np.arange(n)
    return index[index % 4 != 3], index[index % 4 == 3]
