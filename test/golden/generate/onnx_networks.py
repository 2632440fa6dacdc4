"""models/onnx-net-*.onnx and onnx-networks.json: networks as PyTorch's two exporters write them, and as ONNX Runtime quantizes them,
with what ONNX Runtime says; onnx-nodes.json: the node tests of the onnx package for operators of networks.

    onnx-networks.json  {"torch", "onnx", "onnxruntime": versions, "cases": [{"file", "shape", "x", "y"}]}
    onnx-nodes.json     {"onnx": version, "cases": [{"name", "op", "model", "rows", "x", "y", "yShape"}], "left": {name: reason}}

x and y are base64 of float32; model is base64 of an ONNX file. Of a node test the inputs of elementwise operators are
columns side by side; of others the first is the rows, and the rest are constants: boreal's graphs have one batch of rows. Node tests are left out when they have no such reading, or more data than 0.7 kB.

network-exports.json: what ONNX Runtime says of the files that network_exports.mjs has written; cases as above.
"""

import base64
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import torch
from common import GOLDEN, write
from onnx import numpy_helper
from onnx.backend.test.case.node import collect_testcases
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_dynamic, quantize_static
from torch import nn

MODELS = GOLDEN / "models"
OPS = """Conv Gemm MatMul BatchNormalization MaxPool AveragePool GlobalMaxPool GlobalAveragePool LayerNormalization Flatten Reshape
Transpose Squeeze Unsqueeze Relu LeakyRelu PRelu Elu Celu Selu Gelu Sigmoid HardSigmoid HardSwish Swish Mish Tanh Softplus Softsign
ThresholdedRelu Softmax LogSoftmax Clip Add Sub Mul Div Pow Min Max Sum Concat Exp Log Sqrt Abs Neg Erf ReduceMean ReduceSum ReduceMax
ReduceMin Identity Dropout QuantizeLinear DequantizeLinear DynamicQuantizeLinear MatMulInteger QLinearMatMul QLinearConv ConvInteger
Split DepthToSpace SpaceToDepth InstanceNormalization GroupNormalization""".split()
ALIKE = set("Add Sub Mul Div Pow Min Max Sum Concat".split())


def packed(array):
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def node_case(case):
    """The case as rows, or why it has no such reading."""
    model = onnx.ModelProto()
    model.CopyFrom(case.model)
    graph = model.graph
    inputs, outputs = case.data_sets[0]
    if len(graph.node) != 1:
        return "several nodes"
    arrays = [np.asarray(value) if not isinstance(value, (list, type(None))) else None for value in [*inputs, outputs[0]]]
    if any(a is None or a.dtype.kind not in "fiub" or a.dtype.itemsize > 8 for a in arrays):
        return "inputs that are no numbers"
    kinds = {"float32", "float64", "uint8", "int8", "int32", "int64", "bool"}
    if any(str(a.dtype) not in kinds for a in arrays):
        return f"elements of type {', '.join(sorted({str(a.dtype) for a in arrays} - kinds))}"
    *given, y = arrays
    x = given[0]
    if x.ndim == 0 or x.ndim > 4 or x.size == 0:
        return f"an input of {x.ndim} dimensions" if x.size else "an empty input"
    if y.ndim == 0 or y.shape[0] != x.shape[0]:
        return "rows of the result are not those of the input"
    names = [info.name for info in graph.input]
    op = graph.node[0].op_type
    if op == "DynamicQuantizeLinear":  # one range for all: one row
        x, y = x[None], y[None]
        del graph.input[0].type.tensor_type.shape.dim[:]
        for length in x.shape:
            graph.input[0].type.tensor_type.shape.dim.add().dim_value = length
    rows = x.shape[0]
    if op in ALIKE and all(array.shape == x.shape for array in given):
        x = np.concatenate([array.reshape(rows, -1) for array in given], axis=1)
        given = given[:1]
    if any(array.ndim >= x.ndim and array.shape[0] == rows > 1 for array in given[1:] if op in ALIKE | {"PRelu", "Gemm"}):
        return "a constant for each row"
    for name, array in zip(names[1:], given[1:]):
        graph.initializer.append(numpy_helper.from_array(array, name))
    if len(given) > 1:
        del graph.input[1:]
    del graph.output[1:]
    bytes_ = model.SerializeToString()
    if len(bytes_) + 4 * (x.size + y.size) > 700:
        return "more data than 0.7 kB"
    entry = {"name": case.name, "op": graph.node[0].op_type, "model": base64.b64encode(bytes_).decode()}
    return entry | {"rows": rows, "x": packed(x), "y": packed(y), "yShape": list(y.shape)}


def nodes():
    cases, left = [], {}
    for case in sorted(collect_testcases(), key=lambda case: case.name):
        node = case.model.graph.node[0]
        if node.op_type not in OPS or case.model.graph.node[0].domain or "expanded" in case.name or "cuda" in case.name:
            continue
        result = node_case(case)
        if isinstance(result, str):
            left[case.name] = result
        else:
            cases.append(result)
    write("onnx-nodes", onnx=onnx.__version__, cases=cases, left=left)


