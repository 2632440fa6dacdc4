from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    ElasticNetCV,
    HuberRegressor,
    Lars,
    Lasso,
    LassoCV,
    LassoLarsCV,
    LinearRegression,
    LogisticRegression,
    OrthogonalMatchingPursuit,
    Perceptron,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
    RidgeCV,
    SGDClassifier,
    SGDRegressor,
)

from .calls import fits, labelled, score, uses


def fit(make):
    return fits(make, labelled, score)


def predict(make, method="predict"):
    return uses(make, method, labelled)


def epochs(count):
    return {"max_iter": count, "tol": None, "random_state": 0}


CASES = {
    "LinearRegression fit": fit(LinearRegression),
    "LinearRegression predict": predict(LinearRegression),
    "Ridge fit": fit(Ridge),
    "RidgeCV fit": fit(RidgeCV),
    "RidgeClassifier fit": fit(RidgeClassifier),
    "Lasso fit": fit(Lasso),
    "ElasticNet fit": fit(ElasticNet),
    "LassoCV fit": fit(LassoCV),
    "ElasticNetCV fit": fit(lambda: ElasticNetCV(l1_ratio=[0.3, 0.9])),
    "Lars fit": fit(Lars),
    "LassoLarsCV fit": fit(LassoLarsCV),
    "OrthogonalMatchingPursuit fit": fit(OrthogonalMatchingPursuit),
    "BayesianRidge fit": fit(BayesianRidge),
    "ARDRegression fit": fit(ARDRegression),
    "PoissonRegressor fit": fit(PoissonRegressor),
    "HuberRegressor fit": fit(HuberRegressor),
    "LogisticRegression fit": fit(LogisticRegression),
    "LogisticRegression fit, five classes": fit(LogisticRegression),
    "LogisticRegression fit, newton-cholesky": fit(lambda: LogisticRegression(solver="newton-cholesky")),
    "LogisticRegression fit, newton-cholesky, five classes": fit(lambda: LogisticRegression(solver="newton-cholesky")),
    "LogisticRegression fit, saga": fit(
        lambda: LogisticRegression(solver="saga", l1_ratio=1, max_iter=20, random_state=0)
    ),
    "LogisticRegression predict": predict(LogisticRegression),
    "LogisticRegression predictProba": predict(LogisticRegression, "predict_proba"),
    "SGDClassifier fit": fit(lambda: SGDClassifier(**epochs(10))),
    "SGDClassifier fit, logLoss, five classes": fit(lambda: SGDClassifier(loss="log_loss", **epochs(5))),
    "SGDRegressor fit": fit(lambda: SGDRegressor(**epochs(10))),
    "Perceptron fit": fit(lambda: Perceptron(**epochs(10))),
}
