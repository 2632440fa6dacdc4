"""inspection.json: partial dependence, the local models of LIME, calibration curves and correlations.

    {"dependence": [case], "lime": [case], "neighbourhoods": [case], "calibration": [case], "correlation": {method: table}}

dependence: "input" (see common.py), "estimator", "features" and the "options" of partial_dependence, and what
scikit-learn gives for the training rows: "grid" (a list for each feature), "average" [outputs, ...] and for kind 'both'
"individual" [outputs, rows, points] of the first five rows.
lime: the mean and the standard deviation over SEEDS of the weights that the package lime gives to all features of one row (of
the class "label"), of the "intercept" and of the "score", each with as many samples as "numSamples". The model is a formula
both sides write down: z = sum of (x - mean) / deviation * w, w = (-1)^j / (j + 1), of the columns; the probability is
1 / (1 + exp(-z)).
neighbourhoods: "data", "outputs" and "distances" as lime's LimeBase gets them, and what it makes of them for each selection.
calibration: "truth", "proba" (from formulas, not stored: see formula()), "options", "probTrue", "probPred".
correlation: of the first 300 rows of the California housing table, as pandas has it.
"""

import numpy as np
from common import california, camel, camel_keys, load, split, write
from lime.lime_base import LimeBase
from lime.lime_tabular import LimeTabularExplainer
from sklearn.calibration import calibration_curve
from sklearn.inspection import partial_dependence
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures

SEEDS = 12
DIABETES = {"dataset": "diabetes"}
IRIS = {"dataset": "iris"}
WINE = {"dataset": "wine", "standardised": True}
CANCER = {"dataset": "breastCancer", "standardised": True, "columns": [0, 1, 2, 3, 4]}


def dependence():
    # Models that both sides fit to the last digits: trees break ties in other ways.
    cases = [
        (DIABETES, "LinearRegression", [2], {"kind": "both", "grid_resolution": 7}),
        (DIABETES, "Polynomial", [2], {"grid_resolution": 9, "percentiles": (0.1, 0.8)}),
        (DIABETES, "Polynomial", [2, 8], {"grid_resolution": 4, "kind": "both"}),
        (DIABETES, "Polynomial", [1], {}),
        (IRIS, "GaussianNB", [3], {"grid_resolution": 6, "kind": "both"}),
        (IRIS, "GaussianNB", [2, 3], {"grid_resolution": 3}),
        (IRIS, "GaussianNB", [0], {"categorical_features": [0]}),
        (CANCER, "GaussianNB", [0], {"grid_resolution": 8, "kind": "both"}),
        (CANCER, "GaussianNB", [1], {"custom_values": {1: [-2.0, 0.0, 0.5]}}),
        (CANCER, "LogisticRegression", [4], {"grid_resolution": 5, "response_method": "decision_function"}),
        (WINE, "GaussianNB", [12], {"grid_resolution": 5, "sample_weight": True}),
    ]
    models = {
        "LinearRegression": LinearRegression,
        "GaussianNB": GaussianNB,
        "LogisticRegression": lambda: LogisticRegression(tol=1e-10, max_iter=10_000),
        "Polynomial": lambda: make_pipeline(PolynomialFeatures(2), Ridge(0.5)),
    }
    for ref, estimator, features, options in cases:
        X, y = load(ref)
        train, _ = split(len(X))
        model = models[estimator]()
        model.fit(X[train], y[train])
        given = dict(options)
        if given.pop("sample_weight", False):
            given["sample_weight"] = np.arange(len(train)) % 5 / 2
        if "custom_values" in given:
            given["custom_values"] = {key: np.array(value) for key, value in given["custom_values"].items()}
        result = partial_dependence(model, X[train], features, method="brute", **given)
        individual = result.get("individual")
        rows = None
        if individual is not None:
            rows = individual.reshape(individual.shape[0], individual.shape[1], -1)[:, :5]
        yield {
            "input": ref,
            "estimator": estimator,
            "features": features,
            "options": {
                camel(key): camel(value) if isinstance(value, str) else value for key, value in options.items()
            },
            "grid": result["grid_values"],
            "average": result.get("average"),
            "individual": rows,
        }


def formula(X):
    """The model that both sides write down."""
    weights = np.array([(-1) ** j / (j + 1) for j in range(X.shape[1])])
    mean, deviation = X.mean(axis=0), X.std(axis=0)
    return lambda rows: 1 / (1 + np.exp(-((rows - mean) / deviation) @ weights))


