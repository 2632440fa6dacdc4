"""ensembles.json: what stacking, bagging and boosting predict.

    {"exact": [{"name", "estimator", "models", "final", "params", "input": a reference (see common.py), "labels" or "values", "proba",
                "decision", "weights" and "errors" of boosting, of the first LIMIT test rows}],
     "drawn": [{"name", "estimator", "model", "params", "input", "score": on the test rows, mean of SEEDS seeds}]}

Models: "bayes" (GaussianNB), "line" (a logistic regression solved to the end), "counts" (MultinomialNB), "ridge", "shrunk" (by 100), "ols", "svc" (LinearSVC solved to the
end), "stump" and "tree" (of depth 1 and 3). Exact cases draw nothing: bagging without bootstrap, boosting of models without ties.
"""

import numpy as np
from common import load, split, write
from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor, BaggingClassifier, BaggingRegressor, StackingClassifier, StackingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

LIMIT = 25
SEEDS = 5
MODELS = {
    "bayes": GaussianNB,
    "line": lambda: LogisticRegression(tol=1e-12, max_iter=100_000),
    "strong": lambda: LogisticRegression(C=0.01, tol=1e-12, max_iter=100_000),
    "counts": MultinomialNB,
    "ridge": Ridge,
    "shrunk": lambda: Ridge(alpha=100.0),
    "ols": LinearRegression,
    "svc": lambda: LinearSVC(tol=1e-10, max_iter=1_000_000, dual=False),
    "stump": lambda: DecisionTreeClassifier(max_depth=1),
    "tree": lambda: DecisionTreeClassifier(max_depth=3),
    "numbers": lambda: DecisionTreeRegressor(max_depth=3),
}
CLASSES = {c.__name__: c for c in (AdaBoostClassifier, AdaBoostRegressor, BaggingClassifier, BaggingRegressor)}
CAMEL = {
    "stack_method": "stackMethod",
    "max_samples": "maxSamples",
    "max_features": "maxFeatures",
    "n_estimators": "nEstimators",
    "learning_rate": "learningRate",
    "predict_proba": "predictProba",
    "decision_function": "decisionFunction",
}
rename = lambda params: {CAMEL.get(k, k): CAMEL.get(v, v) if isinstance(v, str) else v for k, v in params.items()}


def exact(model, names, final, params, ref):
    X, y = load(ref)
    train, test = split(len(X))
    model.fit(X[train], y[train])
    rows = X[test][:LIMIT]
    kind = type(model).__name__
    made = {"name": f"{kind} of {names} {final or ''} {params} of {ref['dataset']}", "estimator": kind, "models": names, "final": final}
    made |= {"params": rename(params), "input": ref}
    if hasattr(model, "estimator_weights_"):
        made |= {"weights": model.estimator_weights_[: len(model.estimators_)], "errors": model.estimator_errors_[: len(model.estimators_)]}
    if hasattr(model, "staged_predict_proba"):
        made["staged"] = list(model.staged_predict_proba(rows[:3]))[:3]
    if hasattr(model, "transform"):
        made |= {"names": model.get_feature_names_out(), "transform": model.transform(rows[:3])}
    if kind.endswith("Regressor"):
        return {**made, "values": model.predict(rows)}
    made["labels"] = model.predict(rows)
    if hasattr(model, "predict_proba"):
        made["proba"] = model.predict_proba(rows)
    if hasattr(model, "decision_function"):
        made["decision"] = model.decision_function(rows)
    return made


def stacks():
    for dataset, names, final, params in (
        ("iris", ["bayes", "counts"], None, {}),
        ("wine", ["bayes", "svc"], "line", {"cv": 3}),
        ("wine", ["bayes", "counts"], "line", {"stack_method": "predict", "passthrough": True}),
        ("breastCancer", ["bayes", "counts"], "line", {"cv": 4}),
        ("iris", ["line", "svc"], "bayes", {"stack_method": "decision_function"}),
        ("breastCancer", ["bayes"], "bayes", {"passthrough": True}),
    ):
        ref = {"dataset": dataset, "standardised": True} if "svc" in names else {"dataset": dataset}
        last = MODELS[final]() if final else LogisticRegression(tol=1e-12, max_iter=100_000)
        model = StackingClassifier([(n, MODELS[n]()) for n in names], last, **params)
        yield exact(model, names, final or "line", params, ref)
    for names, final, params in ((["ridge", "ols"], None, {}), (["ols", "shrunk"], "ridge", {"cv": 3, "passthrough": True})):
        for ref in ({"dataset": "diabetes"}, {"dataset": "iris", "target": 3}, {"dataset": "wine", "target": 0}):
            model = StackingRegressor([(n, MODELS[n]()) for n in names], MODELS[final]() if final else None, **params)
            yield exact(model, names, final, params, ref)


def boosts():
    for dataset in ("iris", "wine", "breastCancer"):
        for name, params in (("bayes", {"n_estimators": 12}), ("strong", {"n_estimators": 6, "learning_rate": 0.5})):
            ref = {"dataset": dataset, "standardised": True}
            yield exact(AdaBoostClassifier(MODELS[name](), random_state=0, **params), [name], None, params, ref)


def bags():
    params = {"bootstrap": False, "n_estimators": 3}
    for dataset in ("iris", "wine", "breastCancer"):
        yield exact(BaggingClassifier(GaussianNB(), **params), ["bayes"], None, params, {"dataset": dataset})
    yield exact(BaggingRegressor(Ridge(), **params), ["ridge"], None, params, {"dataset": "diabetes"})


def drawn():
    for kind, name, params, datasets in (
        ("BaggingClassifier", "tree", {"n_estimators": 40}, ("iris", "wine", "breastCancer")),
        ("BaggingClassifier", "bayes", {"n_estimators": 40, "max_samples": 0.5, "max_features": 0.5}, ("wine", "breastCancer", "digits")),
        ("BaggingRegressor", "numbers", {"n_estimators": 100}, ("diabetes",)),
        ("AdaBoostClassifier", "stump", {"n_estimators": 40}, ("iris", "wine", "breastCancer")),
        ("AdaBoostRegressor", "numbers", {"n_estimators": 60}, ("diabetes",)),
        ("AdaBoostRegressor", "numbers", {"n_estimators": 60, "loss": "square"}, ("diabetes",)),
        ("AdaBoostRegressor", "numbers", {"n_estimators": 60, "loss": "exponential", "learning_rate": 0.5}, ("diabetes",)),
    ):
        refs = [{"dataset": dataset} for dataset in datasets]
        if datasets == ("diabetes",):
            refs += [{"dataset": "iris", "target": 3}, {"dataset": "wine", "target": 0}]
        for ref in refs:
            X, y = load(ref)
            train, test = split(len(X))
            scores = [CLASSES[kind](MODELS[name](), random_state=seed, **params).fit(X[train], y[train]).score(X[test], y[test]) for seed in range(SEEDS)]
            yield {"name": f"{kind} of {name} {params} of {ref}", "estimator": kind, "model": name, "params": rename(params), "input": ref, "score": np.mean(scores)}


def main():
    write("ensembles", exact=[*stacks(), *boosts(), *bags()], drawn=list(drawn()))


if __name__ == "__main__":
    main()
