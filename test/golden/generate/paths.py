"""paths.json: linear models that take columns one after the other.

    {"cases": [{"estimator", "params": boreal's, "input": a reference (see common.py), "learned": numbers by boreal's names, of the training rows}]}

Matrices of scikit-learn with a column for each strength have a row for each here. A case with "targets": 2 has y from its end, too, as a second target.
"""

import warnings

import numpy as np
from common import camel, camel_keys, load, split, write
from sklearn.linear_model import Lars, LarsCV, LassoLars, LassoLarsCV, LassoLarsIC, OrthogonalMatchingPursuit, OrthogonalMatchingPursuitCV

TABLES = (
    {"dataset": "diabetes"},
    {"dataset": "wine", "target": 12, "standardised": True},
    {"dataset": "breastCancer", "target": 0, "columns": [0, 1, 4, 5, 8, 9, 12, 16, 20], "standardised": True},
)
ALWAYS = ("coef", "intercept")
PATH = (*ALWAYS, "alphas", "active", "n_iter")


def case(model, ref, learned, targets=1, **params):
    X, y = load(ref)
    train, _ = split(len(X))
    if targets == 2:
        y = np.column_stack([y, y[::-1]])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.set_params(**params).fit(X[train], y[train])
    found = {camel(name): getattr(model, f"{name}_") for name in learned}
    if "coefPath" in found:
        found["coefPath"] = [path.T for path in found["coefPath"]] if targets == 2 else found["coefPath"].T
    several = {"targets": targets} if targets == 2 else {}
    learned = {k: [short(one) for one in v] if isinstance(v, list) and targets == 2 else short(v) for k, v in found.items()}
    return {"estimator": type(model).__name__, "params": camel_keys(params), "input": ref, **several, "learned": learned}


def short(value):
    value = np.asarray(value)
    return np.array([float(f"{v:.12g}") for v in np.ravel(value)]).reshape(np.shape(value))


def cases():
    for ref in TABLES:
        yield case(Lars(), ref, PATH, n_nonzero_coefs=5)
        yield case(Lars(), ref, PATH, n_nonzero_coefs=3, fit_intercept=False)
        yield case(LassoLars(), ref, (*PATH, "coef_path"), alpha=0.01)
        yield case(LassoLars(), ref, PATH, alpha=0.0)
        yield case(LassoLars(), ref, PATH, alpha=0.02, positive=True)
        yield case(LassoLars(), ref, PATH, alpha=0.0, max_iter=4, fit_intercept=False)
        yield case(Lars(), ref, PATH, targets=2, n_nonzero_coefs=3)
        yield case(LassoLars(), ref, (*PATH, "coef_path"), targets=2, alpha=0.1)
        yield case(OrthogonalMatchingPursuit(), ref, (*ALWAYS, "n_iter"), targets=2, n_nonzero_coefs=4)
        yield case(OrthogonalMatchingPursuit(), ref, (*ALWAYS, "n_iter"), targets=2, tol=300.0)
        for criterion in ("aic", "bic"):
            yield case(LassoLarsIC(), ref, (*ALWAYS, "alpha", "noise_variance", "criterion", "n_iter"), criterion=criterion)
        yield case(LassoLarsIC(), ref, (*ALWAYS, "alpha", "criterion"), criterion="aic", noise_variance=0.5, positive=True)
        yield case(LassoLarsCV(), ref, (*PATH, "alpha", "cv_alphas", "mse_path"), cv=3)
        yield case(LassoLarsCV(), ref, (*PATH, "alpha"), cv=4, positive=True, max_n_alphas=5)
        yield case(LarsCV(), ref, (*ALWAYS, "alpha", "n_iter"), cv=5, max_iter=6)
        yield case(OrthogonalMatchingPursuit(), ref, (*ALWAYS, "n_iter"))
        yield case(OrthogonalMatchingPursuit(), ref, (*ALWAYS, "n_iter", "n_nonzero_coefs"), n_nonzero_coefs=4)
        yield case(OrthogonalMatchingPursuit(), ref, (*ALWAYS, "n_iter"), tol=20.0, fit_intercept=False)
        yield case(OrthogonalMatchingPursuitCV(), ref, (*ALWAYS, "n_nonzero_coefs", "n_iter"))
        yield case(OrthogonalMatchingPursuitCV(), ref, (*ALWAYS, "n_nonzero_coefs"), cv=3, max_iter=8)


def main():
    write("paths", cases=list(cases()))


if __name__ == "__main__":
    main()
