"""nn-steps.json: activations, losses and steps of optimizers as PyTorch computes them, in float64.

    {"activations": [{"activation", "alpha" if it has one, "x", "y": f(x), "slope": f'(x)}],
     "losses": [{"loss": as boreal's LossSpec, "outputs", "targets", "weights" of rows if any, "value", "gradient" by the outputs}],
     "network": {"sizes", "parameters", "x", "classes"},
     "gradient": of the mean cross-entropy of that network by its parameters,
     "optimizers": [{"optimizer": as boreal's OptimizerSpec, "learningRate", "parameters" after STEPS full-batch steps}],
     "clipped": [{"clipNorm" or "clipGlobalNorm" or "clipValue", "parameters" after one step of gradient descent}]}

    {"images": {"x" [batch, height, width, channels], "classes", "parameters" before, "after" STEPS steps of Adam, with the
                moving statistics of batch normalisation, "losses" of the steps, "outputs" in evaluation}}

The network is dense, tanh, dense, softmax; parameters are kernels [inputs, outputs] and biases, one after the other.
"""

import numpy as np
import torch
import torch.nn.functional as F
from common import write

STEPS = 6
torch.set_default_dtype(torch.float64)


def activations():
    x = np.array([-20.0, -4.5, -3.2, -2.0, -1.25, -0.5, -0.125, -1e-3, 1e-3, 0.25, 0.75, 1.5, 2.5, 3.5, 5.5, 7.0, 20.0])
    functions = {
        "linear": lambda v: v,
        "relu": F.relu,
        "relu6": F.relu6,
        "sigmoid": torch.sigmoid,
        "hardSigmoid": F.hardsigmoid,
        "tanh": torch.tanh,
        "softplus": F.softplus,
        "softsign": F.softsign,
        "exponential": torch.exp,
        "gelu": F.gelu,
        "geluTanh": lambda v: F.gelu(v, approximate="tanh"),
        "silu": F.silu,
        "hardSilu": F.hardswish,
        "mish": F.mish,
        "selu": F.selu,
        ("elu", 0.7): lambda v: F.elu(v, 0.7),
        ("leakyRelu", 0.3): lambda v: F.leaky_relu(v, 0.3),
    }
    for name, f in functions.items():
        v = torch.tensor(x, requires_grad=True)
        y = f(v)
        y.sum().backward()
        spec = {"activation": name} if isinstance(name, str) else {"activation": name[0], "alpha": name[1]}
        yield {**spec, "x": x, "y": y.detach().numpy(), "slope": v.grad.numpy()}


