"""curves.json: learning and validation curves, and the rounds of successive halving.

    {"learning": [{"name", "model", "params", "input": a reference (see common.py), "trainSizes", "trainScores", "testScores"}],
     "validation": [{"name", "model", "paramName", "paramRange", "cv", "input", "scoring", "trainScores", "testScores"}],
     "permutation": [{"name", "model", "input", "score", "permutationScore": their mean, "pValue"}],
     "halving": [{"name", "candidates", "params", "input", "nResources", "nCandidates"}],
     "exactHalving": [{"name", "grid", "params", "input", "iter", "nResources", "firstScores": mean test scores of the first round}]}

Models: "logistic" (a scaler and a logistic regression solved to the end), "ridge" (a scaler and ridge regression), "bayes", "counts" (naive Bayes of counts). Exact halving has a parameter as
its resource, so that no rows are drawn: boosting of the bayes model.
"""

import numpy as np
from common import camel, load, write
from sklearn.ensemble import AdaBoostClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import HalvingGridSearchCV, learning_curve, permutation_test_score, validation_curve
from sklearn.naive_bayes import GaussianNB, MultinomialNB
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

MODELS = {
    "logistic": lambda: Pipeline([("scale", StandardScaler()), ("model", LogisticRegression(tol=1e-10, max_iter=10_000))]),
    "ridge": lambda: Pipeline([("scale", StandardScaler()), ("model", Ridge())]),
    "bayes": GaussianNB,
    "counts": MultinomialNB,
    "boosted": lambda: AdaBoostClassifier(GaussianNB(), random_state=0),
}
NAMES = {"f1_macro": "f1Macro", "neg_mean_squared_error": "negMeanSquaredError"}


def learning():
    for model, dataset, params in (
        ("bayes", "wine", {"train_sizes": [0.4, 0.7, 1.0]}),
        ("bayes", "digits", {"train_sizes": [300, 900], "cv": 4}),
        ("logistic", "breastCancer", {"train_sizes": [0.2, 0.5], "cv": 3}),
        ("ridge", "diabetes", {"cv": 3}),
        ("counts", "digits", {"train_sizes": [0.1, 0.5, 1.0], "exploit_incremental_learning": True}),
        ("counts", "wine", {"train_sizes": [60, 100], "exploit_incremental_learning": True, "cv": 3}),
        ("counts", "breastCancer", {"exploit_incremental_learning": True, "scoring": "f1_macro"}),
        ("ridge", "diabetes", {"train_sizes": [0.3, 0.9], "scoring": "neg_mean_squared_error"}),
    ):
        X, y = load({"dataset": dataset})
        sizes, train, test = learning_curve(MODELS[model](), X, y, **params)
        given = {camel(k): NAMES.get(v, v) if isinstance(v, str) else v for k, v in params.items()}
        found = {"trainSizes": sizes, "trainScores": train, "testScores": test}
        yield {"name": f"{model} of {dataset}, {params}", "model": model, "params": given, "input": {"dataset": dataset}, **found}


def validation():
    for model, dataset, name, values, cv, scoring in (
        ("logistic", "wine", "model__C", [0.001, 0.1, 10.0], 5, None),
        ("logistic", "breastCancer", "model__C", [0.01, 1.0], 3, "f1_macro"),
        ("ridge", "diabetes", "model__alpha", [1.0, 100.0, 1000.0], 4, None),
        ("bayes", "digits", "var_smoothing", [1e-9, 1e-3, 0.1], 3, None),
    ):
        X, y = load({"dataset": dataset})
        train, test = validation_curve(MODELS[model](), X, y, param_name=name, param_range=values, cv=cv, scoring=scoring)
        given = {"model": model, "paramName": {"var_smoothing": "varSmoothing"}.get(name, name), "paramRange": values, "cv": cv}
        found = {"scoring": NAMES.get(scoring, scoring), "trainScores": train, "testScores": test}
        yield {"name": f"{model} of {dataset} by {name}", "input": {"dataset": dataset}, **given, **found}


def permutation():
    for model, dataset in (("bayes", "iris"), ("bayes", "wine"), ("ridge", "diabetes")):
        X, y = load({"dataset": dataset})
        score, permuted, p = permutation_test_score(MODELS[model](), X, y, n_permutations=60, random_state=0)
        yield {"name": f"{model} of {dataset}", "model": model, "input": {"dataset": dataset}, "score": score, "permutationScore": np.mean(permuted), "pValue": p}


def halving():
    for dataset, count, params in (
        ("digits", 9, {}),
        ("digits", 20, {"factor": 2}),
        ("breastCancer", 30, {"min_resources": "smallest"}),
        ("breastCancer", 7, {"min_resources": 50, "factor": 3, "aggressive_elimination": True, "max_resources": 100}),
        ("iris", 5, {"min_resources": "smallest", "max_resources": 120, "aggressive_elimination": True, "cv": 3}),
        ("wine", 12, {"factor": 2.5, "min_resources": 30}),
    ):
        X, y = load({"dataset": dataset})
        grid = {"var_smoothing": list(np.logspace(-9, 0, count))}
        search = HalvingGridSearchCV(GaussianNB(), grid, random_state=0, **params).fit(X, y)
        camel = {"min_resources": "minResources", "max_resources": "maxResources", "aggressive_elimination": "aggressiveElimination"}
        given = {"candidates": count, "params": {camel.get(k, k): v for k, v in params.items()}, "input": {"dataset": dataset}}
        yield {"name": f"{count} candidates of {dataset}, {params}", **given, "nResources": search.n_resources_, "nCandidates": search.n_candidates_}


def exact_halving():
    for dataset in ("iris", "wine", "breastCancer"):
        X, y = load({"dataset": dataset})
        grid = {"learning_rate": [0.1, 0.5, 1.0, 1.5], "estimator__var_smoothing": [1e-9, 1e-2, 0.5]}
        params = {"resource": "n_estimators", "max_resources": 9, "factor": 3, "cv": 3}
        search = HalvingGridSearchCV(MODELS["boosted"](), grid, random_state=0, return_train_score=False, **params).fit(X, y)
        results = search.cv_results_
        yield {
            "name": f"rounds of boosting {dataset}",
            "grid": {"learningRate": grid["learning_rate"], "estimator__varSmoothing": grid["estimator__var_smoothing"]},
            "params": {"resource": "nEstimators", "maxResources": 9, "factor": 3, "cv": 3},
            "input": {"dataset": dataset},
            "iter": results["iter"],
            "nResources": results["n_resources"],
            "firstScores": results["mean_test_score"][: 12],
        }


def main():
    lists = {"learning": learning(), "validation": validation(), "permutation": permutation(), "halving": halving(), "exactHalving": exact_halving()}
    write("curves", **{name: list(cases) for name, cases in lists.items()})


if __name__ == "__main__":
    main()
