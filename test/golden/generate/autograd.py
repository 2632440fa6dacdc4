"""autograd.json: what torch gives for the tensor operations of boreal/nn, and their gradients.

    {"operations": [{"name": of the table of autograd.test.ts, "inputs": [{"shape", "values"}], "output": values,
                     "gradients": of sum(output * probe) by each input, null for indices}],
     "optimizers": [{"name", "optimizer", "options", "weights": after each step}],
     "schedules": [{"name", "schedule", "args", "metrics" or null, "rates"}],
     "batchNorm": {"runningMean", "runningVar", "training", "inference"}}

probe[i] = cos(i + 1); the gradient of step s of an optimizer is sin(w * (s + 1)) + w / 4.
"""

import numpy as np
import torch
import torch.nn.functional as F
from common import write

torch.set_num_threads(1)
RNG = np.random.default_rng(5)


def rand(*shape, low=-2.0, high=2.0):
    return torch.tensor(np.round(RNG.uniform(low, high, shape), 3).astype(np.float32))


def index(*values):
    return torch.tensor(values, dtype=torch.float32)


def probed(y):
    return (y * torch.cos(torch.arange(1, y.numel() + 1, dtype=torch.float32)).reshape(y.shape)).sum()


def values(x):
    return [float(f"{v:.6g}") for v in x.detach().reshape(-1).tolist()]


def operation(name, fn, *inputs, fixed=()):
    leaves = [x.clone().requires_grad_(i not in fixed) for i, x in enumerate(inputs)]
    y = fn(*leaves)
    probed(y).backward()
    return {
        "name": name,
        "inputs": [{"shape": list(x.shape), "values": values(x)} for x in inputs],
        "output": values(y),
        "gradients": [None if x.grad is None else values(x.grad) for x in leaves],
    }


def operations():
    a, b = rand(2, 3), rand(2, 3)
    positive = rand(2, 3, low=0.2, high=3)
    for name in ("neg", "exp", "expm1", "abs", "erf", "square", "sign"):
        yield operation(name, getattr(torch, name), a)
    for name in ("log", "log1p", "sqrt", "reciprocal"):
        yield operation(name, getattr(torch, name), positive)
    for name in ("add", "sub", "mul", "div", "minimum", "maximum"):
        yield operation(name, getattr(torch, name), a, b)
        yield operation(name, getattr(torch, name), rand(4, 1, 3), rand(2, 1))
    yield operation("minimum", torch.minimum, a, a.clone())
    yield operation("pow", torch.pow, positive, b)
    yield operation("square", lambda x: x**2, a)
    yield operation("cube", lambda x: x**3, a)
    yield operation("clamp", lambda x: x.clamp(-1, 0.5), a)
    yield operation("where", lambda x, y: torch.where(x > 0, x, y), a, b)
    activations = {
        "relu": F.relu, "leakyRelu": F.leaky_relu, "elu": F.elu, "selu": F.selu, "gelu": F.gelu,
        "geluTanh": lambda x: F.gelu(x, approximate="tanh"), "silu": F.silu, "mish": F.mish,
        "sigmoid": torch.sigmoid, "tanh": torch.tanh, "softplus": F.softplus, "relu6": lambda x: F.relu6(x * 5),
        "hardSigmoid": F.hardsigmoid, "hardSwish": F.hardswish, "softsign": F.softsign,
    }
    for name, fn in activations.items():
        yield operation(name, fn, rand(2, 7, low=-4, high=4))
    x = rand(2, 3, 4)
    yield operation("softmax", lambda x: x.softmax(-1), x)
    yield operation("softmax1", lambda x: x.softmax(1), x)
    yield operation("logSoftmax", lambda x: x.log_softmax(-1), x)
    yield operation("logSoftmax1", lambda x: x.log_softmax(1), x)
    yield operation("sum", lambda x: x.sum(), x)
    yield operation("sum02", lambda x: x.sum((0, 2)), x)
    yield operation("mean1", lambda x: x.mean(1, keepdim=True), x)
    yield operation("var", lambda x: x.var(), x)
    yield operation("var0", lambda x: x.var(0, correction=0), x)
    yield operation("std2", lambda x: x.std(2), x)
    yield operation("norm1", lambda x: x.norm(dim=1), x)
    yield operation("max", lambda x: x.amax((0, 1, 2)), x)
    yield operation("max2", lambda x: x.amax(2), x)
    yield operation("min1", lambda x: x.amin(1), x)
    yield operation("max2", lambda x: x.amax(2), torch.tensor([[[1.0, 3.0, 3.0, 2.0]]]))
    yield operation("reshape", lambda x: x.reshape(4, 6), x)
    yield operation("permute", lambda x: x.permute(2, 0, 1), x)
    yield operation("transpose", lambda x: x.transpose(0, 1), x)
    yield operation("expand", lambda x: x.expand(5, 3, 2), rand(3, 1))
    yield operation("slice", lambda x: x[:, 1:3, ::2], x)
    yield operation("select", lambda x: x[1, :, -1], x)
    yield operation("flip", lambda x: x.flip(2), x)
    yield operation("cat", lambda x, y: torch.cat([x, y], 1), a, rand(2, 2))
    yield operation("stack", lambda x, y: torch.stack([x, y], 1), a, b)
    yield operation("indexSelect", lambda x, i: x.index_select(1, i.long()), x, index(2, 0, 2), fixed=[1])
    yield operation("gather", lambda x, i: x.gather(1, i.long()), a, index(0, 2, 1, 1).reshape(2, 2), fixed=[1])
    yield operation("maskedFill", lambda x: x.masked_fill(x > 1, 9), x)
    yield operation("matmul", torch.matmul, rand(3, 4), rand(4, 5))
    yield operation("matmul", torch.matmul, rand(2, 3, 4), rand(4, 5))
    yield operation("matmul", torch.matmul, rand(2, 1, 3, 4), rand(3, 4, 2))
    yield operation("matmul", torch.matmul, rand(4), rand(2, 4, 3))
    yield operation("matmul", torch.matmul, rand(2, 3, 4), rand(4))
    yield operation("matmul", torch.matmul, rand(4), rand(4))
    yield operation("linear", F.linear, rand(2, 3, 4), rand(5, 4), rand(5))
    image = rand(1, 4, 6, 5)
    yield operation("conv2d", F.conv2d, image, rand(3, 4, 3, 3), rand(3))
    yield operation("conv2dStride", lambda x, w: F.conv2d(x, w, None, 2, 1), image, rand(2, 4, 3, 2))
    yield operation("conv2dSame", lambda x, w: F.conv2d(x, w, None, 1, "same", 2), image, rand(2, 4, 2, 2))
    yield operation("conv2dGroups", lambda x, w, b: F.conv2d(x, w, b, 1, 1, 1, 2), image, rand(6, 2, 3, 3), rand(6))
    yield operation("conv2dDepthwise", lambda x, w: F.conv2d(x, w, None, 1, 1, 1, 4), image, rand(4, 1, 3, 3))
    yield operation("maxPool2d", lambda x: F.max_pool2d(x, 2), image)
    yield operation("maxPool2dPadded", lambda x: F.max_pool2d(x, 3, 2, 1, ceil_mode=True), image)
    yield operation("avgPool2d", lambda x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True), image)
    yield operation("avgPool2dInside", lambda x: F.avg_pool2d(x, 3, 2, 1, count_include_pad=False), image)
    yield operation("globalAvgPool2d", lambda x: F.adaptive_avg_pool2d(x, 1), image)
    yield operation("batchNorm", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), image, rand(4), rand(4))
    yield operation("batchNorm", lambda x, w, b: F.batch_norm(x, None, None, w, b, True), rand(5, 3), rand(3), rand(3))
    yield operation("layerNorm", lambda x, w, b: F.layer_norm(x, (3, 4), w, b), x, rand(3, 4), rand(3, 4))
    yield operation("embedding", lambda i, w: F.embedding(i.long(), w), index(1, 3, 3, 0).reshape(2, 2), rand(4, 3), fixed=[0])
    yield from losses()


