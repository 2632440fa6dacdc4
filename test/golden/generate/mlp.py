"""mlp.json: multi-layer perceptrons of scikit-learn.

    {"steps": [{"name", "estimator", "params", "input": a reference (see common.py), "sampleWeight" if there is one,
                "several": how many of the last columns are targets, if there are several: numbers, of a classifier whether they are above 0,
                "initial": kernels and biases before, "final": after the fit, without shuffling, "lossCurve"}],
     "scores": [{"name", "estimator", "params", "input", "scores" of the test rows for seeds 0 to SEEDS - 1}]}

Sample weights are row index % 3 + 0.5.
"""

import warnings

import numpy as np
from common import camel_keys, load, split, write
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.utils import check_random_state

SEEDS = 5


def initial_parameters(sizes, activation):
    """What scikit-learn draws for random_state 0."""
    random = check_random_state(0)
    parts = []
    for inputs, outputs in zip(sizes, sizes[1:]):
        bound = np.sqrt((2.0 if activation == "logistic" else 6.0) / (inputs + outputs))
        parts += [random.uniform(-bound, bound, (inputs, outputs)), random.uniform(-bound, bound, outputs)]
    return parts


def flat(parts):
    return np.concatenate([np.ravel(part) for part in parts]).astype(np.float32).astype(float)


def step_case(make, params, ref, weighted=False, several=0):
    X, y = load(ref)
    if several:
        X, y = X[:, :-several], X[:, -several:]
        y = (y > 0).astype(int) if make is MLPClassifier else 100 * np.abs(y)
    train, _ = split(len(X))
    X, y = X[train], y[train]
    if make is MLPRegressor:
        y = y / 100
    weights = np.arange(len(train)) % 3 + 0.5 if weighted else None
    model = make(**params, shuffle=False, random_state=0, tol=0, n_iter_no_change=1000)
    model.fit(X, y, sample_weight=weights)
    sizes = [X.shape[1], *params["hidden_layer_sizes"], model.n_outputs_]
    activation = params.get("activation", "relu")
    result = {
        "name": f"{make.__name__} {params} of {ref['dataset']}{', weights' if weighted else ''}",
        "estimator": make.__name__,
        "params": camel_keys(params),
        "input": ref,
        "initial": flat(initial_parameters(sizes, activation)),
        "final": flat([part for pair in zip(model.coefs_, model.intercepts_) for part in pair]),
        "lossCurve": model.loss_curve_,
    }
    if several:
        result = {**result, "name": f"{result['name']}, {several} targets", "several": several}
    return {**result, "sampleWeight": weights} if weighted else result


def steps():
    iris, breast, diabetes = ({"dataset": name, "standardised": True} for name in ("iris", "breastCancer", "diabetes"))
    small = {"hidden_layer_sizes": [6], "max_iter": 4}
    yield step_case(MLPClassifier, {**small, "batch_size": 20}, iris)
    yield step_case(MLPClassifier, {**small, "activation": "tanh", "alpha": 0.5, "batch_size": 50}, iris, True)
    yield step_case(MLPClassifier, {**small, "hidden_layer_sizes": [5, 4], "activation": "logistic"}, breast, True)
    sgd = {"solver": "sgd", "learning_rate_init": 0.05}
    yield step_case(MLPClassifier, {**small, **sgd, "learning_rate": "invscaling", "power_t": 0.2}, breast)
    yield step_case(MLPClassifier, {**small, **sgd, "nesterovs_momentum": False, "momentum": 0.5}, iris)
    yield step_case(MLPRegressor, {**small, "hidden_layer_sizes": [7]}, diabetes, True)
    yield step_case(MLPRegressor, {**small, "loss": "poisson", "activation": "identity", "alpha": 0.01}, diabetes)
    yield step_case(MLPRegressor, {**small, **sgd, "learning_rate_init": 0.01, "hidden_layer_sizes": []}, diabetes)


    wine = {"dataset": "wine", "standardised": True}
    yield step_case(MLPClassifier, {**small, "batch_size": 30}, wine, several=3)
    yield step_case(MLPClassifier, {**small, **sgd, "activation": "tanh", "alpha": 0.3}, breast, True, several=2)
    yield step_case(MLPClassifier, {**small, "hidden_layer_sizes": [5, 4]}, diabetes, several=4)
    yield step_case(MLPRegressor, {**small, "batch_size": 30}, wine, True, several=3)
    yield step_case(MLPRegressor, {**small, **sgd, "learning_rate_init": 0.01, "alpha": 0.3}, breast, several=2)
    yield step_case(MLPRegressor, {**small, "loss": "poisson", "activation": "tanh"}, diabetes, True, several=2)


def score_case(make, params, ref):
    X, y = load(ref)
    train, test = split(len(X))
    scores = [make(**params, random_state=seed).fit(X[train], y[train]).score(X[test], y[test]) for seed in range(SEEDS)]
    return {
        "name": f"{make.__name__} {params} of {ref['dataset']}",
        "estimator": make.__name__,
        "params": camel_keys(params),
        "input": ref,
        "scores": scores,
    }


def scores():
    for name in ("iris", "wine", "breastCancer", "digits"):
        ref = {"dataset": name} if name == "digits" else {"dataset": name, "standardised": True}
        yield score_case(MLPClassifier, {"hidden_layer_sizes": [30], "learning_rate_init": 0.01}, ref)
        yield score_case(MLPClassifier, {"hidden_layer_sizes": [20], "solver": "lbfgs", "alpha": 1.0}, ref)
    stop = {"early_stopping": True, "learning_rate_init": 0.01, "hidden_layer_sizes": [30]}
    yield score_case(MLPClassifier, stop, {"dataset": "digits"})
    diabetes = {"dataset": "diabetes", "standardised": True}
    yield score_case(MLPRegressor, {"hidden_layer_sizes": [10], "solver": "lbfgs", "alpha": 10.0}, diabetes)
    sgd = {"solver": "sgd", "learning_rate": "adaptive", "alpha": 1.0, "learning_rate_init": 0.001}
    yield score_case(MLPRegressor, {**sgd, "hidden_layer_sizes": [10], "max_iter": 60}, diabetes)
    yield score_case(MLPRegressor, {"learning_rate_init": 0.01, "max_iter": 150, "alpha": 1.0}, diabetes)


def main():
    warnings.simplefilter("ignore")
    write("mlp", steps=list(steps()), scores=list(scores()))


if __name__ == "__main__":
    main()
