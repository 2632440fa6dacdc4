"""scikit-learn's side of bench/estimators/model_selection.mjs, with as many jobs as there are threads."""

from scipy.stats import randint
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import (
    GridSearchCV,
    HalvingGridSearchCV,
    RandomizedSearchCV,
    cross_val_score,
    learning_curve,
)
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier


def validated(make):
    return lambda data: ((lambda: cross_val_score(make(), data.X, data.y, cv=5, n_jobs=data.threads)), lambda scores: scores.mean())


def searched(data):
    grid = {"C": [0.01, 0.1, 1, 10]}
    return (lambda: GridSearchCV(LogisticRegression(), grid, cv=5, n_jobs=data.threads).fit(data.X, data.y)), lambda search: search.best_score_


def halved(data):
    grid = {"max_depth": [2, 4, 6, 8, 10, 12], "min_samples_leaf": [1, 5, 20]}
    tree = DecisionTreeClassifier(random_state=0)
    return (
        lambda: HalvingGridSearchCV(tree, grid, cv=5, random_state=0, n_jobs=data.threads).fit(data.X, data.y)
    ), lambda search: search.best_score_


def drawn(data):
    distributions = {"max_depth": randint(2, 13), "min_samples_leaf": randint(1, 21)}
    tree = DecisionTreeClassifier(random_state=0)
    return (
        lambda: RandomizedSearchCV(
            tree, distributions, n_iter=10, cv=5, random_state=0, n_jobs=data.threads
        ).fit(data.X, data.y)
    ), lambda search: search.best_score_


def learned(data):
    return (lambda: learning_curve(LogisticRegression(), data.X, data.y, n_jobs=data.threads)), lambda curve: curve[2].mean()


CASES = {
    "crossValScore of LogisticRegression": validated(LogisticRegression),
    "crossValScore of RandomForestClassifier": validated(lambda: RandomForestClassifier(n_estimators=20, random_state=0)),
    "crossValScore of HistGradientBoostingClassifier": validated(lambda: HistGradientBoostingClassifier(max_iter=30, random_state=0)),
    "GridSearchCV of LogisticRegression": searched,
    "crossValScore of GaussianNB": validated(GaussianNB),
    "crossValScore of DecisionTreeClassifier": validated(
        lambda: DecisionTreeClassifier(max_depth=8, random_state=0)
    ),
    "HalvingGridSearchCV of DecisionTreeClassifier": halved,
    "RandomizedSearchCV of DecisionTreeClassifier": drawn,
    "learningCurve of LogisticRegression": learned,
}
