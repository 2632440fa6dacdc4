"""resnet18.json: what PyTorch's float64 makes of three pictures by ResNet-18 (He et al., "Deep Residual Learning for Image
Recognition", 2016), whose weights and pictures are numbers that both sides compute:

    {"torch": version, "scikitLearn": version, "seeds": [...], "scores": [[1000 numbers] ...]}

Tensor t of the state, by the order of its names, has values u(t, i) (see `uniform`), scaled so that the signal keeps its size.
"""

import numpy as np
import torch
from common import write
from torch import nn

SEEDS = [1001, 1002, 1003]


class BasicBlock(nn.Module):
    def __init__(self, inputs, planes, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, planes, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = None
        if stride != 1 or inputs != planes:
            self.downsample = nn.Sequential(nn.Conv2d(inputs, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x):
        y = torch.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return torch.relu(y + (x if self.downsample is None else self.downsample(x)))


class ResNet18(nn.Module):
    """By torchvision's names."""

    def __init__(self, classes=1000):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        widths = [64, 64, 128, 256, 512]
        for k in range(1, 5):
            first = BasicBlock(widths[k - 1], widths[k], 1 if k == 1 else 2)
            setattr(self, f"layer{k}", nn.Sequential(first, BasicBlock(widths[k], widths[k])))
        self.fc = nn.Linear(512, classes)

    def forward(self, x):
        x = self.maxpool(torch.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return self.fc(x.mean((2, 3)))


def uniform(seed, count):
    """Numbers in [-1, 1), exact in float32: 24 bits of a hash of the seed and the index."""
    with np.errstate(over="ignore"):
        h = np.arange(count, dtype=np.uint32) + np.uint32((seed * 0x9E3779B1) % 2**32)
        for _ in range(2):
            h = (h ^ (h >> np.uint32(16))) * np.uint32(0x45D9F3B)
        h ^= h >> np.uint32(16)
    return (h >> np.uint32(8)).astype(np.float64) / 2**23 - 1


def fill(model):
    """Names in their order; those of batch normalisation stay near the identity."""
    state = {name: value for name, value in model.state_dict().items() if value.is_floating_point()}
    for seed, name in enumerate(sorted(state)):
        value = state[name]
        numbers = uniform(seed, value.numel())
        if value.dim() > 1:
            numbers = numbers * np.sqrt(3 / (value.numel() / value.shape[0]))
        elif name.endswith("running_var") or (name.endswith("weight") and "fc" not in name):
            numbers = 1 + numbers / 4
        else:
            numbers = numbers / 4
        value.copy_(torch.from_numpy(numbers.astype(np.float32).reshape(value.shape)))


def main():
    model = ResNet18().eval()
    fill(model)
    pictures = np.stack([uniform(seed, 3 * 224 * 224) for seed in SEEDS]).reshape(-1, 3, 224, 224)
    with torch.inference_mode():
        scores = model.double()(torch.from_numpy(pictures)).numpy()
    rounded = [[float(f"{score:.7g}") for score in row] for row in scores]
    write("resnet18", torch=torch.__version__, seeds=SEEDS, scores=rounded)


if __name__ == "__main__":
    main()
