"""The peers of bench/forest-inference.bench.mjs: XGBoost, LightGBM, scikit-learn and ONNX Runtime on the same trees.

    python forest_models.py train FOLDER            trains the models on the arrays there and writes them in every format
    python forest_models.py serve FOLDER THREADS    the protocol of bench/support/line-process.mjs

A model predicts raw scores (a forest: the probability of class 1), so that nothing but trees is timed and compared.
"""

import json
import pathlib
import sys
import time

import joblib
import lightgbm
import numpy as np
import onnx
import onnxruntime
import sklearn
import xgboost
from onnx import TensorProto, helper
from sklearn.ensemble import RandomForestClassifier

BOOSTED = {  # the models of the suite; a quick run trains a tenth of the trees
    "xgboost-500-d6": ("xgboost", 500, {"max_depth": 6}),
    "xgboost-1000-d8": ("xgboost", 1000, {"max_depth": 8}),
    "lightgbm-500-l31": ("lightgbm", 500, {"num_leaves": 31}),
    "lightgbm-500-l255": ("lightgbm", 500, {"num_leaves": 255}),
}
FOREST = "sklearn-100-full"
VERSIONS = {
    "xgboost": xgboost.__version__, "lightgbm": lightgbm.__version__, "scikit-learn": sklearn.__version__,
    "onnxruntime": onnxruntime.__version__,
}


def read(folder, name):
    rows, test_rows, cols = map(int, (folder / "shape.txt").read_text().split())
    x = np.fromfile(folder / f"x_{name}.f32", dtype=np.float32).reshape(rows if name == "train" else test_rows, cols)
    return x, np.fromfile(folder / f"y_{name}.u8", dtype=np.uint8)


def write_onnx(path, features, trees, base):
    """trees: lists of (id, feature, threshold, mode, left, right, missing goes left, value); sums of float32."""
    keys = ("nodes_treeids", "nodes_nodeids", "nodes_featureids", "nodes_values", "nodes_modes", "nodes_truenodeids",
            "nodes_falsenodeids", "nodes_missing_value_tracks_true", "target_treeids", "target_nodeids", "target_ids",
            "target_weights")
    a = {key: [] for key in keys}
    for t, tree in enumerate(trees):
        for k, feature, threshold, mode, left, right, missing_left, value in tree:
            row = (t, k, feature, threshold, mode, left, right, int(missing_left))
            for key, item in zip(keys[:8], row):
                a[key].append(item)
            if mode == "LEAF":
                for key, item in zip(keys[8:], (t, k, 0, value)):
                    a[key].append(item)
    node = helper.make_node("TreeEnsembleRegressor", ["x"], ["y"], domain="ai.onnx.ml", n_targets=1,
                            aggregate_function="SUM", post_transform="NONE", base_values=[base], **a)
    graph = helper.make_graph([node], "trees", [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, features])],
                              [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])])
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)


def xgboost_trees(path):
    learner = json.loads(path.read_text())["learner"]
    base = float(learner["learner_model_param"]["base_score"].strip("[]"))
    trees = []
    for tree in learner["gradient_booster"]["model"]["trees"]:
        columns = zip(tree["left_children"], tree["right_children"], tree["split_indices"], tree["split_conditions"],
                      tree["default_left"])
        trees.append([(k, f, v, "BRANCH_LT" if left >= 0 else "LEAF", max(left, 0), max(right, 0), missing, v)
                      for k, (left, right, f, v, missing) in enumerate(columns)])
    return trees, float(np.log(base / (1 - base)))


def lightgbm_trees(booster):
    def visit(node, out):
        k = len(out)
        if "leaf_value" in node:
            out.append((k, 0, 0.0, "LEAF", 0, 0, False, node["leaf_value"]))
            return k
        threshold = np.float32(node["threshold"])
        if threshold > node["threshold"]:
            threshold = np.nextafter(threshold, np.float32(-np.inf))
        out.append(None)
        left, right = visit(node["left_child"], out), visit(node["right_child"], out)
        out[k] = (k, node["split_feature"], float(threshold), "BRANCH_LEQ", left, right, node["default_left"], 0.0)
        return k

    trees = []
    for tree in booster.dump_model()["tree_info"]:
        trees.append([])
        visit(tree["tree_structure"], trees[-1])
    return trees, 0.0


def write_forest(folder, model):
    """The trees as boreal's arrays: siblings side by side, breadth first."""
    offsets, feature, threshold, left, cover, values = [0], [], [], [], [], []
    for estimator in model.estimators_:
        tree = estimator.tree_
        order = [0]
        for k in order:
            if tree.children_left[k] < 0:
                left.append(len(values))
                values.append(tree.value[k, 0])
            else:
                left.append(len(order))
                order += [tree.children_left[k], tree.children_right[k]]
        feature.append(np.maximum(tree.feature[order], -1))
        threshold.append(tree.threshold[order])
        cover.append(tree.weighted_n_node_samples[order])
        offsets.append(offsets[-1] + len(order))
    arrays = {"treeOffsets.i32": offsets, "feature.i32": np.concatenate(feature), "left.i32": left,
              "threshold.f64": np.concatenate(threshold), "cover.f32": np.concatenate(cover),
              "values.f64": np.concatenate(values)}
    types = {"i32": np.int32, "f32": np.float32, "f64": np.float64}
    for name, array in arrays.items():
        np.asarray(array, dtype=types[name[-3:]]).tofile(folder / f"{FOREST}.{name}")


