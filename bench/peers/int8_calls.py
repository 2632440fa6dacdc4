"""Predictions of perceptrons in 8-bit arithmetic in PyTorch and ONNX Runtime, for bench/nn.bench.mjs.

    python int8_calls.py SECONDS FOLDER

Writes wide.onnx (three layers of 1024 x 1024, then ten outputs) and digits.onnx (784-128-64-10) in float32 to FOLDER, and prints
{"rows": [{"net", "peer", "threads", "rate": rows a second}], "peers": versions}. Batches have 1,024 rows. Peers quantise dynamically,
and ONNX Runtime statically too (QDQ, by channel).
"""

import json
import logging
import sys
import warnings
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime import quantization
from best_of import best_of
from torch import nn

seconds, folder = float(sys.argv[1]), Path(sys.argv[2])
warnings.simplefilter("ignore")
logging.getLogger().setLevel(logging.ERROR)
torch.manual_seed(0)
ROWS = 1024
NETS = {"wide": [1024, 1024, 1024, 1024, 10], "digits": [784, 128, 64, 10]}
results = []


def network(widths):
    layers = []
    for before, after in zip(widths, widths[1:]):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return nn.Sequential(*layers[:-1]).eval()


class Reader(quantization.CalibrationDataReader):
    def __init__(self, x):
        self.batches = iter([{"x": x}])

    def get_next(self):
        return next(self.batches, None)


def session(path, threads):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


for net, widths in NETS.items():
    model = network(widths)
    x = torch.rand(ROWS, widths[0])
    path = folder / f"{net}.onnx"
    torch.onnx.export(
        model, (x[:1],), str(path), dynamo=False, input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "n"}}
    )
    feed = {"x": x.numpy().astype(np.float32)}
    files = {"onnxruntime float32": path}
    for way in ("dynamic", "static"):
        files[f"onnxruntime int8 {way}"] = folder / f"{net}-{way}.onnx"
    signed, weights = quantization.QuantType.QUInt8, quantization.QuantType.QInt8
    quantization.quantize_dynamic(path, files["onnxruntime int8 dynamic"], weight_type=weights, per_channel=True)
    prepared = folder / f"{net}-prepared.onnx"
    quantization.quant_pre_process(str(path), str(prepared))
    quantization.quantize_static(
        prepared,
        files["onnxruntime int8 static"],
        Reader(feed["x"]),
        activation_type=signed,
        weight_type=weights,
        per_channel=True,
    )
    small = torch.ao.quantization.quantize_dynamic(model, {nn.Linear}, dtype=torch.qint8)
    for threads in (1, 2):
        torch.set_num_threads(threads)
        with torch.inference_mode():
            for peer, call in (("torch float32", model), ("torch int8", small)):
                rate = ROWS / best_of(lambda call=call: call(x), seconds)
                results.append({"net": net, "peer": peer, "threads": threads, "rate": rate})
        for peer, file in files.items():
            run = session(file, threads)
            rate = ROWS / best_of(lambda run=run: run.run(None, feed), seconds)
            results.append({"net": net, "peer": peer, "threads": threads, "rate": rate})

versions = {"torch": torch.__version__, "onnxruntime": onnxruntime.__version__}
print(json.dumps({"rows": results, "peers": versions}))
