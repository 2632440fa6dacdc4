"""models/keras-*.keras: files that Keras writes, and keras-files.json: what Keras makes of them and of models/export-keras-*.keras.

    {"keras": version, "cases": [{"file", "input" (see common.py), "inputShape", "target": "labels" | "binary" | "oneHot" | "scaled",
      "predicted": predictions of the first LIMIT test rows, and of a model that was compiled "continued": the same after one more epoch
      on the first TRAIN training rows in their order, by 16, and "evaluated": loss and metrics on these rows}]}

The files export-keras-* must have been written by keras_exports.mjs. Targets: labels, labels > 0, indicator columns, y / 100.
"""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras  # noqa: E402
import numpy as np  # noqa: E402
from common import GOLDEN, load, split, write  # noqa: E402
from keras_models import CANCER, DIABETES, DIGITS, IRIS, WINE, rounded  # noqa: E402

MODELS = GOLDEN / "models"
LIMIT = 4
TRAIN = 64
L = keras.layers
IMAGE = [8, 8, 1]


def data(ref, target, shape, integers=False):
    X, y = load(ref)
    X = X.astype(np.float32)
    y = {
        "labels": lambda: y,
        "binary": lambda: (y > 0).astype(float).reshape(-1, 1),
        "oneHot": lambda: np.eye(int(y.max()) + 1)[y.astype(int)],
        "scaled": lambda: y / 100,
    }[target]()
    train, test = split(len(X))
    X = X.reshape([len(X), *(shape or [X.shape[1]])])
    return X[train][:TRAIN], y[train][:TRAIN].astype(np.float32), X[test][:LIMIT]


def case(file, ref, target, shape=None):
    X, y, test = data(ref, target, shape)
    model = keras.saving.load_model(MODELS / file)
    flat = lambda a: rounded(np.asarray(a).reshape(len(a), -1))
    result = {"file": file, "input": ref, "inputShape": shape, "target": target, "predicted": flat(model.predict(test, verbose=0))}
    if model.compiled:
        result["evaluated"] = rounded(model.evaluate(X, y, verbose=0, return_dict=True))
        model.fit(X, y, epochs=1, batch_size=16, shuffle=False, verbose=0)
        result["continued"] = flat(model.predict(test, verbose=0))
    return result


def saved(name, model, ref, target, shape=None, **compile):
    X, y, _ = data(ref, target, shape)
    if compile:
        model.compile(**compile)
        model.fit(X, y, epochs=1, batch_size=16, shuffle=False, verbose=0)
    else:
        model(X)
    file = f"keras-{name}.keras"
    model.save(MODELS / file)
    return case(file, ref, target, shape)


def functional(inputs, *layers):
    x = inputs
    for layer in layers:
        x = layer(x)
    return keras.Model(inputs, x, name="straight")


def main():
    keras.utils.set_random_seed(5)
    O, S = keras.optimizers, keras.optimizers.schedules
    iris = keras.Sequential([keras.Input((4,)), L.Dense(8, activation="relu"), L.Dense(3, activation="softmax")], name="iris")
    digits = keras.Sequential(
        [
            keras.Input(IMAGE),
            L.Conv2D(4, 3, strides=2, padding="same", use_bias=False),
            L.BatchNormalization(axis=3, momentum=0.9),
            L.ReLU(max_value=6),
            L.MaxPooling2D(2, strides=1, padding="same"),
            L.Conv2D(6, (2, 3), groups=2, dilation_rate=(1, 2), padding="same", activation="silu"),
            L.AveragePooling2D(3, strides=1, padding="same"),
            L.GlobalAveragePooling2D(),
            L.Dense(10),
        ]
    )
    diabetes = functional(
        keras.Input((10,), name="measures"),
        L.Reshape((5, -1)),
        L.Dense(4),
        L.LeakyReLU(negative_slope=0.1),
        L.Flatten(),
        L.LayerNormalization(epsilon=1e-4),
        L.Dropout(0.0),
        L.Dense(6, activation=L.ELU(alpha=0.5)),
        L.Dense(1, activation="linear"),
    )
    penalty = keras.regularizers
    wine = keras.Sequential(
        [
            L.Dense(8, activation="gelu", kernel_regularizer=penalty.L2(0.01), kernel_initializer="he_normal"),
            L.Dense(6, activation="mish", trainable=False),
            L.Dense(5, activation=L.LeakyReLU(0.3), bias_regularizer=penalty.L1L2(0.01, 0.02)),
            L.Dense(3),
            L.Softmax(),
        ]
    )
    positions = keras.Sequential(
        [keras.Input((64,), dtype="uint8"), L.Embedding(17, 4), L.GlobalAveragePooling1D(), L.Activation("hard_sigmoid"), L.Dense(10, activation="softmax")]
    )
    cancer = keras.Sequential([keras.Input((30,)), L.Dense(5, activation="tanh"), L.Dense(1)])
    plain = keras.Sequential([L.Dense(4, activation="log_softmax"), L.Dropout(0.5, seed=3), L.Dense(2, activation="exponential")])
    accuracy = ["accuracy"]
    cases = [
        saved("iris", iris, IRIS, "labels", optimizer="adam", loss="sparse_categorical_crossentropy", metrics=accuracy),
        saved(
            *("digits", digits, DIGITS, "labels", IMAGE),
            optimizer=O.RMSprop(0.003, momentum=0.5, centered=True),
            loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=[keras.metrics.SparseTopKCategoricalAccuracy(k=3, name="top3")],
        ),
        saved(
            *("diabetes", diabetes, DIABETES, "scaled"),
            optimizer=O.SGD(0.02, momentum=0.9, nesterov=True, global_clipnorm=1.0),
            loss="mse",
            metrics=["mae", keras.metrics.R2Score(), keras.metrics.RootMeanSquaredError()],
        ),
        saved(
            *("wine", wine, WINE, "oneHot"),
            optimizer=O.Adam(S.CosineDecay(0.01, 100, warmup_target=0.02, warmup_steps=6), amsgrad=True),
            loss=keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
            metrics=accuracy,
        ),
        saved("positions", positions, DIGITS, "labels", optimizer=O.Adagrad(0.1), loss="sparse_categorical_crossentropy"),
        saved(
            *("cancer", cancer, CANCER, "labels"),
            optimizer=O.AdamW(S.ExponentialDecay(0.01, 10, 0.9), weight_decay=0.1, clipvalue=0.5),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
        ),
        saved("plain", plain, WINE, "labels"),
        case("export-keras-iris.keras", IRIS, "labels"),
        case("export-keras-digits.keras", DIGITS, "labels", IMAGE),
        case("export-keras-diabetes.keras", DIABETES, "scaled"),
        case("export-keras-wine.keras", WINE, "binary"),
    ]
    write("keras-files", keras=keras.__version__, cases=cases)


if __name__ == "__main__":
    main()
