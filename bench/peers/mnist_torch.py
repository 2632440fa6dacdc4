"""The test accuracy of 784-128-64-10 with dropout in PyTorch, for bench/mnist-accuracy.mjs: a JSON list, one value for each seed.

    python mnist_torch.py FOLDER EPOCHS BATCH SEED...
"""

import gzip
import json
import sys

import numpy as np
import torch
from torch import nn

folder, epochs, batch, *seeds = sys.argv[1:]
TRAIN = 8000
# Threads change nothing but the time.
torch.set_num_threads(1)


def read(name, offset):
    with gzip.open(f"{folder}/mnist-t10k-{name}-ubyte.gz") as file:
        return np.frombuffer(file.read(), np.uint8, offset=offset)


x = torch.tensor(read("images-idx3", 16).reshape(-1, 784).astype(np.float32) / 255)
y = torch.tensor(read("labels-idx1", 8).astype(np.int64))
xTrain, yTrain, xTest, yTest = x[:TRAIN], y[:TRAIN], x[TRAIN:], y[TRAIN:]


def accuracy(seed):
    torch.manual_seed(seed)
    model = nn.Sequential(
        *(nn.Linear(784, 128), nn.ReLU(), nn.Dropout(0.2), nn.Linear(128, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10))
    )
    optimizer = torch.optim.Adam(model.parameters())
    loss_of = nn.CrossEntropyLoss()
    for _ in range(int(epochs)):
        for rows in torch.randperm(TRAIN).split(int(batch)):
            optimizer.zero_grad()
            loss_of(model(xTrain[rows]), yTrain[rows]).backward()
            optimizer.step()
    model.eval()
    with torch.no_grad():
        return (model(xTest).argmax(1) == yTest).float().mean().item()


print(json.dumps([accuracy(int(seed)) for seed in seeds]))
