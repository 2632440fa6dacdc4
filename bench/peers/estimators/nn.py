from sklearn.neural_network import MLPClassifier, MLPRegressor

from .calls import fits, labelled, uses

EPOCHS = {"max_iter": 5, "n_iter_no_change": 100, "tol": 0, "random_state": 0}


def classifier(**more):
    return lambda: MLPClassifier(**{**EPOCHS, "hidden_layer_sizes": (64, 32), **more})


def regressor():
    return MLPRegressor(**EPOCHS)


def fitted(make):
    return fits(make, labelled, lambda model, X, y: model.loss_)


CASES = {
    "MLPClassifier adam fit": fitted(classifier()),
    "MLPClassifier sgd, batches of 32 fit": fitted(classifier(solver="sgd", batch_size=32, max_iter=1)),
    "MLPClassifier lbfgs fit": fitted(classifier(solver="lbfgs", max_iter=50, n_iter_no_change=10)),
    "MLPRegressor adam fit": fitted(regressor),
    "MLPClassifier predict": uses(classifier(), "predict", labelled),
    "MLPClassifier proba": uses(classifier(), "predict_proba", labelled),
}
