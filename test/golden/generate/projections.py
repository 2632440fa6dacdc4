"""projections.json: what PCA and TruncatedSVD learn and return.

    {"cases": [{"name", "estimator", "params", "input": a reference (see common.py), "learned": attributes by boreal's names,
                "output" of the first LIMIT test rows, "inverse" of that output}],
     "densities": [{"name", "params", "input", "components" that are kept, "covariance" and "precision" (their first rows),
                    "scores" of the first LIMIT test rows}]}

The peer's exact solvers stand for the randomised ones too, which converge to them on data whose singular values fall.
"""

from common import camel, camel_keys, load, split, write
from sklearn.decomposition import PCA, TruncatedSVD

LIMIT = 8
BASIC = ["components", "explained_variance", "explained_variance_ratio", "singular_values"]


def case(model, params, ref, attributes):
    X, _ = load(ref)
    train, test = split(len(X))
    model.fit(X[train])
    output = model.transform(X[test][:LIMIT])
    return {
        "name": f"{type(model).__name__} {params} of {ref['dataset']}",
        "estimator": type(model).__name__,
        "params": params,
        "input": ref,
        "learned": {camel(name): getattr(model, f"{name}_") for name in attributes},
        "output": output,
        "inverse": model.inverse_transform(output),
    }


def cases():
    for name in ("iris", "wine", "breastCancer", "diabetes"):
        ref = {"dataset": name, "standardised": True}
        attributes = [*BASIC, "mean", "noise_variance"]
        for solver in ("auto", "full", "covarianceEigh"):
            yield case(PCA(3, svd_solver="full"), {"nComponents": 3, "svdSolver": solver}, ref, attributes)
        randomised = {"nComponents": 2, "svdSolver": "randomized", "iteratedPower": 30, "randomState": 1}
        yield case(PCA(2, svd_solver="full"), randomised, ref, attributes)
        yield case(PCA(svd_solver="full", whiten=True), {"whiten": True}, ref, attributes)
        yield case(PCA(0.8, svd_solver="full"), {"nComponents": 0.8}, ref, attributes)
        yield case(TruncatedSVD(2, algorithm="arpack"), {"algorithm": "exact"}, ref, BASIC)
        yield case(PCA(2, svd_solver="arpack"), {"nComponents": 2, "svdSolver": "arpack", "randomState": 1}, ref, attributes)
        yield case(TruncatedSVD(2, algorithm="arpack"), {"algorithm": "arpack", "randomState": 3}, ref, BASIC)
        yield case(TruncatedSVD(2, algorithm="arpack"), {"nIter": 30, "randomState": 2}, ref, BASIC)


def densities():
    for name in ("iris", "wine", "breastCancer", "diabetes", "digits"):
        ref = {"dataset": name, "columns": list(range(18, 31)) if name == "digits" else None, "standardised": name != "digits"}
        ref = {key: value for key, value in ref.items() if value}
        X, _ = load(ref)
        train, test = split(len(X))
        # Not with whiten, by which scikit-learn scales the covariance a second time.
        for params in ({}, {"n_components": 2}, {"n_components": "mle"}, {"n_components": "mle", "svd_solver": "full"}):
            model = PCA(**params).fit(X[train])
            yield {
                "name": f"{params} of {name}",
                "params": camel_keys(params),
                "input": ref,
                "components": model.n_components_,
                "covariance": model.get_covariance()[0][:LIMIT],
                "precision": model.get_precision()[0][:LIMIT],
                "scores": model.score_samples(X[test][:LIMIT]),
            }


def main():
    write("projections", cases=list(cases()), densities=list(densities()))


if __name__ == "__main__":
    main()