def forest_trees(model):
    trees = []
    for estimator in model.estimators_:
        tree = estimator.tree_
        down = tree.threshold.astype(np.float32)
        down = np.where(down > tree.threshold, np.nextafter(down, np.float32(-np.inf)), down)
        share = tree.value[:, 0, 1] / len(model.estimators_)
        trees.append([(k, max(int(f), 0), float(t), "BRANCH_LEQ" if a >= 0 else "LEAF", max(int(a), 0), max(int(b), 0),
                       False, float(v)) for k, (f, t, a, b, v) in
                      enumerate(zip(tree.feature, down, tree.children_left, tree.children_right, share))])
    return trees, 0.0


def train(folder, quick):
    x, y = read(folder, "train")
    cols = x.shape[1]
    for name, (library, trees, params) in BOOSTED.items():
        if quick:
            trees //= 10
        if library == "xgboost":
            data = xgboost.DMatrix(x, y)
            booster = xgboost.train({"objective": "binary:logistic", "tree_method": "hist", "eta": 0.1, **params}, data, trees)
            booster.save_model(folder / f"{name}.json")
            write_onnx(folder / f"{name}.onnx", cols, *xgboost_trees(folder / f"{name}.json"))
        else:
            booster = lightgbm.train({"objective": "binary", "learning_rate": 0.1, "verbose": -1, **params},
                                     lightgbm.Dataset(x, y), trees)
            booster.save_model(folder / f"{name}.txt")
            write_onnx(folder / f"{name}.onnx", cols, *lightgbm_trees(booster))
    forest = RandomForestClassifier(10 if quick else 100, n_jobs=-1, random_state=0).fit(x, y)
    write_forest(folder, forest)
    write_onnx(folder / f"{FOREST}.onnx", cols, *forest_trees(forest))
    joblib.dump(forest, folder / f"{FOREST}.joblib")


class Peers:
    def __init__(self, folder, threads):
        self.folder, self.threads = folder, threads
        self.x, _ = read(folder, "test")
        self.tasks = {}

    def hello(self):
        return {"engines": VERSIONS}

    def case(self, words):
        case = dict(word.split("=") for word in words)
        name, rows = case["model"], int(case["rows"])
        self.tasks = self.peers(name)
        if rows < len(self.x):
            parts = [np.ascontiguousarray(self.x[i:i + rows]) for i in range(0, len(self.x) - rows, rows)]
        else:
            parts = [self.x]
        self.parts, self.next = parts, 0
        for engine, task in self.tasks.items():
            task(self.x).astype(np.float64).ravel().tofile(self.folder / f"{name}.{engine}.f64")
        return {"engines": list(self.tasks)}

    def peers(self, name):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        session = onnxruntime.InferenceSession(self.folder / f"{name}.onnx", options, providers=["CPUExecutionProvider"])
        tasks = {"onnxruntime": lambda x: session.run(None, {"x": x})[0]}
        if name == FOREST:
            forest = joblib.load(self.folder / f"{name}.joblib").set_params(n_jobs=self.threads)
            tasks["scikit-learn"] = lambda x: forest.predict_proba(x)[:, 1]
        elif BOOSTED[name][0] == "xgboost":
            booster = xgboost.Booster({"nthread": self.threads}, model_file=self.folder / f"{name}.json")
            tasks["xgboost"] = lambda x: booster.inplace_predict(x, predict_type="margin")
        else:
            booster = lightgbm.Booster(model_file=self.folder / f"{name}.txt")
            tasks["lightgbm"] = lambda x: booster.predict(x, raw_score=True, num_threads=self.threads)
        return tasks

    def turn(self, words):
        run, calls = self.tasks[words[0]], int(words[1])
        start = time.perf_counter()
        for _ in range(calls):
            run(self.parts[self.next])
            self.next = (self.next + 1) % len(self.parts)
        return {"seconds": time.perf_counter() - start}


def main():
    command, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if command == "train":
        train(folder, "--quick" in sys.argv)
        print(json.dumps({"versions": VERSIONS}))
        return
    peers = Peers(folder, int(sys.argv[3]))
    for line in sys.stdin:
        request, *words = line.split()
        try:
            answer = {"hello": peers.hello, "case": lambda: peers.case(words), "turn": lambda: peers.turn(words)}[request]()
        except Exception as error:  # the benchmark reports it and goes on
            answer = {"error": f"{request}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
