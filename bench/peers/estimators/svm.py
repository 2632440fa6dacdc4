from sklearn.calibration import CalibratedClassifierCV
from sklearn.isotonic import IsotonicRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, OneClassSVM


def labels(data):
    return data.y


def number(data):
    return data.X[:, 0] / 4 + data.y


def fits(make, target=labels):
    def prepare(data):
        y = target(data)

        def quality(model):
            return model.score(data.X, y) if hasattr(model, "score") else len(model.support_)

        return lambda: make().fit(data.X, y), quality

    return prepare


def uses(make, use="predict", target=labels):
    def prepare(data):
        model = make().fit(data.X, target(data))
        return lambda: getattr(model, use)(data.X)

    return prepare


def isotonic_fit(data):
    column = data.X[:, 0].copy()

    def make():
        return IsotonicRegression(out_of_bounds="clip").fit(column, data.y)

    return make, lambda model: model.score(column, data.y)


def isotonic_predict(data):
    column = data.X[:, 0].copy()
    model = IsotonicRegression(out_of_bounds="clip").fit(column, data.y)
    return lambda: model.predict(column)


CASES = {
    "SVC fit": fits(SVC),
    "SVC predict": uses(SVC),
    "SVC linear fit": fits(lambda: SVC(kernel="linear", C=0.01)),
    "SVC poly fit": fits(lambda: SVC(kernel="poly")),
    "SVR fit": fits(SVR, number),
    "SVR predict": uses(SVR, "predict", number),
    "OneClassSVM fit": fits(lambda: OneClassSVM(nu=0.1)),
    "LinearSVC fit": fits(LinearSVC),
    "LinearSVC classes fit": fits(LinearSVC),
    "LinearSVC hinge fit": fits(lambda: LinearSVC(loss="hinge", C=0.01, random_state=0)),
    "LinearSVC l1 fit": fits(lambda: LinearSVC(penalty="l1", dual=False, C=0.1)),
    "LinearSVC predict": uses(LinearSVC),
    "LinearSVR fit": fits(lambda: LinearSVR(loss="squared_epsilon_insensitive", dual="auto"), number),
    "IsotonicRegression fit": isotonic_fit,
    "IsotonicRegression predict": isotonic_predict,
    "CalibratedClassifierCV sigmoid fit": fits(lambda: CalibratedClassifierCV(GaussianNB())),
    "CalibratedClassifierCV isotonic predict": uses(
        lambda: CalibratedClassifierCV(GaussianNB(), method="isotonic"), "predict_proba"
    ),
}
