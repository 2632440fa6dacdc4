"""onnx.json, and models/onnx-*.onnx: scikit-learn's models as skl2onnx writes them, graphs of single operators, and what
ONNX Runtime says of both.

    {"onnx": version, "skl2onnx": version, "onnxruntime": version, "tables": {name: table}, "cases": [case]}

A table is {"columns": {name: [values]}}, or {"rows": [[values]]} for one matrix. A case has the "file" of its model, the
name of its "table", and the outputs of ONNX Runtime for each row of the table: "labels", "proba" (of classifiers that have
them), or "values". Numbers are float32 in
few digits: to be rounded to float32 when read. Rows are rows of the data sets and rows that lie on, just below and just above the thresholds of the
trees (as float32), some with missing values.
"""

import warnings

import numpy as np
import onnx
import onnxruntime
import pandas as pd
import skl2onnx
from common import GOLDEN, write
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType, StringTensorType
from sklearn.calibration import CalibratedClassifierCV
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, RidgeClassifier, SGDClassifier
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    Binarizer,
    MaxAbsScaler,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    PowerTransformer,
    RobustScaler,
    StandardScaler,
)
from sklearn.svm import SVC, SVR, LinearSVC, OneClassSVM
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

MODELS = GOLDEN / "models"
rng = np.random.default_rng(9)


def with_missing(X):
    X = X.copy()
    X[rng.random(X.shape) < 0.1] = np.nan
    return X


def passengers(n):
    """Something like the passengers of a ship."""
    sex = rng.choice(["female", "male"], n)
    port = rng.choice(["Cherbourg", "Queenstown", "Southampton", ""], n, p=[0.2, 0.15, 0.6, 0.05])
    age = np.where(rng.random(n) < 0.15, np.nan, rng.integers(1, 75, n))
    fare = rng.gamma(1.5, 20, n)
    cabins = rng.integers(1, 4, n)
    survived = (rng.random(n) < 0.2 + 0.45 * (sex == "female") + 0.1 * (fare > 40)).astype(int)
    frame = pd.DataFrame({"age": age, "fare": fare, "cabinClass": cabins.astype(float), "sex": sex, "port": port})
    return frame, np.where(survived == 1, "survived", "died")


iris, kind = load_iris(return_X_y=True)
names = np.array(["setosa", "versicolor", "virginica"])[kind]
cancer, malignant = load_breast_cancer(return_X_y=True)
cancer = cancer[:, :8]
diabetes, progress = load_diabetes(return_X_y=True)
ship, fate = passengers(400)
cancer_missing = with_missing(cancer)