def lime():
    # Without the sex in diabetes: of a bin of one value lime makes 0, where boreal keeps the value.
    for ref in ({"dataset": "iris"}, {"dataset": "wine"}, {"dataset": "diabetes", "columns": [0, 2, 3, 4, 6, 8, 9]}):
        X, _ = load(ref)
        model = formula(X)
        proba = lambda rows: np.column_stack([1 - model(rows), model(rows)])
        for options in ({}, {"discretizer": "decile"}, {"discretizer": None}, {"discretizer": None, "sample_around_instance": True}):
            given = {"discretize_continuous": options.get("discretizer", "quartile") is not None}
            if options.get("discretizer"):
                given["discretizer"] = options["discretizer"]
            if options.get("sample_around_instance"):
                given["sample_around_instance"] = True
            weights, intercepts, scores = [], [], []
            for seed in range(SEEDS):
                explainer = LimeTabularExplainer(X, random_state=seed, feature_selection="none", **given)
                found = explainer.explain_instance(X[7], proba, labels=(1,), num_samples=2000)
                own = dict(found.local_exp[1])
                weights.append([own[j] for j in range(X.shape[1])])
                intercepts.append(found.intercept[1])
                scores.append(found.score)
            spread = lambda values: {"mean": np.mean(values, axis=0), "std": np.std(values, axis=0, ddof=1)}
            explainer = LimeTabularExplainer(X, random_state=0, feature_names=[f"x{j}" for j in range(X.shape[1])], **given)
            found = explainer.explain_instance(X[7], proba, num_samples=50, num_features=X.shape[1])
            yield {
                "input": ref,
                "row": 7,
                "options": camel_keys(options),
                "numSamples": 2000,
                "seeds": SEEDS,
                "weights": spread(weights),
                "intercept": spread(intercepts),
                "score": spread(scores),
                "conditions": sorted(condition for condition, _ in found.as_list(label=1)),
            }


def neighbourhoods():
    for seed, (rows, cols, binary) in enumerate([(40, 5, True), (60, 9, False), (30, 12, True)]):
        random = np.random.RandomState(seed)
        data = random.randint(0, 2, (rows, cols)).astype(float) if binary else random.normal(size=(rows, cols)).round(3)
        if binary:
            data[0] = 1
        outputs = (1 / (1 + np.exp(-(data @ random.normal(size=cols)) / 2 + random.normal(size=rows) / 4))).round(4)
        distances = np.sqrt(((data - data[0]) ** 2).sum(axis=1))
        width = 0.75 * np.sqrt(cols)
        base = LimeBase(lambda d: np.sqrt(np.exp(-(d**2) / width**2)), random_state=0)
        for selection in ("forward_selection", "highest_weights", "lasso_path", "none", "auto"):
            for features in (3, 8):
                intercept, weights, score, prediction = base.explain_instance_with_data(
                    data, outputs[:, None], distances, 0, features, feature_selection=selection
                )
                yield {
                    "data": data,
                    "outputs": outputs,
                    "kernelWidth": width,
                    "selection": camel(selection),
                    "numFeatures": features,
                    "intercept": intercept,
                    "features": [int(j) for j, _ in weights],
                    "weights": [weight for _, weight in weights],
                    "score": score,
                    "prediction": prediction[0],
                } if features == 3 or selection in ("auto", "lasso_path") else None


def calibration():
    for rows, options in ((200, {}), (200, {"n_bins": 10}), (157, {"n_bins": 7, "strategy": "quantile"}), (12, {"n_bins": 20})):
        index = np.arange(rows)
        proba = (index * 37 % 101) / 100
        truth = (index * 53 % 97) / 97 < proba
        true, pred = calibration_curve(truth, proba, **options)
        yield {"rows": rows, "options": camel_keys(options), "probTrue": true, "probPred": pred}


def main():
    frame = california().head(300)
    write(
        "inspection",
        dependence=list(dependence()),
        lime=list(lime()),
        neighbourhoods=[case for case in neighbourhoods() if case],
        calibration=list(calibration()),
        correlation={
            method: frame.corr(method=method, numeric_only=True).to_dict() for method in ("pearson", "spearman", "kendall")
        },
    )


if __name__ == "__main__":
    main()
