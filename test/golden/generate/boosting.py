"""boosting.json: gradient boosting with every loss, and isolation forests by their scores.

    {"models": [case], "data": {"X", "test", "number", "binary", "classes", "weights"}, "outliers": {...}}

A case has "name", "estimator", "params", the "target" and perhaps "weighted", and what scikit-learn gives for the test
rows: "predictions", for classifiers "proba" and "decision"; "staged" predictions after every fifth round, "trainScore",
"importances". Features are float32 and continuous; cases are kept if two seeds give the same model.

"outliers" has inliers and outliers, and the area under the ROC curve of scikit-learn's scores over three seeds.
"""

import numpy as np
from common import camel_keys, write
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor, IsolationForest
from sklearn.metrics import roc_auc_score

REGRESSORS = [
    {},
    {"loss": "absolute_error"},
    {"loss": "absolute_error", "max_depth": 2, "min_samples_leaf": 30},
    {"loss": "huber"},
    {"loss": "huber", "alpha": 0.7, "max_leaf_nodes": 5},
    {"loss": "quantile"},
    {"loss": "quantile", "alpha": 0.25, "learning_rate": 0.3},
    {"init": "zero", "learning_rate": 0.5, "max_depth": 2},
    {"min_samples_leaf": 14, "min_impurity_decrease": 0.001},
    {"ccp_alpha": 0.002, "max_depth": 4},
]
CLASSIFIERS = [
    {},
    {"loss": "exponential"},
    {"init": "zero", "learning_rate": 0.3},
    {"max_leaf_nodes": 6, "max_depth": None},
]


def data():
    rng = np.random.default_rng(5)
    X = rng.normal(size=(160, 4)).astype(np.float32).astype(float)
    test = rng.normal(size=(15, 4)).astype(np.float32).astype(float)
    number = np.round(2 * np.sin(X[:, 0]) + X[:, 1] * X[:, 2] + rng.standard_t(3, size=160) / 2, 5)
    return {
        "X": X,
        "test": test,
        "number": number,
        "binary": (number > 0.3).astype(int),
        "classes": np.digitize(number, [-0.7, 0.8]),
        "weights": np.arange(160) % 4 / 2 + 0.5,
    }


def models(d):
    tasks = [(GradientBoostingRegressor, "number", p) for p in REGRESSORS]
    tasks += [(GradientBoostingClassifier, "binary", p) for p in CLASSIFIERS]
    tasks += [(GradientBoostingClassifier, "classes", p) for p in CLASSIFIERS if p.get("loss") != "exponential"]
    dropped = 0
    for model, target, params in tasks:
        for weighted in (False, True):
            weights = d["weights"] if weighted else None
            full = {"n_estimators": 15, "min_samples_leaf": 10, **params}
            grown = [model(random_state=s, **full).fit(d["X"], d[target], sample_weight=weights) for s in range(2)]
            if not np.allclose(*(m.train_score_ for m in grown), rtol=1e-12, atol=0):
                dropped += 1
                continue
            m = grown[0]
            case = {
                "name": f"{model.__name__} of {target}, {params}{', weights' if weighted else ''}",
                "estimator": model.__name__,
                "params": camel_keys(full),
                "target": target,
                "weighted": weighted,
                "predictions": m.predict(d["test"]),
                "staged": list(m.staged_predict(d["test"]))[4::5],
                "trainScore": m.train_score_,
                "importances": m.feature_importances_,
            }
            if model is GradientBoostingClassifier:
                case["proba"] = m.predict_proba(d["test"])
                case["decision"] = np.reshape(m.decision_function(d["test"]), (len(d["test"]), -1))
            yield case
    print(f"  dropped {dropped} with ties")


def outliers():
    rng = np.random.default_rng(6)
    X = np.concatenate([rng.normal(size=(280, 3)), rng.uniform(-4, 4, size=(20, 3))]).astype(np.float32).astype(float)
    y = np.repeat([1, -1], [280, 20])
    cases = []
    for params in ({}, {"max_samples": 64}, {"max_features": 2, "bootstrap": True}):
        forests = [IsolationForest(random_state=s, contamination=0.1, n_estimators=50, **params).fit(X) for s in range(3)]
        cases.append(
            {
                "params": camel_keys({"contamination": 0.1, "n_estimators": 50, **params}),
                "auc": [roc_auc_score(y, f.score_samples(X)) for f in forests],
                "meanScore": [f.score_samples(X).mean() for f in forests],
                "offset": [f.offset_ for f in forests],
            }
        )
    return {"X": X, "y": y, "cases": cases}


def main():
    d = data()
    write("boosting", data=d, models=list(models(d)), outliers=outliers())


if __name__ == "__main__":
    main()
