"""numpy and torch for the numeric suites, in one process: the same protocol as bench/compare/main.cc.

    python arrays.py THREADS

Reads `hello`, `case key=value ...` and `turn ENGINE CALLS`, answers each with a line of JSON. What a user would write is
what is timed: results go into an existing array where the library offers that.
"""

import json
import sys
import time

try:
    import numpy as np
except ImportError:
    np = None
try:
    import torch
except ImportError:
    torch = None

WARM_UP = 0.5e-3  # seconds of calls before the clock starts, unless a call takes longer
LONG = 5e-3
NUMPY_TYPES = {"f32": "float32", "f64": "float64"}


def settle():
    """Waits until the library's threads sleep; they spin for a while after their work."""
    for _ in range(100):
        before = time.process_time()
        time.sleep(1e-3)
        if time.process_time() - before < 0.2e-3:
            return


def operands(case):
    rng = np.random.default_rng(7)
    dtype = NUMPY_TYPES.get(case["dtype"])
    m, n, k = case.get("m", 0), case.get("n", 0), case.get("k", 0)
    if case["op"] == "matmul":
        return [rng.uniform(-1, 1, (m, k)).astype(dtype), rng.uniform(-1, 1, (k, n)).astype(dtype)]
    if case["op"] == "matmul-int8":
        return [rng.uniform(-1, 1, (m, k)).astype("float32"), rng.uniform(-1, 1, (k, n)).astype("float32")]
    if case["op"] == "log":  # no special values
        return [rng.uniform(2.0**-10, 1, (m, n)).astype(dtype)]
    if m:
        return [rng.uniform(-1, 1, (m, n)).astype(dtype), rng.uniform(-1, 1, (m, n)).astype(dtype)]
    general = rng.uniform(-1, 1, (n, n))
    if case["op"] in ("cholesky", "eigh"):
        return [(general + general.T) / 2 + n * np.eye(n)]
    return [general, rng.uniform(-1, 1, n)]


def numpy_task(case, values):
    op = case["op"]
    x, y = values[0], values[-1]
    out = np.empty_like(x)

    def sigmoid():
        np.negative(x, out=out)
        np.exp(out, out=out)
        np.add(out, 1, out=out)
        np.reciprocal(out, out=out)

    def softmax():
        np.subtract(x, x.max(axis=1, keepdims=True), out=out)
        np.exp(out, out=out)
        np.divide(out, out.sum(axis=1, keepdims=True), out=out)

    if op == "matmul":
        product = np.empty((x.shape[0], y.shape[1]), x.dtype)
        return lambda: np.matmul(x, y, out=product)
    return {
        "add": lambda: np.add(x, y, out=out),
        "mul": lambda: np.multiply(x, y, out=out),
        "exp": lambda: np.exp(x, out=out),
        "log": lambda: np.log(x, out=out),
        "tanh": lambda: np.tanh(x, out=out),
        "sigmoid": sigmoid,
        "softmax": softmax,
        "sum": lambda: x.sum(),
        "variance": lambda: x.var(),
        "argmax": lambda: x.argmax(),
        "solve": lambda: np.linalg.solve(x, y),
        "inverse": lambda: np.linalg.inv(x),
        "cholesky": lambda: np.linalg.cholesky(x),
        "qr": lambda: np.linalg.qr(x),
        "svd": lambda: np.linalg.svd(x, full_matrices=False),
        "eigh": lambda: np.linalg.eigh(x),
    }.get(op)


def quantized_linear(values):
    """u8 activations times s8 weights per channel into u8, the weights packed ahead: torch's quantised Linear."""
    a, b = values
    k, n = b.shape
    weights = torch.quantize_per_channel(
        torch.from_numpy(np.ascontiguousarray(b.T)), torch.full((n,), 1 / 127, dtype=torch.float64),
        torch.zeros(n, dtype=torch.int64), 0, torch.qint8)
    packed = torch.ops.quantized.linear_prepack(weights, None)
    x = torch.quantize_per_tensor(torch.from_numpy(a), 2 / 255, 128, torch.quint8)
    return lambda: torch.ops.quantized.linear(x, packed, k / 255, 128)


def torch_task(case, values):
    op = case["op"]
    if op == "matmul-int8":
        return quantized_linear(values)
    x, y = torch.from_numpy(values[0]), torch.from_numpy(values[-1])
    out = torch.empty_like(x)
    if op == "matmul":
        product = torch.empty((x.shape[0], y.shape[1]), dtype=x.dtype)
        return lambda: torch.mm(x, y, out=product)
    return {
        "add": lambda: torch.add(x, y, out=out),
        "mul": lambda: torch.mul(x, y, out=out),
        "exp": lambda: torch.exp(x, out=out),
        "log": lambda: torch.log(x, out=out),
        "tanh": lambda: torch.tanh(x, out=out),
        "sigmoid": lambda: torch.sigmoid(x, out=out),
        "gelu": lambda: torch.nn.functional.gelu(x),
        "softmax": lambda: torch.softmax(x, 1),
        "sum": lambda: x.sum(),
        "variance": lambda: x.var(correction=0),
        "argmax": lambda: x.argmax(),
        "solve": lambda: torch.linalg.solve(x, y),
        "inverse": lambda: torch.linalg.inv(x),
        "cholesky": lambda: torch.linalg.cholesky(x),
        "qr": lambda: torch.linalg.qr(x),
        "svd": lambda: torch.linalg.svd(x, full_matrices=False),
        "eigh": lambda: torch.linalg.eigh(x),
    }.get(op)


class Peers:
    def __init__(self, threads):
        self.threads = threads
        self.tasks, self.seconds = {}, {}
        if torch:
            torch.set_num_threads(threads)
            torch.set_grad_enabled(False)

    def hello(self):
        engines = {}
        if np:
            engines["numpy"] = np.__version__
        if torch:
            engines["torch"] = torch.__version__
        return {"engines": engines}

    def case(self, words):
        case = dict(word.split("=") for word in words)
        case.update({key: int(case[key]) for key in ("m", "n", "k") if key in case})
        self.tasks, self.seconds = {}, {}
        if np:
            values = operands(case)
            if task := numpy_task(case, values):
                self.tasks["numpy"] = task
            if torch and (task := torch_task(case, values)):
                self.tasks["torch"] = task
        return {"engines": list(self.tasks)}

    def turn(self, words):
        run, calls = self.tasks[words[0]], int(words[1])
        warm = time.perf_counter()
        while self.seconds.get(words[0], 0) < LONG and time.perf_counter() - warm < WARM_UP:
            run()
        start = time.perf_counter()
        for _ in range(calls):
            run()
        seconds = time.perf_counter() - start
        self.seconds[words[0]] = seconds / calls
        if self.threads > 1:
            settle()
        return {"seconds": seconds}


def main():
    peers = Peers(int(sys.argv[1]))
    if np:
        np.seterr(all="ignore")
    for line in sys.stdin:
        request, *words = line.split()
        try:
            answer = {"hello": peers.hello, "case": lambda: peers.case(words), "turn": lambda: peers.turn(words)}[request]()
        except Exception as error:  # the benchmark reports it and goes on
            answer = {"error": f"{request}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