def losses():
    rng = np.random.default_rng(1)
    z = rng.normal(size=(6, 3)).round(3)
    soft = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    shares = rng.dirichlet(np.ones(3), 6).round(3)
    shares[:, 2] = 1 - shares[:, :2].sum(1)
    bits = (rng.random((6, 3)) > 0.5).astype(float)
    classes = rng.integers(0, 3, 6)
    weights = np.array([0.5, 1, 2, 0, 1, 3])
    signs = 2 * bits - 1
    real = rng.normal(size=(6, 3)).round(3)
    label = torch.tensor(classes)

    def case(spec, outputs, targets, f, weighted=None):
        y = torch.tensor(outputs, requires_grad=True)
        t = torch.tensor(np.asarray(targets))
        value = f(y, t)
        value.backward()
        result = {"loss": spec, "outputs": outputs, "targets": targets, "value": value.item(), "gradient": y.grad.numpy()}
        return result if weighted is None else {**result, "weights": weighted}

    yield case({"type": "meanSquaredError"}, z, real, F.mse_loss)
    yield case({"type": "meanAbsoluteError"}, z, real, F.l1_loss)
    yield case({"type": "huber", "delta": 0.7}, z, real, lambda y, t: F.huber_loss(y, t, delta=0.7))
    yield case({"type": "huber"}, z, real, F.huber_loss)
    yield case({"type": "binaryCrossentropy", "fromLogits": True}, z, bits, F.binary_cross_entropy_with_logits)
    yield case({"type": "binaryCrossentropy"}, soft, bits, F.binary_cross_entropy)
    yield case({"type": "sparseCategoricalCrossentropy", "fromLogits": True}, z, classes, F.cross_entropy)
    yield case(
        {"type": "sparseCategoricalCrossentropy", "fromLogits": True, "labelSmoothing": 0.1},
        z,
        classes,
        lambda y, t: F.cross_entropy(y, t, label_smoothing=0.1),
    )
    yield case({"type": "categoricalCrossentropy", "fromLogits": True}, z, shares, F.cross_entropy)
    per_row = lambda y: (F.cross_entropy(y, label, reduction="none") * torch.tensor(weights)).sum() / weights.sum()
    yield case(
        {"type": "sparseCategoricalCrossentropy", "fromLogits": True}, z, classes, lambda y, t: per_row(y), weights
    )
    yield case(
        {"type": "klDivergence"}, soft, shares, lambda y, t: F.kl_div(y.log(), t, reduction="batchmean")
    )
    yield case({"type": "poisson"}, soft, shares, lambda y, t: F.poisson_nll_loss(y, t, log_input=False, eps=1e-7))
    yield case({"type": "hinge"}, z, signs, lambda y, t: (1 - t * y).clamp(min=0).mean())
    yield case({"type": "squaredHinge"}, z, signs, lambda y, t: (1 - t * y).clamp(min=0).square().mean())
    yield case({"type": "halfSquaredError"}, z, real, lambda y, t: 0.5 * (y - t).square().sum(1).mean())
    yield case({"type": "logCosh"}, z, real, lambda y, t: torch.log(torch.cosh(y - t)).mean())
    yield case(
        {"type": "meanSquaredLogarithmicError"},
        soft,
        shares,
        lambda y, t: F.mse_loss(torch.log1p(y), torch.log1p(t)),
    )


SIZES = [5, 7, 3]


def network():
    rng = np.random.default_rng(3)
    parameters = []
    for inputs, outputs in zip(SIZES, SIZES[1:]):
        parameters += [rng.normal(size=(inputs, outputs)).round(3) * 0.5, rng.normal(size=outputs).round(3) * 0.1]
    x = rng.normal(size=(12, SIZES[0])).round(3)
    return parameters, x, rng.integers(0, 3, 12)


def loss_of(tensors, x, classes):
    w1, b1, w2, b2 = tensors
    return F.cross_entropy(torch.tanh(x @ w1 + b1) @ w2 + b2, classes)


def flat(tensors):
    return np.concatenate([t.detach().numpy().ravel() for t in tensors])


def steps(make, count, clip=None):
    parameters, x, classes = network()
    tensors = [torch.tensor(p, requires_grad=True) for p in parameters]
    x, classes = torch.tensor(x), torch.tensor(classes)
    optimizer = make(tensors)
    for _ in range(count):
        optimizer.zero_grad()
        loss_of(tensors, x, classes).backward()
        if clip is not None:
            clip(tensors)
        optimizer.step()
    return flat(tensors)


def optimizers():
    torch_form = {"epsilonHat": False, "epsilon": 1e-8}
    velocity = {"type": "sgd", "momentum": 0.9, "rateInVelocity": False}
    optim = torch.optim
    cases = [
        ({"type": "sgd"}, 0.1, lambda p: optim.SGD(p, 0.1)),
        (velocity, 0.1, lambda p: optim.SGD(p, 0.1, momentum=0.9)),
        ({**velocity, "dampening": 0.2}, 0.1, lambda p: optim.SGD(p, 0.1, momentum=0.9, dampening=0.2)),
        ({**velocity, "nesterov": True}, 0.1, lambda p: optim.SGD(p, 0.1, momentum=0.9, nesterov=True)),
        ({"type": "rmsprop", "rho": 0.95, **torch_form}, 0.01, lambda p: optim.RMSprop(p, 0.01, alpha=0.95)),
        (
            {"type": "rmsprop", "rho": 0.95, "centered": True, **torch_form},
            0.01,
            lambda p: optim.RMSprop(p, 0.01, alpha=0.95, centered=True),
        ),
        (
            {"type": "rmsprop", "rho": 0.95, "momentum": 0.6, "rateInVelocity": False, **torch_form},
            0.01,
            lambda p: optim.RMSprop(p, 0.01, alpha=0.95, momentum=0.6),
        ),
        (
            {"type": "adagrad", "initialAccumulatorValue": 0.1, "epsilonHat": False, "epsilon": 1e-8},
            0.1,
            lambda p: optim.Adagrad(p, 0.1, initial_accumulator_value=0.1, eps=1e-8),
        ),
        ({"type": "adam", **torch_form}, 0.01, lambda p: optim.Adam(p, 0.01)),
        ({"type": "adam", "amsgrad": True, **torch_form}, 0.01, lambda p: optim.Adam(p, 0.01, amsgrad=True)),
        (
            {"type": "adamw", "weightDecay": 0.1, **torch_form},
            0.01,
            lambda p: optim.AdamW(p, 0.01, weight_decay=0.1),
        ),
    ]
    for spec, rate, make in cases:
        yield {"optimizer": spec, "learningRate": rate, "parameters": steps(make, STEPS)}