class Images(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = nn.Sequential(nn.Conv2d(3, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6), nn.ReLU())
        self.down = nn.Conv2d(6, 8, 3, stride=2, padding=1, groups=2)
        self.skip = nn.Conv2d(6, 8, 1, stride=2)
        self.pool = nn.MaxPool2d(2, ceil_mode=True)
        self.mean = nn.AvgPool2d(3, stride=1, padding=1)
        self.gate = nn.Linear(8, 8)
        self.head = nn.Linear(8 * 9, 4)

    def forward(self, x):
        x = self.stem(x)
        y = torch.nn.functional.silu(self.down(x)) + self.skip(x)
        gate = torch.sigmoid(self.gate(y.mean((2, 3))))
        y = self.mean(self.pool(y * gate[:, :, None, None]))
        return torch.softmax(self.head(torch.flatten(y, 1)), 1)


class Positions(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(9, 6)
        self.norm = nn.LayerNorm(6)
        self.series = nn.Conv1d(6, 5, 3, padding=1)
        self.out = nn.Linear(5, 3)

    def forward(self, index):
        x = self.norm(self.table(index)).transpose(1, 2)
        y = torch.nn.functional.gelu(self.series(x)).transpose(1, 2)
        return torch.log_softmax(self.out(y), -1).mean(1)


def perceptron():
    layers = [nn.Linear(6, 8), nn.ELU(), nn.Linear(8, 8), nn.Hardswish(), nn.BatchNorm1d(8), nn.LeakyReLU(0.1), nn.Linear(8, 2)]
    return nn.Sequential(*layers)


class Reader(CalibrationDataReader):
    def __init__(self, rows):
        self.rows = iter([{"x": row[None]} for row in rows])

    def get_next(self):
        return next(self.rows, None)


def networks():
    torch.manual_seed(4)
    rng = np.random.default_rng(4)
    cases = []

    def case(file, x):
        session = onnxruntime.InferenceSession(str(MODELS / file), providers=["CPUExecutionProvider"])
        # One by one: dynamic quantization has one scale for all of a call.
        y = np.concatenate([session.run(None, {"x": row[None]})[0] for row in x])
        cases.append({"file": file, "shape": list(x.shape), "x": packed(x), "y": packed(y)})

    images = rng.standard_normal((5, 3, 9, 9)).astype(np.float32)
    index = rng.integers(0, 9, (5, 7))
    rows = rng.standard_normal((8, 6)).astype(np.float32)
    for name, net, x in (("images", Images(), images), ("positions", Positions(), index), ("perceptron", perceptron(), rows)):
        net.train()
        for _ in range(3):  # statistics that are not 0 and 1
            net(torch.from_numpy(x))
        net.eval()
        given = torch.from_numpy(x[:2])
        for exporter, dynamo, opset in (("script", False, 13), ("dynamo", True, 20)):
            axes = {"dynamic_shapes": ({0: torch.export.Dim("n")},)} if dynamo else {"dynamic_axes": {"x": {0: "n"}}}
            file = f"onnx-net-{name}-{exporter}.onnx"
            names = {"input_names": ["x"], "output_names": ["y"]}
            torch.onnx.export(net, (given,), MODELS / file, dynamo=dynamo, opset_version=opset, external_data=False, **names, **axes)
            model = onnx.load(MODELS / file)
            for node in model.graph.node:
                del node.metadata_props[:]
                node.doc_string = ""
            del model.graph.value_info[:]
            onnx.save(model, MODELS / file)
            case(file, x)
    for name, x in (("perceptron", rows), ("images", images), ("positions", index)):
        quantize_dynamic(MODELS / f"onnx-net-{name}-script.onnx", MODELS / f"onnx-net-{name}-dynamic.onnx")
        case(f"onnx-net-{name}-dynamic.onnx", x)
    with tempfile.TemporaryDirectory() as folder:
        # QLinearConv and QLinearMatMul are ONNX's own; what else QOperator makes is Microsoft's.
        for name, x, kind, form, ops in (
            ("images", images, "qdq", QuantFormat.QDQ, None),
            ("images", images, "qoperator", QuantFormat.QOperator, ["Conv", "MatMul"]),
            ("images", images, "qoperator-microsoft", QuantFormat.QOperator, None),
            ("perceptron", rows, "qoperator-microsoft", QuantFormat.QOperator, None),
        ):
            file = f"onnx-net-{name}-{kind}.onnx"
            options = {"quant_format": form, "op_types_to_quantize": ops, "per_channel": True}
            quantize_static(MODELS / f"onnx-net-{name}-script.onnx", Path(folder) / file, Reader(x), **options)
            model = onnx.load(Path(folder) / file)
            del model.graph.value_info[:]
            onnx.save(model, MODELS / file)
            case(file, x)
    versions = {"torch": torch.__version__.split("+")[0], "onnx": onnx.__version__, "onnxruntime": onnxruntime.__version__}
    write("onnx-networks", **versions, cases=cases)


def written():
    """The files of network_exports.mjs."""
    rng = np.random.default_rng(5)
    cases = []
    for name, x in (
        ("images", rng.standard_normal((6, 8, 7, 2))),
        ("positions", rng.integers(0, 9, (6, 5))),
        ("module", rng.standard_normal((6, 3, 6, 5))),
    ):
        file = f"network-{name}.onnx"
        onnx.checker.check_model(onnx.load(MODELS / file), full_check=True)
        session = onnxruntime.InferenceSession(str(MODELS / file), providers=["CPUExecutionProvider"])
        y = session.run(None, {"X": x.astype(np.float32)})[0]
        cases.append({"file": file, "shape": list(x.shape), "x": packed(x), "y": packed(y)})
    write("network-exports", onnxruntime=onnxruntime.__version__, cases=cases)


def main():
    nodes()
    written()
    networks()


if __name__ == "__main__":
    main()