# name, table, the model, what it is fitted on
CASES = [
    ("iris-tree", "iris", DecisionTreeClassifier(random_state=0), iris, names),
    ("iris-forest", "iris", RandomForestClassifier(8, random_state=0), iris, names),
    ("iris-extra", "iris", ExtraTreesClassifier(5, max_depth=5, random_state=0), iris, kind),
    ("iris-boosting", "iris", GradientBoostingClassifier(n_estimators=4, random_state=0), iris, names),
    ("iris-hist", "iris", HistGradientBoostingClassifier(max_iter=4), iris, names),
    ("iris-logistic", "iris", LogisticRegression(max_iter=500), iris, names),
    ("iris-ridge", "iris", RidgeClassifier(), iris, names),
    ("iris-sgd", "iris", SGDClassifier(loss="log_loss", random_state=0), iris, names),
    ("iris-lda", "iris", LinearDiscriminantAnalysis(), iris, names),
    ("iris-linear-svc", "iris", LinearSVC(), iris, names),
    ("iris-rest", "iris", OneVsRestClassifier(LogisticRegression()), iris, names),
    ("iris-calibrated", "iris", CalibratedClassifierCV(LinearSVC(), cv=2), iris, names),
    ("iris-mlp", "iris", MLPClassifier(hidden_layer_sizes=(8,), max_iter=60, random_state=0), iris, names),
    ("iris-svc", "iris", SVC(), iris, names),
    ("iris-svc-proba", "iris", SVC(probability=True, random_state=0), iris, names),
    ("iris-svc-linear", "iris", SVC(kernel="linear", probability=True, random_state=0), iris, kind),
    ("iris-svc-poly", "iris", SVC(kernel="poly", degree=3, coef0=0.5, probability=True, random_state=0), iris, kind),
    ("iris-svc-sigmoid", "iris", SVC(kernel="sigmoid", gamma=0.01, probability=True, random_state=0), iris, kind),
    ("iris-kmeans", "iris", KMeans(3, n_init=1, random_state=0), iris, None),
    ("cancer-tree", "cancer", DecisionTreeClassifier(max_depth=4, random_state=0), cancer, malignant),
    ("cancer-forest", "cancer", RandomForestClassifier(8, max_depth=5, random_state=0), cancer, malignant),
    ("cancer-boosting", "cancer", GradientBoostingClassifier(n_estimators=8, random_state=0), cancer, malignant),
    ("cancer-hist", "cancer-missing", HistGradientBoostingClassifier(max_iter=8), cancer_missing, malignant),
    ("cancer-logistic", "cancer", make_pipeline(StandardScaler(), LogisticRegression()), cancer, malignant),
    ("cancer-imputed", "cancer-missing", make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()), cancer_missing, malignant),
    ("cancer-svc", "cancer", make_pipeline(StandardScaler(), SVC(probability=True, random_state=0)), cancer, malignant),
    ("cancer-svc-raw", "cancer", make_pipeline(StandardScaler(), SVC()), cancer, malignant),
    ("diabetes-tree", "diabetes", DecisionTreeRegressor(max_depth=5, random_state=0), diabetes, progress),
    ("diabetes-forest", "diabetes", RandomForestRegressor(6, max_depth=5, random_state=0), diabetes, progress),
    ("diabetes-boosting", "diabetes", GradientBoostingRegressor(n_estimators=10, random_state=0), diabetes, progress),
    ("diabetes-hist", "diabetes", HistGradientBoostingRegressor(max_iter=10), diabetes, progress),
    ("diabetes-linear", "diabetes", LinearRegression(), diabetes, progress),
    ("diabetes-ridge", "diabetes", make_pipeline(PCA(5), Ridge()), diabetes, progress),
    ("diabetes-svr", "diabetes", SVR(C=100), diabetes, progress),
    ("diabetes-mlp", "diabetes", MLPRegressor(hidden_layer_sizes=(6,), max_iter=50, random_state=0), diabetes, progress),
    ("scaled-minmax", "cancer", MinMaxScaler(), cancer, None),
    ("scaled-maxabs", "cancer", MaxAbsScaler(), cancer, None),
    ("scaled-robust", "cancer", RobustScaler(), cancer, None),
    ("scaled-power", "cancer", PowerTransformer(), cancer, None),
    ("normalizer-l1", "diabetes", Normalizer("l1"), diabetes, None),
    ("normalizer-l2", "diabetes", Normalizer("l2"), diabetes, None),
    ("normalizer-max", "diabetes", Normalizer("max"), diabetes, None),
    ("binarizer", "diabetes", Binarizer(threshold=0.02), diabetes, None),
    ("outliers", "iris", OneClassSVM(gamma=0.5), iris, None),
]
DOUBLE = [
    ("double-logistic", "iris", LogisticRegression(max_iter=500), iris, names),
]

NUMBERS, WORDS = ["age", "fare"], ["sex", "port"]


def ship_pipeline(words, model):
    columns = [("numbers", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), NUMBERS), ("words", words, WORDS), ("rest", "passthrough", ["cabinClass"])]
    return make_pipeline(ColumnTransformer(columns), model)


