"""decompositions.json: numpy's decompositions, as far as their signs are fixed.

    {"cases": [{"name", "a": rows, "b": rows, "q", "r", "s", "pinv", "rank", "lstsq", and of square matrices
                "determinant", "sign", "logAbs", "inverse", "solve", "eigenvalues", "cholesky"}]}

`eigenvalues` are those of a + a^T, `cholesky` is that of a a^T + I.
"""

import numpy as np
from common import write


def case(name, a, b):
    q, r = np.linalg.qr(a)
    found = {
        "name": name,
        "a": a,
        "b": b,
        "q": q,
        "r": r,
        "s": np.linalg.svd(a, compute_uv=False),
        "pinv": np.linalg.pinv(a, rtol=np.finfo(float).eps * max(a.shape)),
        "rank": np.linalg.matrix_rank(a),
        "lstsq": np.linalg.lstsq(a, b, rcond=None)[0],
    }
    if a.shape[0] == a.shape[1]:
        sign, log_abs = np.linalg.slogdet(a)
        found |= {
            "determinant": np.linalg.det(a),
            "sign": sign,
            "logAbs": log_abs,
            "inverse": np.linalg.inv(a),
            "solve": np.linalg.solve(a, b),
            "eigenvalues": np.linalg.eigvalsh(a + a.T),
            "cholesky": np.linalg.cholesky(a @ a.T + np.eye(len(a))),
        }
    return found


def main():
    rng = np.random.default_rng(0)
    shapes = {"square": (5, 5), "tall": (7, 3), "wide": (3, 6), "one": (1, 1)}
    cases = [case(name, rng.integers(-9, 10, shape) / 4, rng.integers(-9, 10, (shape[0], 2)) / 2) for name, shape in shapes.items()]
    low = rng.integers(-3, 4, (6, 2)) @ rng.integers(-3, 4, (2, 4))
    cases.append(case("rank 2", low.astype(float), rng.integers(-9, 10, (6, 2)) / 2))
    write("decompositions", cases=cases)


if __name__ == "__main__":
    main()
