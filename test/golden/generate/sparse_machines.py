"""sparse-machines.json: support vector machines and neighbours that are fitted on sparse rows, and predict such.

    {"cases": [{"name", "estimator", "params", "input": a reference (see common.py),
                "method" and "expected": of the first test rows}]}

Rows are standardised data whose values from -0.4 to 0.4 are taken as 0. Euclidean neighbours are those of the same rows made dense, in a tree:
scikit-learn's distances of sparse rows are made of squares, so that equal rows are some way apart, and weights differ.
"""

import numpy as np
from common import camel_keys, load, split, write
from scipy.sparse import csr_matrix
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, LocalOutlierFactor, RadiusNeighborsRegressor
from sklearn.svm import SVC, SVR, NuSVC, NuSVR, OneClassSVM

TIGHT = {"tol": 1e-8}
LABELS = [
    (SVC, {**TIGHT, "C": 2.0}, "decision_function"),
    (SVC, {**TIGHT, "kernel": "linear"}, "decision_function"),
    (SVC, {**TIGHT, "kernel": "poly", "degree": 2, "coef0": 1.0}, "decision_function"),
    (SVC, {**TIGHT, "kernel": "sigmoid", "gamma": 0.01}, "decision_function"),
    (NuSVC, {**TIGHT, "nu": 0.3}, "decision_function"),
    (KNeighborsClassifier, {"weights": "distance"}, "predict_proba"),
    (KNeighborsClassifier, {"metric": "cosine", "n_neighbors": 3}, "predict_proba"),
]
NUMBERS = [
    (SVR, {**TIGHT, "epsilon": 0.2}, "predict"),
    (NuSVR, {**TIGHT, "nu": 0.4, "kernel": "poly"}, "predict"),
    (OneClassSVM, {**TIGHT, "nu": 0.2}, "score_samples"),
    (KNeighborsRegressor, {"weights": "distance", "n_neighbors": 4}, "predict"),
    (RadiusNeighborsRegressor, {"radius": 3.0}, "predict"),
    (LocalOutlierFactor, {"n_neighbors": 10, "novelty": True}, "score_samples"),
]


def cases():
    for dataset in ("wine", "breastCancer", "diabetes"):
        ref = {"dataset": dataset, "standardised": True}
        X, y = load(ref)
        X = csr_matrix(np.where(np.abs(X) > 0.4, X, 0))
        train, test = split(X.shape[0])
        y = (y - y.mean()) / y.std() if dataset == "diabetes" else y.astype(float)
        for make, params, method in NUMBERS if dataset == "diabetes" else LABELS + NUMBERS:
            in_tree = "leaf_size" in make().get_params() and "metric" not in params
            rows = X.toarray() if in_tree else X
            model = make(**params, **({"algorithm": "kd_tree"} if in_tree else {})).fit(rows[train], y[train])
            yield {
                "name": f"{make.__name__} {params} of {dataset}",
                "estimator": make.__name__,
                "params": camel_keys(params),
                "input": ref,
                "method": "".join(part.title() if i else part for i, part in enumerate(method.split("_"))),
                "expected": getattr(model, method)(rows[test][:10]),
            }


def main():
    write("sparse-machines", cases=list(cases()))


if __name__ == "__main__":
    main()
