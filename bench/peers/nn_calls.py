"""Training and inference of 784-128-64-10 in PyTorch and ONNX Runtime, for bench/nn.bench.mjs.

    python nn_calls.py THREADS SECONDS MODEL.onnx

Writes the network to MODEL.onnx, and prints {"rows": [{"what", "peer", "batch", "rate": rows a second}], "peers": versions}.
"""

import json
import sys
import time
import warnings

import numpy as np
import onnxruntime
import torch
from torch import nn

threads, seconds = int(sys.argv[1]), float(sys.argv[2])
torch.set_num_threads(threads)
ROWS = 8000
results = []
warnings.simplefilter("ignore")


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10))


def emit(**values):
    results.append(values)


def train(batch):
    """The best epoch: rows in a new order each time, gathered a mini-batch at a time, as the engine of boreal does."""
    x = torch.rand(ROWS, 784)
    y = torch.randint(0, 10, (ROWS,))
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), 1e-4)
    loss_of = nn.CrossEntropyLoss()
    best = float("inf")
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        start = time.perf_counter()
        for rows in torch.randperm(ROWS).split(batch):
            optimizer.zero_grad(set_to_none=True)
            loss_of(model(x[rows]), y[rows]).backward()
            optimizer.step()
        best = min(best, time.perf_counter() - start)
    emit(what="train", peer="torch", batch=batch, rate=ROWS / best)


def best_of(call):
    call()
    best = float("inf")
    until = time.perf_counter() + seconds / 2
    while time.perf_counter() < until:
        start = time.perf_counter()
        call()
        best = min(best, time.perf_counter() - start)
    return best


def infer(batch):
    model = nn.Sequential(network(), nn.Softmax(1)).eval()
    x = torch.rand(batch, 784)
    with torch.inference_mode():
        emit(what="infer", peer="torch", batch=batch, rate=batch / best_of(lambda: model(x)))
    path = sys.argv[3]
    torch.onnx.export(model, (x[:1],), path, dynamo=False, input_names=["x"], output_names=["y"], dynamic_axes={"x": {0: "n"}})
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    feed = {"x": x.numpy().astype(np.float32)}
    emit(what="infer", peer="onnxruntime", batch=batch, rate=batch / best_of(lambda: session.run(None, feed)))


for size in (32, 128):
    train(size)
infer(1024)
versions = {"torch": torch.__version__, "onnxruntime": onnxruntime.__version__}
print(json.dumps({"rows": results, "peers": versions}))
