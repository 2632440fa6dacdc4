"""keras.json: what Keras 3 (on its torch backend) predicts and learns, from the same initial weights and rows in the same order.

    {"models": [{"name", "input": a reference (see common.py), "target": "labels" | "oneHot" | "scaled" | "signs" | "shares",
                 "layers": [[type, its arguments...], ...], "compile": {...}, "fit": {...}, "inputShape" if there is one,
                 "untrained": predictions of the first LIMIT test rows before training,
                 "history", "predicted": the same after it, "weights": the first VALUES of each array, "evaluated"}],
     "schedules": [{"schedule", "rates": [[step, rate], ...]}],
     "plateaus": [{"options", "losses", "rates"}], "stops": [{"options", "values", "stopped", "best", "epochs"}]}

Weight i of array k is ((7919 i + 104729 k) % 2003 / 2003 - 0.5) * 0.6, but gamma and movingVariance of normalisation, which get 1
more. Targets: labels, their indicator columns, (y - mean) / deviation, 2 * (y > median) - 1, or indicators times 0.8 plus a share.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras  # noqa: E402
import numpy as np  # noqa: E402
from common import load, split, write  # noqa: E402

LIMIT = 5
VALUES = 12
L = keras.layers
SNAKE = {
    "leakyRelu": "leaky_relu",
    "geluTanh": lambda x: keras.activations.gelu(x, approximate=True),
    "hardSigmoid": "hard_sigmoid",
    "hardSilu": "hard_silu",
    "logSoftmax": "log_softmax",
}
OPTIONS = {
    "useBias": "use_bias",
    "kernelSize": "kernel_size",
    "dilationRate": "dilation_rate",
    "kernelRegularizer": "kernel_regularizer",
    "biasRegularizer": "bias_regularizer",
    "embeddingsRegularizer": "embeddings_regularizer",
}
TYPES = {
    "dense": L.Dense,
    "conv2d": L.Conv2D,
    "maxPool2d": L.MaxPooling2D,
    "avgPool2d": L.AveragePooling2D,
    "globalAvgPool": L.GlobalAveragePooling2D,
    "batchNorm": L.BatchNormalization,
    "layerNorm": L.LayerNormalization,
    "embedding": L.Embedding,
    "activation": L.Activation,
    "flatten": L.Flatten,
    "reshape": L.Reshape,
    "dropout": L.Dropout,
}


def make_layer(spec):
    kind, *args = spec
    named = len(args) > 0 and isinstance(args[-1], dict) and kind != "activation"
    options = args.pop() if named else {}
    options = {OPTIONS.get(k, k): v for k, v in options.items()}
    for name, value in options.items():
        if name.endswith("regularizer"):
            options[name] = keras.regularizers.L1L2(value["l1"], value["l2"])
    if "activation" in options:
        options["activation"] = activation_of(options["activation"])
    if kind == "activation":
        args = [activation_of(args[0])]
    return TYPES[kind](*args, **options)


def activation_of(given):
    if isinstance(given, dict):
        name, alpha = given["type"], given["alpha"]
        if name == "elu":
            return lambda x: keras.activations.elu(x, alpha=alpha)
        return lambda x: keras.activations.leaky_relu(x, negative_slope=alpha)
    return SNAKE.get(given, given)


def snake(name):
    return "".join("_" + c.lower() if c.isupper() else c for c in name)


RENAMED = {"beta1": "beta_1", "beta2": "beta_2", "clipNorm": "clipnorm", "globalClipNorm": "global_clipnorm", "clipValue": "clipvalue"}
RENAMED_SCHEDULE = {"tMul": "t_mul", "mMul": "m_mul"}


def schedule_of(given):
    if not isinstance(given, dict):
        return given
    options = dict(given)
    kind = options.pop("type")
    name = {"piecewiseConstant": "PiecewiseConstantDecay"}.get(kind, kind[0].upper() + kind[1:])
    # Keras casts all of a schedule to the type of its rate, so a rate of 0 must not be an int.
    options = {RENAMED_SCHEDULE.get(k, snake(k)): float(v) if k == "initialLearningRate" else v for k, v in options.items()}
    return getattr(keras.optimizers.schedules, name)(**options)


def optimizer_of(spec):
    options = dict(spec)
    kind = options.pop("type")
    name = {"sgd": "SGD", "rmsprop": "RMSprop", "adam": "Adam", "adamw": "AdamW", "adagrad": "Adagrad"}[kind]
    options = {RENAMED.get(k, snake(k)): schedule_of(v) for k, v in options.items()}
    return getattr(keras.optimizers, name)(**options)


def loss_of(spec):
    options = dict(spec)
    kind = options.pop("type")
    name = {"klDivergence": "KLDivergence"}.get(kind, kind[0].upper() + kind[1:])
    return getattr(keras.losses, name)(**{snake(k): v for k, v in options.items()})


def targets(y, kind):
    if kind == "labels":
        return y
    if kind == "oneHot":
        return np.eye(int(y.max()) + 1)[y.astype(int)]
    if kind == "scaled":
        return (y - y.mean()) / y.std()
    if kind == "positive":
        return y / y.mean()
    if kind == "signs":
        return np.where(y > np.median(y), 1.0, -1.0)
    if kind == "shares":
        classes = int(y.max()) + 1
        return np.eye(classes)[y.astype(int)] * 0.8 + 0.2 / classes
    raise ValueError(kind)


def initial(model):
    arrays = []
    for k, weight in enumerate(model.weights):
        i = np.arange(int(np.prod(weight.shape)), dtype=np.int64)
        values = ((7919 * i + 104729 * k) % 2003 / 2003 - 0.5) * 0.6
        if weight.name in ("gamma", "moving_variance"):
            values = values + 1
        arrays.append(values.reshape(weight.shape).astype(np.float32))
    model.set_weights(arrays)


def rounded(value):
    """Float32 has no more digits than eight."""
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    if isinstance(value, (list, np.ndarray)):
        return [rounded(item) for item in value]
    return float(f"{value:.8g}")


def model_case(name, ref, target, layers, compile, fit=None, input_shape=None, integers=False):
    X, y = load(ref)
    X = X.astype(np.float32)
    if integers:
        X = np.clip(np.round(X), 0, 15)
    y = targets(y, target).astype(np.float32)
    train, test = split(len(X))
    shape = input_shape or [X.shape[1]]
    X = X.reshape([len(X), *shape])
    model = keras.Sequential([keras.Input(shape=tuple(shape)), *map(make_layer, layers)])
    initial(model)
    untrained = model.predict(X[test][:LIMIT], verbose=0)
    model.compile(
        optimizer=optimizer_of(compile["optimizer"]), loss=loss_of(compile["loss"]), metrics=[snake(m) for m in compile["metrics"]]
    )
    fit = {"epochs": 3, "batchSize": 16, **(fit or {})}
    options = {"epochs": fit["epochs"], "batch_size": fit["batchSize"]}
    if "classWeight" in fit:
        options["class_weight"] = {int(k): v for k, v in fit["classWeight"].items()}
    if fit.get("weighted"):
        options["sample_weight"] = np.arange(len(train)) % 3 + 0.5
    if "validationSplit" in fit:
        options["validation_split"] = fit["validationSplit"]
    else:
        options["validation_data"] = (X[test], y[test])
    history = model.fit(X[train], y[train], shuffle=False, verbose=0, **options).history
    flat = lambda a: rounded(np.asarray(a).reshape(len(a), -1))
    return {
        "name": name,
        "input": ref,
        **({"inputShape": input_shape} if input_shape else {}),
        **({"integers": True} if integers else {}),
        "target": target,
        "layers": layers,
        "compile": compile,
        "fit": fit,
        "untrained": flat(untrained),
        "history": rounded(history),
        "predicted": flat(model.predict(X[test][:LIMIT], verbose=0)),
        "weights": [rounded(np.asarray(w).ravel()[:VALUES]) for w in model.get_weights()],
        "evaluated": rounded(model.evaluate(X[test], y[test], verbose=0, return_dict=True)),
    }


IRIS = {"dataset": "iris", "standardised": True, "float32": True}
WINE = {"dataset": "wine", "standardised": True, "float32": True}
CANCER = {"dataset": "breastCancer", "standardised": True, "float32": True}
DIABETES = {"dataset": "diabetes", "standardised": True, "float32": True}
DIGITS = {"dataset": "digits"}
SPARSE = {"type": "sparseCategoricalCrossentropy"}
SGD = {"type": "sgd", "learningRate": 0.05}
MSE = {"type": "meanSquaredError"}
ACTIVATIONS = (
    *("relu", "relu6", "leakyRelu", "elu", "selu", "gelu", "geluTanh", "silu", "mish"),
    *("sigmoid", "hardSigmoid", "hardSilu", "tanh", "softplus", "softsign", "exponential"),
)


def compiled(optimizer, loss, *metrics):
    return {"optimizer": optimizer, "loss": loss, "metrics": list(metrics)}


def dense_models():
    relu = ["dense", 8, {"activation": "relu"}]
    classes = [relu, ["dense", 3, {"activation": "softmax"}]]
    yield model_case("iris, sgd", IRIS, "labels", classes, compiled(SGD, SPARSE, "accuracy"))
    logits = [["dense", 8, {"activation": "tanh"}], ["dense", 3]]
    adam = {"type": "adam", "learningRate": 0.01}
    from_logits = {**SPARSE, "fromLogits": True}
    yield model_case("wine, adam, logits", WINE, "labels", logits, compiled(adam, from_logits, "accuracy"))
    sigmoid = [["dense", 16, {"activation": "elu"}], ["dense", 1, {"activation": "sigmoid"}]]
    binary = {"type": "binaryCrossentropy"}
    rms = {"type": "rmsprop", "learningRate": 0.003, "momentum": 0.5, "centered": True}
    weights = {"classWeight": {"0": 2, "1": 0.5}}
    yield model_case("cancer, rmsprop, class weights", CANCER, "labels", sigmoid, compiled(rms, binary, "accuracy"), weights)
    number = [["dense", 8, {"activation": "gelu"}], ["dense", 1]]
    nesterov = {"type": "sgd", "learningRate": 0.02, "momentum": 0.9, "nesterov": True}
    yield model_case("diabetes, nesterov", DIABETES, "scaled", number, compiled(nesterov, MSE, "meanAbsoluteError"))
    momentum = {"type": "sgd", "learningRate": 0.02, "momentum": 0.8, "weightDecay": 0.01}
    split_off = {"validationSplit": 0.2}
    yield model_case("diabetes, momentum, validation split", DIABETES, "scaled", number, compiled(momentum, MSE), split_off)
    huber = {"type": "huber", "delta": 0.5}
    adagrad = {"type": "adagrad", "learningRate": 0.05, "initialAccumulatorValue": 0.2}
    yield model_case("diabetes, adagrad, huber, weights", DIABETES, "scaled", number, compiled(adagrad, huber), {"weighted": True})
    smooth = {"type": "categoricalCrossentropy", "labelSmoothing": 0.1}
    adamw = {"type": "adamw", "learningRate": 0.01, "weightDecay": 0.1}
    yield model_case("wine, adamw, smoothed", WINE, "oneHot", classes, compiled(adamw, smooth, "accuracy"))
    penalty = {"kernelRegularizer": {"l1": 0.01, "l2": 0.02}, "biasRegularizer": {"l1": 0, "l2": 0.03}}
    penalised = [["dense", 8, {"activation": "relu", **penalty}], ["dense", 3, {"activation": "softmax", "useBias": False, **{"kernelRegularizer": {"l1": 0, "l2": 0.01}}}]]
    amsgrad = {"type": "adam", "learningRate": 0.01, "amsgrad": True, "beta1": 0.8, "beta2": 0.99}
    yield model_case("iris, amsgrad, penalties", IRIS, "labels", penalised, compiled(amsgrad, SPARSE, "accuracy"))
    decay = {"type": "exponentialDecay", "initialLearningRate": 0.1, "decaySteps": 10, "decayRate": 0.5, "staircase": False}
    yield model_case("iris, schedule", IRIS, "labels", classes, compiled({"type": "sgd", "learningRate": decay}, SPARSE))
    warm = {"type": "cosineDecay", "initialLearningRate": 0, "decaySteps": 15, "alpha": 0, "warmupTarget": 0.02, "warmupSteps": 5}
    yield model_case("wine, warm-up", WINE, "labels", classes, compiled({"type": "adam", "learningRate": warm}, SPARSE))
    for clip in ({"clipNorm": 0.1}, {"globalClipNorm": 0.1}, {"clipValue": 0.02}):
        yield model_case(f"wine, {list(clip)[0]}", WINE, "labels", classes, compiled({**SGD, **clip}, SPARSE))
    for kind in ACTIVATIONS:
        layers = [["dense", 6], ["activation", kind], ["dense", 1]]
        yield model_case(f"diabetes, {kind}", DIABETES, "scaled", layers, compiled(SGD, MSE), {"epochs": 1})
    slopes = [["dense", 6, {"activation": {"type": "leakyRelu", "alpha": 0.3}}], ["activation", {"type": "elu", "alpha": 0.5}], ["dense", 1]]
    yield model_case("diabetes, slopes", DIABETES, "scaled", slopes, compiled(SGD, MSE), {"epochs": 1})
    one = {"epochs": 1}
    for kind in ("meanAbsoluteError", "logCosh", "hinge", "squaredHinge"):
        target = "signs" if "inge" in kind else "scaled"
        yield model_case(f"diabetes, {kind}", DIABETES, target, number, compiled(SGD, {"type": kind}), one)
    positive = [relu, ["dense", 1, {"activation": "softplus"}]]
    for kind in ("poisson", "meanSquaredLogarithmicError"):
        yield model_case(f"diabetes, {kind}", DIABETES, "positive", positive, compiled(SGD, {"type": kind}), one)
    yield model_case("iris, klDivergence", IRIS, "shares", classes, compiled(SGD, {"type": "klDivergence"}), one)
    yield model_case("iris, categoricalHinge", IRIS, "oneHot", [relu, ["dense", 3]], compiled(SGD, {"type": "categoricalHinge"}), one)
    several = [relu, ["dense", 3, {"activation": "sigmoid"}]]
    binary_smooth = {"type": "binaryCrossentropy", "labelSmoothing": 0.2}
    yield model_case("wine, several labels", WINE, "oneHot", several, compiled(adam, binary_smooth, "binaryAccuracy"), one)
    binary_logits = {"type": "binaryCrossentropy", "fromLogits": True}
    yield model_case("cancer, logits", CANCER, "labels", [relu, ["dense", 1]], compiled(adam, binary_logits), one)
    reshaped = [["reshape", [2, 2]], ["dense", 5, {"activation": "relu"}], ["flatten"], ["dropout", 0], ["dense", 3, {"activation": "softmax"}]]
    yield model_case("iris, dense over the last axis", IRIS, "labels", reshaped, compiled(adam, SPARSE, "accuracy"), one)


def image_models():
    adam = {"type": "adam", "learningRate": 0.003}
    end = ["dense", 10, {"activation": "softmax"}]
    one = {"epochs": 1, "batchSize": 64}
    scaled = {"dataset": "digits", "standardised": False}
    cnn = [["conv2d", 4, 3, {"activation": "relu"}], ["maxPool2d", 2], ["flatten"], end]
    yield model_case("digits, cnn", scaled, "labels", cnn, compiled(adam, SPARSE, "accuracy"), one, [8, 8, 1])
    same = [
        ["conv2d", 6, [3, 2], {"padding": "same", "strides": 2, "useBias": False}],
        ["batchNorm"],
        ["activation", "relu"],
        ["conv2d", 6, 3, {"padding": "same", "groups": 3}],
        ["avgPool2d", 3, {"strides": 1, "padding": "same"}],
        ["conv2d", 5, 2, {"dilationRate": 2}],
        ["globalAvgPool"],
        end,
    ]
    yield model_case("digits, padding, groups, dilation", scaled, "labels", same, compiled(adam, SPARSE, "accuracy"), one, [8, 8, 1])
    # Without a bias, whose gradient would be nothing but rounding before the normalisation.
    norms = [["dense", 12, {"useBias": False}], ["batchNorm", {"momentum": 0.9}], ["activation", "relu"], ["layerNorm"], ["dense", 3, {"activation": "softmax"}]]
    yield model_case("wine, normalisation", WINE, "labels", norms, compiled(adam, SPARSE, "accuracy"))
    text = [["embedding", 16, 4, {"embeddingsRegularizer": {"l1": 0, "l2": 0.001}}], ["flatten"], end]
    yield model_case("digits, embedding", DIGITS, "labels", text, compiled(adam, SPARSE, "accuracy"), one, None, True)


STEPS = [0, 1, 5, 9, 10, 11, 25, 40, 99, 100, 101, 350]


def schedules():
    for given in (
        {"type": "exponentialDecay", "initialLearningRate": 0.1, "decaySteps": 10, "decayRate": 0.9, "staircase": False},
        {"type": "exponentialDecay", "initialLearningRate": 0.1, "decaySteps": 10, "decayRate": 0.9, "staircase": True},
        {"type": "inverseTimeDecay", "initialLearningRate": 0.1, "decaySteps": 10, "decayRate": 0.5, "staircase": False},
        {"type": "inverseTimeDecay", "initialLearningRate": 0.1, "decaySteps": 10, "decayRate": 0.5, "staircase": True},
        {"type": "polynomialDecay", "initialLearningRate": 0.1, "decaySteps": 40, "endLearningRate": 0.01, "power": 2, "cycle": False},
        {"type": "polynomialDecay", "initialLearningRate": 0.1, "decaySteps": 40, "endLearningRate": 0.01, "power": 0.5, "cycle": True},
        {"type": "piecewiseConstant", "boundaries": [5, 10, 100], "values": [1.0, 0.5, 0.25, 0.125]},
        {"type": "cosineDecay", "initialLearningRate": 0.1, "decaySteps": 50, "alpha": 0.1, "warmupTarget": None, "warmupSteps": 0},
        {"type": "cosineDecay", "initialLearningRate": 0.01, "decaySteps": 50, "alpha": 0, "warmupTarget": 0.1, "warmupSteps": 10},
        {"type": "cosineDecayRestarts", "initialLearningRate": 0.1, "firstDecaySteps": 10, "tMul": 2, "mMul": 0.9, "alpha": 0.05},
        {"type": "cosineDecayRestarts", "initialLearningRate": 0.1, "firstDecaySteps": 12, "tMul": 1, "mMul": 1, "alpha": 0},
    ):
        schedule = schedule_of(given)
        yield {"schedule": given, "rates": [[step, float(schedule(step))] for step in STEPS]}


LOSSES = [1.0, 0.8, 0.79995, 0.7999, 0.8, 0.81, 0.7, 0.7, 0.7, 0.7, 0.69, 0.9, 0.9, 0.9, 0.9, 0.5]


class Watched:
    """A model as far as callbacks look at it."""

    def __init__(self, rate):
        self.optimizer = keras.optimizers.SGD(learning_rate=rate)
        self.stop_training = False
        self.metrics = []
        self._compile_metrics = None

    def get_weights(self):
        return []

    def set_weights(self, weights):
        pass


def watch(callback, name, values):
    model = Watched(0.1)
    callback.set_model(model)
    callback.on_train_begin()
    rates, epochs = [], 0
    for epoch, value in enumerate(values):
        logs = {name: value}
        callback.on_epoch_end(epoch, logs)
        rates.append(float(model.optimizer.learning_rate))
        epochs += 1
        if model.stop_training:
            break
    callback.on_train_end()
    return rates, epochs


def plateaus():
    for options in (
        {"factor": 0.5, "patience": 2},
        {"factor": 0.5, "patience": 1, "cooldown": 2},
        {"factor": 0.1, "patience": 1, "minLr": 0.02, "minDelta": 0},
        {"factor": 0.5, "patience": 3, "mode": "max"},
    ):
        callback = keras.callbacks.ReduceLROnPlateau(**{snake(k): v for k, v in options.items()})
        rates, _ = watch(callback, "val_loss", LOSSES)
        yield {"options": options, "losses": LOSSES, "rates": rates}


def stops():
    for options in (
        {},
        {"patience": 2},
        {"patience": 3, "minDelta": 0.05},
        {"patience": 2, "baseline": 0.75},
        {"patience": 2, "startFromEpoch": 4},
        {"patience": 1, "mode": "max", "monitor": "accuracy"},
    ):
        options = {"monitor": "val_loss", **options}
        mode = options.get("mode", "min")
        callback = keras.callbacks.EarlyStopping(**{**{snake(k): v for k, v in options.items()}, "mode": mode})
        _, epochs = watch(callback, options["monitor"], LOSSES)
        yield {
            "options": options,
            "values": LOSSES,
            "stopped": callback.stopped_epoch,
            "best": float(callback.best),
            "bestEpoch": callback.best_epoch,
            "epochs": epochs,
        }


def main():
    write(
        "keras",
        keras=keras.__version__,
        models=list(dense_models()),
        layers=list(image_models()),
        schedules=list(schedules()),
        plateaus=list(plateaus()),
        stops=list(stops()),
    )


if __name__ == "__main__":
    main()
