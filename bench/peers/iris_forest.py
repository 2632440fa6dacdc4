"""Fits scikit-learn's forest on iris: python iris_forest.py FOLDER writes model.pkl and, with skl2onnx, model.onnx.

Prints the versions of what the suite `serve` can use, by name, as JSON.
"""

import importlib.metadata
import importlib.util
import json
import pathlib
import pickle
import sys

from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier

folder = pathlib.Path(sys.argv[1])
versions = {
    name: importlib.metadata.version(name)
    for name in ("scikit-learn", "flask", "gunicorn", "skl2onnx", "mlserver")
    if name == "scikit-learn" or importlib.util.find_spec(name)
}
iris = load_iris()
model = RandomForestClassifier(n_estimators=100, random_state=1).fit(iris.data, iris.target)
(folder / "model.pkl").write_bytes(pickle.dumps(model))
if "skl2onnx" in versions:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    exported = to_onnx(
        model, initial_types=[("input", FloatTensorType([None, 4]))], options={"zipmap": False},
        target_opset={"": 15, "ai.onnx.ml": 3})
    (folder / "model.onnx").write_bytes(exported.SerializeToString())
print(json.dumps(versions))