SHIP = [
    ("ship-logistic", ship_pipeline(OneHotEncoder(handle_unknown="ignore"), LogisticRegression())),
    ("ship-forest", ship_pipeline(OneHotEncoder(handle_unknown="ignore", drop="if_binary"), RandomForestClassifier(6, max_depth=5, random_state=0))),
    ("ship-ordinal", ship_pipeline(OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), GradientBoostingClassifier(n_estimators=5))),
    ("ship-filled", ship_pipeline(make_pipeline(SimpleImputer(missing_values="", strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore")), LogisticRegression())),
]


def thresholds(model):
    """By feature, as float32."""
    cuts = {}
    found = [model] if hasattr(model, "tree_") else list(np.ravel(getattr(model, "estimators_", [])))
    for each in found:
        if hasattr(each, "tree_"):
            tree = each.tree_
            for feature, threshold in zip(tree.feature, tree.threshold):
                if feature >= 0:
                    cuts.setdefault(int(feature), set()).add(float(np.float32(threshold)))
    for round in getattr(model, "_predictors", []):
        for predictor in round:
            for node in predictor.nodes:
                if not node["is_leaf"]:
                    cuts.setdefault(int(node["feature_idx"]), set()).add(float(np.float32(node["num_threshold"])))
    return cuts


def rows_of(X, models):
    """Some rows, and rows on and beside the thresholds of all models."""
    rows = [X[i] for i in range(0, len(X), max(1, len(X) // 25))]
    cuts = {}
    for model in models:
        for feature, values in thresholds(model).items():
            cuts.setdefault(feature, set()).update(values)
    for feature, values in sorted(cuts.items()):
        values = sorted(v for v in values if np.isfinite(v))
        for value in rng.choice(values, min(len(values), 6), replace=False):
            for near in (np.nextafter(np.float32(value), np.float32(-np.inf)), np.float32(value), np.nextafter(np.float32(value), np.float32(np.inf))):
                row = X[rng.integers(len(X))].copy()
                row[feature] = near
                rows.append(row)
    return np.array(rows, dtype=np.float32)


def short(values):
    """float32 in as few digits as read back to it."""
    return [[float(str(np.float32(value))) for value in row] for row in values]


def session(model):
    return onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])


def save(name, model):
    file = f"onnx-{name}.onnx"
    (MODELS / file).write_bytes(model.SerializeToString(deterministic=True))
    return file


UNLABELLED = ("iris-kmeans", "outliers")


def case(name, table, model, feed):
    outputs = session(model).run(None, feed)
    classifies = name not in UNLABELLED and (len(outputs) > 1 or outputs[0].ndim == 1 and outputs[0].dtype in (np.dtype(object), np.dtype(np.int64)))
    result = {"file": save(name, model), "table": table}
    if not classifies:
        values = outputs[0]
        return {**result, "values": short(values.reshape(len(values), -1))}
    result["labels"] = outputs[0].ravel()
    if len(outputs) > 1 and outputs[1].ndim == 2:
        result["proba"] = short(outputs[1])
    return result


def options(model):
    last = model[-1] if hasattr(model, "steps") else model
    return {id(last): {"zipmap": False}} if hasattr(last, "predict_proba") or isinstance(last, SVC) else None


# ---- graphs of single operators --------------------------------------------------------------------------------------

ML = "ai.onnx.ml"


def graph(nodes, outputs, inputs=(("X", TensorProto.FLOAT, 3),), constants=(), ml=3, opset=15):
    kinds = {"f": TensorProto.FLOAT, "i": TensorProto.INT64, "s": TensorProto.STRING, "d": TensorProto.DOUBLE}
    built = helper.make_graph(
        nodes,
        "operators",
        [helper.make_tensor_value_info(name, kind, [None, width]) for name, kind, width in inputs],
        [helper.make_tensor_value_info(name, kinds[kind], None) for name, kind in outputs],
        list(constants),
    )
    return helper.make_model(built, opset_imports=[helper.make_opsetid("", opset), helper.make_opsetid(ML, ml)], ir_version=8)


MODES = ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT", "BRANCH_EQ", "BRANCH_NEQ"]


def one_split_trees(kind, weights, double=False, **attributes):
    """A tree for each mode and each answer to a missing value: root, leaf 1 (true), leaf 2 (false)."""
    count = 2 * len(MODES)
    trees = np.repeat(np.arange(count), 3).tolist()
    leaf = lambda values: [v for t in range(count) for v in values(t)]
    prefix = "class" if kind == "Classifier" else "target"
    def numbers(name, values):
        return {f"{name}_as_tensor": helper.make_tensor(name, TensorProto.DOUBLE, [len(values)], values)} if double else {name: values}

    return helper.make_node(
        f"TreeEnsemble{kind}",
        ["X"],
        ["L", "Y"] if kind == "Classifier" else ["Y"],
        domain=ML,
        nodes_treeids=trees,
        nodes_nodeids=[0, 1, 2] * count,
        nodes_featureids=leaf(lambda t: [t % 3, 0, 0]),
        nodes_modes=leaf(lambda t: [MODES[t // 2], "LEAF", "LEAF"]),
        **numbers("nodes_values", leaf(lambda t: [[0.0, 1.5, 2.0][(t // 2) % 3], 0.0, 0.0])),
        nodes_truenodeids=[1, 0, 0] * count,
        nodes_falsenodeids=[2, 0, 0] * count,
        nodes_missing_value_tracks_true=leaf(lambda t: [t % 2, 0, 0]),
        **{f"{prefix}_treeids": leaf(lambda t: [t, t]), f"{prefix}_nodeids": [1, 2] * count, f"{prefix}_ids": leaf(lambda t: [weights(t)[0]] * 2)},
        **numbers(f"{prefix}_weights", leaf(lambda t: weights(t)[1])),
        **attributes,
    )


ODD = np.array([[a, b, c] for a in (-1, -0.0, 0, 1e-40, 1.5, np.nan) for b in (0, 1.5, 2, np.nextafter(np.float32(1.5), np.float32(0)), np.nan) for c in (2, 1.25, -3, np.nan)], dtype=np.float32)
CLASSES = {"classlabels_int64s": [10, 20, 30]}


def of_target(outputs, scale=1.0, shift=0.0):
    return lambda t: (t % outputs, [scale * (0.3 + t) + shift, scale * (-1.1 * t) + shift])


def membership():
    """TreeEnsemble of operator set 5: sets, shared leaves, and a tree that is a leaf."""
    tensor = lambda name, kind, values: helper.make_tensor(name, kind, [len(values)], values)
    return helper.make_node(
        "TreeEnsemble",
        ["X"],
        ["Y"],
        domain=ML,
        n_targets=2,
        aggregate_function=1,
        post_transform=0,
        tree_roots=[0, 2],
        nodes_modes=tensor("m", TensorProto.UINT8, [6, 0, 6]),
        nodes_featureids=[1, 0, 2],
        nodes_splits=tensor("s", TensorProto.FLOAT, [0.0, 1.5, 0.0]),
        nodes_truenodeids=[1, 0, 2],
        nodes_trueleafs=[0, 1, 1],
        nodes_falsenodeids=[2, 1, 0],
        nodes_falseleafs=[1, 1, 1],
        nodes_missing_value_tracks_true=[0, 1, 1],
        membership_values=tensor("v", TensorProto.FLOAT, [0.0, 2.0, np.nan, 2.0, 3.0, np.nan]),
        leaf_targetids=[0, 1, 0],
        leaf_weights=tensor("w", TensorProto.FLOAT, [5.0, -2.5, 0.75]),
    )


def node(op, inputs, outputs=("Y",), domain=ML, **attributes):
    return helper.make_node(op, list(inputs), list(outputs), domain=domain, **attributes)


def initializer(name, values, kind=TensorProto.FLOAT):
    array = np.asarray(values)
    return helper.make_tensor(name, kind, array.shape, array.ravel().tolist())


def operators():
    f, lf = [("Y", "f")], [("L", "i"), ("Y", "f")]
    yield "modes", graph([one_split_trees("Regressor", of_target(2), n_targets=2, base_values=[0.5, -1.0])], f)
    for how in ("AVERAGE", "MIN", "MAX"):
        yield f"aggregate-{how.lower()}", graph([one_split_trees("Regressor", of_target(2), n_targets=2, aggregate_function=how)], f)
    for post in ("LOGISTIC", "SOFTMAX", "SOFTMAX_ZERO"):
        yield f"post-{post.lower()}", graph([one_split_trees("Regressor", of_target(3, 0.1), n_targets=3, post_transform=post)], f)
    yield "double-modes", graph([one_split_trees("Regressor", of_target(2), double=True, n_targets=2)], f, inputs=(("X", TensorProto.DOUBLE, 3),))
    yield "classes", graph([one_split_trees("Classifier", of_target(3, 0.1), **CLASSES)], lf)
    yield "classes-base", graph([one_split_trees("Classifier", of_target(3, 0.1), base_values=[0.1, 0.2, 0.3], post_transform="SOFTMAX", **CLASSES)], lf)
    yield "classes-unused", graph([one_split_trees("Classifier", of_target(2, 0.1), **CLASSES)], lf)
    two = {"classlabels_strings": ["no", "yes"]}
    for name, scale, shift in (("share", 0.02, 0.3), ("mixed", 0.1, 0.0)):
        for post in ("NONE", "LOGISTIC"):
            yield f"two-{name}-{post.lower()}", graph([one_split_trees("Classifier", of_target(1, scale, shift), post_transform=post, **two)], [("L", "s"), ("Y", "f")])
    yield "two-base", graph([one_split_trees("Classifier", of_target(1, 0.1), base_values=[0.25], post_transform="LOGISTIC", **two)], [("L", "s"), ("Y", "f")])
    yield "members", graph([membership()], f, ml=5, opset=21)
    linear = {"coefficients": [1.0, -0.5, 0.25], "intercepts": [0.1], "classlabels_ints": [3, 5]}
    for post in ("NONE", "LOGISTIC"):
        yield f"linear-{post.lower()}", graph([node("LinearClassifier", ["X"], ["L", "Y"], post_transform=post, **linear)], lf)
    yield "linear-targets", graph([node("LinearRegressor", ["X"], coefficients=[1.0, -0.5, 0.25, 0.5, 2.0, -1.0], intercepts=[0.1, 0.2], targets=2)], f)
    yield "imputer-zero", graph([node("Imputer", ["X"], imputed_value_floats=[7.0, 8.0, 9.0], replaced_value_float=2.0)], f)
    yield "encode-numbers", graph([node("LabelEncoder", ["X"], keys_floats=[2.0, 0.0, 1.5, float("nan")], values_floats=[0.5, 1.5, 2.5, 3.5], default_float=-7.0)], f)
    yield "vectorized", graph([node("FeatureVectorizer", ["X", "X"], ["V"], inputdimensions=[3, 3]), node("ArrayFeatureExtractor", ["V", "k"])], f, constants=[initializer("k", [5, 0, 2], TensorProto.INT64)])
    arithmetic = [
        node("Gather", ["X", "first"], ["a"], "", axis=1),
        node("Slice", ["X", "from", "to", "axes"], ["b"], ""),
        node("Mul", ["b", "a"], ["c"], ""),
        node("Sub", ["row", "X"], ["d"], ""),
        node("Clip", ["d", "low", "high"], ["e"], ""),
        node("IsNaN", ["X"], ["n"], ""),
        node("Where", ["n", "row", "e"], ["w"], ""),
        node("ReduceSum", ["w", "axes"], ["s"], "", keepdims=1),
        node("ReduceMean", ["w"], ["m"], "", axes=[1]),
        node("ReduceL2", ["w"], ["l"], "", axes=[1]),
        node("Div", ["w", "l"], ["u"], ""),
        node("ArgMax", ["w"], ["i"], "", axis=1),
        node("Cast", ["i"], ["j"], "", to=TensorProto.FLOAT),
        node("Greater", ["w", "one"], ["g"], ""),
        node("Not", ["g"], ["h"], ""),
        node("Cast", ["h"], ["k"], "", to=TensorProto.FLOAT),
        node("Cast", ["w"], ["t"], "", to=TensorProto.INT64),
        node("Cast", ["t"], ["v"], "", to=TensorProto.FLOAT),
        node("Gemm", ["w", "weights", "bias"], ["p"], "", alpha=0.5, beta=2.0, transB=1),
        node("Concat", ["c", "s", "m", "u", "j", "k", "v", "p"], ["Y"], "", axis=1),
    ]
    constants = [
        initializer("first", [0], TensorProto.INT64),
        initializer("from", [1], TensorProto.INT64),
        initializer("to", [3], TensorProto.INT64),
        initializer("axes", [1], TensorProto.INT64),
        initializer("row", [[1.5, -2.5, 0.25]]),
        initializer("low", -1.75),
        initializer("high", 2.25),
        initializer("one", [1.0]),
        initializer("weights", [[1.0, 0.5, -0.25], [2.0, -1.0, 0.125]]),
        initializer("bias", [0.5, -0.5]),
    ]
    yield "arithmetic", graph(arithmetic, f, constants=constants)


def main():
    MODELS.mkdir(exist_ok=True)
    for each in CASES + DOUBLE:
        _, _, model, X, y = each
        model.fit(X) if y is None else model.fit(X, y)
    tables = {}
    data = {"iris": iris, "cancer": cancer, "cancer-missing": cancer_missing, "diabetes": diabetes}
    for name, X in data.items():
        tables[name] = rows_of(X, [model for _, table, model, _, _ in CASES + DOUBLE if table == name])
    tables["odd"] = ODD
    # In float64, boreal reads values within 1e-35 of zero as zero.
    tables["odd-double"] = ODD[ODD[:, 0] != np.float32(1e-40)]
    cases = []
    for name, table, model, X, _ in CASES:
        converted = to_onnx(model, initial_types=[("X", FloatTensorType([None, X.shape[1]]))], options=options(model), target_opset={"": 18, ML: 3})
        cases.append(case(name, table, converted, {"X": tables[table]}))
    for name, table, model, X, _ in DOUBLE:
        converted = to_onnx(model, initial_types=[("X", DoubleTensorType([None, X.shape[1]]))], options=options(model), target_opset={"": 18, ML: 3})
        cases.append({**case(name, table, converted, {"X": tables[table].astype(np.float64)}), "double": True})
    sample, _ = passengers(80)
    sample["fare"] = sample["fare"].astype(np.float32)
    sample.loc[3, "port"] = "Ulm"
    types = [(name, StringTensorType([None, 1]) if name in WORDS else FloatTensorType([None, 1])) for name in ship.columns]
    feed = {name: sample[[name]].to_numpy().astype(str if name in WORDS else np.float32) for name in ship.columns}
    for name, model in SHIP:
        model.fit(ship, fate)
        converted = to_onnx(model, initial_types=types, options={id(model[-1]): {"zipmap": name == "ship-forest"}}, target_opset={"": 18, ML: 3})
        outputs = session(converted).run(None, feed)
        proba = outputs[1] if name != "ship-forest" else [list(row.values()) for row in outputs[1]]
        cases.append({"file": save(name, converted), "table": "ship", "labels": outputs[0], "proba": short(proba)})
    for name, model in operators():
        double = name.startswith("double")
        rows = tables["odd-double"].astype(np.float64) if double else ODD
        cases.append({**case(f"op-{name}", "odd-double" if double else "odd", model, {"X": rows}), "double": double})
    ship_table = {name: sample[name].tolist() for name in sample}
    write(
        "onnx",
        onnx=onnx.__version__,
        skl2onnx=skl2onnx.__version__,
        onnxruntime=onnxruntime.__version__,
        tables={**{name: {"rows": short(rows)} for name, rows in tables.items()}, "ship": {"columns": ship_table}},
        cases=cases,
    )


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