def losses():
    x, y = rand(4, 3), rand(4, 3)
    yield operation("mseLoss", F.mse_loss, x, y)
    yield operation("mseLossSum", lambda x, y: F.mse_loss(x, y, reduction="sum"), x, y)
    yield operation("l1Loss", F.l1_loss, x, y)
    yield operation("smoothL1Loss", lambda x, y: F.smooth_l1_loss(x, y, beta=0.7), x, y)
    yield operation("huberLoss", lambda x, y: F.huber_loss(x, y, delta=0.7, reduction="none"), x, y)
    classes, weight = index(0, 2, 1, 2), torch.tensor([1.0, 2.0, 0.5])
    yield operation("crossEntropyLoss", lambda x, t: F.cross_entropy(x, t.long()), x, classes, fixed=[1])
    yield operation("crossEntropyLossWeighted",
                    lambda x, t, w: F.cross_entropy(x, t.long(), w, label_smoothing=0.2), x, classes, weight, fixed=[1, 2])
    yield operation("crossEntropyLossIgnoring",
                    lambda x, t: F.cross_entropy(x, t.long(), ignore_index=2, label_smoothing=0.1), x, classes, fixed=[1])
    yield operation("crossEntropyLoss", F.cross_entropy, x, rand(4, 3).softmax(1), fixed=[1])
    yield operation("crossEntropyLoss", lambda x, t: F.cross_entropy(x, t.long()), rand(2, 3, 2),
                    index(0, 1, 2, 1).reshape(2, 2), fixed=[1])
    yield operation("nllLoss", lambda x, t, w: F.nll_loss(x, t.long(), w), x, classes, weight, fixed=[1, 2])
    probabilities, targets = rand(4, 3, low=0.05, high=0.95), rand(4, 3, low=0, high=1)
    yield operation("bceLoss", F.binary_cross_entropy, probabilities, targets, fixed=[1])
    yield operation("bceWithLogitsLoss", F.binary_cross_entropy_with_logits, x, targets, fixed=[1])
    yield operation("bceWithLogitsLossWeighted",
                    lambda x, t, p: F.binary_cross_entropy_with_logits(x, t, pos_weight=p), x, targets, weight, fixed=[1, 2])
    logs = x.log_softmax(1)
    yield operation("klDivLoss", lambda x, t: F.kl_div(x, t, reduction="batchmean"), logs, rand(4, 3).softmax(1), fixed=[1])
    yield operation("klDivLossLog", lambda x, t: F.kl_div(x, t, reduction="sum", log_target=True), logs,
                    rand(4, 3).log_softmax(1), fixed=[1])
    signs = torch.tensor([[1.0, -1.0, 1.0]]).expand(4, 3).contiguous()
    yield operation("hingeEmbeddingLoss", F.hinge_embedding_loss, x, signs, fixed=[1])


