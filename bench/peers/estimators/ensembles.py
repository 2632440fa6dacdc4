"""scikit-learn's side of bench/estimators/ensembles.mjs, with as many jobs as there are threads where it takes them."""

from sklearn.ensemble import AdaBoostClassifier, AdaBoostRegressor, BaggingClassifier, StackingClassifier, VotingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from .calls import fits, score, uses

ROWS = 10_000


def few(data):
    return data.X[:ROWS], data.y[:ROWS]


def fit(make):
    return lambda data: fits(lambda: make(data.threads), few, score)(data)


def predict(make):
    return lambda data: uses(lambda: make(data.threads), "predict", few)(data)


def tree():
    return DecisionTreeClassifier(max_depth=8, random_state=0)


def models():
    return [("bayes", GaussianNB()), ("line", LogisticRegression()), ("tree", tree())]


MAKERS = {
    "VotingClassifier": lambda jobs: VotingClassifier(models(), voting="soft", n_jobs=jobs),
    "StackingClassifier": lambda jobs: StackingClassifier(models(), n_jobs=jobs),
    "BaggingClassifier": lambda jobs: BaggingClassifier(tree(), n_estimators=10, random_state=0, n_jobs=jobs),
    "AdaBoostClassifier": lambda jobs: AdaBoostClassifier(n_estimators=50, random_state=0),
    "AdaBoostRegressor": lambda jobs: AdaBoostRegressor(n_estimators=30, random_state=0),
}
CASES = {f"{name} {verb}": call(make) for name, make in MAKERS.items() for verb, call in (("fit", fit), ("predict", predict))}
