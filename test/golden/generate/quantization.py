"""Perceptrons quantised dynamically by ONNX Runtime, weights by channel: what each row becomes. A batch of one row, because ONNX
Runtime finds one range for the batch."""

import base64
import logging
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime as ort
from common import write
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from sklearn import datasets

CASES = [("iris", [8, 3], 1), ("wine", [16, 16, 3], 2), ("digits", [64, 32, 10], 3), ("diabetes", [20, 1], 4)]
ROWS = 12


def packed(values: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(values, np.float32).tobytes()).decode()


def network(width: int, units: list[int], seed: int) -> tuple[onnx.ModelProto, list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    nodes, constants, weights, last = [], [], [], "x"
    for k, outputs in enumerate(units):
        w = (rng.normal(size=(width, outputs)) / np.sqrt(width)).astype(np.float32)
        b = rng.normal(size=outputs).astype(np.float32)
        weights += [w, b]
        constants += [numpy_helper.from_array(w, f"w{k}"), numpy_helper.from_array(b, f"b{k}")]
        nodes.append(helper.make_node("MatMul", [last, f"w{k}"], [f"m{k}"]))
        last = "y" if k == len(units) - 1 else f"a{k}"
        nodes.append(helper.make_node("Add", [f"m{k}", f"b{k}"], [last]))
        if last != "y":
            nodes.append(helper.make_node("Relu", [last], [f"r{k}"]))
            last = f"r{k}"
        width = outputs
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", weights[0].shape[0]])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", units[-1]])
    graph = helper.make_graph(nodes, "mlp", [x], [y], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), weights


def main() -> None:
    logging.getLogger().setLevel(logging.ERROR)
    cases = []
    for name, units, seed in CASES:
        data = getattr(datasets, f"load_{name}")()
        x = data.data[: ROWS * 10 : 10].astype(np.float32)
        model, weights = network(x.shape[1], units, seed)
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "a.onnx", Path(folder) / "b.onnx"
            onnx.save(model, source)
            quantize_dynamic(source, target, weight_type=QuantType.QInt8, per_channel=True)
            options = ort.SessionOptions()
            options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
            session = ort.InferenceSession(str(target), options, providers=["CPUExecutionProvider"])
            y = np.concatenate([session.run(None, {"x": row[None]})[0] for row in x])
        cases.append({
            "dataset": name,
            "units": units,
            "weights": [packed(w) for w in weights],
            "rows": ROWS,
            "y": packed(y),
        })
    write("quantization", cases=cases)


if __name__ == "__main__":
    main()