CAMEL = {
    "weight_decay": "weightDecay", "lr_decay": "lrDecay", "initial_accumulator_value": "initialAccumulatorValue",
}


def optimizer(make, **options):
    w = torch.tensor([0.5, -1.5, 2.0, 0.0, 3.0], requires_grad=True)
    opt = make([w], **options)
    steps = []
    for step in range(6):
        w.grad = (torch.sin(w * (step + 1)) + w / 4).detach()
        opt.step()
        steps.append(values(w))
    return {
        "name": f"{make.__name__} {options}",
        "optimizer": make.__name__,
        "options": {CAMEL.get(k, k): v for k, v in options.items()},
        "weights": steps,
    }


def optimizers():
    o = torch.optim
    yield optimizer(o.SGD, lr=0.1)
    yield optimizer(o.SGD, lr=0.1, momentum=0.9, weight_decay=0.05)
    yield optimizer(o.SGD, lr=0.1, momentum=0.9, dampening=0.3)
    yield optimizer(o.SGD, lr=0.1, momentum=0.8, nesterov=True, maximize=True)
    yield optimizer(o.Adam, lr=0.05)
    yield optimizer(o.Adam, lr=0.05, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1, amsgrad=True)
    yield optimizer(o.AdamW, lr=0.05)
    yield optimizer(o.AdamW, lr=0.05, weight_decay=0.2, amsgrad=True, maximize=True)
    yield optimizer(o.RMSprop, lr=0.02)
    yield optimizer(o.RMSprop, lr=0.02, alpha=0.9, momentum=0.7, centered=True, weight_decay=0.1)
    yield optimizer(o.RMSprop, lr=0.02, momentum=0.7)
    yield optimizer(o.Adagrad, lr=0.2)
    yield optimizer(o.Adagrad, lr=0.2, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.5)


def schedule(make, args, metrics=None, **options):
    opt = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.4)
    scheduler = make(opt, *args, **options)
    rates = []
    for epoch in range(12):
        opt.step()
        scheduler.step(*([metrics[epoch]] if metrics else []))
        rates.append(opt.param_groups[0]["lr"])
    names = {"T_max": "tMax", "min_lr": "minLr", "threshold_mode": "thresholdMode"}
    return {
        "name": f"{make.__name__} {args} {options}",
        "schedule": make.__name__,
        "args": [*args, *([{names.get(k, k): v for k, v in options.items()}] if options else [])],
        "metrics": metrics,
        "rates": rates,
    }


def schedules():
    s = torch.optim.lr_scheduler
    yield schedule(s.StepLR, [4])
    yield schedule(s.MultiStepLR, [[2, 5, 6], 0.5])
    yield schedule(s.ExponentialLR, [0.8])
    yield schedule(s.CosineAnnealingLR, [8, 0.01])
    metrics = [1.0, 0.9, 0.91, 0.92, 0.9, 0.9, 0.89995, 0.5, 0.6, 0.6, 0.6, 0.6]
    yield schedule(s.ReduceLROnPlateau, [], metrics, patience=1, factor=0.5)
    yield schedule(s.ReduceLROnPlateau, [], metrics, patience=0, cooldown=2, mode="max", threshold=0.05,
                   threshold_mode="abs", min_lr=0.05)


def batch_norm():
    module = torch.nn.BatchNorm2d(3, momentum=0.3)
    batches = [rand(2, 3, 2, 2) for _ in range(2)]
    training = [values(module(x)) for x in batches]
    running = {"runningMean": values(module.running_mean), "runningVar": values(module.running_var)}
    module.eval()
    return {"batches": [values(x) for x in batches], **running, "training": training,
            "inference": values(module(batches[0]))}


def main():
    write(
        "autograd",
        torch=torch.__version__.split("+")[0],
        operations=list(operations()),
        optimizers=list(optimizers()),
        schedules=list(schedules()),
        batchNorm=batch_norm(),
    )


if __name__ == "__main__":
    main()
