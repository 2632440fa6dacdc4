"""cuBLAS through torch on the shapes of bench/native/cuda.cc; prints JSON. Part of the bundle of scripts/cuda-bundle.mjs."""

import json

try:
    import torch
except ImportError:
    print(json.dumps({"torch": None}))
    raise SystemExit

torch.backends.cuda.matmul.allow_tf32 = False
results = []
for side in (1024, 2048, 4096, 8192):
    a = torch.randn(side, side, device="cuda")
    b = torch.randn(side, side, device="cuda")
    bias = torch.zeros(side, device="cuda")
    for _ in range(3):
        torch.addmm(bias, a, b)
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    for _ in range(10):
        torch.addmm(bias, a, b)
    end.record()
    torch.cuda.synchronize()
    ms = begin.elapsed_time(end) / 10
    results.append({"name": "sgemm", "side": side, "ms": ms, "tflops": 2 * side**3 / ms / 1e9})
print(json.dumps({"torch": torch.__version__, "device": torch.cuda.get_device_name(), "results": results}))
