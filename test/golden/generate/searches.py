"""searches.json: what grid searches find.

    {"grids": [{"grid", "combinations" in their order}],
     "cases": [{"name", "model", "grid", "cv", "input": a reference (see common.py), "scoring" (boreal's names), "refit",
                "columns": the columns of cv_results_ that are scores, by scikit-learn's names, "bestIndex", "bestParams", "bestScore"}]}

The model is "logistic" (a scaler and a logistic regression solved to the end), "tree" (a tree without ties at its depth) or "ridge"; a search is
fitted on all rows of its data set.
"""

from common import load, write
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV, ParameterGrid
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

MODELS = {
    "logistic": Pipeline([("scale", StandardScaler()), ("model", LogisticRegression(tol=1e-10, max_iter=10_000))]),
    "ridge": Pipeline([("scale", StandardScaler()), ("model", Ridge())]),
}
NAMES = {"accuracy": "accuracy", "f1_macro": "f1Macro", "r2": "r2", "neg_mean_squared_error": "negMeanSquaredError"}


def grids():
    for grid in (
        {"b": [1, 2], "a": [3, 4, 5]},
        [{"kernel": ["linear"], "C": [1, 10]}, {"kernel": ["rbf"], "C": [1], "gamma": [0.1, 0.2]}],
        {},
    ):
        yield {"grid": grid, "combinations": list(ParameterGrid(grid))}


def case(model, grid, cv, ref, scoring=None, refit=True):
    X, y = load(ref)
    search = GridSearchCV(MODELS[model], grid, cv=cv, scoring=scoring, refit=refit, return_train_score=True).fit(X, y)
    columns = {k: v for k, v in search.cv_results_.items() if "test" in k or "train" in k}
    return {
        "name": f"{model} {grid} of {ref['dataset']}, {scoring}",
        "model": model,
        "grid": grid,
        "cv": cv,
        "input": ref,
        "scoring": scoring if scoring is None or isinstance(scoring, str) else [NAMES[name] for name in scoring],
        "refit": NAMES.get(refit, refit),
        "columns": {key.replace("f1_macro", "f1Macro").replace("neg_mean_squared_error", "negMeanSquaredError"): value for key, value in columns.items()},
        "bestIndex": search.best_index_,
        "bestParams": search.best_params_,
        "bestScore": search.best_score_,
    }


def cases():
    yield case("logistic", {"model__C": [0.001, 0.1, 10.0]}, 5, {"dataset": "iris"})
    yield case("logistic", {"model__C": [0.01, 1.0]}, 3, {"dataset": "wine"}, ["accuracy", "f1_macro"], "f1_macro")
    yield case("logistic", [{"model__C": [0.1]}, {"model__C": [5.0], "model__fit_intercept": [True, False]}], 4, {"dataset": "breastCancer"})
    yield case("ridge", {"model__alpha": [0.1, 10.0, 1000.0], "scale__with_std": [True, False]}, 5, {"dataset": "diabetes"})
    yield case("ridge", {"model__alpha": [1.0, 100.0]}, 3, {"dataset": "diabetes"}, ["r2", "neg_mean_squared_error"], "r2")


def main():
    write("searches", grids=list(grids()), cases=list(cases()))


if __name__ == "__main__":
    main()
