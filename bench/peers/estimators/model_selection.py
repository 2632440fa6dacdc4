"""scikit-learn's side of bench/estimators/model_selection.mjs, with as many jobs as there are threads."""

from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV, cross_val_score, learning_curve


def validated(make):
    return lambda data: ((lambda: cross_val_score(make(), data.X, data.y, cv=5, n_jobs=data.threads)), lambda scores: scores.mean())


def searched(data):
    grid = {"C": [0.01, 0.1, 1, 10]}
    return (lambda: GridSearchCV(LogisticRegression(), grid, cv=5, n_jobs=data.threads).fit(data.X, data.y)), lambda search: search.best_score_


def learned(data):
    return (lambda: learning_curve(LogisticRegression(), data.X, data.y, n_jobs=data.threads)), lambda curve: curve[2].mean()


CASES = {
    "crossValScore of LogisticRegression": validated(LogisticRegression),
    "crossValScore of RandomForestClassifier": validated(lambda: RandomForestClassifier(n_estimators=20, random_state=0)),
    "crossValScore of HistGradientBoostingClassifier": validated(lambda: HistGradientBoostingClassifier(max_iter=30, random_state=0)),
    "GridSearchCV of LogisticRegression": searched,
    "learningCurve of LogisticRegression": learned,
}
