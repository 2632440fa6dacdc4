"""models/tensors.safetensors: tensors of every type that both sides know, as the safetensors package writes them, and
safetensors.json:

    {"scikitLearn": version, "safetensors": version, "tensors": {name: {"dtype", "shape", "values"}}}

Values are those of the file in row-major order, whole numbers of 64 bits as text.
"""

import numpy as np
import safetensors
import safetensors.torch
import torch
from common import GOLDEN, write

FLOATS = [0.0, -0.0, 1.0, -1.5, 65504.0, 6.1e-05, 6e-08, 1 / 3, float("inf"), float("nan")]


def main():
    edges = lambda dtype: torch.tensor([torch.iinfo(dtype).min, 0, torch.iinfo(dtype).max], dtype=dtype)
    tensors = {
        "layer.weight": torch.arange(6, dtype=torch.float32).reshape(2, 3) / 7,
        "layer.bias": torch.tensor([0.25, -3.0], dtype=torch.float32),
        "scalar": torch.tensor(2.5, dtype=torch.float64),
        "empty": torch.zeros((0, 4)),
        "half": torch.tensor(FLOATS, dtype=torch.float16),
        "brain": torch.tensor(FLOATS, dtype=torch.bfloat16),
        "double": torch.tensor(FLOATS, dtype=torch.float64).reshape(5, 2),
        "10": edges(torch.int8),
        "int16": edges(torch.int16),
        "int32": edges(torch.int32),
        "int64": edges(torch.int64),
        "uint8": edges(torch.uint8),
        "truth": torch.tensor([True, False, True]),
        "größe": torch.tensor([1.0]),
    }
    path = GOLDEN / "models" / "tensors.safetensors"
    safetensors.torch.save_file(tensors, path, metadata={"format": "pt"})
    names = {torch.float32: "F32", torch.float64: "F64", torch.float16: "F16", torch.bfloat16: "BF16"}
    names |= {torch.int8: "I8", torch.int16: "I16", torch.int32: "I32", torch.int64: "I64"}
    names |= {torch.uint8: "U8", torch.bool: "BOOL"}
    described = {}
    for name, tensor in tensors.items():
        flat = tensor.flatten()
        if tensor.dtype == torch.int64:
            values = [str(value) for value in flat.tolist()]
        elif tensor.dtype == torch.bool:
            values = flat.to(torch.int32).tolist()
        else:
            values = flat.to(torch.float64).numpy().astype(np.float64).tolist()
        described[name] = {"dtype": names[tensor.dtype], "shape": list(tensor.shape), "values": values}
    write("safetensors", safetensors=safetensors.__version__, tensors=described)


if __name__ == "__main__":
    main()
