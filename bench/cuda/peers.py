"""cuBLAS and cublasLt through torch on the shapes of bench_cuda, and networks as there and in training.mjs: a line of JSON for each. Part of the bundle of scripts/cuda-bundle.mjs."""

import json
import sys
import time


def report(**line):
    print(json.dumps(line), flush=True)


def skip(reason):
    print(reason, file=sys.stderr)
    sys.exit(77)


try:
    import torch
except ImportError:
    skip("torch is not here")
if not torch.cuda.is_available():
    skip(f"torch {torch.__version__} finds no GPU")

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
    report(name=name, side=side, ms=ms, tflops=2 * side**3 / ms / 1e9)


def convolution(name, images=256, side=28, channels=128):
    """3 x 3 on images whose channels lie together, with bias and ReLU."""
    dtype = {"bf16": torch.bfloat16, "float16": torch.float16}.get(name, torch.float32)
    torch.backends.cudnn.allow_tf32 = name == "tf32"
    layer = torch.nn.Sequential(torch.nn.Conv2d(channels, channels, 3, padding=1), torch.nn.ReLU())
    layer = layer.to("cuda", dtype=dtype, memory_format=torch.channels_last)
    x = torch.rand(images, channels, side, side, device="cuda", dtype=dtype)
    x = x.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        ms = milliseconds(lambda: layer(x))
    operations = 2 * images * side**2 * channels * 9 * channels
    report(name="conv", of=name, images=images, ms=ms, tflops=operations / ms / 1e9)


def layers(width, rows=1 << 20):
    """Four layers of one width, one after the other."""
    network = torch.nn.Sequential(
        *(part for _ in range(4) for part in (torch.nn.Linear(width, width), torch.nn.ReLU()))
    ).to("cuda")
    x = torch.rand(rows, width, device="cuda")
    with torch.inference_mode():
        report(name="mlp", width=width, rows=rows, ms=milliseconds(lambda: network(x)))


def single_row(repeats=1000):
    """A row of the host through 784-128-64-10 and back, by a recorded graph: the mean in microseconds."""
    sizes = (784, 128, 64, 10)
    network = torch.nn.Sequential(
        *(part for n, m in zip(sizes, sizes[1:]) for part in (torch.nn.Linear(n, m), torch.nn.ReLU()))
    ).to("cuda")
    row, result = torch.rand(1, 784).pin_memory(), torch.empty(1, 10).pin_memory()
    x = row.to("cuda")
    with torch.inference_mode():
        aside = torch.cuda.Stream()
        with torch.cuda.stream(aside):
            for _ in range(3):
                network(x)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            y = network(x)

        def run():
            x.copy_(row, non_blocking=True)
            graph.replay()
            result.copy_(y, non_blocking=True)
            torch.cuda.synchronize()

        for _ in range(10):
            run()
        begin = time.perf_counter()
        for _ in range(repeats):
            run()
        report(name="single row", us=1e6 * (time.perf_counter() - begin) / repeats)


def epoch(name, inputs, rows=60_000, batch=1024, epochs=12):
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
    report(name=name, ms=sorted(times[1:])[(epochs - 1) // 2])


report(name="torch", version=torch.__version__, device=torch.cuda.get_device_name())
cases = [("sgemm", side) for side in (1024, 2048, 4096, 8192)]
cases += [(name, side) for side in (4096, 8192) for name in ("bf16", "float16", "tf32", "int8")]
works = [lambda case=case: measure(*case) for case in cases]
works += [lambda name=name: convolution(name) for name in ("bf16", "float16", "tf32")]
works += [lambda: layers(64), lambda: layers(128), single_row]
works += [lambda: epoch("mlp epoch", 784), lambda: epoch("narrow mlp epoch", 128)]
failed = False
for work in works:
    try:
        work()
    except Exception as error:  # the others go on
        report(name="failed", error=str(error)[:300])
        failed = True
sys.exit(1 if failed else 0)
