from sklearn.calibration import CalibratedClassifierCV
from sklearn.isotonic import IsotonicRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, OneClassSVM

from .calls import fits, labelled, uses


def number(data):
    return data.X, data.X[:, 0] / 4 + data.y


def rating(model, X, y):
    return model.score(X, y) if hasattr(model, "score") else len(model.support_)


def fitted(make, of=labelled):
    return fits(make, of, rating)


def column(data):
    return data.X[:, 0].copy()


def isotonic():
    return IsotonicRegression(out_of_bounds="clip")


CASES = {
    "SVC fit": fitted(SVC),
    "SVC C=100 fit": fitted(lambda: SVC(C=100)),
    "SVC predict": uses(SVC, "predict", labelled),
    "SVC linear fit": fitted(lambda: SVC(kernel="linear", C=0.01)),
    "SVC poly fit": fitted(lambda: SVC(kernel="poly")),
    "SVR fit": fitted(SVR, number),
    "SVR predict": uses(SVR, "predict", number),
    "OneClassSVM fit": fitted(lambda: OneClassSVM(nu=0.1)),
    "LinearSVC fit": fitted(LinearSVC),
    "LinearSVC classes fit": fitted(LinearSVC),
    "LinearSVC hinge fit": fitted(lambda: LinearSVC(loss="hinge", C=0.01, random_state=0)),
    "LinearSVC l1 fit": fitted(lambda: LinearSVC(penalty="l1", dual=False, C=0.1)),
    "LinearSVC predict": uses(LinearSVC, "predict", labelled),
    "LinearSVR fit": fitted(lambda: LinearSVR(loss="squared_epsilon_insensitive", dual="auto"), number),
    "IsotonicRegression fit": fitted(isotonic, lambda data: (column(data), data.y)),
    "IsotonicRegression predict": uses(isotonic, "predict", lambda data: (column(data), data.y), column),
    "CalibratedClassifierCV sigmoid fit": fitted(lambda: CalibratedClassifierCV(GaussianNB())),
    "CalibratedClassifierCV isotonic predict": uses(
        lambda: CalibratedClassifierCV(GaussianNB(), method="isotonic"), "predict_proba", labelled
    ),
}