def clipped():
    descent = lambda p: torch.optim.SGD(p, 1.0)
    norm = torch.nn.utils.clip_grad_norm_
    each = lambda tensors: [norm([t], 0.05) for t in tensors]
    value = torch.nn.utils.clip_grad_value_
    yield {"clipNorm": 0.05, "parameters": steps(descent, 1, each)}
    yield {"clipGlobalNorm": 0.1, "parameters": steps(descent, 1, lambda tensors: norm(tensors, 0.1))}
    yield {"clipValue": 0.02, "parameters": steps(descent, 1, lambda tensors: value(tensors, 0.02))}


class Images(torch.nn.Module):
    """conv2d 'same', batchNorm, relu, maxPool2d, conv2d in groups, gelu, layerNorm over channels, globalAvgPool, dense."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Conv2d(2, 4, 3, padding=1, bias=False)
        self.batch_norm = torch.nn.BatchNorm2d(4, eps=1e-3, momentum=0.2)
        self.second = torch.nn.Conv2d(4, 6, (2, 3), groups=2, bias=False)
        self.layer_norm = torch.nn.LayerNorm(6, eps=1e-4)
        self.dense = torch.nn.Linear(6, 3)

    def forward(self, x):
        x = F.max_pool2d(torch.relu(self.batch_norm(self.first(x))), 2)
        x = F.gelu(self.second(x)).permute(0, 2, 3, 1)
        return self.dense(self.layer_norm(x).mean((1, 2)))

    def keras_parameters(self):
        kernel = lambda conv: conv.weight.permute(2, 3, 1, 0)
        norm = self.batch_norm
        return flat(
            [kernel(self.first), norm.weight, norm.bias, norm.running_mean, norm.running_var]
            + [kernel(self.second), self.layer_norm.weight, self.layer_norm.bias, self.dense.weight.T, self.dense.bias]
        )


def images():
    torch.manual_seed(5)
    model = Images()
    rng = np.random.default_rng(6)
    x = rng.normal(size=(8, 6, 7, 2)).round(3)
    classes = rng.integers(0, 3, 8)
    before = model.keras_parameters()
    optimizer = torch.optim.Adam(model.parameters(), 0.01)
    channels_first = torch.tensor(x).permute(0, 3, 1, 2)
    losses = []
    for _ in range(STEPS):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(channels_first), torch.tensor(classes))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    after = model.keras_parameters()
    outputs = model.eval()(channels_first).detach().numpy()
    return {"x": x, "classes": classes, "parameters": before, "after": after, "losses": losses, "outputs": outputs}


def main():
    parameters, x, classes = network()
    tensors = [torch.tensor(p, requires_grad=True) for p in parameters]
    loss = loss_of(tensors, torch.tensor(x), torch.tensor(classes))
    loss.backward()
    write(
        "nn-steps",
        torch=torch.__version__,
        activations=list(activations()),
        losses=list(losses()),
        network={
            "sizes": SIZES,
            "parameters": np.concatenate([p.ravel() for p in parameters]),
            "x": x,
            "classes": classes,
            "loss": loss.item(),
            "gradient": flat([t.grad for t in tensors]),
        },
        optimizers=list(optimizers()),
        clipped=list(clipped()),
        images=images(),
    )


if __name__ == "__main__":
    main()
