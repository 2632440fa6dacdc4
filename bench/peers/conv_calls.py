"""Predictions of two convolutional networks in PyTorch and ONNX Runtime, for bench/nn.bench.mjs.

    python conv_calls.py SECONDS FOLDER

Writes digits.onnx (the network of examples/mnist-cnn.mjs) and resnet18.onnx to FOLDER, and prints
{"rows": [{"net", "peer", "threads", "batch", "rate": rows a second}], "peers": versions}.
"""

import json
import sys
import warnings
from pathlib import Path

import onnxruntime
import torch
from best_of import best_of
from torch import nn

sys.path.append(str(Path(__file__).resolve().parents[2] / "test" / "golden" / "generate"))
from resnet18 import ResNet18  # noqa: E402

seconds, folder = float(sys.argv[1]), sys.argv[2]
warnings.simplefilter("ignore")
torch.manual_seed(0)
results = []


def digits():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(),
        nn.MaxPool2d(2), nn.Flatten(), nn.Linear(3136, 10), nn.Softmax(1))


def time_net(name, model, shape):
    path = f"{folder}/{name}.onnx"
    torch.onnx.export(model, (torch.rand(1, *shape),), path, dynamo=False, input_names=["x"], output_names=["y"],
                      dynamic_axes={"x": {0: "n"}})
    for threads in (1, 2):
        torch.set_num_threads(threads)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        for batch in (1, 32):
            x = torch.rand(batch, *shape)
            feed = {"x": x.numpy()}
            calls = {"torch": lambda: model(x), "onnxruntime": lambda: session.run(None, feed)}
            with torch.inference_mode():
                for peer, call in calls.items():
                    rate = batch / best_of(call, seconds)
                    results.append({"net": name, "peer": peer, "threads": threads, "batch": batch, "rate": rate})


time_net("digits", digits().eval(), (1, 28, 28))
time_net("resnet18", ResNet18().eval(), (3, 224, 224))
versions = {"torch": torch.__version__, "onnxruntime": onnxruntime.__version__}
print(json.dumps({"rows": results, "peers": versions}))
