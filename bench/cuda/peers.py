"""cuBLAS and cublasLt through torch on the shapes of bench/native/cuda.cc, and a network that learns as in training.mjs; prints JSON. Part of the bundle of scripts/cuda-bundle.mjs."""

import json
import time

try:
    import torch
except ImportError:
    torch = None
if torch is None or not torch.cuda.is_available():
    print(json.dumps({"torch": None}))
    raise SystemExit

torch.backends.cuda.matmul.allow_tf32 = False


def milliseconds(work):
    """Of one call, the mean of ten after three."""
    for _ in range(3):
        work()
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    for _ in range(10):
        work()
    end.record()
    torch.cuda.synchronize()
    return begin.elapsed_time(end) / 10


def measure(name, side):
    """A product of two square matrices, with a bias where that is one call."""
    dtype = {"bf16": torch.bfloat16, "float16": torch.float16}.get(name, torch.float32)
    torch.backends.cuda.matmul.allow_tf32 = name == "tf32"
    if name == "int8":
        a, b = (torch.randint(-127, 127, (side, side), dtype=torch.int8, device="cuda") for _ in range(2))
        ms = milliseconds(lambda: torch._int_mm(a, b.t()))
    else:
        a, b = (torch.randn(side, side, device="cuda", dtype=dtype) for _ in range(2))
        bias = torch.zeros(side, device="cuda", dtype=dtype)
        ms = milliseconds(lambda: torch.addmm(bias, a, b.t()))
    return {"name": name, "side": side, "ms": ms, "tflops": 2 * side**3 / ms / 1e9}


def epoch_ms(inputs, rows=60_000, batch=1024, epochs=12):
    """Of an epoch of a network of training.mjs, its rows on the device and drawn anew: the median of all but the first."""
    x = torch.rand(rows, inputs, device="cuda") * 2 - 1
    y = torch.arange(rows, device="cuda") % 10
    network = torch.nn.Sequential(
        torch.nn.Linear(inputs, 128), torch.nn.ReLU(), torch.nn.Linear(128, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
    ).to("cuda")
    optimizer = torch.optim.Adam(network.parameters())
    times = []
    for _ in range(epochs):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        for chosen in torch.randperm(rows, device="cuda").split(batch):
            optimizer.zero_grad()
            torch.nn.functional.cross_entropy(network(x[chosen]), y[chosen]).backward()
            optimizer.step()
        torch.cuda.synchronize()
        times.append(1000 * (time.perf_counter() - begin))
    return sorted(times[1:])[(epochs - 1) // 2]


cases = [("sgemm", side) for side in (1024, 2048, 4096, 8192)]
cases += [(name, side) for side in (4096, 8192) for name in ("bf16", "float16", "tf32", "int8")]
results = [measure(name, side) for name, side in cases]
results.append({"name": "mlp epoch", "ms": epoch_ms(784)})
results.append({"name": "narrow mlp epoch", "ms": epoch_ms(128)})
print(json.dumps({"torch": torch.__version__, "device": torch.cuda.get_device_name(), "results": results}))
