from sklearn.neural_network import MLPClassifier, MLPRegressor

EPOCHS = {"max_iter": 5, "n_iter_no_change": 100, "tol": 0, "random_state": 0}


def classifier(**more):
    return lambda: MLPClassifier(**{**EPOCHS, "hidden_layer_sizes": (64, 32), **more})


def regressor():
    return MLPRegressor(**EPOCHS)


def fits(make):
    return lambda data: (lambda: make().fit(data.X, data.y), lambda model: model.loss_)


def uses(make, use):
    def prepare(data):
        model = make().fit(data.X, data.y)
        return lambda: getattr(model, use)(data.X)

    return prepare


CASES = {
    "MLPClassifier adam fit": fits(classifier()),
    "MLPClassifier sgd, batches of 32 fit": fits(classifier(solver="sgd", batch_size=32, max_iter=1)),
    "MLPClassifier lbfgs fit": fits(classifier(solver="lbfgs", max_iter=50, n_iter_no_change=10)),
    "MLPRegressor adam fit": fits(regressor),
    "MLPClassifier predict": uses(classifier(), "predict"),
    "MLPClassifier proba": uses(classifier(), "predict_proba"),
}
