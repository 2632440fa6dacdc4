"""datasets.json: what the loaders must return, to the last bit.

    {"sets": {name: {"rows", "cols", "sha256", "target", "featureNames", "targetNames"}}, "scaledDiabetes": sha256}

`sha256` is of the little-endian float64 bytes of the features, row after row; `target` of those of the target.
"diabetes" is the raw form; `scaledDiabetes` is the hash of what scikit-learn returns by default.
"""

import hashlib

import numpy as np
import sklearn.datasets
from common import LOADERS, write


def digest(values):
    return hashlib.sha256(np.ascontiguousarray(values, dtype="<f8").tobytes()).hexdigest()


def main():
    sets = {}
    for name, load in LOADERS.items():
        bunch = load(scaled=False) if name == "diabetes" else load()
        rows, cols = bunch.data.shape
        sets[name] = {
            "rows": rows,
            "cols": cols,
            "sha256": digest(bunch.data),
            "target": digest(bunch.target),
            "featureNames": list(bunch.feature_names),
            "targetNames": [str(label) for label in getattr(bunch, "target_names", [])],
        }
    write("datasets", sets=sets, scaledDiabetes=digest(sklearn.datasets.load_diabetes().data))


if __name__ == "__main__":
    main()
