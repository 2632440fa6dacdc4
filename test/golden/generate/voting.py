"""voting.json: what ensembles that vote predict.

    {"cases": [{"name", "estimator", "params", "input": a reference (see common.py), "labels" or "values", and "proba" of soft votes, of
                the first LIMIT test rows}]}

Classifiers vote as "bayes" (GaussianNB), "line" (a logistic regression solved to the end) and "counts" (MultinomialNB); regressors as "ridge" and
"ols".
"""

from common import load, split, write
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB, MultinomialNB

LIMIT = 30


def case(model, params, ref):
    X, y = load(ref)
    train, test = split(len(X))
    model.fit(X[train], y[train])
    rows = X[test][:LIMIT]
    made = {"name": f"{type(model).__name__} {params} of {ref['dataset']}", "estimator": type(model).__name__, "params": params, "input": ref}
    made |= {"names": model.get_feature_names_out(), "transform": model.transform(rows[:3])}
    if isinstance(model, VotingRegressor):
        return {**made, "values": model.predict(rows)}
    made["labels"] = model.predict(rows)
    return {**made, "proba": model.predict_proba(rows)} if params.get("voting") == "soft" else made


def cases():
    line = LogisticRegression(tol=1e-12, max_iter=100_000)
    classifiers = [("bayes", GaussianNB()), ("line", line), ("counts", MultinomialNB())]
    for name in ("iris", "wine", "digits"):
        for params in ({}, {"voting": "soft"}, {"weights": [2, 1, 4]}, {"voting": "soft", "weights": [0.5, 3, 1]}):
            # The logistic regression of digits as they are takes too long to solve to the end.
            models = classifiers if name != "digits" else [classifiers[0], ("line", "drop"), classifiers[2]]
            yield case(VotingClassifier(models, **params), params, {"dataset": name})
    for params in ({}, {"weights": [1, 3]}):
        yield case(VotingRegressor([("ridge", Ridge()), ("ols", LinearRegression())], **params), params, {"dataset": "diabetes"})


def main():
    write("voting", cases=list(cases()))


if __name__ == "__main__":
    main()
