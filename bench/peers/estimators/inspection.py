import numpy as np
from lime.lime_tabular import LimeTabularExplainer
from sklearn.calibration import calibration_curve
from sklearn.ensemble import RandomForestClassifier
from sklearn.inspection import partial_dependence, permutation_importance
from sklearn.linear_model import LogisticRegression

ROWS = 2000


def forest(data):
    return RandomForestClassifier(50, max_depth=8, random_state=0, n_jobs=data.threads).fit(data.X, data.y)


def importance(data):
    model = forest(data)
    return lambda: permutation_importance(model, data.X[:ROWS], data.y[:ROWS], n_repeats=2, random_state=0)


def dependence(data):
    model = forest(data)
    return lambda: partial_dependence(model, data.X[:ROWS], [3], grid_resolution=50, method="brute")


def surface(data):
    model = LogisticRegression(max_iter=300).fit(data.X, data.y)
    return lambda: partial_dependence(model, data.X[:ROWS], [3, 5], grid_resolution=20, method="brute")


def lime(data):
    model = forest(data)

    def run():
        explainer = LimeTabularExplainer(data.X, random_state=0)
        for row in data.X[:5]:
            explainer.explain_instance(row, model.predict_proba)

    return run


def calibration(data):
    proba = 1 / (1 + np.exp(-data.X[:, 0]))
    return lambda: calibration_curve(data.y, proba, n_bins=20)


CASES = {
    "permutationImportance of a forest": importance,
    "partialDependence of a forest": dependence,
    "partialDependence of a logistic regression, two features": surface,
    "limeTabular of a forest, 5 rows": lime,
    "calibrationCurve": calibration,
}
